"""Conditional Access over Graph: bodies, soft delete and restore, What If, and sign-ins to the lab."""

from __future__ import annotations

import copy
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness import SHARED
from lab.surface import Wire
from toolkit.forecast.access_effect import sign_in
from toolkit.lab.answers.directory import entra_device
from toolkit.lab.contract import members_of
from toolkit.lab.loading import import_paths
from toolkit.lab.signins import access_policies, device_of, find_user, person_of, platform_of
from toolkit.lab.tenants import PLATFORM_OF_VARIANT
from toolkit.model.access import SignIn
from toolkit.model.access_wire import access_policy
from toolkit.model.data.apps import APPS

ROOT = "/v1.0/identity/conditionalAccess"
POLICIES, DELETED = f"{ROOT}/policies", f"{ROOT}/deletedItems/policies"
PCS = "Require a compliant device for all apps"
PHONES = "Require compliant phones and tablets"

NEW: dict[str, Any] = {
    "displayName": "New",
    "state": "enabled",
    "conditions": {
        "users": {"includeUsers": ["All"]},
        "applications": {"includeApplications": ["All"]},
        "clientAppTypes": ["all"],
    },
    "grantControls": {"operator": "OR", "builtInControls": ["compliantDevice"]},
}
NOBODY = {"@odata.type": "#microsoft.graph.userSignIn", "userId": "11111111-1111-4111-8111-111111111111"}


@pytest.fixture
def wire() -> Wire:
    return Wire()


def changed(path: str, value: Any) -> dict[str, Any]:
    """NEW with the value at a/b/c; None takes it away."""
    body = copy.deepcopy(NEW)
    part, steps = body, path.split("/")
    for step in steps[:-1]:
        part = part.setdefault(step, {})
    if value is None:
        del part[steps[-1]]
    else:
        part[steps[-1]] = value
    return body


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (changed("displayName", None), "'displayName' is required"),
        (changed("state", None), "'state' is required"),
        (changed("conditions", None), "'conditions' is required"),
        (changed("state", "on"), "enabled, disabled, enabledForReportingButNotEnforced"),
        (changed("conditions/users", None), "needs conditions/users and conditions/applications"),
        (changed("conditions/applications", None), "needs conditions/users and conditions/applications"),
        (
            changed("conditions/users", {"excludeUsers": ["All"]}),
            "conditions/users must hold at least one of",
        ),
        (
            changed("conditions/applications", {"excludeApplications": ["All"]}),
            "conditions/applications must hold at least one of",
        ),
        (changed("conditions/platforms", {"includePlatforms": ["chromeOS"]}), "android, iOS, windows"),
        (changed("conditions/clientAppTypes", ["browsers"]), "browser"),
        (changed("conditions/userRisk", ["high"]), "'conditions/userRisk' does not exist"),
        (
            changed("conditions/devices", {"deviceFilter": {"mode": "include", "rule": "device.a is 1"}}),
            "conditions/devices/deviceFilter/rule",
        ),
        (changed("grantControls/operator", "XOR"), "grantControls/operator must be AND or OR"),
        (changed("grantControls/operator", None), "grantControls/operator must be AND or OR"),
        (changed("grantControls/builtInControls", ["compliantDevices"]), "compliantDevice"),
    ],
)
def test_a_policy_that_cannot_be_is_refused_with_the_reason(wire: Wire, body: Any, said: str) -> None:
    before = wire.get(POLICIES)["value"]
    status, code, message = wire.refused("POST", POLICIES, body)
    assert (status, code) == (400, "BadRequest")
    assert said in message
    assert wire.get(POLICIES)["value"] == before


