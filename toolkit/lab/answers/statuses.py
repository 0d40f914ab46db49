"""How devices and people stand with policies, as reports show what the world has recorded; and the retire list."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from toolkit.lab.addresses import SUMMARIES
from toolkit.lab.answers import (
    NO_GRACE,
    Answer,
    Call,
    Document,
    listed,
    listed_kind,
    not_found,
    plain,
    single,
)
from toolkit.lab.answers.device_types import device_type
from toolkit.lab.answers.policies import CLASSIC, policy_of
from toolkit.lab.contract import (
    RequestError,
    bad_request,
    short_name,
    visible,
)
from toolkit.lab.store import Store, graph_time

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


def records_of(store: Store, policy_id: str) -> Iterator[tuple[Document, Document]]:
    """(record, device) of one policy, in the order of the records."""
    for _, record in store.scan("record", ("policyId", (policy_id,))):
        device = store.get("device", record["deviceId"])
        if device is not None:
            yield record, device


def list_device_statuses(call: Call) -> Answer:
    document = policy_of(call, CLASSIC)
    return listed_kind(
        call,
        "record",
        "deviceComplianceDeviceStatus",
        f"{CLASSIC.collection}('{document['id']}')/deviceStatuses",
        within=("policyId", document["id"]),
        view=partial(device_status, call.store, document["id"]),
    )


def get_device_status(call: Call) -> Answer:
    document = policy_of(call, CLASSIC)
    record = call.store.get("record", f"{call.keys[1].rpartition('_')[2]}|{document['id']}")
    row = device_status(call.store, document["id"], record) if record is not None else None
    if row is None or row["id"].lower() != call.keys[1].lower():
        raise not_found("device status", call.keys[1])
    context = f"{CLASSIC.collection}('{document['id']}')/deviceStatuses/$entity"
    return single(
        call, plain(call, row, "deviceComplianceDeviceStatus"), context, "deviceComplianceDeviceStatus"
    )


def device_status(store: Store, policy_id: str, record: Document) -> Document | None:
    """None where the record's device is gone."""
    device = store.get("device", record["deviceId"])
    if device is None:
        return None
    return {
        "id": f"{policy_id}_{device['id']}",
        "deviceDisplayName": device.get("deviceName"),
        "userName": device.get("userDisplayName") or "",
        "deviceModel": device.get("model"),
        "platform": 0,
        "complianceGracePeriodExpirationDateTime": graph_time(record.get("graceExpires") or NO_GRACE),
        "status": record["actual"],
        "lastReportedDateTime": graph_time(record.get("lastReported") or device.get("lastSyncDateTime")),
        "userPrincipalName": device.get("userPrincipalName") or "",
    }


def list_user_statuses(call: Call) -> Answer:
    document = policy_of(call, CLASSIC)
    context = f"{CLASSIC.collection}('{document['id']}')/userStatuses"
    return listed(call, user_statuses(call, document), "deviceComplianceUserStatus", context)


def user_statuses(call: Call, document: Document) -> list[Document]:
    people: dict[str, Document] = {}
    for record, device in records_of(call.store, document["id"]):
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
    return list(people.values())


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
    statuses = [record["actual"] for record, _ in records_of(call.store, document["id"])]
    return overview(call, document, statuses, "deviceComplianceDeviceOverview")


def user_overview(call: Call, document: Document) -> Document:
    worst: dict[str, str] = {}
    for record, device in records_of(call.store, document["id"]):
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
    for state, counter in STATE_COUNTERS.items():
        row[counter] = call.store.tally("device", "complianceState", state)
    # A device that says nothing is one of the unknown ones.
    counted = sum(row[counter] for counter in STATE_COUNTERS.values())
    row[STATE_COUNTERS["unknown"]] += call.store.count("device") - counted
    return single(call, row, "deviceManagement/deviceCompliancePolicyDeviceStateSummary/$entity")


def policy_states(call: Call, device: Document) -> list[Document]:
    rows = []
    for _, record in call.store.below("record", device["id"]):
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
        for record, device in records_of(call.store, policy["id"])
        for state in setting_states(record, policy, device)
    ]


def list_setting_summaries(call: Call) -> Answer:
    """deviceSettingStateSummaries of one policy."""
    policy = policy_of(call, CLASSIC)
    context = f"{CLASSIC.collection}('{policy['id']}')/deviceSettingStateSummaries"
    return listed(call, setting_summaries(call, policy), "settingStateDeviceSummary", context)


def setting_summaries(call: Call, policy: Document) -> list[Document]:
    rows: dict[str, Document] = {}
    for _, _, state in setting_rows(call, policy):
        name = state["settingName"]
        row = rows.setdefault(
            name, {"id": f"{policy['id']}_{name}", "settingName": name, "instancePath": None}
        )
        count_state(row, state["state"])
    return list(rows.values())


def device_statuses(call: Call, document: Document) -> list[Document]:
    records = call.store.scan("record", ("policyId", (document["id"],)))
    rows = (device_status(call.store, document["id"], record) for _, record in records)
    return [row for row in rows if row is not None]


EXPANDED: dict[str, tuple[str, str, Callable[[Call, Document], list[Document]]]] = {
    "devicestatuses": ("deviceStatuses", "deviceComplianceDeviceStatus", device_statuses),
    "userstatuses": ("userStatuses", "deviceComplianceUserStatus", user_statuses),
    "devicesettingstatesummaries": (
        "deviceSettingStateSummaries",
        "settingStateDeviceSummary",
        setting_summaries,
    ),
}
"""What $expand shows of a policy: its name, its type, and its rows."""


def count_state(row: Document, status: str) -> None:
    for counter in SETTING_COUNTERS.values():
        row.setdefault(counter, 0)
    row[SETTING_COUNTERS[status]] += 1


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
                    "platformType": device_type(device),
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
    if "/devicecompliancesettingstates" in call.path.lower():
        context = f"{SUMMARIES}('{row['id']}')/deviceComplianceSettingStates"
        return listed(call, states[row["id"]], "deviceComplianceSettingState", context)
    return single(call, plain(call, row, "deviceCompliancePolicySettingStateSummary"), SUMMARIES + "/$entity")


def policy_platform(policy: Document) -> str:
    """A member of policyPlatformType."""
    from toolkit.model.data.platforms import BY_ODATA_TYPE

    platform = BY_ODATA_TYPE.get(policy["@odata.type"])
    return (platform.policy_platform_type if platform is not None else None) or "all"


def list_retire(call: Call) -> Answer:
    rows = []
    for id, entry in call.store.items("retire"):
        device = call.store.get("device", id)
        policy = call.store.get("policy", entry["policyId"]) or {}
        if device is None or entry["state"] == "cleared":
            continue
        state = {"compliant": "compliant", "unknown": "unknown", "error": "error"}
        rows.append(
            {
                "id": id,
                "managedDeviceId": id,
                "managedDeviceName": device.get("deviceName"),
                "deviceType": device_type(device),
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
        # Those that the day still had room for stay confirmed.
        return 429, RequestError(
            429, "TooManyRequests", f"The day's retirements are used up; {len(refused)} are too many."
        )
    return 204, None
