"""Journal entries as rows and as JSON."""

from __future__ import annotations

from typing import Any

from toolkit.apply.journal import Entry
from toolkit.apply.run import has_unconfirmed, settle
from toolkit.commands.spec import Tools
from toolkit.model import wire
from toolkit.outcome import Column
from toolkit.planning.document import change_json, content_json

COLUMNS = (
    Column("Entry", "entry"),
    Column("When", "at", "date"),
    Column("Command", "command"),
    Column("State", "state"),
    Column("What", "what"),
    Column("Undone by", "undoneBy"),
)


def entries(tools: Tools) -> tuple[Entry, ...]:
    """The entries, with whatever was unconfirmed settled by reading the tenant."""
    journal = tools.journal
    found = journal.entries()
    if has_unconfirmed(found):
        settle(journal, tools.tenant)
        found = journal.entries()
    return found


def entry_json(entry: Entry) -> dict[str, Any]:
    return {
        "schema": "grace/journal-entry/1",
        "entry": entry.id,
        "at": wire.stamp(entry.at),
        "command": entry.plan.command,
        "state": entry.state,
        "ended": entry.is_ended,
        "undoes": entry.undoes,
        "undoneBy": entry.undone_by,
        "tenant": {
            "profile": entry.plan.tenant.profile,
            "id": entry.plan.tenant.id,
            "name": entry.plan.tenant.name,
        },
        "items": [
            {
                **change_json(item.change),
                "state": item.state,
                "id": item.id or item.change.target.id,
                "left": content_json(item.left),
                "problem": item.problem or None,
                "settledLater": item.settled,
            }
            for item in entry.items
        ],
    }


def row(entry: Entry) -> dict[str, Any]:
    names = list(dict.fromkeys(item.change.target.name for item in entry.items))
    shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    command = entry.plan.command + (f" {entry.undoes}" if entry.undoes is not None else "")
    return {
        "entry": entry.id,
        "at": wire.stamp(entry.at),
        "command": command,
        "state": entry.state,
        "what": shown,
        "undoneBy": entry.undone_by or "",
    }
