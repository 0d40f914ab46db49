"""grace undo: the plan that takes an entry of the journal back. It is an entry itself, and can be undone."""

from __future__ import annotations

from dataclasses import dataclass, replace

from toolkit.apply.undo import newest, reverse
from toolkit.commands.journal.rows import entries
from toolkit.commands.proposal import schedule_change
from toolkit.commands.spec import Arg, Spec, Tools
from toolkit.graph.reads import Tenant
from toolkit.planning.change import TEMPLATE, Change, Content, Plan, Target


@dataclass(frozen=True, slots=True)
class Options:
    entry: str | None = None


SPEC = Spec(
    "undo",
    "",
    Options,
    changes=True,
    args=(Arg("entry", "the number of the entry (default: the newest that is not undone)", kind="entry"),),
    about=(
        "Restores the same objects in place. Refused, with all three states shown, if the tenant is no longer as the"
        " entry left it. A removed object can only come back under a new id."
    ),
    examples=(
        "grace template edit 'Unused draft' --no-logo && grace undo",
        "grace template edit 'Unused draft' --no-logo && grace undo 1 --what-if",
    ),
)


def propose(options: Options, tools: Tools) -> Plan:
    tenant = tools.tenant
    found = entries(tools)
    entry = newest(found) if options.entry is None else tools.journal.entry(options.entry)

    def look(target: Target) -> tuple[Content | None, str]:
        seen = tenant.observe(target)
        return seen.content, seen.fingerprint

    empty = Plan("undo", tenant.name, made=tenant.now())
    plan = reverse(entry, empty, look)
    return replace(plan, changes=(*plan.changes, *_references(plan, tenant)))


def _references(plan: Plan, tenant: Tenant) -> list[Change]:
    """A template that comes back has a new id; the schedules that still name the old one follow it."""
    changes = []
    for change in plan.changes:
        old_id = getattr(change.after, "id", "")
        if change.target.kind == TEMPLATE and not change.target.id and old_id:
            for policy in tenant.template_users(old_id):
                if policy.schedule is not None:
                    reason = f'point at template "{change.target.name}" under its new id'
                    changes.append(schedule_change(policy, policy.schedule, reason))
    return changes
