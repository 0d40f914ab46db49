"""What was foretold on day 0 is what the lab did by day 30, where nothing else changes."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness import Grace
from toolkit.forecast.exposure import CHANGED

POLICIES = ("Windows baseline", "macOS baseline", "iOS baseline", "Android work profile baseline")
DONE = {
    "email": "mailQueued",
    "lock": "lockQueued",
    "push": "pushSent",
    "retire": "retireListed",
    "mark": "marked",
}


def foretold(grace: Grace, policy: str, **more: str) -> set[tuple[str, str, str]]:
    plan = f" --plan {more['plan']}" if "plan" in more else ""
    found = grace.json(f"fleet impact '{policy}'{plan} --days 29")
    return {(t["deviceName"], t["kind"], t["at"]) for t in found["touches"] if not t["note"]}


def happened(grace: Grace, policy: str) -> set[tuple[str, str, str]]:
    words = {event: kind for kind, event in DONE.items()}
    return {
        (event["deviceName"], words[event["what"]], event["at"])
        for event in grace.json(f"lab events --policy '{policy}'")
        if event["what"] in words and not (event["what"] == "marked" and event.get("cause") == "settled")
    }


@pytest.mark.parametrize("policy", POLICIES)
def test_the_forecast_is_what_the_lab_does_device_by_device(grace: Grace, policy: str) -> None:
    grace.ok("lab advance 1d")  # past the first check-ins of the story's new devices
    seen = happened(grace, policy)
    expected = foretold(grace, policy)
    grace.ok("lab advance 29d")
    new = set(happened(grace, policy) - seen)
    # Devices that only become noncompliant later (out of contact, for one) are not foretold.
    known = {(device, kind) for device, kind, _ in expected}
    assert expected
    assert {e for e in new if (e[0], e[1]) in known} >= expected


def test_a_saved_plan_is_foretold_without_being_applied(grace: Grace, tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    before = grace.content()
    grace.ok(f"action add 'Windows baseline' --email 'Final warning' --days 9 --save-plan {path}")
    found = grace.json(f"fleet impact --plan {path}")
    assert found["totals"]["byKind"]["email"] > found["totals"]["byKindBefore"]["email"]
    assert grace.content() == before


def test_the_numbers_add_up(grace: Grace) -> None:
    found = grace.json("fleet impact")
    touches = found["touches"]
    assert found["totals"]["devices"] == len({t["deviceId"] for t in touches})
    assert found["totals"]["mails"] == sum(t["kind"] == "email" and not t["note"] for t in touches)
    assert sum(row["mails"] for row in found["perDay"]) == found["totals"]["mails"]
    assert [t["at"] for t in touches] == sorted(t["at"] for t in touches)


def test_a_user_without_mail_and_a_partner_managed_mac_are_told_apart(grace: Grace) -> None:
    notes = {t["note"] for t in grace.json("fleet impact --days 60")["touches"]}
    assert notes <= {"", "noMail", "partnerManaged", "noPrimaryUser", "platformUnsupported", "alreadyListed"}


def test_the_other_reading_moves_what_comes_after_the_mark(grace: Grace) -> None:
    first = grace.json("fleet impact 'macOS baseline' --days 60")
    later = grace.json("fleet impact 'macOS baseline' --days 60 --reading after-mark")

    def locks(found: dict[str, list[dict[str, str]]]) -> list[str]:
        return [t["at"] for t in found["touches"] if t["kind"] == "lock"]

    assert locks(first) < locks(later)


def retires(grace: Grace, policy: str = "Windows baseline") -> set[tuple[str, str]]:
    """The entries on the retire list, whose wait counts from the beginning and not from the mark."""
    touches = grace.json(f"fleet impact '{policy}' --days 60")["touches"]
    return {(t["deviceName"], t["at"]) for t in touches if t["kind"] == "retire"}


def test_a_grace_that_grace_itself_edited_moves_no_beginning(grace: Grace) -> None:
    """The reported expiry belongs to the old grace until the device reports again; the journal knows the old one."""
    before = retires(grace)
    assert before
    grace.ok("action edit 'Windows baseline' mark --days 10 --yes --force 'Windows baseline'")
    assert retires(grace) == before
    grace.ok("action edit 'Windows baseline' mark --days 2 --yes --force 'Windows baseline'")
    grace.ok("undo --yes --force 'Windows baseline'")
    assert retires(grace) == before
    assert grace.json("fleet impact 'Windows baseline'")["untold"] == []


def test_a_grace_that_somebody_else_edited_is_told_again_once_the_devices_have_reported(grace: Grace) -> None:
    before = retires(grace)
    grace.ok("action edit 'Windows baseline' mark --days 10 --yes --force 'Windows baseline'")
    shutil.rmtree(grace.home / "journal")
    found = grace.json("fleet impact 'Windows baseline'")
    assert (found["touches"], {item["reason"] for item in found["untold"]}) == ([], {CHANGED})
    assert {item["deviceName"] for item in found["untold"]} >= {name for name, _ in before}
    grace.ok("lab advance 1d")
    assert grace.json("fleet impact 'Windows baseline'")["untold"] == []
    assert retires(grace) >= before


def test_where_nothing_can_be_foretold_nobody_says_that_nobody_is_touched(grace: Grace) -> None:
    grace.ok("action edit 'Windows baseline' mark --days 10 --yes --force 'Windows baseline'")
    shutil.rmtree(grace.home / "journal")
    answer = grace.ok("fleet impact 'Windows baseline'")
    count = len(grace.json("fleet impact 'Windows baseline'")["untold"])
    assert answer.stdout == ""
    assert "Nobody" not in answer.stderr
    assert f"Whom it touches cannot be foretold: {count} device states have no date." in answer.stderr


def test_a_policy_without_reports_is_not_taken_for_one_that_touches_nobody(grace: Grace) -> None:
    """The catalog's policies report no devices, so of them nothing is known."""
    answer = grace.ok("fleet impact 'Linux baseline'")
    assert "Nobody" not in answer.stderr
    assert "Whom it touches cannot be foretold" in answer.stderr
    nobody = grace.ok("fleet impact 'Windows baseline (unassigned)'")
    assert nobody.stderr.startswith("Nobody is touched: no noncompliant device has an action ahead.\n")
    both = grace.ok("fleet impact 'Windows baseline (unassigned)' 'Linux baseline'").stderr
    assert "Nobody" not in both


