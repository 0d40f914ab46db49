"""grace journal show: one entry, with what was there before, what was wanted, and what became of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from toolkit.commands.journal.rows import entries, entry_json, row
from toolkit.commands.spec import Arg, Spec, Tools
from toolkit.errors import NotFound
from toolkit.outcome import Column, Outcome, Section, facts
from toolkit.planning.diff import property_lines


@dataclass(frozen=True, slots=True)
class Options:
    entry: str | None = None


SPEC = Spec(
    "journal",
    "show",
    Options,
    args=(Arg("entry", "the number of the entry (default: the newest)", kind="entry"),),
    examples=(
        "grace template edit 'Unused draft' --no-logo && grace journal show",
        "grace template edit 'Unused draft' --no-logo && grace journal show 1 -o json",
    ),
)


def run(options: Options, tools: Tools) -> Outcome:
    found = entries(tools)
    if options.entry is None and not found:
        raise NotFound("This tenant's journal is empty.", hint="Nothing was done to it yet.")
    if options.entry is None:
        entry = found[-1]
    else:
        entry = tools.journal.entry(options.entry)
    head = row(entry)
    pairs: list[tuple[str, Any] | tuple[str, Any, str]] = [
        ("Entry", entry.id),
        ("When", head["at"], "date"),
        ("Command", head["command"]),
        ("State", entry.state),
    ]
    if entry.undone_by is not None:
        pairs.append(("Undone by", entry.undone_by))
    items: list[dict[str, Any]] = []
    lines: list[dict[str, Any]] = []
    for item in entry.items:
        items.append(
            {
                "what": item.change.target.words,
                "state": item.state + (" (settled later)" if item.settled else ""),
                "id": item.id or item.change.target.id,
                "problem": item.problem,
            }
        )
        lines += [
            {
                "name": item.change.target.name,
                "path": line.path,
                "before": _short(line.before),
                "after": _short(line.after),
            }
            for line in property_lines(item.change.before, item.change.after)
        ]
    columns = (
        Column("Change", "what"),
        Column("State", "state"),
        Column("Id", "id", "id"),
        Column("Problem", "problem"),
    )
    sections = (
        facts("Entry", *pairs),
        Section("Changes", columns if any(item["problem"] for item in items) else columns[:-1], items),
        Section(
            "Before and after",
            (
                Column("Name", "name"),
                Column("Property", "path"),
                Column("Before", "before"),
                Column("After", "after"),
            ),
            lines,
        ),
    )
    return Outcome(data=entry_json(entry), sections=sections)


def _short(value: Any) -> str:
    return "" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
