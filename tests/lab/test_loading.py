"""`grace lab import` takes what the field's tools export, says what it left out, and survives anything else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lab.surface import POLICIES, SCHEDULE, ZERO, Wire, action, new_policy
from toolkit.lab.app import create_lab
from toolkit.lab.loading import import_paths

FIXTURES = Path(__file__).resolve().parents[2].parent / "shared" / "fixtures"


@pytest.fixture
def wire():
    return Wire(create_lab(":memory:", "empty"))


@pytest.fixture
def write(tmp_path):
    """Puts a value, a text or bytes into a file and gives its path."""

    def put(content, name="file.json", encoding="utf-8"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not isinstance(content, bytes):
            content = (
                content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
            ).encode(encoding)
        path.write_bytes(content)
        return str(path)

    return put


def kinds(report):
    return [(row.kind, row.name) for row in report.imported]


@pytest.mark.skipif(not FIXTURES.exists(), reason="the fixtures are not beside this checkout")
def test_every_real_export_is_taken_and_what_is_missing_is_said(wire):
    report = import_paths(wire.lab, [str(FIXTURES)], default_block=True)
    assert report.refused == ()
    assert len(report.imported) == 11
    notes = {Path(row.path).name.removeprefix("hydrationkit-"): row.notes for row in report.imported}
    assert notes == {
        "android-compliance-fullymanaged-strict.json": (
            "Left out: localActions, which androidDeviceOwnerCompliancePolicy does not have.",
            "It names the template 6790e94e-ccb9-4936-bbcc-017958b54210, which this tenant does not have.",
        ),
        "ca-compliant-hybrid-or-mfa-all-users.json": ("The file names no state, so the policy is off.",),
        "ca-compliant-or-hybrid-admins.json": ("The file names no state, so the policy is off.",),
        "ca-mdm-compliant-all-users.json": ("The file names no state, so the policy is off.",),
        "first-warning.json": (),
        "ios-compliance-basic.json": (),
        "ios-compliance-strict.json": (
            "It names the template 6790e94e-ccb9-4936-bbcc-017958b54210, which this tenant does not have.",
        ),
        "linux-compliance-strict.json": (
            "The file holds no schedule: the policy marks at once, as a new one does.",
        ),
        "macos-compliance-strict.json": (),
        "windows-compliance-policy.json": (),
        "windows-custom-compliance.json": (
            "Left out: deviceCompliancePolicyScript/displayName, which deviceCompliancePolicyScript does not have.",
            "Left out: deviceCompliancePolicyScript/rulesContent, which is no base64.",
            "Left out: deviceCompliancePolicyScriptDefinition, which windows10CompliancePolicy does not have.",
        ),
    }
    assert len(wire.lab.store.all("template")[0]["localizedNotificationMessages"]) == 1


def test_a_policy_without_a_schedule_is_refused_with_the_reason(wire, write):
    body = new_policy()
    del body["scheduledActionsForRule"]
    report = import_paths(wire.lab, [write(body)])
    assert report.imported == ()
    assert report.refused[0][1].startswith("The policy has no schedule")


def test_an_intunemanagement_export_loses_its_companions_silently(wire, write):
    group = "8b9a1c1e-0000-4000-8000-000000000001"
    body = {
        "@odata.context": "https://graph.microsoft.com/beta/$metadata#x",
        **new_policy(action("block", 24)),
        "@ObjectFromFile": True,
        "#microsoft.graph.assign": {"target": "x", "title": "y"},
        "supportsScopeTags": True,
        "id": "5f9a1c1e-0000-4000-8000-000000000002",
        "version": 9,
        "createdDateTime": "2020-01-01T00:00:00Z",
        "assignments@odata.context": "x",
        "assignments": [
            {
                "id": "old",
                "source": "direct",
                "target": {"@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": group},
            }
        ],
    }
    body["scheduledActionsForRule@odata.context"] = "x"
    report = import_paths(wire.lab, [write(body)])
    assert report.refused == ()
    row = report.imported[0]
    assert (row.id, row.notes) == (
        "5f9a1c1e-0000-4000-8000-000000000002",
        (f"It is assigned to the group {group}, which this tenant does not have.",),
    )
    read = wire.get(f"{POLICIES}/{row.id}?{SCHEDULE},assignments")
    assert (read["version"], read["assignments"][0]["target"]["groupId"]) == (2, group)
    assert wire.actions(row.id) == [("block", 24)]


def test_references_hold_within_one_import_whatever_the_order_of_the_files(wire, write):
    id = "5f9a1c1e-0000-4000-8000-000000000003"
    first = write(new_policy(action("block", 0), action("notification", 0, id)), "a/1.json")
    write(
        {
            "@odata.type": "#microsoft.graph.notificationMessageTemplate",
            "id": id,
            "displayName": "T",
            "defaultLocale": "en-us",
            "brandingOptions": "none",
            "localizedNotificationMessages": [
                {"id": "x", "locale": "en-US", "subject": "S", "messageTemplate": "B", "isDefault": True}
            ],
        },
        "a/b/2.json",
    )
    report = import_paths(wire.lab, [str(Path(first).parent)])
    assert report.refused == ()
    assert kinds(report) == [("policy", "New"), ("template", "T")]
    assert report.imported[0].notes == ()
    assert report.imported[1].id == id


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_collections_and_lists_are_read_in_every_encoding(wire, write, encoding):
    rows = [{**new_policy(), "displayName": f"Ü {n} 📱"} for n in range(2)]
    report = import_paths(
        wire.lab, [write({"value": rows}, "a.json", encoding), write(rows[:1], "b.json", encoding)]
    )
    assert [row.name for row in report.imported] == ["Ü 0 📱", "Ü 1 📱", "Ü 0 📱"]
    assert report.imported[2].notes == ("The tenant has another policy of this name.",)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "not JSON"),
        (b"\x89PNG\r\n\x1a\n\x00\xff", "not text"),
        (b"{", "not JSON"),
        (b'{"displayName": "\\ud83d", "localizedMessages": []}', "not JSON"),
        (b'{"displayName": Infinity, "localizedMessages": []}', "not JSON"),
        (b"[" * 200_000, "nested too deeply"),
        (b'{"a":' * 200_000, "nested too deeply"),
        (b"[1]", "something else than JSON objects"),
        (b"null", "something else than JSON objects"),
        (b"[]", "empty list"),
        (b'{"x": 1}', "no policy, template"),
        (b'{"@odata.type": "#microsoft.graph.windows10GeneralConfiguration"}', "type windows10GeneralConfiguration"),
        (b'{"displayName": "x", "scheduledActionsForRule": []}', "does not say its @odata.type"),
        (b'{"displayName": "x", "localizedMessages": 3}', "no list of objects"),
        (b'{"brandingOptions": "none"}', "'displayName' is required"),
        (b'{"displayName": "x", "brandingOptions": "none", "localizedMessages": [{"locale": "x"}]}', "required"),
        (b'{"@odata.type": "#microsoft.graph.iosCompliancePolicy", "scheduledActionsForRule": [{"scheduledActionConfigurations": [1]}]}', "something else than actions"),
        (b'{"@odata.type": "#microsoft.graph.iosCompliancePolicy", "scheduledActionsForRule": [{"scheduledActionConfigurations": 7}]}', "something else than actions"),
        (b'{"deviceName": "x", "operatingSystem": "BeOS"}', 'operating system "BeOS"'),
        (b"1" * 5000, "not JSON"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_used_is_refused_in_a_sentence(wire, write, content, reason):
    before = {kind: wire.lab.store.count(kind) for kind in ("policy", "template", "device")}
    report = import_paths(wire.lab, [write(content)])
    assert report.imported == ()
    assert reason in report.refused[0][1]
    assert {kind: wire.lab.store.count(kind) for kind in before} == before


def test_files_that_are_missing_empty_folders_and_giants_are_refused(wire, write, tmp_path):
    giant = tmp_path / "giant.json"
    with giant.open("wb") as file:
        file.truncate(21 * 1024 * 1024)
    (tmp_path / "empty").mkdir()
    paths = [str(tmp_path / "missing.json"), str(tmp_path / "empty"), str(giant), "a\0b"]
    assert [reason for _, reason in import_paths(wire.lab, paths).refused] == [
        "The file cannot be read: No such file or directory.",
        "The folder holds no .json file.",
        "The file is larger than 20 MB.",
        "This is no name of a file.",
    ]


def test_one_bad_object_does_not_keep_the_others_out(wire, write):
    rows = [new_policy(), new_policy(action("notification", 0)), {**new_policy(), "displayName": "Third"}]
    report = import_paths(wire.lab, [write(rows)])
    assert [row.name for row in report.imported] == ["New", "Third"]
    assert [reason for _, reason in report.refused] == [
        "Compliance policy must have one and only one block scheduled action"
    ]


def test_people_groups_and_devices_are_taken_with_their_ids(wire, write):
    user = {
        "userPrincipalName": "zoe@x.example",
        "displayName": "Zoe",
        "id": "5f9a1c1e-0000-4000-8000-00000000000a",
    }
    group = {
        "displayName": "G", "securityEnabled": True, "id": "5f9a1c1e-0000-4000-8000-00000000000b",
        "members": [{"@odata.type": "#microsoft.graph.user", "id": user["id"]}],
    }  # fmt: skip
    device = {
        "deviceName": "D1", "operatingSystem": "Windows", "osVersion": "10.0.1", "complianceState": "noncompliant",
        "id": "5f9a1c1e-0000-4000-8000-00000000000c", "userId": user["id"],
    }  # fmt: skip
    report = import_paths(wire.lab, [write([device, group, user])])
    assert report.refused == ()
    assert [(row.kind, row.id) for row in report.imported] == [
        ("device", device["id"]), ("group", group["id"]), ("user", user["id"]),
    ]  # fmt: skip
    members = wire.get(f"/v1.0/groups/{group['id']}/members")["value"]
    assert [row["displayName"] for row in members] == ["Zoe"]
    read = wire.get(f"/v1.0/deviceManagement/managedDevices/{device['id']}")
    assert (read["deviceName"], read["osVersion"], read["complianceState"]) == ("D1", "10.0.1", "compliant")


def test_an_id_that_is_taken_is_replaced_and_said(wire, write):
    body = {**new_policy(), "id": "5f9a1c1e-0000-4000-8000-00000000000d"}
    path = write(body)
    import_paths(wire.lab, [path])
    again = import_paths(wire.lab, [path]).imported[0]
    assert again.id != body["id"]
    assert again.notes[0] == "Its id is taken in this tenant, so it got a new one."


def test_what_an_empty_template_id_means_is_kept(wire, write):
    report = import_paths(wire.lab, [write(new_policy(action("block", 0), action("notification", 0, ZERO)))])
    assert report.imported[0].notes == ()


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
NAMES = (
    "id displayName name brandingOptions localizedMessages localizedNotificationMessages conditions grantControls state"
    " scheduledActionsForRule scheduledActionConfigurations assignments target settings platforms technologies members"
    " groupTypes securityEnabled userPrincipalName deviceName operatingSystem complianceState managementAgent roleScopeTagIds"
    " restrictedApps description version"
)
MEMBERS = st.sampled_from(NAMES.split())
TYPE_NAMES = (
    "iosCompliancePolicy windows10CompliancePolicy deviceManagementCompliancePolicy notificationMessageTemplate"
    " conditionalAccessPolicy group user managedDevice"
)
TYPES = st.sampled_from(TYPE_NAMES.split())


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    TYPES | st.none(),
    st.dictionaries(MEMBERS, ANY_JSON | st.dictionaries(MEMBERS, ANY_JSON, max_size=2), max_size=6),
)
def test_no_object_can_do_worse_than_be_refused(wire, write, name, body):
    content = body if name is None else {"@odata.type": f"#microsoft.graph.{name}", **body}
    report = import_paths(wire.lab, [write(content)], default_block=True)
    assert len(report.imported) + len(report.refused) == 1
    for url in (
        "/beta/deviceManagement/deviceCompliancePolicyDeviceStateSummary",
        "/v1.0/groups",
        "/v1.0/users",
        POLICIES,
    ):
        wire.get(url)
