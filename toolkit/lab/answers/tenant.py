"""The tenant's own settings and overview, its brand, its scope tags, and the check of a compliance script's rules."""

from __future__ import annotations

import json
from base64 import b64decode
from collections import Counter
from typing import Any

from toolkit.lab.addresses import TAGS
from toolkit.lab.answers import (
    Answer,
    Call,
    Document,
    found,
    listed,
    plain,
    single,
)
from toolkit.lab.answers.policies import only_parameter
from toolkit.lab.contract import (
    bad_request,
    filled,
    members_of,
    short_name,
    validate,
    visible,
)
from toolkit.lab.store import graph_time


def get_tenant(call: Call) -> Answer:
    row = {
        "id": call.store.meta("organization")["id"],
        "intuneAccountId": call.store.meta("organization")["id"],
        "subscriptionState": "active",
        "settings": shown_settings(call),
        "intuneBrand": shown_brand(call),
        "deviceComplianceReportSummarizationDateTime": graph_time(call.store.meta("summarized")),
    }
    return single(
        call, visible(filled(row, "deviceManagement"), "deviceManagement", call.version), _context()
    )


def _context() -> str:
    return "deviceManagement/$entity"


def shown_settings(call: Call) -> Document:
    """Beta has more switches than v1.0; what was never set has the value that means so."""
    settings = filled(call.store.meta("settings"), "deviceManagementSettings")
    return visible(settings, "deviceManagementSettings", call.version)


def shown_brand(call: Call) -> Document:
    return visible(filled(call.store.meta("brand"), "intuneBrand"), "intuneBrand", call.version)


def get_settings(call: Call) -> Answer:
    return single(call, shown_settings(call), "deviceManagement/settings")


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
    return single(call, shown_brand(call), "deviceManagement/intuneBrand")


def list_brands(call: Call) -> Answer:
    """The one profile that the lab has, the default: what intuneBrand shows, with a name."""
    row = {
        "id": call.store.meta("organization")["id"],
        "profileName": "Default branding profile",
        "profileDescription": None,
        "isDefaultProfile": True,
        **shown_brand(call),
    }
    return listed(
        call, [row], "intuneBrand", "deviceManagement/intuneBrandingProfiles", shape=lambda brand: brand
    )


SYSTEM_COUNTERS = {
    "windows": "windowsCount",
    "macos": "macOSCount",
    "ios": "iosCount",
    "android": "androidDeviceAdminCount",
    "android-work-profile": "androidWorkProfileCount",
    "android-dedicated": "androidDedicatedCount",
    "android-fully-managed": "androidFullyManagedCount",
    "android-corporate-work-profile": "androidCorporateWorkProfileCount",
}
ACCESS_COUNTERS = {
    "allowed": "allowedDeviceCount",
    "blocked": "blockedDeviceCount",
    "quarantined": "quarantinedDeviceCount",
    "unknown": "unknownDeviceCount",
}
"""By exchangeAccessState; a device without one counts as unavailable."""
COMANAGED = ("configurationManagerClientMdm", "configurationManagerClientMdmEas")


def managed_device_overview(call: Call) -> Answer:
    devices = call.store.all("device")
    agents = Counter(device.get("managementAgent", "mdm") for device in devices)
    systems: Counter[str] = Counter()
    for device in devices:
        variant = device["lab"]["variant"]
        systems[SYSTEM_COUNTERS.get(variant, "unknownCount")] += 1
        systems["androidCount"] += variant.startswith(("android", "aosp"))
    access = Counter(
        ACCESS_COUNTERS.get(device.get("exchangeAccessState", "none"), "unavailableDeviceCount")
        for device in devices
    )
    systems["configMgrDeviceCount"] = agents["configurationManagerClient"]
    row = filled(
        {
            "id": call.store.meta("organization")["id"],
            "enrolledDeviceCount": len(devices),
            "mdmEnrolledCount": sum(number for agent, number in agents.items() if "mdm" in agent.lower()),
            "dualEnrolledDeviceCount": sum(agents[agent] for agent in COMANAGED),
            "deviceOperatingSystemSummary": filled(dict(systems), "deviceOperatingSystemSummary"),
            "deviceExchangeAccessStateSummary": filled(dict(access), "deviceExchangeAccessStateSummary"),
        },
        "managedDeviceOverview",
    )
    return single(call, row, "deviceManagement/managedDeviceOverview/$entity")


def refresh_summarization(call: Call) -> Answer:
    """The lab's summaries are computed anew each time, so only the time of the last wish is kept."""
    call.store.set_meta("summarized", call.now)
    return 204, None


def list_scope_tags(call: Call) -> Answer:
    return listed(call, call.store.all("scopeTag"), "roleScopeTag", TAGS)


def scope_tag_of(call: Call) -> Document:
    return found(call, "scopeTag", call.keys[0], "scope tag")


def get_scope_tag(call: Call) -> Answer:
    return single(call, plain(call, scope_tag_of(call), "roleScopeTag"), TAGS + "/$entity")


def create_scope_tag(call: Call) -> Answer:
    body = validate(call.body, "roleScopeTag", call.version, "create")
    if not body.get("displayName"):
        raise bad_request("A scope tag needs a displayName.")
    # The service counts its tags and writes the number as a text.
    id = str(max(int(row["id"]) for row in call.store.all("scopeTag")) + 1)
    document = {
        "id": id,
        "displayName": body["displayName"],
        "description": body.get("description"),
        "isBuiltIn": False,
        "assignments": [],
    }
    call.store.put("scopeTag", id, document)
    shown = plain(call, document, "roleScopeTag")
    return 201, {"@odata.context": call.context(TAGS + "/$entity"), **shown}


