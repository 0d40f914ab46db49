"""The life of a lab tenant: check-ins, calculations, states, and everything that its schedules carry out.

Rules: intune-behaviour section 11; what they compute is in `forecast`, this module only says when. Time is
computed, not ticked: a heap holds the moments at which something will happen, and a check-in that would change
nothing is never visited. Every operation is one transaction: read the tenant, run, write what changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from heapq import heappop, heappush
from random import Random
from typing import Any, NamedTuple

from toolkit.errors import NotFound, UsageProblem
from toolkit.forecast.evaluation import (
    COMPLIANT,
    ERROR,
    ERROR_HOLD,
    IN_GRACE,
    NONCOMPLIANT,
    Record,
    Verdict,
    device_state,
    effective_at,
    failing_value,
    is_asked,
    is_compliant,
    judge_policy,
    policy_actual,
    step,
)
from toolkit.forecast.impact import NO_MAIL, obstacle
from toolkit.lab import outbox, rules
from toolkit.lab.checkins import MAINTENANCE_GAP, last_slot, next_slot
from toolkit.lab.reading import Memberships, Rulebook, moment, rulebook, written
from toolkit.lab.store import Store
from toolkit.model.data.settings import SETTINGS, setting
from toolkit.model.refs import nearest
from toolkit.model.schedule import EMAIL, LOCK, PUSH, RETIRE, Action
from toolkit.model.units import Hours

RETIRES_A_DAY = 1000
DEFAULT_SETTINGS = {
    "deviceComplianceCheckinThresholdDays": 30,
    "isScheduledActionEnabled": True,
    "secureByDefault": False,
}

_NO_CHECKS: tuple[str, ...] = ()

_MINUTE = timedelta(minutes=1)
_NO_GRACE = "9999-12-31T23:59:59Z"
_NEVER = "0001-01-01T00:00:00Z"
_SYNC_SPREAD = 180
_STEM = {EMAIL: "mail", PUSH: "push", LOCK: "lock", RETIRE: "retire"}
# Facts that a device tells without being asked: its story need not repeat them.
_FROM_OS_VERSION = (
    "osMinimumVersion",
    "osMaximumVersion",
    "linux_distribution_alloweddistros_item_minimumversion",
    "linux_distribution_alloweddistros_item_maximumversion",
)

# What happens in the same minute happens in this order: first what the device tells, then what follows from it.
_CHECKIN, _HOLD, _GRACE, _DUE, _SEND, _CONTACT = range(6)


class World:
    """One lab's simulated tenant. Its clock moves only in `advance`."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @property
    def now(self) -> datetime:
        found = moment(self._store.meta("clock"))
        if found is None:
            raise UsageProblem("This lab has no clock yet.", hint="Make it with a story: grace lab init")
        return found

    def settle(self) -> None:
        """The first calculation of a freshly loaded story, each device as it stood at its own last contact.

        A device that never synced stays unknown. What was due before the story's start counts as done, without
        mails: only the retire list shows it. `lab.failingSince` is when the facts that fail were first seen.
        """
        with self._run() as run:
            run.settle()

    def advance(self, until: datetime) -> int:
        """Lives until that moment and returns how many events there were. Raises UsageProblem for a moment in the past."""
        with self._run() as run:
            until = until.replace(second=0, microsecond=0)
            if until < run.now:
                raise UsageProblem(
                    f"The lab's clock shows {written(run.now)}; time never goes back.",
                    hint="Start again from the beginning: grace lab reset",
                )
            run.live(until)
            return run.events

    def policy_changed(self, policy_id: str) -> None:
        """To be called after a policy was created, changed, assigned or deleted.

        Devices that it left are calculated at once with what is known of them; the others hear of it within three
        hours if they are online. Actions that are now overdue are carried out (rule retroactive-actions).
        """
        with self._run() as run:
            run.policy_changed(policy_id)

    def group_changed(self, group_id: str) -> None:
        with self._run() as run:
            run.reassess(f"group|{group_id}")

    def settings_changed(self) -> None:
        """To be called after users or the tenant's compliance settings changed: the built-in checks run again."""
        with self._run() as run:
            run.recheck()

    def break_device(self, device_id: str, setting: str | None = None) -> str:
        """Makes one fact fail the device's policies and returns the setting's name; it is reported at the next check-in.

        Without a name, the first setting that can fail. Raises UsageProblem where no policy of the device asks for it.
        """
        with self._run() as run:
            return run.break_device(run.device(device_id), setting)

    def fix_device(self, device_id: str) -> None:
        """Makes every fact pass every policy of the device; it is reported at the next check-in."""
        with self._run() as run:
            run.fix_device(run.device(device_id))

    def set_fact(self, device_id: str, setting: str, value: Any) -> None:
        """A fact as the device will report it next; {"error": code} for a setting that it cannot tell."""
        with self._run() as run:
            run.set_facts(run.device(device_id), {setting: value})

    def check_in(self, device_id: str, *, calculate: bool = True) -> None:
        """The device syncs now; with `calculate`, as by the user's "Check status". Raises UsageProblem if it is offline."""
        with self._run() as run:
            device = run.device(device_id)
            if not device.online:
                raise UsageProblem(
                    f'"{device.name}" is offline.',
                    hint=f'Bring it back first: grace lab online "{device.name}"',
                )
            run.check_in(device, "checkStatus" if calculate else None)

    def enrol(self, device_id: str) -> None:
        """Enrols the device anew, now: its history with policies is forgotten."""
        with self._run() as run:
            run.enrol(run.device(device_id))

    def offline(self, device_id: str, is_offline: bool) -> None:
        """Takes a device off the network, or brings it back, upon which it checks in at once."""
        with self._run() as run:
            run.set_online(run.device(device_id), not is_offline)

    def queue_action(self, device_id: str, name: str) -> bool:
        """Queues remoteLock, retire, wipe or syncDevice; an online device is called to check in within a minute.

        False where a retire is refused because the tenant has had its 1,000 for this day.
        """
        with self._run() as run:
            return run.queue_by_hand(run.device(device_id), name)

    def confirm_retire(self, device_ids: Iterable[str]) -> tuple[str, ...]:
        """Lets listed devices be retired at their next check-in; those that are not on the list are passed over.

        Returns the devices that were refused because the tenant has had its 1,000 retires for this day.
        """
        with self._run() as run:
            return tuple(id for id in device_ids if not run.confirm_retire(id))

    def cancel_retire(self, device_ids: Iterable[str]) -> None:
        """Takes devices off the list, confirmed ones too as long as they have not checked in."""
        with self._run() as run:
            for id in device_ids:
                run.cancel_retire(id)

    @contextmanager
    def _run(self) -> Iterator[_Run]:
        with self._store.transaction():
            run = _Run(self._store, self.now)
            yield run
            run.live(run.now)
            run.save()


