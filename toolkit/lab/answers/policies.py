"""Compliance policies, classic and of the settings catalog: their settings, schedules and assignments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from toolkit.lab import addresses, odata
from toolkit.lab.answers import (
    Answer,
    Call,
    Document,
    found,
    listed,
    listed_kind,
    nested,
    not_found,
    single,
)
from toolkit.lab.contract import (
    NAMESPACE,
    ZERO_GUID,
    RequestError,
    bad_request,
    filled,
    members_of,
    short_name,
    type_of,
    validate,
    visible,
)

ONE_BLOCK = "Compliance policy must have one and only one block scheduled action"
LONGEST_HOURS = 8760
CATALOG_PAGE = 25
LARGEST_CC = 100


class Family(NamedTuple):
    """What differs between the two kinds of compliance policy."""

    kind: str
    collection: str
    type: str
    rule_type: str
    item_type: str
    assignment_type: str
    name_key: str


CLASSIC = Family(
    "policy",
    addresses.CLASSIC,
    "deviceCompliancePolicy",
    "deviceComplianceScheduledActionForRule",
    "deviceComplianceActionItem",
    "deviceCompliancePolicyAssignment",
    "displayName",
)
CATALOG = Family(
    "catalogPolicy",
    addresses.CATALOG,
    "deviceManagementCompliancePolicy",
    "deviceManagementComplianceScheduledActionForRule",
    "deviceManagementComplianceActionItem",
    "deviceManagementConfigurationPolicyAssignment",
    "name",
)


def family_of(call: Call) -> Family:
    return CATALOG if call.path.lower().startswith("devicemanagement/compliancepolicies") else CLASSIC


def policy_of(call: Call, family: Family) -> Document:
    document = found(call, family.kind, call.keys[0], "compliance policy")
    if call.version == "v1.0" and type_of(short_name(document.get("@odata.type")), "v1.0") is None:
        # What v1.0 says of a policy whose type it lacks is not documented; the lab hides it.
        raise not_found("compliance policy", call.keys[0])
    return document


def list_policies(call: Call) -> Answer:
    family = family_of(call)
    return listed_kind(
        call,
        family.kind,
        family.type,
        family.collection,
        keep=_is_in_v1 if call.version == "v1.0" else None,
        shape=lambda row: policy_shape(call, family, row),
    )


def _is_in_v1(document: Document) -> bool:
    return type_of(short_name(document["@odata.type"]), "v1.0") is not None


def get_policy(call: Call) -> Answer:
    family = family_of(call)
    row = policy_shape(call, family, policy_of(call, family))
    return single(call, row, family.collection + "/$entity", family.type)


_STATUSES = ("devicestatuses", "userstatuses", "devicesettingstatesummaries")


def policy_shape(call: Call, family: Family, document: Document) -> Document:
    name = short_name(document.get("@odata.type")) or family.type
    shown = visible(document, name, call.version)
    if family is CLASSIC:
        shown = {"@odata.type": NAMESPACE + name, **shown}
        base = f"{family.collection}('{document['id']}')/{NAMESPACE[1:]}{name}"
    else:
        shown.pop("@odata.type", None)
        base = f"{family.collection}('{document['id']}')"
    for part in call.query.expand:
        navigation = part.name.lower()
        if navigation == "scheduledactionsforrule":
            inner = "(scheduledActionConfigurations())" if part.expand else ""
            shown["scheduledActionsForRule@odata.context"] = call.context(
                f"{base}/scheduledActionsForRule{inner}"
            )
            rules = [
                rule_shape(call, family, rule, base, part)
                for rule in document.get("scheduledActionsForRule", [])
            ]
            shown["scheduledActionsForRule"] = nested(call, rules, part, family.rule_type)
        elif navigation == "assignments":
            shown["assignments@odata.context"] = call.context(f"{base}/assignments")
            rows = [assignment_shape(call, family, row) for row in document.get("assignments", [])]
            shown["assignments"] = nested(call, rows, part, family.assignment_type)
        elif navigation == "settings" and family is CATALOG:
            shown["settings@odata.context"] = call.context(f"{base}/settings")
            first = document.get("settings", [])[:CATALOG_PAGE]
            shown["settings"] = nested(call, first, part, "deviceManagementConfigurationSetting")
            if len(document.get("settings", [])) > CATALOG_PAGE:
                shown["settings@odata.nextLink"] = (
                    f"{call.lab.base_url}/{call.version}/{base}/settings?$skip={CATALOG_PAGE}"
                )
        elif navigation in ("devicestatusoverview", "userstatusoverview") and family is CLASSIC:
            # The statuses are read through the policies, so they are fetched late.
            from toolkit.lab.answers.statuses import device_overview, user_overview

            make = device_overview if navigation.startswith("device") else user_overview
            shown[part.name] = make(call, document)
        elif navigation in _STATUSES and family is CLASSIC:
            from toolkit.lab.answers.statuses import EXPANDED

            spelled, kind, rows_of = EXPANDED[navigation]
            shown[f"{spelled}@odata.context"] = call.context(f"{base}/{spelled}")
            rows = [visible(row, kind, call.version) for row in rows_of(call, document)]
            shown[spelled] = nested(call, rows, part, kind)
        else:
            raise bad_request(f"Expanding '{part.name}' is not supported on '{NAMESPACE[1:]}{family.type}'.")
    return shown


def rule_shape(call: Call, family: Family, rule: Document, base: str, part: odata.Expand | None) -> Document:
    """The rule as it is read: without a name, its id is the policy's."""
    shown: Document = {"id": rule["id"], "ruleName": None}
    for inner in part.expand if part is not None else ():
        if inner.name.lower() != "scheduledactionconfigurations":
            raise bad_request(
                f"Expanding '{inner.name}' is not supported on '{NAMESPACE[1:]}{family.rule_type}'."
            )
        where = f"{base}/scheduledActionsForRule('{rule['id']}')/scheduledActionConfigurations"
        shown["scheduledActionConfigurations@odata.context"] = call.context(where)
        items = items_shown(call, family, rule)
        shown["scheduledActionConfigurations"] = nested(call, items, inner, family.item_type)
    return shown


