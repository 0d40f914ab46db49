"""Compliance policies, their schedules and assignments behave in the lab as the service does."""

from __future__ import annotations

import pytest

from lab.surface import POLICIES, SCHEDULE, ZERO, Wire, action, new_policy, schedule

ONE_BLOCK = "Compliance policy must have one and only one block scheduled action"
V1 = POLICIES.replace("beta", "v1.0")
CATALOG = "/beta/deviceManagement/compliancePolicies"
GROUP = "#microsoft.graph.groupAssignmentTarget"


@pytest.fixture
def wire():
    return Wire()


@pytest.fixture
def baseline(wire):
    return wire.id("policy", "Windows baseline")


def test_a_created_policy_is_read_back_with_rule_id_zero_guid_and_without_rule_name(wire):
    status, made = wire.ask("POST", V1, new_policy(action("block", 72), passcodeRequired=True))
    assert (status, made["version"], made["createdDateTime"]) == (201, 1, "2026-11-02T08:00:00Z")
    assert "scheduledActionsForRule" not in made
    read = wire.get(f"{V1}/{made['id']}?{SCHEDULE}")
    rule = read["scheduledActionsForRule"][0]
    item = rule["scheduledActionConfigurations"][0]
    assert read["passcodeRequired"] is True
    assert (rule["id"], rule["ruleName"]) == (made["id"], None)
    assert {key: value for key, value in item.items() if key != "id"} == action("block", 72, ZERO)
    assert "scheduledActionsForRule@odata.context" in read
    assert "scheduledActionConfigurations@odata.context" in rule


@pytest.mark.parametrize(
    "actions", [[action("notification", 0)], [action("block", 0), action("block", 24)]], ids=["none", "two"]
)
def test_a_policy_has_exactly_one_block(wire, baseline, actions):
    assert wire.refused("POST", POLICIES, new_policy(*actions)) == (400, "BadRequest", ONE_BLOCK)
    before = wire.actions(baseline)
    assert wire.refused("POST", f"{POLICIES}/{baseline}/scheduleActionsForRules", schedule(*actions)) == (
        400,
        "BadRequest",
        ONE_BLOCK,
    )
    assert wire.actions(baseline) == before


def test_a_policy_without_a_schedule_is_refused(wire):
    body = new_policy()
    del body["scheduledActionsForRule"]
    assert wire.refused("POST", POLICIES, body)[2] == ONE_BLOCK


@pytest.mark.parametrize(
    ("item", "said"),
    [
        (action("block", 8761), "gracePeriodHours must be from 0 to 8760."),
        (action("block", -1), "gracePeriodHours must be from 0 to 8760."),
        (action("block", 1.5), "must be a whole number"),
        (action("explode", 1), "Cannot convert"),
        ({"actionType": "block"}, "gracePeriodHours' is required"),
    ],
)
def test_a_wrong_action_is_refused(wire, item, said):
    assert said in wire.refused("POST", POLICIES, new_policy(item))[2]


def test_hours_from_0_to_8760_are_taken(wire):
    for hours in (0, 8, 8760):
        assert wire.ask("POST", POLICIES, new_policy(action("block", hours)))[0] == 201


def test_scheduling_replaces_everything_with_new_ids_and_raises_the_version(wire, baseline):
    read = f"{POLICIES}/{baseline}?{SCHEDULE}"
    before = wire.get(read)
    status, answer = wire.ask(
        "POST",
        f"{POLICIES}/{baseline}/scheduleActionsForRules",
        schedule(action("block", 24), action("remoteLock", 48)),
    )
    assert (status, answer) == (204, None)
    after = wire.get(read)
    assert wire.actions(baseline) == [("block", 24), ("remoteLock", 48)]
    assert after["version"] == before["version"] + 1
    ids = [
        {row["id"] for row in policy["scheduledActionsForRule"][0]["scheduledActionConfigurations"]}
        for policy in (before, after)
    ]
    assert not ids[0] & ids[1]


def test_remote_lock_exists_in_beta_only(wire, baseline):
    body = schedule(action("block", 24), action("remoteLock", 48))
    assert "Cannot convert" in wire.refused("POST", f"{V1}/{baseline}/scheduleActionsForRules", body)[2]
    wire.ask("POST", f"{POLICIES}/{baseline}/scheduleActionsForRules", body)
    rule = wire.get(f"{V1}/{baseline}?{SCHEDULE}")["scheduledActionsForRule"][0]
    assert [row["actionType"] for row in rule["scheduledActionConfigurations"]] == ["block"]