@pytest.mark.parametrize(
    "body",
    [
        NEW,
        {**NEW, "grantControls": None, "sessionControls": {"disableResilienceDefaults": True}},
        changed("conditions/users", {"includeRoles": ["62e90394-69f5-4237-9190-012177145e10"]}),
        changed(
            "conditions/applications",
            {"includeApplications": [], "includeUserActions": ["urn:user:registerdevice"]},
        ),
    ],
)
def test_a_policy_is_made_read_changed_and_listed(wire: Wire, body: Any) -> None:
    status, made = wire.ask("POST", POLICIES, body)
    assert status == 201
    assert made["@odata.context"].endswith("#identity/conditionalAccess/policies/$entity")
    assert wire.ask("PATCH", f"{POLICIES}/{made['id']}", {"state": "disabled"}) == (204, None)
    read = wire.get(f"{POLICIES}/{made['id']}")
    assert (read["state"], read["conditions"]) == ("disabled", made["conditions"])
    assert read["modifiedDateTime"] is not None
    assert made["id"] in [row["id"] for row in wire.get(POLICIES)["value"]]


def test_a_patch_of_a_part_leaves_the_rest_of_it(wire: Wire) -> None:
    id = wire.id("access", PCS)
    before = wire.get(f"{POLICIES}/{id}")
    wire.ask("PATCH", f"{POLICIES}/{id}", {"conditions": {"signInRiskLevels": ["high"], "platforms": None}})
    after = wire.get(f"{POLICIES}/{id}")["conditions"]
    assert after == {**before["conditions"], "signInRiskLevels": ["high"], "platforms": None}


def test_a_patch_cannot_leave_a_policy_without_people(wire: Wire) -> None:
    id = wire.id("access", PCS)
    before = wire.get(f"{POLICIES}/{id}")
    status, _, message = wire.refused(
        "PATCH", f"{POLICIES}/{id}", {"conditions": {"users": {"includeUsers": []}}}
    )
    assert (status, "conditions/users" in message) == (400, True)
    assert wire.get(f"{POLICIES}/{id}") == before


def test_a_tenant_has_at_most_195_policies_in_any_state(wire: Wire) -> None:
    while wire.lab.store.count("access") < 195:
        assert wire.ask("POST", POLICIES, {**NEW, "state": "disabled"})[0] == 201
    assert "at most 195" in wire.refused("POST", POLICIES, NEW)[2]
    id = wire.id("access", PCS)
    wire.ask("DELETE", f"{POLICIES}/{id}")
    assert wire.ask("POST", POLICIES, NEW)[0] == 201
    assert "at most 195" in wire.refused("POST", f"{DELETED}/{id}/restore")[2]


def test_a_deleted_policy_comes_back_as_it_was(wire: Wire) -> None:
    id = wire.id("access", PCS)
    before = wire.get(f"{POLICIES}/{id}")
    assert before["deletedDateTime"] is None
    assert wire.ask("DELETE", f"{POLICIES}/{id}") == (204, None)
    assert wire.refused("GET", f"{POLICIES}/{id}")[:2] == (404, "ResourceNotFound")
    gone = wire.get(f"{DELETED}/{id}")
    assert gone["deletedDateTime"] == wire.get("/lab/clock")["now"]
    assert [row["id"] for row in wire.get(DELETED)["value"]] == [id]
    status, back = wire.ask("POST", f"{DELETED}/{id}/restore")
    assert (status, back["id"], back["deletedDateTime"]) == (200, id, None)
    assert wire.get(f"{POLICIES}/{id}") == before
    assert wire.get(DELETED)["value"] == []
    assert wire.refused("POST", f"{DELETED}/{id}/restore")[0] == 404


def test_only_the_service_says_when_a_policy_was_deleted(wire: Wire) -> None:
    then = {"deletedDateTime": "2026-01-01T00:00:00Z"}
    _, made = wire.ask("POST", POLICIES, {**NEW, **then})
    assert made["deletedDateTime"] is None
    assert wire.ask("PATCH", f"{POLICIES}/{made['id']}", then)[0] == 204
    assert wire.get(f"{POLICIES}/{made['id']}")["deletedDateTime"] is None