def items_shown(call: Call, family: Family, rule: Document) -> list[Document]:
    """The actions of a rule; v1.0 has no word for some, and what it then shows is unknown: the lab leaves them out."""
    kinds = members_of(family.item_type.replace("ActionItem", "ActionType"), call.version)[1]
    return [item for item in rule["scheduledActionConfigurations"] if item["actionType"] in kinds]


def create_policy(call: Call) -> Answer:
    family = family_of(call)
    for navigation in ("assignments", "deviceStatuses", "userStatuses", "deviceSettingStateSummaries"):
        if navigation in call.body:
            raise bad_request(f"'{navigation}' cannot be sent with a new policy.")
    if family is CLASSIC and not short_name(call.body.get("@odata.type")):
        raise bad_request("'@odata.type' is missing: it says for which platform the policy is.")
    body = validate(call.body, family.type, call.version, "create")
    return add_policy(call, family, body)


def add_policy(call: Call, family: Family, body: Document) -> Answer:
    """Puts a checked body into the tenant."""
    id = call.new_id()
    rules = body.pop("scheduledActionsForRule", None)
    if rules is None and family is CATALOG:
        # The catalog's callers send the schedule afterwards; until then the device is marked at once.
        rules = [{"scheduledActionConfigurations": [{"actionType": "block", "gracePeriodHours": 0}]}]
    name = short_name(body.get("@odata.type")) or family.type
    if body.get("roleScopeTagIds") in (None, []):
        body["roleScopeTagIds"] = ["0"]
    document = {
        "@odata.type": NAMESPACE + name,
        "id": id,
        **filled(body, name),
        "createdDateTime": call.now,
        "lastModifiedDateTime": call.now,
        "version": 1,
        "scheduledActionsForRule": schedule(call, id, rules or []),
        "assignments": [],
    }
    if family is CATALOG:
        document["settings"] = numbered(body.get("settings") or [])
        document.update(settingCount=len(document["settings"]), isAssigned=False)
    call.store.put(family.kind, id, document)
    call.world.policy_changed(id)
    return 201, {
        "@odata.context": call.context(family.collection + "/$entity"),
        **policy_shape(call, family, document),
    }


