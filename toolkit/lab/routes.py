"""The table of what the lab imitates: method, address, versions, and the function that answers.

A handler gets a Call and returns (status, body); it raises RequestError for an answer that is an error. Handlers
check before they write, and everything that one of them writes is one transaction.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote

from toolkit.lab import odata
from toolkit.lab.contract import (
    NAMESPACE,
    ZERO_GUID,
    RequestError,
    Version,
    bad_request,
    derived,
    filled,
    members_of,
    short_name,
    type_of,
    validate,
    visible,
)
from toolkit.lab.store import graph_time
from toolkit.model.odata import pick

if TYPE_CHECKING:
    from toolkit.lab.app import Lab
    from toolkit.lab.store import Store
    from toolkit.lab.world import World

Document = dict[str, Any]
Answer = tuple[int, Any]
Shape = Callable[[Document], Document]

ONE_BLOCK = "Compliance policy must have one and only one block scheduled action"
NO_GRACE = "9999-12-31T23:59:59Z"
LONGEST_HOURS = 8760
CATALOG_PAGE = 25
LARGEST_CC = 100


class Call:
    """One request on its way: what was asked, and what a handler needs to answer it."""

    def __init__(
        self,
        lab: Lab,
        method: str,
        version: Version,
        path: str,
        keys: Sequence[str],
        query: str,
        headers: Mapping[str, str],
        raw: bytes | None,
    ) -> None:
        self.lab = lab
        self.store: Store = lab.store
        self.method = method
        self.version: Version = version
        self.path = path
        self.keys = keys
        self.headers = {name.lower(): value for name, value in headers.items()}
        self.raw = raw
        self.brought_id: str | None = None
        self._query = query

    @cached_property
    def query(self) -> odata.Query:
        return odata.parse_query(self._query)

    @cached_property
    def body(self) -> Document:
        body = read_json(self.raw)
        if not isinstance(body, dict):
            raise bad_request("The body must be a JSON object.")
        return body

    def new_id(self) -> str:
        """The id of the thing that is made: the next one, or the one that an import brings along."""
        return self.brought_id if self.brought_id is not None else self.store.new_id()

    @property
    def world(self) -> World:
        return self.lab.world

    @property
    def now(self) -> str:
        """The lab's time as Graph writes times."""
        return graph_time(self.store.meta("clock"))

    def rule(self, name: str) -> Any:
        from toolkit.lab.rules import value

        return value(self.store, name)

    def context(self, what: str) -> str:
        return f"{self.lab.base_url}/{self.version}/$metadata#{what}"


class Route(NamedTuple):
    method: str
    pattern: str
    """Below the version; `{}` stands for a key."""
    handler: Callable[[Call], Answer]
    versions: tuple[Version, ...]
    note: str


def read_json(raw: bytes | None) -> Any:
    try:
        return json.loads(raw or b"")
    except (ValueError, RecursionError) as error:
        raise bad_request("The body is not JSON that can be read.") from error


def not_found(what: str, key: str) -> RequestError:
    return RequestError(404, "ResourceNotFound", f"There is no {what} with the id '{key}'.")


def found(call: Call, kind: str, key: str, what: str) -> Document:
    document = call.store.get(kind, key)
    if document is None:
        raise not_found(what, key)
    return document


def listed(
    call: Call,
    rows: Sequence[Document],
    kind: str,
    context: str,
    *,
    shape: Shape | None = None,
    size: int = odata.DEFAULT_PAGE,
) -> Answer:
    """200 with a page of the rows; `kind` is their type, `shape` makes the member of the answer of one row."""
    query = call.query
    if query.select or query.filter is not None or query.orderby:
        odata.check_names(query, lambda name: has_property(kind, call.version, name), NAMESPACE[1:] + kind)
    page = odata.page_of(rows, query, size=size)
    make = shape if shape is not None else lambda row: plain(call, row, kind)
    answer: Document = {"@odata.context": call.context(context)}
    if query.with_count and query.offset is None:
        answer["@odata.count"] = page.total
    answer["value"] = [odata.selected(make(row), _kept(query)) for row in page.rows]
    if page.next_token is not None:
        url = f"{call.lab.base_url}/{call.version}/{call.path}"
        answer["@odata.nextLink"] = odata.next_link(url, query, page.next_token)
    return 200, answer


def single(call: Call, row: Document, context: str) -> Answer:
    """200 with one thing, cut to $select."""
    return 200, {"@odata.context": call.context(context), **odata.selected(row, _kept(call.query))}


def plain(call: Call, row: Document, kind: str) -> Document:
    return visible(row, short_name(row.get("@odata.type")) or kind, call.version)


def counted(rows: Iterable[Any]) -> Answer:
    return 200, str(sum(1 for _ in rows))


def _kept(query: odata.Query) -> tuple[str, ...]:
    """What $select leaves: an expanded navigation is shown though it is not selected."""
    if not query.select or not query.expand:
        return query.select
    extra = [name for part in query.expand for name in (part.name, part.name + "@odata.context")]
    return (*query.select, *extra)


@cache
def has_property(kind: str, version: Version, name: str) -> bool:
    if name.lower() == "id":
        return True
    lower = name.lower()
    return any(
        lower == prop.lower()
        for each in (kind, *derived(kind))
        for prop in getattr(type_of(each, version), "properties", ())
    )