def test_a_deleted_policy_can_be_deleted_for_good(wire: Wire) -> None:
    id = wire.id("access", PCS)
    assert wire.refused("DELETE", f"{DELETED}/{id}")[0] == 404
    wire.ask("DELETE", f"{POLICIES}/{id}")
    assert wire.ask("DELETE", f"{DELETED}/{id}") == (204, None)
    assert wire.refused("GET", f"{DELETED}/{id}")[0] == 404


def test_an_import_that_brings_the_id_of_a_deleted_policy_takes_its_place(wire: Wire, tmp_path: Path) -> None:
    id = wire.id("access", PCS)
    wire.ask("DELETE", f"{POLICIES}/{id}")
    file = tmp_path / "policy.json"
    file.write_text(json.dumps({**NEW, "@odata.type": "#microsoft.graph.conditionalAccessPolicy", "id": id}))
    assert import_paths(wire.lab, [str(file)]).refused == ()
    assert wire.get(f"{POLICIES}/{id}")["displayName"] == "New"
    assert wire.get(DELETED)["value"] == []


@pytest.mark.parametrize(("days", "status"), [(30, 200), (31, 404)])
def test_a_deleted_policy_is_kept_for_thirty_days(wire: Wire, days: int, status: int) -> None:
    id = wire.id("access", PCS)
    wire.ask("DELETE", f"{POLICIES}/{id}")
    wire.lab.world.advance(wire.lab.world.now + timedelta(days=days))
    assert [row["id"] for row in wire.get(DELETED)["value"]] == ([id] if status == 200 else [])
    assert wire.ask("POST", f"{DELETED}/{id}/restore")[0] == status


def asked(wire: Wire, user: str = "Ada Novak", **more: Any) -> dict[str, Any]:
    """A request for What If: SharePoint in a browser on Linux; None takes a parameter away."""
    body = {
        "signInIdentity": {"@odata.type": "#microsoft.graph.userSignIn", "userId": wire.id("user", user)},
        "signInContext": {
            "@odata.type": "#microsoft.graph.applicationContext",
            "includeApplications": [APPS[0].id],
        },
        "signInConditions": {"devicePlatform": "linux", "clientAppType": "browser"},
        **more,
    }
    return {key: value for key, value in body.items() if value is not None}


def answers(wire: Wire, body: Any, version: str = "v1.0") -> dict[str, tuple[bool, str]]:
    status, answer = wire.ask("POST", f"/{version}/identity/conditionalAccess/evaluate", body)
    assert status == 200, answer
    return {row["displayName"]: (row["policyApplies"], row["analysisReasons"]) for row in answer["value"]}


@pytest.mark.parametrize("version", ["v1.0", "beta"])
def test_what_if_answers_with_every_policy_whole(wire: Wire, version: str) -> None:
    wire.ask("POST", POLICIES, {**NEW, "displayName": "Off", "state": "disabled"})
    url = f"/{version}/identity/conditionalAccess"
    status, answer = wire.ask("POST", f"{url}/evaluate", asked(wire))
    assert status == 200
    assert answer["@odata.context"].endswith("$metadata#Collection(microsoft.graph.whatIfAnalysisResult)")
    assert [(row["policyApplies"], row["analysisReasons"]) for row in answer["value"]] == [
        (True, "notSet"),
        (True, "notSet"),
        (False, "policyNotEnabled"),
    ]
    whole = wire.get(f"{url}/policies")["value"]
    for row, policy in zip(answer["value"], whole, strict=True):
        assert {
            **policy,
            "policyApplies": row["policyApplies"],
            "analysisReasons": row["analysisReasons"],
        } == row


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, {PCS: (True, "notSet"), PHONES: (True, "notSet")}),
        (
            {"signInConditions": {"devicePlatform": "iOS"}},
            {PCS: (False, "devicePlatform"), PHONES: (True, "notSet")},
        ),
        ({"signInConditions": {}}, {PCS: (False, "notEnoughInformation"), PHONES: (True, "notSet")}),
        (
            {"signInConditions": {"devicePlatform": "all"}},
            {PCS: (False, "notEnoughInformation"), PHONES: (True, "notSet")},
        ),
        ({"user": "Break Glass"}, {PCS: (False, "users"), PHONES: (False, "users")}),
        (
            {
                "signInIdentity": {
                    "@odata.type": "#microsoft.graph.servicePrincipalSignIn",
                    "servicePrincipalId": "a",
                }
            },
            {PCS: (False, "users"), PHONES: (False, "users")},
        ),
        (
            {
                "signInContext": {
                    "@odata.type": "#microsoft.graph.applicationContext",
                    "includeApplications": ["Office365"],
                }
            },
            {PCS: (False, "application"), PHONES: (False, "application")},
        ),
        (
            {
                "signInContext": {
                    "@odata.type": "microsoft.graph.userActionContext",
                    "userAction": "registerOrJoinDevices",
                }
            },
            {PCS: (False, "application"), PHONES: (False, "application")},
        ),
        (
            {"appliedPoliciesOnly": True, "signInConditions": {"devicePlatform": "iOS"}},
            {PHONES: (True, "notSet")},
        ),
        (
            {"appliedPoliciesOnly": False, "signInConditions": {"devicePlatform": "iOS"}},
            {PCS: (False, "devicePlatform"), PHONES: (True, "notSet")},
        ),
    ],
)
def test_what_if_says_which_policies_apply_and_why_others_do_not(
    wire: Wire, more: Any, expected: Any
) -> None:
    assert answers(wire, asked(wire, **more)) == expected