def schedule(call: Call, policy_id: str, rules: Sequence[Document]) -> list[Document]:
    """The stored schedule of what was sent: checked, with new ids, absent templates as the zero GUID."""
    if len(rules) > 1:
        raise bad_request("A compliance policy has one scheduled action rule.")
    items = [item for rule in rules for item in rule.get("scheduledActionConfigurations") or []]
    check_items(call, items)
    return [
        {
            "id": policy_id,
            "ruleName": None,
            "scheduledActionConfigurations": [stored_item(call.store.new_id(), item) for item in items],
        }
    ]


def check_items(call: Call, items: Sequence[Document]) -> None:
    steps_only = call.rule("portal-step-check") == "reject"
    whole_days = call.rule("ruleset") == "2019-11"
    for item in items:
        if not 0 <= item["gracePeriodHours"] <= LONGEST_HOURS:
            raise bad_request(f"gracePeriodHours must be from 0 to {LONGEST_HOURS}.")
        if steps_only and item["gracePeriodHours"] % 6:
            raise bad_request("gracePeriodHours must be a multiple of 6.")
        if whole_days and item["gracePeriodHours"] % 24:
            raise bad_request("gracePeriodHours must be a multiple of 24.")
        if len(item.get("notificationMessageCCList") or []) > LARGEST_CC:
            raise bad_request(f"notificationMessageCCList takes at most {LARGEST_CC} groups.")
    if sum(item["actionType"] == "block" for item in items) != 1:
        raise bad_request(ONE_BLOCK)


def stored_item(id: str, item: Document) -> Document:
    return {
        "id": id,
        "gracePeriodHours": item["gracePeriodHours"],
        "actionType": item["actionType"],
        "notificationTemplateId": item.get("notificationTemplateId") or ZERO_GUID,
        "notificationMessageCCList": item.get("notificationMessageCCList") or [],
    }


def numbered(settings: Sequence[Document]) -> list[Document]:
    return [
        {"id": str(number), **{k: v for k, v in row.items() if k != "id"}}
        for number, row in enumerate(settings)
    ]


def patch_policy(call: Call) -> Answer:
    family = family_of(call)
    document = policy_of(call, family)
    for navigation in ("scheduledActionsForRule", "assignments"):
        if navigation in call.body:
            way = "scheduleActionsForRules" if family is CLASSIC else "setScheduledActions"
            raise bad_request(
                f"'{navigation}' cannot be updated with the policy; use"
                f" {way if navigation.startswith('sched') else 'assign'}."
            )
    name = short_name(document["@odata.type"])
    sent = short_name(call.body.get("@odata.type"))
    if sent and sent != name:
        raise bad_request(f"The policy is '{NAMESPACE[1:]}{name}', and its type cannot be changed.")
    body = validate({**call.body, "@odata.type": NAMESPACE + name}, family.type, call.version, "update")
    if "settings" in body:
        body["settings"] = numbered(body["settings"])
        document["settingCount"] = len(body["settings"])
    document.update(body)
    touch(call, family, document)
    return single(call, policy_shape(call, family, document), family.collection + "/$entity")


def touch(call: Call, family: Family, document: Document) -> None:
    document["version"] = document.get("version", 0) + 1
    document["lastModifiedDateTime"] = call.now
    call.store.put(family.kind, document["id"], document)
    call.world.policy_changed(document["id"])


