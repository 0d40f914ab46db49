"""IntuneCD, a backup tool of the field, backs the lab up: every kind of thing that the lab has.

Opt-in: pip install 'grace-intune[test,conformance]', then pytest -m conformance tests/conformance. The tool has the
service's address written into it, so requests to that address are led to the lab below it, in the HTTP library; the tool
itself is not changed. What the lab does not imitate (applications, profiles, scripts and so on) it is told to leave out.
"""

from __future__ import annotations

import json
from argparse import Namespace
from pathlib import Path
from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter

from conformance.packages import package
from toolkit.lab.app import Lab

# The tool's dependencies warn of parts of themselves.
pytestmark = [pytest.mark.conformance, pytest.mark.filterwarnings("ignore::DeprecationWarning")]

GRAPH = "https://graph.microsoft.com"
BACKED_UP = frozenset(
    [
        "assignments",
        "Compliance",
        "ConditionalAccess",
        "DeviceCompliancePolicies",
        "DeviceManagementSettings",
        "NotificationTemplate",
        "ScopeTags",
    ]
)


class ToLab(HTTPAdapter):
    def __init__(self, url: str, failed: list[str]) -> None:
        super().__init__()
        self.url = url
        self.failed = failed

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        request.url = str(request.url).replace(GRAPH, self.url, 1)
        response = super().send(request, *args, **options)
        if response.status_code >= 400:
            self.failed.append(f"{request.method} {request.url}: {response.text}")
        return response


@pytest.fixture
def backup(server, tmp_path, monkeypatch, capsys) -> Path:
    """The folder of a whole backup, with an audit; every request was answered well."""
    package("IntuneCD")
    from IntuneCD import backup_intune
    from IntuneCD.run_backup import get_parser

    failed: list[str] = []
    prepare = requests.Session.__init__

    def led(session: requests.Session) -> None:
        prepare(session)
        session.mount(GRAPH, ToLab(server.url, failed))

    monkeypatch.setattr(requests.Session, "__init__", led)
    exclude = next(action for action in get_parser()._actions if action.dest == "exclude")
    results: list[dict[str, Any]] = []
    backup_intune.backup_intune(
        results,
        str(tmp_path / "backup"),
        "json",
        [name for name in exclude.choices if name not in BACKED_UP],
        {"access_token": server.token},
        None,
        False,
        Namespace(audit=True, ignore_omasettings=False, activationlock=False, autopilot=False),
        1,
        [],
    )
    said = capsys.readouterr().out
    assert (failed, [line for line in said.splitlines() if "[ERROR]" in line]) == ([], [])
    assert len(results) == len(BACKED_UP) - 1
    return tmp_path / "backup"


def files(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))]


def in_lab(lab: Lab, kind: str) -> list[dict[str, Any]]:
    """What is stored, without the service's own template, which the tool leaves out by itself."""
    return [
        row for row in lab.store.all(kind) if row.get("displayName") != "EnrollmentNotificationInternalMEO"
    ]


def test_everything_that_the_lab_has_is_in_the_backup(server, backup):
    lab = server.lab
    policies = files(backup / "Compliance Policies" / "Policies")
    wanted = {row["displayName"] for row in in_lab(lab, "policy")}
    wanted |= {row["name"] for row in in_lab(lab, "catalogPolicy")}
    assert {row.get("displayName") or row.get("name") for row in policies} == wanted
    for folder, kind, key in (
        ("Compliance Policies/Message Templates", "template", "displayName"),
        ("Conditional Access", "access", "displayName"),
        ("Scope Tags", "scopeTag", "displayName"),
    ):
        assert {row[key] for row in files(backup / folder)} == {row[key] for row in in_lab(lab, kind)}, folder
    (settings,) = files(backup / "Device Management Settings")
    assert settings["deviceComplianceCheckinThresholdDays"] == 30


def test_schedules_assignments_and_messages_are_in_the_backup(server, backup):
    lab = server.lab
    for kind, key in (("policy", "displayName"), ("catalogPolicy", "name")):
        saved = {row[key]: row for row in files(backup / "Compliance Policies" / "Policies") if key in row}
        for policy in in_lab(lab, kind):
            row = saved[policy[key]]
            (rule,) = row["scheduledActionsForRule"]
            (stored,) = policy["scheduledActionsForRule"]
            assert [
                (action["actionType"], action["gracePeriodHours"])
                for action in rule["scheduledActionConfigurations"]
            ] == [
                (action["actionType"], action["gracePeriodHours"])
                for action in stored["scheduledActionConfigurations"]
            ]
            assert len(row.get("assignments", [])) == len(policy["assignments"])
            if kind == "catalogPolicy":
                assert len(row["settings"]) == len(policy["settings"])
    named = [
        action["notificationTemplateName"]
        for row in files(backup / "Compliance Policies" / "Policies")
        for action in row["scheduledActionsForRule"][0]["scheduledActionConfigurations"]
        if action["actionType"] == "notification"
    ]
    assert set(named) <= {row["displayName"] for row in in_lab(lab, "template")}
    assert named
    templates = {
        row["displayName"]: row for row in files(backup / "Compliance Policies" / "Message Templates")
    }
    for template in in_lab(lab, "template"):
        saved_messages = templates[template["displayName"]]["localizedNotificationMessages"]
        assert len(saved_messages) == len(template["localizedNotificationMessages"])


def test_the_templates_of_the_backup_are_read_into_an_empty_lab_again(server, backup, bare):
    bare.ok("lab init empty")
    answer = bare.run(
        ["lab", "import", str(backup / "Compliance Policies" / "Message Templates"), "-o", "json"]
    )
    assert (answer.code, {row["result"] for row in answer.json}) == (0, {"imported"}), answer.stderr
    names = {row["displayName"] for row in bare.json("template list")}
    assert names == {row["displayName"] for row in in_lab(server.lab, "template")}
