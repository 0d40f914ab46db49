"""From a journal entry to the plan that takes it back. Pure: what the tenant holds now is handed in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from toolkit.apply.journal import DONE, PARTLY, UNCONFIRMED, Entry, Item
from toolkit.apply.run import STATELESS, comparable
from toolkit.errors import GraceProblem, StalePlan
from toolkit.planning.change import POLICY, TEST_MAIL, Change, Content, Plan, Target
from toolkit.planning.diff import mismatch
from toolkit.planning.document import content_json

Look = Callable[[Target], tuple[Content | None, str]]
"""What a target is now: its content, and the fingerprint of that reading."""


def newest(entries: tuple[Entry, ...]) -> Entry | None:
    """The entry that a bare `grace undo` means: the last that did something that can be taken back and still stands.

    Undos are passed over, so that one undo after the other walks back; an undo is undone by its number.
    """
    for entry in reversed(entries):
        has_before = any(item.change.target.kind not in STATELESS for item in entry.items)
        stands = entry.undone_by is None and entry.state in (DONE, PARTLY)
        if entry.undoes is None and stands and has_before:
            return entry
    return None


def reverse(entry: Entry, plan: Plan, look: Look) -> Plan:
    """`plan` (which says tenant and time) with the changes that take `entry` back, last one first.

    What is back already, from an undo that was interrupted for one, is left out. Raises StalePlan with all
    three states where the tenant is neither as the entry left it nor as it was before.
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
    reversed_changes = (_reversed(entry, item, look) for item in reversed(items))
    changes = tuple(change for change in reversed_changes if change is not None)
    return replace(plan, changes=changes, undoes=entry.id, names=entry.plan.names)


def was_removed(item: Item) -> bool:
    return item.change.after is None and item.left is None


def _reversed(entry: Entry, item: Item, look: Look) -> Change | None:
    change = item.change
    if change.target.kind in STATELESS:
        what = "a preview mail" if change.target.kind == TEST_MAIL else "a raw request"
        raise GraceProblem(
            f"Entry {entry.id} cannot be undone: {what} has no before.",
            hint="Give the opposite request by hand.",
        )
    target = replace(change.target, id="" if was_removed(item) else item.id or change.target.id)
    found, fingerprint = look(target)
    now = comparable(change, found)
    if _same(change.before, now):
        return None
    if not _same(item.left, now):
        raise StalePlan(
            f"{target.words[:1].upper()}{target.words[1:]} is no longer as entry {entry.id} left it.",
            hint="Nothing was changed. Compare the three states; then edit by hand, or undo the later change first.",
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
    consequences: tuple[str, ...] = ()
    if was_removed(item) and change.before is not None:
        noun = "policy" if change.target.kind == POLICY else "template"
        consequences = (f"comes back under a new id: Intune cannot restore a deleted {noun}",)
    return Change(
        target=target,
        before=now,
        after=change.before,
        reason=f"undo of entry {entry.id}: {change.reason}",
        fingerprint=fingerprint,
        consequences=consequences,
    )


def _same(expected: Content | None, now: Content | None) -> bool:
    return (expected is None) == (now is None) and not mismatch(expected, now) and not mismatch(now, expected)