@pytest.mark.parametrize(
    ("conditions", "sent", "reason"),
    [
        ({"userRiskLevels": ["high"]}, {"userRiskLevel": "high"}, "notSet"),
        ({"userRiskLevels": ["high"]}, {"userRiskLevel": "low"}, "userRisk"),
        ({"userRiskLevels": ["high"]}, {}, "notEnoughInformation"),
        ({"signInRiskLevels": ["high"]}, {"signInRiskLevel": "low"}, "signInRisk"),
        ({"insiderRiskLevels": "elevated,minor"}, {"insiderRiskLevel": "moderate"}, "insiderRisk"),
        (
            {"authenticationFlows": {"transferMethods": "deviceCodeFlow"}},
            {"authenticationFlow": {"transferMethod": "deviceCodeFlow"}},
            "notSet",
        ),
        (
            {"authenticationFlows": {"transferMethods": "deviceCodeFlow"}},
            {"authenticationFlow": {"transferMethod": "authenticationTransfer"}},
            "authenticationFlow",
        ),
        ({"locations": {"includeLocations": ["AllTrusted"]}}, {"country": "FR"}, "location"),
        ({"locations": {"includeLocations": ["AllTrusted"]}}, {}, "notEnoughInformation"),
        (
            {"locations": {"includeLocations": ["All"], "excludeLocations": ["AllTrusted"]}},
            {"ipAddress": "192.0.2.1"},
            "notSet",
        ),
        (
            {"devices": {"deviceFilter": {"mode": "exclude", "rule": "device.isCompliant -eq True"}}},
            {"deviceInfo": {"isCompliant": True}},
            "devices",
        ),
        (
            {"devices": {"deviceFilter": {"mode": "exclude", "rule": "device.isCompliant -eq True"}}},
            {"deviceInfo": {"isCompliant": False}},
            "notSet",
        ),
    ],
)
def test_every_input_reaches_the_condition_that_it_is_for(
    wire: Wire, conditions: Any, sent: Any, reason: str
) -> None:
    body = {**NEW, "displayName": "Mine", "conditions": {**NEW["conditions"], **conditions}}
    assert wire.ask("POST", POLICIES, body)[0] == 201
    given = {"devicePlatform": "windows", "clientAppType": "browser", **sent}
    assert answers(wire, asked(wire, signInConditions=given))["Mine"] == (reason == "notSet", reason)