def delete_policy(call: Call) -> Answer:
    family = family_of(call)
    document = policy_of(call, family)
    call.store.delete(family.kind, document["id"])
    call.world.policy_changed(document["id"])
    return 204, None


def schedule_actions(call: Call) -> Answer:
    family = family_of(call)
    document = policy_of(call, family)
    parameter = "deviceComplianceScheduledActionForRules" if family is CLASSIC else "scheduledActions"
    rows = only_parameter(call, parameter)
    rules = [validate(row, family.rule_type, call.version, "create") for row in rows]
    document["scheduledActionsForRule"] = schedule(call, document["id"], rules)
    touch(call, family, document)
    if family is CLASSIC:
        return 204, None
    base = f"{family.collection}('{document['id']}')"
    shown = [rule_shape(call, family, rule, base, None) for rule in document["scheduledActionsForRule"]]
    return 200, {"@odata.context": call.context(f"{base}/scheduledActionsForRule"), "value": shown}


def only_parameter(call: Call, name: str) -> list[Any]:
    """The rows of an action whose body has one collection in it."""
    for key in call.body:
        if key != name:
            raise bad_request(f"The parameter '{key}' is not one of this action; it takes '{name}'.")
    rows = call.body.get(name)
    if not isinstance(rows, list):
        raise bad_request(f"The parameter '{name}' must be an array.")
    return rows


def read_rules(call: Call) -> Answer:
    """The catalog's scheduledActionsForRule, which answers, unlike its classic twin."""
    family = family_of(call)
    document = policy_of(call, family)
    base = f"{family.collection}('{document['id']}')"
    part = odata.Expand("scheduledActionsForRule", (), call.query.expand)
    return listed(
        call,
        document["scheduledActionsForRule"],
        family.rule_type,
        f"{base}/scheduledActionsForRule",
        shape=lambda rule: rule_shape(call, family, rule, base, part),
    )


def refused_children(call: Call) -> Answer | None:
    """The live service has no such routes, whatever its reference says (rule actions-api)."""
    if family_of(call) is CATALOG or call.rule("actions-api") == "documented":
        return None
    raise RequestError(
        400,
        "No method match route template",
        f"No OData route exists that match template ~/singleton/navigation/key/navigation with http verb"
        f" {call.method} for request /StatelessDeviceConfigurationFEService/{call.path}.",
    )


def children(call: Call) -> Answer:
    """GET, POST, PATCH and DELETE below scheduledActionsForRule, as the reference describes them."""
    refused_children(call)
    family = family_of(call)
    document = policy_of(call, family)
    rule = document["scheduledActionsForRule"][0]
    base = f"{family.collection}('{document['id']}')/scheduledActionsForRule"
    depth = len(call.path.split("/")) - 4
    if depth and call.keys[1].lower() != rule["id"].lower():
        raise not_found("scheduled action rule", call.keys[1])
    if depth == 0:
        if call.method != "GET":
            raise bad_request("A compliance policy has one scheduled action rule.")
        return read_rules(call)
    part = odata.Expand("", (), call.query.expand)
    if depth == 1 and call.method != "GET":
        raise bad_request("The rule of a policy is neither changed nor deleted; its actions are.")
    if depth == 1:
        shown = rule_shape(call, family, rule, base.rpartition("/")[0], part)
        return single(call, shown, base + "/$entity")
    items: list[Document] = rule["scheduledActionConfigurations"]
    where = f"{base}('{rule['id']}')/scheduledActionConfigurations"
    if depth == 2 and call.method == "GET":
        return listed(call, items_shown(call, family, rule), family.item_type, where)
    if depth == 2:
        item = stored_item("", validate(call.body, family.item_type, call.version, "create"))
        check_items(call, [*items, item])
        item["id"] = call.store.new_id()
        items.append(item)
        touch(call, family, document)
        return 201, {
            "@odata.context": call.context(where + "/$entity"),
            "@odata.type": NAMESPACE + family.item_type,
            **item,
        }
    position = next((n for n, row in enumerate(items) if row["id"].lower() == call.keys[2].lower()), None)
    if position is None:
        raise not_found("scheduled action", call.keys[2])
    if call.method == "GET":
        return single(call, items[position], where + "/$entity")
    if call.method == "DELETE":
        check_items(call, items[:position] + items[position + 1 :])
        del items[position]
        touch(call, family, document)
        return 204, None
    changed = {**items[position], **validate(call.body, family.item_type, call.version, "update")}
    changed.pop("@odata.type", None)
    check_items(call, [*items[:position], changed, *items[position + 1 :]])
    items[position] = stored_item(changed["id"], changed)
    touch(call, family, document)
    return single(call, items[position], where + "/$entity")


