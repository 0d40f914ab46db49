"""A plan as people read it: what changes, why, what follows from it, and the requests that would do it.

`+` stands for what is added, `-` for what is removed, `~` for what changes; colour only repeats it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Any, NamedTuple

from toolkit.model import catalog
from toolkit.model.policy import ALL_DEVICES, ALL_USERS, CATALOG, EXCLUDE, GROUP, Assignment, Policy
from toolkit.model.schedule import EMAIL, Action, Schedule
from toolkit.model.template import BRANDING, Message, Template
from toolkit.model.units import Hours, in_words
from toolkit.planning.change import TEST_MAIL, Change, Plan, RawRequest, Risk
from toolkit.planning.diff import schedule_lines
from toolkit.render.finding import finding_text
from toolkit.render.json import json_text
from toolkit.render.theme import Look, cells, cut, fold, pad, paint, plain, signs

Request = tuple[str, str, Any]
"""Method, address, and the body as JSON or None."""

Names = Mapping[str, str]

MOST_CHANGES = 20
"""More are counted, not shown, unless all of them are asked for."""

_LONGEST_VALUE = 300
_SIGN_STYLES = {"+": "green", "-": "red", "~": "yellow", " ": ""}
_RISK = {
    Risk.LOW: ("low risk", "green"),
    Risk.MEDIUM: ("medium risk", "yellow"),
    Risk.HIGH: ("high risk", "red"),
}


class Line(NamedTuple):
    """One line of a difference, without its indentation."""

    sign: str
    text: str
    level: int = 0
    rest: int = 0
    """Columns by which its further lines are indented beyond its first."""


def plan_text(
    plan: Plan,
    requests: Sequence[Request],
    look: Look,
    impact_lines: Sequence[str] = (),
    *,
    full: bool = False,
) -> str:
    """The whole plan. `impact_lines` are printed as they are; with `full` nothing is left out or cut."""
    title = f"Plan for {_tenant(plan)}: {plain(plan.command)}"
    if plan.undoes is not None:
        title += f" (takes back {plain(plan.undoes)})"
    parts = [paint(fold(title, look.width, rest=2), "bold", look) + "\n"]
    if not plan.changes:
        parts[0] += "  Nothing to change: the tenant is already as asked.\n"
    shown = plan.changes if full else plan.changes[:MOST_CHANGES]
    twins = Counter((change.target.kind, change.target.name) for change in plan.changes)
    blocks = [
        _change_text(
            change, plan.names, look, full, has_twin=twins[(change.target.kind, change.target.name)] > 1
        )
        for change in shown
    ]
    if left := len(plan.changes) - len(shown):
        blocks.append(f"  and {left} more (see -o json)\n")
    if blocks:
        parts[0] += "\n".join(blocks)
    if plan.findings:
        parts.append(_indented(finding_text(plan.findings, look.narrower(2))))
    if plan.notes:
        notes = (f"  Note: {fold(plain(note), look.width, first=8, rest=8)}\n" for note in plan.notes)
        parts.append("".join(notes))
    if impact_lines:
        parts.append(_heading("Touches", look) + "".join(f"{line}\n" for line in impact_lines))
    if requests:
        parts.append(_heading("Requests", look) + _indented(requests_text(requests, look)))
    if plan.changes:
        parts.append(f"  {fold(_summary(plan.changes), look.width, first=2, rest=2)}\n")
    return "\n".join(parts)


def requests_text(requests: Iterable[Request], look: Look) -> str:
    """Each request as it would be sent: method and address, then the body as JSON, never cut."""
    lines = []
    for method, url, body in requests:
        lines.append(f"  {paint(plain(method), 'bold', look)} {plain(url)}\n")
        if body is not None:
            lines += [f"      {line}\n" for line in json_text(body, look).split("\n")]
    return "".join(lines)


def schedule_difference(
    before: Schedule | None, after: Schedule | None, names: Names, look: Look
) -> Iterator[Line]:
    """A line for each action of either schedule, in time order, with its number in the one that holds it."""
    places = {
        id(a): n
        for schedule in (before, after)
        if schedule is not None
        for n, a in enumerate(schedule.actions, 1)
    }
    table = []
    for sign, old, new in schedule_lines(before, after):
        action = new if new is not None else old
        assert action is not None
        wait = _after(action.after)
        if old is not None and new is not None and old.after != new.after:
            wait = f"{in_words(old.after)} {signs(look).arrow} {in_words(new.after)}"
        what = action_words(action, names)
        if old is not None and new is not None and (was := action_words(old, names)) != what:
            what = f"{was} {signs(look).arrow} {_details(new, names) or what}"
        table.append((sign, str(places[id(action)]), plain(action.kind), wait, what))
    widths = [max((cells(row[at]) for row in table), default=0) for at in range(4)]
    for sign, place, kind, wait, what in table:
        head = f"{place.rjust(widths[1])}  {pad(kind, widths[2])}  {pad(wait, widths[3])}  "
        yield Line(sign, head + what, rest=cells(head))


def action_words(action: Action, names: Names) -> str:
    """What one action does: Send email to end user: "First warning", cc "Help desk"."""
    details = _details(action, names)
    return plain(action.words) + (f": {details}" if details else "")


def _details(action: Action, names: Names) -> str:
    parts = []
    if action.template_id is not None:
        parts.append(_named(action.template_id, names))
    elif action.kind == EMAIL:
        parts.append("no template")
    if action.cc_group_ids:
        parts.append("cc " + ", ".join(_named(id, names) for id in action.cc_group_ids))
    return ", ".join(parts)


def json_difference(before: Any, after: Any, look: Look, path: str = "") -> Iterator[Line]:
    """The differences of two JSON values by path: `passwordMinimumLength: 4 → 6`."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in dict.fromkeys([*before, *after]):
            yield from json_difference(
                before.get(key, _ABSENT), after.get(key, _ABSENT), look, f"{path}.{key}" if path else str(key)
            )
        return
    if _is_list(before) and _is_list(after) and any(isinstance(v, Mapping) for v in (*before, *after)):
        for at, (old, new) in enumerate(zip_longest(before, after, fillvalue=_ABSENT)):
            yield from json_difference(old, new, look, f"{path}[{at}]")
        return
    name = plain(path)
    if before is _ABSENT:
        yield Line("+", f"{name}: {_value(after, look)}", rest=2)
    elif after is _ABSENT:
        yield Line("-", f"{name}: {_value(before, look)}", rest=2)
    elif (was := _value(before, look)) != (becomes := _value(after, look)):
        # Compared as text: in Python True equals 1, in a policy it does not.
        yield Line("~", f"{name}: {was} {signs(look).arrow} {becomes}", rest=2)


