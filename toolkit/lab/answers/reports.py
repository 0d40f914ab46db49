"""Intune's reports about compliance: rows asked for directly, or exported to a file.

Which actions there are, what they take and the shape of an answer are graph-contract 8.4. The columns carry the names
under which public readers of these reports find them; what a report holds beyond its name is our choice, and
REPORTS says it. Every row is computed from the devices and the records of their policies.
"""

from __future__ import annotations

import csv
import io
import json
import re
import secrets
import zipfile
from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from toolkit.errors import UsageProblem
from toolkit.lab.addresses import JOBS, REPORT_ACTIONS
from toolkit.lab.answers import Answer, Call, Document, Raw, found, listed, plain, single
from toolkit.lab.answers.statuses import policy_platform, setting_states
from toolkit.lab.contract import bad_request, validate
from toolkit.lab.store import Store, graph_time
from toolkit.model.data.enums import ENUMS, words
from toolkit.model.odata import (
    AnyOf,
    Both,
    Compare,
    Either,
    Node,
    Not,
    OneOf,
    TextTest,
    matches,
    ordered,
    parse,
    parse_orderby,
    walk,
)

FILES = "/exports/"
"""Where the files of export jobs are: outside of both versions, as the real ones are on another service."""
FILE_LIFE = timedelta(hours=6)
"""How long a file can be fetched, in the lab's time. The service names an end; how far off it is, is our choice."""

Row = dict[str, Any]


class Facts(NamedTuple):
    """The tenant as a report reads it, once."""

    devices: dict[str, Document]
    policies: dict[str, Document]
    records: list[tuple[Document, Document, Document]]
    """(record, device, policy)."""
    store: Store


class Report(NamedTuple):
    columns: tuple[tuple[str, str], ...]
    """(name, type) in order; the type is String, Int32, Int64 or DateTime."""
    rows: Callable[[Facts], list[Row]]


class Table(NamedTuple):
    columns: tuple[tuple[str, str], ...]
    rows: list[Row]
    """One page of them."""
    total: int
    """Over all pages."""


def _columns(text: str) -> tuple[tuple[str, str], ...]:
    kinds = {"": "String", "i": "Int32", "n": "Int64", "d": "DateTime"}
    pairs = (word.partition(":") for word in text.split())
    return tuple((name, kinds[kind]) for name, _, kind in pairs)


_DEVICE = (
    "DeviceId IntuneDeviceId AadDeviceId DeviceName DeviceModel SerialNumber IMEI OS OS_loc OSVersion"
    " OwnerType:i OwnerType_loc ManagementAgents:i ManagementAgents_loc LastContact:d"
    " InGracePeriodUntil:d RetireAfterDatetime:d ComplianceState ComplianceState_loc UserId UPN UserEmail UserName"
)
_POLICY = "PolicyId PolicyName PolicyPlatformType:i PolicyPlatform"
_STATUS = "PolicyStatus:i PolicyStatus_loc"
_SETTING = "SettingId SettingName SettingNm SettingNm_loc"
_SETTING_STATUS = "SettingStatus:i SettingStatus_loc ErrorCode:n"
_COUNTS = (
    "NumberOfCompliantDevices:n NumberOfNonCompliantDevices:n NumberOfErrorDevices:n NumberOfConflictDevices:n"
    " NumberOfNotEvaluatedDevices:n NumberOfNotApplicableDevices:n"
)
_COUNTED = {
    "compliant": "NumberOfCompliantDevices",
    "remediated": "NumberOfCompliantDevices",
    "nonCompliant": "NumberOfNonCompliantDevices",
    "error": "NumberOfErrorDevices",
    "conflict": "NumberOfConflictDevices",
    "unknown": "NumberOfNotEvaluatedDevices",
    "notApplicable": "NumberOfNotApplicableDevices",
}
_FALLEN = ("nonCompliant", "error", "conflict")
"""The states of a policy or a setting that a report of noncompliance is about."""
_FALLEN_DEVICE = ("noncompliant", "inGracePeriod", "conflict", "error")


