"""Whether a plan may be carried out: a decision from its risk, its findings and the flags."""

from __future__ import annotations

import pytest

from toolkit.apply.gate import Ask, AskForName, Decision, Flags, Proceed, Refuse, decide, expected_words
from toolkit.errors import ConfirmationNeeded, InUse, InvalidContent
from toolkit.planning.change import POLICY, SCHEDULE, Change, Finding, Plan, Risk, Target, TenantName

LAB = TenantName("lab", "1", "Contoso")
ERROR = Finding("error", "no-default", "It has no default.", "Give it one.")
IN_USE = Finding("error", "template-in-use", "It is used.", "")


def plan(risk: Risk, *names: str, findings: tuple[Finding, ...] = ()) -> Plan:
    changes = (
        Change(Target(POLICY, f"id-{n}", name), None, None, "", risk=risk)
        for n, name in enumerate(names or ("P",))
    )
    return Plan("c", LAB, tuple(changes), findings)


def shown(decision: Decision) -> object:
    """A refusal by its class and sentence; any other decision as it is."""
    if isinstance(decision, Refuse):
        return (type(decision.problem), decision.problem.message)
    return decision


NOBODY = (ConfirmationNeeded, "This change would reach people or devices, and nobody can be asked here.")
HIGH_NOBODY = (ConfirmationNeeded, "This is high risk, and nobody can be asked here.")
ASK = Ask("Apply this change to Contoso?")
ASK_NAME = AskForName('This is high risk. Type "P" or 1 to apply it', ("P", "1"))


@pytest.mark.parametrize(
    ("risk", "flags", "can_ask", "expected"),
    [
        (Risk.LOW, Flags(), False, Proceed()),
        (Risk.LOW, Flags(), True, Proceed()),
        (Risk.MEDIUM, Flags(), True, ASK),
        (Risk.MEDIUM, Flags(), False, NOBODY),
        (Risk.MEDIUM, Flags(yes=True), False, Proceed()),
        (Risk.MEDIUM, Flags(force=""), False, Proceed()),
        (Risk.HIGH, Flags(), True, ASK_NAME),
        (Risk.HIGH, Flags(), False, HIGH_NOBODY),
        (Risk.HIGH, Flags(yes=True), True, ASK_NAME),
        (Risk.HIGH, Flags(yes=True), False, HIGH_NOBODY),
        (Risk.HIGH, Flags(force=""), True, ASK_NAME),
        (Risk.HIGH, Flags(force=""), False, HIGH_NOBODY),
        (Risk.HIGH, Flags(force="P"), False, Proceed()),
        (Risk.HIGH, Flags(force="p"), False, Proceed()),
        (Risk.HIGH, Flags(force="1"), False, Proceed()),
        (
            Risk.HIGH,
            Flags(force="2"),
            True,
            (ConfirmationNeeded, '--force says "2", but this plan is about "P" or 1.'),
        ),
    ],
)
def test_low_goes_medium_is_asked_and_high_is_asked_by_name(risk, flags, can_ask, expected):
    assert shown(decide(plan(risk), flags, can_ask=can_ask)) == expected


def test_several_changes_are_asked_for_together():
    assert decide(plan(Risk.MEDIUM, "A", "B"), Flags(), can_ask=True) == Ask(
        "Apply these 2 changes to Contoso?"
    )


@pytest.mark.parametrize(
    ("flags", "can_ask", "expected"),
    [
        (Flags(), True, AskForName("This is high risk. Type 2, the number of changes to apply it", ("2",))),
        (Flags(force="2"), False, Proceed()),
        (
            Flags(force="A"),
            False,
            (ConfirmationNeeded, '--force says "A", but this plan is about 2, the number of changes.'),
        ),
    ],
)
def test_high_risk_for_several_things_is_confirmed_by_their_number(flags, can_ask, expected):
    assert shown(decide(plan(Risk.HIGH, "A", "B"), flags, can_ask=can_ask)) == expected


def test_two_things_that_share_a_name_are_not_confirmed_by_it():
    assert expected_words(plan(Risk.HIGH, "A", "A")) == ("2",)


def test_two_changes_of_one_thing_are_confirmed_by_its_name():
    changes = tuple(
        Change(Target(kind, "1", "A"), None, None, "", risk=Risk.HIGH) for kind in (POLICY, SCHEDULE)
    )
    assert expected_words(Plan("c", LAB, changes)) == ("A", "2")


@pytest.mark.parametrize("can_ask", [True, False])
@pytest.mark.parametrize(
    ("finding", "expected"),
    [(ERROR, (InvalidContent, "It has no default.")), (IN_USE, (InUse, "It is used."))],
)
@pytest.mark.parametrize("risk", list(Risk))
def test_an_error_is_refused_whoever_could_be_asked(risk, finding, expected, can_ask):
    decision = decide(plan(risk, findings=(finding,)), Flags(yes=True), can_ask=can_ask)
    assert shown(decision) == expected


@pytest.mark.parametrize(
    ("finding", "hint"), [(ERROR, "Give it one."), (IN_USE, "--force applies it all the same.")]
)
def test_a_refused_error_says_the_way_out(finding, hint):
    decision = decide(plan(Risk.LOW, findings=(finding,)), Flags(), can_ask=True)
    assert isinstance(decision, Refuse)
    assert decision.problem.hint == hint


def test_force_overrules_an_error_and_still_asks_at_high_risk():
    assert decide(plan(Risk.LOW, findings=(ERROR,)), Flags(force=""), can_ask=False) == Proceed()
    assert decide(plan(Risk.HIGH, findings=(ERROR,)), Flags(force=""), can_ask=True) == ASK_NAME


def test_warnings_and_notes_do_not_stop_a_plan():
    findings = (Finding("warning", "w", "W."), Finding("note", "n", "N."))
    assert decide(plan(Risk.LOW, findings=findings), Flags(), can_ask=False) == Proceed()


def test_a_plan_without_changes_needs_no_leave():
    assert decide(Plan("c", LAB, findings=(ERROR,)), Flags(), can_ask=False) == Proceed()


@pytest.mark.parametrize(
    ("name", "word"), [("P", "P"), ("[ios] Baseline", '"[ios] Baseline"'), ("-x", '"-x"')]
)
def test_the_refusal_shows_what_to_type(name, word):
    decision = decide(plan(Risk.HIGH, name), Flags(), can_ask=False)
    assert isinstance(decision, Refuse)
    assert decision.problem.hint == f"Say what you mean: --force {word}. --what-if shows the plan."
