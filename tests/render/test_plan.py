"""Plans as people read them: every difference signed, every name harmless, nothing hidden but by number."""

from __future__ import annotations

from dataclasses import replace

import pytest

from render.examples import ASCII, COLOR, HARMFUL, HOSTILE, PIPE, TERMINAL, golden
from toolkit.model.policy import ALL_USERS, EXCLUDE, GROUP, Assignment, Policy
from toolkit.model.schedule import EMAIL, LOCK, RETIRE, Action, Schedule, mark
from toolkit.model.template import LOGO, Message, Template
from toolkit.planning.change import (
    ASSIGNMENTS,
    POLICY,
    REQUEST,
    SCHEDULE,
    TEMPLATE,
    TEST_MAIL,
    Change,
    Finding,
    Plan,
    RawRequest,
    Risk,
    Target,
    TenantName,
)
from toolkit.render.plan import json_difference, plan_text, requests_text, schedule_difference
from toolkit.render.theme import Look, cells

FIRST, FINAL, DESK = "11111111-aaaa", "22222222-aaaa", "33333333-bbbb"
NAMES = {FIRST: "First warning", FINAL: "Final warning", DESK: "Help desk"}
LAB = TenantName("lab", "0000", "Contoso")
BASELINE = Target(SCHEDULE, "1", "Windows baseline")

BEFORE = Schedule((mark(0), Action(EMAIL, 24, FIRST), Action(EMAIL, 48, FIRST), Action(RETIRE, 720)))
AFTER = Schedule(
    (
        mark(72),
        Action(EMAIL, 24, FIRST),
        Action(EMAIL, 120, FIRST),
        Action(EMAIL, 72, FINAL, (DESK,)),
        Action(LOCK, 168),
    )
)
WINDOWS = Policy(
    "Windows baseline",
    "windows",
    "1",
    settings={"passwordRequired": True, "passcodeMinimumLength": 4, "osMinimumVersion": "10.0.19045"},
    schedule=BEFORE,
    assignments=(Assignment(GROUP, DESK),),
)
WARNING = Template("First warning", messages=(Message("en-us", "Act", "Hello,\nplease act.\nThanks", True),))


def plan_of(*changes, **more):
    return Plan("action add", LAB, changes, names=NAMES, **more)


def lines_of(difference):
    return ["  " * line.level + f"{line.sign} {line.text}" for line in difference]


def block(change, look=PIPE):
    """The lines of one change, without the title and the sum."""
    return plan_text(plan_of(change), (), look).splitlines()[1:-2]


FULL = plan_of(
    Change(
        BASELINE,
        BEFORE,
        AFTER,
        "asked for on the command line",
        risk=Risk.HIGH,
        consequences=("12 devices will be locked on day 7; their users need the passcode to go on working",),
    ),
    Change(
        Target(POLICY, "1", "[ios] Baseline"),
        WINDOWS,
        replace(
            WINDOWS,
            settings={"passwordRequired": True, "passcodeMinimumLength": 6, "storageRequireEncryption": True},
        ),
        "asked for on the command line",
        risk=Risk.MEDIUM,
    ),
    Change(Target(TEMPLATE, "2", "Old\x1b[31m"), WARNING, None, "no policy uses it", risk=Risk.LOW),
    findings=(
        Finding(
            "warning",
            "portal-step",
            "A wait of 8 hours cannot be saved in the admin centre.",
            "use 6h or 12h",
            "Windows baseline",
        ),
        Finding("error", "no-default", "The template has no default message."),
        Finding("note", "mail-in-grace", "Whether mails go out within the grace period is disputed."),
    ),
    notes=("The schedule is written as a whole.",),
)
REQUESTS = (
    (
        "POST",
        "/beta/deviceManagement/deviceCompliancePolicies/1/scheduleActionsForRules",
        {"a": ["\u202e", 1]},
    ),
    ("DELETE", "/v1.0/deviceManagement/notificationMessageTemplates/2", None),
)


@pytest.mark.parametrize(
    ("name", "look"),
    [
        ("plan-80", TERMINAL),
        ("plan-80-color", COLOR),
        ("plan-80-ascii", ASCII),
        ("plan-40", Look(40, color=False, unicode=True)),
        ("plan-pipe", PIPE),
    ],
)
def test_a_plan_looks_as_agreed(name, look):
    golden(name, plan_text(FULL, REQUESTS, look, ("    12 devices within 30 days",)))


def test_an_empty_plan_says_so():
    assert plan_text(plan_of(), (), PIPE) == (
        "Plan for Contoso (lab): action add\n  Nothing to change: the tenant is already as asked.\n"
    )