# Compliance policies, classic and of the settings catalog


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
    "deviceManagement/deviceCompliancePolicies",
    "deviceCompliancePolicy",
    "deviceComplianceScheduledActionForRule",
    "deviceComplianceActionItem",
    "deviceCompliancePolicyAssignment",
    "displayName",
)
CATALOG = Family(
    "catalogPolicy",
    "deviceManagement/compliancePolicies",
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
    rows = call.store.all(family.kind)
    if call.version == "v1.0":
        rows = [row for row in rows if type_of(short_name(row["@odata.type"]), "v1.0") is not None]
    return listed(
        call, rows, family.type, family.collection, shape=lambda row: policy_shape(call, family, row)
    )


def get_policy(call: Call) -> Answer:
    family = family_of(call)
    row = policy_shape(call, family, policy_of(call, family))
    return single(call, row, family.collection + "/$entity")


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
            shown["scheduledActionsForRule"] = [
                rule_shape(call, family, rule, base, part)
                for rule in document.get("scheduledActionsForRule", [])
            ]
        elif navigation == "assignments":
            shown["assignments@odata.context"] = call.context(f"{base}/assignments")
            shown["assignments"] = [
                assignment_shape(call, family, row) for row in document.get("assignments", [])
            ]
        elif navigation == "settings" and family is CATALOG:
            shown["settings@odata.context"] = call.context(f"{base}/settings")
            shown["settings"] = document.get("settings", [])[:CATALOG_PAGE]
            if len(document.get("settings", [])) > CATALOG_PAGE:
                shown["settings@odata.nextLink"] = (
                    f"{call.lab.base_url}/{call.version}/{base}/settings?$skip={CATALOG_PAGE}"
                )
        elif navigation in ("devicestatusoverview", "userstatusoverview") and family is CLASSIC:
            make = device_overview if navigation.startswith("device") else user_overview
            shown[part.name] = make(call, document)
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
        shown["scheduledActionConfigurations"] = [
            odata.selected(item, inner.select) for item in items_shown(call, family, rule)
        ]
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
    for item in items:
        if not 0 <= item["gracePeriodHours"] <= LONGEST_HOURS:
            raise bad_request(f"gracePeriodHours must be from 0 to {LONGEST_HOURS}.")
        if steps_only and item["gracePeriodHours"] % 6:
            raise bad_request("gracePeriodHours must be a multiple of 6.")
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


# Assignments

TARGET_IDS = {
    "allDevicesAssignmentTarget": "adadadad-808e-44e2-905a-0b7873a8a531",
    "allLicensedUsersAssignmentTarget": "acacacac-9df4-4c7d-9d50-4ef0226f57a9",
}


def assign(call: Call) -> Answer:
    family = family_of(call)
    document = policy_of(call, family)
    rows = [
        validate(row, family.assignment_type, call.version, "create")
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
        id = f"{policy_id}_{key}"
        if any(other["id"] == id for other in result):
            raise bad_request(f"The target '{key}' is named twice.")
        result.append({"id": id, "source": "direct", "sourceId": policy_id, "target": target})
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
        shape = lambda row: assignment_shape(call, family, row)  # noqa: E731
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


# Statuses: what the world has recorded, as reports show it

WORST_FIRST = (
    "error",
    "conflict",
    "nonCompliant",
    "remediated",
    "compliant",
    "notApplicable",
    "unknown",
    "notAssigned",
)


def records_of(store: Store, key: str, id: str) -> list[tuple[Document, Document]]:
    """(record, device) of one policy (`key` policyId) or one device (deviceId), in the order of the records."""
    devices = dict(store.items("device"))
    return [
        (record, devices[record["deviceId"]])
        for record in store.all("record")
        if record[key].lower() == id.lower() and record["deviceId"] in devices
    ]


def list_device_statuses(call: Call) -> Answer:
    document = policy_of(call, CLASSIC)
    rows = [
        {
            "id": f"{document['id']}_{device['id']}",
            "deviceDisplayName": device.get("deviceName"),
            "userName": device.get("userDisplayName") or "",
            "deviceModel": device.get("model"),
            "platform": 0,
            "complianceGracePeriodExpirationDateTime": graph_time(record.get("graceExpires") or NO_GRACE),
            "status": record["actual"],
            "lastReportedDateTime": graph_time(record.get("lastReported") or device.get("lastSyncDateTime")),
            "userPrincipalName": device.get("userPrincipalName") or "",
        }
        for record, device in records_of(call.store, "policyId", document["id"])
    ]
    context = f"{CLASSIC.collection}('{document['id']}')/deviceStatuses"
    return listed(call, rows, "deviceComplianceDeviceStatus", context)


def list_user_statuses(call: Call) -> Answer:
    document = policy_of(call, CLASSIC)
    people: dict[str, Document] = {}
    for record, device in records_of(call.store, "policyId", document["id"]):
        if not device.get("userId"):
            continue
        row = people.setdefault(
            device["userId"],
            {
                "id": f"{document['id']}_{device['userId']}",
                "userDisplayName": device.get("userDisplayName") or "",
                "devicesCount": 0,
                "status": record["actual"],
                "lastReportedDateTime": graph_time(device.get("lastSyncDateTime")),
                "userPrincipalName": device.get("userPrincipalName") or "",
            },
        )
        row["devicesCount"] += 1
        row["status"] = min(row["status"], record["actual"], key=WORST_FIRST.index)
        row["lastReportedDateTime"] = max(
            row["lastReportedDateTime"], graph_time(device.get("lastSyncDateTime"))
        )
    context = f"{CLASSIC.collection}('{document['id']}')/userStatuses"
    return listed(call, list(people.values()), "deviceComplianceUserStatus", context)


def overview(call: Call, document: Document, statuses: Sequence[str], kind: str) -> Document:
    row = {
        "id": f"{document['id']}",
        "pendingCount": statuses.count("unknown"),
        "notApplicableCount": statuses.count("notApplicable"),
        "notApplicablePlatformCount": 0,
        "successCount": statuses.count("compliant") + statuses.count("remediated"),
        "errorCount": statuses.count("error"),
        "failedCount": statuses.count("nonCompliant"),
        "conflictCount": statuses.count("conflict"),
        "lastUpdateDateTime": call.now,
        "configurationVersion": document.get("version", 1),
    }
    return visible(row, kind, call.version)


def device_overview(call: Call, document: Document) -> Document:
    statuses = [record["actual"] for record, _ in records_of(call.store, "policyId", document["id"])]
    return overview(call, document, statuses, "deviceComplianceDeviceOverview")


def user_overview(call: Call, document: Document) -> Document:
    worst: dict[str, str] = {}
    for record, device in records_of(call.store, "policyId", document["id"]):
        if device.get("userId"):
            before = worst.get(device["userId"], record["actual"])
            worst[device["userId"]] = min(before, record["actual"], key=WORST_FIRST.index)
    return overview(call, document, list(worst.values()), "deviceComplianceUserOverview")


def get_overview(call: Call) -> Answer:
    document = policy_of(call, CLASSIC)
    name = call.path.rpartition("/")[2]
    make = device_overview if name.lower().startswith("device") else user_overview
    return single(call, make(call, document), f"{CLASSIC.collection}('{document['id']}')/{name}/$entity")


STATE_COUNTERS = {
    "inGracePeriod": "inGracePeriodCount",
    "configManager": "configManagerCount",
    "unknown": "unknownDeviceCount",
    "compliant": "compliantDeviceCount",
    "noncompliant": "nonCompliantDeviceCount",
    "error": "errorDeviceCount",
    "conflict": "conflictDeviceCount",
}


def device_state_summary(call: Call) -> Answer:
    row: Document = {"id": call.store.meta("organization")["id"]}
    row |= dict.fromkeys((*STATE_COUNTERS.values(), "notApplicableDeviceCount", "remediatedDeviceCount"), 0)
    for device in call.store.all("device"):
        row[STATE_COUNTERS[device.get("complianceState", "unknown")]] += 1
    return single(call, row, "deviceManagement/deviceCompliancePolicyDeviceStateSummary/$entity")


# The retire list


def list_retire(call: Call) -> Answer:
    rows = []
    devices = dict(call.store.items("device"))
    for id, entry in call.store.items("retire"):
        device = devices.get(id)
        policy = call.store.get("policy", entry["policyId"]) or {}
        if device is None or entry["state"] == "cleared":
            continue
        state = {"compliant": "compliant", "unknown": "unknown", "error": "error"}
        rows.append(
            {
                "id": id,
                "managedDeviceId": id,
                "managedDeviceName": device.get("deviceName"),
                "deviceType": device.get("deviceType", "unknown"),
                "complianceState": state.get(device.get("complianceState", ""), "nonCompliant"),
                "retireAfterDateTime": graph_time(
                    entry.get("retireAfter") or device.get("retireAfterDateTime")
                ),
                "managementAgent": device.get("managementAgent", "mdm"),
                "ownerType": device.get("managedDeviceOwnerType", "unknown"),
                "deviceCompliancePolicyId": entry["policyId"],
                "deviceCompliancePolicyName": policy.get("displayName"),
                "roleScopeTagIds": device.get("roleScopeTagIds") or ["0"],
            }
        )
    return listed(
        call, rows, "retireScheduledManagedDevice", "Collection(microsoft.graph.retireScheduledManagedDevice)"
    )


def set_retire_state(call: Call) -> Answer:
    known = {"state", "scopedToAllDevices", "managedDeviceIds"}
    for key in call.body:
        if key not in known:
            raise bad_request(f"The parameter '{key}' is not one of this action.")
    state, everything = call.body.get("state"), call.body.get("scopedToAllDevices", False)
    ids = call.body.get("managedDeviceIds") or []
    if state not in ("confirmRetire", "cancelRetire"):
        raise bad_request("'state' must be confirmRetire or cancelRetire.")
    if (
        not isinstance(everything, bool)
        or not isinstance(ids, list)
        or not all(isinstance(id, str) for id in ids)
    ):
        raise bad_request(
            "'scopedToAllDevices' must be true or false and 'managedDeviceIds' an array of ids."
        )
    if everything:
        ids = [id for id, _ in call.store.items("retire")]
    if state == "cancelRetire":
        call.world.cancel_retire(ids)
        return 204, None
    refused = call.world.confirm_retire(ids)
    if refused:
        raise RequestError(
            429, "TooManyRequests", f"The day's retirements are used up; {len(refused)} are too many."
        )
    return 204, None


# Notification templates

TEMPLATES = "deviceManagement/notificationMessageTemplates"


def template_shape(call: Call, document: Document) -> Document:
    shown = visible(document, "notificationMessageTemplate", call.version)
    for part in call.query.expand:
        if part.name.lower() != "localizednotificationmessages":
            raise bad_request(
                f"Expanding '{part.name}' is not supported on 'microsoft.graph.notificationMessageTemplate'."
            )
        where = f"{TEMPLATES}('{document['id']}')/localizedNotificationMessages"
        shown["localizedNotificationMessages@odata.context"] = call.context(where)
        shown["localizedNotificationMessages"] = [
            odata.selected(row, part.select) for row in document["localizedNotificationMessages"]
        ]
    return shown


def list_templates(call: Call) -> Answer:
    rows = call.store.all("template")
    shape = lambda row: template_shape(call, row)  # noqa: E731
    return listed(call, rows, "notificationMessageTemplate", TEMPLATES, shape=shape)


def template_of(call: Call) -> Document:
    return found(call, "template", call.keys[0], "notification message template")


def get_template(call: Call) -> Answer:
    return single(call, template_shape(call, template_of(call)), TEMPLATES + "/$entity")


def create_template(call: Call) -> Answer:
    if "localizedNotificationMessages" in call.body:
        raise bad_request("Messages are added to a template after it was created.")
    body = validate(call.body, "notificationMessageTemplate", call.version, "create")
    body.pop("@odata.type", None)
    id = call.new_id()
    document = {
        "id": id,
        "lastModifiedDateTime": call.now,
        "displayName": body["displayName"],
        "description": body.get("description") or "",
        "defaultLocale": None,
        "brandingOptions": body.get("brandingOptions", "none"),
        "roleScopeTagIds": body.get("roleScopeTagIds") or ["0"],
        "localizedNotificationMessages": [],
    }
    call.store.put("template", id, document)
    return 201, {"@odata.context": call.context(TEMPLATES + "/$entity"), **template_shape(call, document)}


def patch_template(call: Call) -> Answer:
    document = template_of(call)
    if "localizedNotificationMessages" in call.body:
        raise bad_request("Messages are changed one by one.")
    document.update(validate(call.body, "notificationMessageTemplate", call.version, "update"))
    document.pop("@odata.type", None)
    keep_template(call, document)
    return single(call, template_shape(call, document), TEMPLATES + "/$entity")


def keep_template(call: Call, document: Document) -> None:
    default = next((row for row in document["localizedNotificationMessages"] if row["isDefault"]), None)
    document["defaultLocale"] = default["locale"] if default is not None else None
    document["lastModifiedDateTime"] = call.now
    call.store.put("template", document["id"], document)


def delete_template(call: Call) -> Answer:
    document = template_of(call)
    if call.rule("template-delete-in-use") == "reject":
        users = [
            policy.get("displayName") or policy.get("name")
            for policy in (*call.store.all("policy"), *call.store.all("catalogPolicy"))
            for item in pick(policy["scheduledActionsForRule"][0], "scheduledActionConfigurations")
            if item["notificationTemplateId"].lower() == document["id"].lower()
        ]
        if users:
            raise bad_request(f"The template is used by the compliance policy '{users[0]}'.")
    call.store.delete("template", document["id"])
    return 204, None


def message_at(call: Call, document: Document) -> int:
    for position, row in enumerate(document["localizedNotificationMessages"]):
        if row["id"].lower() == call.keys[1].lower():
            return position
    raise not_found("localized notification message", call.keys[1])


def messages(call: Call) -> Answer:
    document = template_of(call)
    rows: list[Document] = document["localizedNotificationMessages"]
    context = f"{TEMPLATES}('{document['id']}')/localizedNotificationMessages"
    if len(call.keys) == 1 and call.method == "GET":
        return listed(call, rows, "localizedNotificationMessage", context)
    if call.method == "GET":
        return single(call, rows[message_at(call, document)], context + "/$entity")
    if call.method == "POST":
        row = new_message(
            document["id"], validate(call.body, "localizedNotificationMessage", call.version, "create")
        )
        if any(other["locale"] == row["locale"] for other in rows):
            raise bad_request(f"The template has a message for the locale '{row['locale']}'.")
        row["lastModifiedDateTime"] = call.now
        add_message(rows, row)
        keep_template(call, document)
        return 201, {"@odata.context": call.context(context + "/$entity"), **row}
    position = message_at(call, document)
    if call.method == "DELETE":
        if rows[position]["isDefault"]:
            raise bad_request("The default message of a template cannot be deleted.")
        del rows[position]
        keep_template(call, document)
        return 204, None
    body = validate(call.body, "localizedNotificationMessage", call.version, "update")
    if "locale" in body:
        raise bad_request("The locale of a message cannot be changed.")
    if body.get("isDefault") is False:
        raise bad_request("isDefault can only be set to true; set it on another message.")
    body.pop("@odata.type", None)
    rows[position].update(body, lastModifiedDateTime=call.now)
    if body.get("isDefault"):
        only_default(rows, rows[position])
    keep_template(call, document)
    return single(call, rows[position], context + "/$entity")


def new_message(template_id: str, body: Mapping[str, Any]) -> Document:
    locale = body["locale"].lower()
    if not re.fullmatch(r"[a-z]{2,3}(-[a-z0-9]{2,8})*", locale):
        raise bad_request(f"'{body['locale']}' is no locale.")
    return {
        "id": f"{template_id}_{locale}",
        "lastModifiedDateTime": "",
        "locale": locale,
        "subject": body["subject"],
        "messageTemplate": body["messageTemplate"],
        "isDefault": body["isDefault"],
    }


def add_message(rows: list[Document], row: Document) -> None:
    rows.append(row)
    if row["isDefault"]:
        only_default(rows, row)


def only_default(rows: Sequence[Document], chosen: Document) -> None:
    for row in rows:
        row["isDefault"] = row is chosen


def send_test_message(call: Call) -> Answer:
    """A preview to the administrator: the default message with its tokens left, and no device."""
    from toolkit.lab import outbox
    from toolkit.model.template import html_obstacles

    document = template_of(call)
    row = next((row for row in document["localizedNotificationMessages"] if row["isDefault"]), None)
    if row is None:
        raise bad_request("The template has no default message.")
    admin = call.store.get("user", call.store.meta("signedIn") or "") or {}
    brand = call.store.meta("brand")
    preview = {
        "number": call.store.last_number("mail") + 1,
        "kind": "preview",
        "at": call.now,
        "due": call.now,
        "policyId": None,
        "policyName": None,
        "actionId": None,
        "templateId": document["id"],
        "templateName": document["displayName"],
        "deviceId": None,
        "deviceName": None,
        "userPrincipalName": admin.get("userPrincipalName"),
        "from": outbox.SENDER,
        "to": admin.get("mail"),
        "cc": [],
        "locale": row["locale"],
        "subject": row["subject"],
        "body": row["messageTemplate"],
        "html": not html_obstacles(row["messageTemplate"]),
        "header": outbox.header_of(document, brand),
        "footer": outbox.footer_of(document, brand),
        "device": None,
    }
    call.store.append("mail", preview)
    return 204, None


# Devices

DEVICES = "deviceManagement/managedDevices"
_TIMES = ("lt", "le", "gt", "ge")
DEVICE_FILTERS: dict[str, tuple[str, ...]] = {
    "azureADDeviceId": ("eq",),
    "deviceName": ("eq", "contains"),
    "serialNumber": ("eq",),
    "manufacturer": ("eq",),
    "model": ("eq", "contains"),
    "complianceState": ("eq",),
    "complianceGracePeriodExpirationDateTime": _TIMES,
    "lastSyncDateTime": _TIMES,
    "enrolledDateTime": _TIMES,
    "jailBroken": ("eq",),
    "managementAgent": ("eq",),
    "managementState": ("eq",),
    "operatingSystem": ("eq",),
    "osVersion": ("eq", "contains"),
    "userPrincipalName": ("eq", "ne"),
    "emailAddress": ("eq", "contains"),
    "exchangeAccessState": ("eq",),
}
"""What the metadata says can be filtered by, with `le` and `ge` beside `lt` and `gt`, which scripts use."""


def list_devices(call: Call) -> Answer:
    odata.check_filter(call.query.filter, DEVICE_FILTERS, only_and=True)
    if call.query.expand:
        raise bad_request(f"Expanding '{call.query.expand[0].name}' is not supported on managedDevices.")
    return listed(call, call.store.all("device"), "managedDevice", DEVICES)


def device_of(call: Call) -> Document:
    return found(call, "device", call.keys[0], "managed device")


def get_device(call: Call) -> Answer:
    document = device_of(call)
    shown = visible(document, "managedDevice", call.version)
    for part in call.query.expand:
        if part.name.lower() != "devicecompliancepolicystates":
            raise bad_request(f"Expanding '{part.name}' is not supported on 'microsoft.graph.managedDevice'.")
        shown["deviceCompliancePolicyStates"] = [
            visible(row, "deviceCompliancePolicyState", call.version) for row in policy_states(call, document)
        ]
    return single(call, shown, DEVICES + "/$entity")


DEVICE_ACTIONS = {"remotelock": "remoteLock", "retire": "retire", "wipe": "wipe", "syncdevice": "syncDevice"}
WIPE_BODY = ("keepEnrollmentData", "keepUserData", "macOsUnlockCode", "persistEsimDataPlan")
WIPE_BODY_BETA = ("useProtectedWipe", "obliterationBehavior")


def device_action(call: Call) -> Answer:
    document = device_of(call)
    action = DEVICE_ACTIONS[call.path.rpartition("/")[2].lower()]
    allowed = WIPE_BODY + (WIPE_BODY_BETA if call.version == "beta" else ()) if action == "wipe" else ()
    if call.raw:
        for key in call.body:
            if key not in allowed:
                raise bad_request(f"The parameter '{key}' is not one of '{action}'.")
    if action == "remoteLock" and document["lab"]["variant"] == "windows":
        raise bad_request("remoteLock is not supported on this device.")
    if not call.world.queue_action(document["id"], action):
        raise RequestError(429, "TooManyRequests", "The day's retirements are used up.")
    return 204, None


def list_policy_states(call: Call) -> Answer:
    document = device_of(call)
    context = f"{DEVICES}('{document['id']}')/deviceCompliancePolicyStates"
    return listed(call, policy_states(call, document), "deviceCompliancePolicyState", context)


def policy_states(call: Call, device: Document) -> list[Document]:
    rows = []
    for record, _ in records_of(call.store, "deviceId", device["id"]):
        policy = call.store.get("policy", record["policyId"]) or call.store.get(
            "catalogPolicy", record["policyId"]
        )
        if policy is None:
            continue
        settings = setting_states(record, policy, device)
        rows.append(
            {
                "id": f"{policy['id']}_{device['id']}",
                "displayName": policy.get("displayName") or policy.get("name"),
                "version": policy.get("version", 1),
                "platformType": policy_platform(policy),
                "state": record["actual"],
                "settingCount": len(settings),
                "settingStates": settings,
                "userId": device.get("userId") or "",
                "userPrincipalName": device.get("userPrincipalName") or "",
            }
        )
    return rows


def setting_states(record: Document, policy: Document, device: Document) -> list[Document]:
    """What the last calculation found for every setting that the policy asks for."""
    kind = short_name(policy["@odata.type"])
    rows = []
    for verdict in record.get("settings") or []:
        if verdict["status"] == "notApplicable":
            continue  # the policy does not ask for it
        fact = verdict["found"]
        code = fact.get("error") if isinstance(fact, dict) else None
        rows.append(
            {
                "setting": f"{kind}.{verdict['setting']}",
                "settingName": verdict["setting"],
                "instanceDisplayName": None,
                "state": verdict["status"],
                "errorCode": code if isinstance(code, int) else 0,
                "errorDescription": None if code is None else f"The device reported the error {code}.",
                "userId": device.get("userId") or "",
                "userName": device.get("userDisplayName") or "",
                "userEmail": device.get("emailAddress") or "",
                "userPrincipalName": device.get("userPrincipalName") or "",
                "currentValue": None if fact is None or code is not None else json.dumps(fact).strip('"'),
                "sources": [
                    {
                        "id": policy["id"],
                        "displayName": policy.get("displayName") or policy.get("name"),
                        "sourceType": "deviceConfiguration",
                    }
                ],
            }
        )
    return rows


SETTING_COUNTERS = {
    "unknown": "unknownDeviceCount",
    "notApplicable": "notApplicableDeviceCount",
    "compliant": "compliantDeviceCount",
    "remediated": "remediatedDeviceCount",
    "nonCompliant": "nonCompliantDeviceCount",
    "error": "errorDeviceCount",
    "conflict": "conflictDeviceCount",
}


def setting_rows(call: Call, policy: Document) -> list[tuple[Document, Document, Document]]:
    """(record, device, setting state) for every setting of a policy on every device that it reached."""
    return [
        (record, device, state)
        for record, device in records_of(call.store, "policyId", policy["id"])
        for state in setting_states(record, policy, device)
    ]


def list_setting_summaries(call: Call) -> Answer:
    """deviceSettingStateSummaries of one policy."""
    policy = policy_of(call, CLASSIC)
    rows: dict[str, Document] = {}
    for _, _, state in setting_rows(call, policy):
        name = state["settingName"]
        row = rows.setdefault(
            name, {"id": f"{policy['id']}_{name}", "settingName": name, "instancePath": None}
        )
        count_state(row, state["state"])
    context = f"{CLASSIC.collection}('{policy['id']}')/deviceSettingStateSummaries"
    return listed(call, list(rows.values()), "settingStateDeviceSummary", context)


def count_state(row: Document, status: str) -> None:
    for counter in SETTING_COUNTERS.values():
        row.setdefault(counter, 0)
    row[SETTING_COUNTERS[status]] += 1


SUMMARIES = "deviceManagement/deviceCompliancePolicySettingStateSummaries"


def setting_state_summaries(call: Call) -> Answer:
    """The tenant's settings with their counts; one of them; or the devices behind one."""
    summaries: dict[str, Document] = {}
    states: dict[str, list[Document]] = {}
    for policy in call.store.all("policy"):
        platform = policy_platform(policy)
        for record, device, state in setting_rows(call, policy):
            row = summaries.setdefault(
                state["setting"],
                {
                    "id": state["setting"],
                    "setting": state["setting"],
                    "settingName": state["settingName"],
                    "platformType": platform,
                },
            )
            count_state(row, state["state"])
            states.setdefault(state["setting"], []).append(
                {
                    "id": f"{state['setting']}_{policy['id']}_{device['id']}",
                    "setting": state["setting"],
                    "settingName": state["settingName"],
                    "deviceId": device["id"],
                    "deviceName": device.get("deviceName"),
                    "deviceModel": device.get("model"),
                    "userId": state["userId"],
                    "userEmail": state["userEmail"],
                    "userName": state["userName"],
                    "userPrincipalName": state["userPrincipalName"],
                    "state": state["state"],
                    "complianceGracePeriodExpirationDateTime": graph_time(
                        record.get("graceExpires") or NO_GRACE
                    ),
                }
            )
    if not call.keys:
        return listed(call, list(summaries.values()), "deviceCompliancePolicySettingStateSummary", SUMMARIES)
    row = next((row for id, row in summaries.items() if id.lower() == call.keys[0].lower()), {})
    if not row:
        raise not_found("setting", call.keys[0])
    if call.path.lower().endswith("/devicecompliancesettingstates"):
        context = f"{SUMMARIES}('{row['id']}')/deviceComplianceSettingStates"
        return listed(call, states[row["id"]], "deviceComplianceSettingState", context)
    return single(call, plain(call, row, "deviceCompliancePolicySettingStateSummary"), SUMMARIES + "/$entity")


def policy_platform(policy: Document) -> str:
    """A member of policyPlatformType."""
    from toolkit.model.data.platforms import BY_ODATA_TYPE

    platform = BY_ODATA_TYPE.get(policy["@odata.type"])
    return (platform.policy_platform_type if platform is not None else None) or "all"


def read_only_states(call: Call) -> Answer:
    raise RequestError(
        400,
        "No method match route template",
        f"No OData route exists that match template ~/singleton/navigation/key/navigation/key with http verb"
        f" {call.method} for request /StatelessDeviceConfigurationFEService/{call.path}.",
    )


# The tenant


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


# Conditional Access

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


# The directory


def entra_missing(key: str) -> RequestError:
    return RequestError(404, "Request_ResourceNotFound", f"Resource '{key}' does not exist in the directory.")


def entra_device(device: Document) -> Document:
    """The directory's object of a managed device."""
    lab = device["lab"]
    state = device.get("complianceState")
    is_compliant = lab.get(
        "isCompliant", state in ("compliant", "inGracePeriod") and lab.get("registered", True)
    )
    return {
        "@odata.type": "#microsoft.graph.device",
        "id": lab["entraObjectId"],
        "deviceId": device.get("azureADDeviceId"),
        "displayName": device.get("deviceName"),
        "accountEnabled": True,
        "operatingSystem": device.get("operatingSystem"),
        "operatingSystemVersion": device.get("osVersion"),
        "isCompliant": bool(is_compliant),
        "isManaged": True,
        "manufacturer": device.get("manufacturer"),
        "model": device.get("model"),
        "trustType": "AzureAd" if device.get("managedDeviceOwnerType") == "company" else "Workplace",
        "registrationDateTime": device.get("enrolledDateTime"),
        "approximateLastSignInDateTime": device.get("lastSyncDateTime"),
    }


USER_DEFAULT = [
    "id",
    "displayName",
    "givenName",
    "surname",
    "jobTitle",
    "mail",
    "mobilePhone",
    "officeLocation",
    "preferredLanguage",
    "userPrincipalName",
]
"""What the directory shows of a person when nothing is selected."""


def user_shape(call: Call, row: Document) -> Document:
    shown = visible(row, "user", "beta")
    if call.query.select:
        return shown
    return {
        key: shown.get(key) for key in ("@odata.type", *USER_DEFAULT) if key in shown or key != "@odata.type"
    }


def directory_shape(call: Call, row: Document) -> Document:
    return user_shape(call, row) if row.get("@odata.type") == "#microsoft.graph.user" else row


def list_users(call: Call) -> Answer:
    return listed(call, call.store.all("user"), "user", "users", shape=lambda row: user_shape(call, row))


def get_user(call: Call) -> Answer:
    key = call.keys[0] if call.keys else call.store.meta("signedIn") or ""
    row = call.store.get("user", key)
    if row is None:
        row = next((u for u in call.store.all("user") if u["userPrincipalName"].lower() == key.lower()), None)
    if row is None:
        raise entra_missing(key)
    return single(call, user_shape(call, row), "users/$entity")


def list_groups(call: Call) -> Answer:
    return listed(call, call.store.all("group"), "group", "groups")


def group_of(call: Call) -> Document:
    row = call.store.get("group", call.keys[0])
    if row is None:
        raise entra_missing(call.keys[0])
    return row


def get_group(call: Call) -> Answer:
    return single(call, plain(call, group_of(call), "group"), "groups/$entity")


def members(store: Store, group: Document, *, transitive: bool) -> list[Document]:
    """The members as directory objects, each once; of nested groups too where `transitive`."""
    devices = {device["lab"]["entraObjectId"].lower(): device for device in store.all("device")}
    seen: set[str] = {group["id"].lower()}
    result: list[Document] = []
    waiting = [group]
    while waiting:
        for member in waiting.pop(0)["lab"]["members"]:
            key = member["id"].lower()
            if key in seen:
                continue
            seen.add(key)
            if member["type"] == "device":
                if key in devices:
                    result.append(entra_device(devices[key]))
                continue
            row = store.get(member["type"], member["id"])
            if row is None:
                continue
            result.append({"@odata.type": NAMESPACE + member["type"], **visible(row, member["type"], "beta")})
            if transitive and member["type"] == "group":
                waiting.append(row)
    return result


def list_members(call: Call) -> Answer:
    """groups/{id}/members and transitiveMembers, with a cast and /$count."""
    steps = call.path.split("/")[2:]
    rows = members(call.store, group_of(call), transitive=steps[0].lower() == "transitivemembers")
    is_count = steps[-1] == "$count"
    cast = next((step for step in steps[1:] if step != "$count"), "")
    if cast or is_count or call.query.with_count:
        eventual(call)
    if cast:
        rows = [row for row in rows if row["@odata.type"].lower() == "#" + cast.lower()]
    if is_count:
        return counted(rows)
    kind = short_name(cast) or "directoryObject"
    if kind == "directoryObject" and call.query.filter is not None:
        raise RequestError(400, "Request_UnsupportedQuery", "Members are filtered after a cast to one type.")
    names = call.query.select
    answer = listed(
        call if cast else _without_select(call),
        rows,
        kind,
        f"groups('{call.keys[0]}')/{steps[0]}" if not cast else "directoryObjects",
        shape=lambda row: directory_shape(call, row),
    )
    if not cast and names:
        answer[1]["value"] = [odata.selected(row, names) for row in answer[1]["value"]]
    return answer


def _without_select(call: Call) -> Call:
    # Rows of a mixed list have different types: a name that one of them lacks is no error.
    twin = Call(call.lab, call.method, call.version, call.path, call.keys, "", call.headers, None)
    twin.query = call.query._replace(select=(), orderby=())
    return twin


def eventual(call: Call) -> None:
    if call.headers.get("consistencylevel", "").lower() != "eventual":
        raise RequestError(
            400,
            "Request_UnsupportedQuery",
            "Counting and casting need the header ConsistencyLevel: eventual.",
        )


def list_entra_devices(call: Call) -> Answer:
    return listed(call, [entra_device(row) for row in call.store.all("device")], "device", "devices")


def get_entra_device(call: Call) -> Answer:
    for device in call.store.all("device"):
        if device["lab"]["entraObjectId"].lower() == call.keys[0].lower():
            return single(call, entra_device(device), "devices/$entity")
    raise entra_missing(call.keys[0])


def get_by_ids(call: Call) -> Answer:
    ids, types = call.body.get("ids"), call.body.get("types") or ["user", "group", "device"]
    if not isinstance(ids, list) or not isinstance(types, list) or not all(isinstance(id, str) for id in ids):
        raise RequestError(
            400, "Request_BadRequest", "'ids' must be an array of ids, 'types' one of type names."
        )
    devices = {device["lab"]["entraObjectId"].lower(): device for device in call.store.all("device")}
    rows = []
    for id in ids:
        for kind in ("user", "group"):
            row = call.store.get(kind, id) if kind in types else None
            if row is not None:
                rows.append({"@odata.type": NAMESPACE + kind, **visible(row, kind, "beta")})
        if "device" in types and id.lower() in devices:
            rows.append(entra_device(devices[id.lower()]))
    return 200, {"@odata.context": call.context("directoryObjects"), "value": rows}


def list_organization(call: Call) -> Answer:
    row = {**call.store.meta("organization"), "tenantType": "AAD"}
    return listed(call, [row], "organization", "organization")


BOTH: tuple[Version, ...] = ("v1.0", "beta")
BETA: tuple[Version, ...] = ("beta",)
_C = CLASSIC.collection
_G = CATALOG.collection
_S = "{}/scheduledActionsForRule"
_ITEMS = "{}/scheduledActionConfigurations"
_CASTS = ("", "/microsoft.graph.user", "/microsoft.graph.device", "/microsoft.graph.group")

ROUTES: tuple[Route, ...] = (
    Route("GET", _C, list_policies, BOTH, "v1.0 leaves out the types that only beta has"),
    Route("POST", _C, create_policy, BOTH, "needs @odata.type and exactly one block"),
    Route("GET", _C + "/{}", get_policy, BOTH, "$expand of schedule, assignments and overviews"),
    Route("PATCH", _C + "/{}", patch_policy, BOTH, "refuses scheduledActionsForRule and assignments"),
    Route("DELETE", _C + "/{}", delete_policy, BOTH, ""),
    Route("POST", _C + "/{}/scheduleActionsForRules", schedule_actions, BOTH, "replaces the schedule; 204"),
    Route("POST", _C + "/{}/assign", assign, BOTH, "replaces the assignments"),
    Route("GET", _C + "/{}/assignments", list_assignments, BOTH, ""),
    Route("GET", _C + "/{}/assignments/{}", list_assignments, BOTH, ""),
    *(
        Route(
            method, f"{_C}/{path}", children, BOTH, "400 as the service does, unless actions-api=documented"
        )
        for method, path in (
            ("GET", _S),
            ("POST", _S),
            ("GET", f"{_S}/{{}}"),
            ("PATCH", f"{_S}/{{}}"),
            ("DELETE", f"{_S}/{{}}"),
            ("GET", f"{_S}/{_ITEMS}"),
            ("POST", f"{_S}/{_ITEMS}"),
            ("GET", f"{_S}/{_ITEMS}/{{}}"),
            ("PATCH", f"{_S}/{_ITEMS}/{{}}"),
            ("DELETE", f"{_S}/{_ITEMS}/{{}}"),
        )
    ),
    Route("GET", _C + "/{}/deviceStatuses", list_device_statuses, BOTH, "ids are policy_device"),
    Route("GET", _C + "/{}/userStatuses", list_user_statuses, BOTH, "the worst state of a user's devices"),
    Route("GET", _C + "/{}/deviceStatusOverview", get_overview, BOTH, ""),
    Route("GET", _C + "/{}/userStatusOverview", get_overview, BOTH, ""),
    Route("GET", _C + "/{}/deviceSettingStateSummaries", list_setting_summaries, BOTH, ""),
    Route("GET", SUMMARIES, setting_state_summaries, BOTH, "the id is type.setting"),
    Route("GET", SUMMARIES + "/{}", setting_state_summaries, BOTH, ""),
    Route("GET", SUMMARIES + "/{}/deviceComplianceSettingStates", setting_state_summaries, BOTH, ""),
    Route("GET", _C + "/getDevicesScheduledToRetire()", list_retire, BETA, "the retire list"),
    Route("POST", _C + "/setScheduledRetireState", set_retire_state, BETA, "confirmRetire or cancelRetire"),
    Route("GET", "deviceManagement/deviceCompliancePolicyDeviceStateSummary", device_state_summary, BOTH, ""),
    Route("GET", _G, list_policies, BETA, "the settings catalog's policies (Linux)"),
    Route("POST", _G, create_policy, BETA, "marks at once until setScheduledActions"),
    Route("GET", _G + "/{}", get_policy, BETA, "$expand of settings, schedule, assignments"),
    Route("PATCH", _G + "/{}", patch_policy, BETA, ""),
    Route("DELETE", _G + "/{}", delete_policy, BETA, ""),
    Route("GET", _G + "/{}/settings", list_settings, BETA, "25 a page"),
    Route("POST", _G + "/{}/setScheduledActions", schedule_actions, BETA, "replaces the schedule; 200"),
    Route("GET", _G + "/{}/scheduledActionsForRule", read_rules, BETA, ""),
    Route("POST", _G + "/{}/assign", assign, BETA, "replaces the assignments"),
    Route("GET", _G + "/{}/assignments", list_assignments, BETA, ""),
    Route("GET", TEMPLATES, list_templates, BOTH, "v1.0 has no description"),
    Route("POST", TEMPLATES, create_template, BOTH, "without messages"),
    Route("GET", TEMPLATES + "/{}", get_template, BOTH, ""),
    Route("PATCH", TEMPLATES + "/{}", patch_template, BOTH, ""),
    Route("DELETE", TEMPLATES + "/{}", delete_template, BOTH, "rule template-delete-in-use"),
    Route("GET", TEMPLATES + "/{}/localizedNotificationMessages", messages, BOTH, ""),
    Route(
        "POST", TEMPLATES + "/{}/localizedNotificationMessages", messages, BOTH, "the id is template_locale"
    ),
    Route("GET", TEMPLATES + "/{}/localizedNotificationMessages/{}", messages, BOTH, ""),
    Route(
        "PATCH",
        TEMPLATES + "/{}/localizedNotificationMessages/{}",
        messages,
        BOTH,
        "neither locale nor isDefault=false",
    ),
    Route(
        "DELETE",
        TEMPLATES + "/{}/localizedNotificationMessages/{}",
        messages,
        BOTH,
        "not the default message",
    ),
    Route(
        "POST", TEMPLATES + "/{}/sendTestMessage", send_test_message, BOTH, "a preview in the lab's mail log"
    ),
    Route("GET", DEVICES, list_devices, BOTH, "filters as the metadata allows, joined by and"),
    Route("GET", DEVICES + "/{}", get_device, BOTH, ""),
    *(
        Route("POST", f"{DEVICES}/{{}}/{action}", device_action, BOTH, note)
        for action, note in (
            ("remoteLock", "400 for Windows"),
            ("retire", "at the next check-in"),
            ("wipe", "at the next check-in"),
            ("syncDevice", ""),
        )
    ),
    Route("GET", DEVICES + "/{}/deviceCompliancePolicyStates", list_policy_states, BOTH, ""),
    Route(
        "PATCH",
        DEVICES + "/{}/deviceCompliancePolicyStates/{}",
        read_only_states,
        BOTH,
        "400 as the service does",
    ),
    Route("GET", "deviceManagement", get_tenant, BOTH, "settings and intuneBrand"),
    Route("PATCH", "deviceManagement", patch_tenant, BOTH, "settings go together"),
    Route("GET", "deviceManagement/intuneBrand", get_brand, BOTH, ""),
    Route("GET", "deviceManagement/roleScopeTags", list_scope_tags, BETA, ""),
    Route("GET", "deviceManagement/roleScopeTags/{}", get_scope_tag, BETA, ""),
    Route("GET", ACCESS, list_access, BOTH, ""),
    Route("POST", ACCESS, create_access, BOTH, ""),
    Route("GET", ACCESS + "/{}", get_access, BOTH, ""),
    Route("PATCH", ACCESS + "/{}", patch_access, BOTH, "204"),
    Route("DELETE", ACCESS + "/{}", delete_access, BOTH, ""),
    Route("GET", "groups", list_groups, BOTH, ""),
    Route("GET", "groups/{}", get_group, BOTH, ""),
    *(
        Route("GET", f"groups/{{}}/{navigation}{cast}{count}", list_members, BOTH, note)
        for navigation in ("members", "transitiveMembers")
        for cast in _CASTS
        for count, note in (("", ""), ("/$count", "needs ConsistencyLevel: eventual"))
    ),
    Route("GET", "users", list_users, BOTH, ""),
    Route("GET", "users/{}", get_user, BOTH, "by id or user principal name"),
    Route("GET", "me", get_user, BOTH, "the signed-in administrator"),
    Route("GET", "devices", list_entra_devices, BOTH, "the directory's objects, with isCompliant"),
    Route("GET", "devices/{}", get_entra_device, BOTH, ""),
    Route("POST", "directoryObjects/getByIds", get_by_ids, BOTH, ""),
    Route("GET", "organization", list_organization, BOTH, ""),
)


class Found(NamedTuple):
    route: Route | None
    """None where the address is known and the method is not."""
    path: str
    """The address with its keys as segments."""
    keys: tuple[str, ...]


_KEY = re.compile(r"([\w.]+)\('([^']*)'\)")


@cache
def _tree() -> dict[str, Any]:
    """Nested by segment in lower case, `{}` for a key; the routes of an address are under "" by method."""
    tree: dict[str, Any] = {}
    for route in ROUTES:
        node = tree
        for step in route.pattern.split("/"):
            node = node.setdefault(step.lower(), {})
        node.setdefault("", {})[route.method] = route
    return tree


def find(method: str, path: str) -> Found | None:
    """The route of an address below its version, None where the lab has nothing there."""
    steps: list[str] = []
    for step in path.strip("/").split("/"):
        keyed = _KEY.fullmatch(unquote(step))
        steps += keyed.groups() if keyed is not None else (unquote(step),)
    node: dict[str, Any] = _tree()
    keys = []
    for step in steps:
        if step.lower() in node and step:
            node = node[step.lower()]
        elif "{}" in node and step:
            node = node["{}"]
            keys.append(step)
        else:
            return None
    if "" not in node:
        return None
    return Found(node[""].get(method), "/".join(steps), tuple(keys))


def coverage_markdown() -> str:
    """docs/lab-coverage.md."""
    lines = [
        "# What the lab tenant imitates",
        "",
        "Generated from the table of routes (`toolkit/lab/routes.py`). Any other address answers 501 with the code",
        "`NotImplementedByLab`. `{}` stands for a key. `$batch` takes up to 20 of these in one request.",
        "",
        "| method | address | v1.0 | beta | remarks |",
        "|---|---|---|---|---|",
    ]
    for route in ROUTES:
        marks = ["yes" if version in route.versions else "" for version in BOTH]
        lines.append(f"| {route.method} | `/{route.pattern}` | {marks[0]} | {marks[1]} | {route.note} |")
    lines += ["", "Apart from both versions, for the one who plays: ", ""]
    from toolkit.lab.control import CONTROLS

    lines[-2] = "Apart from both versions, the lab itself is steered by:"
    lines += ["| method | address | what |", "|---|---|---|"]
    lines += [f"| {method} | `{path}` | {what} |" for method, path, what in CONTROLS]
    return "\n".join(lines) + "\n"
