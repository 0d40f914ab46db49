"""grace action edit: when an action happens, its template, its recipients."""

from __future__ import annotations

from dataclasses import dataclass

from toolkit.commands.proposal import plan, schedule_change, schedule_names
from toolkit.commands.spec import Arg, Spec, Tools
from toolkit.errors import InvalidSchedule, MissingValue
from toolkit.model.refs import GroupRef, PolicyRef, TemplateRef
from toolkit.model.units import Hours, in_words
from toolkit.planning import intents
from toolkit.planning.change import Plan


@dataclass(frozen=True, slots=True)
class Options:
    policy: PolicyRef
    action: str
    days: Hours | None = None
    hours: Hours | None = None
    after: Hours | None = None
    template: TemplateRef | None = None
    cc: tuple[GroupRef, ...] = ()
    no_cc: bool = False


SPEC = Spec(
    "action",
    "edit",
    Options,
    changes=True,
    args=(
        Arg(
            "policy", "the policy, or a wildcard for the same action of several", kind="policy", required=True
        ),
        Arg(
            "action",
            "its number in `action list`, its id, or mark, email, lock, retire, push where there is one",
            kind="action",
            required=True,
        ),
        Arg("days", "days after the device becomes noncompliant", ("--days",), kind="days", one_of="when"),
        Arg("hours", "hours after it", ("--hours",), kind="hours", one_of="when"),
        Arg("after", "the same as 3d, 12h, 0.25d or P5D", ("--after",), kind="after", one_of="when"),
        Arg("template", "mail from this template", ("--template",), kind="template"),
        Arg(
            "cc",
            "copy the mail to this group, instead of those before (repeat for several)",
            ("--cc",),
            kind="group",
            many=True,
            one_of="cc",
        ),
        Arg("no_cc", "copy the mail to nobody", ("--no-cc",), kind="flag", one_of="cc"),
    ),
    about="`mark` sets the grace period. Shortening one that devices are in is high risk.",
    examples=(
        "grace action edit 'Windows baseline' mark --days 5 --yes",
        "grace action edit 'Windows baseline' 2 --days 3 --cc 'Help desk' --what-if",
    ),
)


def propose(options: Options, tools: Tools) -> Plan:
    tenant = tools.tenant
    after = next((wait for wait in (options.days, options.hours, options.after) if wait is not None), None)
    if after is None and options.template is None and not options.cc and not options.no_cc:
        raise MissingValue(
            "What to change is missing.",
            hint="Add --days N, --after 3d, --template T, --cc GROUP or --no-cc.",
        )
    template = tenant.find_template(options.template) if options.template is not None else None
    cc: tuple[str, ...] | None = None
    if options.cc:
        cc = tuple(group.id for group in tenant.find_groups(options.cc))
    elif options.no_cc:
        cc = ()
    changes = []
    for policy in tenant.find_policies([options.policy]):
        if policy.schedule is None:
            raise InvalidSchedule(f'The schedule of policy "{policy.name}" could not be read.')
        action = intents.pick(policy.schedule, options.action)
        edited = intents.edit(
            policy.schedule,
            action,
            after=after,
            template_id=template.id if template is not None else None,
            cc_group_ids=cc,
        )
        when = f" to {in_words(after)}" if after is not None else ""
        changes.append(schedule_change(policy, edited, f"change {action.kind}{when}"))
    names = schedule_names(tenant, changes)
    return plan(tenant, "action edit", changes, names=names)
