"""What a change of schedules will do to devices, as a few lines of its plan."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from toolkit.forecast.impact import ImpactChange, Totals, Touch, totals
from toolkit.model.schedule import MARK, WORDS
from toolkit.render.theme import Look, fold, plain
from toolkit.render.timeline import moment_words


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
    if not change.before.touches and not change.after.touches and change.after.untold:
        lines.append(f"{period}: nothing that can be foretold.")
    elif change.before.touches == change.after.touches:
        lines.append(f"{period}: {_total_words(after)}, as without the change.")
    else:
        lines.append(f"{period}: {_total_words(after)}; without the change {_total_words(before)}.")
        if difference := _difference(before, after):
            lines.append(f"Because of the change: {difference}.")
        known = Counter(_identity(touch) for touch in change.before.touches)
        for touch in change.after.touches:
            known[_identity(touch)] -= 1
            if known[_identity(touch)] < 0:
                lines.append(f"First: {moment_words(touch.at, look)}, {_who(touch, policy_names)}")
                break
    if change.after.untold:
        lines.append(f"{_count(len(change.after.untold), 'device')} cannot be foretold.")
    return tuple(_indented(line, look) for line in lines)


def _difference(before: Totals, after: Totals) -> str:
    """How many more or fewer touches of each kind: "2 more email, 1 fewer lock"."""
    old, new = dict(before.by_kind), dict(after.by_kind)
    parts = []
    for kind in dict.fromkeys((*new, *old)):
        more = new.get(kind, 0) - old.get(kind, 0)
        if more:
            parts.append(f"{abs(more)} {'more' if more > 0 else 'fewer'} {plain(kind)}")
    return ", ".join(parts)


def _identity(touch: Touch) -> tuple[object, ...]:
    return (touch.at, touch.policy_id, touch.kind, touch.device_key)


def _indented(line: str, look: Look) -> str:
    text = line.lstrip(" ")
    indent = 4 + len(line) - len(text)
    return " " * indent + fold(text, look.width, first=indent, rest=indent)


def _who(touch: Touch, names: Mapping[str, str]) -> str:
    policy = plain(names.get(touch.policy_id, touch.policy_id))
    user = f" of {plain(touch.user)}" if touch.user else ""
    return f'{plain(touch.device_name)}{user}: {plain(WORDS.get(touch.kind, touch.kind))} ("{policy}")'


def _kinds(touches: Iterable[Touch]) -> str:
    devices: dict[str, set[tuple[str, str, int]]] = {}
    for touch in touches:
        devices.setdefault(touch.kind, set()).add(touch.device_key)
    return ", ".join(
        f"{plain(WORDS.get(kind, kind))} ({_count(len(keys), 'device')})" for kind, keys in devices.items()
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