class _Absent:
    pass


_ABSENT = _Absent()


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _value(value: Any, look: Look) -> str:
    return json_text(value, look, pretty=False)


# One change


def _change_text(change: Change, names: Names, look: Look, full: bool, *, has_twin: bool) -> str:
    sign = _sign_of(change)
    words = plain(change.target.words)
    if has_twin and change.target.id:
        # Two things of one name are told apart by their ids.
        words = f"{words} {plain(change.target.id)}"
    if change.target.kind == TEST_MAIL:
        words = f"test mail of {words}"
    risk, style = _RISK[change.risk]
    head = f"  {paint(sign, _SIGN_STYLES[sign], look)} "
    if look.width is not None and 4 + cells(words) + 2 + len(risk) <= look.width:
        lines = [head + pad(words, look.width - 4 - len(risk)) + paint(risk, style, look)]
    else:
        folded = fold(words, look.width, first=4, rest=4)
        lines = [f"{head}{folded}  {paint(risk, style, look)}"]
        if look.width is not None:
            lines = [head + folded, f"    {paint(risk, style, look)}"]
    lines += [_shown(line, look, full) for line in _difference(change, names, look)]
    if change.reason:
        lines.append(_said("why", change.reason, look))
    lines += [_said("then", consequence, look) for consequence in change.consequences]
    return "".join(f"{line}\n" for line in lines)


def _said(label: str, text: str, look: Look) -> str:
    indent = 8 + len(label) + 2
    return f"        {paint(label, 'dim', look)}: {fold(plain(text), look.width, first=indent, rest=indent)}"


