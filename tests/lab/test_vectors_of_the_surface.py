"""The test vectors of intune-behaviour section 11.9 that are about what the service accepts."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest

from facts import documented
from harness import Grace
from toolkit.lab.app import Lab, Request, create_lab

BLOCK = {"actionType": "block", "gracePeriodHours": 8}
MAIL = {"actionType": "notification", "gracePeriodHours": 0}


@pytest.fixture
def lab() -> Lab:
    return create_lab(":memory:", "empty")


def post(lab: Lab, *actions: dict[str, object]) -> tuple[int, str]:
    body = {
        "@odata.type": "#microsoft.graph.iosCompliancePolicy",
        "displayName": "P",
        "scheduledActionsForRule": [
            {"ruleName": "PasswordRequired", "scheduledActionConfigurations": list(actions)}
        ],
    }
    url = "/beta/deviceManagement/deviceCompliancePolicies"
    answer = lab.handle(Request("POST", url, {"content-type": "application/json"}, json.dumps(body).encode()))
    return answer.status, answer.body.decode()


@pytest.mark.parametrize("actions", [(), (MAIL,), (BLOCK, BLOCK)], ids=["none", "no block", "two blocks"])
def test_TV21_a_policy_without_one_block_is_refused_with_the_documented_message(
    lab: Lab, actions: tuple[dict[str, object], ...]
) -> None:
    status, body = post(lab, *actions)
    assert status == 400
    assert str(documented.BLOCK.value) in body


def test_TV3_both_timelines_of_a_mail_in_grace_are_shown(grace: Grace) -> None:
    timeline = grace.json("action explain 'Windows baseline' --since 2026-11-02")
    grace_hours = next(row["gracePeriodHours"] for row in timeline["events"] if row["kind"] == "mark")
    shifts = {
        datetime.fromisoformat(row["atAfterMark"]) - datetime.fromisoformat(row["at"])
        for row in timeline["events"]
        if row["kind"] != "mark"
    }
    assert (timeline["readingsDiffer"], shifts) == (True, {timedelta(hours=grace_hours)})
    assert "IF COUNTED FROM THE MARK" in grace.ok("action explain 'Windows baseline'").stdout


def test_TV3_a_mail_in_grace_is_warned_about(grace: Grace) -> None:
    plan = grace.json("action add 'Windows baseline' --email 'Final warning' --days 1 --what-if")
    assert "mail-in-grace" in [finding["code"] for finding in plan["findings"]]


def test_TV20_eight_hours_are_accepted_and_warned_about(lab: Lab, grace: Grace) -> None:
    assert post(lab, BLOCK)[0] == 201
    plan = grace.json("action edit 'macOS baseline' mark --hours 8 --what-if")
    finding = next(f for f in plan["findings"] if f["code"] == "portal-step")
    assert "0.33 days" in finding["sentence"]
