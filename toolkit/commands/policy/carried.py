"""What a file brings along from elsewhere, held against this tenant: actions, templates and groups."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from toolkit.errors import InvalidSchedule, NotFound
from toolkit.graph.reads import Tenant
from toolkit.model.refs import Named, is_guid, nearest, quoted
from toolkit.model.schedule import KINDS, Action
from toolkit.model.wire import ACTION_TYPE_OF

# Names that people and tools write beside the ids. Graph has no such properties and would refuse them.
_BESIDE_ACTION = ("policyId", "policyName", "position", "templateName", "ccGroups")
_BESIDE_TARGET = ("groupName", "groupDisplayName")


def makeable(action: Action) -> None:
    """Raises InvalidSchedule for a kind of action that Grace reads and passes on, but never makes."""
    if action.kind not in KINDS:
        raise InvalidSchedule(
            f'Grace makes no "{action.kind}" actions; a policy may only keep one that it has.',
            hint=f"Take it out, or use one of {', '.join(ACTION_TYPE_OF[kind] for kind in KINDS)}.",
        )


def without_names(item: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """A policy's JSON as Graph takes it, and the names that it gives to ids (in lower case)."""
    said: dict[str, str] = {}

    def action(part: Mapping[str, Any]) -> dict[str, Any]:
        said.update(names_beside(part))
        return {key: value for key, value in part.items() if key not in _BESIDE_ACTION}

    def rule(part: Mapping[str, Any]) -> dict[str, Any]:
        actions = part.get("scheduledActionConfigurations")
        if not isinstance(actions, list):
            return dict(part)
        return {
            **part,
            "scheduledActionConfigurations": [action(a) if isinstance(a, dict) else a for a in actions],
        }

    def assignment(part: Mapping[str, Any]) -> dict[str, Any]:
        target = part.get("target")
        if not isinstance(target, dict):
            return dict(part)
        for key in _BESIDE_TARGET:
            _pair(said, target.get("groupId"), target.get(key))
        return {**part, "target": {key: value for key, value in target.items() if key not in _BESIDE_TARGET}}

    result = dict(item)
    for key, mend in (("scheduledActionsForRule", rule), ("assignments", assignment)):
        if isinstance(parts := item.get(key), list):
            result[key] = [mend(part) if isinstance(part, dict) else part for part in parts]
    return result, said


def names_beside(action: Mapping[str, Any]) -> dict[str, str]:
    """Names by id (in lower case), as `action list -o json` writes them beside an action."""
    said: dict[str, str] = {}
    _pair(said, action.get("notificationTemplateId"), action.get("templateName"))
    ids, names = action.get("notificationMessageCCList"), action.get("ccGroups")
    if isinstance(ids, list) and isinstance(names, list):
        for id, name in zip(ids, names, strict=False):
            _pair(said, id, name)
    return said


def _pair(said: dict[str, str], id: object, name: object) -> None:
    if isinstance(id, str) and isinstance(name, str) and name:
        said[id.lower()] = name


def as_kept(action: Action) -> Action:
    """With its ids in the letters that the service keeps, so that they compare."""
    template_id = action.template_id
    return replace(
        action,
        template_id=None if template_id is None else kept_id(template_id),
        cc_group_ids=tuple(map(kept_id, action.cc_group_ids)),
    )


def kept_id(id: str) -> str:
    return id.lower() if is_guid(id) else id


def names_here(
    tenant: Tenant, actions: Iterable[Action], group_ids: Iterable[str], said: Mapping[str, str]
) -> dict[str, str]:
    """Names of all templates and groups that are spoken of. Raises NotFound for those that this tenant does not have.

    `said` is what the file calls them: the error then names those of this tenant that are called alike.
    """
    actions = tuple(actions)
    names: dict[str, str] = {}
    template_ids = list(dict.fromkeys(a.template_id for a in actions if a.template_id is not None))
    if template_ids:
        templates = {template.id: template for template in tenant.templates()}
        missing = [id for id in template_ids if id not in templates]
        if missing:
            raise _not_found("template", missing, tuple(templates.values()), said, "notificationTemplateId")
        names |= {id: templates[id].name for id in template_ids}
    wanted = list(dict.fromkeys([*group_ids, *(id for action in actions for id in action.cc_group_ids)]))
    groups = tenant.groups_by_id(wanted) if wanted else {}
    missing = [id for id in wanted if id not in groups]
    if missing:
        where = "groupId or notificationMessageCCList"
        raise _not_found("group", missing, tenant.groups(), said, where)
    return names | {id: group.name for id, group in groups.items()}


def _not_found(
    noun: str, ids: list[str], things: tuple[Named, ...], said: Mapping[str, str], where: str
) -> NotFound:
    shown = [f'"{said[id.lower()]}" ({id})' if id.lower() in said else id for id in ids]
    hints = []
    for name in dict.fromkeys(said[id.lower()] for id in ids if id.lower() in said):
        same = [thing for thing in things if thing.name.casefold() == name.casefold()]
        if same:
            hints.append(f'"{same[0].name}" has the id {same[0].id} here.')
        elif near := nearest(name, (thing.name for thing in things)):
            hints.append(f'Nearest to "{name}": {quoted(near)}.')
    if not hints:
        some = quoted(thing.name for thing in things[:8]) or "none"
        hints.append(f"It has: {some}{', …' if len(things) > 8 else ''}.")
    return NotFound(
        f"This tenant has no {noun} {', '.join(shown)}.",
        hint=f"{' '.join(hints)} Ids differ from tenant to tenant: put the right one into {where}"
        f" (grace {noun} list).",
        detail={"missing": ids},
    )
