"""What happens to a noncompliant device, in time order: actions, and the schedule that they form.

A schedule has exactly one mark ("block" in Graph). It cannot be removed, and its wait is the grace period.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from toolkit.errors import InvalidSchedule
from toolkit.model.units import LONGEST, Hours, as_typed

MARK = "mark"
EMAIL = "email"
LOCK = "lock"
RETIRE = "retire"
PUSH = "push"
ADDABLE = (EMAIL, PUSH, LOCK, RETIRE)
KINDS = (MARK, EMAIL, PUSH, LOCK, RETIRE)
"""The five that the admin centre offers. Any other kind is kept as Graph spells it, read and passed on, never made."""

WORDS = {
    MARK: "Mark device noncompliant",
    EMAIL: "Send email to end user",
    PUSH: "Send push notification to end user",
    LOCK: "Remotely lock the noncompliant device",
    RETIRE: "Add device to retire list",
}
"""The admin centre's own labels (intune-behaviour section 1.1)."""

# Actions that fall due together are shown, foretold and carried out by the lab in this order; no document gives
# one, this is ours (intune-behaviour section 11.6).
_RANK = {kind: place for place, kind in enumerate((MARK, EMAIL, PUSH, LOCK, RETIRE))}


def rank(kind: str) -> int:
    """The place of a kind among actions that fall due together."""
    return _RANK.get(kind, len(_RANK))


@dataclass(frozen=True, slots=True)
class Action:
    """One line of a schedule. Equal means the same effect: ids are the service's and may change on every write."""

    kind: str
    after: Hours
    template_id: str | None = None
    cc_group_ids: tuple[str, ...] = ()
    id: str | None = field(default=None, compare=False)
    extra: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)
    """Properties that Grace does not know; they go back unchanged."""

    @property
    def words(self) -> str:
        return WORDS.get(self.kind, self.kind)

    @property
    def key(self) -> tuple[str, Hours, str | None, tuple[str, ...]]:
        """What makes two actions the same one: there is no stable id."""
        return (self.kind, self.after, self.template_id, tuple(sorted(self.cc_group_ids)))


def mark(after: Hours = 0) -> Action:
    return Action(MARK, after)


def _order(action: Action) -> tuple[Hours, int, str, str, tuple[str, ...]]:
    # Time and kind leave ties, and people name actions by number: the service's order must not decide them.
    return (
        action.after,
        rank(action.kind),
        action.kind,
        action.template_id or "",
        tuple(sorted(action.cc_group_ids)),
    )


@dataclass(frozen=True, slots=True)
class Schedule:
    """All actions of one policy, always in time order."""

    actions: tuple[Action, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "actions", tuple(sorted(self.actions, key=_order)))

    @property
    def mark(self) -> Action:
        """The one mark action. Raises InvalidSchedule where a tenant holds none or several."""
        marks = [action for action in self.actions if action.kind == MARK]
        if len(marks) != 1:
            raise InvalidSchedule(
                f"A schedule has exactly one mark action; this one has {len(marks)}.",
                hint="Intune answers: Compliance policy must have one and only one block scheduled action.",
            )
        return marks[0]

    @property
    def grace(self) -> Hours | None:
        """The grace period, or None where the tenant holds no single mark action."""
        marks = [action for action in self.actions if action.kind == MARK]
        return marks[0].after if len(marks) == 1 else None

    @property
    def content(self) -> tuple[tuple[str, Hours, str | None, tuple[str, ...]], ...]:
        """What two schedules are compared by: the multiset of their actions' effects."""
        return tuple(
            sorted((a.key for a in self.actions), key=lambda key: (key[1], key[0], key[2] or "", key[3]))
        )

    def of_kind(self, kind: str) -> tuple[Action, ...]:
        return tuple(action for action in self.actions if action.kind == kind)

    def check(self) -> Schedule:
        """Itself, if it keeps the rules that no tenant bends. Raises InvalidSchedule."""
        _ = self.mark
        for action in self.actions:
            if not 0 <= action.after <= LONGEST:
                raise InvalidSchedule(
                    f"{action.words} after {action.after} hours is out of range.",
                    hint="A wait is 0 to 365 days (0 to 8760 hours).",
                )
            if action.kind == EMAIL and action.template_id is None:
                raise InvalidSchedule(
                    f"The email after {as_typed(action.after)} names no template.",
                    hint="Every email needs a notification message template: --email TEMPLATE.",
                )
        return self

    def with_action(self, action: Action) -> Schedule:
        return Schedule((*self.actions, action))

    def without(self, action: Action) -> Schedule:
        """Without this very action (by identity, so that of two equal ones only one goes)."""
        return Schedule(tuple(other for other in self.actions if other is not action))


def schedule_of(actions: Iterable[Action]) -> Schedule:
    """A checked schedule."""
    return Schedule(tuple(actions)).check()
