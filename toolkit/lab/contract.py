"""What Graph takes and shows: bodies are checked against tables cut from its CSDL, answers are cut to their version."""

from __future__ import annotations

import binascii
import json
import re
from base64 import b64decode
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, Literal, NamedTuple

Version = Literal["v1.0", "beta"]
Mode = Literal["create", "update"]

NAMESPACE = "#microsoft.graph."
ZERO_GUID = "00000000-0000-0000-0000-000000000000"

SERVICE_SET = frozenset(
    [
        "id",
        "createdDateTime",
        "lastModifiedDateTime",
        "modifiedDateTime",
        "version",
        "isAssigned",
        "settingCount",
        "defaultLocale",
        "isBuiltIn",
        "source",
        "sourceId",
    ]
)
"""Members that only the service writes. In a body they are passed over: the portal sends some of them itself."""

REQUIRED: dict[str, tuple[str, ...]] = {
    "deviceCompliancePolicy": ("displayName",),
    "deviceManagementCompliancePolicy": ("name", "platforms", "technologies"),
    "notificationMessageTemplate": ("displayName",),
    "localizedNotificationMessage": ("locale", "subject", "messageTemplate", "isDefault"),
    "deviceComplianceActionItem": ("actionType", "gracePeriodHours"),
    "deviceManagementComplianceActionItem": ("actionType", "gracePeriodHours"),
    "conditionalAccessPolicy": ("displayName", "state", "conditions"),
    "deviceCompliancePolicyAssignment": ("target",),
    "deviceManagementExportJob": ("reportName",),
    "deviceManagementConfigurationPolicyAssignment": ("target",),
    "deviceManagementSettings": (
        "deviceComplianceCheckinThresholdDays",
        "isScheduledActionEnabled",
        "secureByDefault",
    ),
}
"""What a new thing cannot be without."""


class RequestError(Exception):
    """A request that is answered with an error: HTTP status, Graph's code, the sentence, and response headers."""

    def __init__(self, status: int, code: str, message: str, headers: Mapping[str, str] = {}) -> None:
        super().__init__(message)
        self.headers = headers
        self.status = status
        self.code = code
        self.message = message


class Property(NamedTuple):
    type: str
    """str bool int long float date guid bytes, `@enum` or `#type`."""
    is_collection: bool
    nullable: bool
    is_computed: bool
    beta_only: bool
    is_navigation: bool


class Type(NamedTuple):
    name: str
    bases: tuple[str, ...]
    is_abstract: bool
    beta_only: bool
    properties: Mapping[str, Property]
    """By name, inherited ones too; only those that the version has."""


@cache
def type_of(name: str, version: Version) -> Type | None:
    """None where the version has no such type."""
    from toolkit.lab.contract_tables import TYPES

    if name in ("", "entity", "directoryObject"):
        return Type(name, (), True, False, {})
    if name not in TYPES:
        return None
    head, text = TYPES[name]
    base = head.rstrip("~%")
    beta_only = "~" in head
    if beta_only and version == "v1.0":
        return None
    inherited = type_of(base, version)
    properties = dict(inherited.properties) if inherited is not None else {}
    for word in text.split():
        spelled, _, spec = word.partition(":")
        kind = spec.rstrip("*?!~")
        signs = spec[len(kind) :]
        if "~" in signs and version == "v1.0":
            continue
        properties[spelled.lstrip(">")] = Property(
            kind, "*" in signs, "?" in signs, "!" in signs, "~" in signs, spelled.startswith(">")
        )
    bases = (base, *inherited.bases) if inherited is not None and base else ()
    return Type(name, bases, "%" in head, beta_only, properties)


@cache
def members_of(enum: str, version: Version) -> tuple[bool, tuple[str, ...]]:
    """Whether the enum is one of flags, and its members in order of value."""
    from toolkit.lab.contract_tables import ENUMS

    words = ENUMS[enum].split()
    is_flags = words[0] == "|"
    names = [word for word in words if word != "|" and not (word.endswith("~") and version == "v1.0")]
    return is_flags, tuple(name.rstrip("~") for name in names)


@cache
def derived(base: str) -> tuple[str, ...]:
    """The names of the types below `base`, in both versions."""
    from toolkit.lab.contract_tables import TYPES

    return tuple(name for name in TYPES if base in getattr(type_of(name, "beta"), "bases", ()))


def short_name(odata_type: Any) -> str:
    """ "iosCompliancePolicy" from "#microsoft.graph.iosCompliancePolicy", with or without the sign."""
    text = odata_type if isinstance(odata_type, str) else ""
    return text.removeprefix("#").removeprefix("microsoft.graph.")


def validate(body: Any, declared: str, version: Version, mode: Mode) -> dict[str, Any]:
    """The body without what only the service sets. Raises RequestError (400) for what the metadata does not allow."""
    if not isinstance(body, Mapping):
        raise bad_request("The body must be a JSON object.")
    kind = _actual(body, declared, version, mode, "the body")
    return _object(body, kind, version, mode, "")


