"""Who will be touched, when, by what; and what a changed schedule does at once."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.forecast.impact import (
    DayRow,
    Exposure,
    Impact,
    Totals,
    Touch,
    compare,
    impact,
    obstacle,
    per_day,
    totals,
)
from toolkit.forecast.timeline import AFTER_MARK, FIRST_NONCOMPLIANCE, READINGS
from toolkit.model.schedule import EMAIL, LOCK, MARK, PUSH, RETIRE, Action, Schedule, mark

NOW = datetime(2026, 11, 10, 12, 0, tzinfo=UTC)


def email(days: float, template: str = "t1") -> Action:
    return Action(EMAIL, int(days * 24), template)


def retire(days: float) -> Action:
    return Action(RETIRE, int(days * 24))


def schedule(grace_days: float, *actions: Action) -> Schedule:
    return Schedule((mark(int(grace_days * 24)), *actions))


def exposed(
    days_ago: float | None, device: str = "d1", user: str = "ada", platform: str = "windows", **more: object
) -> Exposure:
    values = {"policy_id": "p1", "has_mail": True, "is_partner": False, "derived": "first report", **more}
    since = None if days_ago is None else NOW - timedelta(days=days_ago)
    return Exposure(
        device_id=device, device_name=f"PC-{device}", user=user, platform=platform, since=since, **values
    )


def touch(days: float, kind: str, device: str = "d1", user: str = "ada", note: str = "") -> Touch:
    return Touch(NOW + timedelta(days=days), "p1", kind, device, f"PC-{device}", user, note)


def foretell(
    a_schedule: Schedule, *exposures: Exposure, days: int = 14, reading: str = FIRST_NONCOMPLIANCE
) -> Impact:
    return impact({"p1": a_schedule}, exposures, now=NOW, days=days, reading=reading)


def change(before: Schedule, after: Schedule, *exposures: Exposure, **more: object):
    options = {"now": NOW, "days": 14, "reading": FIRST_NONCOMPLIANCE, **more}
    return compare({"p1": before}, {"p1": after}, exposures, **options)


def test_what_is_still_to_come_is_told_in_time_order_and_what_was_due_has_happened():
    told = foretell(schedule(7, email(0), email(3), retire(30)), exposed(2), exposed(6, "d2", "bob"))
    touches = (touch(1, MARK, "d2", "bob"), touch(1, EMAIL), touch(5, MARK))
    assert told == Impact(NOW, 14, FIRST_NONCOMPLIANCE, touches)


def test_under_the_other_reading_the_same_mails_come_after_the_mark():
    told = foretell(schedule(7, email(0), email(3)), exposed(2), reading=AFTER_MARK)
    assert told.touches == (touch(5, MARK), touch(5, EMAIL), touch(8, EMAIL))


def test_the_horizon_includes_its_last_moment_and_what_is_due_this_moment_has_happened():
    """The lab carries out what is due at the moment its clock shows; the forecast must not count it again."""
    told = foretell(schedule(7, email(2), email(16)), exposed(2))
    assert [t.at - NOW for t in told.touches] == [timedelta(days=5), timedelta(days=14)]


def test_a_device_whose_beginning_is_not_known_is_named_with_the_reason_and_not_dated():
    told = foretell(schedule(7, email(3)), exposed(None, derived="not known: never reported"))
    assert (told.touches, told.untold) == ((), (("PC-d1", "p1", "not known: never reported"),))


def test_a_device_under_a_policy_that_is_not_asked_about_is_left_out():
    assert foretell(schedule(7), exposed(2, policy_id="p2")) == Impact(NOW, 14, FIRST_NONCOMPLIANCE, ())


@pytest.mark.parametrize(
    ("kind", "more", "reason"),
    [
        (EMAIL, {}, ""),
        (EMAIL, {"has_mail": None}, ""),
        (EMAIL, {"has_mail": False}, "noMail"),
        (EMAIL, {"user": "", "has_mail": False}, "noPrimaryUser"),
        (EMAIL, {"is_partner": True, "has_mail": False}, "partnerManaged"),
        (LOCK, {}, "platformUnsupported"),
        (LOCK, {"platform": "macos"}, ""),
        (PUSH, {"platform": "macos"}, "platformUnsupported"),
        (PUSH, {"platform": "ios"}, ""),
        (RETIRE, {"platform": "linux"}, "platformUnsupported"),
        (RETIRE, {"is_partner": True}, "partnerManaged"),
        (MARK, {"platform": "linux"}, ""),
        (MARK, {"is_partner": True}, "partnerManaged"),
        ("wipe", {}, ""),
    ],
)
def test_what_reaches_nobody_says_why(kind, more, reason):
    values = {"is_partner": False, "platform": "windows", "user": "ada", "has_mail": True}
    assert obstacle(kind, **(values | more)) == reason


def test_an_added_action_that_is_overdue_touches_everybody_at_once():
    told = change(schedule(0), schedule(0, email(0), email(30)), exposed(5), exposed(1, "d2", "bob"))
    assert told.before.touches == ()
    assert told.after.touches == told.immediately == (touch(0, EMAIL), touch(0, EMAIL, "d2", "bob"))


def test_unless_the_service_does_not_look_back():
    told = change(schedule(0), schedule(0, email(0)), exposed(5), retroactive=False)
    assert (told.after.touches, told.immediately) == ((), ())


def test_a_shorter_grace_period_marks_those_for_whom_it_is_over_and_nobody_twice():
    told = change(schedule(7), schedule(3), exposed(5), exposed(1, "d2"), exposed(9, "d3"))
    assert told.immediately == (touch(0, MARK),)
    assert told.after.touches == (touch(0, MARK), touch(2, MARK, "d2"))
    assert told.before.touches == (touch(2, MARK), touch(6, MARK, "d2"))


def test_a_longer_grace_period_marks_later_even_those_already_marked():
    assert change(schedule(3), schedule(7), exposed(5)).after.touches == (touch(2, MARK),)


def test_a_mail_that_went_out_is_not_sent_again_when_a_longer_grace_moves_its_date():
    told = change(schedule(0, email(1)), schedule(7, email(1)), exposed(2), reading=AFTER_MARK)
    assert told.after.touches == (touch(5, MARK),)


def test_of_two_equal_actions_one_added_counts_as_new():
    assert change(schedule(0, email(1)), schedule(0, email(1), email(1)), exposed(2)).immediately == (
        touch(0, EMAIL),
    )


def test_an_unchanged_schedule_changes_nothing():
    same = schedule(7, email(0), email(3), retire(30))
    told = change(same, same, exposed(2), exposed(40, "d2"))
    assert (told.after, told.immediately) == (told.before, ())


def test_a_removed_action_no_longer_touches_anybody():
    told = change(schedule(0, email(3)), schedule(0), exposed(2))
    assert (told.before.touches, told.after.touches) == ((touch(1, EMAIL),), ())


def test_days_count_devices_mails_and_people():
    told = foretell(
        schedule(7, email(3)),
        exposed(2, "d1", "ada"),
        exposed(2, "d2", "ada"),
        exposed(2, "d3", "bob", has_mail=False),
        days=4,
    )
    assert per_day(told) == (DayRow(date(2026, 11, 11), "p1", EMAIL, devices=3, mails=2, people=2),)
    assert totals(told) == Totals(devices=3, people=2, mails=2, unreached=1, by_kind=((EMAIL, 3),))


schedules = st.builds(
    lambda grace, rest: Schedule((mark(grace), *(Action(kind, after) for kind, after in rest))),
    st.integers(0, 500),
    st.lists(st.tuples(st.sampled_from([EMAIL, PUSH, LOCK, RETIRE]), st.integers(0, 500)), max_size=6),
)


@given(schedules, schedules, st.integers(0, 400), st.sampled_from(READINGS))
def test_whatever_changes_no_touch_lies_in_the_past_and_what_is_immediate_is_part_of_what_follows(
    before, after, hours_ago, reading
):
    told = change(before, after, exposed(hours_ago / 24), reading=reading)
    for t in (*told.before.touches, *told.after.touches):
        assert NOW <= t.at <= NOW + timedelta(days=14)
    assert list(told.after.touches) == sorted(told.after.touches, key=lambda t: t.at)
    assert all(t.at == NOW and t in told.after.touches for t in told.immediately)
    assert change(before, before, exposed(hours_ago / 24), reading=reading).immediately == ()


def test_the_retire_list_holds_a_device_once_under_whatever_policy():
    schedules = {"p1": schedule(0, retire(3)), "p2": schedule(0, retire(4), retire(9))}
    devices = [exposed(2, policy_id="p1"), exposed(2, policy_id="p2")]
    told = impact(schedules, devices, now=NOW, days=30, reading=FIRST_NONCOMPLIANCE)
    assert [(t.policy_id, t.note) for t in told.touches] == [
        ("p1", ""),
        ("p2", "alreadyListed"),
        ("p2", "alreadyListed"),
    ]
