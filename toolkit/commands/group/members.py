"""grace group members: everybody and everything in a group, nested groups opened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from toolkit.commands.spec import Arg, Spec, Tools
from toolkit.model.refs import GroupRef, find_one
from toolkit.outcome import Column, Outcome


@dataclass(frozen=True, slots=True)
class Options:
    group: GroupRef


SPEC = Spec(
    "group",
    "members",
    Options,
    args=(Arg("group", "the group: a name or an id", kind="group", required=True),),
    examples=("grace group members 'Help desk'", "grace group members Finance -o csv"),
)

COLUMNS = (
    Column("Name", "name"),
    Column("Type", "type"),
    Column("Sign-in name", "userPrincipalName"),
    Column("Mail", "mail"),
    Column("Id", "id", "id", wide=True),
)


def run(options: Options, tools: Tools) -> Outcome:
    tenant = tools.tenant
    group = find_one(options.group, tenant.groups())
    members = tenant.members(group.id)
    return Outcome(
        data=members,
        rows=[
            {
                "name": member.get("displayName"),
                "type": type_of(member),
                "userPrincipalName": member.get("userPrincipalName"),
                "mail": member.get("mail"),
                "id": member.get("id"),
            }
            for member in members
        ],
        columns=COLUMNS,
        title=f"Members of {group.name}",
        empty=f'Group "{group.name}" has no members.',
    )


def type_of(member: Mapping[str, Any]) -> str:
    """user, device, group, or what else Graph calls it."""
    return str(member.get("@odata.type") or "member").removeprefix("#microsoft.graph.")
