"""`grace lab import`: exported policies, templates, access policies, groups, users and devices into a lab.

Files are read as they come from Graph, IntuneManagement, IntuneCD or the Hydration Kit: one object, a list, or a
collection with "value", in UTF-8 or UTF-16. What the service sets itself is dropped; what its metadata does not
know is left out and said. Nothing in a file can do worse than be refused.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from toolkit.errors import GraceProblem, StorageProblem
from toolkit.lab.answers import NO_GRACE, Answer, Call, access, policies, templates
from toolkit.lab.contract import (
    NAMESPACE,
    SERVICE_SET,
    ZERO_GUID,
    RequestError,
    bad_request,
    derived,
    filled,
    is_base64,
    members_of,
    short_name,
    strict_json,
    type_of,
    validate,
)
from toolkit.lab.exchange import Asked
from toolkit.lab.tenants import ENROLMENT, PLATFORM_OF_VARIANT

if TYPE_CHECKING:
    from toolkit.lab.app import Lab

LARGEST_FILE = 20 * 1024 * 1024

Document = dict[str, Any]


class Imported(NamedTuple):
    path: str
    kind: str
    """policy, catalogPolicy, template, access, group, user or device."""
    name: str
    id: str
    notes: tuple[str, ...]
    """What was left out, changed or is missing, one sentence each."""


class ImportReport(NamedTuple):
    imported: tuple[Imported, ...]
    refused: tuple[tuple[str, str], ...]
    """(path, reason)."""


class _Item(NamedTuple):
    path: str
    kind: str
    document: Document


class _Refused(Exception):
    pass


# What others refer to comes first.
_ORDER = ("user", "device", "group", "template", "policy", "catalogPolicy", "access")
_TYPES = {
    "template": "notificationMessageTemplate",
    "access": "conditionalAccessPolicy",
    "catalogPolicy": "deviceManagementCompliancePolicy",
    "group": "group",
    "user": "user",
    "device": "managedDevice",
}
_COMPANIONS = frozenset(("supportsScopeTags", "isAssigned", "sourceId"))
_GUID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")


def import_paths(lab: Lab, paths: Iterable[str], *, default_block: bool = False) -> ImportReport:
    """Reads files, and folders with all that is below them, in the order of their names.

    `default_block` gives a policy without a schedule one that marks at once; else it is refused. Each object is in
    the lab wholly or not at all. Raises StorageProblem only where the lab itself cannot be written.
    """
    imported: list[tuple[int, Imported]] = []
    refused: list[tuple[str, str]] = []
    items: list[_Item] = []
    for path in paths:
        for file in _files(path, refused):
            try:
                items += [_Item(file, _kind_of(document), document) for document in _documents(file)]
            except _Refused as reason:
                refused.append((file, str(reason)))
    for number, item in sorted(enumerate(items), key=lambda pair: _ORDER.index(pair[1].kind)):
        try:
            with lab.store.transaction():
                imported.append((number, _put(lab, item, default_block)))
        except (_Refused, RequestError) as reason:
            refused.append((item.path, str(reason)))
        except StorageProblem:
            raise
        except GraceProblem as problem:
            refused.append((item.path, problem.message))
    return ImportReport(tuple(row for _, row in sorted(imported)), tuple(refused))


def _files(path: str, refused: list[tuple[str, str]]) -> Iterator[str]:
    if not os.path.isdir(path):
        yield path
        return
    found = False
    for folder, folders, names in os.walk(path):
        folders.sort()
        for name in sorted(names):
            if name.lower().endswith(".json"):
                found = True
                yield os.path.join(folder, name)
    if not found:
        refused.append((path, "The folder holds no .json file."))


def _documents(path: str) -> list[Document]:
    try:
        if os.path.getsize(path) > LARGEST_FILE:
            raise _Refused("The file is larger than 20 MB.")
        with open(path, "rb") as file:
            raw = file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise _Refused(f"The file cannot be read: {error.strerror or error}.") from error
    except ValueError as error:  # a name with a NUL in it
        raise _Refused("This is no name of a file.") from error
    try:
        found: Any = strict_json(_text(raw))
    except RecursionError as error:
        raise _Refused("The file is nested too deeply.") from error
    except ValueError as error:
        raise _Refused("The file is not JSON.") from error
    if isinstance(found, dict) and isinstance(found.get("value"), list):
        found = found["value"]
    rows = found if isinstance(found, list) else [found]
    if not rows:
        raise _Refused("The file holds an empty list.")
    if not all(isinstance(row, dict) for row in rows):
        raise _Refused("The file holds something else than JSON objects.")
    return rows


def _text(raw: bytes) -> str:
    """Raises _Refused for bytes that are no text."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = "utf-16"
    elif raw[1:2] == b"\0":
        encoding = "utf-16-le"  # without a mark, but JSON begins with an ASCII sign
    elif raw[:1] == b"\0":
        encoding = "utf-16-be"
    else:
        encoding = "utf-8-sig"
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as error:
        raise _Refused("The file is not text in UTF-8 or UTF-16.") from error


