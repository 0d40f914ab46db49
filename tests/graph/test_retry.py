"""When a request is sent again, as tables."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from toolkit.graph.retry import FINAL, LONG, OFTEN, UNKNOWN, GiveUp, Limits, Wait, decide, wait_asked

USUAL = Limits()
NOW = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)


def decision(
    method, status, *, attempt=1, retry_after=None, sent=True, elapsed=0.0, limits=USUAL, jitter=0.5
):
    return decide(
        method,
        attempt,
        status=status,
        retry_after=retry_after,
        sent=sent,
        elapsed=elapsed,
        limits=limits,
        now=NOW,
        jitter=jitter,
    )


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (None, Wait(1.0)),
        (400, GiveUp(FINAL)),
        (401, GiveUp(FINAL)),
        (404, GiveUp(FINAL)),
        (429, Wait(10.0)),
        (500, GiveUp(FINAL)),
        (501, GiveUp(FINAL)),
        (502, Wait(1.0)),
        (503, Wait(1.0)),
        (504, Wait(1.0)),
    ],
)
def test_a_read_is_repeated_where_that_can_help(status, expected):
    assert decision("GET", status) == expected


@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE", "PUT"])
@pytest.mark.parametrize(
    ("status", "retry_after", "sent", "expected"),
    [
        (429, None, True, Wait(10.0)),
        (429, "7", True, Wait(7.0)),
        (503, "7", True, Wait(7.0)),
        (503, "Mon, 02 Nov 2026 08:00:30 GMT", True, Wait(30.0)),
        (None, None, False, Wait(1.0)),
        (503, None, True, GiveUp(UNKNOWN)),
        (503, "soon", True, GiveUp(UNKNOWN)),
        (None, None, True, GiveUp(UNKNOWN)),
        (500, "7", True, GiveUp(UNKNOWN)),
        (502, "7", True, GiveUp(UNKNOWN)),
        (504, "7", True, GiveUp(UNKNOWN)),
        (507, None, True, GiveUp(UNKNOWN)),
        (400, None, True, GiveUp(FINAL)),
        (403, None, True, GiveUp(FINAL)),
        (409, "7", True, GiveUp(FINAL)),
        (501, None, True, GiveUp(FINAL)),
    ],
)
def test_a_write_is_repeated_only_if_it_certainly_had_no_effect(method, status, retry_after, sent, expected):
    assert decision(method, status, retry_after=retry_after, sent=sent) == expected


@pytest.mark.parametrize(
    ("status", "expected"),
    [(429, [10, 20, 40, 60, 60, 60]), (503, [1, 2, 4, 8, 16, 32])],
)
def test_waits_double_up_to_a_minute(status, expected):
    limits = Limits(max_retries=9)
    waits = [decision("GET", status, attempt=n, limits=limits) for n in range(1, 7)]
    assert waits == [Wait(float(seconds)) for seconds in expected]


@pytest.mark.parametrize(("jitter", "seconds"), [(0.0, 7.5), (0.5, 10.0), (1.0, 12.5)])
def test_chance_moves_a_wait_by_a_quarter(jitter, seconds):
    assert decision("GET", 429, jitter=jitter) == Wait(seconds)


@pytest.mark.parametrize(("attempt", "jitter"), [(4, 1.0), (2000, 1.0), (4, 0.6)])
def test_no_wait_of_our_own_is_longer_than_a_minute(attempt, jitter):
    limits = Limits(max_retries=5000, total=1e9)
    assert decision("GET", 429, attempt=attempt, jitter=jitter, limits=limits) == Wait(60.0)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, None),
        ("", None),
        ("0", 0.0),
        ("12", 12.0),
        (" 12 ", 12.0),
        ("1.5", 1.5),
        ("-1", None),
        ("inf", None),
        ("nan", None),
        ("١٢", None),
        ("1e3", None),
        ("soon", None),
        ("Mon, 02 Nov 2026 08:01:00 GMT", 60.0),
        ("Mon, 02 Nov 2026 09:01:00 +0100", 60.0),
        ("Mon, 02 Nov 2026 07:59:00 GMT", 0.0),
        ("Mon, 99 Nov 2026 07:59:00 GMT", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(text, expected):
    assert wait_asked(text, NOW) == expected


def test_a_date_says_nothing_without_the_time_of_the_service():
    assert wait_asked("Mon, 02 Nov 2026 08:01:00 GMT", None) is None


@pytest.mark.parametrize(
    ("attempt", "limits", "elapsed", "retry_after", "expected"),
    [
        (4, Limits(max_retries=4), 0.0, "1", Wait(1.0)),
        (5, Limits(max_retries=4), 0.0, "1", GiveUp(OFTEN)),
        (1, Limits(max_retries=0), 0.0, "1", GiveUp(OFTEN)),
        (1, Limits(total=300.0), 290.0, "10", Wait(10.0)),
        (1, Limits(total=300.0), 290.0, "11", GiveUp(LONG)),
        (1, Limits(total=300.0), 0.0, "3600", GiveUp(LONG)),
    ],
)
def test_retries_end_by_number_and_by_time(attempt, limits, elapsed, retry_after, expected):
    assert (
        decision("GET", 429, attempt=attempt, limits=limits, elapsed=elapsed, retry_after=retry_after)
        == expected
    )