def device_row(device: Document) -> Row:
    state, owner = device.get("complianceState", "unknown"), device.get("managedDeviceOwnerType", "unknown")
    agent = device.get("managementAgent", "mdm")
    return {
        "DeviceId": device["id"],
        "IntuneDeviceId": device["id"],
        "AadDeviceId": device.get("azureADDeviceId"),
        "DeviceName": device.get("deviceName"),
        "DeviceModel": device.get("model"),
        "SerialNumber": device.get("serialNumber"),
        "IMEI": device.get("imei"),
        "OS": device.get("operatingSystem"),
        "OS_loc": device.get("operatingSystem"),
        "OSVersion": device.get("osVersion"),
        "OwnerType": _number("managedDeviceOwnerType", owner),
        "OwnerType_loc": owner.capitalize(),
        "ManagementAgents": _number("managementAgentType", agent),
        "ManagementAgents_loc": words("managementAgentType", agent),
        "LastContact": _moment(device.get("lastSyncDateTime")),
        "InGracePeriodUntil": _moment(device.get("complianceGracePeriodExpirationDateTime")),
        "RetireAfterDatetime": _moment(device.get("retireAfterDateTime")),
        # The number is a text here, and a number in the columns beside it.
        "ComplianceState": str(_number("complianceState", state)),
        "ComplianceState_loc": words("complianceState", state),
        "UserId": device.get("userId"),
        "UPN": device.get("userPrincipalName"),
        "UserEmail": device.get("emailAddress"),
        "UserName": device.get("userDisplayName"),
    }


def policy_row(policy: Document) -> Row:
    platform = policy_platform(policy)
    return {
        "PolicyId": policy["id"],
        "PolicyName": policy.get("displayName") or policy.get("name"),
        "PolicyPlatformType": _number("policyPlatformType", platform),
        "PolicyPlatform": platform if platform[1:2].isupper() else platform[:1].upper() + platform[1:],
    }


def setting_row(state: Mapping[str, Any]) -> Row:
    name = state["setting"]
    return {
        "SettingId": name,
        "SettingName": name,
        "SettingNm": state["settingName"],
        "SettingNm_loc": state["settingName"],
    }


def _status_row(status: str, prefix: str) -> Row:
    number = _number("complianceStatus", status)
    return {f"{prefix}Status": number, f"{prefix}Status_loc": words("complianceStatus", status)}


def _all_devices(facts: Facts) -> list[Row]:
    return [device_row(device) for device in facts.devices.values()]


def _fallen_devices(facts: Facts) -> list[Row]:
    return [
        device_row(device)
        for device in facts.devices.values()
        if device.get("complianceState") in _FALLEN_DEVICE
    ]


def _without_policy(facts: Facts) -> list[Row]:
    reached = {device["id"] for _, device, _ in facts.records}
    return [device_row(device) for id, device in facts.devices.items() if id not in reached]


def _fallen_settings(facts: Facts) -> list[Row]:
    fallen = {_number("complianceStatus", status) for status in _FALLEN}
    return [row for row in _settings_of_devices(facts) if row["SettingStatus"] in fallen]


def _settings_of_devices(facts: Facts) -> list[Row]:
    return [
        {
            **device_row(device),
            **policy_row(policy),
            **setting_row(state),
            **_status_row(state["state"], "Setting"),
            "ErrorCode": state["errorCode"],
        }
        for record, device, policy in facts.records
        for state in setting_states(record, policy, device)
    ]


def _policies_of_devices(facts: Facts) -> list[Row]:
    return [
        {**device_row(device), **policy_row(policy), **_status_row(record["actual"], "Policy")}
        for record, device, policy in facts.records
    ]


def _counts(statuses: Iterable[str]) -> Row:
    row = dict.fromkeys(_COUNTED.values(), 0)
    for status, number in Counter(statuses).items():
        if status in _COUNTED:
            row[_COUNTED[status]] += number
    return row


def _policies(facts: Facts) -> list[Row]:
    statuses: dict[str, list[str]] = {id: [] for id in facts.policies}
    for record, _, policy in facts.records:
        statuses[policy["id"]].append(record["actual"])
    return [{**policy_row(facts.policies[id]), **_counts(found)} for id, found in statuses.items()]


def _all_policies(facts: Facts) -> list[Row]:
    return [_counts(record["actual"] for record, _, _ in facts.records)]


