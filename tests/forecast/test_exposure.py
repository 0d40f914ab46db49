"""Since when a device is noncompliant, as far as the service's report tells, and which device a report is about."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from toolkit.forecast.exposure import (
    CHANGED,
    DERIVED,
    DERIVED_FORMERLY,
    NO_DATE,
    NO_GRACE,
    NO_REPORT,
    GraceEdit,
    by_key,
    exposures,
    former_grace,
)
from toolkit.forecast.impact import impact, per_day, totals
from toolkit.forecast.timeline import FIRST_NONCOMPLIANCE
from toolkit.model.device import Device, PolicyStatus
from toolkit.model.policy import Policy
from toolkit.model.schedule import EMAIL, Action, Schedule, mark

NOW = datetime(2026, 11, 10, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
BEGAN = NOW - 5 * DAY
CREATED = NOW - 30 * DAY


def policy(grace: int | None = 72, modified: datetime | None = CREATED) -> Policy:
    actions = () if grace is None else (mark(grace), Action(EMAIL, 144, "t1"))
    return Policy("Baseline", "windows", id="p1", schedule=Schedule(actions), modified=modified)


def status(
    grace: int | None = 72,
    reported: datetime | None = NOW - DAY,
    name: str = "PC",
    user: str = "ada@contoso.com",
    state: str = "nonCompliant",
) -> PolicyStatus:
    """What a device reports that is noncompliant since BEGAN, under the grace period of its report."""
    expires = None if grace is None else BEGAN + timedelta(hours=grace)
    return PolicyStatus("p1", name, state, expires, reported, user_principal_name=user)


def device(id: str, name: str = "PC", user: str = "ada@contoso.com", **more: str) -> Device:
    return Device(id, name, user_principal_name=user, **{"mail": user, **more})


def since(a_policy: Policy, a_status: PolicyStatus, known=None) -> tuple[datetime | None, str]:
    (found,) = exposures(a_policy, (a_status,), {}, **({} if known is None else {"former_grace": known}))
    return found.since, found.derived


@pytest.mark.parametrize(
    ("a_policy", "a_status", "expected"),
    [
        (policy(), status(), (BEGAN, DERIVED)),
        (policy(), status(grace=None), (None, NO_DATE)),
        (policy(grace=None), status(), (None, NO_GRACE)),
        (policy(modified=None), status(), (BEGAN, DERIVED)),
        (policy(modified=None), status(reported=None), (BEGAN, DERIVED)),
        (policy(), status(reported=None), (None, NO_REPORT)),
        # The expiry was computed with another grace period, or perhaps with another one.
        (policy(grace=240, modified=NOW), status(), (None, CHANGED)),
        (policy(modified=NOW), status(), (None, CHANGED)),
        # At the same moment, either may have been first.
        (policy(modified=NOW), status(reported=NOW), (None, CHANGED)),
        (policy(grace=240, modified=NOW), status(grace=240, reported=NOW + DAY), (BEGAN, DERIVED)),
    ],
)
def test_the_beginning_is_the_expiry_minus_the_grace_it_was_computed_with_or_it_is_not_told(
    a_policy, a_status, expected
):
    assert since(a_policy, a_status) == expected


def test_a_device_that_is_not_noncompliant_is_no_exposure():
    assert exposures(policy(), (status(state="compliant"), status(state="error")), {}) == ()


@pytest.mark.parametrize(
    ("reported", "grace", "expected"),
    [
        (NOW - 4 * DAY, 72, (BEGAN, DERIVED_FORMERLY)),  # before the first change
        (NOW - 2 * DAY, 48, (BEGAN, DERIVED_FORMERLY)),  # between the two
        (NOW - 3 * DAY, 48, (None, CHANGED)),  # at the moment of the first one
        (NOW, 240, (BEGAN, DERIVED)),  # after both
    ],
)
def test_an_expiry_reported_before_a_known_change_is_reduced_by_the_grace_of_that_time(
    reported, grace, expected
):
    known = {"p1": ((NOW - 3 * DAY, 72), (NOW - DAY, 48))}
    assert since(policy(240, NOW - DAY), status(grace, reported), known) == expected


def test_a_change_that_left_the_grace_as_it_was_does_not_hide_the_beginning():
    known = {"p1": ((NOW, 72),)}
    assert since(policy(72, NOW), status(reported=NOW - DAY), known) == (BEGAN, DERIVED)
    assert since(policy(72, NOW), status(reported=NOW), known) == (BEGAN, DERIVED)


def test_a_change_that_is_not_among_the_known_ones_hides_it():
    known = {"p1": ((NOW - 3 * DAY, 72),), "p2": ((NOW, 72),)}
    assert since(policy(72, NOW), status(reported=NOW - DAY), known) == (None, CHANGED)


def test_a_clock_that_runs_ahead_of_the_service_does_not_move_a_report_before_the_change():
    known = {"p1": ((NOW, 72),)}
    at = NOW - timedelta(minutes=1)
    found = since(policy(240, NOW - timedelta(minutes=2)), status(240, at), known)
    assert found == (BEGAN, DERIVED)


def test_known_changes_become_the_moments_up_to_which_each_grace_held():
    edits = [("p1", NOW, 48, 240), ("p1", NOW - DAY, 72, 48), ("p2", NOW, 0, 24)]
    assert former_grace(edits) == {"p1": ((NOW - DAY, 72), (NOW, 48)), "p2": ((NOW, 0),)}


def test_where_one_change_does_not_begin_as_the_last_one_ended_somebody_else_was_there():
    edits = [("p1", NOW - DAY, 72, 48), ("p1", NOW, 96, 240)]
    assert former_grace(edits) == {"p1": ((NOW - DAY, 72), (NOW, None))}


def test_what_the_policy_said_of_its_own_last_change_bounds_what_is_known():
    """Two changes by Grace, and by somebody else half a day before each."""
    half = DAY / 2
    edits = [
        GraceEdit("p1", NOW - 2 * DAY, 72, 48, NOW - 2 * DAY - half),
        GraceEdit("p1", NOW, 96, 240, NOW - half),
    ]
    known = former_grace(edits)
    assert known == {
        "p1": (
            (NOW - 2 * DAY - half, None),
            (NOW - 2 * DAY, 72),
            (NOW - half, None),
            (NOW, 96),
        )
    }
    told = [
        since(policy(240, NOW), status(grace, NOW - days * DAY), known)
        for grace, days in ((24, 3), (72, 2.25), (48, 1), (96, 0.25))
    ]
    assert told == [(None, CHANGED), (BEGAN, DERIVED_FORMERLY), (None, CHANGED), (BEGAN, DERIVED_FORMERLY)]


def test_of_two_changes_in_a_row_the_second_begins_where_the_service_dates_the_first():
    """Grace's clock may be ahead of the service's: what is reported in between belongs to the second."""
    late = timedelta(minutes=1)
    edits = [
        GraceEdit("p1", NOW - DAY + late, 72, 48, CREATED),
        GraceEdit("p1", NOW, 48, 240, NOW - DAY),
    ]
    assert since(policy(240, NOW), status(48, NOW - DAY + late / 2), former_grace(edits)) == (
        BEGAN,
        DERIVED_FORMERLY,
    )


def touched(statuses: list[PolicyStatus], devices: list[Device]):
    found = exposures(policy(), statuses, by_key(devices))
    told = impact({"p1": policy().schedule}, found, now=NOW, days=30, reading=FIRST_NONCOMPLIANCE)
    return found, told


def test_devices_that_share_name_and_user_are_counted_by_their_reports():
    twins = [device("d1"), device("d2"), device("d3", user="bob@contoso.com")]
    statuses = [status(), status(user="ADA@contoso.com"), status(user="bob@contoso.com")]
    found, told = touched(statuses, twins)
    assert [e.device_id for e in found] == ["", "", "d3"]
    assert totals(told)[:3] == (3, 2, 3)
    assert [(row.devices, row.people) for row in per_day(told)] == [(3, 2)]


def test_twins_that_differ_in_compliance_are_the_same_ones_under_every_policy():
    one, other = status(), status(state="compliant")
    by_place = [[e.twin for e in exposures(policy(), rows, {})] for rows in ([one, other], [other, one])]
    assert by_place == [[0], [1]]


def test_unmatched_devices_of_different_names_are_different_devices():
    _, told = touched([status(name="PC-1"), status(name="PC-2"), status(name="PC-3")], [])
    assert totals(told)[:2] == (3, 1)


@pytest.mark.parametrize(
    ("devices", "expected"),
    [
        ([], (None, False)),
        ([device("d1", agent="jamf", mail="")], (False, True)),
        ([device("d1"), device("d2")], (True, False)),
        ([device("d1", mail=""), device("d2", mail="")], (False, False)),
        ([device("d1", agent="jamf"), device("d2", agent="jamf")], (True, True)),
        ([device("d1", agent="jamf", mail=""), device("d2")], (None, False)),
    ],
)
def test_mail_and_partner_of_a_twin_are_told_where_all_twins_agree(devices, expected):
    (found,) = exposures(policy(), (status(),), by_key(devices))
    assert (found.has_mail, found.is_partner) == expected
