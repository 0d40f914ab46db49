"""A schedule is in time order, has one mark, and refuses what no tenant accepts."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facts import documented
from strategies import SOME, schedules
from toolkit.errors import InvalidSchedule
from toolkit.model.schedule import EMAIL, LOCK, MARK, PUSH, RETIRE, Action, Schedule, mark, schedule_of

FIRST, SECOND = Action(EMAIL, 72, "t1"), Action(EMAIL, 72, "t2")


def test_actions_stand_in_time_order_and_those_due_together_by_kind():
    given_order = (
        Action(RETIRE, 24),
        Action("wipe", 24),
        Action(LOCK, 24),
        Action(EMAIL, 24, "t"),
        Action(PUSH, 24),
        Action(EMAIL, 0, "t"),
        mark(24),
    )
    assert [(a.after, a.kind) for a in Schedule(given_order).actions] == [
        (0, EMAIL),
        (24, MARK),
        (24, EMAIL),
        (24, PUSH),
        (24, LOCK),
        (24, RETIRE),
        (24, "wipe"),
    ]


@pytest.mark.parametrize(
    "actions",
    [
        (mark(), FIRST, SECOND),
        (mark(), Action(EMAIL, 72, "t1", ("g1",)), Action(EMAIL, 72, "t1", ("g2",))),
        (mark(), Action("wipe", 24), Action("alert", 24)),
    ],
)
def test_the_numbers_of_actions_do_not_depend_on_the_order_in_which_the_service_lists_them(actions):
    assert {Schedule(order).actions for order in permutations(actions)} == {Schedule(actions).actions}


@SOME
@given(schedules(), st.randoms(use_true_random=False))
def test_the_content_of_a_schedule_does_not_depend_on_order_or_ids(schedule, chance):
    actions = list(schedule.actions)
    chance.shuffle(actions)
    shuffled = [
        Action(a.kind, a.after, a.template_id, tuple(reversed(a.cc_group_ids)), id="new") for a in actions
    ]
    assert Schedule(tuple(shuffled)).content == schedule.content


@pytest.mark.parametrize(
    ("actions", "grace"), [((mark(24),), 24), ((mark(),), 0), ((), None), ((mark(), mark(24)), None)]
)
def test_the_grace_period_is_the_marks_wait_and_unknown_without_a_single_mark(actions, grace):
    assert Schedule(actions).grace == grace


@pytest.mark.parametrize(
    ("actions", "sentence"),
    [
        ((), "A schedule has exactly one mark action; this one has 0."),
        ((mark(), mark()), "A schedule has exactly one mark action; this one has 2."),
        ((mark(-1),), "Mark device noncompliant after -1 hours is out of range."),
        ((mark(8761),), "Mark device noncompliant after 8761 hours is out of range."),
        ((mark(), Action(EMAIL, 72)), "The email after 3d names no template."),
    ],
)
def test_a_schedule_that_no_tenant_accepts_is_refused(actions, sentence):
    with pytest.raises(InvalidSchedule) as caught:
        schedule_of(actions)
    assert caught.value.message == sentence


def test_the_way_out_of_a_schedule_without_mark_quotes_the_service():
    with pytest.raises(InvalidSchedule) as caught:
        schedule_of(())
    assert caught.value.hint == f"Intune answers: {documented.BLOCK.value}."


def test_both_ends_of_the_documented_range_are_accepted():
    low, high = documented.HOURS.value
    assert [a.after for a in schedule_of((mark(low), Action(RETIRE, high))).actions] == [low, high]


def test_of_two_equal_actions_only_the_named_one_goes():
    twins = (Action(LOCK, 24, id="a"), Action(LOCK, 24, id="b"))
    schedule = Schedule((mark(), *twins))
    assert [a.id for a in schedule.without(twins[1]).actions] == [None, "a"]


def test_the_words_for_a_kind_that_grace_does_not_know_are_its_name():
    assert Action("wipe", 0).words == "wipe"
    assert mark().words == "Mark device noncompliant"