def _policy_names(facts: Facts) -> list[Row]:
    return [policy_row(policy) for policy in facts.policies.values()]


def _settings(facts: Facts) -> list[Row]:
    rows: dict[str, Row] = {}
    statuses: dict[str, list[str]] = {}
    for record, device, policy in facts.records:
        for state in setting_states(record, policy, device):
            name = state["setting"]
            rows.setdefault(name, {**policy_row(policy), **setting_row(state)})
            statuses.setdefault(name, []).append(state["state"])
    return [{**row, **_counts(statuses[name])} for name, row in rows.items()]


def _today(facts: Facts) -> list[Row]:
    states = Counter(device.get("complianceState", "unknown") for device in facts.devices.values())
    return [
        {
            "DateTime": _moment(graph_time(facts.store.meta("clock"))[:10] + "T00:00:00Z"),
            "CompliantDeviceCount": states["compliant"],
            "NonCompliantDeviceCount": states["noncompliant"],
            "InGracePeriodDeviceCount": states["inGracePeriod"],
            "NotEvaluatedDeviceCount": states["unknown"],
            "TotalDeviceCount": len(facts.devices),
        }
    ]


def _to_retire(facts: Facts) -> list[Row]:
    rows = []
    for id, entry in facts.store.items("retire"):
        device = facts.devices.get(id)
        if device is not None and entry["state"] != "cleared":
            policy = facts.policies.get(entry["policyId"])
            names = (
                policy_row(policy)
                if policy
                else {"PolicyId": entry["policyId"], "PolicyName": None, "PolicyPlatform": None}
            )
            after = _moment(entry.get("retireAfterDateTime") or device.get("retireAfterDateTime"))
            state = {"ScheduledRetireState": entry["state"], "RetireAfterDatetime": after}
            rows.append({**device_row(device), **names, **state})
    return rows


_FILTERABLE = ("OS", "OwnerType", "ManagementAgents", "ComplianceState")


def _filter_values(facts: Facts) -> list[Row]:
    found: dict[tuple[str, str], Row] = {}
    for row in _all_devices(facts):
        for column in _FILTERABLE:
            value, words = str(row[column]), row[f"{column}_loc"]
            found[column, value] = {"FilterColumn": column, "FilterValue": value, "FilterValue_loc": words}
    return [found[key] for key in sorted(found)]


REPORTS: dict[str, Report] = {
    "Devices": Report(_columns(_DEVICE), _all_devices),
    "DeviceCompliance": Report(_columns(_DEVICE), _all_devices),
    # A running grace counts: the device does not meet its policy.
    "DeviceNonCompliance": Report(_columns(_DEVICE), _fallen_devices),
    # No policy of the tenant's own; the built-in checks are not asked.
    "DevicesWithoutCompliancePolicy": Report(_columns(_DEVICE), _without_policy),
    "NoncompliantDevicesAndSettings": Report(
        _columns(f"{_DEVICE} {_POLICY} {_SETTING} {_SETTING_STATUS}"), _fallen_settings
    ),
    "NonCompliantCompliancePoliciesAggregate": Report(_columns(f"{_POLICY} {_COUNTS}"), _policies),
    "CompliancePolicyNonComplianceSummary": Report(_columns(_COUNTS), _all_policies),
    "SettingComplianceAggReport": Report(_columns(f"{_SETTING} {_POLICY} {_COUNTS}"), _settings),
    "PolicyNonCompliance": Report(_columns(f"{_DEVICE} {_POLICY} {_STATUS}"), _policies_of_devices),
    "PolicyNonComplianceMetadata": Report(_columns(_POLICY), _policy_names),
    "SettingNonCompliance": Report(
        _columns(f"{_DEVICE} {_POLICY} {_SETTING} {_SETTING_STATUS}"), _settings_of_devices
    ),
    # The lab keeps no past: the day's counts are the whole trend.
    "DeviceComplianceTrend": Report(
        _columns(
            "DateTime:d CompliantDeviceCount:n NonCompliantDeviceCount:n InGracePeriodDeviceCount:n"
            " NotEvaluatedDeviceCount:n TotalDeviceCount:n"
        ),
        _today,
    ),
    "ReportFilters": Report(_columns("FilterColumn FilterValue FilterValue_loc"), _filter_values),
    "NoncompliantDevicesToRetire": Report(_columns(f"{_DEVICE} {_POLICY} ScheduledRetireState"), _to_retire),
}

