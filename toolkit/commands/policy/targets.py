"""Whom a policy is for, in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from toolkit.graph.reads import Tenant
from toolkit.model.device import Group
from toolkit.model.policy import ALL_DEVICES, ALL_USERS, EXCLUDE, GROUP, Assignment, Policy

EVERYBODY = {ALL_USERS: "All users", ALL_DEVICES: "All devices"}


def short(assignments: tuple[Assignment, ...] | None) -> str:
    """A few words for a table: "All users", "2 groups, 1 excluded", "nobody"; "" where it was not read."""
    if assignments is None:
        return ""
    words = [EVERYBODY[kind] for kind in (ALL_USERS, ALL_DEVICES) if any(a.kind == kind for a in assignments)]
    groups = sum(assignment.kind == GROUP for assignment in assignments)
    if groups:
        words.append(f"{groups} group" + ("" if groups == 1 else "s"))
    words += sorted({a.kind for a in assignments} - {*EVERYBODY, GROUP, EXCLUDE})
    excluded = sum(assignment.kind == EXCLUDE for assignment in assignments)
    if not words:
        return "nobody"
    return ", ".join(words) + (f", {excluded} excluded" if excluded else "")


def named(assignment: Assignment, groups: Mapping[str, Group]) -> str:
    """The name of one target; a group that no longer exists keeps its id and says so."""
    if assignment.group_id is None:
        return EVERYBODY.get(assignment.kind, assignment.kind)
    group = groups.get(assignment.group_id)
    return group.name if group is not None else f"{assignment.group_id} (not found)"


def groups_of(policies: Iterable[Policy], tenant: Tenant) -> dict[str, Group]:
    """The groups that these policies include or exclude, by id; those that no longer exist are missing."""
    assignments = [assignment for policy in policies for assignment in policy.assignments or ()]
    return tenant.groups_by_id(a.group_id for a in assignments if a.group_id is not None)
