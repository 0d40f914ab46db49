"""grace action copy: the schedule of one policy for others, whole."""

from __future__ import annotations

from dataclasses import dataclass

from toolkit.commands.proposal import plan, schedule_change, schedule_names
from toolkit.commands.spec import Arg, Spec, Tools
from toolkit.errors import InvalidSchedule
from toolkit.model.refs import PolicyRef
from toolkit.planning import intents
from toolkit.planning.change import Plan


@dataclass(frozen=True, slots=True)
class Options:
    source: PolicyRef
    to: tuple[PolicyRef, ...]


SPEC = Spec(
    "action",
    "copy",
    Options,
    changes=True,
    args=(
        Arg("source", "the policy whose schedule is copied", kind="policy", required=True, metavar="FROM"),
        Arg(
            "to",
            "a policy that gets it (repeat, or a wildcard)",
            ("--to",),
            kind="policy",
            many=True,
            required=True,
        ),
    ),
    about="Replaces the other policies' schedules. Refused where a platform lacks one of the actions.",
    examples=("grace action copy 'Windows baseline' --to 'Windows strict' --what-if",),
)


def propose(options: Options, tools: Tools) -> Plan:
    tenant = tools.tenant
    source = tenant.find_policy(options.source)
    if source.schedule is None:
        raise InvalidSchedule(f'The schedule of policy "{source.name}" could not be read.')
    changes = []
    for policy in tenant.find_policies(options.to):
        if policy.id == source.id:
            continue
        after = intents.copied(source.schedule, policy.platform, policy.name)
        changes.append(schedule_change(policy, after, f'the schedule of "{source.name}"'))
    return plan(tenant, "action copy", changes, names=schedule_names(tenant, changes))
