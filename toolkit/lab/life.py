"""The lab tenant's life: when devices check in, when they are calculated, and what follows.

Time is computed, not ticked: a heap holds the moments at which something will happen, and a check-in that would
change nothing is never visited.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from heapq import heappop
from typing import Any

from toolkit.errors import UsageProblem
from toolkit.forecast.evaluation import (
    COMPLIANT,
    ERROR,
    ERROR_HOLD,
    IN_GRACE,
    NONCOMPLIANT,
    Record,
    device_state,
    effective_at,
    failing_value,
    is_asked,
    is_compliant,
    judge_policy,
    step,
)
from toolkit.lab.checkins import MAINTENANCE_GAP
from toolkit.lab.deeds import STEM, Deeds
from toolkit.lab.reading import Rulebook, moment, written
from toolkit.lab.snapshot import CHECKIN, CONTACT, DUE, GRACE, HOLD, SEND
from toolkit.lab.state import (
    FROM_OS_VERSION,
    Device,
    Entry,
    due_at,
    is_licensed,
    next_due,
    record_id,
)
from toolkit.lab.store import Store
from toolkit.model.data.settings import SETTINGS, setting
from toolkit.model.device import IN_GRACE as DEVICE_IN_GRACE
from toolkit.model.device import NONCOMPLIANT as DEVICE_NONCOMPLIANT
from toolkit.model.schedule import RETIRE

MINUTE = timedelta(minutes=1)
_NO_CHECKS: tuple[str, ...] = ()


class Life(Deeds):
    """One operation on the lab, from the moment it found the clock at."""

    def __init__(self, store: Store, now: datetime, device_ids: Iterable[str] | None = None) -> None:
        super().__init__(store, now, device_ids)
        for id, mail in self.mails.items():
            addressee, send_at = self.devices.get(mail["deviceId"].lower()), moment(mail["sendAt"])
            if addressee is not None and send_at is not None:
                self._push(send_at, SEND, addressee, id)

    def live(self, until: datetime) -> None:
        """Everything up to and including that moment, in time order."""
        if not self._is_planned:
            self._is_planned = True
            for device in self.devices.values():
                if not device.is_planned:
                    self._plan(device)
        while self._heap and self._heap[0][0] <= until:
            at, order, position, what = heappop(self._heap)
            device = self._by_position[position]
            if device.gone:
                continue
            self.now = max(self.now, at)
            # Moments are not withdrawn when things change; each looks whether it still holds.
            if order == CHECKIN:
                if device.checkin_at == at:
                    self._scheduled_check_in(device)
            elif order == CONTACT:
                self._look_at_checks(device)
            elif order == SEND:
                self._send(device, what)
            elif (policy := self.policies.get(what)) and (entry := device.entries.get(what)):
                if order == HOLD:
                    self._end_hold(device, policy, entry)
                elif order == GRACE:
                    self._flip(device, policy, entry)
                else:
                    self._fire_due(device, policy, entry)
        self.now = max(self.now, until)

    def _plan(self, device: Device) -> None:
        device.is_planned = True
        for policy_id, entry in device.entries.items():
            if policy_id in self.policies:
                self._plan_entry(device, self.policies[policy_id], entry.record)
        self._plan_device(device)

    def _plan_entry(self, device: Device, policy: Rulebook, record: Record) -> None:
        if record.actual == ERROR and record.error_since is not None:
            self._push(record.error_since + ERROR_HOLD, HOLD, device, policy.id)
        if not record.is_open:
            return
        if self.rules["grace-flip"] == "timer" and record.effective == IN_GRACE and record.grace_expires:
            self._push(record.grace_expires, GRACE, device, policy.id)
        if self.rules["fire-on"] == "timer":
            due = next_due(policy, record)
            if due is not None:
                self._push(max(due, self.now), DUE, device, policy.id)

    def _plan_device(self, device: Device) -> None:
        """When it will next check in with something to tell or to fetch, and when silence will count against it."""
        device.checkin_at = self._next_telling_check_in(device)
        if device.checkin_at is not None:
            self._push(device.checkin_at, CHECKIN, device)
        elif not device.online and device.authority == "intune" and not device.lab.get("stale"):
            contact = device.last_sync or device.enrolled
            self._push(max(contact + self._validity + MINUTE, self.now), CONTACT, device)
        if checks_end := self._check_grace_end(device):
            self._push(max(checks_end, self.now), CONTACT, device)

    def _next_telling_check_in(self, device: Device) -> datetime | None:
        if not device.online:
            return None
        soonest = self._contact_after(device, self.now)
        wanted = []
        if device.last_sync is None:
            wanted.append(self._contact_after(device, max(device.enrolled, self.now) - MINUTE))
        if sync := moment(device.lab.get("syncDue")):
            wanted.append(min(sync, soonest))
        if device.lab.get("queued") or device.lab.get("retireConfirmed") or self._reason_to_calculate(device):
            wanted.append(soonest)
        for policy_id, entry in device.entries.items():
            policy, record = self.policies.get(policy_id), entry.record
            if policy is None or not record.is_open:
                continue
            if self.rules["fire-on"] == "checkin" and (due := next_due(policy, record)):
                wanted.append(self._contact_after(device, max(due - MINUTE, self.now)))
            if self.rules["grace-flip"] != "timer" and record.effective == IN_GRACE and record.grace_expires:
                wanted.append(self._contact_after(device, max(record.grace_expires - MINUTE, self.now)))
        return max(min(wanted), self.now) if wanted else None

    def _reason_to_calculate(self, device: Device) -> str | None:
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

    def _scheduled_check_in(self, device: Device) -> None:
        self.check_in(device, self._reason_to_calculate(device))

    def check_in(self, device: Device, cause: str | None) -> None:
        """A contact now; `cause` is why a calculation follows, None if none does."""
        device.last_sync = self.now
        device.note("syncDue", None)
        self._deliver(device)
        if device.gone:
            return
        if cause is not None or device.lab.get("changed"):
            self._hear(device)
            self._calculate(device, cause or "factsChanged")
        if self.rules["fire-on"] == "checkin":
            for policy_id, entry in list(device.entries.items()):
                if policy := self.policies.get(policy_id):
                    self._fire_due(device, policy, entry)
        self._plan_device(device)

    def _hear(self, device: Device) -> None:
        """The device tells its facts."""
        device.note("reported", device.lab.get("facts") or {})
        device.note("changed", False)

    def _calculate(self, device: Device, cause: str) -> None:
        """All policies of the device against what the service knows of it; nothing for another authority's device.

        No source says what else than this calculation an episode could count from. The lab's alternative (rule
        clock-origin) is the last change of the facts that the device has now told, whichever fact it was.
        """
        if device.authority != "intune":
            self._tell_others(device)
            self._restate(device)
            return
        changes = []
        broke = moment(device.lab.get("factsSince")) if self.rules["clock-origin"] == "break" else None
        for policy in self._assigned(device):
            entry = self._entry(device, policy)
            before = entry.record
            actual = self._judged(device, policy)[0]
            # A policy that is new to the device makes it noncompliant now, whenever its facts changed.
            since = broke if before.evaluated_version == policy.version else None
            entry.record = step(
                before, actual, policy.grace, self.now, policy.version, since=since, choices=self.choices
            )
            entry.reported = written(self.now)
            entry.is_judged = entry.changed = True
            changes.append((policy, before, entry.record))
        self._restate(device)
        self._log("calculated", device, cause=cause, state=device.doc.get("complianceState"))
        for policy, before, after in changes:
            self._follow(device, policy, before, after, cause)

    def _entry(self, device: Device, policy: Rulebook) -> Entry:
        if policy.id not in device.entries:
            # Episodes go on counting where an assignment was taken away and given back.
            episode = (device.lab.get("episodes") or {}).get(policy.id, 0)
            device.entries[policy.id] = Entry(Record(device.id, policy.id, episode=episode))
        return device.entries[policy.id]

    def _follow(self, device: Device, policy: Rulebook, before: Record, after: Record, cause: str) -> None:
        """The events of a changed record, and the moments that now lie ahead of it."""
        if after.actual == ERROR and before.actual != ERROR and after.error_since is not None:
            self._log("errorHeld", device, policy, cause=cause, until=after.error_since + ERROR_HOLD)
        if after.is_open:
            if after.episode != before.episode:
                self._log("becameNoncompliant", device, policy, cause=cause, since=after.t0)
            if (after.effective, after.t0) != (before.effective, before.t0):
                self._log_mark(device, policy, after, cause)
            if after.episode != before.episode and after.fired:
                self._tell_fired(device, policy, after, cause)
        elif before.t0 is not None and after.t0 is None:
            self._log("becameCompliant", device, policy, cause=cause)
            self._drop_pending(device, policy, before, "compliantAgain", cause)
            if self.rules["retire-drops-when-compliant"]:
                self._clear_listing(device, policy)
        self._plan_entry(device, policy, after)

    def _log_mark(self, device: Device, policy: Rulebook, record: Record, cause: str) -> None:
        if record.effective == IN_GRACE:
            self._log("graceStarted", device, policy, cause=cause, until=record.grace_expires)
        else:
            self._log("marked", device, policy, cause=cause)

    def _drop_pending(
        self, device: Device, policy: Rulebook, record: Record, reason: str, cause: str
    ) -> None:
        for key, action, wait in policy.actions:
            if (record.episode, key) not in record.fired:
                self._log(
                    "dropped",
                    device,
                    policy,
                    action,
                    cause=cause,
                    reason=reason,
                    due=due_at(record, wait),
                    episode=record.episode,
                )

    def _tell_fired(self, device: Device, policy: Rulebook, record: Record, cause: str) -> None:
        """The actions of an episode that opens which an earlier one has used up (rule episodes)."""
        for key, action, wait in policy.actions:
            if (record.episode, key) in record.fired and action.kind in STEM:
                self._log(
                    f"{STEM[action.kind]}Suppressed",
                    device,
                    policy,
                    action,
                    cause=cause,
                    reason="firedBefore",
                    due=due_at(record, wait),
                    episode=record.episode,
                )

    def _flip(self, device: Device, policy: Rulebook, entry: Entry) -> None:
        record = entry.record
        if record.is_open and record.effective == IN_GRACE and effective_at(record, self.now) == NONCOMPLIANT:
            entry.record = record._replace(effective=NONCOMPLIANT)
            entry.changed = True
            self._restate(device)
            self._log("marked", device, policy, cause="graceEnded")

    def _end_hold(self, device: Device, policy: Rulebook, entry: Entry) -> None:
        before = entry.record
        if before.actual != ERROR or before.error_since is None or self.now < before.error_since + ERROR_HOLD:
            return
        entry.record = step(before, ERROR, policy.grace, self.now, choices=self.choices)
        entry.changed = True
        self._restate(device)
        self._follow(device, policy, before, entry.record, "errorHold")
        self._plan_device(device)

    def _look_at_checks(self, device: Device) -> None:
        """A built-in check begins to fail with time, or has had its grace."""
        was_in_grace = device.doc.get("complianceState") == DEVICE_IN_GRACE
        self._restate(device)
        if self.check_grace and was_in_grace and device.doc.get("complianceState") == DEVICE_NONCOMPLIANT:
            self._log("marked", device, cause="graceEnded")

    def _restate(self, device: Device) -> None:
        """The device's own state from its policies and the built-in checks."""
        if device.authority == "intune" and device.lab.get("reported") is None and device.online:
            state, failed = "unknown", _NO_CHECKS
        else:
            user_id, user = device.doc.get("userId"), self._user(device)
            problem = "userGone" if user_id and user is None else None
            if user is not None and not is_licensed(user):
                problem = "userUnlicensed"
            contact = self._last_contact(device) or device.enrolled
            failing_since = self._failing_since(device, contact) if self.check_grace else {}
            standing = device_state(
                [entry.record.effective for entry in device.entries.values()],
                secure_by_default=self.settings["secureByDefault"],
                last_contact=contact,
                threshold_days=self.settings["deviceComplianceCheckinThresholdDays"],
                now=self.now,
                user_problem=problem,
                authority=device.authority,
                partner_state=device.lab.get("partnerState"),
                check_grace=self.check_grace,
                failing_since=failing_since,
            )
            state, failed = standing.state, standing.failed_checks
            if device.lab.get("reported") is None and not failed and device.authority == "intune":
                state = "unknown"
        if "isActive" in failed and not device.lab.get("stale"):
            self._log("stale", device, cause="contact", reason="isActive", lastContact=device.last_sync)
        device.note("stale", True if "isActive" in failed else None)
        device.note("failedChecks", list(failed) or None)
        if self.check_grace:
            self._note_checks(device, {check: failing_since.get(check, self.now) for check in failed})
        state = device.lab.get("forcedState") or state
        device.set("complianceState", state)
        passes = is_compliant(
            state,
            device.lab.get("configManagerVerdict"),
            in_grace=self.rules["grace-is-compliant"],
            unknown=self.rules["unknown-is-compliant"],
        )
        pending = device.lab.get("entraNext")
        # A change that is still on its way counts: it would be told after this one otherwise.
        if (device.lab.get("isCompliant") if pending is None else pending) is not passes:
            device.note("entraNext", passes)
            device.note("entraAt", written(self.now + timedelta(minutes=self.rules["entra-lag-min"])))

    def _failing_since(self, device: Device, contact: datetime) -> dict[str, datetime]:
        """When built-in checks that fail began to; for silence, when it will."""
        noted = device.lab.get("checksSince") or {}
        began = {check: at for check, text in noted.items() if (at := moment(text))}
        return {**began, "isActive": contact + self._validity + MINUTE}

    def _note_checks(self, device: Device, began: Mapping[str, datetime]) -> None:
        device.note("checksSince", {check: written(at) for check, at in began.items()} or None)
        if (ends := self._check_grace_end(device)) and ends > self.now:
            self._push(ends, CONTACT, device)

    def _fire_due(self, device: Device, policy: Rulebook, entry: Entry) -> None:
        record = entry.record
        if not record.is_open:
            return
        for key, action, wait in policy.actions:
            if (record.episode, key) in record.fired:
                continue
            due = due_at(record, wait)
            if due > self.now:
                break  # they stand in the order of their waits
            record = record._replace(fired=record.fired | {(record.episode, key)})
            entry.record, entry.changed = record, True
            self._fire(device, policy, record.episode, key, action, due)
        self._plan_entry(device, policy, record)
        if device.lab.get("queued"):  # a lock waits for the next check-in
            self._plan_device(device)

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

    def force_state(self, device: Device, state: str | None) -> None:
        device.note("forcedState", state)
        self._restate(device)
        what = "stateReleased" if state is None else "stateForced"
        self._log(what, device, cause="admin", state=device.doc.get("complianceState"))

    def queue_by_hand(self, device: Device, name: str) -> bool:
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
            device.note("syncDue", written(self.now + MINUTE))
        self._plan_device(device)
        return True

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
                due = due_at(entry.record, wait)
                if key in added and due < self.now and action.kind in STEM:
                    fired = entry.record.fired | {(entry.record.episode, key)}
                    entry.record, entry.changed = entry.record._replace(fired=fired), True
                    event = f"{STEM[action.kind]}Suppressed"
                    self._log(
                        event, device, policy, action, cause="policyChanged", reason="notRetroactive", due=due
                    )

    def reassess(self, what: str) -> None:
        """Finds the devices whose assignments or policies are no longer those of their last calculation."""
        for device in self.devices.values():
            if device.authority != "intune":
                self._tell_others(device)
                continue
            assigned = {policy.id for policy in self._assigned(device)}
            left = [policy_id for policy_id in device.entries if policy_id not in assigned]
            if left:
                self._leave(device, left)
            if device.online and (left or self._reason_to_calculate(device) == "policyChanged"):
                spread = self.rules["change-sync-max-min"] + 1
                delay = timedelta(minutes=self._chance("sync", what, device.id).randrange(spread))
                earlier = moment(device.lab.get("syncDue"))
                sync = self.now + delay
                device.note("syncDue", written(sync if earlier is None else min(earlier, sync)))
            self._plan(device)

    def _leave(self, device: Device, policy_ids: list[str]) -> None:
        for policy_id in policy_ids:
            self._forget(device, policy_id, "assignmentRemoved")
        if device.lab.get("reported") is not None:
            self._recalculate(device, "assignmentRemoved")

    def _forget(self, device: Device, policy_id: str, cause: str) -> None:
        """Without the record, except that its episodes go on counting."""
        record = device.entries.pop(policy_id).record
        policy = self.policies.get(policy_id)
        device.note("episodes", {**(device.lab.get("episodes") or {}), policy_id: record.episode})
        self._store.delete("record", record_id(device, policy_id))
        self._log("unassigned", device, policy, cause=cause, policyId=None if policy else policy_id)
        if policy is not None and record.is_open:
            self._drop_pending(device, policy, record, cause, cause)

    def _recalculate(self, device: Device, cause: str) -> None:
        """The service's own calculation with stored facts: policies that the device has not met yet wait for it."""
        for policy in self._assigned(device):
            entry = device.entries.get(policy.id)
            if entry is None or entry.record.evaluated_version != policy.version:
                continue
            before = entry.record
            actual = self._judged(device, policy)[0]
            entry.record = step(before, actual, policy.grace, self.now, choices=self.choices)
            entry.changed = True
            self._follow(device, policy, before, entry.record, cause)
        self._restate(device)
        self._log("calculated", device, cause=cause, state=device.doc.get("complianceState"))

    def recheck(self) -> None:
        for device in self.devices.values():
            self._restate(device)
        self.reassess("tenant")

    def set_facts(self, device: Device, facts: Mapping[str, Any]) -> None:
        """Facts to change; a value of None takes the fact away."""
        merged = {name: value for name, value in {**device.facts, **facts}.items() if value is not None}
        if merged != device.facts:
            device.note("factsSince", written(self.now))
            self._log("factsChanged", device, cause="admin")
        device.note("facts", merged)
        device.note("changed", merged != device.lab.get("reported"))
        self._plan_device(device)

    def break_device(self, device: Device, name: str | None) -> str:
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

    def fix_device(self, device: Device) -> None:
        repaired: dict[str, Any] = {}
        facts = device.facts
        version = device.doc.get("osVersion")
        told = {**(dict.fromkeys(FROM_OS_VERSION, version) if version else {}), **facts}
        for policy in self._assigned(device):
            for verdict in judge_policy(policy.platform, policy.settings, told):
                if verdict.status in (NONCOMPLIANT, ERROR):
                    # What nothing is reported on counts as met, except where the device tells it by itself.
                    repaired[verdict.setting] = (
                        verdict.expected if verdict.setting in FROM_OS_VERSION else None
                    )
        self.set_facts(device, repaired)

    def enrol(self, device: Device) -> None:
        for policy_id in list(device.entries):
            self._forget(device, policy_id, "enrolledAnew")
        listing = self._store.get("retire", device.id)
        if listing is not None and listing["state"] != "cleared":
            self._clear(device, listing, "enrolledAnew")
        for key in (
            "reported",
            "stale",
            "queued",
            "retireConfirmed",
            "syncDue",
            "lastMaintenance",
            "told",
            "failingSince",
            "checksSince",
        ):
            device.note(key, None)
        device.enrolled, device.maintenance, device.not_before = self.now, None, None
        device.note("online", True)
        device.set("enrolledDateTime", written(self.now))
        device.set("managementState", "managed")
        self.check_in(device, "enrolment")

    def set_online(self, device: Device, online: bool) -> None:
        if device.online == online:
            return
        if not online:
            device.last_sync = self._last_contact(device)
            device.note("online", False)
            self._log("wentOffline", device, cause="admin")
            self._plan_device(device)
            return
        self._log("cameOnline", device, cause="admin")
        device.note("online", True)
        device.maintenance = self.now
        device.not_before = self.now + MAINTENANCE_GAP
        device.note("lastMaintenance", written(self.now))
        self.check_in(device, self._reason_to_calculate(device))

    def settle(self) -> None:
        for policy in self.policies.values():
            self._store.put("watch", policy.id, {"keys": [key for key, _, _ in policy.actions]})
        for device in list(self.devices.values()):
            device.is_planned = True
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

    def _remember(self, device: Device) -> None:
        """The records that a device would have if it had lived through the time before the story."""
        self._hear(device)
        contact = device.last_sync or self.now
        failing_since = moment(device.lab.get("failingSince")) or contact
        for policy in self._assigned(device):
            actual = self._judged(device, policy)[0]
            entry = self._entry(device, policy)
            # It was fine until the facts began to fail, so that an error has a state to hold on to.
            record = step(
                entry.record, COMPLIANT, policy.grace, min(device.enrolled, failing_since), policy.version
            )
            record = step(record, actual, policy.grace, failing_since, choices=self.choices)
            if record.actual == ERROR and record.error_since and self.now >= record.error_since + ERROR_HOLD:
                record = step(record, ERROR, policy.grace, self.now)
            if record.is_open:
                past = [(key, a, due_at(record, wait)) for key, a, wait in policy.actions]
                past = [item for item in past if item[2] <= self.now]
                fired = frozenset((record.episode, key) for key, _, _ in past)
                record = record._replace(effective=effective_at(record, self.now), fired=fired)
                for _, action, due in past:
                    if action.kind == RETIRE and not self._any_obstacle(device, policy, action):
                        self._list_for_retire(device, policy, due, due)
            entry.record = record
            entry.is_judged = True
            entry.reported = written(contact)
