"""Devices, the directory, Conditional Access and the tenant's settings."""

from __future__ import annotations

import json
from base64 import b64encode

import pytest

from lab.surface import Wire
from toolkit.lab.answers import Call
from toolkit.lab.answers.directory import get_me
from toolkit.lab.contract import RequestError
from toolkit.lab.exchange import Asked
from toolkit.lab.grants import Grant

DEVICES = "/v1.0/deviceManagement/managedDevices"
ACCESS = "/v1.0/identity/conditionalAccess/policies"
EVENTUAL = {"ConsistencyLevel": "eventual"}


@pytest.fixture
def wire():
    return Wire()


def names(answer, key="displayName"):
    return [row[key] for row in answer["value"]]


def test_devices_are_filtered_as_the_metadata_allows(wire):
    url = f"{DEVICES}?$filter=complianceState eq 'inGracePeriod' and operatingSystem eq 'Linux'&$select=deviceName"
    assert wire.get(url)["value"] == [{"deviceName": "LNX-0002"}]
    window = "lastSyncDateTime gt 2000-01-01T00:00:00Z and lastSyncDateTime lt 2026-10-15T00:00:00Z"
    old = wire.get(f"{DEVICES}?$filter={window}")
    assert names(old, "deviceName") == ["WIN-0016", "iPad Quentin"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("startswith(deviceName,'W')", "'startswith' is not supported for 'deviceName'"),
        ("isEncrypted eq true", "Filtering by 'isEncrypted' is not supported"),
        ("deviceName eq 'a' or deviceName eq 'b'", "only be joined by 'and'"),
        ("not (deviceName eq 'a')", "only be joined by 'and'"),
        ("deviceName eq", "Invalid $filter clause"),
    ],
)
def test_a_filter_that_the_service_does_not_take_is_named(wire, text, said):
    status, _, message = wire.refused("GET", f"{DEVICES}?$filter={text}")
    assert (status, said in message) == (400, True)


def test_v1_shows_no_beta_member_of_a_device_and_neither_shows_ours(wire):
    id = wire.id("device", "WIN-0001")
    v1, beta = wire.get(f"{DEVICES}/{id}"), wire.get(f"{DEVICES.replace('v1.0', 'beta')}/{id}")
    assert ("roleScopeTagIds" in v1, "roleScopeTagIds" in beta) == (False, True)
    assert not {"lab"} & (set(v1) | set(beta))
    assert (v1["osVersion"], v1["model"], v1["emailAddress"]) == (
        "10.0.26100.6899",
        "ThinkPad T14",
        "ada.novak@contoso.example",
    )


def test_device_actions_are_queued(wire):
    phone = wire.id("device", "iPhone Ada")
    assert wire.ask("POST", f"{DEVICES}/{phone}/remoteLock") == (204, None)
    result = wire.get(f"{DEVICES}/{phone}")["deviceActionResults"][0]
    assert (result["actionName"], result["actionState"]) == ("remoteLock", "pending")
    assert wire.ask("POST", f"{DEVICES}/{phone}/retire")[0] == 204
    assert wire.get(f"{DEVICES}/{phone}")["managementState"] == "retirePending"
    assert wire.ask("POST", f"{DEVICES}/{phone}/syncDevice")[0] == 204


def test_what_a_device_action_does_not_take_is_refused(wire):
    laptop = wire.id("device", "WIN-0001")
    assert wire.refused("POST", f"{DEVICES}/{laptop}/remoteLock")[0] == 400
    assert wire.refused("POST", f"{DEVICES}/{laptop}/retire", {"keepUserData": True})[0] == 400
    assert wire.refused("POST", f"{DEVICES}/{laptop}/wipe", {"useProtectedWipe": True})[0] == 400
    assert wire.ask("POST", f"{DEVICES}/{laptop}/wipe", {"keepUserData": True})[0] == 204


def test_the_policy_states_of_a_device_name_the_settings_that_fail(wire):
    url = f"{DEVICES}/{wire.id('device', 'WIN-0005')}/deviceCompliancePolicyStates"
    states = {row["displayName"]: row for row in wire.get(url)["value"]}
    assert {name: row["state"] for name, row in states.items()} == {
        "Windows baseline": "nonCompliant",
        "Windows strict": "nonCompliant",
    }
    failing = [row for row in states["Windows strict"]["settingStates"] if row["state"] == "nonCompliant"]
    assert [(row["settingName"], row["currentValue"]) for row in failing] == [
        ("activeFirewallRequired", "false")
    ]
    assert wire.refused("PATCH", f"{url}/x", {})[:2] == (400, "No method match route template")


