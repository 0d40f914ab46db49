"""The journal tells the truth and undo brings back everything, in the corners where that is hard."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dying import die
from harness import Grace
from toolkit.graph import reads, writes

REMOVE = ["template", "remove", "First warning", "--force", "First warning"]


def users(grace: Grace) -> set[str]:
    return {row["policyName"] for row in grace.json("template usage 'First warning'")}


@pytest.mark.parametrize(
    ("step", "count"), [("write", 1), ("written", 1), ("write", 2), ("written", 2), ("written", 4)]
)
def test_a_killed_undo_of_a_removed_template_is_told_and_finished(
    grace: Grace, step: str, count: int
) -> None:
    used_by = users(grace)
    grace.ok(REMOVE)
    assert die(grace, step, count, ["undo", "--yes"]) == -9
    entry = grace.json("journal list")[1]
    for item in entry["items"][1:]:
        holds = item["target"]["name"] in (users(grace) if entry["items"][0]["state"] == "done" else set())
        assert (item["state"] == "done") == holds, item["target"]["name"]
    grace.ok("undo 1 --yes")
    assert users(grace) == used_by
    assert len([t for t in grace.json("template list") if t["displayName"] == "First warning"]) == 1


def test_what_is_shown_for_such_an_undo_is_what_is_sent(grace: Grace) -> None:
    grace.ok(REMOVE)
    shown = grace.json("undo --what-if")
    first, *others = shown["requests"]
    assert first["url"].endswith("/notificationMessageTemplates")
    schedules = [request for request in others if "schedule" in request["url"]]
    assert schedules
    assert all("{new:" in json.dumps(request["body"]) for request in schedules)
    assert '"First warning (removed)" → "First warning"' in grace.ok("undo --what-if").stderr


def test_what_depends_on_a_failed_creation_is_not_done(grace: Grace, monkeypatch: pytest.MonkeyPatch) -> None:
    grace.ok(REMOVE)
    before = grace.content()
    real = writes.steps

    def bent(change: Any, actions_api: str = "set") -> Any:
        found = real(change, actions_api)
        return [s.__class__(s.method, s.path, {"wrong": 1}) if s.creates else s for s in found]

    monkeypatch.setattr(writes, "steps", bent)
    answer = grace.run("undo --yes --on-error continue -o json")
    assert {row["state"] for row in answer.json["results"]} == {"failed", "not done"}
    assert grace.content() == before
    assert grace.json("journal list")[0]["undoneBy"] is None


def test_a_description_is_written_undone_and_brought_back(grace: Grace) -> None:
    before = grace.content()
    grace.ok("template edit 'Unused draft' --description hello")
    grace.ok(["template", "remove", "Unused draft", "--force", "Unused draft"])
    grace.ok("undo --yes")
    assert grace.json("template list 'Unused draft'")[0]["description"] == "hello"
    grace.ok("undo 2") if grace.run("undo 2").code == 2 else None
    grace.run("undo 1")
    assert {t["displayName"]: t.get("description") or None for t in grace.content()["template"]} == {
        t["displayName"]: t.get("description") or None for t in before["template"]
    } | {"Unused draft": "hello"}


def test_v1_is_refused_for_writing_because_it_would_lose_locks_and_filters(grace: Grace) -> None:
    before = grace.content()
    answer = grace.run("action add 'iOS baseline' --push --days 3 --yes --api-version v1.0")
    assert (answer.code, "--api-version" in answer.stderr) == (2, True)
    assert grace.content() == before
    grace.ok("action list 'iOS baseline' --api-version v1.0")


def test_what_somebody_else_writes_right_after_us_is_not_taken_for_ours(
    grace: Grace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One reading verifies and is kept: whatever comes later is somebody else's, and undo says so."""
    counted = {"schedule": 0}
    real = reads.Tenant.observe

    def watched(self: Any, target: Any) -> Any:
        counted["schedule"] += target.kind == "schedule"
        return real(self, target)

    monkeypatch.setattr(reads.Tenant, "observe", watched)
    grace.ok("action edit 'macOS baseline' mark --days 9 --yes")
    assert counted["schedule"] == 1


