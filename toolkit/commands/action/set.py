"""grace action set: a whole schedule from a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from toolkit.commands.proposal import names_of, plan, schedule_change
from toolkit.commands.spec import Arg, Spec, Tools
from toolkit.errors import BadFile, GraceProblem, InvalidSchedule
from toolkit.graph.reads import Tenant
from toolkit.model import wire
from toolkit.model.refs import GroupRef, PolicyRef, TemplateRef, did_you_mean, nearest
from toolkit.model.schedule import KINDS, Action, Schedule, schedule_of
from toolkit.model.units import Hours, days_as_hours, grace_hours, hours_as_hours
from toolkit.planning import intents
from toolkit.planning.change import Plan


@dataclass(frozen=True, slots=True)
class Options:
    policies: tuple[PolicyRef, ...]
    from_file: str


SPEC = Spec(
    "action",
    "set",
    Options,
    changes=True,
    args=(
        Arg("policies", "the policies that get this schedule", kind="policy", many=True, required=True),
        Arg(
            "from_file",
            "YAML or JSON, - for standard input",
            ("--from-file",),
            kind="file",
            required=True,
            metavar="FILE",
        ),
    ),
    about=(
        "The file is a list of actions. Each says what and when, an email also its template and recipients:\n\n"
        "  - {mark: 3d}\n"
        "  - {email: First warning, after: 2d, cc: [Help desk]}\n"
        "  - {lock: 7d}\n\n"
        "What `action list POLICY -o json` and Graph print is read too."
    ),
    examples=(
        "grace action list 'Windows baseline' -o json | grace action set 'Windows strict' --from-file - --what-if",
    ),
)


def propose(options: Options, tools: Tools) -> Plan:
    tenant = tools.tenant
    source = "Standard input" if options.from_file == "-" else options.from_file
    items = _items(_parsed(tools.read_text(options.from_file), source), source)
    policies = tenant.find_policies(options.policies)
    schedule = schedule_of(_action(item, place, source, tenant) for place, item in enumerate(items, 1))
    changes = [
        schedule_change(
            policy, intents.copied(schedule, policy.platform, policy.name), f"the schedule of {source}"
        )
        for policy in policies
    ]
    schedules = [s for change in changes for s in (change.before, change.after) if isinstance(s, Schedule)]
    return plan(tenant, "action set", changes, names=names_of(tenant, schedules))


def _parsed(text: str, source: str) -> Any:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        # YAML 1.2 reads JSON too; the safe loader makes nothing but plain values.
        return YAML(typ="safe", pure=True).load(text)
    except YAMLError as problem:
        first = str(problem).strip().splitlines()
        raise BadFile(
            f"{source} is neither YAML nor JSON: {'; '.join(line.strip() for line in first[:3])}."
        ) from None


def _items(value: Any, source: str) -> list[Mapping[str, Any]]:
    """The list of actions, out of the shapes that people have at hand."""
    if isinstance(value, Mapping):
        for key in ("actions", "schedule", "scheduledActionConfigurations", "value"):
            if isinstance(value.get(key), list):
                return _items(value[key], source)
        rules = value.get("scheduledActionsForRule")
        if isinstance(rules, list) and len(rules) == 1 and isinstance(rules[0], Mapping):
            return _items(rules[0], source)
    if not isinstance(value, list) or not value:
        raise BadFile(f"{source} holds no list of actions.", hint="grace action set --help shows one.")
    if len(value) == 1 and isinstance(value[0], Mapping) and "scheduledActionConfigurations" in value[0]:
        return _items(value[0], source)
    for place, item in enumerate(value, 1):
        if not isinstance(item, Mapping):
            raise BadFile(
                f"{source}: item {place} is not an action.", hint="grace action set --help shows one."
            )
    owners = {item.get("policyId") for item in value if item.get("policyId")}
    if len(owners) > 1:
        raise BadFile(
            f"{source} holds the actions of {len(owners)} policies.",
            hint="Give those of one: grace action list POLICY -o json",
        )
    return value


def _action(item: Mapping[str, Any], place: int, source: str, tenant: Tenant) -> Action:
    where = f"{source}, action {place}"
    try:
        if "actionType" in item:
            return _from_graph(item, tenant)
        kinds = [kind for kind in KINDS if kind in item]
        if len(kinds) != 1:
            near = nearest(str(next(iter(item), "")), KINDS)
            hint = did_you_mean(near) + f"It says one of {', '.join(KINDS)}."
            raise InvalidSchedule("it does not say what to do, exactly once.", hint=hint)
        unknown = sorted(set(map(str, item)) - {kinds[0], "after", "days", "hours", "cc"})
        if unknown:
            raise InvalidSchedule(
                f'it has "{unknown[0]}", which means nothing here.', hint="It knows: after, days, hours, cc."
            )
        return _from_words(kinds[0], item, tenant)
    except GraceProblem as problem:
        raise type(problem)(f"{where}: {problem.message}", hint=problem.hint) from None


def _from_words(kind: str, item: Mapping[str, Any], tenant: Tenant) -> Action:
    value = item[kind]
    if kind != "email":
        said = [key for key in ("after", "days", "hours") if key in item]
        wait = _wait(item) if said else grace_hours(str(value))
        if item.get("cc"):
            raise InvalidSchedule("only an email has recipients.")
        return Action(kind, wait)
    template = tenant.find_template(TemplateRef(str(value)))
    cc = item.get("cc") or ()
    refs = [GroupRef(str(name)) for name in ([cc] if isinstance(cc, str) else cc)]
    return Action(
        kind, _wait(item), template.id, tuple(group.id for group in tenant.find_groups(refs)) if refs else ()
    )


def _wait(item: Mapping[str, Any]) -> Hours:
    said = [key for key in ("after", "days", "hours") if key in item]
    if len(said) != 1:
        raise InvalidSchedule(
            "it does not say when, exactly once.", hint="Write after: 2d, days: 2 or hours: 48."
        )
    text = str(item[said[0]])
    return {"after": grace_hours, "days": days_as_hours, "hours": hours_as_hours}[said[0]](text)


def _from_graph(item: Mapping[str, Any], tenant: Tenant) -> Action:
    known = ("id", "actionType", "gracePeriodHours", "notificationTemplateId", "notificationMessageCCList")
    action = wire.action_from({key: item[key] for key in known if key in item and key != "id"})
    if action.template_id is not None:
        # By id, as it came; one that this tenant does not have is an error, never an empty value.
        tenant.find_template(TemplateRef(action.template_id))
    found = tenant.groups_by_id(action.cc_group_ids)
    for id in action.cc_group_ids:
        if id not in found:
            raise InvalidSchedule(
                f"it copies group {id}, which this tenant does not have.", hint="See: grace group list"
            )
    return action