def test_a_guest_is_known_by_the_external_user_type(wire: Wire) -> None:
    users = {"includeGuestsOrExternalUsers": {"guestOrExternalUserTypes": "serviceProvider,internalGuest"}}
    body = {**NEW, "displayName": "Guests", "conditions": {**NEW["conditions"], "users": users}}
    assert wire.ask("POST", POLICIES, body)[0] == 201
    for kind, expected in (
        ("serviceProvider", (True, "notSet")),
        ("b2bCollaborationGuest", (False, "users")),
    ):
        identity = {"@odata.type": "#microsoft.graph.userSignIn", "externalUserType": kind}
        assert answers(wire, asked(wire, signInIdentity=identity))["Guests"] == expected
        known = {**identity, "userId": wire.id("user", "Ada Novak")}
        assert answers(wire, asked(wire, signInIdentity=known))["Guests"] == expected


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"signInIdentity": None}, "'signInIdentity' is required"),
        ({"signInContext": None}, "'signInContext' is required"),
        ({"signInConditions": None}, "'signInConditions' is required"),
        ({"signInIdentity": {"userId": "x"}}, "signInIdentity: '@odata.type' is missing"),
        ({"signInIdentity": {"@odata.type": "#microsoft.graph.user"}}, "signInIdentity: "),
        ({"signInIdentity": {"@odata.type": "#microsoft.graph.userSignIn"}}, "needs userId"),
        ({"signInIdentity": NOBODY}, "there is no user with the id"),
        ({"signInIdentity": {"@odata.type": "#microsoft.graph.servicePrincipalSignIn"}}, "needs the id of"),
        (
            {"signInContext": {"@odata.type": "#microsoft.graph.applicationContext"}},
            "needs includeApplications",
        ),
        ({"signInContext": {"@odata.type": "#microsoft.graph.userActionContext"}}, "needs userAction"),
        (
            {"signInContext": {"@odata.type": "#microsoft.graph.authContext"}},
            "needs authenticationContextValue",
        ),
        ({"signInConditions": {"devicePlatform": "chromeOS"}}, "signInConditions: Cannot convert"),
        (
            {"signInConditions": {"platform": "iOS"}},
            "signInConditions: The property 'platform' does not exist",
        ),
        ({"signInConditions": {"country": "France"}}, "two letters"),
        ({"signInConditions": {"ipAddress": "300.1.1.1"}}, "no IP address"),
        ({"signInConditions": {"deviceInfo": {"isCompliant": "yes"}}}, "isCompliant"),
        ({"appliedPoliciesOnly": "yes"}, "true or false"),
        ({"conditionalAccessWhatIfSubject": {}}, "'conditionalAccessWhatIfSubject' does not exist"),
        (
            {
                "signInIdentity": {
                    "@odata.type": "#microsoft.graph.agentSignIn",
                    "agentServicePrincipalId": "a",
                }
            },
            "could not be resolved",
        ),
    ],
)
def test_a_wrong_what_if_is_refused_with_the_reason(wire: Wire, more: Any, said: str) -> None:
    status, code, message = wire.refused("POST", f"{ROOT}/evaluate", asked(wire, **more))
    assert (status, code) == (400, "BadRequest")
    assert said in message


def test_agents_sign_in_in_beta_only(wire: Wire) -> None:
    agent = {"@odata.type": "#microsoft.graph.agentSignIn", "agentServicePrincipalId": "a"}
    assert answers(wire, asked(wire, signInIdentity=agent), "beta")[PCS] == (False, "users")


def test_beta_alone_has_reasons_about_agents() -> None:
    assert "agentIdRisk" not in members_of("whatIfAnalysisReasons", "v1.0")[1]
    assert "agentIdRisk" in members_of("whatIfAnalysisReasons", "beta")[1]


