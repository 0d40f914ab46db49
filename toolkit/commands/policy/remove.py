"""grace policy remove: one or several policies, with their schedules and assignments."""

from __future__ import annotations

from dataclasses import dataclass

from toolkit.commands.policy.targets import groups_of, short
from toolkit.commands.proposal import names_of, plan, policy_removal
from toolkit.commands.spec import Arg, Spec, Tools
from toolkit.model.refs import PolicyRef
from toolkit.planning.change import Plan


@dataclass(frozen=True, slots=True)
class Options:
    policies: tuple[PolicyRef, ...]


SPEC = Spec(
    "policy",
    "remove",
    Options,
    changes=True,
    args=(
        Arg(
            "policies",
            "the policies: names, wildcards, ids, or - for standard input",
            kind="policy",
            many=True,
            required=True,
        ),
    ),
    examples=(
        "grace policy remove 'Windows baseline (unassigned)' --what-if",
        "grace policy remove 'macOS baseline' --yes --force 'macOS baseline'",
    ),
)


def propose(options: Options, tools: Tools) -> Plan:
    tenant = tools.tenant
    whole = [tenant.policy(policy.id, policy.collection) for policy in tenant.find_policies(options.policies)]
    names = names_of(tenant, [policy.schedule for policy in whole])
    names |= {id: group.name for id, group in groups_of(whole, tenant).items()}
    changes = [
        policy_removal(policy, f"remove it (assigned to: {short(policy.assignments)})") for policy in whole
    ]
    return plan(tenant, "policy remove", changes, names=names)
