"""A plan is for the tenant as it was read: nothing is overwritten unseen."""

from __future__ import annotations

import json
from pathlib import Path

from harness import Grace


def test_a_saved_plan_applies_exactly_what_it_showed(grace: Grace, tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    before = grace.content()
    grace.ok(f"action add 'Windows baseline' --email 'Final warning' --days 9 --save-plan {path}")
    assert grace.content() == before
    assert json.loads(path.read_text())["schema"] == "grace/plan/1"
    grace.ok(f"config apply {path} --yes")
    grace.ok("undo --yes")
    assert grace.content() == before


def test_a_saved_plan_is_refused_when_the_tenant_moved(grace: Grace, tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    grace.ok(f"action add 'Windows baseline' --email 'Final warning' --days 9 --save-plan {path}")
    grace.ok("action edit 'Windows baseline' mark --days 9 --yes")
    before = grace.content()
    answer = grace.run(f"config apply {path} --yes -o json")
    assert (answer.code, answer.error["code"]) == (5, "StalePlan")
    assert grace.content() == before


def test_a_saved_plan_is_refused_when_the_change_was_made_and_taken_back(
    grace: Grace, tmp_path: Path
) -> None:
    """The content is the same again, but somebody was there: version and date have moved."""
    path = tmp_path / "plan.json"
    grace.ok(f"action add 'Windows baseline' --email 'Final warning' --days 9 --save-plan {path}")
    grace.ok("action edit 'Windows baseline' mark --days 9 --yes")
    grace.ok("undo --force 'Windows baseline'")
    assert grace.run(f"config apply {path} --yes").code == 5


def test_a_plan_to_create_is_refused_when_the_name_is_taken_meanwhile(grace: Grace, tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    grace.ok(f"template new --name N --subject S --message M --save-plan {path}")
    grace.ok("template new --name N --subject S --message Other")
    assert grace.run(f"config apply {path} --yes").code == 5
    assert len([t for t in grace.json("template list") if t["displayName"] == "N"]) == 1


def test_a_plan_for_another_tenant_is_refused(grace: Grace, tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    grace.ok(f"template new --name N --subject S --message M --save-plan {path}")
    plan = json.loads(path.read_text())
    plan["tenant"]["id"] = "11111111-1111-1111-1111-111111111111"
    path.write_text(json.dumps(plan))
    answer = grace.run(f"config apply {path} --yes")
    assert (answer.code, "not for" in answer.stderr) == (2, True)


def test_one_stale_target_of_many_stops_all_of_them(grace: Grace, tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    grace.ok(f"action add 'Windows*' --email 'Final warning' --days 9 --save-plan {path}")
    grace.ok("action edit 'Windows strict' mark --days 1 --yes")
    before = grace.content()
    assert grace.run(f"config apply {path} --yes").code == 5
    assert grace.content() == before
    assert len(grace.json("journal list")) == 1


def test_a_file_that_is_no_plan_is_refused_in_one_sentence(grace: Grace, tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    for text in (
        "",
        "[]",
        "{}",
        "not json",
        '{"schema": "grace/plan/1"}',
        '{"schema": "grace/plan/99"}',
        "[" * 100_000,
    ):
        path.write_text(text)
        answer = grace.run(f"config apply {path} --yes")
        assert answer.code == 2, (text[:20], answer)
        assert "bug" not in answer.stderr
