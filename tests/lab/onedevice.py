"""One-device labs from documents, and their diaries as (day hh:mm, what) rows."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from toolkit.lab import rules
from toolkit.lab.reading import written
from toolkit.lab.store import Store
from toolkit.lab.world import World

START = datetime(2026, 11, 2, 0, 0, tzinfo=UTC)

_POLICIES = {
    "windows": ("#microsoft.graph.windows10CompliancePolicy", "bitLockerEnabled"),
    "ios": ("#microsoft.graph.iosCompliancePolicy", "passcodeRequired"),
    "macos": ("#microsoft.graph.macOSCompliancePolicy", "passwordRequired"),
}
_GRAPH = {
    "mark": "block",
    "email": "notification",
    "push": "pushNotification",
    "lock": "remoteLock",
    "retire": "retire",
}


def at(day: float = 0, minutes: int = 0) -> datetime:
    return START + timedelta(days=day, minutes=minutes)


def action(kind: str, hours: int = 0, *, template: str = "t1", cc: Iterable[str] = ()) -> dict[str, Any]:
    return {
        "id": f"{kind}-{hours}",
        "actionType": _GRAPH.get(kind, kind),
        "gracePeriodHours": hours,
        "notificationTemplateId": template if kind == "email" else "",
        "notificationMessageCCList": list(cc),
    }


def policy(
    id: str = "p1", *actions: dict[str, Any], platform: str = "windows", **more: Any
) -> dict[str, Any]:
    """Assigned to all devices. It asks for one thing, which the device's fact of the same name may fail."""
    odata_type, setting = _POLICIES[platform]
    return {
        "@odata.type": odata_type,
        "id": id,
        "displayName": f"Policy {id}",
        "version": 1,
        setting: True,
        "scheduledActionsForRule": [
            {"id": id, "ruleName": None, "scheduledActionConfigurations": list(actions)}
        ],
        "assignments": [
            {"id": f"{id}-a", "target": {"@odata.type": "#microsoft.graph.allDevicesAssignmentTarget"}}
        ],
        **more,
    }


def template(id: str = "t1", **messages: Any) -> dict[str, Any]:
    default = {
        "locale": "en-us",
        "subject": "Hello {{UserName}}",
        "messageTemplate": "Look at {{DeviceName}}",
        "isDefault": True,
    }
    return {
        "id": id,
        "displayName": f"Template {id}",
        "brandingOptions": "includeCompanyLogo,includeCompanyName",
        "localizedNotificationMessages": messages.get("messages", [default]),
    }


def device(id: str = "d1", *, platform: str = "windows", fails: bool = True, **lab: Any) -> dict[str, Any]:
    """Enrolled at START; `fails` is whether it fails what `policy` asks for."""
    more = lab.pop("document", {})
    return {
        "id": id,
        "deviceName": f"PC-{id}",
        "operatingSystem": "Windows",
        "osVersion": "10.0.22631.4169",
        "model": "Model 1",
        "userId": "u1",
        "userPrincipalName": "ada@contoso.example",
        "enrolledDateTime": written(START),
        "lastSyncDateTime": written(START),
        "managementState": "managed",
        "deviceActionResults": [],
        "lab": {
            "variant": platform,
            "platform": platform,
            "entraObjectId": f"e-{id}",
            "online": True,
            "passcodeSet": True,
            "companyPortal": True,
            "pushAllowed": True,
            "authority": "intune",
            "facts": {_POLICIES[platform][1]: not fails},
            **lab,
        },
        **more,
    }


def user(id: str = "u1", **more: Any) -> dict[str, Any]:
    return {
        "id": id,
        "displayName": "Ada Lovelace",
        "userPrincipalName": "ada@contoso.example",
        "mail": "ada.lovelace@contoso.example",
        "preferredLanguage": None,
        "accountEnabled": True,
        "lab": {"licensed": True},
        **more,
    }


class Tenant:
    """A lab in memory, settled at START, with words for what a test does and asks."""

    def __init__(
        self, *documents: tuple[str, dict[str, Any]], switches: dict[str, str] | None = None, **meta: Any
    ) -> None:
        self.store = Store(":memory:")
        self.store.set_meta("clock", written(START))
        self.store.set_meta("seed", 1)
        self.store.set_meta("brand", {"displayName": "Contoso", "showLogo": True})
        for key, value in meta.items():
            self.store.set_meta(key, value)
        for kind, document in documents:
            self.store.put(kind, document["id"], document)
        for name, text in (switches or {}).items():
            rules.set_value(self.store, name, text)
        self.world = World(self.store)
        self.world.settle()

    def until(self, day: float, minutes: int = 0) -> Tenant:
        self.world.advance(at(day, minutes))
        return self

    def device(self, id: str = "d1") -> dict[str, Any]:
        found = self.store.get("device", id)
        assert found is not None
        return found

    def state(self, id: str = "d1") -> str:
        return str(self.device(id)["complianceState"])

    def change(self, kind: str, id: str, **new: Any) -> None:
        document = self.store.get(kind, id)
        assert document is not None
        self.store.put(kind, id, {**document, **new})

    def set_actions(self, policy_id: str, *actions: dict[str, Any]) -> None:
        """As scheduleActionsForRules does it: the whole set anew, and the version one higher."""
        document = self.store.get("policy", policy_id)
        assert document is not None
        rule = {"id": policy_id, "ruleName": None, "scheduledActionConfigurations": list(actions)}
        self.change("policy", policy_id, version=document["version"] + 1, scheduledActionsForRule=[rule])
        self.world.policy_changed(policy_id)

    def events(self, *names: str) -> list[dict[str, Any]]:
        return [event for _, event in self.store.log("event") if not names or event["what"] in names]

    def diary(self, *names: str) -> list[str]:
        """Events as "3 01:00 mailSent", with the reason behind where there is one."""
        return [
            " ".join(filter(None, (moment_of(event["at"]), event["what"], event.get("reason"))))
            for event in self.events(*names)
        ]

    def mails(self) -> list[dict[str, Any]]:
        return [mail for _, mail in self.store.log("mail")]

    def dump(self) -> str:
        """Everything that the log knows, as one text."""
        return json.dumps([self.store.log(kind) for kind in ("event", "mail", "push", "lock")])


def moment_of(text: str) -> str:
    """Days and time of day since START."""
    passed = datetime.fromisoformat(text) - START
    minutes = int(passed.total_seconds() // 60)
    return f"{minutes // 1440} {minutes % 1440 // 60:02}:{minutes % 60:02}"