TARGET_IDS = {
    "allDevicesAssignmentTarget": "adadadad-808e-44e2-905a-0b7873a8a531",
    "allLicensedUsersAssignmentTarget": "acacacac-9df4-4c7d-9d50-4ef0226f57a9",
}


def assign(call: Call) -> Answer:
    family = family_of(call)
    document = policy_of(call, family)
    rows = [
        validate(row, family.assignment_type, call.version, "create")
        | {key: row[key] for key in ("source", "sourceId") if isinstance(row.get(key), str)}
        for row in only_parameter(call, "assignments")
    ]
    document["assignments"] = assignments(document["id"], rows)
    if family is CATALOG:
        document["isAssigned"] = bool(rows)
    touch(call, family, document)
    return 200, {
        "@odata.context": call.context(f"{family.collection}('{document['id']}')/assignments"),
        "value": [assignment_shape(call, family, row) for row in document["assignments"]],
    }


def assignments(policy_id: str, rows: Sequence[Mapping[str, Any]]) -> list[Document]:
    """The stored assignments of the targets that were sent."""
    result: list[Document] = []
    for row in rows:
        target = dict(row["target"])
        name = short_name(target.get("@odata.type"))
        if name.endswith("roupAssignmentTarget") and not target.get("groupId"):
            raise bad_request("A group target needs a groupId.")
        target.setdefault("deviceAndAppManagementAssignmentFilterId", None)
        target.setdefault("deviceAndAppManagementAssignmentFilterType", "none")
        key = TARGET_IDS.get(name) or target.get("groupId") or target.get("collectionId") or ZERO_GUID
        # A target that a policy set brought stays the policy set's; whether the live service keeps that is not known.
        source = row.get("source") or "direct"
        id = f"{policy_id}_{key}" if source == "direct" else f"{policy_id}_{key}_{source}"
        if any(other["id"] == id for other in result):
            raise bad_request(f"The target '{key}' is named twice.")
        result.append(
            {"id": id, "source": source, "sourceId": row.get("sourceId") or policy_id, "target": target}
        )
    return result


def assignment_shape(call: Call, family: Family, row: Document) -> Document:
    shown = visible(row, family.assignment_type, call.version)
    shown["target"] = visible(row["target"], short_name(row["target"]["@odata.type"]), call.version)
    return shown


def list_assignments(call: Call) -> Answer:
    family = family_of(call)
    document = policy_of(call, family)
    context = f"{family.collection}('{document['id']}')/assignments"
    rows = document["assignments"]
    if len(call.keys) == 1:
        shape = partial(assignment_shape, call, family)
        return listed(call, rows, family.assignment_type, context, shape=shape)
    for row in rows:
        if row["id"].lower() == call.keys[1].lower():
            return single(call, assignment_shape(call, family, row), context + "/$entity")
    raise not_found("assignment", call.keys[1])


def list_settings(call: Call) -> Answer:
    document = policy_of(call, CATALOG)
    context = f"{CATALOG.collection}('{document['id']}')/settings"
    return listed(
        call,
        document["settings"],
        "deviceManagementConfigurationSetting",
        context,
        shape=lambda row: row,
        size=CATALOG_PAGE,
    )