_TEXTS = frozenset(["name", "search", "sessionId", "filter", "id"])
_LISTS = frozenset(["select", "groupBy", "orderBy"])
_NUMBERS = frozenset(["skip", "top"])
_NOT_TAKEN = {
    "getCachedReport": frozenset(["name", "sessionId", "filter"]),
    "getHistoricalReport": frozenset(["id", "sessionId"]),
}
"""What single actions lack, where the others lack `id` only."""


def get_report(call: Call) -> Answer:
    """One of the report actions, or getNoncompliantDevicesToRetire."""
    action = call.path.rpartition("/")[2].rpartition(".")[2]
    known = {name.lower(): name for name in REPORT_ACTIONS}.get(action.lower())
    body = _body(call, known or action)
    if known is None:
        report = REPORTS["NoncompliantDevicesToRetire"]
    elif known == "getCachedReport":
        # The id of a stored configuration begins with the report's name.
        report = report_named(str(body.get("id") or REPORT_ACTIONS[known]).partition("_")[0])
    elif known == "getHistoricalReport":
        report = report_named(str(body.get("name") or REPORT_ACTIONS[known]))
    else:
        report = REPORTS[REPORT_ACTIONS[known]]
    table = tabulated(report, facts_of(call.store), body)
    answer = {
        "TotalRowCount": table.total,
        "Schema": [{"Column": name, "PropertyType": kind} for name, kind in table.columns],
        "Values": [[row.get(name) for name, _ in table.columns] for row in table.rows],
        # Rows are computed anew each time, so a session holds nothing.
        "SessionId": body.get("sessionId") or "",
    }
    text = json.dumps(answer, ensure_ascii=False, separators=(",", ":"))
    return 200, Raw(text.encode("utf-8", "replace"), "application/octet-stream")


def report_named(name: str) -> Report:
    for known, report in REPORTS.items():
        if known.lower() == name.lower():
            return report
    raise bad_request(f"The lab has no report named '{name}'. It has {', '.join(REPORTS)}.")


def facts_of(store: Store) -> Facts:
    devices = {device["id"]: device for device in store.all("device")}
    policies = {row["id"]: row for kind in ("policy", "catalogPolicy") for row in store.all(kind)}
    records = [
        (record, devices[record["deviceId"]], policies[record["policyId"]])
        for record in store.all("record")
        if record["deviceId"] in devices and record["policyId"] in policies
    ]
    return Facts(devices, policies, records, store)


def tabulated(report: Report, facts: Facts, asked: Mapping[str, Any]) -> Table:
    """The report as it was asked for: filter, search, groupBy, orderBy, then the page, then the columns of `select`.

    groupBy gives one row for each combination of the named columns, with how many rows it stands for in Count.
    Raises RequestError (400) for a column that the report does not have, and for a filter that cannot be read.
    """
    columns, rows = report.columns, report.rows(facts)
    if asked.get("filter"):
        rows = _filtered(rows, columns, asked["filter"])
    if asked.get("search"):
        word = asked["search"].casefold()
        texts = [name for name, kind in columns if kind == "String"]
        rows = [row for row in rows if any(word in str(row.get(name) or "").casefold() for name in texts)]
    if asked.get("groupBy"):
        columns, rows = _grouped(rows, columns, asked["groupBy"])
    if asked.get("orderBy"):
        try:
            order = parse_orderby(",".join(asked["orderBy"]))
        except UsageProblem as problem:
            raise bad_request(f"Invalid orderBy: {problem.message}") from problem
        for path, _ in order:
            _column(columns, path)
        rows = ordered(rows, order)
    start = asked.get("skip") or 0
    end = start + asked["top"] if asked.get("top") is not None else None
    chosen = tuple(_column(columns, name) for name in asked.get("select") or ()) or columns
    return Table(chosen, rows[start:end], len(rows))


