"""Text from a tenant is hostile: it comes through every format unharmed and harmless."""

from __future__ import annotations

import csv
import io
import json

import pytest
from ruamel.yaml import YAML

from harness import Grace
from toolkit.outcome import FORMATS

NAMES = (
    "[ios] Baseline",
    "[/red]",
    "\x1b]0;x\x07",
    "two\nlines",
    "=cmd|' /C calc'!A0",
    "@SUM(1)",
    "\u202eevil",
    "<img src=x onerror=alert(1)>",
    "a\tb",
    "“quoted” 'and' \"so\" $HOME `id`",
    "-1+2",
    "x" * 200,
)
LISTS = ("policy list", "action list", "template list")


def named(grace: Grace, name: str) -> None:
    """A tenant in which a policy and a template bear this name."""
    lab = grace.lab()
    for kind, shown in (("policy", "displayName"), ("template", "displayName")):
        document = lab.store.all(kind)[0]
        document[shown] = name
        lab.store.put(kind, document["id"], document)
    lab.store.close()


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_every_format_is_harmless_and_the_exact_ones_give_it_back(grace: Grace, name: str) -> None:
    named(grace, name)
    for line in LISTS:
        for output in FORMATS:
            for terminal in (False, True):
                answer = grace.ok(f"{line} -o {output}", terminal=terminal)
                for text in (answer.stdout, answer.stderr):
                    assert "\x1b]" not in text
                    assert "\x07" not in text
                    assert "\u202e" not in text
                    if not terminal:
                        assert "\x1b" not in text
    found = grace.json("policy list")
    assert name in [policy.get("displayName") for policy in found]
    rows = list(csv.reader(io.StringIO(grace.ok("action list -o csv").stdout)))
    cells = [row[rows[0].index("policyName")] for row in rows[1:]]
    assert not any(cell.lstrip().startswith(("=", "+", "-", "@")) for cell in cells)
    lines = [json.loads(line) for line in grace.ok("policy list -o jsonl").stdout.splitlines()]
    assert name in [policy.get("displayName") for policy in lines]
    yaml = YAML(typ="safe").load(grace.ok("policy list -o yaml").stdout)
    assert name in [policy.get("displayName") for policy in yaml]
    markdown = grace.ok("policy list -o markdown").stdout
    assert "<img" not in markdown
    table = grace.ok("policy list").stdout
    assert len(table.splitlines()) == len(found) + 1, "one record, one line"


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_it_can_be_named_changed_and_undone(grace: Grace, name: str) -> None:
    named(grace, name)
    before = grace.content()
    id = next(p["id"] for p in grace.json("policy list") if p.get("displayName") == name)
    answer = grace.ok(["action", "add", id, f"--email={name}", "--days", "9", "--yes"])
    assert "\x1b" not in answer.stderr
    assert "\u202e" not in answer.stderr
    rows = grace.json(f"action list {id}")
    assert any(row["policyName"] == name and row["templateName"] == name for row in rows)
    shown = grace.ok("journal show")
    assert "\x1b" not in shown.stdout
    grace.ok(["undo", "--yes"])
    assert grace.content() == before


def test_a_name_with_brackets_is_shown_with_its_brackets_on_a_terminal(grace: Grace) -> None:
    named(grace, "[bold]Baseline[/bold]")
    assert "[bold]Baseline[/bold]" in grace.ok("policy list", terminal=True).stdout


def test_an_ambiguous_hostile_name_is_harmless_in_the_error(grace: Grace) -> None:
    named(grace, "\x1b]0;x\x07")
    answer = grace.run(["policy", "show", "nothing like it \x1b[31m"])
    assert answer.code == 3
    assert "\x1b" not in answer.stderr