def test_the_parameter_of_scheduling_is_spelled_as_the_metadata_does(wire, baseline):
    body = {"scheduledActionsForRule": []}
    status, _, message = wire.refused("POST", f"{POLICIES}/{baseline}/scheduleActionsForRules", body)
    assert (status, "takes 'deviceComplianceScheduledActionForRules'" in message) == (400, True)


def test_patch_changes_settings_and_refuses_schedule_and_assignments(wire, baseline):
    url = f"{POLICIES}/{baseline}"
    status, changed = wire.ask("PATCH", url, {"description": "new", "passwordRequired": False})
    assert (status, changed["description"], changed["passwordRequired"], changed["version"]) == (
        200,
        "new",
        False,
        8,
    )
    for key in ("scheduledActionsForRule", "assignments"):
        assert wire.refused("PATCH", url, {"description": "lost", key: []})[0] == 400
    wrong = {"@odata.type": "#microsoft.graph.iosCompliancePolicy", "description": "lost"}
    assert "cannot be changed" in wire.refused("PATCH", url, wrong)[2]
    assert wire.get(url)["description"] == "new"


def test_a_deleted_policy_is_gone(wire, baseline):
    assert wire.ask("DELETE", f"{POLICIES}/{baseline}") == (204, None)
    assert wire.refused("GET", f"{POLICIES}/{baseline}")[:2] == (404, "ResourceNotFound")


def test_single_actions_have_no_addresses_as_observed(wire, baseline):
    for method, below in (("GET", ""), ("GET", f"/{baseline}/scheduledActionConfigurations"), ("POST", "")):
        status, code, message = wire.refused(method, f"{V1}/{baseline}/scheduledActionsForRule{below}", {})
        assert (status, code) == (400, "No method match route template")
        assert f"with http verb {method} for request" in message


def test_single_actions_answer_where_the_lab_follows_the_reference(wire, baseline):
    assert wire.ask("POST", "/lab/rules", {"name": "actions-api", "value": "documented"})[0] == 200
    items = f"{POLICIES}/{baseline}/scheduledActionsForRule/{baseline}/scheduledActionConfigurations"
    assert len(wire.get(f"{POLICIES}/{baseline}/scheduledActionsForRule")["value"]) == 1
    status, made = wire.ask("POST", items, action("pushNotification", 96))
    assert (status, made["@odata.type"]) == (201, "#microsoft.graph.deviceComplianceActionItem")
    assert wire.get(f"{items}/{made['id']}")["gracePeriodHours"] == 96
    assert wire.ask("PATCH", f"{items}/{made['id']}", {"gracePeriodHours": 120})[1]["gracePeriodHours"] == 120
    assert ("pushNotification", 120) in wire.actions(baseline)
    assert wire.refused("POST", items, action("block", 5))[2] == ONE_BLOCK
    block = next(row for row in wire.get(items)["value"] if row["actionType"] == "block")
    assert wire.refused("DELETE", f"{items}/{block['id']}")[2] == ONE_BLOCK
    assert wire.ask("DELETE", f"{items}/{made['id']}") == (204, None)
    assert ("pushNotification", 120) not in wire.actions(baseline)


def test_assign_replaces_all_targets(wire, baseline):
    pilot = wire.id("group", "Pilot users")
    body = {"assignments": [{"target": {"@odata.type": GROUP, "groupId": pilot}}]}
    status, answer = wire.ask("POST", f"{V1}/{baseline}/assign", body)
    assert (status, answer["value"]) == (
        200,
        [{"id": f"{baseline}_{pilot}", "target": {"@odata.type": GROUP, "groupId": pilot}}],
    )
    assert wire.get(f"{POLICIES}/{baseline}/assignments")["value"] == [
        {
            "id": f"{baseline}_{pilot}",
            "source": "direct",
            "sourceId": baseline,
            "target": {
                "@odata.type": GROUP,
                "groupId": pilot,
                "deviceAndAppManagementAssignmentFilterId": None,
                "deviceAndAppManagementAssignmentFilterType": "none",
            },
        }
    ]
    assert wire.ask("POST", f"{V1}/{baseline}/assign", {"assignments": []})[1]["value"] == []