def saved(grace: Grace, tmp_path: Path, line: str = "action edit 'Windows baseline' mark --days 9") -> Path:
    path = tmp_path / "plan.json"
    grace.ok(f"{line} --save-plan {path}")
    return path


def altered(path: Path, change: Callable[[Any], None]) -> Path:
    plan = json.loads(path.read_text())
    change(plan)
    path.write_text(json.dumps(plan))
    return path


def test_a_plan_for_another_tenant_is_refused(grace: Grace, tmp_path: Path) -> None:
    path = saved(grace, tmp_path)
    grace.ok("lab init --seed 2 --tenant lab-e")
    answer = grace.run(f"fleet impact --plan {path} --tenant lab-e -o json")
    assert (answer.code, answer.stdout, answer.error["code"]) == (2, "", "UsageProblem")
    assert 'was made for tenant "Contoso"' in answer.error["message"]


def test_a_plan_for_a_policy_that_is_not_there_is_stale(grace: Grace, tmp_path: Path) -> None:
    path = saved(grace, tmp_path)
    grace.ok("policy remove 'Windows baseline' --yes --force 'Windows baseline'")
    answer = grace.run(f"fleet impact --plan {path} -o json")
    assert (answer.code, answer.stdout, answer.error["code"]) == (5, "", "StalePlan")
    assert answer.error["message"] == 'Policy "Windows baseline" is gone since the plan was made.'


def test_a_plan_for_a_schedule_that_is_another_by_now_is_stale(grace: Grace, tmp_path: Path) -> None:
    path = saved(grace, tmp_path)
    grace.ok("action edit 'Windows baseline' mark --days 4 --yes --force 'Windows baseline'")
    answer = grace.run(f"fleet impact --plan {path} 'macOS baseline' -o json")
    assert (answer.code, answer.stdout, answer.error["code"]) == (5, "", "StalePlan")
    assert answer.error["message"] == (
        'The schedule of policy "Windows baseline" is no longer the one that the plan was made for.'
    )
    grace.ok("undo --yes --force 'Windows baseline'")
    assert grace.json(f"fleet impact --plan {path}")["totals"]["byKindBefore"] is not None


def test_the_journal_is_read_by_the_clock_of_the_tenant(grace: Grace) -> None:
    """The lab is ahead of this machine here; by the machine's clock every edit would lie before every report."""
    grace.ok("lab advance 25d")
    grace.ok("action edit 'macOS baseline' mark --days 15 --yes --force 'macOS baseline'")
    grace.ok("lab advance 1d")  # now every device has reported under it
    before = retires(grace, "macOS baseline")
    assert before
    grace.ok("action edit 'macOS baseline' mark --days 20 --yes --force 'macOS baseline'")
    found = grace.json("fleet impact 'macOS baseline' --days 60")
    assert (found["untold"], retires(grace, "macOS baseline")) == ([], before)


def test_an_edit_by_grace_does_not_vouch_for_what_somebody_else_did_before_it(grace: Grace) -> None:
    grace.ok("action edit 'Windows baseline' mark --days 10 --yes --force 'Windows baseline'")
    shutil.rmtree(grace.home / "journal")
    grace.ok("action add 'Windows baseline' --email 'Final warning' --days 9 --yes")
    found = grace.json("fleet impact 'Windows baseline'")
    assert (found["touches"], {item["reason"] for item in found["untold"]}) == ([], {CHANGED})