def filled(document: Mapping[str, Any], name: str, version: Version = "beta") -> dict[str, Any]:
    """The document with every property that its type has: what was not sent gets the value that means "not set"."""
    kind = type_of(name, version)
    result = dict(document)
    if kind is not None:
        for prop, info in kind.properties.items():
            if prop not in result and not info.is_navigation:
                result[prop] = _unset(info)
            elif (
                info.type.startswith("#") and not info.is_collection and isinstance(result.get(prop), Mapping)
            ):
                result[prop] = filled(
                    result[prop], short_name(result[prop].get("@odata.type")) or info.type[1:]
                )
    return result


def visible(document: Mapping[str, Any], name: str, version: Version) -> dict[str, Any]:
    """What an answer of the version shows of a document, without navigations and without what is ours."""
    kind = type_of(name, version)
    if kind is None:
        return {}
    shown = _shown(name, version)
    nested = _nested(name, version) if version == "v1.0" else {}
    result = {key: value for key, value in document.items() if key in shown}
    for key, inner in nested.items():
        if isinstance(result.get(key), Mapping):
            result[key] = visible(result[key], inner, version)
    for key, known in _known_members(name).items() if version == "v1.0" else ():
        if result.get(key) is not None and result[key] not in known:
            result[key] = _said_in_v1(type_of(name, "v1.0"), key, known)
    return result


def completed(document: Mapping[str, Any], name: str, version: Version) -> dict[str, Any]:
    """What `visible` shows, with every property that the version has: an older document may lack some."""
    return {**_unset_properties(name, version), **visible(document, name, version)}


def strict_json(text: str | bytes) -> Any:
    """The value of a JSON text. Raises ValueError for what is none, NaN and half characters included, and RecursionError."""
    value = json.loads(text, parse_constant=_no_number)
    if ("\\u" if isinstance(text, str) else b"\\u") in text:  # type: ignore[operator]
        # An escape can spell half of a pair, which no file and no database can keep.
        json.dumps(value, ensure_ascii=False).encode()
    return value


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no JSON.")


def bad_request(message: str) -> RequestError:
    return RequestError(400, "BadRequest", message)


@cache
def _shown(name: str, version: Version) -> frozenset[str]:
    kind = type_of(name, version)
    names = [] if kind is None else [key for key, info in kind.properties.items() if not info.is_navigation]
    return frozenset((*names, "id", "@odata.type"))


@cache
def _unset_properties(name: str, version: Version) -> dict[str, Any]:
    kind = type_of(name, version)
    properties = kind.properties.items() if kind is not None else ()
    return {key: _unset(info) for key, info in properties if not info.is_navigation}


@cache
def _known_members(name: str) -> dict[str, tuple[str, ...]]:
    """v1.0's members of those enums of a type to which beta has added some."""
    kind = type_of(name, "v1.0")
    return {
        key: members_of(info.type[1:], "v1.0")[1]
        for key, info in (kind.properties.items() if kind is not None else ())
        if info.type.startswith("@")
        and not info.is_collection
        and members_of(info.type[1:], "v1.0") != members_of(info.type[1:], "beta")
    }


V1_WORDS = {"policyPlatformType": "all", "managementAgentType": "unknown"}
"""What v1.0 says instead of a member that only beta has, where it has no unknownFutureValue. What the service says
there is not documented: our choice."""


def _said_in_v1(kind: Type | None, key: str, known: Sequence[str]) -> str:
    if "unknownFutureValue" in known or kind is None:
        return "unknownFutureValue"
    return V1_WORDS.get(kind.properties[key].type[1:], known[0])


@cache
def _nested(name: str, version: Version) -> dict[str, str]:
    kind = type_of(name, version)
    return {
        key: info.type[1:]
        for key, info in (kind.properties.items() if kind is not None else ())
        if info.type.startswith("#")
        and not info.is_collection
        and not info.is_navigation
        and not derived(info.type[1:])
    }


def _actual(body: Mapping[str, Any], declared: str, version: Version, mode: Mode, where: str) -> Type:
    """The type that `@odata.type` names, which must be the declared one or derived from it."""
    named = short_name(body.get("@odata.type"))
    if not named:
        kind = type_of(declared, version)
        if kind is None:
            raise bad_request(f"Type '{NAMESPACE[1:]}{declared}' does not exist in this version.")
        if kind.is_abstract and mode == "create":
            raise bad_request(
                f"'@odata.type' is missing in {where}: '{NAMESPACE[1:]}{declared}' is abstract."
            )
        return kind
    kind = type_of(named, version)
    if kind is None:
        raise bad_request(f"A type named '{NAMESPACE[1:]}{named}' could not be resolved by the model.")
    if named != declared and declared not in kind.bases:
        raise bad_request(
            f"'{NAMESPACE[1:]}{named}' in {where} is not derived from '{NAMESPACE[1:]}{declared}'."
        )
    if kind.is_abstract:
        raise bad_request(f"'{NAMESPACE[1:]}{named}' in {where} is abstract.")
    return kind


