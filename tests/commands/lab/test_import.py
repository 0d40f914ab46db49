"""Real exported policies: imported, listed, given a schedule, watched over time, and taken back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness import SHARED, Grace

EXPORTS = SHARED / "fixtures" / "intune-hydration-kit"
pytestmark = pytest.mark.skipif(
    not EXPORTS.is_dir(), reason="the exported policies are not beside this checkout"
)

POLICIES = (
    "Android-Compliance-FullyManaged-Strict",
    "iOS Compliance",
    "iOS Compliance - Strict",
    "Linux Compliance - Strict",
    "macOS Compliance - Strict",
    "Windows Compliance Policy",
    "Windows Custom Compliance",
)


@pytest.fixture
def imported(grace: Grace) -> Grace:
    answer = grace.run(["lab", "import", str(EXPORTS), "-o", "json"])
    assert (answer.code, {row["result"] for row in answer.json}) == (0, {"imported"})
    return grace


def test_every_file_imports(imported: Grace) -> None:
    names = {p.get("displayName") or p.get("name") for p in imported.json("policy list")}
    assert set(POLICIES) <= names
    assert "First Alert" in {t["displayName"] for t in imported.json("template list")}


def test_what_cannot_be_kept_is_said(imported: Grace) -> None:
    imported.ok("lab init empty --tenant lab-b")
    answer = imported.run(
        ["lab", "import", str(EXPORTS / "hydrationkit-ios-compliance-strict.json"), "--tenant", "lab-b"]
    )
    assert "6790e94e-ccb9-4936-bbcc-017958b54210" in answer.stdout + answer.stderr


@pytest.mark.parametrize("name", POLICIES)
def test_each_can_be_given_an_action_and_undone(imported: Grace, name: str) -> None:
    before = imported.content()
    imported.ok(["action", "add", name, "--email", "First Alert", "--days", "3", "--yes"])
    rows = imported.json(f"action list '{name}'")
    assert ("First Alert", 72) in {(row["templateName"], row["gracePeriodHours"]) for row in rows}
    imported.ok("undo --yes")
    assert imported.content() == before


@pytest.mark.parametrize("name", POLICIES)
def test_a_real_policy_goes_out_and_comes_in_again_unharmed(
    imported: Grace, name: str, tmp_path: Path
) -> None:
    shown = imported.ok(["policy", "show", name, "-o", "json"]).stdout
    document = json.loads(shown)
    # A template of another tenant is an error on the way in; name one that is here.
    text = shown.replace(
        "6790e94e-ccb9-4936-bbcc-017958b54210", imported.json("template list 'First Alert'")[0]["id"]
    )
    imported.ok(["policy", "new", "--from-json", "-", "--name", "Copy", "--yes"], stdin=text)
    copy = imported.ok(["policy", "show", "Copy", "-o", "json"]).json
    fleeting = {
        "id",
        "displayName",
        "name",
        "version",
        "createdDateTime",
        "lastModifiedDateTime",
        "scheduledActionsForRule",
    }
    fleeting |= {key for key in (*document, *copy) if "@odata.context" in key}

    def lasting(value: object) -> object:
        return {k: v for k, v in value.items() if k not in fleeting} if isinstance(value, dict) else value

    assert _without_ids(lasting(copy)) == _without_ids(lasting(document))


def _without_ids(value: object) -> object:
    if isinstance(value, dict):
        return {k: _without_ids(v) for k, v in value.items() if k not in ("id", "sourceId")}
    return [_without_ids(item) for item in value] if isinstance(value, list) else value


def test_the_whole_job_on_a_real_policy(imported: Grace) -> None:
    """Assigned, scheduled, thirty days, mails and locks, and back."""
    name = "iOS Compliance - Strict"
    imported.ok(["policy", "assign", name, "--group", "All employees", "--yes"])
    before = imported.content()
    schedule = "[{mark: 3d}, {email: First Alert, after: 2d}, {email: First Alert, after: 5d}, {lock: 7d}]"
    answer = imported.ok(["action", "set", name, "--from-file", "-", "--yes", "-o", "json"], stdin=schedule)
    assert answer.json["results"][0]["state"] == "done"
    imported.ok("lab advance 30d")
    mails = [m for m in imported.json("lab mail list") if m["policyName"] == name]
    assert mails
    assert {m["subject"] for m in mails} == {"First Warning"}
    imported.ok(["undo", "2", "--force", name])
    assert imported.content() == before
