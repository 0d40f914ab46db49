"""grace action list: every action of every policy, in time order."""

from __future__ import annotations

from dataclasses import dataclass

from toolkit.commands.action.which import COLUMNS, rows
from toolkit.commands.proposal import names_of
from toolkit.commands.spec import Arg, Spec, Tools
from toolkit.model.refs import PolicyRef
from toolkit.outcome import Outcome


@dataclass(frozen=True, slots=True)
class Options:
    policies: tuple[PolicyRef, ...] = ()


SPEC = Spec(
    "action",
    "list",
    Options,
    args=(Arg("policies", "only these policies", kind="policy", many=True),),
    examples=(
        "grace action list",
        "grace action list 'Windows*' -o json",
        "grace action list --sort gracePeriodHours",
    ),
)


def run(options: Options, tools: Tools) -> Outcome:
    tenant = tools.tenant
    policies = tenant.find_policies(options.policies) if options.policies else tenant.policies()
    data, shown = rows(policies, names_of(tenant, [policy.schedule for policy in policies]))
    return Outcome(data=data, rows=shown, columns=COLUMNS, empty="No policy has an action.", id_key="id")
