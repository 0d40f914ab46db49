"""The tenant's own settings, its brand and its scope tags."""

from __future__ import annotations

from toolkit.lab.answers import (
    Answer,
    Call,
    found,
    listed,
    plain,
    single,
)
from toolkit.lab.contract import (
    bad_request,
    validate,
    visible,
)


def get_tenant(call: Call) -> Answer:
    row = {
        "id": call.store.meta("organization")["id"],
        "intuneAccountId": call.store.meta("organization")["id"],
        "subscriptionState": "active",
        "settings": visible(call.store.meta("settings"), "deviceManagementSettings", call.version),
        "intuneBrand": call.store.meta("brand"),
    }
    return single(call, row, "deviceManagement/$entity")


def patch_tenant(call: Call) -> Answer:
    body = validate(call.body, "deviceManagement", call.version, "update")
    for key in body:
        if key not in ("settings", "intuneBrand", "@odata.type"):
            raise bad_request(f"The lab cannot change '{key}'.")
    if body.get("settings") is not None:
        settings = {key: value for key, value in body["settings"].items() if key != "@odata.type"}
        if not 1 <= settings["deviceComplianceCheckinThresholdDays"] <= 120:
            raise bad_request("deviceComplianceCheckinThresholdDays must be from 1 to 120.")
        call.store.set_meta("settings", {**call.store.meta("settings"), **settings})
        call.world.settings_changed()
    if body.get("intuneBrand") is not None:
        brand = {key: value for key, value in body["intuneBrand"].items() if key != "@odata.type"}
        call.store.set_meta("brand", {**call.store.meta("brand"), **brand})
    return get_tenant(call)


def get_brand(call: Call) -> Answer:
    return single(
        call, visible(call.store.meta("brand"), "intuneBrand", call.version), "deviceManagement/intuneBrand"
    )


def list_scope_tags(call: Call) -> Answer:
    return listed(call, call.store.all("scopeTag"), "roleScopeTag", "deviceManagement/roleScopeTags")


def get_scope_tag(call: Call) -> Answer:
    row = found(call, "scopeTag", call.keys[0], "scope tag")
    return single(call, plain(call, row, "roleScopeTag"), "deviceManagement/roleScopeTags/$entity")