@pytest.mark.parametrize(
    "target",
    [
        {"@odata.type": GROUP},
        {"@odata.type": "#microsoft.graph.deviceAndAppManagementAssignmentTarget"},
        {"groupId": "x"},
        {"@odata.type": GROUP, "groupId": "x", "deviceAndAppManagementAssignmentFilterId": "y"},
    ],
)
def test_a_wrong_target_is_refused(wire, baseline, target):
    assert wire.refused("POST", f"{V1}/{baseline}/assign", {"assignments": [{"target": target}]})[0] == 400


def test_v1_hides_types_and_settings_of_beta(wire):
    names = {row["displayName"] for row in wire.get(V1)["value"]}
    assert "Windows baseline" in names
    assert "Android baseline" not in names
    android = wire.id("policy", "Android baseline")
    assert wire.refused("GET", f"{V1}/{android}")[0] == 404
    shown = wire.get(f"{V1}/{wire.id('policy', 'Windows baseline')}")
    assert "bitLockerEnabled" in shown
    assert "activeFirewallRequired" not in shown
    assert "roleScopeTagIds" not in shown


def test_statuses_have_no_word_for_grace(wire, baseline):
    rows = {
        row["deviceDisplayName"]: row
        for row in wire.get(f"{POLICIES}/{baseline}/deviceStatuses?$top=999")["value"]
    }
    device = wire.id("device", "WIN-0003")
    assert {
        key: rows["WIN-0003"][key] for key in ("id", "status", "complianceGracePeriodExpirationDateTime")
    } == {
        "id": f"{baseline}_{device}",
        "status": "nonCompliant",
        "complianceGracePeriodExpirationDateTime": "2026-11-03T08:00:00Z",
    }
    assert rows["WIN-0001"]["complianceGracePeriodExpirationDateTime"] == "9999-12-31T23:59:59Z"
    overview = wire.get(f"{POLICIES}/{baseline}/deviceStatusOverview")
    statuses = [row["status"] for row in rows.values()]
    assert (overview["failedCount"], overview["successCount"], overview["configurationVersion"]) == (
        statuses.count("nonCompliant"),
        statuses.count("compliant"),
        7,
    )
    people = wire.get(f"{POLICIES}/{baseline}/userStatuses")["value"]
    assert {row["userDisplayName"]: row["devicesCount"] for row in people}["Igor Petrov"] == 2
    assert wire.get(f"{POLICIES}/{baseline}/userStatusOverview")["failedCount"] == sum(
        row["status"] == "nonCompliant" for row in people
    )


def test_the_tenant_wide_summary_counts_every_device_once(wire):
    row = wire.get("/v1.0/deviceManagement/deviceCompliancePolicyDeviceStateSummary")
    assert sum(value for key, value in row.items() if key.endswith("Count")) == 60
    assert (row["configManagerCount"], row["unknownDeviceCount"]) == (1, 2)


def test_setting_summaries_lead_to_the_devices_behind_them(wire, baseline):
    rows = wire.get(f"{POLICIES}/{baseline}/deviceSettingStateSummaries")["value"]
    encrypted = next(row for row in rows if row["settingName"] == "bitLockerEnabled")
    assert (encrypted["nonCompliantDeviceCount"], encrypted["errorDeviceCount"]) == (4, 2)
    base = "/v1.0/deviceManagement/deviceCompliancePolicySettingStateSummaries"
    key = "windows10CompliancePolicy.bitLockerEnabled"
    assert wire.get(f"{base}/{key}")["platformType"] == "windows10AndLater"
    devices = wire.get(f"{base}/{key}/deviceComplianceSettingStates")["value"]
    assert {row["deviceName"] for row in devices if row["state"] == "error"} == {"WIN-0013", "WIN-0014"}