def _kind_of(document: Document) -> str:
    """By its type, or by members that only one kind has. Raises _Refused."""
    named = short_name(document.get("@odata.type"))
    if named in derived("deviceCompliancePolicy"):
        return "policy"
    for kind, name in _TYPES.items():
        if named == name:
            return kind
    if named:
        raise _Refused(f"The lab does not take objects of the type {named}.")
    has = document.keys()
    if isinstance(document.get("settings"), list) and has & {"platforms", "technologies"}:
        return "catalogPolicy"
    if has & {"brandingOptions", "localizedNotificationMessages", "localizedMessages"}:
        return "template"
    if "conditions" in has and has & {"grantControls", "sessionControls"}:
        return "access"
    if "deviceName" in has and has & {"operatingSystem", "complianceState"}:
        return "device"
    if "userPrincipalName" in has:
        return "user"
    if "displayName" in has and has & {"groupTypes", "securityEnabled", "membershipRule"}:
        return "group"
    if "scheduledActionsForRule" in has:
        raise _Refused("The policy does not say its @odata.type, so its platform is unknown.")
    raise _Refused("This is no policy, template, access policy, group, user or device.")


def _put(lab: Lab, item: _Item, default_block: bool) -> Imported:
    notes: list[str] = []
    document = item.document
    name = short_name(document.get("@odata.type")) or _TYPES.get(item.kind, "")
    body = _clean(document, name, notes)
    call = Call(lab, Asked("POST", "beta", "", ""), "", (), {}, None)
    brought = document.get("id")
    if isinstance(brought, str) and _GUID.fullmatch(brought) and brought != ZERO_GUID:
        if any(lab.store.get(kind, brought) is not None for kind in _ORDER):
            notes.append("Its id is taken in this tenant, so it got a new one.")
        else:
            call.brought_id = brought
    if item.kind in ("policy", "catalogPolicy"):
        id, shown = _put_policy(call, item, body, notes, default_block)
    elif item.kind == "template":
        id, shown = _put_template(call, document, body)
    elif item.kind == "access":
        if "state" not in body:
            body["state"] = "disabled"
            notes.append("The file names no state, so the policy is off.")
        call.body = body
        id, shown = _made(access.create_access(call), "displayName")
    else:
        id, shown = _put_directory(call, item, body, notes)
    return Imported(item.path, item.kind, shown, id, tuple(notes))


def _made(answer: Answer, name_key: str) -> tuple[str, str]:
    return answer[1]["id"], answer[1][name_key]


