"""Settings of a policy as they are typed: name=value, checked against what the platform has."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

from toolkit.errors import UsageProblem
from toolkit.model import catalog
from toolkit.model.data.settings import NOT_EVALUATED, SETTINGS, Setting, setting
from toolkit.model.policy import CATALOG, Policy
from toolkit.model.refs import nearest

_YES_NO = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
NOT_CONFIGURED = "null"
_DEEPEST = 64
"""Levels of a JSON value; what Graph keeps has about ten."""


def read(policy: Policy) -> dict[str, Any]:
    """Values by name, whichever collection the policy lives in."""
    return (
        catalog.values(policy.settings.get("settings"))
        if policy.collection == CATALOG
        else dict(policy.settings)
    )


def written(policy: Policy, changes: Mapping[str, Any]) -> dict[str, Any]:
    """The policy's settings as its collection keeps them, with the changes in; everything else as it was."""
    if policy.collection != CATALOG:
        return {**policy.settings, **changes}
    return {**policy.settings, "settings": catalog.with_values(policy.settings.get("settings"), changes)}


def asks_for_something(value: Any) -> bool:
    """False for what a policy holds where nobody configured anything."""
    return not (
        value is None or value is False or value == [] or (isinstance(value, str) and value in NOT_EVALUATED)
    )


def chosen(
    platform: str, pairs: Iterable[tuple[str, str]], carried: Mapping[str, Any], unset: Iterable[str] = ()
) -> dict[str, Any]:
    """Values by Graph's own names from typed NAME=VALUE pairs and from names to put back to "not configured".

    `carried` is what the policy holds now: a property that Graph has and the table has not may be set too, as JSON.
    Raises UsageProblem with the nearest names, or with the values that are right.
    """
    result: dict[str, Any] = {}
    for name, text in (*pairs, *((name, NOT_CONFIGURED) for name in unset)):
        known = _setting(platform, name, carried)
        if known.name in result:
            raise UsageProblem(f"{known.name} is given twice.", hint="Say each setting once.")
        result[known.name] = (
            neutral(known, platform) if text.strip().lower() == NOT_CONFIGURED else parsed(known, text)
        )
    return result


# Apple's builds and Android's patch dates begin with a digit too, whatever letters follow.
_VERSION = re.compile(r"(minimum|maximum)(build)?version$|PatchLevel$", re.IGNORECASE)


def parsed(known: Setting, text: str) -> Any:
    """What `text` means for this setting. Raises UsageProblem with what would be right."""
    typed = text.strip()
    if not typed:
        raise UsageProblem(
            f"{known.name} has no value.", hint=f"{takes(known)}. {NOT_CONFIGURED} means not configured."
        )
    if known.type == "bool" and typed.lower() in _YES_NO:
        return _YES_NO[typed.lower()]
    if known.type == "int" and (number := _whole(typed)) is not None:
        # No count in these types is below zero, documented or not.
        low, high = known.minimum if known.minimum is not None else 0, known.maximum
        if number >= low and (high is None or number <= high):
            return number
    if known.type == "enum":
        member = next((member for member in known.members if member.lower() == typed.lower()), None)
        if member is not None:
            return member
        # The catalog has more options than the one that was met.
        if known.name.endswith("_$type"):
            return typed.lower()
    if known.type == "string" and (_VERSION.search(known.name) is None or re.match(r"\d", typed)):
        return typed
    if known.type in ("list", "object", "json"):
        return _json(known, typed)
    near = nearest(typed, known.members)
    hint = (f"Did you mean {near[0]}? " if near else "") + f"{takes(known)}."
    raise UsageProblem(f'{known.name} cannot be "{text}".', hint=hint)


def takes(known: Setting) -> str:
    """What may be typed, in words."""
    if known.type == "enum":
        return f"It is one of {', '.join(known.members)}"
    if known.type == "int":
        bounds = range_of(known)
        return f"It is a whole number{f' ({bounds})' if bounds else ''}"
    return {
        "bool": "It is true or false",
        "string": "It is a version, such as 10.0.19045" if _VERSION.search(known.name) else "It is a text",
        "list": "It is a list in JSON, such as [1, 2]",
        "object": 'It is an object in JSON, such as {"a": 1}',
    }.get(known.type, "It is JSON")


def range_of(known: Setting) -> str:
    if known.minimum is None and known.maximum is None:
        return "0 or more" if known.type == "int" else ""
    if known.maximum is None:
        return f"{known.minimum} or more"
    return f"at most {known.maximum}" if known.minimum is None else f"{known.minimum} to {known.maximum}"


def neutral(known: Setting, platform: str) -> Any:
    """The value that means "not configured": null where Graph takes it, else the value that asks for nothing."""
    if known.nullable or platform == "linux":
        return None
    if known.type == "bool":
        return False
    return next((member for member in known.members if member in NOT_EVALUATED), None)


def _setting(platform: str, name: str, carried: Mapping[str, Any]) -> Setting:
    known = setting(platform, name)
    if known is not None:
        return known
    same = next((key for key in carried if key.lower() == name.lower()), None)
    if same is not None:
        return Setting(same, "json", True, None, None, (), False, "", "", "none")
    near = nearest(name, (known.name for known in SETTINGS.get(platform, ())))
    hint = (
        f"Did you mean {', '.join(near)}? " if near else ""
    ) + f"See them all: grace policy settings {platform}"
    raise UsageProblem(f'A policy for {platform} has no setting "{name}".', hint=hint)


def _whole(text: str) -> int | None:
    digits = text.removeprefix("-")
    return int(text) if digits.isascii() and digits.isdecimal() and len(digits) <= 9 else None


def from_json(text: str) -> Any:
    """Raises ValueError, with the reason, also for what could not be sent: NaN, infinity, lists in lists without end."""

    def refuse(word: str) -> Any:
        raise ValueError(f"{word} is no number that can be sent")

    def number(digits: str) -> float:
        return found if math.isfinite(found := float(digits)) else refuse(digits[:40])

    try:
        value = json.loads(text, parse_constant=refuse, parse_float=number)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    level, depth = [value], 0
    while level:
        level = [
            part
            for item in level
            if isinstance(item, dict | list)
            for part in (item.values() if isinstance(item, dict) else item)
        ]
        depth += 1
        if depth > _DEEPEST:
            raise ValueError("it is nested too deeply")
    return value


def _json(known: Setting, text: str) -> Any:
    try:
        value = from_json(text)
    except ValueError as problem:
        raise UsageProblem(f"{known.name} is not JSON: {problem}.", hint=f"{takes(known)}.") from None
    if (known.type == "list" and not isinstance(value, list)) or (
        known.type == "object" and not isinstance(value, dict)
    ):
        raise UsageProblem(f"{known.name} cannot be {text}.", hint=f"{takes(known)}.")
    return value
