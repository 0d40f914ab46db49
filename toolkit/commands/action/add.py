"""grace action add: one more action in the schedule of one or several policies."""

from __future__ import annotations

from dataclasses import dataclass

from toolkit.commands.proposal import names_of, plan, schedule_change
from toolkit.commands.spec import Arg, Spec, Tools
from toolkit.errors import InvalidSchedule, MissingValue
from toolkit.model.refs import GroupRef, PolicyRef, TemplateRef
from toolkit.model.schedule import EMAIL, LOCK, PUSH, RETIRE, Action, Schedule
from toolkit.model.units import Hours, in_words
from toolkit.planning import intents
from toolkit.planning.change import Plan


@dataclass(frozen=True, slots=True)
class Options:
    policies: tuple[PolicyRef, ...]
    email: TemplateRef | None = None
    lock: bool = False
    retire: bool = False
    push: bool = False
    cc: tuple[GroupRef, ...] = ()
    days: Hours | None = None
    hours: Hours | None = None
    after: Hours | None = None


SPEC = Spec(
    "action",
    "add",
    Options,
    changes=True,
    args=(
        Arg(
            "policies",
            "the policies that get the action: names, wildcards, ids, or - for standard input",
            kind="policy",
            many=True,
            required=True,
        ),
        Arg(
            "email",
            "mail the user from this notification message template",
            ("--email",),
            kind="template",
            one_of="what",
            required=True,
        ),
        Arg("lock", "lock the device remotely", ("--lock",), kind="flag", one_of="what", required=True),
        Arg(
            "retire",
            "add the device to the retire list; an admin must confirm",
            ("--retire",),
            kind="flag",
            one_of="what",
            required=True,
        ),
        Arg(
            "push",
            "send a push notification, written by Intune",
            ("--push",),
            kind="flag",
            one_of="what",
            required=True,
        ),
        Arg("cc", "copy the mail to this group (repeat for several)", ("--cc",), kind="group", many=True),
        Arg(
            "days",
            "days after the device becomes noncompliant",
            ("--days",),
            kind="days",
            one_of="when",
            required=True,
        ),
        Arg("hours", "hours after it", ("--hours",), kind="hours", one_of="when", required=True),
        Arg(
            "after",
            "the same as 3d, 12h, 0.25d or P5D",
            ("--after",),
            kind="after",
            one_of="when",
            required=True,
        ),
    ),
    examples=(
        "grace action add 'Windows baseline' --email 'First warning' --days 2 --yes",
        "grace action add 'Windows*' 'iOS*' --email 'First warning' --cc 'Help desk' --days 2 --what-if",
        "grace action add 'iOS baseline' --lock --days 7 --yes",
    ),
)


def propose(options: Options, tools: Tools) -> Plan:
    tenant = tools.tenant
    kind = _kind(options)
    after = next((wait for wait in (options.days, options.hours, options.after) if wait is not None), None)
    if after is None:
        raise MissingValue(
            "When is missing.", hint="Add --days N, --hours N or --after 3d; --days 0 means at once."
        )
    if options.cc and kind != EMAIL:
        raise InvalidSchedule("Only an email has recipients; --cc goes with --email.")
    policies = tenant.find_policies(options.policies)
    template = tenant.find_template(options.email) if options.email is not None else None
    groups = tenant.find_groups(options.cc) if options.cc else ()
    action = Action(
        kind,
        after,
        template_id=template.id if template is not None else None,
        cc_group_ids=tuple(group.id for group in groups),
    )
    when = "at once" if after == 0 else f"after {in_words(after)}"
    what = f'email "{template.name}"' if template is not None else kind
    changes = []
    for policy in policies:
        intents.supported(kind, policy.platform, policy.name)
        if policy.schedule is None:
            raise InvalidSchedule(f'The schedule of policy "{policy.name}" could not be read.')
        changes.append(schedule_change(policy, intents.add(policy.schedule, action), f"add {what} {when}"))
    names = names_of(tenant, [change.after for change in changes if isinstance(change.after, Schedule)])
    return plan(tenant, "action add", changes, names=names)


def _kind(options: Options) -> str:
    if options.email is not None:
        return EMAIL
    if options.lock:
        return LOCK
    if options.retire:
        return RETIRE
    if options.push:
        return PUSH
    raise MissingValue(
        "What to do is missing.",
        hint="Add --email TEMPLATE, --lock, --retire or --push. grace action add --help",
    )
