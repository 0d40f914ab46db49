"""Reading and writing waits: "3d", "12h", "0.25d", "P5D" in, whole hours kept, "3 days" out."""

from __future__ import annotations

import re

from toolkit.errors import InvalidSchedule

Hours = int
"""Whole hours, 0 to 8760, counted from the moment a device becomes noncompliant."""

LONGEST: Hours = 8760
PORTAL_STEP: Hours = 6
"""The admin centre works in quarters of a day and cannot save a policy that holds anything else."""

_SHORT = re.compile(r"(?P<number>\d+(?:[.,]\d+)?)\s*(?P<unit>d|day|days|h|hour|hours)", re.IGNORECASE)
_ISO = re.compile(r"P(?:(?P<days>\d+(?:\.\d+)?)D)?(?:T(?P<hours>\d+(?:\.\d+)?)H)?", re.IGNORECASE)


def grace_hours(text: str) -> Hours:
    """Hours to wait after a device becomes noncompliant.

    Graph counts hours (deviceComplianceActionItem.gracePeriodHours, Edm.Int32) although
    the portal shows days; the factor 24 is here and nowhere else.

    >>> grace_hours("3d"), grace_hours("36h"), grace_hours("0.25d"), grace_hours("P1DT12H"), grace_hours("0")
    (72, 36, 6, 36, 0)

    Raises InvalidSchedule for a bare "3" (it could mean either), for parts of an hour and for what is out of range.
    """
    stripped = text.strip()
    if stripped == "0":
        return 0
    hours: float
    if short := _SHORT.fullmatch(stripped):
        number = float(short["number"].replace(",", "."))
        hours = number * 24 if short["unit"][0] in "dD" else number
    elif (iso := _ISO.fullmatch(stripped)) and (iso["days"] or iso["hours"]):
        hours = float(iso["days"] or 0) * 24 + float(iso["hours"] or 0)
    elif re.fullmatch(r"\d+(\.\d+)?", stripped):
        raise InvalidSchedule(
            f'"{text}" could mean days or hours.',
            hint=f"Write {stripped}d for days or {stripped}h for hours.",
        )
    else:
        raise InvalidSchedule(
            f'"{text}" is not a wait.', hint="Write it as 3d, 12h, 0.25d or P5D; 0 means at once."
        )
    return whole_hours(hours, text)


def whole_hours(hours: float, text: str) -> Hours:
    """`hours` as an int within the range; `text` is how it was typed, for the sentence."""
    if hours != hours or hours < 0 or hours > LONGEST:  # NaN is unequal to itself
        raise InvalidSchedule(f"{text} is out of range.", hint="A wait is 0 to 365 days (0 to 8760 hours).")
    if hours != int(hours):
        raise InvalidSchedule(
            f"{text} is not a whole number of hours.", hint="Intune keeps whole hours; 0.25d is 6 hours."
        )
    return int(hours)


def days_as_hours(text: str) -> Hours:
    """Hours from a number of days such as "3" or "0.25" (`--days`)."""
    return _counted(text, 24, "days")


def hours_as_hours(text: str) -> Hours:
    """Hours from a number of hours such as "36" (`--hours`)."""
    return _counted(text, 1, "hours")


def _counted(text: str, factor: int, unit: str) -> Hours:
    if not re.fullmatch(r"\s*-?\d+([.,]\d+)?\s*", text, re.ASCII):
        raise InvalidSchedule(
            f'"{text}" is not a number of {unit}.', hint=f"Write a number, as in --{unit} 3."
        )
    return whole_hours(float(text.replace(",", ".")) * factor, f"{text.strip()} {unit}")


def in_words(hours: Hours) -> str:
    """A wait as people say it.

    >>> in_words(0), in_words(72), in_words(24), in_words(36), in_words(8)
    ('at once', '3 days', '1 day', '1.5 days', '8 hours')
    """
    if hours == 0:
        return "at once"
    if hours % PORTAL_STEP == 0 and hours >= 24:
        return f"{hours / 24:g} day" + ("" if hours == 24 else "s")
    return f"{hours} hour" + ("" if hours == 1 else "s")


def as_typed(hours: Hours) -> str:
    """The shortest text that `grace_hours` reads back as `hours`: "3d", "36h", "0"."""
    if hours == 0:
        return "0"
    return f"{hours // 24}d" if hours % 24 == 0 else f"{hours}h"


def fits_portal(hours: Hours) -> bool:
    """Whether the admin centre can show and save this wait: a multiple of 6 hours."""
    return hours % PORTAL_STEP == 0
