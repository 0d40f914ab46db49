"""From what was read and what is wanted to a Plan: changes with their fingerprints, no-ops left out."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace

from toolkit.commands.spec import Tools
from toolkit.errors import BadFile
from toolkit.graph.reads import Observed, Tenant, revision
from toolkit.model.policy import Assignment, Policy
from toolkit.model.schedule import Schedule
from toolkit.model.template import Template
from toolkit.planning.change import ASSIGNMENTS, POLICY, SCHEDULE, TEMPLATE, Change, Plan, Target
from toolkit.planning.diff import is_noop
from toolkit.planning.document import plan_from


def plan(
    tenant: Tenant,
    command: str,
    changes: Iterable[Change],
    *,
    names: Mapping[str, str] | None = None,
    notes: tuple[str, ...] = (),
) -> Plan:
    """The plan of these changes for this tenant; what is already as wanted is left out."""
    return Plan(
        command=command,
        tenant=tenant.name,
        changes=tuple(change for change in changes if not is_noop(change)),
        notes=notes,
        made=tenant.now(),
        names=dict(names or {}),
    )


def schedule_change(policy: Policy, after: Schedule, reason: str) -> Change:
    return Change(
        target=Target(SCHEDULE, policy.id, policy.name, policy.collection),
        before=policy.schedule,
        after=after,
        reason=reason,
        fingerprint=Observed(policy.schedule, revision(policy)).fingerprint,
    )


def assignments_change(policy: Policy, after: tuple[Assignment, ...], reason: str) -> Change:
    return Change(
        target=Target(ASSIGNMENTS, policy.id, policy.name, policy.collection),
        before=policy.assignments,
        after=tuple(sorted(after, key=lambda assignment: assignment.key)),
        reason=reason,
        fingerprint=Observed(policy.assignments, revision(policy)).fingerprint,
    )


def policy_change(before: Policy, after: Policy, reason: str) -> Change:
    """A change of a policy's own properties. `before` must have been read whole (`Tenant.policy`)."""
    bare_before = replace(before, schedule=None, assignments=None)
    return Change(
        target=Target(POLICY, before.id, before.name, before.collection),
        before=bare_before,
        after=replace(after, schedule=None, assignments=None),
        reason=reason,
        fingerprint=Observed(before, revision(before)).fingerprint,
    )


def policy_creation(after: Policy, reason: str) -> Change:
    target = Target(POLICY, "", after.name, after.collection)
    return Change(target=target, before=None, after=after, reason=reason, fingerprint="absent")


def policy_removal(policy: Policy, reason: str) -> Change:
    """`policy` must have been read whole: its schedule and assignments are what undo brings back."""
    return Change(
        target=Target(POLICY, policy.id, policy.name, policy.collection),
        before=policy,
        after=None,
        reason=reason,
        fingerprint=Observed(policy, revision(policy)).fingerprint,
    )


def template_change(before: Template | None, after: Template | None, reason: str) -> Change:
    """A template made (before None), changed, or removed (after None)."""
    known = before if before is not None else after
    assert known is not None
    return Change(
        target=Target(TEMPLATE, before.id if before is not None else "", known.name),
        before=before,
        after=after,
        reason=reason,
        fingerprint="absent" if before is None else Observed(before, revision(before)).fingerprint,
    )


def schedule_names(tenant: Tenant, changes: Iterable[Change]) -> dict[str, str]:
    """Names for the ids in the schedules of these changes, as they were and as they will be."""
    return names_of(
        tenant, [s for change in changes for s in (change.before, change.after) if isinstance(s, Schedule)]
    )


def saved_plan(source: str, tools: Tools) -> Plan:
    """The plan in a file, or on standard input for "-". Raises BadFile, and UsageProblem for one of another tenant."""
    where = "Standard input" if source == "-" else source
    try:
        value = json.loads(tools.read_text(source))
    except (ValueError, RecursionError) as problem:
        raise BadFile(f"{where} is not JSON: {problem}.", hint="Make a plan with --save-plan FILE.") from None
    plan = plan_from(value, where)
    plan.check_tenant(tools.tenant.name)
    return plan


def names_of(tenant: Tenant, schedules: Iterable[Schedule | None]) -> dict[str, str]:
    """Names for the template and group ids that these schedules speak of; an unknown id has none."""
    actions = [action for schedule in schedules if schedule is not None for action in schedule.actions]
    names: dict[str, str] = {}
    if any(action.template_id for action in actions):
        names |= {template.id: template.name for template in tenant.templates()}
    group_ids = {id for action in actions for id in action.cc_group_ids}
    names |= {id: group.name for id, group in tenant.groups_by_id(group_ids).items()}
    return names
