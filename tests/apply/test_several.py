"""Several targets: stop or go on after a failure, and say item by item what happened."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness import Grace
from toolkit.graph import writes


@pytest.fixture
def failing_second(monkeypatch: pytest.MonkeyPatch) -> None:
    """The service refuses the write to "Windows strict" (the border is the request, so it is bent there)."""
    real = writes.steps

    def bent(change: Any, actions_api: str = "set") -> Any:
        found = real(change, actions_api)
        if change.target.name == "Windows strict":
            return tuple(step.__class__(step.method, step.path, {"wrong": 1}) for step in found)
        return found

    monkeypatch.setattr(writes, "steps", bent)


LINE = "action add 'Windows baseline' 'Windows strict' 'Windows baseline (unassigned)' --email 'Final warning' --days 9 --yes"


@pytest.mark.usefixtures("failing_second")
def test_it_stops_at_the_first_failure(grace: Grace) -> None:
    answer = grace.run(f"{LINE} -o json")
    assert answer.code == 6
    assert [(r["name"], r["state"]) for r in answer.json["results"]] == [
        ("Windows baseline", "done"),
        ("Windows strict", "failed"),
        ("Windows baseline (unassigned)", "not done"),
    ]


@pytest.mark.usefixtures("failing_second")
def test_or_goes_on(grace: Grace) -> None:
    answer = grace.run(f"{LINE} --on-error continue -o json")
    assert answer.code == 6
    assert [r["state"] for r in answer.json["results"]] == ["done", "failed", "done"]
    assert "400" in answer.json["results"][1]["problem"]
    assert grace.json("journal list")[0]["state"] == "partly done"


@pytest.mark.usefixtures("failing_second")
def test_what_was_done_can_be_taken_back(grace: Grace) -> None:
    before = grace.content()
    grace.run(f"{LINE} --on-error continue")
    grace.ok("undo 1 --yes")
    assert grace.content() == before


@pytest.mark.usefixtures("failing_second")
def test_if_nothing_was_done_it_is_the_services_own_problem(grace: Grace) -> None:
    before = grace.content()
    answer = grace.run("action add 'Windows strict' --email 'Final warning' --days 9 --yes")
    assert (answer.code, "400" in answer.stderr) == (1, True)
    assert grace.content() == before
    assert grace.json("journal list")[0]["state"] == "failed"


def test_the_table_has_a_row_for_each(grace: Grace, tmp_path: Path) -> None:
    rows = grace.ok(LINE).stdout.splitlines()
    assert len(rows) == 4
