"""Intune's reports and export jobs, computed from the devices and the records of their policies."""

from __future__ import annotations

import csv
import io
import json
import zipfile

import pytest

from lab.surface import Wire
from toolkit.lab.addresses import REPORT_ACTIONS as ACTIONS
from toolkit.lab.answers.reports import FILES, REPORTS, exported

REPORT = "/v1.0/deviceManagement/reports/"
JOBS = REPORT + "exportJobs"


@pytest.fixture
def wire():
    return Wire()


@pytest.fixture(scope="module")
def shared():
    return Wire()


def asked(wire, action, **body):
    status, answer = wire.ask("POST", REPORT + action, body)
    assert status == 200, answer
    return json.loads(answer)


def rows(report):
    names = [column["Column"] for column in report["Schema"]]
    return [dict(zip(names, values, strict=True)) for values in report["Values"]]


def file_of(wire, **body):
    """(name, text) of the one file in the archive of a finished job."""
    job = wire.ask("POST", JOBS, body)[1]
    wire.get(f"{JOBS}/{job['id']}")
    url = wire.get(f"{JOBS}('{job['id']}')")["url"]
    raw = exported(wire.lab.store, url.removeprefix("https://graph.lab.invalid"))
    assert raw.content_type == "application/zip"
    archive = zipfile.ZipFile(io.BytesIO(raw.body))
    assert len(archive.namelist()) == 1
    return archive.namelist()[0], archive.read(archive.namelist()[0]).decode()


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("version", ["v1.0", "beta"])
def test_every_report_has_the_shape_of_the_contract(shared, action, version):
    status, answer = shared.ask(
        "POST", f"/{version}/deviceManagement/reports/{action}", {"select": [], "top": 3}
    )
    report = json.loads(answer)
    assert status == 200
    assert list(report) == ["TotalRowCount", "Schema", "Values", "SessionId"]
    assert report["Values"]
    assert len(report["Values"]) == min(3, report["TotalRowCount"])
    assert all(set(column) == {"Column", "PropertyType"} for column in report["Schema"])
    kinds = {"String": str, "Int32": int, "Int64": int, "DateTime": str}
    for values in report["Values"]:
        for column, value in zip(report["Schema"], values, strict=True):
            assert value is None or type(value) is kinds[column["PropertyType"]], column


def test_a_report_is_a_stream_and_not_json(shared):
    from toolkit.lab.app import Request

    response = shared.lab.handle(Request("POST", REPORT + "getDeviceNonComplianceReport", {}, b"{}"))
    assert response.headers["Content-Type"] == "application/octet-stream"


def test_the_noncompliant_devices_are_those_that_the_devices_say(shared):
    found = {row["DeviceName"] for row in rows(asked(shared, "getDeviceNonComplianceReport"))}
    devices = shared.lab.store.all("device")
    fallen = ("noncompliant", "inGracePeriod", "conflict", "error")
    assert found == {row["deviceName"] for row in devices if row["complianceState"] in fallen}


def test_a_setting_that_fails_is_named_with_its_device_and_policy(shared):
    report = rows(asked(shared, "getNoncompliantDevicesAndSettingsReport", search="win-0005"))
    assert [(row["DeviceName"], row["PolicyName"], row["SettingNm"], row["SettingStatus_loc"]) for row in report] == [
        ("WIN-0005", "Windows baseline", "activeFirewallRequired", "Not compliant"),
        ("WIN-0005", "Windows strict", "activeFirewallRequired", "Not compliant"),
    ]  # fmt: skip


def test_the_counts_of_a_policy_are_those_of_its_overview(shared):
    policy = shared.id("policy", "Windows baseline")
    overview = shared.get(f"/v1.0/deviceManagement/deviceCompliancePolicies/{policy}/deviceStatusOverview")
    for action in ("getCompliancePolicyNonComplianceReport", "getPolicyNonComplianceSummaryReport"):
        (row,) = rows(asked(shared, action, filter=f"PolicyId eq '{policy}'"))
        assert (
            row["NumberOfCompliantDevices"],
            row["NumberOfNonCompliantDevices"],
            row["NumberOfErrorDevices"],
        ) == (
            overview["successCount"],
            overview["failedCount"],
            overview["errorCount"],
        )


def test_devices_that_no_policy_reaches_are_those_without_a_state(shared):
    found = {row["DeviceId"] for row in rows(asked(shared, "getDevicesWithoutCompliancePolicyReport"))}
    devices = "/v1.0/deviceManagement/managedDevices"
    without = {
        row["id"]
        for row in shared.get(devices)["value"]
        if not shared.get(f"{devices}/{row['id']}/deviceCompliancePolicyStates")["value"]
    }
    assert found == without
    assert found


