"""grace policy new: a policy from settings on the command line, or from the JSON of another."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from toolkit.commands.policy import values
from toolkit.commands.policy.names import check_free
from toolkit.commands.policy.targets import groups_of
from toolkit.commands.proposal import names_of, plan, policy_creation
from toolkit.commands.spec import Arg, Spec, Tools
from toolkit.errors import BadFile, InvalidSchedule, MissingValue, NotFound, UsageProblem
from toolkit.graph.reads import Tenant
from toolkit.model import catalog, wire
from toolkit.model.data.platforms import BY_KEY
from toolkit.model.policy import CATALOG, Policy
from toolkit.model.refs import quoted
from toolkit.model.schedule import ADDABLE, Schedule, mark
from toolkit.model.units import Hours
from toolkit.planning import intents
from toolkit.planning.change import Plan


@dataclass(frozen=True, slots=True)
class Options:
    platform: str | None = None
    name: str | None = None
    description: str | None = None
    set: tuple[tuple[str, str], ...] = ()
    grace: Hours | None = None
    from_json: str | None = None


SPEC = Spec(
    "policy",
    "new",
    Options,
    changes=True,
    args=(
        Arg(
            "platform",
            "the platform: windows, macos, ios, android-work-profile, linux, ...",
            ("--platform",),
            kind="platform",
        ),
        Arg("name", "the name", ("--name",)),
        Arg("description", "the description", ("--description",), kind="content"),
        Arg(
            "set",
            "a setting (repeat for several); grace policy settings PLATFORM lists them",
            ("--set",),
            kind="setting",
            many=True,
        ),
        Arg("grace", "the grace period: 3d, 12h, 0 (default: 0, marked at once)", ("--grace",), kind="after"),
        Arg(
            "from_json",
            "a policy as `policy show -o json` prints it, - for standard input",
            ("--from-json",),
            kind="file",
            metavar="FILE|-",
        ),
    ),
    about=(
        "With --from-json the policy is what the file says: settings, schedule and assignments. --name, --description,\n"
        "--set and --grace change that. Templates and groups are named by id there, and must exist in this tenant."
    ),
    examples=(
        "grace policy new --platform windows --name 'Windows lean' --set bitLockerEnabled=true --grace 3d --yes",
        "grace policy new --platform linux --name 'Linux lean' --set linux_deviceencryption_required=true --what-if",
        "grace policy show 'iOS baseline' -o json | grace policy new --from-json - --name 'iOS copy' --what-if",
    ),
)


def propose(options: Options, tools: Tools) -> Plan:
    tenant = tools.tenant
    policy = _from_json(options, tools) if options.from_json is not None else _from_flags(options)
    check_free(tenant, policy.name)
    changes = values.chosen(policy.platform, options.set, values.read(policy))
    settings = values.written(policy, changes)
    policy = replace(policy, settings={name: value for name, value in settings.items() if value is not None})
    assert policy.schedule is not None
    for action in policy.schedule.check().actions:
        if action.kind in ADDABLE:
            intents.supported(action.kind, policy.platform, policy.name)
    names = _names(policy, tenant) if options.from_json is not None else {}
    return plan(
        tenant, "policy new", [policy_creation(policy, f"a new policy for {policy.platform}")], names=names
    )


def _from_flags(options: Options) -> Policy:
    if options.platform is None:
        raise MissingValue("--platform is missing.", hint="For example: --platform windows")
    if options.name is None:
        raise MissingValue("--name is missing.", hint="For example: --name 'Windows lean'")
    collection = BY_KEY[options.platform].collection
    return Policy(
        name=options.name,
        platform=options.platform,
        description=options.description or "",
        settings=dict(catalog.NEW_LINUX) if collection == CATALOG else {},
        schedule=Schedule((mark(options.grace or 0),)),
        collection=collection,
    )


def _from_json(options: Options, tools: Tools) -> Policy:
    source = "Standard input" if options.from_json == "-" else str(options.from_json)
    item = _one(tools.read_text(options.from_json or "-"), source)
    if options.platform is not None and not item.get("@odata.type") and "technologies" not in item:
        item = {**item, "@odata.type": BY_KEY[options.platform].odata_type}
    read = wire.policy_from(item)
    if not read.platform:
        raise BadFile(
            f'{source} does not say for which platform the policy is: it has no "@odata.type".',
            hint="Add --platform.",
        )
    if options.platform not in (None, read.platform):
        raise UsageProblem(f"{source} holds a policy for {read.platform}, not for {options.platform}.")
    name = options.name if options.name is not None else item.get("displayName") or item.get("name")
    if not isinstance(name, str) or not name:
        raise MissingValue(f"{source} gives the policy no name.", hint="Add --name.")
    return replace(
        read,
        id="",
        name=name,
        description=read.description if options.description is None else options.description,
        schedule=_schedule(read, options.grace, source),
        version=None,
        modified=None,
        raw={},
    )


def _one(text: str, source: str) -> Mapping[str, Any]:
    try:
        value = json.loads(text)
    except ValueError as problem:
        raise BadFile(f"{source} is not JSON: {problem}.") from None
    if isinstance(value, Mapping) and isinstance(value.get("value"), list):
        value = value["value"]
    if isinstance(value, list):
        if len(value) != 1:
            raise BadFile(
                f"{source} holds {len(value)} policies.", hint="Give one: grace policy show NAME -o json"
            )
        value = value[0]
    if not isinstance(value, Mapping):
        raise BadFile(
            f"{source} holds no policy.", hint="It is a JSON object: grace policy show NAME -o json"
        )
    for key, kind in (
        ("scheduledActionsForRule", list),
        ("assignments", list),
        ("roleScopeTagIds", list),
        ("settings", list),
    ):
        if value.get(key) is not None and not (
            isinstance(value[key], kind) and all(_is_part(key, part) for part in value[key])
        ):
            raise BadFile(f'{source}: "{key}" has not the shape that Graph gives it.')
    return value


def _is_part(key: str, part: Any) -> bool:
    if key == "roleScopeTagIds":
        return isinstance(part, str)
    if not isinstance(part, Mapping):
        return False
    actions = part.get("scheduledActionConfigurations") or []
    return isinstance(actions, list) and all(isinstance(action, Mapping) for action in actions)


def _schedule(policy: Policy, grace: Hours | None, source: str) -> Schedule:
    if policy.schedule is None or not policy.schedule.actions:
        if grace is None:
            # A mark at once would be the service's own reading, and would block people without anybody having said so.
            raise InvalidSchedule(
                f"{source} holds no schedule (scheduledActionsForRule).",
                hint="Say the grace period: --grace 3d, or --grace 0 to mark devices at once.",
            )
        return Schedule((mark(grace),))
    schedule = policy.schedule.check()
    return schedule if grace is None else intents.edit(schedule, schedule.mark, after=grace)


def _names(policy: Policy, tenant: Tenant) -> dict[str, str]:
    """Names of the templates and groups that the policy speaks of. Raises NotFound for those that do not exist here."""
    actions = policy.schedule.actions if policy.schedule is not None else ()
    names = names_of(tenant, [policy.schedule])
    assigned = {a.group_id for a in policy.assignments or () if a.group_id is not None}
    names |= {id: group.name for id, group in groups_of([policy], tenant).items()}
    templates = [a.template_id for a in actions if a.template_id is not None and a.template_id not in names]
    if templates:
        raise NotFound(
            f"The schedule names template {', '.join(dict.fromkeys(templates))}, which this tenant does not have.",
            hint=f"Template ids differ from tenant to tenant. It has: {quoted(t.name for t in tenant.templates()) or 'none'};"
            " put the right id into notificationTemplateId.",
        )
    wanted = [*assigned, *(id for action in actions for id in action.cc_group_ids)]
    groups = [id for id in dict.fromkeys(wanted) if id not in names]
    if groups:
        raise NotFound(
            f"The policy names group {', '.join(groups)}, which this tenant does not have.",
            hint="Take it out of assignments or notificationMessageCCList, or put the right id there: grace group list",
        )
    return names
