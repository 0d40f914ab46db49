"""Settings of a catalog policy: names and values in, the instances that Graph keeps them as out, and back.

A name is a settingDefinitionId. Linux policies are the ones that live in the catalog
(graph-contract section 7); a name is encoded by what `model.data.settings` says of it, else by its value.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import deepcopy
from typing import Any

from toolkit.errors import InvalidContent
from toolkit.model.data.settings import setting

Json = Mapping[str, Any]

NEW_LINUX: Mapping[str, Any] = {"platforms": "linux", "technologies": "linuxMdm"}
"""What a Linux policy says besides its settings."""

_TYPE = "#microsoft.graph.deviceManagementConfiguration"
_SCRIPT = "linux_customcompliance_discoveryscript"
# The script's id stands below the choice that switches custom compliance on, as a reference.
_BELOW_CHOICE = {
    _SCRIPT: "linux_customcompliance_required",
    "linux_customcompliance_rules": "linux_customcompliance_required",
}
_IN_GROUP = "_item_"


def values(settings: Iterable[Json] | None) -> dict[str, Any]:
    """Values by name, in the order of the settings.

    A choice whose options end in _true and _false is a bool. Of a group with one entry the members stand by
    themselves; a group with several is a list of objects. An instance of a kind that is not known stands as it is.
    What has not the shape of settings is passed over: it is refused where it would be written (`with_values`).
    """
    found: dict[str, Any] = {}
    for item in _mappings(settings):
        _read(item.get("settingInstance"), found)
    return found


def with_values(settings: Iterable[Json] | None, changes: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The settings with some set and, where the value is None, some taken out; all others as they were.

    Raises InvalidContent for a member of a group that has several entries, for a value that cannot be encoded,
    and for settings that have not the shape of settings.
    """
    given = _checked_list(settings, "settings")
    for item in given:
        _check(item.get("settingInstance"), "settingInstance")
    rows = [deepcopy(dict(item)) for item in given]
    for name, value in changes.items():
        if name in _BELOW_CHOICE:
            _set_below_choice(rows, _BELOW_CHOICE[name], name, value)
        elif _IN_GROUP in name:
            _set_in_group(rows, name.partition(_IN_GROUP)[0], name, value)
        else:
            _set_top(rows, name, value)
    return rows


def instance(name: str, value: Any) -> dict[str, Any]:
    """One value as a setting instance."""
    known = setting("linux", name)
    if isinstance(value, bool) or (known is not None and known.type == "enum"):
        option = str(value).lower() if isinstance(value, bool) else str(value)
        choice = {"@odata.type": f"{_TYPE}ChoiceSettingValue", "children": [], "value": f"{name}_{option}"}
        return _named("ChoiceSettingInstance", name, "choiceSettingValue", choice)
    if isinstance(value, int):
        return _simple(name, "Integer", value)
    if isinstance(value, str):
        return _simple(name, "Reference" if name == _SCRIPT else "String", value)
    if isinstance(value, list) and all(isinstance(entry, Mapping) for entry in value):
        for member in (member for entry in value for member in entry):
            if not member.startswith(name + _IN_GROUP):
                raise InvalidContent(
                    f'"{member}" is no member of {name}.', hint=f"Its members begin with {name}{_IN_GROUP}."
                )
        entries = [
            {"children": [instance(member, part) for member, part in entry.items()]} for entry in value
        ]
        return _named("GroupSettingCollectionInstance", name, "groupSettingCollectionValue", entries)
    raise InvalidContent(
        f"{name} cannot hold {value!r}.",
        hint="It takes true or false, a number, a text or a list of objects.",
    )


def _simple(name: str, kind: str, value: Any) -> dict[str, Any]:
    return _named(
        "SimpleSettingInstance",
        name,
        "simpleSettingValue",
        {"@odata.type": f"{_TYPE}{kind}SettingValue", "value": value},
    )


def _named(kind: str, name: str, key: str, value: Any) -> dict[str, Any]:
    return {"@odata.type": _TYPE + kind, "settingDefinitionId": name, key: value}


