"""The lab's documents, which are in Graph's shape, read as schedules, settings, assignments and memberships."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from toolkit.forecast.timeline import Reading, grace_of, keyed, wait_of
from toolkit.model.data.platforms import BY_ODATA_TYPE, platform_key
from toolkit.model.refs import ZERO_GUID
from toolkit.model.schedule import EMAIL, LOCK, MARK, PUSH, RETIRE, Action, Schedule, rank
from toolkit.model.units import Hours

Document = Mapping[str, Any]
Member = tuple[str, str]
"""("user", id) or ("device", Entra object id), in lower case."""

_KINDS = {
    "block": MARK,
    "notification": EMAIL,
    "pushNotification": PUSH,
    "remoteLock": LOCK,
    "retire": RETIRE,
}


@dataclass(frozen=True, slots=True)
class Rulebook:
    """A policy as the engine needs it. `actions` are all but the mark, each with its key, in time order."""

    id: str
    name: str
    platform: str
    version: int | str | None
    settings: Mapping[str, Any]
    grace: Hours
    actions: tuple[tuple[str, Action, Hours], ...]
    include: frozenset[str]
    exclude: frozenset[str]
    all_users: bool
    all_devices: bool


def rulebook(policy: Document, reading: Reading) -> Rulebook:
    """From a policy or catalogPolicy document; the hours with each action are those from the first noncompliance."""
    schedule = schedule_of(policy)
    grace = grace_of(schedule)
    waits = [(key, action, wait_of(action, grace, reading)) for key, action in keyed(schedule)]
    include, exclude, kinds = set(), set(), set()
    for assignment in policy.get("assignments") or ():
        target = assignment.get("target") or {}
        kind = str(target.get("@odata.type", "")).removeprefix("#microsoft.graph.")
        kinds.add(kind)
        if kind == "groupAssignmentTarget":
            include.add(str(target.get("groupId", "")).lower())
        elif kind == "exclusionGroupAssignmentTarget":
            exclude.add(str(target.get("groupId", "")).lower())
    version = policy.get("version")
    return Rulebook(
        id=policy["id"],
        name=policy.get("displayName") or policy.get("name") or "",
        platform=platform_of(policy),
        # Catalog policies have no version in Graph; their last change tells one content from the next.
        version=policy.get("lastModifiedDateTime") if version is None else version,
        settings=settings_of(policy),
        grace=grace,
        actions=tuple(sorted(waits, key=lambda item: (item[2], rank(item[1].kind)))),
        include=frozenset(include),
        exclude=frozenset(exclude),
        all_users="allLicensedUsersAssignmentTarget" in kinds,
        all_devices="allDevicesAssignmentTarget" in kinds,
    )


def schedule_of(policy: Document) -> Schedule:
    actions = []
    for rule in policy.get("scheduledActionsForRule") or ():
        for item in rule.get("scheduledActionConfigurations") or ():
            template = item.get("notificationTemplateId")
            kind = str(item.get("actionType"))
            actions.append(
                Action(
                    _KINDS.get(kind, kind),
                    int(item.get("gracePeriodHours") or 0),
                    None if template in (None, "", ZERO_GUID) else template,
                    tuple(item.get("notificationMessageCCList") or ()),
                    id=item.get("id"),
                )
            )
    return Schedule(tuple(actions))


def platform_of(policy: Document) -> str:
    """A key of model.data.platforms, or "" for a type that is not in it."""
    if "settings" in policy or "platforms" in policy:
        return platform_key(str(policy.get("platforms", ""))) or ""
    found = BY_ODATA_TYPE.get(policy.get("@odata.type", ""))
    return "" if found is None else found.key


def settings_of(policy: Document) -> Mapping[str, Any]:
    """Values by name: the document itself for a classic policy, by settingDefinitionId for a catalog policy."""
    if not isinstance(policy.get("settings"), list):
        return policy
    values: dict[str, Any] = {}
    for setting in policy["settings"]:
        _flatten(setting.get("settingInstance") or {}, values)
    return values


def _flatten(instance: Document, values: dict[str, Any]) -> None:
    name = instance.get("settingDefinitionId", "")
    if choice := instance.get("choiceSettingValue"):
        text = str(choice.get("value", "")).removeprefix(f"{name}_")
        values.setdefault(name, {"true": True, "false": False}.get(text, text))
        for child in choice.get("children") or ():
            _flatten(child, values)
    if simple := instance.get("simpleSettingValue"):
        values.setdefault(name, simple.get("value"))
    for group in instance.get("groupSettingCollectionValue") or ():
        for child in group.get("children") or ():
            _flatten(child, values)


class Memberships:
    """Who is in which group, groups within groups included."""

    def __init__(self, groups: Iterable[Document]) -> None:
        self._direct: dict[str, tuple[Member, ...]] = {
            group["id"].lower(): tuple(
                (member["type"], member["id"].lower())
                for member in (group.get("lab") or {}).get("members") or ()
            )
            for group in groups
        }
        self._known: dict[str, frozenset[Member]] = {}

    def of(self, group_id: str) -> frozenset[Member]:
        """Users and devices; empty for a group that does not exist. Groups may contain each other."""
        start = group_id.lower()
        if start not in self._known:
            found: set[Member] = set()
            seen = {start}
            waiting = [start]
            while waiting:
                for member in self._direct.get(waiting.pop(), ()):
                    if member[0] != "group":
                        found.add(member)
                    elif member[1] not in seen:
                        seen.add(member[1])
                        waiting.append(member[1])
            self._known[start] = frozenset(found)
        return self._known[start]

    def users(self, group_id: str) -> list[str]:
        """Ids of the users in it, nested ones too, sorted."""
        return sorted(id for kind, id in self.of(group_id) if kind == "user")

    def covers(self, group_ids: Iterable[str], members: Iterable[Member]) -> bool:
        wanted = set(members)
        return any(not wanted.isdisjoint(self.of(group_id)) for group_id in group_ids)


def moment(text: object) -> datetime | None:
    """A Graph date, to the minute; None where it is absent or the service's "never"."""
    if not isinstance(text, str) or text == "" or text.startswith(("0001-", "9999-")):
        return None
    found = datetime.fromisoformat(text)
    if found.tzinfo is not UTC:
        found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    return found.replace(second=0, microsecond=0) if found.second or found.microsecond else found


@lru_cache(maxsize=1 << 14)
def written(at: datetime) -> str:
    """A UTC time as Graph writes it, to the second."""
    return at.isoformat()[:19] + "Z"
