"""grace group list: the groups that policies can be assigned to and mails be copied to."""

from __future__ import annotations

from dataclasses import dataclass

from toolkit.commands.group.kinds import kind
from toolkit.commands.spec import Arg, Spec, Tools
from toolkit.model.refs import GroupRef
from toolkit.outcome import Column, Outcome


@dataclass(frozen=True, slots=True)
class Options:
    groups: tuple[GroupRef, ...] = ()


SPEC = Spec(
    "group",
    "list",
    Options,
    args=(Arg("groups", "only these: names, wildcards or ids", kind="group", many=True),),
    examples=(
        "grace group list",
        "grace group list 'P*'",
        "grace group list --filter 'mailEnabled eq true' -o json",
    ),
)

COLUMNS = (
    Column("Name", "name"),
    Column("Kind", "kind"),
    Column("Mail", "mail"),
    Column("Description", "description", wide=True),
    Column("Id", "id", "id", wide=True),
)


def run(options: Options, tools: Tools) -> Outcome:
    tenant = tools.tenant
    groups = tenant.find_groups(options.groups) if options.groups else tenant.groups()
    return Outcome(
        data=[group.raw for group in groups],
        rows=[
            {
                "name": group.name,
                "kind": kind(group),
                "mail": group.mail,
                "description": group.raw.get("description"),
                "id": group.id,
            }
            for group in groups
        ],
        columns=COLUMNS,
        title=f"Groups of {tenant.name.name}",
        empty="No group.",
    )
