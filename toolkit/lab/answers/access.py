"""Conditional Access policies."""

from __future__ import annotations

from toolkit.lab.answers import (
    Answer,
    Call,
    Document,
    found,
    listed,
    plain,
    single,
)
from toolkit.lab.contract import (
    bad_request,
    filled,
    validate,
)
from toolkit.model.odata import pick

ACCESS = "identity/conditionalAccess/policies"


def list_access(call: Call) -> Answer:
    return listed(call, call.store.all("access"), "conditionalAccessPolicy", ACCESS)


def access_of(call: Call) -> Document:
    return found(call, "access", call.keys[0], "conditional access policy")


def get_access(call: Call) -> Answer:
    return single(call, plain(call, access_of(call), "conditionalAccessPolicy"), ACCESS + "/$entity")


def create_access(call: Call) -> Answer:
    body = validate(call.body, "conditionalAccessPolicy", call.version, "create")
    document = new_access(call, body)
    call.store.put("access", document["id"], document)
    return 201, {
        "@odata.context": call.context(ACCESS + "/$entity"),
        **plain(call, document, "conditionalAccessPolicy"),
    }


def new_access(call: Call, body: Document) -> Document:
    body.pop("@odata.type", None)
    if not pick(body, "conditions/users") or not pick(body, "conditions/applications"):
        raise bad_request("A conditional access policy needs conditions/users and conditions/applications.")
    return {
        "id": call.new_id(),
        **filled(body, "conditionalAccessPolicy"),
        "createdDateTime": call.now,
        "modifiedDateTime": None,
    }


def patch_access(call: Call) -> Answer:
    document = access_of(call)
    body = validate(call.body, "conditionalAccessPolicy", call.version, "update")
    body.pop("@odata.type", None)
    document.update(filled({**document, **body}, "conditionalAccessPolicy"), modifiedDateTime=call.now)
    call.store.put("access", document["id"], document)
    return 204, None


def delete_access(call: Call) -> Answer:
    call.store.delete("access", access_of(call)["id"])
    return 204, None
