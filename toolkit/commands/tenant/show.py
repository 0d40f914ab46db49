"""grace tenant show: the tenant in use, as it names itself."""

from __future__ import annotations

from dataclasses import dataclass

from toolkit.commands.spec import Spec, Tools
from toolkit.model import wire
from toolkit.outcome import Column, Outcome, Section


@dataclass(frozen=True, slots=True)
class Options:
    pass


SPEC = Spec("tenant", "show", Options, examples=("grace tenant show", "grace tenant show -o json"))

COLUMNS = (
    Column("Name", "name"),
    Column("Profile", "profile"),
    Column("Kind", "kind"),
    Column("Actions API", "actionsApi"),
    Column("Time there", "now", "date"),
    Column("Id", "id", "id"),
)


def run(options: Options, tools: Tools) -> Outcome:
    del options
    tenant = tools.tenant
    known = next((row for row in tools.profiles() if row["name"] == tools.profile), {})
    data = {
        "schema": "grace/tenant/1",
        "profile": tools.profile,
        "kind": known.get("kind", "graph"),
        "name": tenant.name.name,
        "id": tenant.name.id,
        "actionsApi": known.get("actionsApi", "set"),
        "now": wire.stamp(tenant.now()),
    }
    return Outcome(data=data, columns=COLUMNS, sections=(Section("", COLUMNS, [data], pairs=True),))