@pytest.mark.parametrize(
    ("body", "outcome", "control", "results"),
    [
        ({"user": "Ada Novak", "device": "WIN-0001"}, "granted", None, ("success", "success")),
        (
            {"user": "Ada Novak", "device": "WIN-0001", "client": "legacy"},
            "blocked",
            "compliantDevice",
            ("failure", "userActionRequired"),
        ),
        (
            {"user": "Ada Novak", "device": "WIN-0001", "flow": "device-code"},
            "blocked",
            "compliantDevice",
            ("failure", "userActionRequired"),
        ),
        # TV19
        (
            {"user": "Chiara Ricci", "platform": "linux"},
            "blocked",
            "compliantDevice",
            ("failure", "userActionRequired"),
        ),
        ({"user": "Chiara Ricci", "platform": "ios"}, "granted", None, ("notApplied", "userActionRequired")),
        (
            {"user": "Chiara Ricci", "platform": "ios", "mfa": True},
            "granted",
            None,
            ("notApplied", "success"),
        ),
        ({"user": "breakglass@contoso.example"}, "granted", None, ("notApplied", "notApplied")),
        ({"user": "Ada Novak"}, "blocked", "compliantDevice", ("failure", "userActionRequired")),
        ({"user": "Ada Novak", "app": "company-portal"}, "granted", None, ("success", "success")),
    ],
)
def test_a_sign_in_to_the_lab_is_decided(
    wire: Wire, body: Any, outcome: str, control: str | None, results: tuple[str, ...]
) -> None:
    status, answer = wire.ask("POST", "/lab/signin", body)
    assert status == 200, answer
    assert (answer["outcome"], answer["control"]) == (outcome, control)
    assert answer["policyName"] == (PCS if outcome == "blocked" else None)
    assert tuple(row["result"] for row in answer["policies"]) == results


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({}, 400, 'no user ""'),
        ({"user": "ada.nowak@contoso.example"}, 400, "Nearest"),
        ({"user": 1}, 400, "user is a text"),
        ({"user": "Ada Novak", "platform": "chromeos"}, 400, "no platform"),
        ({"user": "Ada Novak", "client": "telnet"}, 400, "no client application"),
        ({"user": "Ada Novak", "flow": "carrier-pigeon"}, 400, "no authentication flow"),
        ({"user": "Ada Novak", "mfa": "yes"}, 400, "mfa is true or false"),
        ({"user": "Ada Novak", "colour": "red"}, 400, 'no "colour"'),
        ({"user": "Ada Novak", "device": "nothing"}, 404, "no devices"),
    ],
)
def test_a_sign_in_that_cannot_be_is_refused(wire: Wire, body: Any, status: int, said: str) -> None:
    got, answer = wire.ask("POST", "/lab/signin", body)
    assert got == status
    assert said in answer["error"]["message"] + str(answer["error"].get("hint"))


def test_a_device_in_grace_is_let_in_and_one_that_is_marked_is_not(wire: Wire) -> None:
    by_state: dict[str, str] = {}
    for device in wire.lab.store.all("device"):
        if device["lab"]["platform"] == "windows" and device["userPrincipalName"]:
            body = {"user": device["userPrincipalName"], "device": device["id"]}
            by_state[device["complianceState"]] = wire.ask("POST", "/lab/signin", body)[1]["outcome"]
    by_state.pop("configManager")
    assert by_state == {
        "compliant": "granted",
        "inGracePeriod": "granted",
        "noncompliant": "blocked",
        "unknown": "blocked",
    }


def test_nested_groups_and_roles_count_on_both_sides(wire: Wire) -> None:
    store = wire.lab.store
    ruth = find_user(store, "Ruth Adeyemi")
    # Ruth is in IT leads, and IT leads is in Help desk.
    users = {"includeGroups": [wire.id("group", "Help desk")]}
    wire.ask(
        "POST", POLICIES, {**NEW, "displayName": "Desk", "conditions": {**NEW["conditions"], "users": users}}
    )
    role = "62e90394-69f5-4237-9190-012177145e10"
    leads = store.get("group", wire.id("group", "IT leads")) or {}
    store.put("group", leads["id"], {**leads, "lab": {**leads["lab"], "roles": [role.upper()]}})
    policies = access_policies(store)
    person = person_of(store, ruth, policies)
    assert (person.groups, person.roles) == (
        frozenset((wire.id("group", "Help desk"),)),
        frozenset((role,)),
    )
    assert person_of(store, find_user(store, "Liam O'Connor"), policies).roles == frozenset()
    attempt = SignIn(person=person, apps=frozenset((APPS[0].id,)), platform="iOS")
    assert sign_in(policies, attempt).policy is policies[-1]
    wire.ask("PATCH", f"{POLICIES}/{policies[-1].id}", {"conditions": {"users": {"excludeRoles": [role]}}})
    assert sign_in(access_policies(store), attempt).outcome == "granted"


