"""When a request is sent again, and after how many seconds. Pure: the session sleeps, this decides.

A read is repeated whenever that can help. A write is repeated only if it is certain that it had no effect:
the service refused it, or no connection was made. If that is not certain, it is never sent again.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import NamedTuple


class Limits(NamedTuple):
    timeout: float = 30.0
    """Seconds for one try."""
    max_retries: int = 4
    """Tries after the first."""
    total: float = 300.0
    """Seconds for one request with all its tries and waits."""


class Wait(NamedTuple):
    seconds: float


class GiveUp(NamedTuple):
    reason: str
    """FINAL, UNKNOWN, OFTEN or LONG."""


FINAL = "repeating would not change the answer"
UNKNOWN = "it may have taken effect"
OFTEN = "it was tried as often as allowed"
LONG = "the wait would be longer than allowed"

_PASSING = (429, 502, 503, 504)
# Refused as such, before anything was begun: the method or the version of HTTP is not known there.
_NOT_BEGUN = (501, 505)

_LONGEST = 60.0


def decide(
    method: str,
    attempt: int,
    *,
    status: int | None,
    retry_after: str | None,
    sent: bool,
    elapsed: float,
    limits: Limits,
    now: datetime | None,
    jitter: float,
) -> Wait | GiveUp:
    """What to do after try number `attempt` (from 1) failed.

    `status` is None if no answer came; then `sent` says whether the request may have been received.
    `now` is the service's own time, needed for a Retry-After that is a date; `jitter` is from 0 to 1.
    A POST that only reads is asked about as "GET".
    """
    asked = wait_asked(retry_after, now)
    if method in ("GET", "HEAD"):
        passing = status is None or status in _PASSING
    elif status is None:
        passing = not sent
    else:
        # A 503 that names a time is the service's way to say "not now"; a bare one may come from anywhere between.
        passing = status == 429 or (status == 503 and asked is not None)
    if not passing:
        lost = status is None or (status >= 500 and status not in _NOT_BEGUN)
        return GiveUp(UNKNOWN if lost and method not in ("GET", "HEAD") else FINAL)
    if attempt > limits.max_retries:
        return GiveUp(OFTEN)
    seconds = asked if asked is not None else _backoff(10.0 if status == 429 else 1.0, attempt, jitter)
    return GiveUp(LONG) if elapsed + seconds > limits.total else Wait(seconds)


def wait_asked(retry_after: str | None, now: datetime | None) -> float | None:
    """Seconds from a Retry-After header, a number or an HTTP date; None if it says nothing readable."""
    text = (retry_after or "").strip()
    if re.fullmatch(r"[0-9]{1,9}(\.[0-9]+)?", text):
        return float(text)
    until = http_date(text)
    return None if until is None or now is None else max(0.0, (until - now).total_seconds())


def http_date(text: str | None) -> datetime | None:
    """The moment in an HTTP date ("Wed, 21 Oct 2026 07:28:00 GMT"); None if it is not one."""
    if not text:
        return None
    from email.utils import parsedate_to_datetime

    try:
        at = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def _backoff(first: float, attempt: int, jitter: float) -> float:
    """Doubling from `first` up to a minute, a quarter more or less, so that many clients do not come back at once."""
    doubled = min(_LONGEST, first * 2.0 ** min(attempt - 1, 16))
    return min(_LONGEST, doubled * (0.75 + jitter / 2))
