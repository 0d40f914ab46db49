"""grace undo: the plan that takes an entry of the journal back. It is an entry itself, and can be undone."""

from __future__ import annotations

from dataclasses import dataclass, replace

from toolkit.apply.journal import DONE, PARTLY, Entry
from toolkit.apply.undo import newest, reverse, was_removed
from toolkit.commands.journal.rows import entries
from toolkit.commands.proposal import schedule_change, schedule_names
from toolkit.commands.spec import Arg, Spec, Tools
from toolkit.graph.reads import Tenant
from toolkit.model.schedule import Schedule
from toolkit.model.template import Template
from toolkit.outcome import Outcome
from toolkit.planning.change import Change, Content, Plan, Target, placeholder


@dataclass(frozen=True, slots=True)
class Options:
    entry: str | None = None


SPEC = Spec(
    "undo",
    "",
    Options,
    changes=True,
    args=(
        Arg(
            "entry",
            "the number of the entry (default: the newest that stands and is no undo itself)",
            kind="entry",
        ),
    ),
    about=(
        "Restores the same objects in place. Refused, with all three states shown, if the tenant is no longer as the"
        " entry left it. A removed object can only come back under a new id. An undo is undone by its number."
    ),
    examples=(
        "grace template edit 'Unused draft' --no-logo && grace undo",
        "grace template edit 'Unused draft' --no-logo && grace undo 1 --what-if",
    ),
)


def propose(options: Options, tools: Tools) -> Plan | Outcome:
    tenant = tools.tenant
    found = entries(tools)
    entry = newest(found) if options.entry is None else tools.journal.entry(options.entry)
    if entry is None:
        redo = next((e for e in reversed(found) if e.undoes is not None and e.undone_by is None), None)
        more = (f"Take the newest undo back with: grace undo {redo.id}",) if redo is not None else ()
        return Outcome(notes=("There is nothing to undo in this tenant's journal.", *more))

    def look(target: Target) -> tuple[Content | None, str]:
        seen = tenant.observe(target)
        return seen.content, seen.fingerprint

    empty = Plan("undo", tenant.name, made=tenant.now())
    plan = reverse(entry, empty, look)
    repairs, names = _references(entry, plan, tenant)
    changes = (*plan.changes, *repairs)
    return replace(plan, changes=changes, names={**plan.names, **schedule_names(tenant, changes), **names})


def _references(entry: Entry, plan: Plan, tenant: Tenant) -> tuple[list[Change], dict[str, str]]:
    """A template that comes back has a new id; the schedules that still name the old one follow it."""
    changes: list[Change] = []
    names: dict[str, str] = {}
    made = {
        change.after.id
        for change in plan.changes
        if isinstance(change.after, Template) and change.before is None
    }
    for item in entry.items:
        old = item.change.before
        if item.state not in (DONE, PARTLY) or not was_removed(item) or not isinstance(old, Template):
            continue
        new_id = placeholder(old.id) if old.id in made else _id_of(old.name, tenant)
        if new_id is None:
            continue
        names[new_id] = old.name
        for policy in tenant.template_users(old.id):
            if policy.schedule is not None:
                after = Schedule(
                    tuple(
                        replace(action, template_id=new_id)
                        if (action.template_id or "").lower() == old.id.lower()
                        else action
                        for action in policy.schedule.actions
                    )
                )
                reason = f'point at template "{old.name}" under its new id'
                changes.append(schedule_change(policy, after, reason))
        names[old.id] = f"{old.name} (removed)"
    return changes, names


def _id_of(name: str, tenant: Tenant) -> str | None:
    return next((template.id for template in tenant.templates() if template.name == name), None)