def patch_scope_tag(call: Call) -> Answer:
    document = _own_tag(call, "changed")
    body = validate(call.body, "roleScopeTag", call.version, "update")
    body.pop("@odata.type", None)
    if not body.get("displayName", document["displayName"]):
        raise bad_request("A scope tag needs a displayName.")
    document.update(body)
    call.store.put("scopeTag", document["id"], document)
    return get_scope_tag(call)


def delete_scope_tag(call: Call) -> Answer:
    call.store.delete("scopeTag", _own_tag(call, "deleted")["id"])
    return 204, None


def _own_tag(call: Call, deed: str) -> Document:
    document = scope_tag_of(call)
    if document["isBuiltIn"]:
        raise bad_request(f"The built-in scope tag '{document['displayName']}' cannot be {deed}.")
    return document


def assign_scope_tag(call: Call) -> Answer:
    """Replaces the groups whose devices get the tag."""
    document = _own_tag(call, "assigned")
    rows = []
    for sent in only_parameter(call, "assignments"):
        target = validate(sent, "roleScopeTagAutoAssignment", call.version, "create").get("target") or {}
        if short_name(target.get("@odata.type")) != "groupAssignmentTarget" or not target.get("groupId"):
            raise bad_request("A scope tag is assigned to groups: a groupAssignmentTarget with its groupId.")
        rows.append({"id": f"{document['id']}_{target['groupId']}", "target": target})
    document["assignments"] = rows
    call.store.put("scopeTag", document["id"], document)
    return list_tag_assignments(call)


def list_tag_assignments(call: Call) -> Answer:
    document = scope_tag_of(call)
    context = f"{TAGS}('{document['id']}')/assignments"
    rows = [{**row, "target": _target(call, row["target"])} for row in document.get("assignments") or []]
    return listed(call, rows, "roleScopeTagAutoAssignment", context)


def _target(call: Call, target: Document) -> Document:
    name = short_name(target["@odata.type"])
    return visible(filled(target, name), name, call.version)


def tags_by_id(call: Call) -> Answer:
    ids = only_parameter(call, "roleScopeTagIds")
    rows = [row for row in call.store.all("scopeTag") if row["id"] in ids]
    return listed(call, rows, "roleScopeTag", TAGS)


def has_custom_tag(call: Call) -> Answer:
    own = any(not row["isBuiltIn"] for row in call.store.all("scopeTag"))
    return 200, {"@odata.context": call.context("Edm.Boolean"), "value": own}


RULE_WORDS = {
    "SettingName": "settingNameMissing",
    "Operator": "operatorMissing",
    "DataType": "datatypeMissing",
}
"""What a rule cannot be without, and the error that says so; an operand is asked for too."""


def validate_script(call: Call) -> Answer:
    """The rules in a deviceCompliancePolicyScript, with what is wrong with them in the words of the metadata's enum."""
    for key in call.body:
        if key != "deviceCompliancePolicyScript":
            raise bad_request(f"The parameter '{key}' is not one of this action.")
    script = validate(
        call.body.get("deviceCompliancePolicyScript") or {},
        "deviceCompliancePolicyScript",
        call.version,
        "create",
    )
    rows, script_errors = _rules_of(script.get("rulesContent"))
    rules, rule_errors, seen = [], [], set()
    for row in rows:
        name = row.get("SettingName")
        wrong = _wrong_with(row) or ("duplicateRules" if name in seen else "")
        if isinstance(name, str):
            seen.add(name)
        if wrong:
            rule_errors.append(
                {**_script_error(wrong), "settingName": name if isinstance(name, str) else None}
            )
        else:
            operator, kind = _member("operator", row["Operator"]), _member("dataType", row["DataType"])
            rules.append(
                {
                    "settingName": name,
                    "operator": operator,
                    "deviceComplianceScriptRulOperator": operator,
                    "dataType": kind,
                    "deviceComplianceScriptRuleDataType": kind,
                    "operand": row["Operand"]
                    if isinstance(row["Operand"], str)
                    else json.dumps(row["Operand"]),
                }
            )
    return 200, {
        "@odata.context": call.context("microsoft.graph.deviceComplianceScriptValidationResult"),
        "ruleErrors": rule_errors,
        "rules": rules,
        "scriptErrors": [_script_error(error) for error in script_errors],
    }


def _rules_of(content: str | None) -> tuple[list[Document], list[str]]:
    """(rules, errors of the whole)."""
    if not content:
        return [], ["jsonFileMissing"]
    try:
        parsed = json.loads(b64decode(content))
    except (ValueError, RecursionError):
        return [], ["jsonFileInvalid"]
    rows = parsed.get("Rules") if isinstance(parsed, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        return [], ["jsonFileInvalid" if rows else "rulesMissing"]
    return rows, [] if rows else ["rulesMissing"]


def _wrong_with(rule: Document) -> str:
    for key, error in RULE_WORDS.items():
        if not isinstance(rule.get(key), str) or not rule[key]:
            return error
    if rule.get("Operand") is None:
        return "operandMissing"
    if _member("operator", rule["Operator"]) is None:
        return "operatorNotSupported"
    return "" if _member("dataType", rule["DataType"]) is not None else "datatypeNotSupported"


def _member(enum: str, word: str) -> str | None:
    names = {name.lower(): name for name in members_of(enum, "beta")[1] if name != "none"}
    return names.get(word.lower())


def _script_error(error: str) -> dict[str, Any]:
    return {"code": error, "deviceComplianceScriptRulesValidationError": error, "message": None}