class _Entry:
    """One policy under one device, with what the last calculation found."""

    __slots__ = ("changed", "record", "reported", "verdicts")

    def __init__(self, record: Record) -> None:
        self.record = record
        self.verdicts: list[dict[str, Any]] = []
        self.reported: str | None = None
        self.changed = True


class _Device:
    """A device document while an operation runs on it."""

    __slots__ = (
        "assigned", "changed", "checkin_at", "doc", "enrolled", "entries", "gone",
        "id", "lab", "last_sync", "maintenance", "name", "not_before",
    )  # fmt: skip

    def __init__(self, doc: dict[str, Any], now: datetime) -> None:
        self.doc = doc
        self.lab: dict[str, Any] = doc.setdefault("lab", {})
        self.id: str = doc["id"]
        self.name: str = doc.get("deviceName") or self.id
        self.enrolled = moment(doc.get("enrolledDateTime")) or now
        self.last_sync = moment(doc.get("lastSyncDateTime"))
        self.maintenance = moment(self.lab.get("lastMaintenance"))
        self.not_before = None if self.maintenance is None else self.maintenance + MAINTENANCE_GAP
        self.entries: dict[str, _Entry] = {}
        self.assigned: tuple[Rulebook, ...] | None = None
        self.checkin_at: datetime | None = None
        self.changed = False
        self.gone = False

    @property
    def online(self) -> bool:
        return bool(self.lab.get("online", True))

    @property
    def authority(self) -> str:
        return str(self.lab.get("authority") or "intune")

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
        return {**(dict.fromkeys(_FROM_OS_VERSION, version) if version else {}), **reported}

    def set(self, key: str, value: Any) -> None:
        if self.doc.get(key) != value:
            self.doc[key] = value
            self.changed = True

    def note(self, key: str, value: Any) -> None:
        """Keeps something of the lab's own; None forgets it."""
        if self.lab.get(key) != value:
            if value is None:
                self.lab.pop(key)
            else:
                self.lab[key] = value
            self.changed = True


class _Moment(NamedTuple):
    at: datetime
    order: int
    sequence: int
    device: _Device
    what: str
    """The policy's id, or the mail's for one to be sent, or ""."""


