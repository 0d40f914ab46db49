"""grace action set: a whole schedule from a file."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from toolkit.commands.policy import carried
from toolkit.commands.proposal import plan, schedule_change, schedule_names
from toolkit.commands.spec import Arg, Spec, Tools
from toolkit.errors import BadFile, GraceProblem, InvalidSchedule
from toolkit.graph.reads import Tenant
from toolkit.model import wire
from toolkit.model.policy import Policy
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
    value = _parsed(tools.read_text(options.from_file), source)
    try:
        items = _items(value, source)
    except RecursionError:
        raise BadFile(f"{source} is nested too deeply, or holds itself.") from None
    policies = tenant.find_policies(options.policies)
    schedule = schedule_of(_action(item, place, source, tenant) for place, item in enumerate(items, 1))
    changes = [
        schedule_change(policy, _for(policy, schedule), f"the schedule of {source}") for policy in policies
    ]
    return plan(tenant, "action set", changes, names=schedule_names(tenant, changes))


def _for(policy: Policy, schedule: Schedule) -> Schedule:
    """The schedule as this policy can have it. What it has already stays what it is, whoever made it."""
    held = {action.key: action for action in policy.schedule.actions} if policy.schedule is not None else {}
    actions = []
    for action in schedule.actions:
        if action.key not in held:
            carried.makeable(action)
            intents.supported(action.kind, policy.platform, policy.name)
        actions.append(held.get(action.key, action))
    return schedule_of(actions)


def _parsed(text: str, source: str) -> Any:
    try:
        # What YAML makes of JSON's \ud83d\ude00 is two halves of a character.
        return json.loads(text, object_pairs_hook=_once)
    except RecursionError:
        raise BadFile(f"{source} is nested too deeply.") from None
    except ValueError:
        pass
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        # The safe loader makes nothing but plain values; those can still be wrong ones, such as the date 2026-13-45.
        return YAML(typ="safe", pure=True).load(text)
    except (
        YAMLError,
        ArithmeticError,
        AttributeError,
        LookupError,
        RecursionError,
        TypeError,
        ValueError,
    ) as problem:
        first = [line.strip() for line in str(problem).splitlines() if line.strip()]
        raise BadFile(
            f"{source} is neither YAML nor JSON: {'; '.join(first[:3]) or type(problem).__name__}."
        ) from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """As YAML has it: a key that is there twice is an error."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is there twice")
    return found


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
    owners = {id for item in value if isinstance(id := item.get("policyId"), str) and id}
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
            near = nearest(_key(next(iter(item), "")), KINDS)
            hint = did_you_mean(near) + f"It says one of {', '.join(KINDS)}."
            raise InvalidSchedule("it does not say what to do, exactly once.", hint=hint)
        unknown = sorted(set(map(_key, item)) - {kinds[0], "after", "days", "hours", "cc"})
        if unknown:
            raise InvalidSchedule(
                f'it has "{unknown[0]}", which means nothing here.', hint="It knows: after, days, hours, cc."
            )
        return _from_words(kinds[0], item, tenant)
    except GraceProblem as problem:
        raise type(problem)(f"{where}: {problem.message}", hint=problem.hint) from None


def _key(key: object) -> str:
    return key if isinstance(key, str) else wire.in_words(key)


def _from_words(kind: str, item: Mapping[str, Any], tenant: Tenant) -> Action:
    value = item[kind]
    if kind != "email":
        if item.get("cc"):
            raise InvalidSchedule("only an email has recipients.")
        if _waits(item) and value not in (None, True):
            raise InvalidSchedule("it says twice when.", hint=f"Write {kind}: 3d.")
        return Action(kind, _wait(item) if _waits(item) else grace_hours(_typed(value, kind)))
    if not isinstance(value, str) or not value:
        raise InvalidSchedule(
            f"email is {wire.in_words(value)}, not the name of a template.",
            hint="A name of digits wants quotes.",
        )
    template = tenant.find_template(TemplateRef(value))
    cc = item.get("cc")
    names = [] if cc is None else [cc] if isinstance(cc, str) else cc
    if not isinstance(names, list) or not all(isinstance(name, str) and name for name in names):
        wrong = (
            names
            if not isinstance(names, list)
            else next(n for n in names if not isinstance(n, str) or not n)
        )
        raise InvalidSchedule(
            f"cc holds {wire.in_words(wrong)}, not the name of a group.",
            hint="Write cc: [Help desk, IT leads].",
        )
    groups = tenant.find_groups([GroupRef(name) for name in names]) if names else ()
    return Action(kind, _wait(item), template.id, tuple(group.id for group in groups))


def _waits(item: Iterable[Any]) -> list[str]:
    return [key for key in ("after", "days", "hours") if key in item]


def _wait(item: Mapping[str, Any]) -> Hours:
    said = _waits(item)
    if len(said) != 1:
        raise InvalidSchedule(
            "it does not say when, exactly once.", hint="Write after: 2d, days: 2 or hours: 48."
        )
    read = {"after": grace_hours, "days": days_as_hours, "hours": hours_as_hours}[said[0]]
    return read(_typed(item[said[0]], said[0]))


def _typed(value: Any, name: str) -> str:
    """A wait as it was typed; YAML makes numbers of some."""
    words = wire.in_words(value)
    if isinstance(value, bool) or not isinstance(value, str | int | float) or words.startswith("a "):
        raise InvalidSchedule(f"{name} is {words}, not a wait.", hint="Write a wait like 3d, 36h or 0.")
    return str(value)


def _from_graph(item: Mapping[str, Any], tenant: Tenant) -> Action:
    known = ("actionType", "gracePeriodHours", "notificationTemplateId", "notificationMessageCCList")
    action = carried.as_kept(wire.action_from({key: item[key] for key in known if key in item}))
    # By id, as it came; one that this tenant does not have is an error, never an empty value.
    carried.names_here(tenant, [action], (), carried.names_beside(item))
    return action
