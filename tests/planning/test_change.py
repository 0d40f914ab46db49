"""Plans, targets and fingerprints say what they stand for."""

from __future__ import annotations

import pytest

from toolkit.planning.change import (
    ASSIGNMENTS,
    POLICY,
    SCHEDULE,
    TEMPLATE,
    TEST_MAIL,
    Change,
    Finding,
    Plan,
    Risk,
    Target,
    TenantName,
    fingerprint,
)

LAB = TenantName("lab", "1", "Contoso")


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (SCHEDULE, 'schedule of policy "[ios] Baseline"'),
        (ASSIGNMENTS, 'assignments of policy "[ios] Baseline"'),
        (POLICY, 'policy "[ios] Baseline"'),
        (TEMPLATE, 'template "[ios] Baseline"'),
        (TEST_MAIL, 'template "[ios] Baseline"'),
    ],
)
def test_a_target_is_called_by_what_it_is_and_its_name(kind, words):
    assert Target(kind, "1", "[ios] Baseline").words == words


@pytest.mark.parametrize(
    ("risks", "expected"),
    [((), Risk.LOW), ((Risk.LOW, Risk.HIGH, Risk.MEDIUM), Risk.HIGH), ((Risk.MEDIUM,), Risk.MEDIUM)],
)
def test_a_plan_is_as_risky_as_its_riskiest_change(risks, expected):
    changes = tuple(Change(Target(POLICY, "1", "P"), None, None, "", risk=risk) for risk in risks)
    assert Plan("c", LAB, changes).risk is expected


def test_findings_are_added_to_those_that_a_plan_has():
    first, second = Finding("note", "a", "A."), Finding("error", "b", "B.")
    assert Plan("c", LAB, findings=(first,)).with_findings((second,)).findings == (first, second)


def test_a_fingerprint_is_short_and_differs_for_another_text():
    assert fingerprint("") == "e3b0c44298fc1c149afbf4c8996fb924"
    assert fingerprint("a") != fingerprint("b")


def test_a_name_with_half_a_character_has_a_fingerprint_too():
    assert len(fingerprint("cut \ud83d")) == 32
