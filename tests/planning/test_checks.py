"""What a plan is warned of: each rule with what sets it off and what does not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from facts import documented
from toolkit.model.device import Group
from toolkit.model.policy import Assignment, Policy
from toolkit.model.schedule import EMAIL, LOCK, RETIRE, Action, Schedule, mark
from toolkit.model.template import Message, Template
from toolkit.planning.change import POLICY, SCHEDULE, TEMPLATE, Change, Finding, Plan, Target, TenantName
from toolkit.planning.checks import Facts, check, message_findings, template_findings

DEFAULT = Message("en-us", "Hello", "Body", True)
REMINDER = Template("Reminder", messages=(DEFAULT,), id="t1")
MAIL = Action(EMAIL, 72, "t1")
IOS = Policy("P", "ios", id="p1", assignments=(Assignment("all-users"),))
FACTS = Facts(templates={"t1": REMINDER}, policies={"p1": IOS}, knows_templates=True)


def of_schedule(*actions: Action, grace: int = 0, before: tuple[Action, ...] = ()) -> Change:
    old = Schedule((mark(grace), *before))
    return Change(Target(SCHEDULE, "p1", "P"), old, Schedule((mark(grace), *actions)), "")


def codes(change: Change, facts: Facts = FACTS) -> list[str]:
    return [f.code for f in found(change, facts=facts)]


def found(*changes: Change, facts: Facts = FACTS) -> tuple[Finding, ...]:
    return check(Plan("c", TenantName("lab", "1", "Lab"), changes), facts).findings


def group(mail: str | None, *, enabled: bool) -> Group:
    return Group("g1", "Helpdesk", mail, enabled, True, None, {})


def test_a_sound_change_has_no_findings():
    assert found(of_schedule(MAIL)) == ()


@pytest.mark.parametrize(
    ("change", "facts", "expected"),
    [
        (of_schedule(replace(MAIL, after=8)), FACTS, ["portal-step"]),
        (of_schedule(replace(MAIL, template_id="gone")), FACTS, ["template-missing"]),
        (of_schedule(replace(MAIL, template_id="gone")), replace(FACTS, knows_templates=False), []),
        (
            of_schedule(MAIL),
            replace(FACTS, templates={"t1": replace(REMINDER, messages=())}),
            ["template-empty"],
        ),
        (of_schedule(MAIL), replace(FACTS, templates={"t1": replace(REMINDER, messages=None)}), []),
        (of_schedule(MAIL, grace=96), FACTS, ["mail-in-grace"]),
        (of_schedule(MAIL, grace=72), FACTS, []),
        (of_schedule(Action(RETIRE, 72), grace=96), FACTS, []),
        (of_schedule(replace(MAIL, cc_group_ids=("g1",))), FACTS, []),
        (
            of_schedule(replace(MAIL, cc_group_ids=("g1",))),
            replace(FACTS, groups={"g1": group(None, enabled=True)}),
            ["cc-without-mail"],
        ),
        (
            of_schedule(replace(MAIL, cc_group_ids=("g1",))),
            replace(FACTS, groups={"g1": group("a@b.example", enabled=False)}),
            ["cc-without-mail"],
        ),
        (
            of_schedule(replace(MAIL, cc_group_ids=("g1",))),
            replace(FACTS, groups={"g1": group("a@b.example", enabled=True)}),
            [],
        ),
        (
            of_schedule(Action(LOCK, 24)),
            replace(FACTS, policies={"p1": replace(IOS, platform="macos")}),
            ["platform-note"],
        ),
        (of_schedule(MAIL), replace(FACTS, policies={"p1": replace(IOS, assignments=())}), ["unassigned"]),
        (of_schedule(MAIL), replace(FACTS, policies={"p1": replace(IOS, assignments=None)}), []),
        (of_schedule(), replace(FACTS, policies={"p1": replace(IOS, assignments=())}), []),
    ],
)
def test_an_action_is_warned_of_where_it_would_not_do_what_it_says(change, facts, expected):
    assert codes(change, facts) == expected


def test_a_wait_that_the_admin_centre_cannot_save_is_said_with_the_way_out():
    assert found(of_schedule(replace(MAIL, after=8))) == (
        Finding(
            "warning",
            "portal-step",
            f"The email after 8 hours: the admin centre works in steps of {documented.PORTAL_STEP.value} hours"
            " and cannot save 0.33 days.",
            "Use a multiple of 6 hours (0.25d), or keep editing this policy with Grace only.",
            "P",
        ),
    )


def test_only_what_a_change_touches_is_spoken_of():
    odd = replace(MAIL, after=8)
    assert codes(of_schedule(odd, Action(LOCK, 24), before=(odd,))) == []


def test_a_moved_grace_period_puts_every_action_in_question():
    change = replace(of_schedule(MAIL, grace=96), before=Schedule((mark(0), MAIL)))
    assert codes(change) == ["mail-in-grace"]


def test_a_new_policy_is_checked_with_its_own_platform_and_schedule():
    policy = Policy("New", "macos", schedule=Schedule((mark(), Action(LOCK, 8))), assignments=())
    change = Change(Target(POLICY, "", "New"), None, policy, "")
    assert codes(change) == ["portal-step", "platform-note"]


def test_findings_come_gravest_first_and_the_same_one_is_said_once_with_its_targets():
    changes = [
        Change(
            Target(SCHEDULE, "p1", name), Schedule((mark(),)), Schedule((mark(), replace(MAIL, after=8))), ""
        )
        for name in ("A", "B", "B", "C", "D")
    ]
    empty = Change(
        Target(TEMPLATE, "", "T"), None, Template("T", messages=(replace(DEFAULT, is_default=False),)), ""
    )
    assert [(f.severity, f.code, f.target) for f in found(*changes, empty)] == [
        ("error", "no-default", "T"),
        ("warning", "portal-step", "A, B, C and 1 more"),
    ]


def test_findings_that_a_plan_has_already_stay():
    mine = Finding("note", "mine", "Mine.")
    plan = Plan("c", TenantName("lab", "1", "Lab"), (of_schedule(replace(MAIL, after=8)),), (mine,))
    assert [f.code for f in check(plan, FACTS).findings] == ["mine", "portal-step"]


@pytest.mark.parametrize(
    ("users", "sentence"),
    [
        (("A",), 'Template "T" is used by 1 policy: "A".'),
        (("A", "B"), 'Template "T" is used by 2 policies: "A", "B".'),
    ],
)
def test_removing_a_template_that_is_used_is_an_error(users, sentence):
    change = Change(Target(TEMPLATE, "t1", "T"), REMINDER, None, "")
    findings = found(change, facts=Facts(template_users={"t1": users}))
    assert [(f.severity, f.code, f.sentence) for f in findings] == [("error", "template-in-use", sentence)]


def test_removing_a_template_that_nobody_uses_is_fine():
    assert found(Change(Target(TEMPLATE, "t1", "T"), REMINDER, None, "")) == ()


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        (None, []),
        ((), [("warning", "no-message")]),
        ((replace(DEFAULT, is_default=False),), [("error", "no-default")]),
        ((DEFAULT,), []),
    ],
)
def test_a_template_needs_a_default_message(messages, expected):
    assert [(f.severity, f.code) for f in template_findings(Template("T", messages=messages))] == expected


LONG_SUBJECT, LONG_BODY = documented.SUBJECT.value + 1, documented.MESSAGE.value + 1


@pytest.mark.parametrize(
    ("subject", "body", "expected"),
    [
        ("s" * (LONG_SUBJECT - 1), "m" * (LONG_BODY - 1), []),
        ("s" * LONG_SUBJECT, "m", ["subject-too-long"]),
        ("s", "m" * LONG_BODY, ["message-too-long"]),
        ("s", "<div>x</div><div>y</div>", ["plain-text"]),
        ("s", "<p>x</p>", []),
        ("{{Foo}}", "{{Foo}} {{UserName}}", ["unknown-token"]),
        ("s", "one\ntwo", ["line-breaks"]),
        ("s", "one\rtwo", ["line-breaks"]),
        ("s", "one\r\ntwo", []),
        ("s", "one<br>\ntwo", []),
    ],
)
def test_a_message_is_warned_of_what_intune_would_make_of_it(subject, body, expected):
    assert [f.code for f in message_findings(Message("en-us", subject, body, True), "T")] == expected
