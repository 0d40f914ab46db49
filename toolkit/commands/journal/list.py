"""grace journal list: what was done to this tenant, newest last. Settles what is unconfirmed by reading."""

from __future__ import annotations

from dataclasses import dataclass

from toolkit.commands.journal.rows import COLUMNS, entries, entry_json, row
from toolkit.commands.spec import Spec, Tools
from toolkit.outcome import Outcome


@dataclass(frozen=True, slots=True)
class Options:
    pass


SPEC = Spec(
    "journal",
    "list",
    Options,
    about="done, not done, failed, partly done, or unconfirmed where the tenant could not be read.",
    examples=("grace journal list", "grace journal list -o json --query '[-1].items[].state'"),
)


def run(options: Options, tools: Tools) -> Outcome:
    found = entries(tools)
    return Outcome(
        data=[entry_json(entry) for entry in found],
        rows=[row(entry) for entry in found],
        columns=COLUMNS,
        id_key="entry",
        notes=_damaged(tools),
        empty="Nothing was done to this tenant yet." if not tools.journal.damaged else "",
    )


def _damaged(tools: Tools) -> tuple[str, ...]:
    journal = tools.journal
    if not journal.damaged:
        return ()
    return (f"Entries that cannot be read any more: {', '.join(journal.damaged)}. See {journal.path}.",)