def test_reading_a_sign_in_changes_nothing(wire: Wire) -> None:
    before = {kind: wire.lab.store.all(kind) for kind in ("access", "device", "user", "group")}
    events = wire.lab.store.last_number("event")
    wire.ask("POST", "/lab/signin", {"user": "Ada Novak", "device": "WIN-0002"})
    wire.ask("POST", f"{ROOT}/evaluate", asked(wire))
    assert {kind: wire.lab.store.all(kind) for kind in before} == before
    assert wire.lab.store.last_number("event") == events


PASSING = ("compliant", "inGracePeriod", "configManager")
STEPS = st.lists(
    st.tuples(st.sampled_from(("break", "fix", "offline", "online", "advance")), st.integers(0, 200)),
    max_size=6,
)


@settings(max_examples=15, deadline=None)
@given(STEPS)
def test_V8_a_device_that_counts_as_compliant_is_in_a_state_that_passes(steps: list[tuple[str, int]]) -> None:
    wire = Wire()
    devices = [device["id"] for device in wire.lab.store.all("device")]
    for what, number in steps:
        if what == "advance":
            wire.lab.world.advance(wire.lab.world.now + timedelta(hours=number))
        else:
            # A device that cannot do it is passed over.
            wire.ask("POST", f"/lab/devices/{devices[number % len(devices)]}/{what}")
        for device in wire.lab.store.all("device"):
            if entra_device(device)["isCompliant"]:
                assert device["complianceState"] in PASSING, device["deviceName"]
            assert device_of(device).is_compliant is entra_device(device)["isCompliant"]
    wire.lab.close()


EXPORTS = SHARED / "fixtures" / "intune-hydration-kit"


@pytest.mark.skipif(not EXPORTS.is_dir(), reason="the exported policies are not beside this checkout")
@pytest.mark.parametrize(
    ("file", "requires", "controls"),
    [
        ("compliant-hybrid-or-mfa-all-users", False, ("mfa", "compliantDevice", "domainJoinedDevice")),
        ("compliant-or-hybrid-admins", False, ("compliantDevice", "domainJoinedDevice")),
        ("mdm-compliant-all-users", True, ("compliantDevice",)),
    ],
)
def test_real_policies_are_read_and_imported(
    wire: Wire, file: str, requires: bool, controls: tuple[str, ...]
) -> None:
    path = EXPORTS / f"hydrationkit-ca-{file}.json"
    assert import_paths(wire.lab, [str(path)]).refused == ()
    policy = access_policies(wire.lab.store)[-1]
    assert (policy.requires_compliance, policy.controls, policy.needs_all) == (requires, controls, False)
    assert policy.state == "disabled"


def test_what_is_no_policy_at_all_reads_as_one_that_names_nobody() -> None:
    policy = access_policy({"conditions": None, "grantControls": "x", "state": None})
    assert (policy.include.users, policy.controls, policy.platforms) == (frozenset(), (), None)


def test_a_transfer_method_of_none_is_no_condition() -> None:
    policy = access_policy({"conditions": {"authenticationFlows": {"transferMethods": "none"}}})
    assert policy.flows == frozenset()


def test_every_platform_of_the_lab_has_a_word_in_conditional_access(wire: Wire) -> None:
    words = {key: platform_of({"lab": {"platform": key}}) for key in PLATFORM_OF_VARIANT.values()}
    assert set(words.values()) == {"windows", "macOS", "iOS", "android", "linux"}
    assert words["aosp"] == words["android-work-profile"] == "android"
