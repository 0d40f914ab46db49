"""The lab's log of events: its rows, their columns, and counts in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from toolkit.outcome import Column

if TYPE_CHECKING:
    from toolkit.lab.store import Store

WORDS = {
    "calculated": "calculated",
    "becameNoncompliant": "became noncompliant",
    "graceStarted": "grace started",
    "marked": "marked noncompliant",
    "becameCompliant": "became compliant",
    "mailQueued": "mails queued",
    "mailSent": "mails sent",
    "mailSuppressed": "mails suppressed",
    "pushSent": "pushes sent",
    "pushSuppressed": "pushes suppressed",
    "lockQueued": "locks queued",
    "lockDone": "locked",
    "lockSuppressed": "locks suppressed",
    "retireListed": "put on the retire list",
    "retireSuppressed": "not put on the retire list",
    "dropped": "actions dropped",
    "retireConfirmed": "retirements confirmed",
    "retireCleared": "cleared from the retire list",
    "retired": "retired",
    "wiped": "wiped",
    "stale": "out of contact",
    "factsChanged": "changed on the device",
    "wentOffline": "went offline",
    "cameOnline": "came online",
    "errorHeld": "held by an error",
    "unassigned": "left by a policy",
    "stateForced": "states forced",
    "stateReleased": "forced states lifted",
}
"""What an event is called -> what stands before a count of them."""

COLUMNS = (
    Column("#", "number", "count"),
    Column("When", "at", "date"),
    Column("What", "what"),
    Column("Device", "deviceName"),
    Column("Policy", "policyName"),
    Column("Why", "why"),
)


def events(store: Store, after: int = 0) -> list[dict[str, Any]]:
    """Events with a number greater than `after`, oldest first, each with its number."""
    return [{"number": number, **row} for number, row in store.log("event") if number > after]


def rows(found: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Table rows; a reason why nothing happened stands before what caused it."""
    return [
        {**event, "why": event.get("reason") or event.get("cause") or event.get("state")} for event in found
    ]


def counted(found: Iterable[Mapping[str, Any]]) -> str:
    """`mails sent: 12, marked noncompliant: 3`, the most frequent first; "" for no events."""
    counts = Counter(str(event["what"]) for event in found)
    return ", ".join(f"{WORDS.get(what, what)}: {count}" for what, count in counts.most_common())
