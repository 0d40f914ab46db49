"""The tenant as one operation of the lab finds it: look-ups, the diary, the moments to come, and writing back."""

from __future__ import annotations

from datetime import datetime, timedelta
from heapq import heappush
from random import Random
from typing import Any, NamedTuple

from toolkit.errors import NotFound
from toolkit.forecast.evaluation import IN_GRACE
from toolkit.lab import rules
from toolkit.lab.checkins import last_slot, next_slot
from toolkit.lab.reading import Memberships, Rulebook, moment, rulebook, written
from toolkit.lab.state import Device, entry_of, is_licensed, record_document, record_id
from toolkit.lab.store import Store
from toolkit.model.refs import nearest
from toolkit.model.schedule import Action

DEFAULT_SETTINGS = {
    "deviceComplianceCheckinThresholdDays": 30,
    "isScheduledActionEnabled": True,
    "secureByDefault": False,
}

_NO_GRACE = "9999-12-31T23:59:59Z"

# What happens in the same minute happens in this order: first what the device tells, then what follows from it.
CHECKIN, HOLD, GRACE, DUE, SEND, CONTACT = range(6)


class Moment(NamedTuple):
    at: datetime
    order: int
    sequence: int
    device: Device
    what: str
    """The policy's id, or the mail's for one to be sent, or ""."""


class Snapshot:
    """Read once, changed in memory, written back by `save` where something changed."""

    def __init__(self, store: Store, now: datetime) -> None:
        self._store = store
        self.now = now
        self.events = 0
        self._is_silent = False
        self.rules = rules.values(store)
        self.seed = f"{store.meta('seed') or 0}|{self.rules['random-seed']}"
        self.settings = {**DEFAULT_SETTINGS, **(store.meta("settings") or {})}
        self.brand: dict[str, Any] = store.meta("brand") or {}
        self.users = {user["id"].lower(): user for user in store.all("user")}
        self.groups = {group["id"].lower(): group for group in store.all("group")}
        self.members = Memberships(self.groups.values())
        self.policies: dict[str, Rulebook] = {}
        for kind in ("policy", "catalogPolicy"):
            for document in store.all(kind):
                self.policies[document["id"]] = rulebook(document, self.rules["action-clock"])
        self.devices = {doc["id"].lower(): Device(doc, now) for doc in store.all("device")}
        for id, document in store.items("record"):
            if device := self.devices.get(document["deviceId"].lower()):
                device.entries[document["policyId"]] = entry_of(document)
            else:
                store.delete("record", id)
        self.mails: dict[str, dict[str, Any]] = dict(store.items("queued"))
        self._templates: dict[str, dict[str, Any]] | None = None
        self._heap: list[Moment] = []
        self._sequence = 0

    def device(self, device_id: str) -> Device:
        found = self.devices.get(device_id.lower())
        if found is None:
            near = nearest(device_id, self.devices)
            raise NotFound(
                f'The lab has no device with the id "{device_id}".',
                hint=f"Nearest: {near[0]}." if near else "See them all: grace device list",
            )
        return found

    def _user(self, device: Device) -> dict[str, Any] | None:
        return self.users.get(str(device.doc.get("userId") or "").lower())

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
        user = self._user(device)
        as_device = ("device", str(device.lab.get("entraObjectId") or "").lower())
        as_user = ("user", str(device.doc.get("userId") or "").lower())
        if self.members.covers(policy.exclude, (as_device, as_user)):
            return False
        if policy.all_devices or self.members.covers(policy.include, (as_device, as_user)):
            return True
        return policy.all_users and user is not None and is_licensed(user)

    def _template(self, id: str | None) -> dict[str, Any] | None:
        if self._templates is None:
            self._templates = {template["id"].lower(): template for template in self._store.all("template")}
        return self._templates.get((id or "").lower())

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
        document: dict[str, Any] = {
            "at": written(self.now),
            "what": what,
            "deviceId": device.id,
            "deviceName": device.name,
        }
        if policy is not None:
            document |= {"policyId": policy.id, "policyName": policy.name}
        if action is not None:
            document |= {"actionId": action.id, "action": action.kind}
        for key, value in more.items():
            if value is not None:
                document[key] = written(value) if isinstance(value, datetime) else value
        self._store.append("event", document)
        self.events += 1

    def _push(self, at: datetime, order: int, device: Device, what: str = "") -> None:
        self._sequence += 1
        heappush(self._heap, Moment(at, order, self._sequence, device, what))

    @property
    def _validity(self) -> timedelta:
        return timedelta(days=self.settings["deviceComplianceCheckinThresholdDays"])

    def _contact_after(self, device: Device, after: datetime) -> datetime:
        return next_slot(str(device.lab.get("variant")), device.enrolled, after, device.not_before)

    def _last_contact(self, device: Device) -> datetime | None:
        """When the device was last heard of, the check-ins that nobody visited included."""
        if not device.online or (device.last_sync is None and device.lab.get("reported") is None):
            return device.last_sync
        slot = last_slot(str(device.lab.get("variant")), device.enrolled, self.now, device.not_before)
        return max(filter(None, (slot, device.last_sync)), default=None)

    def save(self) -> None:
        for device in self.devices.values():
            for policy_id, entry in device.entries.items():
                if entry.changed and policy_id in self.policies:
                    self._store.put("record", record_id(device, policy_id), record_document(entry))
            contact = self._last_contact(device)
            if contact is not None:
                device.set("lastSyncDateTime", written(contact))
            running = [
                entry.record.grace_expires
                for entry in device.entries.values()
                if entry.record.effective == IN_GRACE and entry.record.grace_expires is not None
            ]
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
            if device.changed:
                self._store.put("device", device.id, device.doc)
        self._store.set_meta("clock", written(self.now))