def _shown(line: Line, look: Look, full: bool) -> str:
    indent = 8 + 2 * line.level
    text = line.text
    if look.width is not None and not full and cells(text) > _LONGEST_VALUE:
        text = f"{cut(text, _LONGEST_VALUE, look)} ({len(line.text):,} characters)"
    # Where the hanging indentation would leave no room, the text goes under its sign.
    rest = indent + line.rest
    if look.width is not None and rest > look.width // 2:
        rest = indent
    sign = paint(line.sign, _SIGN_STYLES[line.sign], look)
    return f"{' ' * (indent - 2)}{sign} {fold(text, look.width, first=indent, rest=rest)}".rstrip(" ")


def _sign_of(change: Change) -> str:
    if isinstance(change.after, RawRequest):
        return {"POST": "+", "DELETE": "-"}.get(change.after.method.upper(), "~")
    if change.before is None:
        return "+"
    return "-" if change.after is None else "~"


def _difference(change: Change, names: Names, look: Look) -> Iterator[Line]:
    before, after = change.before, change.after
    some = after if after is not None else before
    if change.target.kind == TEST_MAIL:
        return
    if isinstance(some, RawRequest):
        yield Line(" ", f"{plain(some.method)} {plain(some.url)}")
        # The values may be secrets.
        yield from (Line(" ", f"header {plain(name)}") for name, _ in some.headers)
    elif isinstance(some, Schedule):
        yield from schedule_difference(_only(before, Schedule), _only(after, Schedule), names, look)
    elif isinstance(some, Policy):
        yield from _policy_difference(_only(before, Policy), _only(after, Policy), names, look)
    elif isinstance(some, Template):
        yield from _template_difference(_only(before, Template), _only(after, Template), look)
    elif some is not None:
        yield from _assignments_difference(
            before if isinstance(before, tuple) else (), after if isinstance(after, tuple) else (), names
        )


def _only(content: Any, kind: type[Any]) -> Any:
    return content if isinstance(content, kind) else None


def _policy_difference(
    before: Policy | None, after: Policy | None, names: Names, look: Look
) -> Iterator[Line]:
    old, new = _policy_document(before), _policy_document(after)
    if before is None or after is None:
        # A policy made or removed: what is not configured is no news.
        old, new = _configured(old), _configured(new)
    yield from json_difference(old, new, look)
    # Not read is not empty: a side that does not know takes no part in the comparison.
    old_schedule = before.schedule if before is not None else None
    new_schedule = after.schedule if after is not None else None
    are_read = all(policy is None or policy.schedule is not None for policy in (before, after))
    if are_read and _content(old_schedule) != _content(new_schedule):
        yield Line(_side_sign(old_schedule, new_schedule), "schedule")
        rows = schedule_difference(old_schedule, new_schedule, names, look)
        yield from (line._replace(level=1) for line in rows)
    old_assignments = before.assignments if before is not None else ()
    new_assignments = after.assignments if after is not None else ()
    if old_assignments is not None and new_assignments is not None and old_assignments != new_assignments:
        yield Line(_side_sign(old_assignments or None, new_assignments or None), "assignments")
        rows = _assignments_difference(old_assignments, new_assignments, names)
        yield from (line._replace(level=1) for line in rows)


def _content(schedule: Schedule | None) -> Any:
    return None if schedule is None else schedule.content


def _policy_document(policy: Policy | None) -> dict[str, Any]:
    if policy is None:
        return {}
    return {
        "name": policy.name,
        "platform": policy.platform,
        **({"description": policy.description} if policy.description else {}),
        **_settings(policy),
        **({"scopeTags": list(policy.scope_tags)} if policy.scope_tags != ("0",) else {}),
    }


def _settings(policy: Policy) -> Mapping[str, Any]:
    """Settings by name; the settings catalog's instances are read into names too."""
    if policy.collection != CATALOG or not isinstance(policy.settings.get("settings"), list):
        return policy.settings
    others = {key: value for key, value in policy.settings.items() if key != "settings"}
    return others | catalog.values(policy.settings["settings"])


def _configured(document: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in document.items() if value not in (None, False, [], "")}


def _template_difference(before: Template | None, after: Template | None, look: Look) -> Iterator[Line]:
    yield from json_difference(_template_document(before), _template_document(after), look)
    old = {m.locale: m for m in (before.messages or ())} if before is not None else {}
    new = {m.locale: m for m in (after.messages or ())} if after is not None else {}
    if any(t is not None and t.messages is None for t in (before, after)):
        return
    for locale in sorted({*old, *new}):
        yield from _message_difference(old.get(locale), new.get(locale), look)