def test_members_are_flat_and_casts_need_the_header(wire):
    base = f"/v1.0/groups/{wire.id('group', 'Help desk')}"
    assert names(wire.get(f"{base}/members")) == ["Liam O'Connor", "Noor Bakker", "IT leads"]
    assert names(wire.get(f"{base}/transitiveMembers")) == [
        "Liam O'Connor", "Noor Bakker", "IT leads", "Ada Novak", "Ruth Adeyemi",
    ]  # fmt: skip
    cast = f"{base}/transitiveMembers/microsoft.graph.user"
    assert wire.refused("GET", f"{cast}?$count=true")[:2] == (400, "Request_UnsupportedQuery")
    counted = wire.get(f"{cast}?$count=true&$select=id,mail", **EVENTUAL)
    assert (counted["@odata.count"], len(counted["value"])) == (4, 4)
    assert wire.ask("GET", f"{cast}/$count", **EVENTUAL) == (200, "4")
    kiosk = (
        f"/v1.0/groups/{wire.id('group', 'Kiosk devices')}/transitiveMembers/microsoft.graph.device/$count"
    )
    assert wire.ask("GET", kiosk, **EVENTUAL) == (200, "3")


def test_groups_that_contain_each_other_are_read_once(wire):
    leads, desk = wire.id("group", "IT leads"), wire.id("group", "Help desk")
    document = wire.lab.store.get("group", leads)
    document["lab"]["members"].append({"type": "group", "id": desk})
    wire.lab.store.put("group", leads, document)
    assert len(wire.get(f"/v1.0/groups/{desk}/transitiveMembers")["value"]) == 5


def test_a_directory_device_says_whether_it_may_come_in(wire):
    rows = {row["displayName"]: row["isCompliant"] for row in wire.get("/v1.0/devices?$top=100")["value"]}
    assert {name: rows[name] for name in ("WIN-0001", "WIN-0002", "WIN-0003")} == {
        "WIN-0001": True,
        "WIN-0002": False,
        "WIN-0003": True,
    }


def test_people_are_found_by_id_name_or_as_oneself(wire):
    ada = wire.get("/v1.0/users/ada.novak@contoso.example")
    assert wire.get(f"/v1.0/users/{ada['id']}") == ada
    assert "accountEnabled" not in ada
    selected = wire.get(f"/v1.0/users/{ada['id']}?$select=displayName,accountEnabled")
    assert (selected["displayName"], selected["accountEnabled"]) == ("Ada Novak", True)
    assert wire.get("/v1.0/me")["userPrincipalName"] == "admin@contoso.example"
    assert wire.refused("GET", "/v1.0/users/nobody")[:2] == (404, "Request_ResourceNotFound")
    ids = [ada["id"], wire.id("group", "Finance"), "missing"]
    assert names(wire.ask("POST", "/v1.0/directoryObjects/getByIds", {"ids": ids})[1]) == [
        "Ada Novak",
        "Finance",
    ]
    assert names(wire.get("/v1.0/organization")) == ["Contoso"]


def test_access_policies_are_made_changed_without_a_body_and_deleted(wire):
    body = {
        "displayName": "New",
        "state": "enabled",
        "conditions": {"users": {"includeUsers": ["All"]}, "applications": {"includeApplications": ["All"]}},
        "grantControls": {"operator": "OR", "builtInControls": ["compliantDevice"]},
    }
    status, made = wire.ask("POST", ACCESS, body)
    assert (status, made["conditions"]["platforms"], made["sessionControls"]) == (201, None, None)
    url = f"{ACCESS}/{made['id']}"
    assert wire.ask("PATCH", url, {"state": "disabled"}) == (204, None)
    assert wire.get(url)["state"] == "disabled"
    assert wire.refused("PATCH", url, {"state": "off"})[0] == 400
    assert wire.refused("POST", ACCESS, {**body, "conditions": {}})[0] == 400
    assert wire.ask("DELETE", url) == (204, None)
    assert wire.refused("GET", url)[:2] == (404, "ResourceNotFound")


def test_the_tenants_settings_go_together(wire):
    settings = {
        "deviceComplianceCheckinThresholdDays": 10,
        "isScheduledActionEnabled": True,
        "secureByDefault": True,
    }
    url = "/v1.0/deviceManagement"
    assert wire.ask("PATCH", url, {"settings": {"secureByDefault": True}})[0] == 400
    assert (
        wire.refused("PATCH", url, {"settings": {**settings, "deviceComplianceCheckinThresholdDays": 121}})[0]
        == 400
    )
    sent = {"@odata.type": "microsoft.graph.deviceManagementSettings", **settings}
    assert wire.ask("PATCH", url, {"settings": sent})[0] == 200
    assert wire.get(f"{url}?$select=settings")["settings"] == settings
    # A device without a policy is what secureByDefault is about.
    assert wire.get(f"{DEVICES}/{wire.id('device', 'AND-OLD-01')}")["complianceState"] == "noncompliant"


