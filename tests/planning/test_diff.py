"""Before and after are shown as the lines that differ, paired as a person would pair them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strategies import SOME, policies, schedules, templates
from toolkit.model.policy import CATALOG, Assignment, Policy
from toolkit.model.schedule import EMAIL, LOCK, RETIRE, Action, Schedule, mark
from toolkit.model.template import Message, Template
from toolkit.planning.change import POLICY, SCHEDULE, Change, Target
from toolkit.planning.diff import (
    ADDED,
    CHANGED,
    REMOVED,
    SAME,
    ActionLine,
    PropertyLine,
    is_noop,
    mismatch,
    property_lines,
    schedule_lines,
)


def mail(after: int, template: str = "t", *cc: str) -> Action:
    return Action(EMAIL, after, template, cc)


@pytest.mark.parametrize(
    ("before", "after", "lines"),
    [
        ((mail(72),), (mail(72), Action(LOCK, 96)), [(SAME, 72, 72), (ADDED, None, 96)]),
        ((mail(72), mail(96)), (mail(96),), [(REMOVED, 72, None), (SAME, 96, 96)]),
        ((mail(72),), (mail(120),), [(CHANGED, 72, 120)]),
        ((mail(24), mail(168)), (mail(48), mail(168)), [(CHANGED, 24, 48), (SAME, 168, 168)]),
        (
            (mail(24, "a"), mail(48, "b")),
            (mail(72, "a"), mail(48, "c")),
            [(CHANGED, 48, 48), (CHANGED, 24, 72)],
        ),
        ((mail(24, "a"),), (mail(24, "a", "g"),), [(CHANGED, 24, 24)]),
        ((mail(24, "a", "g", "h"),), (mail(24, "a", "h", "g"),), [(SAME, 24, 24)]),
        ((Action(LOCK, 24),), (Action(RETIRE, 24),), [(ADDED, None, 24), (REMOVED, 24, None)]),
        ((mail(24), mail(24)), (mail(24),), [(SAME, 24, 24), (REMOVED, 24, None)]),
    ],
)
def test_actions_are_paired_by_content_then_template_then_kind(before, after, lines):
    found = schedule_lines(Schedule(before), Schedule(after))
    waits = [(s, a.after if a is not None else None, b.after if b is not None else None) for s, a, b in found]
    assert waits == lines


def test_the_mark_moves_and_is_never_shown_as_gone():
    assert schedule_lines(Schedule((mark(0),)), Schedule((mark(24),))) == (
        ActionLine(CHANGED, mark(0), mark(24)),
    )


def test_a_schedule_that_comes_or_goes_is_all_added_or_all_removed():
    schedule = Schedule((mark(), mail(24)))
    assert [line.sign for line in schedule_lines(None, schedule)] == [ADDED, ADDED]
    assert [line.sign for line in schedule_lines(schedule, None)] == [REMOVED, REMOVED]
    assert schedule_lines(None, None) == ()


@SOME
@given(schedules(), schedules())
def test_a_difference_tells_every_action_of_both_schedules_exactly_once_in_time_order(before, after):
    lines = schedule_lines(before, after)
    assert Schedule(tuple(line.before for line in lines if line.before is not None)).content == before.content
    assert Schedule(tuple(line.after for line in lines if line.after is not None)).content == after.content
    times = [line.after.after if line.after is not None else line.before.after for line in lines]
    assert times == sorted(times)
    assert all(
        (line.sign == SAME)
        == (line.before is not None and line.after is not None and line.before.key == line.after.key)
        for line in lines
    )


@SOME
@given(schedules())
def test_a_schedule_does_not_differ_from_itself(schedule):
    assert {line.sign for line in schedule_lines(schedule, schedule)} == {SAME}
    assert property_lines(schedule, schedule) == ()


MESSAGES = (Message("en-us", "Hello", "Body", True), Message("fr-fr", "Bonjour", "Corps"))
TEMPLATE = Template("T", messages=MESSAGES, id="1")
WAIT = "[PasswordRequired].scheduledActionConfigurations[block"


@pytest.mark.parametrize(
    ("before", "after", "lines"),
    [
        (TEMPLATE, replace(TEMPLATE, name="U"), [PropertyLine(CHANGED, "displayName", "T", "U")]),
        (
            TEMPLATE,
            replace(TEMPLATE, messages=(MESSAGES[0], replace(MESSAGES[1], subject="Salut"))),
            [PropertyLine(CHANGED, "localizedNotificationMessages[fr-fr].subject", "Bonjour", "Salut")],
        ),
        (
            TEMPLATE,
            replace(TEMPLATE, messages=(MESSAGES[0],)),
            [
                PropertyLine(
                    REMOVED,
                    "localizedNotificationMessages[fr-fr]",
                    {"subject": "Bonjour", "messageTemplate": "Corps", "locale": "fr-fr", "isDefault": False},
                    None,
                )
            ],
        ),
        (
            Policy("P", "ios", settings={"a": 1, "b": 0}),
            Policy("P", "ios", settings={"b": 0, "c": None}),
            [PropertyLine(REMOVED, "a", 1, None), PropertyLine(ADDED, "c", None, None)],
        ),
        (Policy("P", "ios", scope_tags=("0", "1")), Policy("P", "ios", scope_tags=("1", "0")), []),
        (
            Policy("P", "ios", scope_tags=("0",)),
            Policy("P", "ios", scope_tags=("1",)),
            [PropertyLine(CHANGED, "roleScopeTagIds", ["0"], ["1"])],
        ),
        (
            Policy("L", "linux", collection=CATALOG, settings={"settings": [{"a": 1}, {"b": 2}]}),
            Policy("L", "linux", collection=CATALOG, settings={"settings": [{"b": 2}, {"a": 1}]}),
            [PropertyLine(CHANGED, "settings", [{"a": 1}, {"b": 2}], [{"b": 2}, {"a": 1}])],
        ),
        (
            (),
            (Assignment("group", "g"),),
            [
                PropertyLine(
                    ADDED,
                    "[groupAssignmentTarget g]",
                    None,
                    {"target": {"@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": "g"}},
                )
            ],
        ),
    ],
)
def test_properties_that_differ_are_named_by_their_path(before, after, lines):
    assert list(property_lines(before, after)) == lines


def test_something_new_is_one_line_with_all_of_it():
    lines = property_lines(None, Template("T", messages=None))
    assert [(line.sign, line.path, line.before) for line in lines] == [(ADDED, "", None)]


def _change(before: object, after: object) -> Change:
    return Change(Target(SCHEDULE, "1", "P"), before, after, "")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (None, None, True),
        (None, Schedule((mark(),)), False),
        (Schedule((mark(),)), None, False),
        (Schedule((mark(), mail(1, "t", "a", "b"))), Schedule((mail(1, "t", "b", "a"), mark())), True),
        (Schedule((mark(),)), Schedule((mark(1),)), False),
        (Policy("P", "ios", id="1", version=1), Policy("P", "ios", id="2", version=9), True),
        (Policy("P", "ios", settings={"a": False}), Policy("P", "ios", settings={"a": None}), False),
        (Policy("P", "ios", settings={"a": 0}), Policy("P", "ios"), False),
    ],
)
def test_a_change_to_the_same_content_is_none(before, after, expected):
    assert is_noop(_change(before, after)) is expected


def with_schedule(*actions: Action) -> Policy:
    return Policy("P", "ios", schedule=Schedule((mark(), *actions)))


@pytest.mark.parametrize(
    ("expected", "found", "paths"),
    [
        (None, None, []),
        (Policy("P", "ios"), Policy("P", "ios", id="9", settings={"filledIn": True}), []),
        (Policy("P", "ios", scope_tags=("1", "0")), Policy("P", "ios", scope_tags=("0", "1")), []),
        (with_schedule(mail(1, "t", "a", "b")), with_schedule(mail(1, "t", "b", "a")), []),
        (with_schedule(mail(1)), with_schedule(Action(EMAIL, 1, "t", extra={"filledIn": 1})), []),
        (Schedule((mark(),)), Schedule((Action("mark", 0, id="9", extra={"filledIn": 1}),)), []),
        (
            Template("T", messages=MESSAGES),
            Template("T", id="9", messages=(replace(MESSAGES[0], extra={"filledIn": 1}), MESSAGES[1])),
            [],
        ),
        (Policy("P", "ios", settings={"a": 1}), Policy("P", "ios", settings={"a": 2}), ["a"]),
        (Policy("P", "ios", settings={"a": 1}), Policy("P", "ios"), ["a"]),
        (
            Policy("P", "ios", assignments=()),
            Policy("P", "ios", assignments=(Assignment("group", "g"),)),
            ["assignments[groupAssignmentTarget g]"],
        ),
        ((), (Assignment("group", "g"),), ["[groupAssignmentTarget g]"]),
        (
            with_schedule(),
            with_schedule(Action(RETIRE, 24)),
            [
                "scheduledActionsForRule[PasswordRequired].scheduledActionConfigurations"
                "[retire 24h 00000000-0000-0000-0000-000000000000]"
            ],
        ),
        (
            Template("T", messages=MESSAGES[:1]),
            Template("T", messages=MESSAGES),
            ["localizedNotificationMessages[fr-fr]"],
        ),
        (Template("T"), Template("T", description="x"), ["description"]),
    ],
)
def test_what_a_tenant_holds_otherwise_is_told_and_what_it_filled_in_is_not(expected, found, paths):
    assert [line.path for line in mismatch(expected, found)] == paths


def test_something_that_should_be_gone_or_there_is_a_mismatch():
    assert [line.sign for line in mismatch(None, TEMPLATE)] == [ADDED]
    assert [line.sign for line in mismatch(TEMPLATE, None)] == [REMOVED]


@SOME
@given(policies | templates | schedules(), st.text("0123456789", max_size=3))
def test_a_content_matches_itself_under_any_id(content, id):
    found = content if isinstance(content, Schedule) else replace(content, id=id)
    assert mismatch(content, found) == ()
    assert is_noop(Change(Target(POLICY, "1", "P"), content, found, ""))
