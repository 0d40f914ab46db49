"""How risky a change is, and what follows from it in words."""

from __future__ import annotations

import pytest

from toolkit.model.policy import Assignment, Policy
from toolkit.model.schedule import EMAIL, LOCK, PUSH, RETIRE, Action, Schedule, mark
from toolkit.model.template import Template
from toolkit.planning.change import (
    ASSIGNMENTS,
    POLICY,
    REQUEST,
    SCHEDULE,
    TEMPLATE,
    TEST_MAIL,
    Change,
    Content,
    Plan,
    RawRequest,
    Risk,
    Target,
    TenantName,
)
from toolkit.planning.risk import Reach, assess

MAIL = Action(EMAIL, 72, "t", ("g1", "g2"))
ASSIGNED = Reach(is_assigned={"p": True}, in_grace={"p": 0})
UNASSIGNED = Reach(is_assigned={"p": False})


def assessed(kind: str, before: Content | None, after: Content | None, reach: Reach = ASSIGNED) -> Change:
    change = Change(Target(kind, "p", "P"), before, after, "")
    plan = Plan("c", TenantName("lab", "1", "Lab"), (change,), names={"g1": "Helpdesk"})
    return assess(plan, reach).changes[0]


def schedule(*actions: Action, grace: int = 0) -> Schedule:
    return Schedule((mark(grace), *actions))


@pytest.mark.parametrize(
    ("before", "after", "reach", "risk"),
    [
        (schedule(), schedule(MAIL), ASSIGNED, Risk.MEDIUM),
        (schedule(), schedule(MAIL), UNASSIGNED, Risk.LOW),
        (schedule(), schedule(MAIL), Reach(), Risk.MEDIUM),
        (schedule(MAIL), schedule(), ASSIGNED, Risk.MEDIUM),
        (schedule(), schedule(Action(RETIRE, 720)), ASSIGNED, Risk.HIGH),
        (schedule(), schedule(Action(RETIRE, 720)), UNASSIGNED, Risk.LOW),
        (schedule(Action(RETIRE, 720)), schedule(Action(RETIRE, 719)), ASSIGNED, Risk.HIGH),
        (schedule(Action(RETIRE, 720)), schedule(Action(RETIRE, 721)), ASSIGNED, Risk.MEDIUM),
        (schedule(Action(RETIRE, 720)), schedule(), ASSIGNED, Risk.MEDIUM),
        (schedule(grace=48), schedule(grace=24), ASSIGNED, Risk.MEDIUM),
        (schedule(grace=48), schedule(grace=24), Reach({"p": True}, {"p": 2}), Risk.HIGH),
        (schedule(grace=24), schedule(grace=48), Reach({"p": True}, {"p": 2}), Risk.MEDIUM),
        (schedule(grace=48), schedule(grace=24), UNASSIGNED, Risk.LOW),
        (schedule(grace=48), schedule(grace=24), Reach({"p": True}), Risk.HIGH),
    ],
)
def test_the_risk_of_a_schedule_is_what_it_could_do_to_devices(before, after, reach, risk):
    assert assessed(SCHEDULE, before, after, reach).risk is risk


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (schedule(), schedule(MAIL), ("mails the user after 3 days, copied to Helpdesk, g2",)),
        (schedule(), schedule(Action(EMAIL, 0, "t")), ("mails the user at once",)),
        (
            schedule(),
            schedule(Action(LOCK, 24)),
            ("locks the device after 1 day; the user unlocks it with the passcode",),
        ),
        (
            schedule(),
            schedule(Action(RETIRE, 36)),
            ("adds to the retire list after 1.5 days; an admin must confirm",),
        ),
        (schedule(), schedule(Action(PUSH, 1)), ("pushes a notification written by Intune after 1 hour",)),
        (schedule(), schedule(Action("wipe", 1)), ("wipe after 1 hour",)),
        (schedule(MAIL), schedule(), ("no more: send email to end user after 3 days",)),
        (schedule(grace=24), schedule(grace=0), ("the grace period shrinks: 1 day → at once",)),
        (schedule(grace=0), schedule(grace=24), ("the grace period grows: at once → 1 day",)),
        (schedule(MAIL), schedule(MAIL), ()),
    ],
)
def test_what_follows_from_a_schedule_is_said_in_words(before, after, words):
    assert assessed(SCHEDULE, before, after).consequences == words