def test_the_brand_and_the_scope_tags_are_read(wire):
    assert (
        wire.get("/v1.0/deviceManagement/intuneBrand")["contactITEmailAddress"] == "helpdesk@contoso.example"
    )
    assert names(wire.get("/beta/deviceManagement/roleScopeTags")) == ["Default"]
    assert wire.refused("GET", "/v1.0/deviceManagement/roleScopeTags")[0] == 400


TAGS = "/beta/deviceManagement/roleScopeTags"


def test_the_settings_have_an_address_of_their_own_and_more_switches_in_beta(wire):
    v1, beta = (wire.get(f"/{version}/deviceManagement/settings") for version in ("v1.0", "beta"))
    assert v1["deviceComplianceCheckinThresholdDays"] == beta["deviceComplianceCheckinThresholdDays"] == 30
    assert ("enhancedJailBreak" in v1, beta["enhancedJailBreak"]) == (False, False)


def test_scope_tags_are_numbered_and_the_built_in_one_stays_as_it_is(wire):
    assert wire.get(f"{TAGS}/hasCustomRoleScopeTag()")["value"] is False
    status, made = wire.ask("POST", TAGS, {"displayName": "Branch"})
    assert (status, made["id"], made["isBuiltIn"]) == (201, "1", False)
    assert wire.ask("POST", TAGS, {"displayName": "Second"})[1]["id"] == "2"
    assert wire.ask("PATCH", f"{TAGS}/1", {"description": "x"})[1]["description"] == "x"
    assert names(wire.ask("POST", f"{TAGS}/getRoleScopeTagsById", {"roleScopeTagIds": ["2", "9"]})[1]) == [
        "Second"
    ]
    assert wire.get(f"{TAGS}/hasCustomRoleScopeTag()")["value"] is True
    assert wire.ask("DELETE", f"{TAGS}/2") == (204, None)
    assert wire.get(f"{TAGS}/1") == wire.get(f"{TAGS}('1')")
    for method, url, body in (
        ("PATCH", f"{TAGS}/0", {"description": "x"}),
        ("DELETE", f"{TAGS}/0", None),
        ("POST", f"{TAGS}/0/assign", {"assignments": []}),
        ("POST", TAGS, {"description": "x"}),
        ("POST", f"{TAGS}/getRoleScopeTagsById", {"ids": []}),
    ):
        assert wire.refused(method, url, body)[0] == 400, url
    assert wire.refused("GET", f"{TAGS}/2")[0] == 404
    assert names(wire.get(TAGS)) == ["Default", "Branch"]


def test_a_scope_tag_is_assigned_to_groups_only(wire):
    wire.ask("POST", TAGS, {"displayName": "Branch"})
    group = wire.id("group", "Finance")
    target = {"@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": group}
    status, answer = wire.ask("POST", f"{TAGS}/1/assign", {"assignments": [{"target": target}]})
    assert (status, [row["target"]["groupId"] for row in answer["value"]]) == (200, [group])
    assert wire.get(f"{TAGS}/1/assignments")["value"] == answer["value"]
    excluded = {"@odata.type": "#microsoft.graph.exclusionGroupAssignmentTarget", "groupId": group}
    everybody = {"@odata.type": "#microsoft.graph.allDevicesAssignmentTarget"}
    for other in (excluded, everybody):
        assert wire.refused("POST", f"{TAGS}/1/assign", {"assignments": [{"target": other}]})[0] == 400
    assert wire.ask("POST", f"{TAGS}/1/assign", {"assignments": []})[1]["value"] == []


def test_the_overview_counts_each_device_once(wire):
    overview = wire.get("/v1.0/deviceManagement/managedDeviceOverview")
    systems = overview["deviceOperatingSystemSummary"]
    devices = wire.get(f"{DEVICES}?$top=999")["value"]
    assert overview["enrolledDeviceCount"] == len(devices) == 60
    assert overview["dualEnrolledDeviceCount"] == 1
    for counter, system in (("windowsCount", "Windows"), ("iosCount", "iOS"), ("androidCount", "Android")):
        assert systems[counter] == sum(row["operatingSystem"] == system for row in devices)
    parts = sum(
        number for name, number in systems.items() if name.startswith("android") and name != "androidCount"
    )
    aosp = sum(row["lab"]["variant"] == "aosp" for row in wire.lab.store.all("device"))
    assert parts + aosp == systems["androidCount"]


def test_beta_says_of_a_device_what_v1_does_not(wire):
    kinds = {}
    for device in wire.get(f"{DEVICES.replace('v1.0', 'beta')}?$top=999")["value"]:
        kinds.setdefault(device["operatingSystem"], set()).add(device["deviceType"])
        assert device["ownerType"] == device["managedDeviceOwnerType"]
    assert (kinds["Windows"], kinds["macOS"], kinds["iOS"]) == ({"desktop"}, {"macMDM"}, {"iPhone", "iPad"})
    v1 = wire.get(f"{DEVICES}?$top=999")["value"]
    assert not any("deviceType" in row for row in v1)
    # v1.0 has no word for some ways to enrol.
    ways = {row["deviceEnrollmentType"] for row in v1 if row["operatingSystem"] == "Android"}
    assert "unknownFutureValue" in ways
    assert not any(way.startswith("androidEnterprise") for way in ways)


