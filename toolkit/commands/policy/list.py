"""grace policy list: every compliance policy, or those of some names or one platform."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from toolkit.commands.policy.targets import short
from toolkit.commands.spec import Arg, Spec, Tools
from toolkit.model.policy import Policy
from toolkit.model.refs import PolicyRef
from toolkit.outcome import Column, Outcome


@dataclass(frozen=True, slots=True)
class Options:
    policies: tuple[PolicyRef, ...] = ()
    platform: str | None = None


SPEC = Spec(
    "policy",
    "list",
    Options,
    args=(
        Arg("policies", "only these: names, wildcards or ids", kind="policy", many=True),
        Arg("platform", "only policies for this platform", ("--platform",), kind="platform"),
    ),
    examples=(
        "grace policy list",
        "grace policy list --platform windows",
        "grace policy list 'iOS*' -o json",
    ),
)

COLUMNS = (
    Column("Name", "name"),
    Column("Platform", "platform"),
    Column("Grace", "grace", "hours"),
    Column("Actions", "actions", "count"),
    Column("Assigned to", "assignedTo"),
    Column("Version", "version", "count", wide=True),
    Column("Modified", "modified", "date", wide=True),
    Column("Id", "id", "id", wide=True),
)


def run(options: Options, tools: Tools) -> Outcome:
    tenant = tools.tenant
    policies = tenant.find_policies(options.policies) if options.policies else tenant.policies()
    if options.platform is not None:
        policies = tuple(policy for policy in policies if policy.platform == options.platform)
    return Outcome(
        data=[policy.raw for policy in policies],
        rows=[_row(policy) for policy in policies],
        columns=COLUMNS,
        title=f"Compliance policies of {tenant.name.name}",
        empty="No policy." if options.platform is None else f"No policy for {options.platform}.",
    )


def _row(policy: Policy) -> dict[str, Any]:
    return {
        "name": policy.name,
        "platform": policy.platform,
        "grace": None if policy.schedule is None else policy.schedule.grace,
        "actions": None if policy.schedule is None else len(policy.schedule.actions),
        "assignedTo": short(policy.assignments),
        "version": policy.version,
        "modified": policy.modified,
        "id": policy.id,
    }
