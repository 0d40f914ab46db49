"""Every write to Intune that went through is in the audit log, with who did it and to what."""

from __future__ import annotations

import pytest

from lab.surface import POLICIES, TEMPLATES, Wire, action, new_policy, schedule
from toolkit.lab.answers import Call
from toolkit.lab.answers.audit import AUDIT_KEPT, actor
from toolkit.lab.exchange import Asked
from toolkit.lab.grants import Grant

EVENTS = "/v1.0/deviceManagement/auditEvents"


@pytest.fixture
def wire():
    return Wire()


def newest(wire):
    return wire.get(EVENTS)["value"][0]


def test_nothing_is_logged_before_the_first_write(wire):
    wire.get(POLICIES)
    assert wire.get(EVENTS)["value"] == []


def test_a_change_is_logged_with_its_person_its_thing_and_what_it_set(wire):
    id = wire.id("policy", "Windows baseline")
    before = wire.get(f"{POLICIES}/{id}")["description"]
    wire.ask("PATCH", f"{POLICIES}/{id}", {"description": "new words"})
    event = newest(wire)
    assert (event["activityType"], event["activityOperationType"], event["activityResult"]) == (
        "Patch DeviceCompliancePolicy", "Patch", "Success",
    )  # fmt: skip
    assert event["activityDateTime"] == "2026-11-02T08:00:00Z"
    assert (event["actor"]["auditActorType"], event["actor"]["userPrincipalName"]) == (
        "ItPro", "admin@contoso.example",
    )  # fmt: skip
    (resource,) = event["resources"]
    assert (resource["displayName"], resource["resourceId"]) == ("Windows baseline", id)
    assert resource["modifiedProperties"] == [
        {"displayName": "description", "oldValue": before, "newValue": "new words"}
    ]


def write(wire):
    """One write of each kind, as (method, address, body, activity, resource's type)."""
    policy, template = wire.id("policy", "Windows baseline"), wire.id("template", "First warning")
    device = wire.id("device", "iPhone Ada")
    message = {"locale": "pt-BR", "subject": "s", "messageTemplate": "long", "isDefault": False}
    settings = {
        "deviceComplianceCheckinThresholdDays": 20,
        "isScheduledActionEnabled": True,
        "secureByDefault": False,
    }
    return (
        ("POST", POLICIES, new_policy(), "Create DeviceCompliancePolicy"),
        ("POST", f"{POLICIES}/{policy}/assign", {"assignments": []}, "assign DeviceCompliancePolicy"),
        (
            "POST",
            f"{POLICIES}/{policy}/scheduleActionsForRules",
            schedule(action("block", 0)),
            "scheduleActionsForRules DeviceCompliancePolicy",
        ),
        ("DELETE", f"{POLICIES}/{policy}", None, "Delete DeviceCompliancePolicy"),
        ("POST", f"{TEMPLATES}/{template}/sendTestMessage", None, "sendTestMessage NotificationMessageTemplate"),
        (
            "POST",
            f"{TEMPLATES}/{template}/localizedNotificationMessages",
            message,
            "Create LocalizedNotificationMessage",
        ),
        ("POST", f"/v1.0/deviceManagement/managedDevices/{device}/remoteLock", None, "remoteLock ManagedDevice"),
        ("PATCH", "/v1.0/deviceManagement", {"settings": settings}, "Patch DeviceManagementSettings"),
        ("POST", "/beta/deviceManagement/roleScopeTags", {"displayName": "x"}, "Create RoleScopeTag"),
    )  # fmt: skip


def test_each_kind_of_write_has_its_own_words(wire):
    for number, (method, url, body, activity) in enumerate(write(wire), 1):
        status, answer = wire.ask(method, url, body)
        assert status < 300, answer
        event = newest(wire)
        assert event["activityType"] == event["displayName"] == activity
        assert len(wire.get(f"{EVENTS}?$top=999")["value"]) == number
        (resource,) = event["resources"]
        assert resource["resourceId"], activity
        assert resource["auditResourceType"] == activity.partition(" ")[2]
        if method == "POST" and status == 201:
            assert resource["resourceId"] == answer["id"]


def test_what_fails_and_what_only_reads_leaves_no_trace(wire):
    id = wire.id("policy", "Windows baseline")
    assert wire.ask("PATCH", f"{POLICIES}/{id}", {"nothing": 1})[0] == 400
    assert wire.ask("DELETE", f"{POLICIES}/missing")[0] == 404
    assert wire.ask("POST", "/v1.0/deviceManagement/reports/getDeviceNonComplianceReport", {})[0] == 200
    assert wire.ask("POST", "/v1.0/deviceManagement/reports/exportJobs", {"reportName": "Devices"})[0] == 201
    assert wire.get(EVENTS)["value"] == []


def test_a_message_is_not_repeated_in_the_log(wire):
    template = wire.id("template", "First warning")
    message = {"locale": "pt-BR", "subject": "s", "messageTemplate": "long", "isDefault": False}
    wire.ask("POST", f"{TEMPLATES}/{template}/localizedNotificationMessages", message)
    shown = [row["displayName"] for row in newest(wire)["resources"][0]["modifiedProperties"]]
    assert shown == ["locale", "subject", "isDefault"]


def test_events_are_filtered_as_backup_tools_do(wire):
    for method, url, body, _ in write(wire):
        wire.ask(method, url, body)
    span = (
        "activityDateTime gt 2026-11-02T07:59:59.000001Z and activityDateTime le 2026-11-02T08:00:00.000000Z"
    )
    url = f"{EVENTS}?$select=actor,activityType,resources&$orderby=activityDateTime desc&$filter="
    policies = wire.get(
        f"{url}componentName eq 'DeviceCompliancePolicy' and {span} and activityOperationType ne 'Get'"
    )
    assert len(policies["value"]) == 4
    assert set(policies["value"][0]) == {"actor", "activityType", "resources"}
    settings = wire.get(f"{url}resources/any(s:s/auditResourceType eq 'DeviceManagementSettings') and {span}")
    assert [row["activityType"] for row in settings["value"]] == ["Patch DeviceManagementSettings"]
    assert wire.get(f"{url}activityDateTime gt 2026-11-02T08:00:00Z")["value"] == []
    id = wire.get(EVENTS)["value"][2]["id"]
    assert wire.get(f"{EVENTS}/{id}")["id"] == id
    assert wire.refused("GET", f"{EVENTS}/missing")[0] == 404


def test_the_token_says_who_it_was(wire):
    ada = wire.id("user", "Ada Novak")

    def who(user_id):
        grant = Grant("app-1", user_id, frozenset(["B", "A"]))
        return actor(Call(wire.lab, Asked("POST", "beta", "x", ""), "x", (), {}, None, grant))

    person, app = who(ada), who(None)
    assert (person["auditActorType"], person["userPrincipalName"]) == ("ItPro", "ada.novak@contoso.example")
    assert (app["auditActorType"], app["userPrincipalName"], app["applicationId"]) == (
        "Application",
        None,
        "app-1",
    )
    assert app["userPermissions"] == ["A", "B"]


def test_the_log_does_not_grow_without_end(wire):
    store = wire.lab.store
    for _ in range(3):
        store.append("audit", {"id": "old"})
    with store.transaction():
        for _ in range(AUDIT_KEPT):
            store.append("audit", {"id": "filler"})
    wire.ask("POST", "/beta/deviceManagement/roleScopeTags", {"displayName": "x"})
    kept = store.log("audit")
    assert len(kept) == AUDIT_KEPT
    assert not any(row["id"] == "old" for _, row in kept)