def test_a_wish_for_new_summaries_is_remembered(wire):
    url = "/beta/deviceManagement"
    assert wire.get(url)["deviceComplianceReportSummarizationDateTime"] == "0001-01-01T00:00:00Z"
    policies = f"{url}/deviceCompliancePolicies"
    assert wire.ask("POST", f"{policies}/refreshDeviceComplianceReportSummarization") == (204, None)
    assert wire.get(url)["deviceComplianceReportSummarizationDateTime"] == "2026-11-02T08:00:00Z"


def rule(**changes):
    whole = {"SettingName": "TPM", "Operator": "IsEquals", "DataType": "Boolean", "Operand": True}
    return {key: value for key, value in {**whole, **changes}.items() if value is not None}


@pytest.mark.parametrize(
    ("content", "script", "rules"),
    [
        ({"Rules": [rule()]}, [], []),
        ({"Rules": [rule(), rule()]}, [], ["duplicateRules"]),
        ({"Rules": [rule(SettingName=None)]}, [], ["settingNameMissing"]),
        ({"Rules": [rule(Operator=None)]}, [], ["operatorMissing"]),
        ({"Rules": [rule(Operator="Likes")]}, [], ["operatorNotSupported"]),
        ({"Rules": [rule(DataType=None)]}, [], ["datatypeMissing"]),
        ({"Rules": [rule(DataType="Colour")]}, [], ["datatypeNotSupported"]),
        ({"Rules": [rule(Operand=None)]}, [], ["operandMissing"]),
        ({"Rules": []}, ["rulesMissing"], []),
        ({}, ["rulesMissing"], []),
        ([], ["rulesMissing"], []),
        ({"Rules": "x"}, ["jsonFileInvalid"], []),
        (b"{", ["jsonFileInvalid"], []),
        (b"", ["jsonFileMissing"], []),
    ],
)
def test_the_rules_of_a_compliance_script_are_checked(wire, content, script, rules):
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    url = "/beta/deviceManagement/deviceCompliancePolicies/validateComplianceScript"
    body = {"deviceCompliancePolicyScript": {"rulesContent": b64encode(raw).decode()}}
    status, answer = wire.ask("POST", url, body)
    assert status == 200
    assert [row["code"] for row in answer["scriptErrors"]] == script
    assert [row["code"] for row in answer["ruleErrors"]] == rules
    if not script and not rules:
        (shown,) = answer["rules"]
        assert (shown["operator"], shown["dataType"], shown["operand"]) == ("isEquals", "boolean", "true")


def test_lists_are_counted_behind_them(wire):
    assert wire.ask("GET", f"{DEVICES}/$count") == (200, "60")
    linux = sum(row["operatingSystem"] == "Linux" for row in wire.lab.store.all("device"))
    assert wire.ask("GET", f"{DEVICES}/$count?$filter=operatingSystem eq 'Linux'") == (200, str(linux))
    policies = wire.get("/beta/deviceManagement/deviceCompliancePolicies?$top=999")["value"]
    assert wire.ask("GET", "/beta/deviceManagement/deviceCompliancePolicies/$count") == (
        200,
        str(len(policies)),
    )
    for collection in ("users", "groups", "devices"):
        url = f"/v1.0/{collection}/$count"
        assert wire.refused("GET", url)[:2] == (400, "Request_UnsupportedQuery")
        rows = wire.get(f"/v1.0/{collection}?$top=999")["value"]
        assert wire.ask("GET", url, **EVENTUAL) == (200, str(len(rows)))


def test_names_may_be_written_with_their_namespace(wire):
    phone = wire.id("device", "iPhone Ada")
    assert wire.ask("POST", f"{DEVICES}/{phone}/microsoft.graph.syncDevice") == (204, None)
    members = f"/v1.0/groups/{wire.id('group', 'Help desk')}/transitiveMembers"
    assert wire.ask("GET", f"{members}/graph.user/$count", **EVENTUAL) == (200, "4")


def test_me_is_the_person_of_the_token(wire):
    ada = wire.id("user", "Ada Novak")

    def me(user_id):
        asked = Asked("GET", "v1.0", "me", "")
        return get_me(Call(wire.lab, asked, "me", (), {}, None, Grant("app", user_id, frozenset())))

    assert me(ada)[1]["displayName"] == "Ada Novak"
    with pytest.raises(RequestError, match="delegated"):
        me(None)