@pytest.mark.parametrize(
    ("body", "is_meant"),
    [
        ({"filter": "(OS eq 'iOS') and (OwnerType eq '2')"}, lambda d: d["operatingSystem"] == "iOS" and d["managedDeviceOwnerType"] == "personal"),
        ({"filter": "OwnerType eq 2 and contains(DeviceName,'ipad')"}, lambda d: d["deviceName"] == "iPad Quentin"),
        ({"filter": "ComplianceState eq 254"}, lambda d: d["complianceState"] == "inGracePeriod"),
        ({"filter": "ComplianceState in ('2','254')"}, lambda d: d["complianceState"] != "error"),
        ({"filter": "not (OS ne 'Linux')", "search": "0002"}, lambda d: d["deviceName"] == "LNX-0002"),
        ({"filter": "LastContact lt 2026-10-15T00:00:00Z"}, lambda d: d["lastSyncDateTime"] < "2026-10-15"),
    ],
)  # fmt: skip
def test_a_report_is_filtered_and_searched(shared, body, is_meant):
    report = asked(shared, "getDeviceNonComplianceReport", **body)
    whole = {row["DeviceId"] for row in rows(asked(shared, "getDeviceNonComplianceReport"))}
    expected = {row["id"] for row in shared.lab.store.all("device") if row["id"] in whole and is_meant(row)}
    assert {row["DeviceId"] for row in rows(report)} == expected
    assert 0 < report["TotalRowCount"] == len(expected) < len(whole) + 1


def test_a_report_is_ordered_cut_into_pages_and_columns(shared):
    def page(**body):
        return asked(
            shared,
            "getDeviceNonComplianceReport",
            orderBy=["DeviceName desc"],
            select=["DeviceName", "lastContact"],
            **body,
        )

    whole, second = page(), page(skip=3, top=2)
    assert [column["Column"] for column in whole["Schema"]] == ["DeviceName", "LastContact"]
    names = [row[0] for row in whole["Values"]]
    assert names == sorted(names, key=str.casefold, reverse=True)
    assert second["Values"] == whole["Values"][3:5]
    assert second["TotalRowCount"] == whole["TotalRowCount"] == len(names)


def test_a_grouped_report_counts_its_rows(shared):
    whole = rows(asked(shared, "getDeviceNonComplianceReport"))
    grouped = rows(asked(shared, "getDeviceNonComplianceReport", groupBy=["OS"], orderBy=["Count desc"]))
    assert sum(row["Count"] for row in grouped) == len(whole)
    assert {row["OS"]: row["Count"] for row in grouped}["Windows"] == sum(r["OS"] == "Windows" for r in whole)
    assert [row["Count"] for row in grouped] == sorted((row["Count"] for row in grouped), reverse=True)


def test_a_session_is_given_back_and_a_cached_report_is_found_by_its_id(shared):
    assert asked(shared, "getDeviceNonComplianceReport", sessionId="mine")["SessionId"] == "mine"
    stored = asked(shared, "getCachedReport", id="DeviceNonCompliance_00000000-0000-0000-0000-000000000001")
    assert stored["Values"] == asked(shared, "getDeviceNonComplianceReport")["Values"]
    assert asked(shared, "getHistoricalReport", name="DeviceCompliance")["TotalRowCount"] == 60


@pytest.mark.parametrize(
    ("action", "body", "said"),
    [
        ("getDeviceNonComplianceReport", {"filters": ""}, "'filters' is not one of"),
        ("getDeviceNonComplianceReport", {"id": "x"}, "'id' is not one of"),
        ("getCachedReport", {"sessionId": "x"}, "'sessionId' is not one of"),
        ("getHistoricalReport", {"sessionId": "x"}, "'sessionId' is not one of"),
        ("getHistoricalReport", {"name": "Nothing"}, "no report named 'Nothing'"),
        ("getDeviceNonComplianceReport", {"select": ["Nothing"]}, "no column 'Nothing'"),
        ("getDeviceNonComplianceReport", {"orderBy": ["Nothing"]}, "no column 'Nothing'"),
        ("getDeviceNonComplianceReport", {"groupBy": ["Nothing"]}, "no column 'Nothing'"),
        ("getDeviceNonComplianceReport", {"filter": "Nothing eq 1"}, "no column 'Nothing'"),
        ("getDeviceNonComplianceReport", {"filter": "OS eq"}, "Invalid filter"),
        ("getDeviceNonComplianceReport", {"filter": "OS/any(x:x eq 1)"}, "'OS/any' is not supported"),
        ("getDeviceNonComplianceReport", {"orderBy": ["OS sideways"]}, "Invalid orderBy"),
        ("getDeviceNonComplianceReport", {"top": -1}, "'top' must be"),
        ("getDeviceNonComplianceReport", {"top": True}, "'top' must be"),
        ("getDeviceNonComplianceReport", {"select": "OS"}, "'select' must be an array"),
        ("getDeviceNonComplianceReport", {"search": 1}, "'search' must be a text"),
    ],
)
def test_a_wrong_report_request_is_named(shared, action, body, said):
    status, code, message = shared.refused("POST", REPORT + action, body)
    assert (status, code) == (400, "BadRequest")
    assert said in message