def _put_policy(
    call: Call, item: _Item, body: Document, notes: list[str], default_block: bool
) -> tuple[str, str]:
    family = policies.CATALOG if item.kind == "catalogPolicy" else policies.CLASSIC
    if (
        family is policies.CATALOG
        and "name" not in body
        and isinstance(item.document.get("displayName"), str)
    ):
        body["name"] = item.document["displayName"]
    rules = item.document.get("scheduledActionsForRule")
    rules = [rule for rule in rules if isinstance(rule, dict)] if isinstance(rules, list) else []
    parts = [rule.get("scheduledActionConfigurations") or [] for rule in rules]
    actions = [row for part in parts if isinstance(part, list) for row in part]
    if not all(isinstance(row, (list, dict)) for row in (*parts, *actions)) or any(
        isinstance(r, list) for r in actions
    ):
        raise _Refused("Its schedule holds something else than actions.")
    if not actions:
        # An export of the settings catalog never holds one: it is a call of its own there.
        if not default_block and family is not policies.CATALOG:
            raise _Refused(
                "The policy has no schedule, and none is made without marking the device; export it with its"
                " scheduledActionsForRule, or let it mark at once (--default-block)."
            )
        actions = [{"actionType": "block", "gracePeriodHours": 0}]
        notes.append("The file holds no schedule: the policy marks at once, as a new one does.")
    cleaned = [_clean(action, family.item_type, notes) for action in actions]
    for action in cleaned:
        template = action.get("notificationTemplateId") or ZERO_GUID
        if (
            template != ZERO_GUID
            and isinstance(template, str)
            and call.store.get("template", template) is None
        ):
            notes.append(f"It names the template {template}, which this tenant does not have.")
    body["scheduledActionsForRule"] = [{"scheduledActionConfigurations": cleaned}]
    wanted = body.pop("assignments", None)
    call.path = family.collection
    call.body = body
    if any(row.get(family.name_key) == body.get(family.name_key) for row in call.store.all(family.kind)):
        notes.append("The tenant has another policy of this name.")
    id, shown = _made(policies.create_policy(call), family.name_key)
    if isinstance(wanted, list) and wanted:
        call.path, call.keys = f"{family.collection}/{id}/assign", (id,)
        call.body = {
            "assignments": [
                _clean(row, family.assignment_type, notes) for row in wanted if isinstance(row, dict)
            ]
        }
        policies.assign(call)
        for row in call.body["assignments"]:
            group = (row.get("target") or {}).get("groupId")
            if isinstance(group, str) and call.store.get("group", group) is None:
                notes.append(f"It is assigned to the group {group}, which this tenant does not have.")
    return id, shown


def _put_template(call: Call, document: Document, body: Document) -> tuple[str, str]:
    rows = document.get("localizedNotificationMessages", document.get("localizedMessages")) or []
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise _Refused("Its messages are no list of objects.")
    call.body = {key: value for key, value in body.items() if not key.startswith("localized")}
    id, shown = _made(templates.create_template(call), "displayName")
    call.keys = (id,)
    for row in rows:
        call.body = _clean(row, "localizedNotificationMessage", [])
        templates.messages(call)
    return id, shown


def _put_directory(call: Call, item: _Item, body: Document, notes: list[str]) -> tuple[str, str]:
    """Users, groups and devices have no create address in the lab; they are put as they are."""
    document, id = item.document, call.new_id()
    shown = body.get("deviceName" if item.kind == "device" else "displayName")
    if not isinstance(shown, str) or not shown:
        raise _Refused("It has no name.")
    body = validate(body, _TYPES[item.kind], "beta", "update")
    own = {**filled(body, _TYPES[item.kind], "v1.0"), "id": id}
    if item.kind == "user":
        if not isinstance(own.get("userPrincipalName"), str):
            raise _Refused("It has no userPrincipalName.")
        call.store.put("user", id, {**own, "lab": {"licensed": True}})
        call.world.settings_changed()
    elif item.kind == "group":
        rows = document.get("members")
        members = [
            {"type": short_name(row.get("@odata.type")) or "user", "id": row["id"]}
            for row in (rows if isinstance(rows, list) else [])
            if isinstance(row, dict) and isinstance(row.get("id"), str)
        ]
        if not members:
            notes.append("The file names no members.")
        call.store.put("group", id, {**own, "lab": {"members": members}})
        call.world.group_changed(id)
    else:
        call.store.put("device", id, _device(call, own, document, notes))
        call.world.check_in(id)
    return id, shown