def test_an_undo_names_the_entry_that_it_takes_back():
    assert plan_text(plan_of(undoes="2026-11-02-7"), (), PIPE).startswith(
        "Plan for Contoso (lab): action add (takes back 2026-11-02-7)\n"
    )


def test_a_schedule_difference_shows_every_action_in_time_order():
    assert lines_of(schedule_difference(BEFORE, AFTER, NAMES, PIPE)) == [
        '  1  email   after 1 day       Send email to end user: "First warning"',
        "~ 2  mark    at once → 3 days  Mark device noncompliant",
        '+ 3  email   after 3 days      Send email to end user: "Final warning", cc "Help desk"',
        '~ 4  email   2 days → 5 days   Send email to end user: "First warning"',
        "+ 5  lock    after 7 days      Remotely lock the noncompliant device",
        "- 4  retire  after 30 days     Add device to retire list",
    ]


def test_another_template_at_the_same_time_is_a_change_of_that_action():
    before, after = (Schedule((mark(), Action(EMAIL, 24, id))) for id in (FIRST, FINAL))
    assert lines_of(schedule_difference(before, after, NAMES, PIPE)) == [
        "  1  mark   at once      Mark device noncompliant",
        '~ 2  email  after 1 day  Send email to end user: "First warning" → "Final warning"',
    ]


def test_of_two_equal_actions_only_one_is_removed():
    twice = Schedule((mark(), Action(LOCK, 24), Action(LOCK, 24)))
    once = Schedule((mark(), Action(LOCK, 24)))
    assert [line.sign for line in schedule_difference(twice, once, {}, PIPE)] == [" ", " ", "-"]


def test_an_id_without_a_name_stands_for_itself_and_an_unknown_kind_too():
    schedule = Schedule((mark(), Action("noAction\n", 24, FIRST, (DESK,))))
    assert lines_of(schedule_difference(None, schedule, {}, PIPE)) == [
        "+ 1  mark        at once      Mark device noncompliant",
        f"+ 2  noAction\\n  after 1 day  noAction\\n: {FIRST}, cc {DESK}",
    ]


@pytest.mark.parametrize(
    ("before", "after", "lines"),
    [
        ({"a": 4}, {"a": 6}, ["~ a: 4 → 6"]),
        ({"a": "x"}, {"a": "y\x1b"}, ['~ a: "x" → "y\\u001b"']),
        ({"a": None}, {}, ["- a: null"]),
        ({}, {"a": None}, ["+ a: null"]),
        ({"a": True}, {"a": 1}, ["~ a: true → 1"]),
        (
            {"a": {"b": [{"c": 1}, {"d": 2}]}},
            {"a": {"b": [{"c": 3}]}},
            ["~ a.b[0].c: 1 → 3", '- a.b[1]: {"d":2}'],
        ),
        ({"a": [1, 2]}, {"a": [1]}, ["~ a: [1,2] → [1]"]),
        ({"a": [1, (2,)]}, {"a": [1, [2]]}, []),
        ({"a\n": 1, "b": 2}, {"b": 2, "a\n": 2}, ["~ a\\n: 1 → 2"]),
    ],
)
def test_json_differs_by_path(before, after, lines):
    assert lines_of(json_difference(before, after, PIPE)) == lines


def test_a_policy_shows_what_differs_and_nothing_else():
    after = replace(
        WINDOWS,
        description="For all",
        settings={**WINDOWS.settings, "passcodeMinimumLength": 6},
        schedule=BEFORE.with_action(Action(LOCK, 8)),
        assignments=(Assignment(ALL_USERS),),
    )
    assert block(Change(Target(POLICY, "1", "Windows baseline"), WINDOWS, after, "")) == [
        '  ~ policy "Windows baseline"  low risk',
        "      ~ passcodeMinimumLength: 4 → 6",
        '      + description: "For all"',
        "      ~ schedule",
        "          1  mark    at once        Mark device noncompliant",
        "        + 2  lock    after 8 hours  Remotely lock the noncompliant device",
        '          3  email   after 1 day    Send email to end user: "First warning"',
        '          4  email   after 2 days   Send email to end user: "First warning"',
        "          5  retire  after 30 days  Add device to retire list",
        "      ~ assignments",
        "        + all users",
        '        - group "Help desk"',
    ]


def test_a_schedule_that_was_not_read_is_not_a_schedule_that_is_removed():
    unread = replace(WINDOWS, schedule=None, assignments=None, description="x")
    assert block(Change(Target(POLICY, "1", "W"), WINDOWS, unread, "")) == [
        '  ~ policy "W"  low risk',
        '      + description: "x"',
    ]