def test_the_retire_list_is_a_report_too(wire):
    url = "/beta/deviceManagement/deviceCompliancePolicies/getNoncompliantDevicesToRetire"
    status, answer = wire.ask("POST", url, {"select": ["DeviceId", "PolicyName", "ScheduledRetireState"]})
    listed = wire.get("/beta/deviceManagement/deviceCompliancePolicies/getDevicesScheduledToRetire()")[
        "value"
    ]
    assert status == 200
    assert [row["DeviceId"] for row in rows(json.loads(answer))] == [row["managedDeviceId"] for row in listed]
    assert listed
    assert wire.refused("POST", url.replace("beta", "v1.0"), {})[0] == 400
    wire.ask(
        "POST",
        url.rpartition("/")[0] + "/setScheduledRetireState",
        {"state": "cancelRetire", "scopedToAllDevices": True},
    )
    assert json.loads(wire.ask("POST", url, {})[1])["TotalRowCount"] == 0


def test_a_job_is_brought_on_by_looking_at_it_and_names_its_file_when_it_is_done(wire):
    status, job = wire.ask(
        "POST", JOBS, {"reportName": "DeviceNonCompliance", "localizationType": "ReplaceLocalizableValues"}
    )
    assert status == 201
    assert job["id"].startswith("DeviceNonCompliance_")
    assert (job["status"], job["url"], job["format"]) == ("notStarted", None, "csv")
    looks = [wire.get(f"{JOBS}/{job['id']}") for _ in range(3)]
    assert [look["status"] for look in looks] == ["inProgress", "completed", "completed"]
    assert [look["url"] is None for look in looks] == [True, False, False]
    assert looks[1] == looks[2]
    assert [row["id"] for row in wire.get(JOBS)["value"]] == [job["id"]]


def test_an_exported_file_has_numbers_with_their_words_beside_them_or_in_their_place(wire):
    wanted = {"reportName": "DeviceNonCompliance", "select": ["DeviceName", "OwnerType"]}
    name, text = file_of(wire, **wanted)
    table = list(csv.reader(io.StringIO(text)))
    assert name.endswith(".csv")
    assert (table[0], table[1]) == (
        ["DeviceName", "OwnerType", "OwnerType_loc"],
        ["WIN-0002", "1", "Company"],
    )
    _, text = file_of(wire, **wanted, localizationType="replaceLocalizableValues")
    table = list(csv.reader(io.StringIO(text)))
    assert (table[0], table[1]) == (["DeviceName", "OwnerType"], ["WIN-0002", "Company"])
    name, text = file_of(wire, **wanted, format="json", filter="DeviceName eq 'WIN-0002'")
    assert name.endswith(".json")
    assert json.loads(text) == {
        "values": [{"DeviceName": "WIN-0002", "OwnerType": 1, "OwnerType_loc": "Company"}]
    }


def test_a_file_is_found_by_its_address_alone_until_its_time_is_over(wire):
    job = wire.ask("POST", JOBS, {"reportName": "Devices"})[1]
    wire.get(f"{JOBS}/{job['id']}")
    url = wire.get(f"{JOBS}/{job['id']}")["url"]
    path = url.removeprefix("https://graph.lab.invalid")
    token = path.removeprefix(FILES).removesuffix(".zip")
    assert exported(wire.lab.store, path) is not None
    assert exported(wire.lab.store, FILES + token.swapcase() + ".zip") is None
    assert exported(wire.lab.store, FILES + ".zip") is None
    assert exported(wire.lab.store, "/v1.0/" + token) is None
    wire.ask("POST", "/lab/clock", {"advance": "PT7H"})
    assert exported(wire.lab.store, path) is None


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, "'reportName' is required"),
        ({"reportName": "Nothing"}, "no report named 'Nothing'"),
        ({"reportName": "Devices", "format": "pdf"}, "'format' must be one of csv, json"),
        ({"reportName": "Devices", "localizationType": "x"}, "'localizationType' must be one of"),
        ({"reportName": "Devices", "select": ["Nothing"]}, "no column 'Nothing'"),
        ({"reportName": "Devices", "filter": "Nothing eq 1"}, "no column 'Nothing'"),
        ({"reportName": "Devices", "nothing": 1}, "'nothing' does not exist"),
    ],
)
def test_a_job_that_cannot_be_done_is_refused_at_once(wire, body, said):
    status, code, message = wire.refused("POST", JOBS, body)
    assert (status, code) == (400, "BadRequest")
    assert said in message
    assert wire.get(JOBS)["value"] == []


def test_a_report_knows_no_column_twice():
    for name, report in REPORTS.items():
        columns = [column.lower() for column, _ in report.columns]
        assert len(columns) == len(set(columns)), name