@pytest.mark.parametrize(
    ("caught", "words"),
    [
        ({"p": 1}, "1 device is in the grace period that becomes shorter, and may lose access earlier"),
        ({"p": 3}, "3 devices are in the grace period that becomes shorter, and may lose access earlier"),
        ({}, "which devices are in the grace period that becomes shorter was not read"),
    ],
)
def test_a_shorter_grace_period_says_whom_it_catches(caught, words):
    change = assessed(SCHEDULE, schedule(grace=24), schedule(grace=0), Reach({"p": True}, caught))
    assert change.consequences == ("the grace period shrinks: 1 day → at once", words)


@pytest.mark.parametrize(
    ("before", "after", "users", "risk", "words"),
    [
        (None, Template("T"), (), Risk.LOW, ()),
        (Template("T"), Template("U"), (), Risk.LOW, ()),
        (Template("T"), Template("U"), ("A",), Risk.MEDIUM, ('the next mails of "A" read differently',)),
        (
            Template("T"),
            Template("U"),
            ("A", "B", "C", "D"),
            Risk.MEDIUM,
            ('the next mails of "A", "B", "C" and 1 more read differently',),
        ),
        (Template("T"), None, (), Risk.HIGH, ()),
        (Template("T"), None, ("A",), Risk.HIGH, ("1 policy still uses it and will send nothing",)),
        (Template("T"), None, ("A", "B"), Risk.HIGH, ("2 policies still use it and will send nothing",)),
    ],
)
def test_a_template_is_as_risky_as_its_users_make_it(before, after, users, risk, words):
    change = assessed(TEMPLATE, before, after, Reach(template_users={"p": users}))
    assert (change.risk, change.consequences) == (risk, words)


P = Policy("P", "ios")
EVALUATED = (
    "assigned devices are evaluated anew at their next check-in; how many will fail cannot be foretold"
)


@pytest.mark.parametrize(
    ("before", "after", "reach", "risk", "words"),
    [
        (None, P, ASSIGNED, Risk.LOW, "reaches no device until it is assigned"),
        (
            None,
            Policy("P", "ios", assignments=(Assignment("all-users"),)),
            ASSIGNED,
            Risk.HIGH,
            "devices are checked by it from their next check-in",
        ),
        (
            None,
            Policy("P", "ios", assignments=(Assignment("group", "g"),)),
            ASSIGNED,
            Risk.MEDIUM,
            "devices are checked by it from their next check-in",
        ),
        (P, P, ASSIGNED, Risk.MEDIUM, EVALUATED),
        (P, P, Reach(), Risk.MEDIUM, EVALUATED),
        (
            P,
            None,
            UNASSIGNED,
            Risk.HIGH,
            "devices are no longer checked by it; undo brings it back under a new id",
        ),
    ],
)
def test_a_policy_is_as_risky_as_the_devices_it_reaches(before, after, reach, risk, words):
    change = assessed(POLICY, before, after, reach)
    assert (change.risk, change.consequences) == (risk, (words,))


def test_a_change_of_a_policy_that_is_not_assigned_touches_nobody():
    change = assessed(POLICY, P, P, UNASSIGNED)
    assert (change.risk, change.consequences) == (Risk.LOW, ())


ONE, TWO = Assignment("group", "g1"), Assignment("group", "g2")
OUT, ALL = Assignment("exclude", "g3"), Assignment("all-devices")