def _read(item: Any, found: dict[str, Any]) -> None:
    if not isinstance(item, Mapping):
        return
    name = str(item.get("settingDefinitionId", ""))
    if isinstance(choice := item.get("choiceSettingValue"), Mapping):
        option = str(choice.get("value", "")).removeprefix(f"{name}_")
        found[name] = {"true": True, "false": False}.get(option, option)
        for child in _mappings(choice.get("children")):
            _read(child, found)
    elif isinstance(simple := item.get("simpleSettingValue"), Mapping):
        found[name] = simple.get("value")
    elif isinstance(entries := item.get("groupSettingCollectionValue"), list):
        read = []
        for entry in _mappings(entries):
            members: dict[str, Any] = {}
            for child in _mappings(entry.get("children")):
                _read(child, members)
            read.append(members)
        if len(read) == 1:
            found.update(read[0])
        else:
            found[name] = read
    elif name:
        found[name] = item


def _mappings(value: Any) -> list[Json]:
    return [part for part in value if isinstance(part, Mapping)] if isinstance(value, list | tuple) else []


def _check(item: Any, name: str) -> None:
    """Raises InvalidContent where an instance, or one below it, has not the shape that it must have."""
    item = _checked(item, name)
    definition = item.get("settingDefinitionId")
    if not isinstance(definition, str) or not definition:
        raise InvalidContent("A setting has no settingDefinitionId that is a text.")
    if "simpleSettingValue" in item:
        _checked(item["simpleSettingValue"], f"{definition}: simpleSettingValue")
    if "choiceSettingValue" in item:
        choice = _checked(item["choiceSettingValue"], f"{definition}: choiceSettingValue")
        if not isinstance(choice.get("value"), str):
            raise InvalidContent(f"{definition}: its choice is not a text.")
        _check_children(choice, definition)
    if "groupSettingCollectionValue" in item:
        for entry in _checked_list(
            item["groupSettingCollectionValue"], f"{definition}: groupSettingCollectionValue"
        ):
            _check_children(entry, definition)


def _check_children(owner: Json, definition: str) -> None:
    for child in _checked_list(owner.get("children"), f"{definition}: children"):
        _check(child, f"{definition}: an entry of children")


def _checked(value: Any, name: str) -> Json:
    if not isinstance(value, Mapping):
        raise InvalidContent(f"{name} is not an object.")
    return value


def _checked_list(value: Any, name: str) -> list[Json]:
    if value is None:
        return []
    if not isinstance(value, list | tuple):
        raise InvalidContent(f"{name} is not a list of objects.")
    return [_checked(part, f"{name}, an entry") for part in value]


def _row(rows: list[dict[str, Any]], name: str) -> dict[str, Any] | None:
    return next(
        (row for row in rows if (row.get("settingInstance") or {}).get("settingDefinitionId") == name), None
    )


def _set_top(rows: list[dict[str, Any]], name: str, value: Any) -> None:
    row = _row(rows, name)
    if value is None:
        if row is not None:
            rows.remove(row)
    elif row is None:
        rows.append({"@odata.type": f"{_TYPE}Setting", "settingInstance": instance(name, value)})
    elif values([row]).get(name) != value:
        row["settingInstance"] = instance(name, value)


def _set_in_group(rows: list[dict[str, Any]], group: str, name: str, value: Any) -> None:
    row = _row(rows, group)
    if row is None:
        if value is not None:
            _set_top(rows, group, [{name: value}])
        return
    entries = row["settingInstance"].get("groupSettingCollectionValue") or []
    if len(entries) != 1:
        raise InvalidContent(
            f"{group} has {len(entries)} entries, so {name} could belong to any of them.",
            hint=f"Set the whole list: --set '{group}=[{{...}}, {{...}}]'. policy show prints it.",
        )
    children = _children(entries[0])
    _set_child(children, name, value)
    if not children:
        rows.remove(row)


def _set_below_choice(rows: list[dict[str, Any]], parent: str, name: str, value: Any) -> None:
    if value is not None:
        _set_top(rows, parent, True)
    row = _row(rows, parent)
    if row is not None:
        choice = row["settingInstance"].get("choiceSettingValue")
        if choice is None:
            raise InvalidContent(f"{parent} is no choice in this policy, so {name} cannot stand below it.")
        _set_child(_children(choice), name, value)


def _children(owner: dict[str, Any]) -> list[dict[str, Any]]:
    if owner.get("children") is None:
        owner["children"] = []
    children: list[dict[str, Any]] = owner["children"]
    return children


def _set_child(children: list[dict[str, Any]], name: str, value: Any) -> None:
    at = next((n for n, child in enumerate(children) if child.get("settingDefinitionId") == name), None)
    if value is None:
        if at is not None:
            del children[at]
    elif at is None:
        children.append(instance(name, value))
    else:
        children[at] = instance(name, value)
