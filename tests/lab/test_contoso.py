"""Contoso has something of everything, and its data is what the service would take."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from lab.surface import SCHEDULE, TEMPLATES, Wire
from toolkit.lab.answers.policies import CATALOG, CLASSIC
from toolkit.lab.app import create_lab
from toolkit.lab.contract import short_name, validate


@pytest.fixture(scope="module")
def wire():
    return Wire()


def test_devices_stand_in_every_state(wire):
    states = Counter(device["complianceState"] for device in wire.lab.store.all("device"))
    assert states == {
        "compliant": 25,
        "noncompliant": 21,
        "inGracePeriod": 11,
        "unknown": 2,
        "configManager": 1,
    }


@pytest.mark.parametrize(
    ("name", "state"),
    [
        ("WIN-0001", "compliant"),
        ("WIN-0002", "noncompliant"),  # unencrypted for 12 days, 3 of grace
        ("WIN-0003", "inGracePeriod"),  # for 2 days
        ("WIN-0013", "compliant"),  # an error, held for 7 days
        ("WIN-0014", "inGracePeriod"),  # an error for 9 days
        ("WIN-0016", "noncompliant"),  # not seen for 41 days
        ("WIN-0020", "noncompliant"),  # its user has no licence
        ("WIN-0021", "unknown"),  # just enrolled
        ("WIN-COMANAGED", "configManager"),
        ("MAC-JAMF-01", "noncompliant"),  # as its partner says
        ("[Kiosk] Lobby", "noncompliant"),  # no grace there
        ("LNX-0003", "noncompliant"),
    ],
)
def test_a_device_stands_where_its_facts_put_it(wire, name, state):
    rows = {device["deviceName"]: device["complianceState"] for device in wire.lab.store.all("device")}
    assert rows[name] == state


def test_every_policy_is_one_that_graph_would_take(wire):
    for family in (CLASSIC, CATALOG):
        for document in wire.lab.store.all(family.kind):
            sent = {key: value for key, value in document.items() if key not in ("assignments", "version")}
            assert validate(sent, family.type, "beta", "create")["scheduledActionsForRule"]
            for row in document["assignments"]:
                validate(row, family.assignment_type, "beta", "create")


def test_every_other_document_holds_only_what_graph_knows(wire):
    for kind, name in (("access", "conditionalAccessPolicy"), ("template", "notificationMessageTemplate")):
        for document in wire.lab.store.all(kind):
            assert validate(document, name, "beta", "create")
    for device in wire.lab.store.all("device"):
        validate(
            {key: value for key, value in device.items() if key != "lab"}, "managedDevice", "beta", "update"
        )


def test_schedules_name_templates_and_groups_that_are_there(wire):
    rows = wire.get(f"/beta/deviceManagement/deviceCompliancePolicies?{SCHEDULE},assignments")["value"]
    assert len(rows) == 12
    for row in rows:
        for item in row["scheduledActionsForRule"][0]["scheduledActionConfigurations"]:
            if item["actionType"] == "notification":
                assert wire.lab.store.get("template", item["notificationTemplateId"]) is not None
            assert all(wire.lab.store.get("group", id) for id in item["notificationMessageCCList"])
        for assignment in row["assignments"]:
            group = assignment["target"].get("groupId")
            assert group is None or wire.lab.store.get("group", group) is not None


def test_names_that_trip_programs_are_among_them(wire):
    names = {row["displayName"] for row in wire.lab.store.all("policy")}
    assert {"[ios] Kiosk", "Политика Windows", "סקר מכשירים", "🥽 Headsets"} <= names
    assert (
        short_name(wire.lab.store.all("catalogPolicy")[0]["@odata.type"])
        == "deviceManagementCompliancePolicy"
    )


def test_templates_have_the_messages_of_the_story(wire):
    rows = wire.get(f"{TEMPLATES}?$expand=localizedNotificationMessages")["value"]
    assert {
        row["displayName"]: [m["locale"] for m in row["localizedNotificationMessages"]] for row in rows
    } == {
        "First warning": ["en-us", "fr-fr", "de-de"],
        "Final warning": ["en-us", "fr-fr"],
        "Access blocked": ["en-us"],
        "Unused draft": [],
        "Напоминание": ["ru-ru"],
        "EnrollmentNotificationInternalMEO": ["en-us"],
    }


def test_the_same_seed_gives_the_same_tenant_and_another_seed_the_same_ids():
    def documents(seed, kind):
        return create_lab(":memory:", seed=seed).store.items(kind)

    assert documents(1, "device") == documents(1, "device")
    assert [id for id, _ in documents(1, "device")] == [id for id, _ in documents(2, "device")]
    assert documents(1, "device") != documents(2, "device")


def test_the_month_that_follows_is_the_same_each_time():
    logs = []
    for _ in range(2):
        wire = Wire()
        wire.ask("POST", "/lab/clock", {"advance": "P30D"})
        logs.append(json.dumps([wire.lab.store.log(kind) for kind in ("event", "mail", "push", "lock")]))
    assert logs[0] == logs[1]
    assert "mailSent" in logs[0]


def test_an_empty_tenant_has_an_administrator_and_no_policy():
    wire = Wire(create_lab(":memory:", "empty"))
    assert wire.get("/lab/story")["counts"] == {
        "policy": 0, "catalogPolicy": 0, "template": 0, "access": 0, "group": 0, "user": 1, "device": 0,
    }  # fmt: skip
    assert wire.get("/v1.0/me")["displayName"] == "Administrator"
