"""grace policy assign: whom a policy is for. What is there stays unless it is taken away."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from shlex import quote

from toolkit.commands.policy.targets import EVERYBODY, named
from toolkit.commands.proposal import assignments_change, plan
from toolkit.commands.spec import Arg, Spec, Tools
from toolkit.errors import GraceProblem, MissingValue, UsageProblem
from toolkit.graph.reads import Tenant
from toolkit.model.device import Group
from toolkit.model.policy import ALL_DEVICES, ALL_USERS, EXCLUDE, GROUP, Assignment, Policy
from toolkit.model.refs import GroupRef, PolicyRef, quoted
from toolkit.planning.change import Change, Plan


@dataclass(frozen=True, slots=True)
class Options:
    policies: tuple[PolicyRef, ...]
    group: tuple[GroupRef, ...] = ()
    exclude: tuple[GroupRef, ...] = ()
    unassign: tuple[GroupRef, ...] = ()
    all_users: bool | None = None
    all_devices: bool | None = None
    replace: bool = False
    nobody: bool = False


SPEC = Spec(
    "policy",
    "assign",
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
        Arg("group", "include this group (repeat for several)", ("--group",), kind="group", many=True),
        Arg("exclude", "exclude this group (repeat for several)", ("--exclude",), kind="group", many=True),
        Arg(
            "unassign", "take this group away, included or excluded", ("--unassign",), kind="group", many=True
        ),
        Arg(
            "all_users", "include all users; --no-all-users takes them away", ("--all-users",), kind="switch"
        ),
        Arg(
            "all_devices",
            "include all devices; --no-all-devices takes them away",
            ("--all-devices",),
            kind="switch",
        ),
        Arg(
            "replace",
            "exactly what is said here, instead of adding to what is there",
            ("--replace",),
            kind="flag",
        ),
        Arg("nobody", "take all assignments away", ("--nobody",), kind="flag"),
    ),
    examples=(
        "grace policy assign 'Windows baseline' --group Finance --exclude 'Emergency access' --yes",
        "grace policy assign 'iOS*' --exclude 'Kiosk devices' --what-if",
        "grace policy assign 'macOS baseline' --all-users --replace --what-if",
    ),
)


def propose(options: Options, tools: Tools) -> Plan:
    tenant = tools.tenant
    _check(options)
    policies = tenant.find_policies(options.policies)
    for policy in policies:
        if policy.assignments is None:
            raise GraceProblem(f'The assignments of policy "{policy.name}" could not be read.')
    included = tenant.find_groups(options.group) if options.group else ()
    excluded = tenant.find_groups(options.exclude) if options.exclude else ()
    both = {group.id for group in included} & {group.id for group in excluded}
    if both:
        twice = quoted(group.name for group in included if group.id in both)
        raise UsageProblem(
            f"{twice} cannot be both included and excluded.", hint="Give it to --group or to --exclude."
        )
    taken = _unassigned(options.unassign, policies, tenant)
    mentioned = {
        a.group_id for policy in policies for a in policy.assignments or () if a.group_id is not None
    }
    groups = {
        **tenant.groups_by_id(mentioned.union(taken)),
        **{group.id: group for group in (*included, *excluded)},
    }
    notes = tuple(
        f'Policy "{policy.name}" is not assigned to "{groups[id].name if id in groups else id}" now.'
        for policy in policies
        for id in taken
        if all(assignment.group_id != id for assignment in policy.assignments or ())
    )
    for kind, switch in ((ALL_USERS, options.all_users), (ALL_DEVICES, options.all_devices)):
        notes += tuple(
            f'Policy "{policy.name}" is not assigned to {EVERYBODY[kind].lower()} now.'
            for policy in policies
            if switch is False and all(assignment.kind != kind for assignment in policy.assignments or ())
        )
    changes = [
        _change(policy, _wanted(policy, options, included, excluded, taken, groups), groups)
        for policy in policies
    ]
    return plan(
        tenant, "policy assign", changes, names={id: group.name for id, group in groups.items()}, notes=notes
    )


def _check(options: Options) -> None:
    adds = bool(options.group or options.exclude or options.all_users or options.all_devices)
    takes = bool(options.unassign) or options.all_users is False or options.all_devices is False
    if options.nobody and (adds or takes):
        raise UsageProblem("--nobody takes every assignment away; it goes with no other target.")
    if options.replace and not adds and not options.nobody:
        raise MissingValue(
            "--replace needs whom the policy is for instead.",
            hint="Add --group, --all-users or --all-devices; or say --nobody.",
        )
    if not (adds or takes or options.nobody):
        raise MissingValue(
            "Whom the policy is for is missing.",
            hint="Add --group G, --exclude G, --all-users, --all-devices, --unassign G or --nobody.",
        )


def _unassigned(refs: Iterable[GroupRef], policies: Iterable[Policy], tenant: Tenant) -> tuple[str, ...]:
    """Ids of the groups to take away. A group that was deleted can still be named by its id."""
    there = {
        a.group_id.lower(): a.group_id
        for p in policies
        for a in p.assignments or ()
        if a.group_id is not None
    }
    found: list[str] = []
    for ref in refs:
        if ref.text.lower() in there:
            found.append(there[ref.text.lower()])
        else:
            found += [group.id for group in tenant.find_groups([ref])]
    return tuple(dict.fromkeys(found))


def _wanted(
    policy: Policy,
    options: Options,
    included: tuple[Group, ...],
    excluded: tuple[Group, ...],
    taken: tuple[str, ...],
    groups: Mapping[str, Group],
) -> tuple[Assignment, ...]:
    if options.nobody:
        return ()
    there = policy.assignments or ()
    new = [Assignment(GROUP, group.id) for group in included]
    new += [Assignment(EXCLUDE, group.id) for group in excluded]
    new += [Assignment(ALL_USERS)] if options.all_users else []
    new += [Assignment(ALL_DEVICES)] if options.all_devices else []
    asked = {assignment.key for assignment in new}
    gone = {ALL_USERS: options.all_users is False, ALL_DEVICES: options.all_devices is False}

    def stays(assignment: Assignment) -> bool:
        # A target that is there already stays as it is: with its filter, and with the policy set that gave it.
        return assignment.key in asked or not (
            options.replace or assignment.group_id in taken or gone.get(assignment.kind, False)
        )

    kept = [assignment for assignment in there if stays(assignment)]
    # One target may be there twice, given here and by a policy set.
    held = {assignment.key for assignment in kept}
    wanted = (*kept, *(assignment for assignment in new if assignment.key not in held))
    # Where a tenant holds a group both ways already, that is no reason to refuse another change.
    for id in _both_ways(wanted) - _both_ways(there):
        name = groups[id].name if id in groups else id
        raise UsageProblem(
            f'"{name}" would be both included in and excluded from policy "{policy.name}".',
            hint=f"Take it away first, in the same command: --unassign {quote(name)}",
        )
    return wanted


def _both_ways(assignments: Iterable[Assignment]) -> set[str]:
    keys = {assignment.key for assignment in assignments}
    return {id for kind, id in keys if kind == GROUP and (EXCLUDE, id) in keys}


def _change(policy: Policy, after: tuple[Assignment, ...], groups: Mapping[str, Group]) -> Change:
    before = {assignment.key: assignment for assignment in policy.assignments or ()}
    keys = {assignment.key for assignment in after}
    added = [a for a in after if a.key not in before]
    removed = [a for key, a in before.items() if key not in keys]
    # A group that goes from one side to the other is said once.
    moved = {a.group_id for a in added if a.group_id is not None}
    said = [
        f"{verb} {quoted(names)}"
        for verb, names in (
            ("add", [named(a, groups) for a in added if a.kind != EXCLUDE]),
            ("exclude", [named(a, groups) for a in added if a.kind == EXCLUDE]),
            ("take away", [named(a, groups) for a in removed if a.group_id not in moved]),
        )
        if names
    ]
    return assignments_change(policy, after, "; ".join(said))
