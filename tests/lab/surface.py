"""Asking a lab in tests: Wire(lab).get("/v1.0/...") gives (status, JSON or text).

In process, or over real HTTP where `way` says so (conftest.py asks the same things both ways).
"""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar
from urllib.parse import quote, urlsplit

from toolkit.lab.app import Lab, Request, Response, create_lab
from toolkit.lab.serve import LabServer

POLICIES = "/beta/deviceManagement/deviceCompliancePolicies"
TEMPLATES = "/v1.0/deviceManagement/notificationMessageTemplates"
ZERO = "00000000-0000-0000-0000-000000000000"
SCHEDULE = "$expand=scheduledActionsForRule($expand=scheduledActionConfigurations)"


IN_PROCESS, SERVED = "in process", "served"


class Carrier:
    """Takes requests to a lab over one kept connection."""

    def __init__(self, lab: Lab) -> None:
        # Under the name that the lab has in process, so that links are the same both ways.
        self.server = LabServer(lab, public_url=lab.base_url, throttled=False)
        self.server.start()
        self.connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=30)

    def __call__(self, request: Request) -> Response:
        parts = urlsplit(request.url)
        # Tests write addresses as people read them; a client sends them in ASCII.
        path = quote(parts.path + (f"?{parts.query}" if parts.query else ""), safe="/?#[]@!$&'()*+,;=:%~")
        headers = {"Authorization": f"Bearer {self.server.token}", **request.headers}
        self.connection.request(request.method, path, request.body, headers)
        answer = self.connection.getresponse()
        return Response(answer.status, dict(answer.getheaders()), answer.read())

    def close(self) -> None:
        self.connection.close()
        self.server.stop()
        self.server.lab.guard = None


@contextmanager
def carried(way: str) -> Iterator[None]:
    """What is asked meanwhile goes to the lab this way, through whichever Wire."""
    _Now.way = way
    try:
        yield
    finally:
        carriers, _Now.way, _Now.carriers = _Now.carriers, IN_PROCESS, {}
        for carrier in carriers.values():
            carrier.close()


class _Now:
    way = IN_PROCESS
    carriers: ClassVar[dict[int, Carrier]] = {}
    """By the identity of the lab."""


class Wire:
    def __init__(self, lab: Lab | None = None) -> None:
        self.lab = lab if lab is not None else create_lab(":memory:")

    def carry(self, request: Request) -> Response:
        if _Now.way == IN_PROCESS:
            return self.lab.handle(request)
        if id(self.lab) not in _Now.carriers:
            _Now.carriers[id(self.lab)] = Carrier(self.lab)
        return _Now.carriers[id(self.lab)](request)

    def ask(self, method: str, url: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        raw = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        response = self.carry(Request(method, url, named, raw))
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
