"""grace group show: one group, how many are in it, and which policies speak of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from toolkit.commands.group.kinds import kind, receives_mail
from toolkit.commands.group.members import type_of
from toolkit.commands.spec import Arg, Spec, Tools
from toolkit.model.device import Group
from toolkit.model.policy import EXCLUDE, Policy
from toolkit.model.refs import GroupRef, find_one
from toolkit.outcome import Column, Outcome, Section


@dataclass(frozen=True, slots=True)
class Options:
    group: GroupRef


SPEC = Spec(
    "group",
    "show",
    Options,
    args=(Arg("group", "the group: a name or an id", kind="group", required=True),),
    examples=("grace group show 'Help desk'", "grace group show Finance -o json"),
)

PROPERTIES = (
    Column("Name", "name"),
    Column("Kind", "kind"),
    Column("Description", "description"),
    Column("Mail", "mail"),
    Column("Receives copies of mails", "receivesMail", "bool"),
    Column("Membership rule", "membershipRule"),
    Column("Members, nested groups opened", "members"),
    Column("Id", "id", "id"),
)
USES = (Column("Policy", "policy"), Column("How", "how"))


def run(options: Options, tools: Tools) -> Outcome:
    tenant = tools.tenant
    group = find_one(options.group, tenant.groups())
    members = Counter(type_of(member) for member in tenant.members(group.id))
    counted = ", ".join(
        f"{count} {name}{'' if count == 1 else 's'}" for name, count in sorted(members.items())
    )
    return Outcome(
        data=group.raw,
        columns=PROPERTIES,
        title=group.name,
        sections=(
            Section("Group", PROPERTIES, [_properties(group, counted or "nobody")], pairs=True),
            Section("Used by", USES, _uses(group, tenant.policies()), empty="No policy."),
        ),
    )


def _properties(group: Group, members: str) -> dict[str, Any]:
    return {
        "name": group.name,
        "kind": kind(group),
        "description": group.raw.get("description"),
        "mail": group.mail,
        "receivesMail": receives_mail(group),
        "membershipRule": group.membership_rule,
        "members": members,
        "id": group.id,
    }


def _uses(group: Group, policies: tuple[Policy, ...]) -> list[dict[str, Any]]:
    rows = []
    for policy in policies:
        mine = (assignment for assignment in policy.assignments or () if assignment.group_id == group.id)
        rows += [
            {"policy": policy.name, "how": "excluded" if a.kind == EXCLUDE else "assigned"} for a in mine
        ]
        actions = policy.schedule.actions if policy.schedule is not None else ()
        if copied := sum(group.id in action.cc_group_ids for action in actions):
            rows.append(
                {"policy": policy.name, "how": f"copied on {copied} mail{'' if copied == 1 else 's'}"}
            )
    return rows
