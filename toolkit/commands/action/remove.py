"""grace action remove: one action less. The mark cannot go; it can only be rescheduled."""

from __future__ import annotations

from dataclasses import dataclass

from toolkit.commands.proposal import names_of, plan, schedule_change
from toolkit.commands.spec import Arg, Spec, Tools
from toolkit.errors import InvalidSchedule
from toolkit.model.refs import PolicyRef
from toolkit.model.units import in_words
from toolkit.planning import intents
from toolkit.planning.change import Plan


@dataclass(frozen=True, slots=True)
class Options:
    policy: PolicyRef
    action: str


SPEC = Spec(
    "action",
    "remove",
    Options,
    changes=True,
    args=(
        Arg(
            "policy", "the policy, or a wildcard for the same action of several", kind="policy", required=True
        ),
        Arg(
            "action",
            "its number in `action list`, its id, or email, lock, retire, push where there is one",
            kind="action",
            required=True,
        ),
    ),
    examples=("grace action remove 'Windows baseline' 2 --yes",),
)


def propose(options: Options, tools: Tools) -> Plan:
    tenant = tools.tenant
    changes, schedules = [], []
    for policy in tenant.find_policies([options.policy]):
        if policy.schedule is None:
            raise InvalidSchedule(f'The schedule of policy "{policy.name}" could not be read.')
        action = intents.pick(policy.schedule, options.action)
        after = intents.remove(policy.schedule, action)
        when = "at once" if action.after == 0 else f"after {in_words(action.after)}"
        changes.append(schedule_change(policy, after, f"remove {action.kind} {when}"))
        schedules.append(policy.schedule)
    return plan(tenant, "action remove", changes, names=names_of(tenant, schedules))
