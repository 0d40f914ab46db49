"""Conditional Access policies: reading and writing, and deletion that can be taken back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from toolkit.lab.addresses import ACCESS, DELETED
from toolkit.lab.answers import (
    Answer,
    Call,
    Document,
    found,
    listed,
    listed_kind,
    not_found,
    plain,
    single,
)
from toolkit.lab.contract import (
    bad_request,
    filled,
    validate,
)
from toolkit.lab.reading import moment
from toolkit.model.odata import pick

MOST_POLICIES = 195
"""In any state (intune-behaviour 1.6). That deleted ones do not count is our choice."""

KEPT_FOR = timedelta(days=30)
"""How long a deleted policy can be restored (Graph reference, policyDeletableItem)."""

_INCLUDED_PEOPLE = ("includeUsers", "includeGroups", "includeRoles", "includeGuestsOrExternalUsers")
_TARGETS = ("includeApplications", "includeUserActions", "includeAuthenticationContextClassReferences")


def list_access(call: Call) -> Answer:
    return listed_kind(call, "access", "conditionalAccessPolicy", ACCESS)


def access_of(call: Call) -> Document:
    return found(call, "access", call.keys[0], "conditional access policy")


def get_access(call: Call) -> Answer:
    return single(call, plain(call, access_of(call), "conditionalAccessPolicy"), ACCESS + "/$entity")


def create_access(call: Call) -> Answer:
    body = validate(call.body, "conditionalAccessPolicy", call.version, "create")
    document = new_access(call, body)
    _check_room(call)
    call.store.put("access", document["id"], document)
    return 201, _entity(call, document)


def new_access(call: Call, body: Document) -> Document:
    body.pop("@odata.type", None)
    document = filled(body, "conditionalAccessPolicy")
    _check(document)
    id = call.new_id()
    # An import may bring the id of a policy that was deleted here; one id is one policy.
    call.store.delete("deletedAccess", id)
    dates = {"createdDateTime": call.now, "modifiedDateTime": None, "deletedDateTime": None}
    return {"id": id, **document, **dates}


def patch_access(call: Call) -> Answer:
    document = access_of(call)
    body = validate(call.body, "conditionalAccessPolicy", call.version, "update")
    for name in ("@odata.type", "deletedDateTime"):
        body.pop(name, None)
    changed = filled(_merged(document, body), "conditionalAccessPolicy")
    _check(changed)
    call.store.put("access", document["id"], {**changed, "modifiedDateTime": call.now})
    return 204, None


def delete_access(call: Call) -> Answer:
    document = access_of(call)
    call.store.delete("access", document["id"])
    call.store.put("deletedAccess", document["id"], {**document, "deletedDateTime": call.now})
    return 204, None


def list_deleted(call: Call) -> Answer:
    rows = [row for row in call.store.all("deletedAccess") if _is_kept(call, row)]
    return listed(call, rows, "conditionalAccessPolicy", DELETED)


def deleted_of(call: Call) -> Document:
    document = call.store.get("deletedAccess", call.keys[0])
    if document is None or not _is_kept(call, document):
        raise not_found("deleted conditional access policy", call.keys[0])
    return document


def get_deleted(call: Call) -> Answer:
    return single(call, plain(call, deleted_of(call), "conditionalAccessPolicy"), DELETED + "/$entity")


def restore_access(call: Call) -> Answer:
    """200 with the policy as it was, in the state it had: what state the service gives it is not documented."""
    document = {**deleted_of(call), "deletedDateTime": None}
    _check_room(call)
    call.store.delete("deletedAccess", document["id"])
    call.store.put("access", document["id"], document)
    return 200, _entity(call, document)


def delete_for_good(call: Call) -> Answer:
    call.store.delete("deletedAccess", deleted_of(call)["id"])
    return 204, None


def evaluate(call: Call) -> Answer:
    # What If takes a good part of the model along, and few requests ask for it.
    from toolkit.lab.answers.what_if import answer

    return answer(call)


def _entity(call: Call, document: Document) -> Document:
    shown = plain(call, document, "conditionalAccessPolicy")
    return {"@odata.context": call.context(ACCESS + "/$entity"), **shown}


def _merged(document: Mapping[str, Any], body: Mapping[str, Any]) -> Document:
    """OData's PATCH: a part that is sent changes what it names and leaves the rest; null and arrays replace."""
    result = dict(document)
    for key, value in body.items():
        old = result.get(key)
        both = isinstance(old, Mapping) and isinstance(value, Mapping)
        result[key] = _merged(old, value) if both else value  # type: ignore[arg-type]
    return result


def _check(document: Document) -> None:
    """Raises RequestError (400) for a policy that says not whom, not what, or what nobody can work out."""
    conditions = document.get("conditions") or {}
    users, applications = conditions.get("users"), conditions.get("applications")
    workloads = pick(conditions, "clientApplications/includeServicePrincipals")
    if not users or not applications:
        raise bad_request("A conditional access policy needs conditions/users and conditions/applications.")
    if not workloads and not any(users.get(name) for name in _INCLUDED_PEOPLE):
        raise bad_request(f"conditions/users must hold at least one of {', '.join(_INCLUDED_PEOPLE)}.")
    if not applications.get("applicationFilter") and not any(applications.get(name) for name in _TARGETS):
        raise bad_request(f"conditions/applications must hold at least one of {', '.join(_TARGETS)}.")
    rule = pick(conditions, "devices/deviceFilter/rule")
    if rule is not None:
        from toolkit.forecast.device_filter import check_filter

        try:
            check_filter(rule)
        except ValueError as error:
            raise bad_request(f"conditions/devices/deviceFilter/rule: {error}") from error
    operator = pick(document, "grantControls/operator")
    if document.get("grantControls") is not None and operator not in ("AND", "OR"):
        raise bad_request("grantControls/operator must be AND or OR.")


def _check_room(call: Call) -> None:
    if call.store.count("access") >= MOST_POLICIES:
        raise bad_request(f"A tenant has at most {MOST_POLICIES} conditional access policies.")


def _is_kept(call: Call, document: Document) -> bool:
    deleted, now = moment(document.get("deletedDateTime")), moment(call.now)
    return deleted is not None and now is not None and now - deleted <= KEPT_FOR
