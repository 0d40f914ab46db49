"""Undo restores the same object, refuses when the tenant moved, is an entry itself and can be undone."""

from __future__ import annotations

import json
import re

import pytest

from harness import Grace

CHANGES = {
    "an email": "action add 'Windows baseline' --email 'Final warning' --days 9 --yes",
    "a wait": "action edit 'macOS baseline' mark --days 9 --yes",
    "a removed action": "action remove 'Windows baseline' 1 --yes",
    "a copied schedule": "action copy 'iOS baseline' --to 'iOS pilot' --force 'iOS pilot'",
    "a new template": "template new --name N --subject S --message M",
    "an edited template": "template edit 'First warning' --portal-link --no-logo --rename 'First words' --yes",
    "a moved default": "template localize 'First warning' --locale fr-fr --default --yes",
    "a new language": "template localize 'Final warning' --locale es-es --subject S --message M --yes",
    "a removed language": "template unlocalize 'First warning' --locale de-de --yes",
    "an edited policy": "policy edit 'iOS baseline' --set passcodeMinimumLength=8 --rename Other --yes",
    "an unset setting": "policy edit 'iOS baseline' --unset passcodeRequired --yes",
    "an assignment": "policy assign 'Windows strict' --group 'Pilot users' --exclude 'Kiosk devices' --yes",
    "nobody assigned": "policy assign 'Windows strict' --unassign 'Pilot users' --group 'All employees' --yes",
    "a Linux schedule": "action add 'Linux baseline' --email 'Final warning' --days 9 --yes",
}


@pytest.mark.parametrize("line", CHANGES.values(), ids=CHANGES)
def test_undo_brings_back_the_same_object_and_redo_the_change(grace: Grace, line: str) -> None:
    before = grace.content()
    grace.ok(line)
    changed = grace.content()
    assert changed != before
    take_back(grace, "1")
    assert grace.content() == before
    take_back(grace, "2")
    if "new --name" not in line:  # what was created anew has a new id
        assert grace.content() == changed


def take_back(grace: Grace, entry: str) -> None:
    """Undo, and where that is high risk say what is meant, as the hint asks for."""
    answer = grace.run(["undo", entry, "--yes"])
    if answer.code == 2:
        meant = re.search(r'--force ("?)([^".]+)\1\.', answer.stderr)
        assert meant is not None, answer
        answer = grace.run(["undo", entry, "--force", meant[2]])
    assert answer.code == 0, answer


REMOVALS = {
    "template": ["template", "remove", "Unused draft", "--force", "Unused draft"],
    "policy": ["policy", "remove", "iOS pilot", "--force", "iOS pilot"],
    "Linux policy": ["policy", "remove", "Linux baseline", "--force", "Linux baseline"],
}


def _without_ids(value: object) -> object:
    if isinstance(value, dict):
        return {k: _without_ids(v) for k, v in value.items() if k not in ("id", "isAssigned", "sourceId")}
    if isinstance(value, list):
        return sorted((_without_ids(v) for v in value), key=lambda item: json.dumps(item, sort_keys=True))
    return value


@pytest.mark.parametrize("words", REMOVALS.values(), ids=REMOVALS)
def test_what_was_removed_comes_back_whole_under_a_new_id(grace: Grace, words: list[str]) -> None:
    before = grace.content()
    grace.ok(words)
    assert grace.content() != before
    plan = grace.ok("undo --what-if")
    assert "under a new id" in plan.stderr
    grace.ok("undo --yes")
    assert _without_ids(grace.content()) == _without_ids(before)


def test_a_template_that_comes_back_is_used_again_where_it_was(grace: Grace) -> None:
    usage = [(r["policyName"], r["position"]) for r in grace.json("template usage 'First warning'")]
    grace.ok(["template", "remove", "First warning", "--force", "First warning"])
    grace.ok("undo --yes")
    assert [(r["policyName"], r["position"]) for r in grace.json("template usage 'First warning'")] == usage


def test_undo_is_refused_with_all_three_states_when_somebody_else_changed_it(grace: Grace) -> None:
    grace.ok("action edit 'macOS baseline' mark --days 9 --yes")
    grace.ok("action edit 'macOS baseline' mark --days 10 --yes")
    before = grace.content()
    answer = grace.run("undo 1 --yes -o json")
    assert answer.code == 5
    states = answer.error["states"]

    def grace_hours(state: list[dict[str, object]]) -> int:
        items = [item for rule in state for item in rule["scheduledActionConfigurations"]]  # type: ignore[attr-defined]
        return next(item["gracePeriodHours"] for item in items if item["actionType"] == "block")

    assert [grace_hours(states[name]) for name in ("before", "left", "now")] == [168, 216, 240]
    assert grace.content() == before


def test_undo_twice_is_refused_and_names_the_undo(grace: Grace) -> None:
    grace.ok("template new --name N --subject S --message M")
    grace.ok("undo --force N")
    answer = grace.run("undo 1 --yes")
    assert (answer.code, "by entry 2" in answer.stderr) == (1, True)


def test_bare_undo_walks_back_through_the_journal(grace: Grace) -> None:
    start = grace.content()
    grace.ok("action edit 'macOS baseline' mark --days 9 --yes")
    middle = grace.content()
    grace.ok("action edit 'macOS baseline' mark --days 10 --yes")
    grace.ok("undo --force 'macOS baseline'")
    assert grace.content() == middle
    grace.ok("undo --force 'macOS baseline'")
    assert grace.content() == start


def test_nothing_to_undo_is_said(grace: Grace) -> None:
    answer = grace.ok("undo --yes")
    assert "nothing to undo" in answer.stderr


def test_a_raw_request_cannot_be_undone(grace: Grace) -> None:
    id = grace.json("template list 'Unused draft'")[0]["id"]
    path = f"/deviceManagement/notificationMessageTemplates/{id}"
    grace.ok(["graph", "PATCH", path, "--body", '{"displayName": "Renamed"}', "--yes"])
    answer = grace.run("undo 1 --yes")
    assert (answer.code, "cannot be undone" in answer.stderr) == (1, True)
