"""grace policy new: a policy from settings on the command line, or from the JSON of another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from toolkit.commands.policy import carried, values
from toolkit.commands.policy.names import check_free
from toolkit.commands.proposal import plan, policy_creation
from toolkit.commands.spec import Arg, Spec, Tools
from toolkit.errors import BadFile, InvalidContent, InvalidSchedule, MissingValue, UsageProblem
from toolkit.model import catalog, wire
from toolkit.model.data.platforms import BY_KEY
from toolkit.model.policy import CATALOG, Policy
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
    names: dict[str, str] = {}
    if options.from_json is None:
        policy = _from_flags(options)
    else:
        policy, names = _from_json(options, tools)
    check_free(tenant, policy.name)
    changes = values.chosen(policy.platform, options.set, values.read(policy))
    settings = values.written(policy, changes)
    policy = replace(policy, settings={name: value for name, value in settings.items() if value is not None})
    assert policy.schedule is not None
    for action in policy.schedule.check().actions:
        carried.makeable(action)
        if action.kind in ADDABLE:
            intents.supported(action.kind, policy.platform, policy.name)
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


def _from_json(options: Options, tools: Tools) -> tuple[Policy, dict[str, str]]:
    """The policy that the file holds, and the names of the templates and groups that it speaks of."""
    source = "Standard input" if options.from_json == "-" else str(options.from_json)
    item, said = carried.without_names(_one(tools.read_text(options.from_json or "-"), source))
    if options.platform is not None and not item.get("@odata.type") and "technologies" not in item:
        item = {**item, "@odata.type": BY_KEY[options.platform].odata_type}
    # Both collections' word for it: exports write the one, the other, or both.
    name = options.name if options.name is not None else item.get("displayName") or item.get("name")
    item = {**item, "displayName": name, "name": name}
    try:
        read = wire.policy_from(item)
    except InvalidContent as problem:
        raise InvalidContent(
            f"{source}: {problem.message}", hint="policy show -o json prints a right one."
        ) from None
    if not read.platform:
        raise BadFile(
            f'{source} does not say for which platform the policy is: it has no "@odata.type".',
            hint="Add --platform.",
        )
    if options.platform not in (None, read.platform):
        raise UsageProblem(f"{source} holds a policy for {read.platform}, not for {options.platform}.")
    if not read.name:
        raise MissingValue(f"{source} gives the policy no name.", hint="Add --name.")
    schedule = _schedule(read, options.grace, source)
    schedule = Schedule(tuple(carried.as_kept(action) for action in schedule.actions))
    # Whatever gave the assignments to the other policy, a policy set for example, did not give them to this one.
    assignments = [
        replace(
            a,
            group_id=None if a.group_id is None else carried.kept_id(a.group_id),
            extra={key: value for key, value in a.extra.items() if key not in wire.BESIDE_TARGET},
        )
        for a in read.assignments or ()
    ]
    group_ids = [a.group_id for a in assignments if a.group_id is not None]
    policy = replace(
        read,
        id="",
        description=read.description if options.description is None else options.description,
        schedule=schedule,
        assignments=None if read.assignments is None else tuple(assignments),
        version=None,
        modified=None,
        raw={},
    )
    return policy, carried.names_here(tools.tenant, schedule.actions, group_ids, said)


def _one(text: str, source: str) -> Mapping[str, Any]:
    try:
        value = values.from_json(text)
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
    for key in ("settings", "scheduledActionsForRule", "assignments"):
        if value.get(f"{key}@odata.nextLink") is not None:
            raise BadFile(
                f"{source} holds only the first part of the policy's {key}.",
                hint="Export it whole: grace policy show NAME -o json",
            )
    return value


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
