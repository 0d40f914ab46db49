"""What was foretold on day 0 is what the lab did by day 30, where nothing else changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness import Grace

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
    assert notes <= {"", "noMail", "partnerManaged", "noPrimaryUser", "platformUnsupported"}


def test_the_other_reading_moves_what_comes_after_the_mark(grace: Grace) -> None:
    first = grace.json("fleet impact 'macOS baseline' --days 60")
    later = grace.json("fleet impact 'macOS baseline' --days 60 --reading after-mark")

    def locks(found: dict[str, list[dict[str, str]]]) -> list[str]:
        return [t["at"] for t in found["touches"] if t["kind"] == "lock"]

    assert locks(first) < locks(later)
