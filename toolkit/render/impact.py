"""Who will be touched, on which day, by what: the forecast as a table, and a change's effect as a few lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from toolkit.forecast.impact import (
    NO_MAIL,
    NO_PRIMARY_USER,
    PARTNER_MANAGED,
    PLATFORM_UNSUPPORTED,
    Impact,
    ImpactChange,
    Totals,
    Touch,
    per_day,
    totals,
)
from toolkit.forecast.timeline import FIRST_NONCOMPLIANCE
from toolkit.model.schedule import MARK, WORDS
from toolkit.outcome import Column
from toolkit.render.table import table_chunks
from toolkit.render.theme import Look, fold, paint, plain
from toolkit.render.timeline import moment_words

OBSTACLE_WORDS = {
    PARTNER_MANAGED: "a compliance partner decides about the device",
    PLATFORM_UNSUPPORTED: "the platform does not do it",
    NO_PRIMARY_USER: "the device has no primary user",
    NO_MAIL: "the user has no mail address",
}

MOST_UNTOLD = 20
"""More devices that cannot be foretold are counted, not named, on a terminal."""

_COLUMNS = (
    Column("Date", "date", "id"),
    Column("Policy", "policy"),
    Column("What", "what"),
    Column("Devices", "devices", "count"),
    Column("Mails", "mails", "count"),
    Column("People", "people", "count"),
)


def impact_text(impact: Impact, look: Look, policy_names: Mapping[str, str]) -> str:
    """The days in order, the sums, and what cannot be foretold with its reasons. A policy without a name is its id."""
    counted = "the first noncompliance" if impact.reading == FIRST_NONCOMPLIANCE else "the mark"
    title = (
        f"{_count(impact.days, 'day')} from {moment_words(impact.now, look)}, waits counted from {counted}"
    )
    lines = [paint(fold(title, look.width), "bold", look) + "\n\n"]
    if impact.touches:
        lines += _table(impact, look, policy_names)
        lines += ("\n", *_sums(impact, look, policy_names))
    else:
        lines.append("Nobody is touched.\n")
    if impact.untold:
        lines += ("\n", *_untold(impact, look, policy_names))
    return "".join(lines)


def impact_lines(change: ImpactChange, look: Look, policy_names: Mapping[str, str]) -> tuple[str, ...]:
    """A plan's effect for its "Touches" part, indented by four: what happens at once, then before and after."""
    lines = []
    if change.immediately:
        lines.append(f"At once: {_kinds(change.immediately)}.")
        lines += [f"  {_who(touch, policy_names)}" for touch in change.immediately[:3]]
        if (left := len(change.immediately) - 3) > 0:
            lines.append(f"  and {left} more")
        if any(touch.kind != MARK for touch in change.immediately):
            lines.append(plain(change.assumption))
    before, after = totals(change.before), totals(change.after)
    period = f"Within {_count(change.after.days, 'day')}"
    if change.before.touches == change.after.touches:
        lines.append(f"{period}: {_total_words(after)}, as without the change.")
    else:
        lines.append(f"{period}: {_total_words(after)}; without the change {_total_words(before)}.")
        if change.after.touches:
            first = change.after.touches[0]
            lines.append(f"First: {moment_words(first.at, look)}, {_who(first, policy_names)}")
    if change.after.untold:
        lines.append(f"{_count(len(change.after.untold), 'device')} cannot be foretold.")
    return tuple(_indented(line, look) for line in lines)


def _indented(line: str, look: Look) -> str:
    text = line.lstrip(" ")
    indent = 4 + len(line) - len(text)
    return " " * indent + fold(text, look.width, first=indent, rest=indent)


def _table(impact: Impact, look: Look, names: Mapping[str, str]) -> Iterator[str]:
    rows = [
        {
            "date": row.date.isoformat(),
            "policy": names.get(row.policy_id, row.policy_id),
            "what": WORDS.get(row.kind, row.kind),
            "devices": row.devices,
            "mails": row.mails,
            "people": row.people,
        }
        for row in per_day(impact)
    ]
    return table_chunks(_COLUMNS, rows, look)


def _sums(impact: Impact, look: Look, names: Mapping[str, str]) -> Iterator[str]:
    first = impact.touches[0]
    yield _sentence(f"First: {moment_words(first.at, look)}, {_who(first, names)}", look)
    yield _sentence(f"In all: {_total_words(totals(impact))}.", look)
    reasons = Counter(touch.note for touch in impact.touches if touch.note)
    for note, count in reasons.most_common():
        why = OBSTACLE_WORDS.get(note, plain(note))
        yield _sentence(f"Without effect: {_count(count, 'action')}, because {why}.", look)


def _untold(impact: Impact, look: Look, names: Mapping[str, str]) -> Iterator[str]:
    yield paint("Cannot be foretold", "bold", look) + "\n"
    shown: Sequence[tuple[str, str, str]] = (
        impact.untold if look.width is None else impact.untold[:MOST_UNTOLD]
    )
    for device, policy_id, reason in shown:
        text = f'{plain(device)}, "{plain(names.get(policy_id, policy_id))}": {plain(reason)}'
        yield f"  {fold(text, look.width, first=2, rest=4)}\n"
    if left := len(impact.untold) - len(shown):
        yield f"  and {left} more\n"


def _who(touch: Touch, names: Mapping[str, str]) -> str:
    policy = plain(names.get(touch.policy_id, touch.policy_id))
    user = f" of {plain(touch.user)}" if touch.user else ""
    return f'{plain(touch.device_name)}{user}: {plain(WORDS.get(touch.kind, touch.kind))} ("{policy}")'


def _kinds(touches: Iterable[Touch]) -> str:
    devices: dict[str, set[str]] = {}
    for touch in touches:
        devices.setdefault(touch.kind, set()).add(touch.device_id)
    return ", ".join(
        f"{plain(WORDS.get(kind, kind))} ({_count(len(ids), 'device')})" for kind, ids in devices.items()
    )


def _total_words(sums: Totals) -> str:
    words = (
        _count(sums.devices, "device"),
        "1 person" if sums.people == 1 else f"{sums.people:,} people",
        _count(sums.mails, "mail"),
    )
    return ", ".join(words)


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def _sentence(text: str, look: Look) -> str:
    return fold(text, look.width, rest=2) + "\n"