def test_catalog_policies_live_in_beta_and_take_their_schedule_afterwards(wire):
    assert wire.refused("GET", "/v1.0/deviceManagement/compliancePolicies")[0] == 400
    body = {"name": "Linux", "platforms": "linux", "technologies": "linuxMdm", "settings": []}
    status, made = wire.ask("POST", CATALOG, body)
    assert (status, made["name"], made["isAssigned"], "version" in made) == (201, "Linux", False, False)
    url = f"{CATALOG}/{made['id']}"
    sent = {
        "scheduledActions": [
            {
                "ruleName": "PasswordRequired",
                "scheduledActionConfigurations": [action("block", 48), action("notification", 0)],
            }
        ]
    }
    assert wire.ask("POST", f"{url}/setScheduledActions", sent)[0] == 200
    read = wire.get(f"{url}/scheduledActionsForRule?$expand=scheduledActionConfigurations")["value"][0]
    assert [row["gracePeriodHours"] for row in read["scheduledActionConfigurations"]] == [48, 0]
    target = {"@odata.type": "#microsoft.graph.allDevicesAssignmentTarget"}
    assert wire.ask("POST", f"{url}/assign", {"assignments": [{"target": target}]})[0] == 200
    assert wire.get(url)["isAssigned"] is True
    assert wire.ask("PATCH", url, {"description": "d"})[1]["description"] == "d"
    assert wire.ask("DELETE", url) == (204, None)


def test_settings_of_a_catalog_policy_come_by_25(wire):
    linux = wire.lab.store.all("catalogPolicy")[0]
    setting = linux["settings"][1]
    body = {
        "name": "Long", "platforms": "linux", "technologies": "linuxMdm",
        "settings": [{"settingInstance": setting["settingInstance"]}] * 30,
    }  # fmt: skip
    made = wire.ask("POST", CATALOG, body)[1]
    first = wire.get(f"{CATALOG}/{made['id']}/settings")
    second = wire.get(first["@odata.nextLink"])
    assert (len(first["value"]), len(second["value"]), "@odata.nextLink" in second) == (25, 5, False)


def test_the_retire_list_is_confirmed_or_cleared(wire):
    def listed():
        return {
            row["managedDeviceName"] for row in wire.get(f"{POLICIES}/getDevicesScheduledToRetire()")["value"]
        }

    before = listed()
    assert "LNX-0003" not in before
    assert before, "the story has a device on the list"
    name = min(before)
    body = {
        "state": "cancelRetire",
        "scopedToAllDevices": False,
        "managedDeviceIds": [wire.id("device", name)],
    }
    assert wire.ask("POST", f"{POLICIES}/setScheduledRetireState", body) == (204, None)
    assert listed() == before - {name}
    assert wire.refused("POST", f"{POLICIES}/setScheduledRetireState", {"state": "retire"})[0] == 400


def test_a_wait_that_the_portal_cannot_save_is_refused_where_the_rule_says_so(wire):
    wire.ask("POST", "/lab/rules", {"name": "portal-step-check", "value": "reject"})
    assert "multiple of 6" in wire.refused("POST", POLICIES, new_policy(action("block", 8)))[2]


@pytest.mark.parametrize(
    "path",
    [
        "assignments",
        "deviceStatuses",
        "userStatuses",
        "deviceSettingStateSummaries",
    ],
)
def test_what_hangs_on_a_policy_can_be_counted_and_expanded(wire, path):
    base = f"{POLICIES}/{wire.id('policy', 'Windows baseline')}"
    rows = wire.get(f"{base}/{path}")["value"]
    assert rows
    assert wire.get(f"{base}/{path}/$count") == str(len(rows))
    assert [row["id"] for row in wire.get(f"{base}?$expand={path}")[path]] == [row["id"] for row in rows]


def test_a_status_and_a_state_are_found_by_the_id_that_lists_give(wire):
    policy, device = wire.id("policy", "Windows baseline"), wire.id("device", "WIN-0003")
    statuses = f"{POLICIES}/{policy}/deviceStatuses"
    row = next(row for row in wire.get(statuses)["value"] if row["deviceDisplayName"] == "WIN-0003")
    assert wire.get(f"{statuses}/{row['id']}")["status"] == row["status"]
    assert wire.refused("GET", f"{statuses}/{device}")[0] == 404
    states = f"/beta/deviceManagement/managedDevices/{device}/deviceCompliancePolicyStates"
    state = wire.get(states)["value"][0]
    assert wire.get(f"{states}/{state['id']}")["displayName"] == state["displayName"]
    assert wire.refused("GET", f"{states}/nothing")[0] == 404
