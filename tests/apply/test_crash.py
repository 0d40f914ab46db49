"""Killed at any instant: the journal tells the truth afterwards, and a read settles what it cannot know."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from dying import die
from harness import Grace

ADD = [
    "action",
    "add",
    "Windows baseline",
    "macOS baseline",
    "--email",
    "Final warning",
    "--days",
    "9",
    "--yes",
]
STEPS = [
    ("look", 1, ["Windows baseline: nothing", "macOS baseline: nothing"]),
    ("begin", 1, ["Windows baseline: nothing", "macOS baseline: nothing"]),
    ("sending", 1, ["Windows baseline: not done", "macOS baseline: not done"]),
    ("write", 1, ["Windows baseline: not done", "macOS baseline: not done"]),
    ("written", 1, ["Windows baseline: done", "macOS baseline: not done"]),
    ("outcome", 1, ["Windows baseline: done", "macOS baseline: not done"]),
    ("sending", 2, ["Windows baseline: done", "macOS baseline: not done"]),
    ("written", 2, ["Windows baseline: done", "macOS baseline: done"]),
    ("end", 1, ["Windows baseline: done", "macOS baseline: done"]),
]


@pytest.mark.parametrize(("step", "count", "truth"), STEPS, ids=[f"{step}-{n}" for step, n, _ in STEPS])
def test_killed_between_two_steps_the_journal_says_what_is_true(
    grace: Grace, step: str, count: int, truth: list[str]
) -> None:
    assert die(grace, step, count, ADD) == -9
    entries = grace.json("journal list")
    said = {item["target"]["name"]: item["state"] for entry in entries for item in entry["items"]}
    for line in truth:
        name, _, expected = line.partition(": ")
        assert said.get(name, "nothing") == expected
        holds = any(
            row["templateName"] == "Final warning" and row["gracePeriodHours"] == 216
            for row in grace.json(f"action list '{name}'")
        )
        assert holds == (expected == "done")


def test_before_it_is_settled_a_killed_write_reads_unconfirmed(grace: Grace) -> None:
    die(grace, "written", 1, ADD)
    lines = [json.loads(line) for line in (grace.home / "journal" / "lab.jsonl").read_text().splitlines()]
    assert [line["what"] for line in lines] == ["begin", "sending"]
    # Settling needs the tenant; without it the journal keeps saying that it does not know.
    (grace.home / "labs" / "lab.sqlite").rename(grace.home / "labs" / "away")
    (grace.home / "labs" / "lab.sqlite").write_bytes(b"not a lab")
    assert grace.run("journal list").code == 1
    os.replace(grace.home / "labs" / "away", grace.home / "labs" / "lab.sqlite")
    assert grace.json("journal list")[0]["items"][0]["settledLater"] is True


def test_a_killed_entry_can_be_undone_as_far_as_it_went(grace: Grace) -> None:
    before = grace.content()
    die(grace, "written", 1, ADD)
    grace.ok("journal list")
    grace.ok("undo --yes")
    assert grace.content() == before


def test_a_line_torn_by_the_crash_does_not_swallow_the_next(grace: Grace) -> None:
    grace.ok("template new --name A --subject S --message M")
    path = grace.home / "journal" / "lab.jsonl"
    with path.open("ab") as handle:
        handle.write(b'{"entry":"2","what":"be')
    grace.ok("template new --name B --subject S --message M")
    assert [(e["entry"], e["state"]) for e in grace.json("journal list")] == [("1", "done"), ("2", "done")]


def test_two_processes_at_once_do_not_overwrite_each_other(grace: Grace, tmp_path: Path) -> None:
    """Both plan on the same reading; the one that applies second is told so, and changes nothing."""
    grace.ok(f"action edit 'macOS baseline' mark --days 9 --save-plan {tmp_path}/first.json")
    grace.ok(f"action edit 'macOS baseline' mark --days 10 --save-plan {tmp_path}/second.json")
    command = [
        sys.executable,
        "-c",
        "from toolkit.cli.app import main; import sys; sys.exit(main(sys.argv[1:]))",
    ]
    processes = [
        subprocess.Popen(
            [*command, "config", "apply", f"{tmp_path}/{name}.json", "--yes"],
            env={**os.environ, "GRACE_HOME": str(grace.home)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for name in ("first", "second")
    ]
    codes = []
    for process in processes:
        process.communicate(timeout=60)
        codes.append(process.returncode)
    assert sorted(codes) == [0, 5]
    days = 9 if codes[0] == 0 else 10
    mark = next(r for r in grace.json("action list 'macOS baseline'") if r["actionType"] == "block")
    assert mark["gracePeriodHours"] == days * 24
    assert len(grace.json("journal list")) == 1
