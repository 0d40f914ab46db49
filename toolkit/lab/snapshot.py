"""The tenant as one operation of the lab finds it: look-ups, the diary, the moments to come, and writing back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from heapq import heappush
from random import Random
from typing import Any

from toolkit.errors import NotFound
from toolkit.forecast.evaluation import IN_GRACE, NOT_APPLICABLE, Choices, judge_policy, policy_actual
from toolkit.lab import rules
from toolkit.lab.checkins import last_slot, next_slot
from toolkit.lab.reading import Memberships, Rulebook, moment, rulebook, written
from toolkit.lab.state import (
    Device,
    Entry,
    entry_of,
    in_json,
    is_licensed,
    record_document,
    record_id,
    verdict_document,
)
from toolkit.lab.store import Store
from toolkit.model.refs import nearest
from toolkit.model.schedule import Action

DEFAULT_SETTINGS = {
    "deviceComplianceCheckinThresholdDays": 30,
    "isScheduledActionEnabled": True,
    "secureByDefault": False,
}

_NO_GRACE = "9999-12-31T23:59:59Z"
_KEPT_OF_USER = ("id", "displayName", "userPrincipalName", "mail", "preferredLanguage", "lab")

# What happens in the same minute happens in this order: first what the device tells, then what follows from it.
CHECKIN, HOLD, GRACE, DUE, SEND, CONTACT = range(6)

Moment = tuple[datetime, int, int, str]
"""When, which of the above, the device's position, and the policy's id, or the mail's for one to be sent, or "".

