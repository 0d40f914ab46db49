"""A device and its records while the lab works on them, and how records are written as documents."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from sys import intern
from typing import Any

from toolkit.forecast.evaluation import Record, Verdict
from toolkit.lab.checkins import MAINTENANCE_GAP
from toolkit.lab.reading import Rulebook, moment, written
from toolkit.model.units import Hours

# Facts that a device tells without being asked: its story need not repeat them.
FROM_OS_VERSION = (
    "osMinimumVersion",
    "osMaximumVersion",
    "linux_distribution_alloweddistros_item_minimumversion",
    "linux_distribution_alloweddistros_item_maximumversion",
)


# What the engine reads or writes of a device document. The rest, most of it, stays on disk: with 100,000 devices
# it would fill the memory.
_KEPT = (
    "id",
    "deviceName",
    "operatingSystem",
    "osVersion",
    "model",
    "userId",
    "userPrincipalName",
    "userDisplayName",
    "enrolledDateTime",
    "lastSyncDateTime",
    "complianceState",
    "complianceGracePeriodExpirationDateTime",
    "managementState",
    "retireAfterDateTime",
    "deviceActionResults",
)
_QUOTED = json.encoder.encode_basestring_ascii
_ENCODED = json.JSONEncoder(separators=(",", ":")).encode
_NOTHING_FIRED: frozenset[tuple[int, str]] = frozenset()


class Entry:
    """One policy under one device.

    `is_new`: no document holds it yet. `is_judged`: a calculation of this operation has found new verdicts.
    """

    __slots__ = ("changed", "is_judged", "is_new", "record", "reported")

    def __init__(self, record: Record) -> None:
        self.record = record
        self.reported: str | None = None
        self.is_judged = False
        self.is_new = True
        self.changed = True


class Device:
    """A device document while an operation runs on it; `position` is its place among the tenant's devices."""

    __slots__ = (
        "assigned", "authority", "changes", "checkin_at", "doc", "enrolled", "entries", "gone", "id",
        "is_planned", "lab", "last_sync", "maintenance", "name", "not_before", "position", "said",
    )  # fmt: skip

    def __init__(self, document: Mapping[str, Any], now: datetime, position: int) -> None:
        doc = {key: document[key] for key in _KEPT if key in document}
        self.doc = doc
        self.lab: dict[str, Any] = document.get("lab") or {}
        if (reported := self.lab.get("reported")) == self.lab.get("facts"):
            self.lab["facts"] = reported  # mostly the same: kept once
        self.authority = str(self.lab.get("authority") or "intune")
        self.position = position
        self.is_planned = False
        self.id: str = doc["id"]
        self.name: str = doc.get("deviceName") or self.id
        self.said = f'"deviceId":{in_json(self.id)},"deviceName":{in_json(self.name)}'
        self.enrolled = moment(doc.get("enrolledDateTime")) or now
        self.last_sync = moment(doc.get("lastSyncDateTime"))
        self.maintenance = moment(self.lab.get("lastMaintenance"))
        self.not_before = None if self.maintenance is None else self.maintenance + MAINTENANCE_GAP
        self.entries: dict[str, Entry] = {}
        self.assigned: tuple[Rulebook, ...] | None = None
        self.checkin_at: datetime | None = None
        self.changes: set[str] = set()
        self.gone = False

    @property
    def online(self) -> bool:
        return bool(self.lab.get("online", True))

    @property
    def facts(self) -> dict[str, Any]:
        """What is true on the device, whether or not the service has heard of it."""
        return dict(self.lab.get("facts") or {})

    def reported_facts(self) -> dict[str, Any] | None:
        """What the service knows, None before the first report."""
        reported = self.lab.get("reported")
        if reported is None:
            return None
        version = self.doc.get("osVersion")
        return {**(dict.fromkeys(FROM_OS_VERSION, version) if version else {}), **reported}

    def set(self, key: str, value: Any) -> None:
        if self.doc.get(key) != value:
            self.doc[key] = value
            self.changes.add(key)

    def note(self, key: str, value: Any) -> None:
        """Keeps something of the lab's own; None forgets it."""
        if self.lab.get(key) != value:
            if value is None:
                self.lab.pop(key)
            else:
                self.lab[key] = value
            self.changes.add("lab")


def in_json(value: Any) -> str:
    """A value of an event as JSON text, a moment as Graph writes it."""
    if isinstance(value, str):
        return _QUOTED(value)
    if isinstance(value, datetime):
        return f'"{written(value)}"'
    return str(value) if type(value) is int else _ENCODED(value)


def due_at(record: Record, wait: Hours) -> datetime:
    """When an action falls due in the open episode; `wait` counts from the first noncompliance under either reading."""
    if record.t0 is None:
        raise AssertionError("a closed record has no due actions")
    return record.t0 + timedelta(hours=wait)


def next_due(policy: Rulebook, record: Record) -> datetime | None:
    for key, _, wait in policy.actions:
        if (record.episode, key) not in record.fired:
            return due_at(record, wait)
    return None


def is_licensed(user: Mapping[str, Any]) -> bool:
    return bool((user.get("lab") or {}).get("licensed", True))


def record_id(device: Device, policy_id: str) -> str:
    return f"{device.id}|{policy_id}"


def verdict_document(verdict: Verdict) -> dict[str, Any]:
    return {
        "setting": verdict.setting,
        "status": verdict.status,
        "expected": verdict.expected,
        "found": verdict.found,
    }


def record_document(entry: Entry) -> dict[str, Any]:
    """All but "settings", the verdicts of the last calculation."""
    record = entry.record
    return {
        "deviceId": record.device_id,
        "policyId": record.policy_id,
        "actual": record.actual,
        "effective": record.effective,
        "t0": None if record.t0 is None else written(record.t0),
        "episode": record.episode,
        "graceExpires": None if record.grace_expires is None else written(record.grace_expires),
        "errorSince": None if record.error_since is None else written(record.error_since),
        "heldEffective": record.held_effective,
        "evaluatedVersion": record.evaluated_version,
        "fired": [list(item) for item in sorted(record.fired)],
        "lastReported": entry.reported,
    }


def entry_of(document: Mapping[str, Any], device: Device) -> Entry:
    fired = document["fired"]
    entry = Entry(
        Record(
            device_id=device.id,
            policy_id=intern(document["policyId"]),
            actual=intern(document["actual"]),
            effective=intern(document["effective"]),
            t0=moment(document["t0"]),
            episode=document["episode"],
            grace_expires=moment(document["graceExpires"]),
            error_since=moment(document["errorSince"]),
            held_effective=document["heldEffective"],
            evaluated_version=document["evaluatedVersion"],
            fired=frozenset((episode, intern(key)) for episode, key in fired) if fired else _NOTHING_FIRED,
        )
    )
    entry.reported = document["lastReported"]
    entry.changed = entry.is_new = False
    return entry
