"""Before and after as differences: which actions came, went or moved; which properties changed; which rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from toolkit.model.schedule import Action, Schedule
from toolkit.model.template import Template
from toolkit.planning.change import Change, Content
from toolkit.planning.document import content_fingerprint, content_json, unordered

SAME, ADDED, REMOVED, CHANGED = " ", "+", "-", "~"


class ActionLine(NamedTuple):
    """One line of a schedule's difference; `before` or `after` is None for one that came or went."""

    sign: str
    before: Action | None
    after: Action | None


class PropertyLine(NamedTuple):
    """One property that differs: `path` as in `localizedNotificationMessages[fr-fr].subject`."""

    sign: str
    path: str
    before: Any
    after: Any


def schedule_lines(before: Schedule | None, after: Schedule | None) -> tuple[ActionLine, ...]:
    """Both schedules as one list in time order of what will be.

    An action that only waits longer, or at its moment names another template or other recipients, is one changed
    line. There are no stable ids, so the pairing goes by equal content, then by all but the wait, then by kind and wait.
    """
    old = list(before.actions) if before is not None else []
    new = list(after.actions) if after is not None else []
    pairs: list[tuple[Action, Action]] = []
    for agree in (_same_key, _same_but_wait, _same_moment):
        for action in list(new):
            match = next((other for other in old if agree(other, action)), None)
            if match is not None:
                pairs.append((match, action))
                old.remove(match)
                new.remove(action)
    lines = [ActionLine(SAME if a.key == b.key else CHANGED, a, b) for a, b in pairs]
    lines += [ActionLine(ADDED, None, action) for action in new]
    lines += [ActionLine(REMOVED, action, None) for action in old]
    place = {id(action): index for index, action in enumerate(after.actions if after is not None else ())}

    def order(line: ActionLine) -> tuple[int, int]:
        if line.after is not None:
            return (line.after.after, place[id(line.after)])
        assert line.before is not None
        return (line.before.after, len(place))

    return tuple(sorted(lines, key=order))


def property_lines(before: Content | None, after: Content | None) -> tuple[PropertyLine, ...]:
    """Every property that differs between two contents, by its path in Graph's shape."""
    old, new = content_json(before), content_json(after)
    return tuple(_walk("", _keyed(old), _keyed(new)))


def is_noop(change: Change) -> bool:
    """Whether before and after come to the same."""
    if change.before is None or change.after is None:
        return change.before is None and change.after is None
    return content_fingerprint(change.before) == content_fingerprint(change.after)


def mismatch(expected: Content | None, found: Content | None) -> tuple[PropertyLine, ...]:
    """What a tenant holds otherwise than expected; () if it is as expected.

    A service fills in defaults for what was not sent, so properties that are only in `found` do not
    count; whole messages, actions and assignments do, because those lists are complete.
    """
    if expected is None or found is None:
        return () if expected is None and found is None else property_lines(expected, found)
    if isinstance(expected, Schedule) and isinstance(found, Schedule):
        return () if expected.content == found.content else property_lines(expected, found)
    lines = [line for line in property_lines(expected, found) if line.path != "id"]
    return tuple(line for line in lines if line.sign != ADDED or _counts(line.path, expected))


def _counts(path: str, expected: Content) -> bool:
    """Whether what only the tenant has at this path is a difference."""
    top = path.partition("[")[0].partition(".")[0]
    is_complete = isinstance(expected, Template) or top in ("", "scheduledActionsForRule", "assignments")
    return is_complete and (path == top or path.endswith("]"))


def _same_key(a: Action, b: Action) -> bool:
    return a.key == b.key


def _same_but_wait(a: Action, b: Action) -> bool:
    return (a.kind, a.template_id, sorted(a.cc_group_ids)) == (b.kind, b.template_id, sorted(b.cc_group_ids))


def _same_moment(a: Action, b: Action) -> bool:
    return (a.kind, a.after) == (b.kind, b.after)


def _keyed(value: Any) -> Any:
    """Lists of objects as mappings by what names each, so that a reorder is no difference."""
    if isinstance(value, Mapping):
        return {key: _keyed(item) for key, item in value.items()}
    if isinstance(value, list):
        items = [_keyed(item) for item in value]
        if items and all(isinstance(item, Mapping) for item in items):
            names = [_name_of(item) for item in items]
            if all(names) and len(set(names)) == len(names):
                return _Listed(zip(names, items, strict=True))
        return items
    return value


class _Listed(dict[str, Any]):
    """A list shown by names: its paths are written with brackets."""


def _name_of(item: Mapping[str, Any]) -> str:
    if "locale" in item:
        return str(item["locale"])
    if "actionType" in item:
        recipients = ",".join(sorted(item.get("notificationMessageCCList") or ()))
        return f"{item['actionType']} {item.get('gracePeriodHours')}h {item.get('notificationTemplateId')} {recipients}".strip()
    if "target" in item:
        target = item["target"]
        return f"{str(target.get('@odata.type')).rpartition('.')[2]} {target.get('groupId') or ''}".strip()
    if "ruleName" in item:
        return str(item["ruleName"])
    return str(
        (item.get("settingInstance") or {}).get("settingDefinitionId")
        or item.get("settingDefinitionId")
        or ""
    )


def _walk(path: str, old: Any, new: Any) -> Iterable[PropertyLine]:
    if old == new and type(old) is type(new):
        return
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        listed = isinstance(new, _Listed) or isinstance(old, _Listed)
        for key in dict.fromkeys((*old, *new)):
            below = f"{path}[{key}]" if listed else f"{path}.{key}" if path else key
            if key not in old:
                yield PropertyLine(ADDED, below, None, new[key])
            elif key not in new:
                yield PropertyLine(REMOVED, below, old[key], None)
            else:
                yield from _walk(below, old[key], new[key])
        return
    if isinstance(old, list) and isinstance(new, list):
        name = path.rpartition(".")[2]
        if unordered(old, name) == unordered(new, name):
            return
    # One of them is a named list and the other is empty: show its rows one by one.
    if isinstance(old, _Listed) and new == []:
        yield from _walk(path, old, _Listed())
    elif isinstance(new, _Listed) and old == []:
        yield from _walk(path, _Listed(), new)
    else:
        sign = ADDED if old is None else REMOVED if new is None else CHANGED
        yield PropertyLine(sign, path, old, new)
