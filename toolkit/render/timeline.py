"""A schedule as rows, and its dated events as a small time line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from toolkit.model.schedule import EMAIL, Action, Schedule
from toolkit.model.units import in_words
from toolkit.render.plan import action_words
from toolkit.render.theme import Look, cells, fold, pad, paint, plain, signs

if TYPE_CHECKING:
    from toolkit.forecast.timeline import DatedEvent

_NARROWEST = 24
"""Columns that the words of an event need beside its date; with less they stand under it."""

_STYLES = {"mark": "red", "email": "cyan", "push": "cyan", "lock": "yellow", "retire": "magenta"}


def schedule_rows(schedule: Schedule, names: Mapping[str, str]) -> list[dict[str, Any]]:
    """One row an action in time order, `position` from 1, with the names of templates and groups.

    An id that has no name stands for itself. `recipients` is empty for what sends no mail.
    """
    return [
        {
            "position": position,
            "id": action.id,
            "kind": action.kind,
            "hours": action.after,
            "after": in_words(action.after),
            "what": action.words,
            "template": None
            if action.template_id is None
            else names.get(action.template_id, action.template_id),
            "recipients": _recipients(action, names),
        }
        for position, action in enumerate(schedule.actions, 1)
    ]


def timeline_text(
    events: Sequence[DatedEvent],
    look: Look,
    *,
    since: datetime | None = None,
    other: Sequence[DatedEvent] = (),
    readings: tuple[str, str] = ("from noncompliance", "from the mark"),
    names: Mapping[str, str] | None = None,
) -> str:
    """A line for each event, oldest first.

    `other` are the same actions under the other reading of the clock; if a date differs, both stand side by
    side under the words of `readings`. `since` is when the device became noncompliant.
    """
    known = names if names is not None else {}
    rows = _rows(events, other)
    are_two = any(
        first is not None and second is not None and first.at != second.at for first, second in rows
    )
    dates = [(_date(first, look), _date(second, look)) for first, second in rows]
    widths = [max((cells(date[at]) for date in dates), default=0) for at in (0, 1)]
    lines = []
    if since is not None:
        lines.append(f"{paint('noncompliant since', 'dim', look)} {moment_words(since, look)}")
    if are_two:
        widths = [max(width, len(words)) for width, words in zip(widths, readings, strict=True)]
        lines.append("   " + paint(f"{pad(readings[0], widths[0])}  {readings[1]}".rstrip(), "bold", look))
    dot = signs(look).dot
    for (first, second), (one, two) in zip(rows, dates, strict=True):
        event = first if first is not None else second
        assert event is not None
        when = f"{pad(one, widths[0])}  {pad(two, widths[1])}" if are_two else pad(one, widths[0])
        # The wait as it stands in the schedule: the dates say what it comes to.
        head = f"{dot}  {when}  {pad(plain(event.action.kind), 6)}  "
        words = action_words(event.action, known)
        sign = paint(dot, _STYLES.get(event.action.kind, ""), look)
        if look.width is not None and look.width < cells(head) + _NARROWEST:
            lines.append(f"{sign}{head[len(dot) :].rstrip(' ')}")
            lines.append("   " + fold(words, look.width, first=3, rest=3))
        else:
            folded = fold(words, look.width, first=cells(head), rest=cells(head))
            lines.append(f"{sign}{head[len(dot) :]}{folded}")
    return "".join(f"{line}\n" for line in lines)


def moment_words(at: datetime, look: Look) -> str:
    """To the minute on a terminal, ISO elsewhere; UTC in both."""
    return f"{at:%Y-%m-%dT%H:%M:%SZ}" if look.width is None else f"{at:%Y-%m-%d %H:%M}"


def _rows(
    events: Sequence[DatedEvent], other: Sequence[DatedEvent]
) -> list[tuple[DatedEvent | None, DatedEvent | None]]:
    """Each event with its counterpart: the n-th of an action with the n-th of the same one."""
    left = list(other)
    rows: list[tuple[DatedEvent | None, DatedEvent | None]] = []
    for event in events:
        twin = next((o for o in left if o.action.key == event.action.key), None)
        if twin is not None:
            left.remove(twin)
        rows.append((event, twin))
    return rows + [(None, event) for event in left]


def _recipients(action: Action, names: Mapping[str, str]) -> list[str]:
    if action.kind != EMAIL:
        return []
    return ["end user", *(names.get(id, id) for id in action.cc_group_ids)]


def _date(event: DatedEvent | None, look: Look) -> str:
    return "" if event is None else moment_words(event.at, look)