def create_job(call: Call) -> Answer:
    """A job that has not started; each look at it brings it one step on (`get_job`)."""
    body = dict(call.body)
    for key, enum in (("format", _FORMATS), ("localizationType", _LOCALIZATIONS)):
        # Public callers write these with a capital letter, and the service takes it.
        if isinstance(body.get(key), str):
            body[key] = body[key][:1].lower() + body[key][1:]
            if body[key] not in enum:
                raise bad_request(f"'{key}' must be one of {', '.join(enum)}.")
    body = validate(body, "deviceManagementExportJob", call.version, "create")
    for key in ("status", "url", "requestDateTime", "expirationDateTime"):
        body.pop(key, None)
    report = report_named(body["reportName"])
    # What cannot be read is said now, and not by a job that fails later.
    tabulated(report, Facts({}, {}, [], call.store), body)
    document = {
        "id": f"{body['reportName']}_{call.new_id()}",
        "reportName": body["reportName"],
        "filter": body.get("filter"),
        "select": body.get("select") or [],
        "format": body.get("format") or "csv",
        "snapshotId": body.get("snapshotId"),
        "localizationType": body.get("localizationType") or _LOCALIZATIONS[0],
        "status": "notStarted",
        "url": None,
        "requestDateTime": call.now,
        "expirationDateTime": graph_time(None),
    }
    call.store.put("exportJob", document["id"], document)
    return 201, {
        "@odata.context": call.context(JOBS + "/$entity"),
        **plain(call, document, "deviceManagementExportJob"),
    }


_FORMATS = ("csv", "json")
_LOCALIZATIONS = ("localizedValuesAsAdditionalColumn", "replaceLocalizableValues")
_NEXT = {"notStarted": "inProgress", "inProgress": "completed"}


def get_job(call: Call) -> Answer:
    """The first look finds the job in progress, the second finds it completed: the lab's clock stands still meanwhile."""
    document = found(call, "exportJob", call.keys[0], "export job")
    if document["status"] in _NEXT:
        document["status"] = _NEXT[document["status"]]
        if document["status"] == "completed":
            token = secrets.token_urlsafe(24)
            until = datetime.fromisoformat(call.now) + FILE_LIFE
            document["url"] = f"{call.lab.base_url}{FILES}{token}.zip"
            document["expirationDateTime"] = graph_time(until.isoformat())
            packed = b64encode(_file(call.store, document)).decode()
            file = {"until": document["expirationDateTime"], "body": packed}
            call.store.put("exportFile", token, file)
        call.store.put("exportJob", document["id"], document)
    return single(call, plain(call, document, "deviceManagementExportJob"), JOBS + "/$entity")


def list_jobs(call: Call) -> Answer:
    return listed(call, call.store.all("exportJob"), "deviceManagementExportJob", JOBS)


def exported(store: Store, path: str) -> Raw | None:
    """The file at an address that a finished job named. None where there is none, or where its time is over.

    The address is the secret, as it is for the service's files: no token is asked for.
    """
    if not path.startswith(FILES):
        return None
    # Ids are found in any case, and a secret is not.
    token = path[len(FILES) :].removesuffix(".zip")
    file = store.get("exportFile", token) if token in store.ids("exportFile") else None
    if file is None or file["until"] <= graph_time(store.meta("clock")):
        return None
    return Raw(b64decode(file["body"]), "application/zip")


def _file(store: Store, job: Document) -> bytes:
    """A zip archive with one file in it, as the service's are."""
    table = tabulated(report_named(job["reportName"]), facts_of(store), job)
    columns, texts = _localized(table, report_named(job["reportName"]), job["localizationType"])
    if job["format"] == "json":
        rows = [dict(zip(columns, row, strict=True)) for row in texts]
        content = json.dumps({"values": rows}, ensure_ascii=False, indent=1)
    else:
        content = _csv(columns, texts)
    buffer = io.BytesIO()
    moment = datetime.fromisoformat(graph_time(store.meta("clock")))
    # The archive's own dates are the lab's, so that the same lab gives the same bytes.
    entry = zipfile.ZipInfo(
        f"{job['id']}.{job['format']}",
        (moment.year, moment.month, moment.day, moment.hour, moment.minute, moment.second),
    )
    entry.compress_type = zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(entry, content.encode("utf-8", "replace"))
    return buffer.getvalue()


