"""From a journal entry to the plan that takes it back. Pure: what the tenant holds now is handed in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from toolkit.apply.journal import DONE, PARTLY, UNCONFIRMED, Entry, Item
from toolkit.errors import GraceProblem, StalePlan
from toolkit.model.policy import Policy
from toolkit.planning.change import (
    POLICY,
    REQUEST,
    TEST_MAIL,
    Change,
    Content,
    Plan,
    Target,
)
from toolkit.planning.diff import mismatch
from toolkit.planning.document import content_json

Look = Callable[[Target], tuple[Content | None, str]]
"""What a target is now: its content, and the fingerprint of that reading."""


def newest(entries: tuple[Entry, ...]) -> Entry:
    """The entry that a bare `grace undo` means: the last one that did something, is no undo and still stands."""
    for entry in reversed(entries):
        if entry.undoes is None and entry.undone_by is None and entry.state in (DONE, PARTLY):
            return entry
    raise GraceProblem(
        "There is nothing to undo in this tenant's journal.", hint="See it with: grace journal list"
    )


def reverse(entry: Entry, plan: Plan, look: Look) -> Plan:
    """`plan` (which says tenant and time) with the changes that take `entry` back, last one first.

    Raises StalePlan with all three states where the tenant is no longer as the entry left it.
    """
    if entry.undone_by is not None:
        raise GraceProblem(
            f"Entry {entry.id} was undone already, by entry {entry.undone_by}.",
            hint=f"Take the undo back with: grace undo {entry.undone_by}",
        )
    if any(item.state == UNCONFIRMED for item in entry.items):
        raise GraceProblem(
            f"Entry {entry.id} is not settled: whether it took effect is not known.",
            hint="grace journal list reads the tenant and settles it.",
        )
    items = [item for item in entry.items if item.state in (DONE, PARTLY)]
    if not items:
        raise GraceProblem(f"Entry {entry.id} changed nothing, so there is nothing to undo.")
    changes = tuple(_reversed(entry, item, look) for item in reversed(items))
    return replace(plan, changes=changes, undoes=entry.id, names=entry.plan.names)


def _reversed(entry: Entry, item: Item, look: Look) -> Change:
    change = item.change
    if change.target.kind in (REQUEST, TEST_MAIL):
        what = "A preview mail" if change.target.kind == TEST_MAIL else "A raw request"
        raise GraceProblem(
            f"Entry {entry.id} cannot be undone: {what[0].lower()}{what[1:]} has no before.",
            hint="Give the opposite request by hand.",
        )
    was_removed = change.after is None and item.left is None
    target = replace(change.target, id="" if was_removed else item.id or change.target.id)
    found, fingerprint = look(target)
    now = _part(change, found)
    if (item.left is None) != (now is None) or mismatch(item.left, now) or mismatch(now, item.left):
        raise StalePlan(
            f"{target.words[:1].upper()}{target.words[1:]} is no longer as entry {entry.id} left it.",
            hint="Nothing was changed. The three states are below; edit it by hand, or undo the later change first.",
            detail={
                "target": target.name,
                "entry": entry.id,
                "states": {
                    "before": content_json(change.before),
                    "left": content_json(item.left),
                    "now": content_json(now),
                },
            },
        )
    before, after = now, change.before
    consequences: tuple[str, ...] = ()
    if was_removed and after is not None:
        noun = "policy" if change.target.kind == POLICY else "template"
        consequences = (f"comes back under a new id: Intune cannot restore a deleted {noun}",)
    return Change(
        target=target,
        before=before,
        after=after,
        reason=f"undo of entry {entry.id}: {change.reason}",
        fingerprint=fingerprint,
        consequences=consequences,
    )


def _part(change: Change, found: Content | None) -> Content | None:
    """What was found, as far as the change spoke of it."""
    wanted = change.after if change.after is not None else change.before
    if isinstance(found, Policy) and isinstance(wanted, Policy):
        return replace(
            found,
            schedule=found.schedule if wanted.schedule is not None else None,
            assignments=found.assignments if wanted.assignments is not None else None,
        )
    return found
