"""Asking a lab in tests: Wire(lab).get("/v1.0/...") gives (status, JSON or text)."""

from __future__ import annotations

import json
from typing import Any

from toolkit.lab.app import Lab, Request, create_lab

POLICIES = "/beta/deviceManagement/deviceCompliancePolicies"
TEMPLATES = "/v1.0/deviceManagement/notificationMessageTemplates"
ZERO = "00000000-0000-0000-0000-000000000000"
SCHEDULE = "$expand=scheduledActionsForRule($expand=scheduledActionConfigurations)"


class Wire:
    def __init__(self, lab: Lab | None = None) -> None:
        self.lab = lab if lab is not None else create_lab(":memory:")

    def ask(self, method: str, url: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        raw = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        response = self.lab.handle(Request(method, url, named, raw))
        if not response.body:
            return response.status, None
        return response.status, (
            response.json() if "json" in response.headers["Content-Type"] else response.body.decode()
        )

    def get(self, url: str, **headers: str) -> Any:
        """The answer, which must be a 200."""
        status, answer = self.ask("GET", url, **headers)
        assert status == 200, answer
        return answer

    def refused(self, method: str, url: str, body: Any = None, **headers: str) -> tuple[int, str, str]:
        """(status, code, sentence) of an error; Intune's nested text is read."""
        status, answer = self.ask(method, url, body, **headers)
        assert status >= 400, answer
        error = answer["error"]
        message = error["message"]
        if message.startswith("{"):
            message = json.loads(message)["Message"].partition(" - Operation ID")[0]
        return status, error["code"], message

    def id(self, kind: str, name: str) -> str:
        key = {"device": "deviceName", "catalogPolicy": "name"}.get(kind, "displayName")
        return next(row["id"] for row in self.lab.store.all(kind) if row[key] == name)

    def actions(self, policy_id: str) -> list[tuple[str, int]]:
        rule = self.get(f"{POLICIES}/{policy_id}?{SCHEDULE}")["scheduledActionsForRule"][0]
        return [(row["actionType"], row["gracePeriodHours"]) for row in rule["scheduledActionConfigurations"]]


def action(kind: str, hours: int, template: str = "", copies: tuple[str, ...] = ()) -> dict[str, Any]:
    return {
        "actionType": kind,
        "gracePeriodHours": hours,
        "notificationTemplateId": template,
        "notificationMessageCCList": list(copies),
    }


def new_policy(
    *actions: dict[str, Any], kind: str = "iosCompliancePolicy", **settings: Any
) -> dict[str, Any]:
    return {
        "@odata.type": f"#microsoft.graph.{kind}",
        "displayName": "New",
        **settings,
        "scheduledActionsForRule": [
            {
                "ruleName": "PasswordRequired",
                "scheduledActionConfigurations": list(actions) or [action("block", 0)],
            }
        ],
    }


def schedule(*actions: dict[str, Any]) -> dict[str, Any]:
    return {
        "deviceComplianceScheduledActionForRules": [
            {"ruleName": "PasswordRequired", "scheduledActionConfigurations": list(actions)}
        ]
    }
