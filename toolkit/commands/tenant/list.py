"""grace tenant list: the tenants that Grace knows."""

from __future__ import annotations

from dataclasses import dataclass

from toolkit.commands.spec import Spec, Tools
from toolkit.outcome import Column, Outcome


@dataclass(frozen=True, slots=True)
class Options:
    pass


SPEC = Spec("tenant", "list", Options, examples=("grace tenant list", "grace tenant list -o json"))

COLUMNS = (
    Column("Name", "name"),
    Column("Kind", "kind"),
    Column("Active", "active", "bool"),
    Column("Actions API", "actionsApi"),
)


def run(options: Options, tools: Tools) -> Outcome:
    del options
    return Outcome(data=list(tools.profiles()), columns=COLUMNS, id_key="name")
