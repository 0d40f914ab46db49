"""Devices, the directory, Conditional Access and the tenant's settings."""

from __future__ import annotations

import pytest

from lab.surface import Wire

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