def edited(path: Path, change: Any) -> None:
    plan = json.loads(path.read_text())
    change(plan)
    path.write_text(json.dumps(plan))


def test_a_plan_whose_before_was_edited_is_refused(grace: Grace, tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    grace.ok("action edit 'macOS baseline' mark --days 10 --yes")
    grace.ok(f"action edit 'macOS baseline' mark --days 0 --save-plan {path}")
    edited(path, lambda plan: plan["changes"][0].update(before=plan["changes"][0]["after"]))
    before = grace.content()
    assert grace.run(f"config apply {path} --yes").code in (2, 5)
    assert grace.content() == before


def test_a_plan_cannot_smuggle_in_what_a_command_would_refuse(grace: Grace, tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    before = grace.content()

    def attempt(change: Any, code: int) -> None:
        grace.ok(f"action edit 'Windows baseline' mark --days 10 --save-plan {path}")
        edited(path, change)
        answer = grace.run(["config", "apply", str(path), "--force", "Windows baseline"])
        assert answer.code == code, answer
        assert "bug" not in answer.stderr
        assert grace.content() == before

    def actions(plan: Any) -> Any:
        return plan["changes"][0]["after"][0]["scheduledActionConfigurations"]

    attempt(lambda p: actions(p).append({"actionType": "remoteLock", "gracePeriodHours": 1}), 2)
    attempt(lambda p: actions(p).append({"actionType": "notification", "gracePeriodHours": 1}), 2)
    attempt(lambda p: actions(p).append({"actionType": "block", "gracePeriodHours": 1}), 2)
    attempt(lambda p: p["changes"][0].update(after=None), 2)
    attempt(lambda p: p["changes"][0]["target"].update(id="11111111-1111-1111-1111-111111111111"), 5)


def test_an_edited_name_does_not_open_the_gate(grace: Grace, tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    grace.ok(f"action edit 'Windows baseline' mark --days 0 --save-plan {path}")
    edited(path, lambda plan: plan["changes"][0]["target"].update(name="Harmless"))
    answer = grace.run(["config", "apply", str(path), "--force", "Harmless"])
    assert (answer.code, "Windows baseline" in answer.stderr) == (2, True)


def test_a_saved_request_is_sent_once(grace: Grace, tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    url = "/deviceManagement/notificationMessageTemplates"
    grace.ok(["graph", "POST", url, "--body", '{"displayName":"T"}', "--save-plan", str(path)])
    grace.ok(f"config apply {path} --yes")
    assert grace.run(f"config apply {path} --yes").code == 5
    assert len([t for t in grace.json("template list") if t["displayName"] == "T"]) == 1


def test_a_raw_request_promises_no_undo_and_is_passed_over_by_it(grace: Grace) -> None:
    grace.ok("template edit 'Unused draft' --no-logo")
    url = "/deviceManagement/notificationMessageTemplates"
    answer = grace.ok(["graph", "POST", url, "--body", '{"displayName":"T"}', "--yes"])
    assert "Take it back" not in answer.stderr
    assert f"POST /beta{url}\n" in answer.stderr
    assert answer.stdout.splitlines()[1].split()[-1] != "-"
    assert "takes back 1" in grace.ok("undo").stderr


def test_a_raw_request_to_another_host_is_refused_before_the_gate(grace: Grace) -> None:
    answer = grace.run("graph POST https://evil.example/v1.0/x --body {} --yes")
    assert (answer.code, "evil.example" in answer.stderr) == (1, True)
    assert grace.json("journal list") == []


def test_secrets_of_raw_requests_do_not_reach_the_journal(grace: Grace) -> None:
    body = {
        "displayName": "T",
        "clientSecret": {"value": "s3cr3t"},
        "secrets": ["s3cr3t"],
        "apiKey": "s3cr3t",
    }
    url = "/deviceManagement/notificationMessageTemplates?sig=s3cr3t"
    grace.run(["graph", "POST", url, "--body", json.dumps(body), "-H", "X-Api-Key: s3cr3t", "--yes"])
    assert "s3cr3t" not in (grace.home / "journal" / "lab.jsonl").read_text()


def test_a_plan_for_one_lab_is_refused_on_another_of_the_same_story(grace: Grace, tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    grace.ok("lab init --tenant lab-x")
    grace.ok(f"action edit 'Windows baseline' mark --days 10 --save-plan {path}")
    answer = grace.run(f"config apply {path} --yes --tenant lab-x")
    assert (answer.code, "lab-x" in answer.stderr) == (2, True)


def test_a_lab_that_was_never_made_is_not_made_by_a_typo(grace: Grace) -> None:
    answer = grace.run("policy list --tenant lab-typo")
    assert (answer.code, "lab init" in answer.stderr) == (3, True)
    assert not (grace.home / "labs" / "lab-typo.sqlite").exists()


def test_after_a_reset_the_journal_starts_anew(grace: Grace) -> None:
    grace.ok("action edit 'macOS baseline' mark --days 9 --yes")
    grace.ok("lab reset")
    assert grace.json("journal list") == []
    assert list((grace.home / "journal").glob("lab.jsonl.*"))


def test_a_damaged_lab_can_be_reset(grace: Grace) -> None:
    path = grace.home / "labs" / "lab.sqlite"
    path.write_bytes(b"x" * 5000)
    grace.ok("lab reset")
    assert grace.ok("policy list").stdout
    assert path.with_name("lab.sqlite.damaged").read_bytes() == b"x" * 5000


@pytest.mark.parametrize(
    "line",
    [
        '{"entry":"1","what":"begin","plan":[]}',
        '{"entry":"1","what":"begin","at":5,"plan":{}}',
        "garbage",
        "[]",
        "{}",
    ],
)
def test_a_damaged_entry_does_not_hide_the_others(grace: Grace, line: str) -> None:
    (grace.home / "journal").mkdir()
    (grace.home / "journal" / "lab.jsonl").write_text(line + "\n")
    grace.ok("template edit 'Unused draft' --no-logo")
    found = grace.ok("journal list -o json")
    assert [entry["state"] for entry in found.json] == ["done"]
    assert ("cannot be read" in found.stderr) == ('"entry":"1"' in line)
    grace.ok("undo")


def test_ctrl_c_after_a_write_says_what_was_done(grace: Grace, monkeypatch: pytest.MonkeyPatch) -> None:
    real = writes.perform
    from toolkit.apply import run as machine

    def interrupted(change: Any, tenant: Any, actions_api: str = "set") -> Any:
        if change.target.name == "macOS baseline":
            raise KeyboardInterrupt
        return real(change, tenant, actions_api)

    monkeypatch.setattr(machine, "perform", interrupted)
    line = (
        "action add 'Windows baseline' 'macOS baseline' 'iOS baseline' --email 'Final warning' --days 9 --yes"
    )
    answer = grace.run(line)
    assert (answer.code, "1 of 3" in answer.stderr, "Nothing was changed" in answer.stderr) == (
        130,
        True,
        False,
    )
    states = [item["state"] for item in grace.json("journal list")[0]["items"]]
    assert states == ["done", "failed", "not done"]


def test_an_unexpected_error_after_a_write_is_no_plain_failure(
    grace: Grace, monkeypatch: pytest.MonkeyPatch
) -> None:
    from toolkit.apply import run as machine

    def broken(*_: Any, **__: Any) -> Any:
        raise ZeroDivisionError("oh")

    monkeypatch.setattr(machine, "_verified", broken)
    answer = grace.run("action edit 'macOS baseline' mark --days 9 --yes")
    assert answer.code == 6
    monkeypatch.undo()
    assert grace.json("journal list")[0]["state"] == "done", "settled by reading"


def test_save_plan_writes_to_standard_output_and_never_replaces_a_device(
    grace: Grace, tmp_path: Path
) -> None:
    found = grace.ok("template edit 'Unused draft' --no-logo --save-plan -")
    assert json.loads(found.stdout)["schema"] == "grace/plan/1"
    grace.ok("template edit 'Unused draft' --no-logo --save-plan /dev/null")
    assert Path("/dev/null").is_char_device()
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "real.json")
    grace.ok(f"template edit 'Unused draft' --no-logo --save-plan {link}")
    assert link.is_symlink()
    assert (tmp_path / "real.json").exists()
    answer = grace.run(f"template edit 'Unused draft' --no-logo --save-plan {tmp_path}/no/such/plan.json")
    assert answer.code == 1


def test_few_requests_for_many_policies(grace: Grace) -> None:
    """One list for the first look, one reading for each write: no more."""
    grace.ok("action add '*' --email 'Final warning' --days 9 --save-plan -")
    seen = len(grace.sent)
    answer = grace.ok("action add '*' --email 'Final warning' --days 9 --yes -o json")
    count = len(answer.json["results"])
    after_plan = [method for method, _ in grace.sent[seen:]]
    first_write = after_plan.index("POST")
    rest = after_plan[first_write:]
    assert rest.count("POST") == count
    assert rest.count("GET") == count


def test_a_target_that_a_policy_set_brought_stays_the_policy_sets(grace: Grace) -> None:
    lab = grace.lab()
    document = next(d for d in lab.store.all("policy") if d["displayName"] == "Windows strict")
    set_id = "11111111-2222-3333-4444-555555555555"
    document["assignments"][0] |= {"source": "policySets", "sourceId": set_id}
    lab.store.put("policy", document["id"], document)
    lab.store.close()
    grace.ok("policy assign 'Windows strict' --group 'Help desk' --yes")
    grace.ok("undo --yes")
    rows = next(p for p in grace.json("policy list 'Windows strict'"))["assignments"]
    assert [(r["source"], r["sourceId"]) for r in rows if r["source"] == "policySets"] == [
        ("policySets", set_id)
    ]


def test_notes_of_a_plan_that_changes_nothing_are_said(grace: Grace) -> None:
    answer = grace.ok("policy assign 'iOS baseline' --unassign 'Pilot users' --yes")
    assert "Nothing to do" in answer.stderr
    assert "not assigned" in answer.stderr


@pytest.mark.parametrize(
    "line",
    [
        "action edit 'iOS baseline' mark --days 6",
        "action remove 'iOS baseline' push",
        "action copy 'iOS baseline' --to 'iOS pilot'",
    ],
)
def test_a_saved_plan_works_with_the_writer_of_single_actions_too(
    grace: Grace, tmp_path: Path, line: str
) -> None:
    path = tmp_path / "plan.json"
    before = grace.content()
    grace.ok("lab rules --set actions-api=documented")
    grace.ok("tenant use lab --actions-api item")
    grace.ok(f"{line} --save-plan {path}")
    grace.ok(["config", "apply", str(path), "--force", "iOS pilot" if "copy" in line else "iOS baseline"])
    assert grace.content() != before
    answer = grace.run(["undo", "--force", "iOS pilot" if "copy" in line else "iOS baseline"])
    assert answer.code == 0, answer
    assert grace.content() == before


def test_taking_an_exclusion_away_is_high_risk(grace: Grace) -> None:
    answer = grace.run("policy assign 'Windows baseline' --unassign 'Emergency access' --yes")
    assert (answer.code, "no longer excluded" in answer.stderr) == (2, True)


def test_what_if_in_the_environment_holds_for_the_lab_too(grace: Grace) -> None:
    before = grace.json("lab clock")
    answer = grace.run("lab advance 1d", GRACE_WHAT_IF="1")
    assert (answer.code, "GRACE_WHAT_IF" in answer.stderr) == (2, True)
    assert grace.json("lab clock") == before
