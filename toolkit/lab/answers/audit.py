"""What was changed in the tenant and by whom: every write to Intune that came through Graph, as an audit event.

The members are auditEvent's of the metadata (v1.0). Which words the service puts into activity and component is known
from tools that filter by them for some things only; for the rest they are our choice, in the same manner.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from toolkit.lab.addresses import AUDIT
from toolkit.lab.answers import Answer, Call, Document, listed, not_found, plain, single
from toolkit.lab.store import guid

AUDIT_KEPT = 10_000
"""So many events are remembered. The service keeps them for a time that the reference does not state."""

OPERATIONS = {"POST": "Create", "PATCH": "Patch", "PUT": "Set", "DELETE": "Delete"}
"""Of a plain write; an action is one of its own: "Action"."""

COMPONENTS = {
    "devicecompliancepolicies": "DeviceCompliancePolicy",
    "compliancepolicies": "DeviceCompliancePolicy",
    "notificationmessagetemplates": "NotificationMessageTemplate",
    "rolescopetags": "RoleBasedAccessControl",
    "manageddevices": "ManagedDevice",
}
"""componentName by collection; the first four are those that a public backup tool asks for."""

RESOURCES = {
    "devicecompliancepolicies": "DeviceCompliancePolicy",
    "compliancepolicies": "DeviceManagementCompliancePolicy",
    "notificationmessagetemplates": "NotificationMessageTemplate",
    "localizednotificationmessages": "LocalizedNotificationMessage",
    "rolescopetags": "RoleScopeTag",
    "manageddevices": "ManagedDevice",
    "": "DeviceManagementSettings",
}

KINDS = {
    "devicecompliancepolicies": "policy",
    "compliancepolicies": "catalogPolicy",
    "notificationmessagetemplates": "template",
    "rolescopetags": "scopeTag",
    "manageddevices": "device",
}
_NAMES = ("displayName", "name", "deviceName", "locale")
_HIDDEN = ("messageTemplate",)
"""Members whose text is too long to repeat."""

LONGEST_VALUE = 200


def audited(handler: Callable[[Call], Answer]) -> Callable[[Call], Answer]:
    """The handler, with an event written in the transaction of its change. One that fails leaves no event."""

    def answer(call: Call) -> Answer:
        before = _subject(call)
        status, payload = handler(call)
        record(call, before, payload)
        return status, payload

    return answer


def record(call: Call, before: Document | None, payload: Any) -> None:
    """Writes down one change. `before` is the thing as it was, None for a new one; `payload` is the answer."""
    names = [step for step in call.path.lower().split("/")[1:] if step not in map(str.lower, call.keys)]
    collection, last = (names[0], names[-1]) if names else ("", "")
    is_action = call.method == "POST" and last not in RESOURCES
    resource = RESOURCES.get(last, RESOURCES[collection])
    # What an action does is done to the thing above it; a message is a thing of its own.
    is_whole = is_action or last == collection
    subject: Mapping[str, Any] = (before if is_whole else None) or (
        payload if isinstance(payload, Mapping) else {}
    )
    spelled = call.path.rpartition("/")[2]
    operation = "Action" if is_action else OPERATIONS[call.method]
    activity = f"{spelled} {resource}" if is_action else f"{operation} {resource}"
    number = call.store.last_number("audit") + 1
    call.store.append(
        "audit",
        {
            "id": guid(f"audit:{call.store.meta('seed')}:{number}"),
            "displayName": activity,
            "componentName": COMPONENTS.get(collection, "DeviceConfiguration"),
            "activity": None,
            "activityDateTime": call.now,
            "activityType": activity,
            "activityOperationType": operation,
            "activityResult": "Success",
            "correlationId": guid(f"audit-correlation:{call.store.meta('seed')}:{number}"),
            "category": "Device" if collection == "manageddevices" else "Compliance",
            "actor": actor(call),
            "resources": [
                {
                    "displayName": _first(subject, _NAMES),
                    "auditResourceType": resource,
                    "resourceId": subject.get("id") or (call.keys[-1] if call.keys else None),
                    "modifiedProperties": [] if is_action else _modified(call, before if is_whole else None),
                }
            ],
        },
    )
    call.store.trim("audit", AUDIT_KEPT)


def actor(call: Call) -> Document:
    """Who asked: the token's person or app; in process, where there is no token, the signed-in administrator."""
    grant = call.grant
    user_id = call.store.meta("signedIn") if grant is None else grant.user_id
    user = call.store.get("user", user_id) if user_id else None
    return {
        "auditActorType": "ItPro" if user is not None else "Application",
        "userPermissions": sorted(grant.permissions) if grant is not None else [],
        "applicationId": grant.app_id if grant is not None else None,
        "applicationDisplayName": None,
        "userPrincipalName": user["userPrincipalName"] if user is not None else None,
        "servicePrincipalName": None,
        "ipAddress": None,
        "userId": user["id"] if user is not None else None,
    }


def list_events(call: Call) -> Answer:
    """The newest first, as an audit log is read."""
    rows = [row for _, row in reversed(call.store.log("audit"))]
    return listed(call, rows, "auditEvent", AUDIT)


def get_event(call: Call) -> Answer:
    for _, row in call.store.log("audit"):
        if row["id"].lower() == call.keys[0].lower():
            return single(call, plain(call, row, "auditEvent"), AUDIT + "/$entity")
    raise not_found("audit event", call.keys[0])


def _subject(call: Call) -> Document | None:
    """The thing that a write is about, as it stands before it."""
    kind = KINDS.get("".join(call.path.lower().split("/")[1:2]))
    if kind is not None and call.keys:
        return call.store.get(kind, call.keys[0])
    return None


def _modified(call: Call, before: Document | None) -> list[Document]:
    body = call.body if call.raw else {}
    return [
        {
            "displayName": key,
            "oldValue": _spelled((before or {}).get(key)),
            "newValue": _spelled(value),
        }
        for key, value in body.items()
        if not key.startswith("@") and "@odata" not in key and key not in _HIDDEN
    ]


def _spelled(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value if value is None else value[:LONGEST_VALUE]
    return json.dumps(value, ensure_ascii=False)[:LONGEST_VALUE]


def _first(document: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    return next((document[name] for name in names if document.get(name)), None)