class _Run:
    """One operation: the tenant as read, the moments to come, and what has to be written back."""

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
        self.devices = {doc["id"].lower(): _Device(doc, now) for doc in store.all("device")}
        for id, document in store.items("record"):
            if device := self.devices.get(document["deviceId"].lower()):
                device.entries[document["policyId"]] = _entry_of(document)
            else:
                store.delete("record", id)
        self.mails: dict[str, dict[str, Any]] = dict(store.items("queued"))
        self._templates: dict[str, dict[str, Any]] | None = None
        self._heap: list[_Moment] = []
        self._sequence = 0
        for device in self.devices.values():
            self._plan(device)
        for id, mail in self.mails.items():
            if device := self.devices.get(mail["deviceId"].lower()):
                self._push(_at(mail["sendAt"]), _SEND, device, id)

    # Looking things up

    def device(self, device_id: str) -> _Device:
        found = self.devices.get(device_id.lower())
        if found is None:
            near = nearest(device_id, self.devices)
            raise NotFound(
                f'The lab has no device with the id "{device_id}".',
                hint=f"Nearest: {near[0]}." if near else "See them all: grace device list",
            )
        return found

    def _user(self, device: _Device) -> dict[str, Any] | None:
        return self.users.get(str(device.doc.get("userId") or "").lower())

    def _assigned(self, device: _Device) -> tuple[Rulebook, ...]:
        if device.assigned is None:
            platform = device.lab.get("platform")
            device.assigned = tuple(
                policy
                for policy in self.policies.values()
                if policy.platform == platform and self._is_target(device, policy)
            )
        return device.assigned

    def _is_target(self, device: _Device, policy: Rulebook) -> bool:
        user = self._user(device)
        as_device = ("device", str(device.lab.get("entraObjectId") or "").lower())
        as_user = ("user", str(device.doc.get("userId") or "").lower())
        if self.members.covers(policy.exclude, (as_device, as_user)):
            return False
        if policy.all_devices or self.members.covers(policy.include, (as_device, as_user)):
            return True
        return policy.all_users and user is not None and _is_licensed(user)

    def _template(self, id: str | None) -> dict[str, Any] | None:
        if self._templates is None:
            self._templates = {template["id"].lower(): template for template in self._store.all("template")}
        return self._templates.get((id or "").lower())

    def _chance(self, *what: object) -> Random:
        return Random("|".join(map(str, (self.seed, *what))))

    def _log(
        self,
        what: str,
        device: _Device,
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

    # The moments to come

    def live(self, until: datetime) -> None:
        """Everything up to and including that moment, in time order."""
        while self._heap and self._heap[0].at <= until:
            at, order, _, device, what = heappop(self._heap)
            if device.gone:
                continue
            self.now = max(self.now, at)
            # Moments are not withdrawn when things change; each looks whether it still holds.
            if order == _CHECKIN:
                if device.checkin_at == at:
                    self._scheduled_check_in(device)
            elif order == _CONTACT:
                self._restate(device)
            elif order == _SEND:
                self._send(device, what)
            elif (policy := self.policies.get(what)) and (entry := device.entries.get(what)):
                if order == _HOLD:
                    self._end_hold(device, policy, entry)
                elif order == _GRACE:
                    self._flip(device, policy, entry)
                else:
                    self._fire_due(device, policy, entry)
        self.now = max(self.now, until)

    def _push(self, at: datetime, order: int, device: _Device, what: str = "") -> None:
        self._sequence += 1
        heappush(self._heap, _Moment(at, order, self._sequence, device, what))

    def _plan(self, device: _Device) -> None:
        for policy_id, entry in device.entries.items():
            if policy_id in self.policies:
                self._plan_entry(device, self.policies[policy_id], entry.record)
        self._plan_device(device)

    def _plan_entry(self, device: _Device, policy: Rulebook, record: Record) -> None:
        if record.actual == ERROR and record.error_since is not None:
            self._push(record.error_since + ERROR_HOLD, _HOLD, device, policy.id)
        if not record.is_open:
            return
        if self.rules["grace-flip"] == "timer" and record.effective == IN_GRACE and record.grace_expires:
            self._push(record.grace_expires, _GRACE, device, policy.id)
        if self.rules["fire-on"] == "timer":
            due = _next_due(policy, record)
            if due is not None:
                self._push(max(due, self.now), _DUE, device, policy.id)

    def _plan_device(self, device: _Device) -> None:
        """When it will next check in with something to tell or to fetch, and when silence will count against it."""
        device.checkin_at = self._next_telling_check_in(device)
        if device.checkin_at is not None:
            self._push(device.checkin_at, _CHECKIN, device)
        elif not device.online and device.authority == "intune" and not device.lab.get("stale"):
            contact = device.last_sync or device.enrolled
            self._push(max(contact + self._validity + _MINUTE, self.now), _CONTACT, device)

    @property
    def _validity(self) -> timedelta:
        return timedelta(days=self.settings["deviceComplianceCheckinThresholdDays"])

    def _next_telling_check_in(self, device: _Device) -> datetime | None:
        if not device.online:
            return None
        soonest = self._contact_after(device, self.now)
        wanted = []
        if device.last_sync is None:
            wanted.append(self._contact_after(device, max(device.enrolled, self.now) - _MINUTE))
        if sync := moment(device.lab.get("syncDue")):
            wanted.append(min(sync, soonest))
        if device.lab.get("queued") or device.lab.get("retireConfirmed") or self._reason_to_calculate(device):
            wanted.append(soonest)
        for policy_id, entry in device.entries.items():
            policy, record = self.policies.get(policy_id), entry.record
            if policy is None or not record.is_open:
                continue
            if self.rules["fire-on"] == "checkin" and (due := _next_due(policy, record)):
                wanted.append(self._contact_after(device, max(due - _MINUTE, self.now)))
            if self.rules["grace-flip"] != "timer" and record.effective == IN_GRACE and record.grace_expires:
                wanted.append(self._contact_after(device, max(record.grace_expires - _MINUTE, self.now)))
        return max(min(wanted), self.now) if wanted else None

    def _contact_after(self, device: _Device, after: datetime) -> datetime:
        return next_slot(str(device.lab.get("variant")), device.enrolled, after, device.not_before)

    def _last_contact(self, device: _Device) -> datetime | None:
        """When the device was last heard of, the check-ins that nobody visited included."""
        if not device.online or (device.last_sync is None and device.lab.get("reported") is None):
            return device.last_sync
        slot = last_slot(str(device.lab.get("variant")), device.enrolled, self.now, device.not_before)
        return max(filter(None, (slot, device.last_sync)), default=None)

    # Check-ins and calculations

    def _reason_to_calculate(self, device: _Device) -> str | None:
        """Why the next check-in would lead to a calculation (section 11.4), None if it would not."""
        if device.authority != "intune":
            return None
        if device.lab.get("reported") is None:
            return "enrolment"
        if device.lab.get("changed"):
            return "factsChanged"
        if device.lab.get("stale"):
            return "contact"
        for policy in self._assigned(device):
            entry = device.entries.get(policy.id)
            if entry is None or entry.record.evaluated_version != policy.version:
                return "policyChanged"
        if self.rules["grace-flip"] != "timer":
            for entry in device.entries.values():
                if entry.record.effective == IN_GRACE and effective_at(entry.record, self.now) != IN_GRACE:
                    return "graceEnded"
        return None

    def _scheduled_check_in(self, device: _Device) -> None:
        self.check_in(device, self._reason_to_calculate(device))

    def check_in(self, device: _Device, cause: str | None) -> None:
        """A contact now; `cause` is why a calculation follows, None if none does."""
        device.last_sync = self.now
        device.note("syncDue", None)
        self._deliver(device)
        if device.gone:
            return
        if cause is not None or device.lab.get("changed"):
            device.note("reported", device.facts)
            device.note("changed", False)
            self._calculate(device, cause or "factsChanged")
        if self.rules["fire-on"] == "checkin":
            for policy_id, entry in list(device.entries.items()):
                if policy := self.policies.get(policy_id):
                    self._fire_due(device, policy, entry)
        self._plan_device(device)

    def _calculate(self, device: _Device, cause: str) -> None:
        """All policies of the device against what the service knows of it; nothing for another authority's device."""
        if device.authority != "intune":
            self._tell_partner(device)
            self._restate(device)
            return
        facts = device.reported_facts()
        changes = []
        for policy in self._assigned(device):
            verdicts = judge_policy(policy.platform, policy.settings, facts)
            entry = self._entry(device, policy)
            before = entry.record
            entry.record = step(before, policy_actual(verdicts), policy.grace, self.now, policy.version)
            entry.verdicts = [_verdict_document(verdict) for verdict in verdicts]
            entry.reported = written(self.now)
            entry.changed = True
            changes.append((policy, before, entry.record))
        self._restate(device)
        self._log("calculated", device, cause=cause, state=device.doc.get("complianceState"))
        for policy, before, after in changes:
            self._follow(device, policy, before, after, cause)

    def _entry(self, device: _Device, policy: Rulebook) -> _Entry:
        if policy.id not in device.entries:
            # Episodes go on counting where an assignment was taken away and given back.
            episode = (device.lab.get("episodes") or {}).get(policy.id, 0)
            device.entries[policy.id] = _Entry(Record(device.id, policy.id, episode=episode))
        return device.entries[policy.id]

    def _follow(self, device: _Device, policy: Rulebook, before: Record, after: Record, cause: str) -> None:
        """The events of a changed record, and the moments that now lie ahead of it."""
        if after.is_open:
            if after.episode != before.episode:
                self._log("becameNoncompliant", device, policy, cause=cause, since=after.t0)
            if after.effective != before.effective or after.episode != before.episode:
                self._log_mark(device, policy, after, cause)
        elif before.t0 is not None and after.t0 is None:
            self._log("becameCompliant", device, policy, cause=cause)
            self._drop_pending(device, policy, before, "compliantAgain")
            if self.rules["retire-drops-when-compliant"]:
                self._clear_listing(device, policy)
        self._plan_entry(device, policy, after)

    def _log_mark(self, device: _Device, policy: Rulebook, record: Record, cause: str) -> None:
        if record.effective == IN_GRACE:
            self._log("graceStarted", device, policy, cause=cause, until=record.grace_expires)
        else:
            self._log("marked", device, policy, cause=cause)

    def _drop_pending(self, device: _Device, policy: Rulebook, record: Record, reason: str) -> None:
        for key, action, wait in policy.actions:
            if (record.episode, key) not in record.fired:
                self._log(
                    "dropped",
                    device,
                    policy,
                    action,
                    reason=reason,
                    due=_due(record, wait),
                    episode=record.episode,
                )

    def _flip(self, device: _Device, policy: Rulebook, entry: _Entry) -> None:
        record = entry.record
        if record.is_open and record.effective == IN_GRACE and effective_at(record, self.now) == NONCOMPLIANT:
            entry.record = replace(record, effective=NONCOMPLIANT)
            entry.changed = True
            self._restate(device)
            self._log("marked", device, policy, cause="graceEnded")

    def _end_hold(self, device: _Device, policy: Rulebook, entry: _Entry) -> None:
        before = entry.record
        if before.actual != ERROR or before.error_since is None or self.now < before.error_since + ERROR_HOLD:
            return
        entry.record = step(before, ERROR, policy.grace, self.now)
        entry.changed = True
        self._restate(device)
        self._follow(device, policy, before, entry.record, "errorHold")

    def _restate(self, device: _Device) -> None:
        """The device's own state from its policies and the built-in checks."""
        if device.authority == "intune" and device.lab.get("reported") is None and device.online:
            state, failed = "unknown", _NO_CHECKS
        else:
            user_id, user = device.doc.get("userId"), self._user(device)
            problem = "userGone" if user_id and user is None else None
            if user is not None and not _is_licensed(user):
                problem = "userUnlicensed"
            standing = device_state(
                [entry.record.effective for entry in device.entries.values()],
                secure_by_default=self.settings["secureByDefault"],
                last_contact=self._last_contact(device) or device.enrolled,
                threshold_days=self.settings["deviceComplianceCheckinThresholdDays"],
                now=self.now,
                user_problem=problem,
                authority=device.authority,
                partner_state=device.lab.get("partnerState"),
            )
            state, failed = standing.state, standing.failed_checks
            if device.lab.get("reported") is None and not failed and device.authority == "intune":
                state = "unknown"
        if "isActive" in failed and not device.lab.get("stale"):
            self._log("stale", device, reason="isActive", lastContact=device.last_sync)
        device.note("stale", True if "isActive" in failed else None)
        device.note("failedChecks", list(failed) or None)
        device.set("complianceState", state)
        passes = is_compliant(state, device.lab.get("configManagerVerdict"))
        if device.lab.get("isCompliant") is not passes and device.lab.get("entraNext") is not passes:
            device.note("entraNext", passes)
            device.note("entraAt", written(self.now + timedelta(minutes=self.rules["entra-lag-min"])))

    def _deliver(self, device: _Device) -> None:
        """Hands over what was queued for the device: locks, a retire, a wipe."""
        if device.lab.get("retireConfirmed"):
            self._remove(device, "retired")
            return
        for queued in device.lab.get("queued") or ():
            name = queued["name"]
            if name in ("retire", "wipe"):
                self._remove(device, "retired" if name == "retire" else "wiped")
                return
            result = "done"
            if name == "remoteLock":
                # Without a passcode the screen goes dark and nothing is locked.
                locked = bool(device.lab.get("passcodeSet", True))
                result = "done" if locked else "failed"
                policy = self.policies.get(queued.get("policyId") or "")
                self._log(
                    "lockDone", device, policy, cause=queued["cause"], reason=None if locked else "noPasscode"
                )
                self._store.append(
                    "lock",
                    {
                        "at": written(self.now),
                        "deviceId": device.id,
                        "deviceName": device.name,
                        "policyId": queued.get("policyId"),
                        "result": "done" if locked else "noPasscode",
                    },
                )
            self._result(device, name, result)
        device.note("queued", None)

    def _remove(self, device: _Device, event: str) -> None:
        self._log(event, device)
        device.gone = True
        for policy_id in device.entries:
            self._store.delete("record", _record_id(device, policy_id))
        for id in [id for id, mail in self.mails.items() if mail["deviceId"] == device.id]:
            self._forget_mail(id)
        self._store.delete("retire", device.id)
        self._store.delete("device", device.id)
        del self.devices[device.id.lower()]

    def _result(self, device: _Device, name: str, state: str) -> None:
        """Writes deviceActionResults: a new row for a pending action, else the outcome of the pending one."""
        rows = [dict(row) for row in device.doc.get("deviceActionResults") or ()]
        at = written(self.now)
        if state == "pending":
            rows.append(
                {"actionName": name, "actionState": state, "startDateTime": at, "lastUpdatedDateTime": at}
            )
        for row in rows:
            if row["actionName"] == name and row["actionState"] == "pending":
                row |= {"actionState": state, "lastUpdatedDateTime": at}
        device.set("deviceActionResults", rows)

    # Actions

    def _fire_due(self, device: _Device, policy: Rulebook, entry: _Entry) -> None:
        record = entry.record
        if not record.is_open:
            return
        for key, action, wait in policy.actions:
            due = _due(record, wait)
            if due > self.now or (record.episode, key) in record.fired:
                continue
            record = replace(record, fired=record.fired | {(record.episode, key)})
            entry.record, entry.changed = record, True
            self._fire(device, policy, record.episode, key, action, due)
        self._plan_entry(device, policy, record)

    def _fire(
        self, device: _Device, policy: Rulebook, episode: int, key: str, action: Action, due: datetime
    ) -> None:
        if action.kind not in _STEM:
            self._log("dropped", device, policy, action, reason="kindNotImitated", due=due, episode=episode)
            return
        reason = self._tenant_obstacle(device, policy, action) or self._obstacle(device, policy, action)
        if reason:
            event = f"{_STEM[action.kind]}Suppressed"
            self._log(event, device, policy, action, reason=reason, due=due, episode=episode)
        elif action.kind == EMAIL:
            self._queue_mail(device, policy, episode, key, action, due)
        elif action.kind == PUSH:
            self._send_push(device, policy, episode, key, action, due)
        elif action.kind == LOCK:
            queued = {"name": "remoteLock", "cause": "compliance", "policyId": policy.id}
            device.note("queued", [*(device.lab.get("queued") or ()), queued])
            self._result(device, "remoteLock", "pending")
            self._log("lockQueued", device, policy, action, due=due, episode=episode)
            self._plan_device(device)
        else:
            self._list_for_retire(device, policy, due, self.now)
            self._log("retireListed", device, policy, action, due=due, episode=episode)

    def _tenant_obstacle(self, device: _Device, policy: Rulebook, action: Action) -> str:
        if not self.settings["isScheduledActionEnabled"]:
            return "scheduledActionsOff"
        if self.rules["ruleset"] == "2019-11":
            if action.kind in (PUSH, RETIRE):
                return "notInRuleset"
            as_device = ("device", str(device.lab.get("entraObjectId") or "").lower())
            if self.members.covers(policy.include, (as_device,)):
                return "deviceGroupTarget"
        return ""

    def _obstacle(self, device: _Device, policy: Rulebook, action: Action) -> str:
        user = self._user(device)
        reason = obstacle(
            action.kind,
            is_partner=device.authority == "partner",
            platform=policy.platform,
            user="" if user is None else user["id"],
            has_mail=user is not None and bool(user.get("mail")),
        )
        if action.kind == EMAIL:
            if (
                reason == NO_MAIL
                and self.rules["cc-without-user-mail"] == "cc-only"
                and self._copies(action)[0]
            ):
                reason = ""
            template = self._template(action.template_id)
            return reason or outbox.template_obstacle(template, self._message(template, user))
        if reason:
            return reason
        if action.kind == PUSH:
            if not device.lab.get("companyPortal", True):
                return "appMissing"
            if not device.lab.get("pushAllowed", True):
                return "pushDisabled"
            if (device.lab.get("pushed") or {}).get(policy.id) == self.now.date().isoformat():
                return "duplicateSameDay"
        if action.kind == RETIRE:
            entry = self._store.get("retire", device.id)
            if entry is not None and entry["state"] != "cleared":
                return "alreadyListed"
        return ""

    def _message(
        self, template: Mapping[str, Any] | None, user: Mapping[str, Any] | None
    ) -> Mapping[str, Any] | None:
        messages = [] if template is None else template.get("localizedNotificationMessages") or []
        # The seeds' templates of 2019 had a single message.
        preferred = (
            None if user is None or self.rules["ruleset"] == "2019-11" else user.get("preferredLanguage")
        )
        return outbox.choose_message(messages, preferred, self.rules["locale-fallback"])

    def _copies(self, action: Action) -> tuple[list[str], list[str]]:
        def mails(group_id: str) -> list[str]:
            people = (self.users.get(id) for id in self.members.users(group_id))
            return [person["mail"] for person in people if person is not None and person.get("mail")]

        return outbox.copies(
            action.cc_group_ids,
            self.groups,
            mails,
            must_be_mail_enabled=self.rules["cc-group-must-be-mail-enabled"],
        )

    def _queue_mail(
        self, device: _Device, policy: Rulebook, episode: int, key: str, action: Action, due: datetime
    ) -> None:
        send_at = self.now + timedelta(minutes=self.rules["email-latency-min"])
        id = f"{device.id}|{policy.id}|{episode}|{key}"
        mail = {
            "deviceId": device.id,
            "policyId": policy.id,
            "episode": episode,
            "key": key,
            "due": written(due),
            "sendAt": written(send_at),
            "action": {
                "id": action.id,
                "hours": action.after,
                "templateId": action.template_id,
                "cc": list(action.cc_group_ids),
            },
        }
        self.mails[id] = mail
        self._store.put("queued", id, mail)
        self._log("mailQueued", device, policy, action, due=due, episode=episode, sendAt=send_at)
        self._push(send_at, _SEND, device, id)

    def _forget_mail(self, id: str) -> None:
        del self.mails[id]
        self._store.delete("queued", id)

    def _send(self, device: _Device, id: str) -> None:
        mail = self.mails.get(id)
        if mail is None:
            return
        self._forget_mail(id)
        policy, entry = self.policies.get(mail["policyId"]), device.entries.get(mail["policyId"])
        action = Action(
            EMAIL,
            mail["action"]["hours"],
            mail["action"]["templateId"],
            tuple(mail["action"]["cc"]),
            id=mail["action"]["id"],
        )
        if policy is None or entry is None:
            self._log("dropped", device, policy, action, reason="assignmentRemoved", due=mail["due"])
            return
        if not entry.record.is_open or entry.record.episode != mail["episode"]:
            self._log("dropped", device, policy, action, reason="noLongerNoncompliant", due=mail["due"])
            return
        if reason := self._obstacle(device, policy, action):
            self._log("mailSuppressed", device, policy, action, reason=reason, due=mail["due"])
            return
        self._write_mail(device, policy, action, mail["due"])

    def _write_mail(self, device: _Device, policy: Rulebook, action: Action, due: str) -> None:
        user = self._user(device)
        template = self._template(action.template_id)
        message = self._message(template, user)
        if template is None or message is None or user is None:  # _obstacle has just said that this is not so
            raise AssertionError("a mail without template, message or user")
        if contact := self._last_contact(device):
            device.set("lastSyncDateTime", written(contact))
        subject, body, is_html = outbox.rendered(message, device.doc, user)
        cc, skipped = self._copies(action)
        number = self._store.append(
            "mail",
            {
                "number": self._store.last_number("mail") + 1,
                "kind": "notification",
                "at": written(self.now),
                "due": due,
                "policyId": policy.id,
                "policyName": policy.name,
                "actionId": action.id,
                "templateId": template["id"],
                "templateName": template.get("displayName") or "",
                "deviceId": device.id,
                "deviceName": device.name,
                "userPrincipalName": user.get("userPrincipalName"),
                "from": outbox.SENDER,
                "to": user.get("mail") or None,
                "cc": cc,
                "locale": message["locale"].lower(),
                "subject": subject,
                "body": body,
                "html": is_html,
                "header": outbox.header_of(template, self.brand),
                "footer": outbox.footer_of(template, self.brand),
                "device": outbox.device_block(device.doc),
            },
        )
        self._log("mailSent", device, policy, action, due=due, mail=number, skipped=skipped or None)

    def _send_push(
        self, device: _Device, policy: Rulebook, episode: int, key: str, action: Action, due: datetime
    ) -> None:
        device.note("pushed", {**(device.lab.get("pushed") or {}), policy.id: self.now.date().isoformat()})
        chance = self._chance("push", device.id, policy.id, episode, key).random()
        lost = chance < self.rules["push-loss-rate"]
        self._store.append(
            "push",
            {
                "at": written(self.now),
                "due": written(due),
                "policyId": policy.id,
                "policyName": policy.name,
                "actionId": action.id,
                "deviceId": device.id,
                "deviceName": device.name,
                "userPrincipalName": device.doc.get("userPrincipalName"),
                "lost": lost,
            },
        )
        reason = "lost" if lost else None
        self._log("pushSent", device, policy, action, due=due, episode=episode, reason=reason)

    def _tell_partner(self, device: _Device) -> None:
        """A partner's device never gets the optional actions of the policies that target it; said once for each."""
        if device.authority != "partner":
            return
        told = dict(device.lab.get("told") or {})
        for policy in self._assigned(device):
            for key, action, _ in policy.actions:
                if key in told.get(policy.id, ()):
                    continue
                told[policy.id] = [*told.get(policy.id, ()), key]
                if action.kind in _STEM:
                    reason = self._tenant_obstacle(device, policy, action) or self._obstacle(
                        device, policy, action
                    )
                    self._log(f"{_STEM[action.kind]}Suppressed", device, policy, action, reason=reason)
        device.note("told", told or None)

    # The retire list

    def _list_for_retire(self, device: _Device, policy: Rulebook, due: datetime, listed: datetime) -> None:
        self._store.put(
            "retire",
            device.id,
            {
                "deviceId": device.id,
                "policyId": policy.id,
                "listedAt": written(listed),
                "retireAfterDateTime": written(due),
                "state": "listed",
            },
        )
        device.set("retireAfterDateTime", written(due))

    def _clear_listing(self, device: _Device, policy: Rulebook) -> None:
        entry = self._store.get("retire", device.id)
        if entry is not None and entry["policyId"] == policy.id and entry["state"] == "listed":
            self._clear(device, entry, "compliantAgain")

    def _clear(self, device: _Device, entry: dict[str, Any], cause: str) -> None:
        self._store.put("retire", device.id, {**entry, "state": "cleared"})
        device.set("retireAfterDateTime", _NEVER)
        if device.lab.get("retireConfirmed"):
            device.note("retireConfirmed", None)
            device.set("managementState", "managed")
        self._log("retireCleared", device, self.policies.get(entry["policyId"]), cause=cause)

    def cancel_retire(self, device_id: str) -> None:
        device, entry = self.devices.get(device_id.lower()), self._store.get("retire", device_id)
        if device is not None and entry is not None and entry["state"] != "cleared":
            self._clear(device, entry, "admin")

    def confirm_retire(self, device_id: str) -> bool:
        """False where the day's allowance is used up."""
        device, entry = self.devices.get(device_id.lower()), self._store.get("retire", device_id)
        if device is None or entry is None or entry["state"] != "listed":
            return True
        if not self._count_retire():
            return False
        self._store.put(
            "retire", device.id, {**entry, "state": "confirmed", "confirmedAt": written(self.now)}
        )
        device.note("retireConfirmed", True)
        device.set("managementState", "retirePending")
        self._log("retireConfirmed", device, self.policies.get(entry["policyId"]), cause="admin")
        self._plan_device(device)
        return True

    def _count_retire(self) -> bool:
        """Counts one retire of today; False where the day's allowance is used up."""
        today = self.now.date().isoformat()
        used = (self._store.meta("retires") or {}).get(today, 0)
        if used >= RETIRES_A_DAY:
            return False
        self._store.set_meta("retires", {today: used + 1})
        return True

    def queue_by_hand(self, device: _Device, name: str) -> bool:
        pending = {"retire": "retirePending", "wipe": "wipePending"}
        if name == "retire" and not self._count_retire():
            return False
        device.note("queued", [*(device.lab.get("queued") or ()), {"name": name, "cause": "admin"}])
        self._result(device, name, "pending")
        if name in pending:
            device.set("managementState", pending[name])
        if name == "remoteLock":
            self._log("lockQueued", device, cause="admin")
        if device.online:
            device.note("syncDue", written(self.now + _MINUTE))
        self._plan_device(device)
        return True

    # What people and the tenant do

    def policy_changed(self, policy_id: str) -> None:
        policy = next((p for p in self.policies.values() if p.id.lower() == policy_id.lower()), None)
        watched = self._store.get("watch", policy_id)
        if policy is None:
            self._store.delete("watch", policy_id)
        else:
            keys = [key for key, _, _ in policy.actions]
            if watched is not None and not self.rules["retroactive-actions"]:
                self._skip_added(policy, set(keys) - set(watched["keys"]))
            self._store.put("watch", policy.id, {"keys": keys})
        version = None if policy is None else policy.version
        self.reassess(f"policy|{policy_id}|{version}")

    def _skip_added(self, policy: Rulebook, added: set[str]) -> None:
        """Counts added actions as done where they would have been due already."""
        for device in self.devices.values():
            entry = device.entries.get(policy.id)
            if entry is None or not entry.record.is_open:
                continue
            for key, action, wait in policy.actions:
                due = _due(entry.record, wait)
                if key in added and due < self.now and action.kind in _STEM:
                    fired = entry.record.fired | {(entry.record.episode, key)}
                    entry.record, entry.changed = replace(entry.record, fired=fired), True
                    event = f"{_STEM[action.kind]}Suppressed"
                    self._log(event, device, policy, action, reason="notRetroactive", due=due)

    def reassess(self, what: str) -> None:
        """Finds the devices whose assignments or policies are no longer those of their last calculation."""
        for device in self.devices.values():
            if device.authority != "intune":
                self._tell_partner(device)
                continue
            assigned = {policy.id for policy in self._assigned(device)}
            left = [policy_id for policy_id in device.entries if policy_id not in assigned]
            if left:
                self._leave(device, left)
            if device.online and (left or self._reason_to_calculate(device) == "policyChanged"):
                delay = timedelta(minutes=self._chance("sync", what, device.id).randrange(_SYNC_SPREAD + 1))
                earlier = moment(device.lab.get("syncDue"))
                sync = self.now + delay
                device.note("syncDue", written(sync if earlier is None else min(earlier, sync)))
            self._plan(device)

    def _leave(self, device: _Device, policy_ids: list[str]) -> None:
        for policy_id in policy_ids:
            record = device.entries.pop(policy_id).record
            policy = self.policies.get(policy_id)
            device.note("episodes", {**(device.lab.get("episodes") or {}), policy_id: record.episode})
            self._store.delete("record", _record_id(device, policy_id))
            if policy is not None and record.is_open:
                self._drop_pending(device, policy, record, "assignmentRemoved")
        if device.lab.get("reported") is not None:
            self._recalculate(device, "assignmentRemoved")

    def _recalculate(self, device: _Device, cause: str) -> None:
        """The service's own calculation with stored facts: policies that the device has not met yet wait for it."""
        for policy in self._assigned(device):
            entry = device.entries.get(policy.id)
            if entry is None or entry.record.evaluated_version != policy.version:
                continue
            before = entry.record
            actual = policy_actual(judge_policy(policy.platform, policy.settings, device.reported_facts()))
            entry.record, entry.changed = step(before, actual, policy.grace, self.now), True
            self._follow(device, policy, before, entry.record, cause)
        self._restate(device)
        self._log("calculated", device, cause=cause, state=device.doc.get("complianceState"))

    def recheck(self) -> None:
        for device in self.devices.values():
            self._restate(device)
        self.reassess("tenant")

    def set_facts(self, device: _Device, facts: Mapping[str, Any]) -> None:
        """Facts to change; a value of None takes the fact away."""
        merged = {name: value for name, value in {**device.facts, **facts}.items() if value is not None}
        device.note("facts", merged)
        device.note("changed", merged != device.lab.get("reported"))
        self._plan_device(device)

    def break_device(self, device: _Device, name: str | None) -> str:
        asked: dict[str, list[Any]] = {}
        platform = str(device.lab.get("platform"))
        if name is not None and (known := setting(platform, name)):
            name = known.name
        for policy in self._assigned(device):
            for candidate in SETTINGS.get(platform, ()):
                expected = policy.settings.get(candidate.name)
                if is_asked(candidate, expected):
                    value = failing_value(candidate, expected)
                    if value is not None:
                        asked.setdefault(candidate.name, []).append(value)
        if name is None:
            name = next((s.name for s in SETTINGS.get(platform, ()) if s.name in asked), None)
        if name is None or name not in asked:
            what = "a setting that can fail" if name is None else f'"{name}"'
            raise UsageProblem(
                f'No policy of "{device.name}" asks for {what}.',
                hint=f"They ask for: {', '.join(asked)}." if asked else "Assign a policy to it first.",
            )
        self.set_facts(device, {name: asked[name][0]})
        return name

    def fix_device(self, device: _Device) -> None:
        repaired: dict[str, Any] = {}
        facts = device.facts
        version = device.doc.get("osVersion")
        told = {**(dict.fromkeys(_FROM_OS_VERSION, version) if version else {}), **facts}
        for policy in self._assigned(device):
            for verdict in judge_policy(policy.platform, policy.settings, told):
                if verdict.status in (NONCOMPLIANT, ERROR):
                    # What nothing is reported on counts as met, except where the device tells it by itself.
                    repaired[verdict.setting] = (
                        verdict.expected if verdict.setting in _FROM_OS_VERSION else None
                    )
        self.set_facts(device, repaired)

    def enrol(self, device: _Device) -> None:
        for policy_id in list(device.entries):
            self._store.delete("record", _record_id(device, policy_id))
        device.entries.clear()
        for key in (
            "reported",
            "stale",
            "queued",
            "retireConfirmed",
            "syncDue",
            "lastMaintenance",
            "told",
            "failingSince",
        ):
            device.note(key, None)
        device.enrolled, device.maintenance, device.not_before = self.now, None, None
        device.note("online", True)
        device.set("enrolledDateTime", written(self.now))
        device.set("managementState", "managed")
        self.check_in(device, "enrolment")

    def set_online(self, device: _Device, online: bool) -> None:
        if device.online == online:
            return
        if not online:
            device.last_sync = self._last_contact(device)
            device.note("online", False)
            self._plan_device(device)
            return
        device.note("online", True)
        device.maintenance = self.now
        device.not_before = self.now + MAINTENANCE_GAP
        device.note("lastMaintenance", written(self.now))
        self.check_in(device, self._reason_to_calculate(device))

    def settle(self) -> None:
        self._heap.clear()
        for policy in self.policies.values():
            self._store.put("watch", policy.id, {"keys": [key for key, _, _ in policy.actions]})
        for device in self.devices.values():
            begins_now = device.last_sync is not None and device.last_sync >= self.now
            failing_since = moment(device.lab.get("failingSince"))
            if begins_now and (failing_since is None or failing_since >= self.now):
                self.check_in(device, "enrolment")
                continue
            # What lies before the story is not told as if it happened now.
            self._is_silent = True
            if device.authority != "intune":
                self._calculate(device, "enrolment")
            elif device.last_sync is not None:
                self._remember(device)
            else:
                for policy in self._assigned(device):
                    self._entry(device, policy)
            self._restate(device)
            self._is_silent = False
            self._plan(device)

    def _remember(self, device: _Device) -> None:
        """The records that a device would have if it had lived through the time before the story."""
        device.note("reported", device.facts)
        device.note("changed", False)
        contact = device.last_sync or self.now
        failing_since = moment(device.lab.get("failingSince")) or contact
        for policy in self._assigned(device):
            verdicts = judge_policy(policy.platform, policy.settings, device.reported_facts())
            actual = policy_actual(verdicts)
            entry = self._entry(device, policy)
            # It was fine until the facts began to fail, so that an error has a state to hold on to.
            record = step(
                entry.record, COMPLIANT, policy.grace, min(device.enrolled, failing_since), policy.version
            )
            record = step(record, actual, policy.grace, failing_since)
            if record.actual == ERROR and record.error_since and self.now >= record.error_since + ERROR_HOLD:
                record = step(record, ERROR, policy.grace, self.now)
            if record.is_open:
                past = [(key, a, _due(record, wait)) for key, a, wait in policy.actions]
                past = [item for item in past if item[2] < self.now]
                fired = frozenset((record.episode, key) for key, _, _ in past)
                record = replace(record, effective=effective_at(record, self.now), fired=fired)
                for _, action, due in past:
                    able = self._tenant_obstacle(device, policy, action) or self._obstacle(
                        device, policy, action
                    )
                    if action.kind == RETIRE and not able:
                        self._list_for_retire(device, policy, due, due)
            entry.record = record
            entry.verdicts = [_verdict_document(verdict) for verdict in verdicts]
            entry.reported = written(contact)

    # Writing back

    def save(self) -> None:
        for device in self.devices.values():
            for policy_id, entry in device.entries.items():
                if entry.changed and policy_id in self.policies:
                    self._store.put("record", _record_id(device, policy_id), _record_document(entry))
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


def _due(record: Record, wait: Hours) -> datetime:
    """When an action falls due in the open episode; `wait` counts from the first noncompliance under either reading."""
    if record.t0 is None:
        raise AssertionError("a closed record has no due actions")
    return record.t0 + timedelta(hours=wait)


def _next_due(policy: Rulebook, record: Record) -> datetime | None:
    for key, _, wait in policy.actions:
        if (record.episode, key) not in record.fired:
            return _due(record, wait)
    return None


def _is_licensed(user: Mapping[str, Any]) -> bool:
    return bool((user.get("lab") or {}).get("licensed", True))


def _at(text: str) -> datetime:
    found = moment(text)
    if found is None:
        raise AssertionError(f"{text} is no moment")
    return found


def _record_id(device: _Device, policy_id: str) -> str:
    return f"{device.id}|{policy_id}"


def _verdict_document(verdict: Verdict) -> dict[str, Any]:
    return {
        "setting": verdict.setting,
        "status": verdict.status,
        "expected": verdict.expected,
        "found": verdict.found,
    }


def _record_document(entry: _Entry) -> dict[str, Any]:
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
        "settings": entry.verdicts,
        "lastReported": entry.reported,
    }


def _entry_of(document: Mapping[str, Any]) -> _Entry:
    entry = _Entry(
        Record(
            device_id=document["deviceId"],
            policy_id=document["policyId"],
            actual=document["actual"],
            effective=document["effective"],
            t0=moment(document["t0"]),
            episode=document["episode"],
            grace_expires=moment(document["graceExpires"]),
            error_since=moment(document["errorSince"]),
            held_effective=document["heldEffective"],
            evaluated_version=document["evaluatedVersion"],
            fired=frozenset((episode, key) for episode, key in document["fired"]),
        )
    )
    entry.verdicts = document["settings"]
    entry.reported = document["lastReported"]
    entry.changed = False
    return entry