def _localized(table: Table, report: Report, way: str) -> tuple[list[str], list[list[Any]]]:
    """Columns and rows with the words for numbers beside them, or in their place."""
    known = {name for name, _ in report.columns}
    chosen = [name for name, _ in table.columns if not name.endswith("_loc")]
    spelled = {name: f"{name}_loc" for name in chosen if f"{name}_loc" in known}
    if way == "replaceLocalizableValues":
        sources = [(name, spelled.get(name, name)) for name in chosen]
    else:
        sources = [(each, each) for name in chosen for each in (name, spelled.get(name)) if each]
    return (
        [name for name, _ in sources],
        [[row.get(source) for _, source in sources] for row in table.rows],
    )


def _csv(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue()


def _body(call: Call, action: str) -> Mapping[str, Any]:
    body = call.body if call.raw else {}
    missing = _NOT_TAKEN.get(action, frozenset(["id"]))
    for key, value in body.items():
        if key not in (_TEXTS | _LISTS | _NUMBERS) - missing:
            raise bad_request(f"The parameter '{key}' is not one of '{action}'.")
        if value is None:
            continue
        if key in _TEXTS and not isinstance(value, str):
            raise bad_request(f"The parameter '{key}' must be a text.")
        if key in _LISTS and not (isinstance(value, list) and all(isinstance(part, str) for part in value)):
            raise bad_request(f"The parameter '{key}' must be an array of texts.")
        if key in _NUMBERS and (not isinstance(value, int) or isinstance(value, bool) or value < 0):
            raise bad_request(f"The parameter '{key}' must be a whole number from 0 up.")
    return body


def _column(columns: Sequence[tuple[str, str]], name: str) -> tuple[str, str]:
    for column in columns:
        if column[0].lower() == name.strip().lower():
            return column
    raise bad_request(f"The report has no column '{name}'. It has {', '.join(name for name, _ in columns)}.")


def _grouped(
    rows: Iterable[Row], columns: Sequence[tuple[str, str]], names: Sequence[str]
) -> tuple[tuple[tuple[str, str], ...], list[Row]]:
    chosen = tuple(_column(columns, name) for name in names)
    counted = Counter(tuple(row.get(name) for name, _ in chosen) for row in rows)
    grouped = [
        {**{name: value for (name, _), value in zip(chosen, values, strict=True)}, "Count": number}
        for values, number in counted.items()
    ]
    return (*chosen, ("Count", "Int64")), grouped


def _filtered(rows: Iterable[Row], columns: Sequence[tuple[str, str]], text: str) -> list[Row]:
    try:
        node = parse(text)
    except UsageProblem as problem:
        raise bad_request(f"Invalid filter: {problem.message}") from problem
    for part in walk(node):
        if isinstance(part, AnyOf):
            raise bad_request(f"Filtering by '{part.path}/any' is not supported.")
        if isinstance(part, (Compare, OneOf, TextTest)):
            _column(columns, part.path)
    node = _typed(node, {name.lower(): kind for name, kind in columns})
    return [row for row in rows if matches(node, row)]


def _typed(node: Node, kinds: Mapping[str, str]) -> Node:
    """The filter with its values as the columns have them: callers write '1' for a number, and 1 for a text."""
    if isinstance(node, Compare):
        return node._replace(value=_as_kind(node.value, kinds[node.path.lower()]))
    if isinstance(node, OneOf):
        return node._replace(values=tuple(_as_kind(v, kinds[node.path.lower()]) for v in node.values))
    if isinstance(node, (Both, Either)):
        return node._replace(parts=tuple(_typed(part, kinds) for part in node.parts))
    if isinstance(node, Not):
        return node._replace(part=_typed(node.part, kinds))
    return node


_WHOLE = re.compile(r"-?[0-9]{1,19}")


def _as_kind(value: Any, kind: str) -> Any:
    if kind == "String" and isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if kind in ("Int32", "Int64") and isinstance(value, str) and _WHOLE.fullmatch(value):
        return int(value)
    return value


def _number(enum: str, member: str) -> int | None:
    return ENUMS[enum].get(member)


def _moment(text: str | None) -> str:
    """A time as reports write it: without a zone, in UTC."""
    return graph_time(text)[:19]
