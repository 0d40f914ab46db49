"""When actions fall due, under both readings of what their waits count from."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.forecast.timeline import (
    AFTER_MARK,
    FIRST_NONCOMPLIANCE,
    READINGS,
    DatedEvent,
    dated,
    keyed,
    rank,
    readings_differ,
)
from toolkit.model.schedule import EMAIL, KINDS, LOCK, MARK, PUSH, RETIRE, Action, Schedule, mark

SINCE = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
TEMPLATE = "11111111-1111-1111-1111-111111111111"


def email(after: int, *groups: str) -> Action:
    return Action(EMAIL, after, TEMPLATE, groups)


def moments(schedule: Schedule, reading: str) -> list[tuple[str, int]]:
    return [(e.kind, int((e.at - SINCE) / timedelta(hours=1))) for e in dated(schedule, SINCE, reading)]


def test_waits_count_from_the_first_noncompliance_and_mails_may_precede_the_mark():
    schedule = Schedule((mark(168), email(0), email(72)))
    assert dated(schedule, SINCE, FIRST_NONCOMPLIANCE) == (
        DatedEvent(SINCE, email(0), EMAIL),
        DatedEvent(SINCE + timedelta(days=3), email(72), EMAIL),
        DatedEvent(SINCE + timedelta(days=7), mark(168), MARK),
    )


def test_under_the_other_reading_everything_but_the_mark_moves_by_the_grace_period():
    schedule = Schedule((mark(168), email(0), email(72)))
    assert moments(schedule, AFTER_MARK) == [(MARK, 168), (EMAIL, 168), (EMAIL, 240)]


def test_the_documented_example_has_one_timeline_because_it_has_no_grace():
    schedule = Schedule((mark(0), email(48), email(120)))
    for reading in READINGS:
        assert moments(schedule, reading) == [(MARK, 0), (EMAIL, 48), (EMAIL, 120)]


def test_what_is_due_together_happens_in_a_fixed_order():
    actions = [
        Action(RETIRE, 24),
        Action(LOCK, 24),
        Action(PUSH, 24),
        email(24),
        mark(24),
        Action("wipe", 24),
    ]
    assert [kind for kind, _ in moments(Schedule(tuple(actions)), FIRST_NONCOMPLIANCE)] == [
        MARK,
        EMAIL,
        PUSH,
        LOCK,
        RETIRE,
        "wipe",
    ]


@pytest.mark.parametrize(
    ("actions", "differ"),
    [
        ([mark(0), email(72)], False),
        ([mark(72)], False),
        ([mark(72), email(0)], True),
        ([mark(72), email(240)], True),
        ([email(0)], False),
        ([mark(24), mark(48), email(0)], False),
    ],
)
def test_the_readings_differ_where_there_is_a_grace_and_another_action(actions, differ):
    assert readings_differ(Schedule(tuple(actions))) is differ


def test_actions_are_named_by_their_effect_whatever_their_ids():
    before = Schedule((mark(0), Action(EMAIL, 24, TEMPLATE, ("b", "a"), id="1"), Action(PUSH, 0, id="2")))
    after = Schedule((mark(48), Action(PUSH, 0, id="9"), Action(EMAIL, 24, TEMPLATE, ("a", "b"), id="8")))
    assert (
        [key for key, _ in keyed(before)]
        == [key for key, _ in keyed(after)]
        == ["push:0h:", f"email:24h:{TEMPLATE}:a:b"]
    )


def test_two_equal_actions_have_two_names():
    assert [key for key, _ in keyed(Schedule((mark(), Action(PUSH, 6), Action(PUSH, 6))))] == [
        "push:6h:",
        "push:6h:#2",
    ]


schedules = st.builds(
    lambda grace, rest: Schedule((mark(grace), *(Action(kind, after) for kind, after in rest))),
    st.integers(0, 8760),
    st.lists(st.tuples(st.sampled_from([k for k in KINDS if k != MARK]), st.integers(0, 8760)), max_size=12),
)


@given(schedules, st.sampled_from(READINGS))
def test_every_action_has_one_moment_in_time_order_and_none_before_the_noncompliance(schedule, reading):
    events = dated(schedule, SINCE, reading)
    assert sorted(id(e.action) for e in events) == sorted(id(a) for a in schedule.actions)
    assert [(e.at, rank(e.kind)) for e in events] == sorted((e.at, rank(e.kind)) for e in events)
    assert all(e.at >= SINCE for e in events)
    assert [e.at for e in events if e.kind == MARK] == [SINCE + timedelta(hours=schedule.mark.after)]


@given(schedules)
def test_the_readings_differ_exactly_where_some_date_differs(schedule):
    first, second = (dated(schedule, SINCE, reading) for reading in READINGS)
    assert readings_differ(schedule) is (
        {(e.at, id(e.action)) for e in first} != {(e.at, id(e.action)) for e in second}
    )