def test_a_new_policy_shows_all_of_it():
    assert block(
        Change(Target(POLICY, "", "New"), None, replace(WINDOWS, schedule=Schedule((mark(),))), "")
    ) == [
        '  + policy "New"  low risk',
        '      + name: "Windows baseline"',
        '      + platform: "windows"',
        "      + passwordRequired: true",
        "      + passcodeMinimumLength: 4",
        '      + osMinimumVersion: "10.0.19045"',
        "      + schedule",
        "        + 1  mark  at once  Mark device noncompliant",
        "      + assignments",
        '        + group "Help desk"',
    ]


def test_a_template_differs_by_language_and_by_line():
    after = replace(
        WARNING,
        branding=frozenset((LOGO,)),
        messages=(
            Message("en-us", "Act now", "Hello,\nact today.\nThanks\x1b", True),
            Message("fr-fr", "Agissez", "Bonjour"),
        ),
    )
    assert block(Change(Target(TEMPLATE, "2", "First warning"), WARNING, after, "asked")) == [
        '  ~ template "First warning"  low risk',
        '      ~ branding: "logo, company-name, contact" → "logo"',
        "      ~ message en-us",
        '        ~ subject: "Act" → "Act now"',
        "        ~ body",
        "            Hello,",
        "          - please act.",
        "          - Thanks",
        "          + act today.",
        "          + Thanks\\x1b",
        "      + message fr-fr",
        '        + subject: "Agissez"',
        "        + body",
        "          + Bonjour",
        "        why: asked",
    ]


def test_assignments_are_rows_with_the_names_of_groups():
    before = (Assignment(GROUP, DESK), Assignment(EXCLUDE, "unknown-id"), Assignment(ALL_USERS))
    after = (Assignment(GROUP, DESK, "f1", "include"), Assignment(ALL_USERS), Assignment("newTarget"))
    assert block(Change(Target(ASSIGNMENTS, "1", "W"), before, after, "")) == [
        '  ~ assignments of policy "W"  low risk',
        "        all users",
        "      - not group unknown-id",
        '      ~ group "Help desk", filter f1 (include) (was: group "Help desk")',
        "      + newTarget",
    ]


def test_a_raw_request_shows_the_names_of_its_headers_and_not_their_values():
    request = RawRequest("DELETE", "/users/1", headers=(("x-key", "secret"),))
    assert block(Change(Target(REQUEST, "", "/users/1"), None, request, "")) == [
        '  - request "/users/1"  low risk',
        "        DELETE /users/1",
        "        header x-key",
    ]


def test_a_test_mail_is_not_shown_as_a_new_template():
    assert block(Change(Target(TEST_MAIL, "2", "First warning"), None, WARNING, "")) == [
        '  + test mail of template "First warning"  low risk'
    ]


def test_more_changes_than_fit_a_screen_are_counted():
    plan = plan_of(*(Change(replace(BASELINE, name=f"Policy {n}"), BEFORE, AFTER, "") for n in range(23)))
    text = plan_text(plan, (), PIPE)
    assert '"Policy 19"' in text
    assert '"Policy 20"' not in text
    assert text.endswith("  and 3 more (see -o json)\n\n  23 to change: 0 added, 23 changed, 0 removed\n")
    assert '"Policy 22"' in plan_text(plan, (), PIPE, full=True)


def test_a_long_value_is_cut_on_a_terminal_unless_all_is_asked_for():
    target = Target(POLICY, "1", "W")
    plan = plan_of(
        Change(target, WINDOWS, replace(WINDOWS, settings={**WINDOWS.settings, "script": "x" * 5000}), "")
    )
    counts = [
        plan_text(plan, (), look, full=full).count("x")
        for look, full in ((TERMINAL, False), (TERMINAL, True), (PIPE, False))
    ]
    assert counts == [290, 5000, 5000]
    assert "(5,010 characters)" in plan_text(plan, (), TERMINAL)


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("look", [TERMINAL, PIPE])
def test_no_name_gets_harm_through_a_plan_or_widens_it(name, look):
    policy = Policy(name, name, name, name, {name: name, "x": [{name: 1}]}, AFTER, (Assignment(GROUP, name),))
    template = Template(name, messages=(Message(name, name, name),))
    plan = Plan(
        name,
        TenantName(name, name, name),
        (
            Change(Target(POLICY, name, name), None, policy, name, consequences=(name,)),
            Change(Target(TEMPLATE, name, name), None, template, name),
            Change(Target(REQUEST, name, name), None, RawRequest(name, name, headers=((name, name),)), name),
        ),
        (Finding("warning", "code", name, name, name),),
        (name,),
        names=dict.fromkeys((FIRST, FINAL, DESK, name), name),
        undoes=name,
    )
    text = plan_text(plan, (), look)
    assert not HARMFUL.intersection(text + requests_text([(name, name, {name: name})], look))
    assert look.width is None or all(cells(line) <= look.width for line in text.split("\n"))