def _device(call: Call, own: Document, document: Document, notes: list[str]) -> Document:
    system = str(document.get("operatingSystem") or "").lower()
    variant = {"windows": "windows", "macos": "macos", "ios": "ios", "ipados": "ios", "linux": "linux"}.get(
        system, ""
    )
    if not variant and "android" in system:
        by_enrolment = {name: key for key, name in ENROLMENT.items()}
        personal = "android-work-profile" if own.get("managedDeviceOwnerType") == "personal" else "android"
        variant = by_enrolment.get(str(document.get("deviceEnrollmentType")), personal)
    if not variant:
        raise _Refused(f'The lab does not know the operating system "{document.get("operatingSystem")}".')
    agent = str(document.get("managementAgent") or "mdm")
    authority = (
        "partner"
        if agent == "jamf"
        else "configmgr"
        if agent.startswith("configurationManager")
        else "intune"
    )
    state = document.get("complianceState")
    if state not in members_of("complianceState", "beta")[1]:
        state = "unknown"
    if authority == "intune":
        notes.append(
            "What it reports is not in the file: it meets every policy until it is broken (grace lab break)."
        )
    # What a device tells is read-only in Graph, so the cleaned body lacks it.
    told = [
        "azureADDeviceId",
        "azureADRegistered",
        "complianceState",
        "deviceName",
        "emailAddress",
        "enrolledDateTime",
        "isEncrypted",
        "jailBroken",
        "lastSyncDateTime",
        "managementAgent",
        "manufacturer",
        "model",
        "operatingSystem",
        "osVersion",
        "serialNumber",
        "userDisplayName",
        "userId",
        "userPrincipalName",
    ]
    kept = {key: document[key] for key in told if isinstance(document.get(key), (str, bool))}
    return {
        **own,
        **kept,
        "managementState": "managed",
        "complianceState": state,
        "complianceGracePeriodExpirationDateTime": NO_GRACE,
        "enrolledDateTime": call.now,
        "lastSyncDateTime": call.now,
        "deviceActionResults": [],
        "retireAfterDateTime": "0001-01-01T00:00:00Z",
        "lab": {
            "variant": variant,
            "platform": PLATFORM_OF_VARIANT[variant],
            "entraObjectId": call.store.new_id(),
            "registered": True,
            "online": True,
            "passcodeSet": True,
            "companyPortal": True,
            "pushAllowed": True,
            "authority": authority,
            "partnerState": state if authority == "partner" else None,
            "facts": {},
            "changed": True,
            "failingSince": None,
            "lastMaintenance": None,
            "nextCheckin": None,
        },
    }


def _clean(document: Mapping[str, Any], name: str, notes: list[str], path: str = "") -> Document:
    """The members that the type has, without companions and without what the service sets."""
    actual = short_name(document.get("@odata.type"))
    kind = type_of(actual or name, "beta")
    if kind is None:
        raise bad_request(f"The lab does not know the type {actual or name}.")
    result: Document = {}
    if actual:
        result["@odata.type"] = NAMESPACE + actual
    for key, value in document.items():
        if "@" in key or key.startswith("#") or key in SERVICE_SET or key in _COMPANIONS:
            continue
        info = kind.properties.get(key)
        if info is None:
            if value is not None and not (path == "" and key in _READ_ELSEWHERE.get(kind.name, ())):
                notes.append(f"Left out: {path}{key}, which {kind.name} does not have.")
        elif (
            (info.is_computed and kind.name != "managedDevice")
            or (value is None and not info.nullable)
            or (info.is_navigation and key not in ("assignments", "settings"))
        ):
            continue
        elif info.type == "bytes" and not is_base64(value):
            if value is not None:
                notes.append(f"Left out: {path}{key}, which is no base64.")
        elif info.type.startswith("#") and isinstance(value, dict):
            result[key] = _clean(value, info.type[1:], notes, f"{path}{key}/")
        elif info.type.startswith("#") and isinstance(value, list):
            result[key] = [
                _clean(row, info.type[1:], notes, f"{path}{key}/") if isinstance(row, dict) else row
                for row in value
            ]
        else:
            result[key] = value
    return result


_READ_ELSEWHERE = {
    "deviceManagementCompliancePolicy": ("displayName",),
    "notificationMessageTemplate": ("localizedMessages",),
    "group": ("members",),
}
"""Members that exports have beside the metadata's, and that are read on their own."""
