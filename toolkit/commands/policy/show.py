"""grace policy show: one policy with its settings, its schedule and whom it is for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from toolkit.commands.policy import targets, values
from toolkit.commands.proposal import names_of
from toolkit.commands.spec import Arg, Spec, Tools
from toolkit.graph.reads import Tenant
from toolkit.model.data.platforms import BY_KEY
from toolkit.model.data.settings import setting
from toolkit.model.policy import EXCLUDE, Policy
from toolkit.model.refs import PolicyRef
from toolkit.model.schedule import EMAIL, Action
from toolkit.outcome import Column, Outcome, Section


@dataclass(frozen=True, slots=True)
class Options:
    policy: PolicyRef


SPEC = Spec(
    "policy",
    "show",
    Options,
    args=(Arg("policy", "the policy: a name or an id", kind="policy", required=True),),
    examples=(
        "grace policy show 'Windows baseline'",
        "grace policy show 'Linux baseline' -o json",
        "grace policy show 'iOS baseline' --query scheduledActionsForRule",
    ),
)

PROPERTIES = (
    Column("Name", "name"),
    Column("Platform", "platform"),
    Column("Description", "description"),
    Column("Scope tags", "scopeTags", "list"),
    Column("Version", "version"),
    Column("Created", "created", "date"),
    Column("Modified", "modified", "date"),
    Column("Id", "id", "id"),
)
SETTINGS = (Column("Setting", "name", "id"), Column("Value", "value"), Column("Meaning", "meaning"))
SCHEDULE = (
    Column("#", "position", "count"),
    Column("After", "after", "hours"),
    Column("Action", "action"),
    Column("Template", "template"),
    Column("Recipients", "recipients", "list"),
)
ASSIGNMENTS = (Column("Target", "target"), Column("Included", "included"), Column("Filter", "filter"))


def run(options: Options, tools: Tools) -> Outcome:
    tenant = tools.tenant
    found = tenant.find_policy(options.policy)
    policy = tenant.policy(found.id, found.collection)
    return Outcome(
        data=policy.raw,
        columns=PROPERTIES,
        title=policy.name,
        sections=(
            Section("Policy", PROPERTIES, [_properties(policy)], pairs=True),
            Section("Settings", SETTINGS, _settings(policy), empty="Nothing is asked for."),
            Section("Schedule", SCHEDULE, _schedule(policy, tenant), empty="The service sent no schedule."),
            Section("Assignments", ASSIGNMENTS, _assignments(policy, tenant), empty="Assigned to nobody."),
        ),
    )


def _properties(policy: Policy) -> dict[str, Any]:
    known = BY_KEY.get(policy.platform)
    return {
        "name": policy.name,
        "platform": f"{policy.platform} ({known.title})" if known is not None else policy.platform,
        "description": policy.description,
        "scopeTags": list(policy.scope_tags),
        "version": policy.version,
        "created": policy.raw.get("createdDateTime"),
        "modified": policy.modified,
        "id": policy.id,
    }


def _settings(policy: Policy) -> list[dict[str, Any]]:
    rows = []
    for name, value in values.read(policy).items():
        if values.asks_for_something(value):
            known = setting(policy.platform, name)
            rows.append({"name": name, "value": value, "meaning": known.meaning if known is not None else ""})
    return rows


def _schedule(policy: Policy, tenant: Tenant) -> list[dict[str, Any]]:
    names = names_of(tenant, [policy.schedule])

    def row(position: int, action: Action) -> dict[str, Any]:
        template = ""
        if action.kind == EMAIL and action.template_id is not None:
            template = names.get(action.template_id, f"{action.template_id} (not found)")
        return {
            "position": position,
            "after": action.after,
            "action": action.words,
            "template": template,
            "recipients": [names.get(id, f"{id} (not found)") for id in action.cc_group_ids],
        }

    actions = policy.schedule.actions if policy.schedule is not None else ()
    return [row(position, action) for position, action in enumerate(actions, 1)]


def _assignments(policy: Policy, tenant: Tenant) -> list[dict[str, Any]]:
    assignments = policy.assignments or ()
    groups = targets.groups_of([policy], tenant)
    return [
        {
            "target": targets.named(assignment, groups),
            "included": "excluded" if assignment.kind == EXCLUDE else "included",
            "filter": f"{assignment.filter_type or ''} {assignment.filter_id}".strip()
            if assignment.filter_id
            else "",
        }
        for assignment in assignments
    ]