def _object(body: Mapping[str, Any], kind: Type, version: Version, mode: Mode, path: str) -> dict[str, Any]:
    result: dict[str, Any] = {}
    if "@odata.type" in body:
        result["@odata.type"] = NAMESPACE + kind.name
    for key, value in body.items():
        if key == "@odata.type" or key.endswith("@odata.type"):
            continue
        if key in SERVICE_SET and (key == "id" or key in kind.properties):
            continue
        info = kind.properties.get(key)
        if info is None:
            raise bad_request(
                f"The property '{path}{key}' does not exist on type '{NAMESPACE[1:]}{kind.name}'."
                " Make sure to only use property names that are defined by the type."
            )
        if info.is_computed:
            continue
        result[key] = _value(value, info, version, mode, path + key)
    # A part of a structural property is sent whole, so what it needs is asked for in an update too.
    if mode == "create" or path:
        for name in (kind.name, *kind.bases):
            for key in REQUIRED.get(name, ()):
                if result.get(key) is None:
                    raise bad_request(
                        f"The property '{path}{key}' is required on '{NAMESPACE[1:]}{kind.name}'."
                    )
    return result


def _value(value: Any, info: Property, version: Version, mode: Mode, path: str) -> Any:
    if not info.is_collection:
        return _one(value, info.type, info.nullable, version, mode, path)
    if value is None and info.nullable:
        return []
    if not isinstance(value, list):
        raise bad_request(f"The property '{path}' must be an array.")
    return [
        _one(item, info.type, False, version, mode, f"{path}[{index}]") for index, item in enumerate(value)
    ]


def _one(value: Any, kind: str, nullable: bool, version: Version, mode: Mode, path: str) -> Any:
    if value is None:
        if nullable:
            return None
        raise bad_request(f"The property '{path}' must not be null.")
    if kind.startswith("@"):
        return _member(value, kind[1:], version, path)
    if kind.startswith("#"):
        if not isinstance(value, Mapping):
            raise bad_request(f"The property '{path}' must be an object.")
        return _object(
            value, _actual(value, kind[1:], version, "create", f"'{path}'"), version, mode, path + "/"
        )
    if not _PRIMITIVES[kind](value):
        raise bad_request(f"The property '{path}' must be {_WORDS[kind]}, but {_written(value)} was sent.")
    return value


def _member(value: Any, enum: str, version: Version, path: str) -> str:
    is_flags, members = members_of(enum, version)
    parts = value.split(",") if is_flags and isinstance(value, str) else [value]
    for part in parts:
        if not isinstance(part, str) or part.strip() not in members:
            raise bad_request(
                f"Cannot convert {_written(value)} of '{path}' to the enum '{NAMESPACE[1:]}{enum}'."
                f" Its members are {', '.join(members)}."
            )
    return ",".join(part.strip() for part in parts)


def _written(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)[:60]


def _unset(info: Property) -> Any:
    if info.is_collection:
        return []
    if info.nullable:
        return None
    if info.type.startswith("@"):
        return members_of(info.type[1:], "beta")[1][0]
    if info.type.startswith("#"):
        return filled({}, info.type[1:])
    return {
        "bool": False,
        "int": 0,
        "long": 0,
        "float": 0.0,
        "date": "0001-01-01T00:00:00Z",
        "guid": ZERO_GUID,
    }.get(info.type, "")


_GUID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")


def _is_int(value: Any, bits: int) -> bool:
    return (
        isinstance(value, int)
        and not isinstance(value, bool)
        and -(2 ** (bits - 1)) <= value < 2 ** (bits - 1)
    )


def _is_date(value: Any) -> bool:
    if not isinstance(value, str) or "T" not in value:
        return False
    try:
        return datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False


def is_base64(value: Any) -> bool:
    if not isinstance(value, str):
        return False
    try:
        b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return False
    return True


_PRIMITIVES: dict[str, Callable[[Any], bool]] = {
    "str": lambda value: isinstance(value, str),
    "bool": lambda value: isinstance(value, bool),
    "int": lambda value: _is_int(value, 32),
    "long": lambda value: _is_int(value, 64),
    "float": lambda value: isinstance(value, (int, float)) and not isinstance(value, bool),
    "date": _is_date,
    "guid": lambda value: isinstance(value, str) and _GUID.fullmatch(value) is not None,
    "bytes": is_base64,
    "byte": lambda value: _is_int(value, 32) and 0 <= value < 256,
}
_WORDS = {
    "str": "a text",
    "bool": "true or false",
    "int": "a whole number of 32 bits",
    "long": "a whole number of 64 bits",
    "float": "a number",
    "date": "a time such as 2026-01-31T00:00:00Z",
    "guid": "a GUID",
    "bytes": "base64",
    "byte": "a whole number of 0 to 255",
}
