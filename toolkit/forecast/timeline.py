"""When each action of a schedule falls due for a device that became noncompliant at a known moment.

What the waits count from is disputed in public (intune-behaviour section 1.4), so every date is given under a
reading: from the first noncompliance, or from the mark, which is the end of the grace period.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, get_args

from toolkit.model.schedule import MARK, Action, Schedule, rank
from toolkit.model.units import Hours

Reading = Literal["first-noncompliance", "after-mark"]
FIRST_NONCOMPLIANCE: Reading = "first-noncompliance"
AFTER_MARK: Reading = "after-mark"
READINGS: tuple[Reading, ...] = get_args(Reading)


@dataclass(frozen=True, slots=True)
class DatedEvent:
    at: datetime
    action: Action
    kind: str


def grace_of(schedule: Schedule) -> Hours:
    """The grace period; a schedule without its one mark, which some tenants hold, is taken to have none."""
    grace = schedule.grace
    return 0 if grace is None else grace


def wait_of(action: Action, grace: Hours, reading: Reading) -> Hours:
    """Hours from the first noncompliance until the action is due. The mark's own wait is the grace period."""
    if action.kind == MARK or reading == FIRST_NONCOMPLIANCE:
        return action.after
    return grace + action.after


def dated(schedule: Schedule, since: datetime, reading: Reading) -> tuple[DatedEvent, ...]:
    """Every action with its moment, in the order in which they happen, the mark at since + grace."""
    grace = grace_of(schedule)
    events = [
        DatedEvent(since + timedelta(hours=wait_of(action, grace, reading)), action, action.kind)
        for action in schedule.actions
    ]
    return tuple(sorted(events, key=lambda event: (event.at, rank(event.kind))))


def readings_differ(schedule: Schedule) -> bool:
    """Whether the two readings give different dates: a grace period, and any action beside the mark."""
    return grace_of(schedule) > 0 and any(action.kind != MARK for action in schedule.actions)


def keyed(schedule: Schedule) -> tuple[tuple[str, Action], ...]:
    """Each action beside the mark with a text that names it by its effect, in schedule order.

    Ids will not do: the service gives new ones on every write of a schedule. Equal actions are numbered.
    """
    seen: Counter[str] = Counter()
    named = []
    for action in schedule.actions:
        if action.kind == MARK:
            continue
        text = ":".join(
            (action.kind, f"{action.after}h", action.template_id or "", *sorted(action.cc_group_ids))
        )
        seen[text] += 1
        named.append((text if seen[text] == 1 else f"{text}#{seen[text]}", action))
    return tuple(named)
