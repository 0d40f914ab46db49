"""What the actions of a schedule do: mails, pushes, locks and the retire list, each with the reason where nothing happens."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from toolkit.forecast.impact import NO_MAIL, obstacle
from toolkit.lab import outbox
from toolkit.lab.reading import Rulebook, moment, written
from toolkit.lab.snapshot import SEND, Snapshot
from toolkit.lab.state import Device, record_id
from toolkit.model.schedule import EMAIL, LOCK, PUSH, RETIRE, Action

RETIRES_A_DAY = 1000
STEM = {EMAIL: "mail", PUSH: "push", LOCK: "lock", RETIRE: "retire"}
"""How the events of each kind begin: mailSent, pushSuppressed. Any other kind is not imitated."""

CO_MANAGED = "coManaged"
"""Configuration Manager decides about the device, and Intune's actions do not drive it (intune-behaviour 4)."""

_DAY = timedelta(days=1)
_NEVER = "0001-01-01T00:00:00Z"


class Deeds(Snapshot):
    """Carrying out, without a notion of when: what has to happen later is left to `Life`."""

    def _fire(
        self, device: Device, policy: Rulebook, episode: int, key: str, action: Action, due: datetime
    ) -> None:
        if action.kind not in STEM:
            self._log(
                "dropped",
                device,
                policy,
                action,
                cause="due",
                reason="kindNotImitated",
                due=due,
                episode=episode,
            )
            return
        if reason := self._any_obstacle(device, policy, action):
            event = f"{STEM[action.kind]}Suppressed"
            self._log(event, device, policy, action, cause="due", reason=reason, due=due, episode=episode)
        elif action.kind == EMAIL:
            self._queue_mail(device, policy, episode, key, action, due)
        elif action.kind == PUSH:
            self._send_push(device, policy, episode, key, action, due)
        elif action.kind == LOCK:
            queued = {"name": "remoteLock", "cause": "compliance", "policyId": policy.id}
            device.note("queued", [*(device.lab.get("queued") or ()), queued])
            self._result(device, "remoteLock", "pending")
            self._log("lockQueued", device, policy, action, cause="due", due=due, episode=episode)
        else:
            self._list_for_retire(device, policy, due, self.now)
            self._log("retireListed", device, policy, action, cause="due", due=due, episode=episode)

    def _any_obstacle(self, device: Device, policy: Rulebook, action: Action) -> str:
        """Why nothing comes of the action now, or ""."""
        return self._tenant_obstacle(device, policy, action) or self._obstacle(device, policy, action)

    def _tenant_obstacle(self, device: Device, policy: Rulebook, action: Action) -> str:
        if not self.settings["isScheduledActionEnabled"]:
            return "scheduledActionsOff"
        if self.rules["ruleset"] == "2019-11":
            if action.kind in (PUSH, RETIRE):
                return "notInRuleset"
            as_device = ("device", str(device.lab.get("entraObjectId") or "").lower())
            if self.members.covers(policy.include, (as_device,)):
                return "deviceGroupTarget"
        return ""

    def _obstacle(self, device: Device, policy: Rulebook, action: Action) -> str:
        if device.authority == "configmgr":
            return CO_MANAGED
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
            message = self._message(template, user)
            reason = reason or outbox.template_obstacle(template, message)
            if not reason and message is not None and self.rules["length-check"] == "mail":
                reason = outbox.length_obstacle(message, device.doc, user)
            return reason
        if reason:
            return reason
        if action.kind == PUSH:
            if not device.lab.get("companyPortal", True):
                return "appMissing"
            if not device.lab.get("pushAllowed", True):
                return "pushDisabled"
            if self._is_pushed_today((device.lab.get("pushed") or {}).get(policy.id)):
                return "duplicateSameDay"
        if action.kind == RETIRE:
            entry = self._store.get("retire", device.id)
            if entry is not None and entry["state"] != "cleared":
                return "alreadyListed"
        return ""

    def _is_pushed_today(self, last: str | None) -> bool:
        """`last` is when the policy last sent the device a push."""
        if self.rules["same-day"] == "rolling":
            sent = moment(last)
            return sent is not None and self.now - sent < _DAY
        return last is not None and last[:10] == self.now.date().isoformat()

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
            people = (self._person(id) for id in self.members.users(group_id))
            return [person["mail"] for person in people if person is not None and person.get("mail")]

        return outbox.copies(
            action.cc_group_ids,
            self.groups,
            mails,
            must_be_mail_enabled=self.rules["cc-group-must-be-mail-enabled"],
        )

    def _queue_mail(
        self, device: Device, policy: Rulebook, episode: int, key: str, action: Action, due: datetime
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
        self._log("mailQueued", device, policy, action, cause="due", due=due, episode=episode, sendAt=send_at)
        self._push(send_at, SEND, device, id)

    def _send(self, device: Device, id: str) -> None:
        mail = self.mails.get(id)
        if mail is None:
            return
        del self.mails[id]
        policy, entry = self.policies.get(mail["policyId"]), device.entries.get(mail["policyId"])
        action = Action(
            EMAIL,
            mail["action"]["hours"],
            mail["action"]["templateId"],
            tuple(mail["action"]["cc"]),
            id=mail["action"]["id"],
        )
        what, reason = "dropped", ""
        if policy is None or entry is None:
            reason = "assignmentRemoved"
        elif not entry.record.is_open or entry.record.episode != mail["episode"]:
            reason = "noLongerNoncompliant"
        elif reason := self._any_obstacle(device, policy, action):
            what = "mailSuppressed"
        if policy is None or reason:
            self._log(what, device, policy, action, cause="due", reason=reason, due=mail["due"])
            return
        self._write_mail(device, policy, action, mail["due"])

    def _write_mail(self, device: Device, policy: Rulebook, action: Action, due: str) -> None:
        user = self._user(device)
        template = self._template(action.template_id)
        message = self._message(template, user)
        if template is None or message is None or user is None:  # _obstacle has just said that this is not so
            raise AssertionError("a mail without template, message or user")
        if contact := self._last_contact(device):
            device.set("lastSyncDateTime", written(contact))
        subject, body, is_html = outbox.rendered(message, device.doc, user)
        cc, skipped = self._copies(action)
        number = self._next_mail()
        self._append(
            "mail",
            {
                "number": number,
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
                "device": outbox.device_block(device.doc) if self.rules["device-block"] == "shown" else None,
            },
        )
        self._log(
            "mailSent", device, policy, action, cause="due", due=due, mail=number, skipped=skipped or None
        )

    def _next_mail(self) -> int:
        if self._mail_number is None:
            self._mail_number = self._store.last_number("mail")
        self._mail_number += 1
        return self._mail_number

    def _send_push(
        self, device: Device, policy: Rulebook, episode: int, key: str, action: Action, due: datetime
    ) -> None:
        device.note("pushed", {**(device.lab.get("pushed") or {}), policy.id: written(self.now)})
        chance = self._chance("push", device.id, policy.id, episode, key).random()
        lost = chance < self.rules["push-loss-rate"]
        self._append(
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
        self._log("pushSent", device, policy, action, cause="due", due=due, episode=episode, reason=reason)

    def _tell_others(self, device: Device) -> None:
        """Another authority's device never gets the optional actions of the policies that target it; said once for each."""
        if device.authority == "intune":
            return
        told = dict(device.lab.get("told") or {})
        for policy in self._assigned(device):
            for key, action, _ in policy.actions:
                if key in told.get(policy.id, ()):
                    continue
                told[policy.id] = [*told.get(policy.id, ()), key]
                if action.kind in STEM:
                    reason = self._any_obstacle(device, policy, action)
                    event = f"{STEM[action.kind]}Suppressed"
                    self._log(event, device, policy, action, cause="assigned", reason=reason)
        device.note("told", told or None)

    def _deliver(self, device: Device) -> None:
        """Hands over what was queued for the device: locks, a retire, a wipe."""
        if device.lab.get("retireConfirmed"):
            self._remove(device, "retired", "retireConfirmed")
            return
        for queued in device.lab.get("queued") or ():
            name = queued["name"]
            if name in ("retire", "wipe"):
                self._remove(device, "retired" if name == "retire" else "wiped", queued["cause"])
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
                self._append(
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

    def _remove(self, device: Device, event: str, cause: str) -> None:
        self._log(event, device, cause=cause)
        device.gone = True
        for policy_id in device.entries:
            self._store.delete("record", record_id(device, policy_id))
        for id in [id for id, mail in self.mails.items() if mail["deviceId"] == device.id]:
            del self.mails[id]
        self._store.delete("retire", device.id)
        self._store.delete("device", device.id)
        del self.devices[device.id.lower()]

    def _result(self, device: Device, name: str, state: str) -> None:
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

    def _list_for_retire(self, device: Device, policy: Rulebook, due: datetime, listed: datetime) -> None:
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

    def _clear_listing(self, device: Device, policy: Rulebook) -> None:
        entry = self._store.get("retire", device.id)
        if entry is not None and entry["policyId"] == policy.id and entry["state"] == "listed":
            self._clear(device, entry, "compliantAgain")

    def _clear(self, device: Device, entry: dict[str, Any], cause: str) -> None:
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

    def _count_retire(self) -> bool:
        """Counts one retire of today; False where the day's allowance is used up."""
        today = self.now.date().isoformat()
        used = (self._store.meta("retires") or {}).get(today, 0)
        if used >= RETIRES_A_DAY:
            return False
        self._store.set_meta("retires", {today: used + 1})
        return True