def _template_document(template: Template | None) -> dict[str, Any]:
    if template is None:
        return {}
    known = [word for word in BRANDING if word in template.branding]
    shown = ", ".join([*known, *sorted(template.branding.difference(BRANDING))]) or "none"
    return {
        "name": template.name,
        "branding": shown,
        **({"description": template.description} if template.description else {}),
        **({"scopeTags": list(template.scope_tags)} if template.scope_tags != ("0",) else {}),
    }


def _message_difference(old: Message | None, new: Message | None, look: Look) -> Iterator[Line]:
    if old == new:
        return
    some = new if new is not None else old
    assert some is not None
    default = " (default)" if some.is_default and (old is None or new is None) else ""
    yield Line(_side_sign(old, new), f"message {plain(some.locale)}{default}")
    is_both = old is not None and new is not None
    rows = json_difference(_message_document(old, is_both), _message_document(new, is_both), look)
    yield from (line._replace(level=1) for line in rows)
    was, becomes = _body_lines(old), _body_lines(new)
    if was == becomes:
        return
    from difflib import SequenceMatcher

    yield Line(_side_sign(old, new), "body", level=1)
    for tag, a, b, c, d in SequenceMatcher(None, was, becomes, autojunk=False).get_opcodes():
        yield from (Line(" " if tag == "equal" else "-", plain(line), level=2) for line in was[a:b])
        if tag != "equal":
            yield from (Line("+", plain(line), level=2) for line in becomes[c:d])


def _message_document(message: Message | None, with_default: bool) -> dict[str, Any]:
    if message is None:
        return {}
    return {"subject": message.subject, **({"default": message.is_default} if with_default else {})}


def _body_lines(message: Message | None) -> list[str]:
    return [] if message is None else message.body.replace("\r\n", "\n").split("\n")


def _assignments_difference(
    before: Sequence[Assignment], after: Sequence[Assignment], names: Names
) -> Iterator[Line]:
    old = {assignment.key: assignment for assignment in before}
    new = {assignment.key: assignment for assignment in after}
    for key in sorted({*old, *new}):
        was, is_ = old.get(key), new.get(key)
        some = is_ if is_ is not None else was
        assert some is not None
        sign = "-" if is_ is None else "+" if was is None else " " if was == is_ else "~"
        words = assignment_words(some, names)
        if sign == "~" and was is not None:
            words += f" (was: {assignment_words(was, names)})"
        yield Line(sign, words, rest=2)


def assignment_words(assignment: Assignment, names: Names) -> str:
    """Whom one assignment means: group "Pilot", not group "Kiosks", all users, all devices."""
    fixed = {ALL_USERS: "all users", ALL_DEVICES: "all devices", GROUP: "group", EXCLUDE: "not group"}
    words = fixed.get(assignment.kind, plain(assignment.kind))
    if assignment.group_id is not None:
        words += f" {_named(assignment.group_id, names)}"
    if assignment.filter_id is not None:
        words += f", filter {_named(assignment.filter_id, names)} ({plain(assignment.filter_type or 'none')})"
    return words


# Matching the actions of two schedules: there are no stable ids


# Words


def _after(hours: Hours) -> str:
    return in_words(hours) if hours == 0 else f"after {in_words(hours)}"


def _named(id: str, names: Names) -> str:
    return f'"{plain(names[id])}"' if id in names else plain(id)


def _tenant(plan: Plan) -> str:
    name, profile = plain(plan.tenant.name), plain(plan.tenant.profile)
    return f"{name} ({profile})" if name and name != profile else profile or plain(plan.tenant.id)


def _side_sign(before: object, after: object) -> str:
    return "+" if before is None else "-" if after is None else "~"


def _heading(text: str, look: Look) -> str:
    return f"  {paint(text, 'bold', look)}\n"


def _indented(text: str) -> str:
    return "".join(f"  {line}" if line.strip() else line for line in text.splitlines(keepends=True))


def _summary(changes: Sequence[Change]) -> str:
    counts = Counter(_sign_of(change) for change in changes)
    return f"{len(changes)} to change: {counts['+']} added, {counts['~']} changed, {counts['-']} removed"