@pytest.mark.parametrize(
    ("before", "after", "risk"),
    [
        ((), (ONE,), Risk.MEDIUM),
        ((ONE,), (ONE, TWO), Risk.MEDIUM),
        ((ONE, TWO), (ONE,), Risk.MEDIUM),
        ((ONE,), (ONE, OUT), Risk.MEDIUM),
        ((ONE,), (ONE, ALL), Risk.HIGH),
        ((ONE,), (), Risk.HIGH),
        ((ONE, OUT), (OUT,), Risk.HIGH),
    ],
)
def test_assigning_is_high_risk_where_everybody_comes_under_it_or_nobody_stays(before, after, risk):
    assert assessed(ASSIGNMENTS, before, after).risk is risk


def test_who_is_no_longer_checked_is_said():
    words = assessed(ASSIGNMENTS, (ONE, TWO), (ONE, OUT)).consequences
    assert words == ('no longer checked by it: "g2", "g3"',)


def test_a_policy_that_comes_with_a_retirement_or_a_wipe_is_high_risk():
    for kind in ("retire", "wipe"):
        schedule = Schedule((mark(), Action(kind, 0)))
        policy = Policy("P", "ios", schedule=schedule, assignments=(ONE,))
        assert assessed(POLICY, None, policy).risk is Risk.HIGH


def test_a_preview_mail_is_low_risk():
    assert assessed(TEST_MAIL, None, Template("T")).risk is Risk.LOW


@pytest.mark.parametrize(
    ("method", "url", "risk"),
    [
        ("POST", "/v1.0/deviceManagement/notificationMessageTemplates", Risk.MEDIUM),
        ("PATCH", "/deviceManagement/notificationMessageTemplates/1", Risk.MEDIUM),
        (
            "POST",
            "https://graph.microsoft.com/v1.0/deviceManagement/managedDevices/1/syncDevice",
            Risk.MEDIUM,
        ),
        ("POST", "/v1.0/deviceManagement/deviceCategories", Risk.HIGH),
        ("PATCH", "/v1.0/deviceManagement", Risk.HIGH),
        ("PATCH", "/v1.0/identity/conditionalAccess/policies/1", Risk.HIGH),
        ("DELETE", "/v1.0/deviceManagement/notificationMessageTemplates/1", Risk.HIGH),
        ("POST", "/beta/deviceManagement/managedDevices/1/wipe()", Risk.HIGH),
        ("POST", "/beta/deviceManagement/managedDevices/1/resetPasscode", Risk.HIGH),
        ("POST", "/beta/deviceManagement/deviceCompliancePolicies/1/scheduleActionsForRules", Risk.HIGH),
        ("DELETE", "/v1.0/deviceManagement/deviceCategories/1", Risk.HIGH),
        ("POST", "/beta/deviceManagement/managedDevices/1/wipe", Risk.HIGH),
        ("POST", "/beta/deviceManagement/managedDevices/1/Wipe/?keep=1", Risk.HIGH),
        ("POST", "/beta/deviceManagement/managedDevices/1/microsoft.graph.wipe", Risk.HIGH),
        ("POST", "/beta/deviceManagement/managedDevices/1/wip%65", Risk.HIGH),
        ("POST", "/beta/deviceManagement/managedDevices/1/retire", Risk.HIGH),
        ("POST", "/beta/deviceManagement/managedDevices/1/remoteLock", Risk.HIGH),
        ("POST", "/beta/deviceManagement/managedDevices/executeAction", Risk.HIGH),
        ("POST", "/beta/deviceManagement/deviceCompliancePolicies/setScheduledRetireState", Risk.HIGH),
        ("POST", "/v1.0/$batch", Risk.HIGH),
    ],
)
def test_a_raw_request_is_high_risk_unless_it_is_known_to_be_harmless(method, url, risk):
    change = assessed(REQUEST, None, RawRequest(method, url))
    assert (change.risk, change.consequences) == (
        risk,
        ("sent exactly as written; undo cannot take back a raw request",),
    )


def test_what_a_command_said_of_its_change_stays_first_and_nothing_is_said_twice():
    change = Change(
        Target(POLICY, "p", "P"), None, P, "", consequences=("mine", "reaches no device until it is assigned")
    )
    plan = assess(Plan("c", TenantName("lab", "1", "Lab"), (change,)), Reach())
    assert plan.changes[0].consequences == ("mine", "reaches no device until it is assigned")
