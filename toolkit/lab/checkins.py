"""When a device contacts the service by itself: often just after enrolment, then every eight hours.

Rules: intune-behaviour sections 5.1 and 11.3. Minutes count from enrolment; the slots never drift from it.
"""

from __future__ import annotations

from datetime import datetime, timedelta

STEADY = timedelta(minutes=480)
MAINTENANCE_GAP = timedelta(minutes=390)
"""The service refuses a maintenance check-in sooner than this after the one before."""

_MINUTE = timedelta(minutes=1)
_DEFAULT = (0, 3, 6, 9, 12, 15, *range(30, 136, 15))
_APPLE = (0, 15, 30, 45, 60)
_FAST = {"ios": _APPLE, "macos": _APPLE, "linux": (0,)}


def next_slot(
    variant: str, enrolled: datetime, after: datetime, not_before: datetime | None = None
) -> datetime:
    """The first check-in strictly after `after`; one of the steady rhythm not sooner than `not_before` either."""
    offsets = _FAST.get(variant, _DEFAULT)
    base = enrolled + timedelta(minutes=offsets[-1])
    if base > after:
        slots = (enrolled + timedelta(minutes=offset) for offset in offsets)
        return next(slot for slot in slots if slot > after)
    if not_before is not None:
        after = max(after, not_before - _MINUTE)
    return base + ((after - base) // STEADY + 1) * STEADY


def last_slot(
    variant: str, enrolled: datetime, until: datetime, not_before: datetime | None = None
) -> datetime | None:
    """The latest check-in at or before `until`, None if there was none that the service would have taken."""
    offsets = _FAST.get(variant, _DEFAULT)
    base = enrolled + timedelta(minutes=offsets[-1])
    if until < base + STEADY:
        fast = [slot for minutes in offsets if (slot := enrolled + timedelta(minutes=minutes)) <= until]
        return fast[-1] if fast else None
    slot = base + ((until - base) // STEADY) * STEADY
    return slot if not_before is None or slot >= not_before else None