Their order is that of what happens, so it does not depend on when a moment was found out.
"""

_ROWS_AT_ONCE = 2000
_JUDGEMENTS = 2000


class Snapshot:
    """Read once, changed in memory, written back by `save` where something changed.

    `device_ids` are the devices that an operation is about, None for all of them.
    """

    def __init__(self, store: Store, now: datetime, device_ids: Iterable[str] | None = None) -> None:
        self._store = store
        self._began = self.now = now
        self.events = 0
        self._is_silent = False
        self._is_planned = False
        self.rules = rules.values(store)
        self.choices = Choices(
            holds_errors=self.rules["error-state"] == "held",
            fires_once=self.rules["episodes"] == "once",
            restarts_grace=self.rules["grace-edit"] == "starts-anew",
        )
        self.check_grace = timedelta(hours=self.rules["built-in-grace-hours"])
        self._rhythm = {"linux": "windows"} if self.rules["linux-checkins"] == "as-windows" else {}
        self.seed = f"{store.meta('seed') or 0}|{self.rules['random-seed']}"
        self.settings = {**DEFAULT_SETTINGS, **(store.meta("settings") or {})}
        self.brand: dict[str, Any] = store.meta("brand") or {}
        self.groups = {group["id"].lower(): group for group in store.all("group")}
        self.members = Memberships(self.groups.values())
        self.policies: dict[str, Rulebook] = {}
        for kind in ("policy", "catalogPolicy"):
            for document in store.all(kind):
                policy = rulebook(document, self.rules["action-clock"])
                if self.rules["equal-times"] == "by-list":
                    policy = _as_listed(policy, document)
                self.policies[policy.id] = policy
        self.devices: dict[str, Device] = {}
        self.mails: dict[str, dict[str, Any]] = {}
        if device_ids is None:
            self._read_all()
        else:
            self._read_some(device_ids)
        self._by_position = list(self.devices.values())
        self._mails_before = set(self.mails)
        self._users: dict[str, dict[str, Any] | None] = {}
        self._templates: dict[str, dict[str, Any] | None] = {}
        self._judgements: dict[tuple[str, str], tuple[str, list[dict[str, Any]]]] = {}
        self._said: dict[str, str] = {}
        self._rows: defaultdict[str, list[str]] = defaultdict(list)
        self._mail_number: int | None = None
        self._heap: list[Moment] = []

    def _read_all(self) -> None:
        for position, document in enumerate(self._store.each("device")):
            device = Device(document, self.now, position)
            self.devices[device.id.lower()] = device
        orphans = []
        for document in self._store.each("record"):
            if found := self.devices.get(document["deviceId"].lower()):
                entry = entry_of(document, found)
                found.entries[entry.record.policy_id] = entry
            else:
                orphans.append(f"{document['deviceId']}|{document['policyId']}")
        for id in orphans:
            self._store.delete("record", id)
        self.mails.update(self._store.items("queued"))

    def _read_some(self, device_ids: Iterable[str]) -> None:
        for key in dict.fromkeys(id.lower() for id in device_ids):
            document = self._store.get("device", key)
            if document is None:
                continue
            device = self.devices[key] = Device(document, self.now, len(self.devices))
            for _, record in self._store.below("record", device.id):
                entry = entry_of(record, device)
                device.entries[entry.record.policy_id] = entry
            self.mails.update(self._store.below("queued", device.id))

    def device(self, device_id: str) -> Device:
        found = self.devices.get(device_id.lower())
        if found is None:
            near = nearest(device_id, self._store.ids("device"))
            raise NotFound(
                f'The lab has no device with the id "{device_id}".',
                hint=f"Nearest: {near[0]}." if near else "See them all: grace device list",
            )
        return found

    def _user(self, device: Device) -> dict[str, Any] | None:
        return self._person(str(device.doc.get("userId") or ""))

    def _person(self, id: str) -> dict[str, Any] | None:
        key = id.lower()
        if key not in self._users:
            user = self._store.get("user", key) if key else None
            self._users[key] = (
                None if user is None else {name: user[name] for name in _KEPT_OF_USER if name in user}
            )
        return self._users[key]

    def _assigned(self, device: Device) -> tuple[Rulebook, ...]:
        if device.assigned is None:
            platform = device.lab.get("platform")
            device.assigned = tuple(
                policy
                for policy in self.policies.values()
                if policy.platform == platform and self._is_target(device, policy)
            )
        return device.assigned

    def _is_target(self, device: Device, policy: Rulebook) -> bool:
        as_device = ("device", str(device.lab.get("entraObjectId") or "").lower())
        as_user = ("user", str(device.doc.get("userId") or "").lower())
        if self.members.covers(policy.exclude, (as_device, as_user)):
            return False
        if policy.all_devices or self.members.covers(policy.include, (as_device, as_user)):
            return True
        if not policy.all_users:
            return False
        user = self._user(device)
        return user is not None and is_licensed(user)

    def _template(self, id: str | None) -> dict[str, Any] | None:
        key = (id or "").lower()
        if key not in self._templates:
            self._templates[key] = self._store.get("template", key)
        return self._templates[key]

    def _judged(self, device: Device, policy: Rulebook) -> tuple[str, list[dict[str, Any]]]:
        """What the policy makes of the facts that the service knows: its verdict, and those on what it asks for."""
        facts = device.reported_facts()
        key = (policy.id, repr(facts))
        found = self._judgements.get(key)
        if found is None:
            verdicts = judge_policy(policy.platform, policy.settings, facts)
            asked = [verdict_document(verdict) for verdict in verdicts if verdict.status != NOT_APPLICABLE]
            found = policy_actual(verdicts), asked
            if len(self._judgements) >= _JUDGEMENTS:
                self._judgements.clear()
            self._judgements[key] = found
        return found

    def _chance(self, *what: object) -> Random:
        return Random("|".join(map(str, (self.seed, *what))))

    def _log(
        self,
        what: str,
        device: Device,
        policy: Rulebook | None = None,
        action: Action | None = None,
        **more: Any,
    ) -> None:
        if self._is_silent:
            return
        # Put together as text: a year of a large tenant is a million events, and half of each is the same again.
        text = f'{{"at":"{written(self.now)}","what":"{what}",{device.said}'
        if policy is not None:
            if policy.id not in self._said:
                self._said[policy.id] = (
                    f',"policyId":{in_json(policy.id)},"policyName":{in_json(policy.name)}'
                )
            text += self._said[policy.id]
        if action is not None:
            text += f',"actionId":{in_json(action.id)},"action":{in_json(action.kind)}'
        for key, value in more.items():
            if value is not None:
                text += f',"{key}":{in_json(value)}'
        self._append_text("event", text + "}")
        self.events += 1

    def _append(self, log: str, document: dict[str, Any]) -> None:
        self._append_text(log, in_json(document))

    def _append_text(self, log: str, text: str) -> None:
        rows = self._rows[log]
        rows.append(text)
        if len(rows) == _ROWS_AT_ONCE:
            self._write_down(log)

    def _write_down(self, log: str) -> None:
        self._store.append_all(log, self._rows.pop(log, ()))

    def _push(self, at: datetime, order: int, device: Device, what: str = "") -> None:
        heappush(self._heap, (at, order, device.position, what))

    @property
    def _validity(self) -> timedelta:
        return timedelta(days=self.settings["deviceComplianceCheckinThresholdDays"])

    def _contact_after(self, device: Device, after: datetime) -> datetime:
        return next_slot(self._variant(device), device.enrolled, after, device.not_before)

    def _variant(self, device: Device) -> str:
        """The platform whose rhythm of check-ins the device follows."""
        variant = str(device.lab.get("variant"))
        return self._rhythm.get(variant, variant)

    def _last_contact(self, device: Device) -> datetime | None:
        """When the device was last heard of, the check-ins that nobody visited included."""
        if not device.online or (device.last_sync is None and device.lab.get("reported") is None):
            return device.last_sync
        slot = last_slot(self._variant(device), device.enrolled, self.now, device.not_before)
        return max(filter(None, (slot, device.last_sync)), default=None)

    def _check_grace_end(self, device: Device) -> datetime | None:
        """When the first of its failing built-in checks has had its grace, None without failing checks or grace."""
        began = device.lab.get("checksSince")
        if not self.check_grace or not began:
            return None
        return min(filter(None, map(moment, began.values()))) + self.check_grace

    def save(self) -> None:
        for log in list(self._rows):
            self._write_down(log)
        for id in self._mails_before - self.mails.keys():
            self._store.delete("queued", id)
        for id, mail in self.mails.items():
            if id not in self._mails_before:
                self._store.put("queued", id, mail)
        for device in self.devices.values():
            self._save_device(device)
        self._store.set_meta("clock", written(self.now))

    def _save_device(self, device: Device) -> None:
        changed = [entry for entry in device.entries.values() if entry.changed]
        if not (changed or device.changes) and self.now == self._began:
            return
        for entry in changed:
            if policy := self.policies.get(entry.record.policy_id):
                self._save_entry(device, policy, entry)
        contact = self._last_contact(device)
        if contact is not None:
            device.set("lastSyncDateTime", written(contact))
        running = [
            entry.record.grace_expires
            for entry in device.entries.values()
            if entry.record.effective == IN_GRACE and entry.record.grace_expires is not None
        ]
        if checks_end := self._check_grace_end(device):
            running.append(checks_end)
        in_grace = device.doc.get("complianceState") == IN_GRACE and running
        device.set(
            "complianceGracePeriodExpirationDateTime", written(min(running)) if in_grace else _NO_GRACE
        )
        entra_at = moment(device.lab.get("entraAt"))
        if entra_at is not None and entra_at <= self.now:
            device.note("isCompliant", device.lab.get("entraNext"))
            device.note("entraNext", None)
            device.note("entraAt", None)
        upcoming = self._contact_after(device, self.now) if device.online else None
        if sync := moment(device.lab.get("syncDue")):
            upcoming = min(sync, upcoming) if upcoming else None
        device.note("nextCheckin", None if upcoming is None else written(upcoming))
        if device.changes:
            own = {**device.doc, "lab": device.lab}
            self._store.patch("device", device.id, {name: own[name] for name in sorted(device.changes)})

    def _save_entry(self, device: Device, policy: Rulebook, entry: Entry) -> None:
        id = record_id(device, policy.id)
        document = record_document(entry)
        if entry.is_judged or entry.is_new:
            settings = self._judged(device, policy)[1] if entry.is_judged else []
            self._store.put("record", id, {**document, "settings": settings})
        else:
            self._store.patch("record", id, document)


def _as_listed(policy: Rulebook, document: Mapping[str, Any]) -> Rulebook:
    """With actions that fall due together in the order of the policy's own list."""
    rules_of = document.get("scheduledActionsForRule") or ()
    ids = [item.get("id") for rule in rules_of for item in rule.get("scheduledActionConfigurations") or ()]
    place = {id: number for number, id in enumerate(ids)}
    return replace(
        policy,
        actions=tuple(sorted(policy.actions, key=lambda item: (item[2], place.get(item[1].id, len(place))))),
    )
