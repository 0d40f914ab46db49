"""Waits are read as people type them, kept as whole hours and written as people say them."""

from __future__ import annotations

import pytest
from hypothesis import given

from facts import documented
from strategies import SOME, waits
from toolkit.errors import InvalidSchedule
from toolkit.model import units


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("0", 0),
        ("0d", 0),
        ("0h", 0),
        ("3d", 72),
        ("3D", 72),
        ("3 days", 72),
        ("1 day", 24),
        ("36h", 36),
        ("1 hour", 1),
        ("36 HOURS", 36),
        ("0.25d", 6),
        ("0,25d", 6),
        ("1.5d", 36),
        ("P5D", 120),
        ("pt12h", 12),
        ("P1DT12H", 36),
        ("P0.5D", 12),
        (" 3d ", 72),
        ("365d", 8760),
        ("8760h", 8760),
    ],
)
def test_a_wait_is_read_in_days_hours_or_iso_form(text, hours):
    assert units.grace_hours(text) == hours


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("3", '"3" could mean days or hours.'),
        ("1.5", '"1.5" could mean days or hours.'),
        ("", '"" is not a wait.'),
        ("-3d", '"-3d" is not a wait.'),
        ("3w", '"3w" is not a wait.'),
        ("3d 4h", '"3d 4h" is not a wait.'),
        ("nan", '"nan" is not a wait.'),
        ("infd", '"infd" is not a wait.'),
        ("1e3h", '"1e3h" is not a wait.'),
        ("P", '"P" is not a wait.'),
        ("PT", '"PT" is not a wait.'),
        ("P1DT", '"P1DT" is not a wait.'),
        ("0.1d", "0.1d is not a whole number of hours."),
        ("1.5h", "1.5h is not a whole number of hours."),
        ("366d", "366d is out of range."),
        ("8761h", "8761h is out of range."),
        ("9" * 400 + "d", "9" * 400 + "d is out of range."),
    ],
)
def test_a_wait_that_is_unclear_partial_or_out_of_range_is_refused(text, sentence):
    with pytest.raises(InvalidSchedule) as caught:
        units.grace_hours(text)
    assert caught.value.message == sentence


@pytest.mark.parametrize(
    ("read", "text", "hours"),
    [
        (units.days_as_hours, "3", 72),
        (units.days_as_hours, "0.25", 6),
        (units.days_as_hours, "0,5", 12),
        (units.days_as_hours, "365", 8760),
        (units.hours_as_hours, "36", 36),
        (units.hours_as_hours, " 0 ", 0),
    ],
)
def test_a_flag_for_days_or_hours_takes_a_plain_number(read, text, hours):
    assert read(text) == hours


@pytest.mark.parametrize(
    ("read", "text", "sentence"),
    [
        (units.days_as_hours, "3d", '"3d" is not a number of days.'),
        (units.days_as_hours, "", '"" is not a number of days.'),
        (units.days_as_hours, "nan", '"nan" is not a number of days.'),
        (units.days_as_hours, "-3", "-3 days is out of range."),
        (units.days_as_hours, "365.25", "365.25 days is out of range."),
        (units.hours_as_hours, "1.5", "1.5 hours is not a whole number of hours."),
        (units.hours_as_hours, "8761", "8761 hours is out of range."),
    ],
)
def test_a_flag_for_days_or_hours_refuses_anything_else(read, text, sentence):
    with pytest.raises(InvalidSchedule) as caught:
        read(text)
    assert caught.value.message == sentence


@pytest.mark.parametrize(
    ("hours", "words"),
    [
        (0, "at once"),
        (1, "1 hour"),
        (6, "6 hours"),
        (8, "8 hours"),
        (24, "1 day"),
        (25, "25 hours"),
        (30, "1.25 days"),
        (36, "1.5 days"),
        (72, "3 days"),
        (8760, "365 days"),
    ],
)
def test_a_wait_is_written_as_people_say_it(hours, words):
    assert units.in_words(hours) == words


@SOME
@given(waits)
def test_what_is_written_to_be_typed_is_read_back_as_the_same_wait(hours):
    assert units.grace_hours(units.as_typed(hours)) == hours


def test_the_range_and_the_step_are_the_documented_ones():
    assert documented.HOURS.value == (0, units.LONGEST)
    assert documented.PORTAL_STEP.value == units.PORTAL_STEP
    assert [hours for hours in range(25) if units.fits_portal(hours)] == [0, 6, 12, 18, 24]
