"""Sign-ins decided by hand-written policies: the vectors of intune-behaviour 11.9 and the rules of 6.1 to 6.5."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strategies import SOME
from toolkit.forecast.access_effect import (
    BLOCKED,
    EFFECTS,
    FAILURE,
    GRANTED,
    INTERRUPTED,
    NOT_APPLIED,
    NOT_SET,
    SUCCESS,
    USER_ACTION,
    coordination,
    sign_in,
    what_if,
)
from toolkit.model.access import (
    BROWSER,
    CONTROLS,
    DISABLED,
    ENABLED,
    MODERN_APP,
    REPORT_ONLY,
    AccessPolicy,
    DeviceFilter,
    People,
    Person,
    Sides,
    SignIn,
    SignInDevice,
)
from toolkit.model.data.apps import APPS, ENROLMENT_APPS

SHAREPOINT = APPS[0].id
ALL = People(users=frozenset(("all",)))
ADA = Person("ada", groups=frozenset(("staff", "nested")), roles=frozenset(("admin-role",)))
GOOD = SignInDevice(is_registered=True, is_compliant=True, trust_type="AzureAd", facts={"isCompliant": True})
BAD = replace(GOOD, is_compliant=False, facts={"isCompliant": False})
HYBRID = replace(BAD, trust_type="ServerAd")
HERE = SignIn(person=ADA, apps=frozenset((SHAREPOINT,)), platform="windows", client=BROWSER, device=GOOD)
EVERYWHERE = Sides(frozenset(("all",)))


def some(*words: str) -> frozenset[str]:
    return frozenset(words)


def policy(
    *controls: str, state: str = ENABLED, name: str = "P", any_of: bool = False, **more
) -> AccessPolicy:
    """For everybody and every application unless `more` says else; the controls are asked for together."""
    return AccessPolicy(
        id=name,
        name=name,
        state=state,
        **{"include": ALL, "apps": EVERYWHERE, "controls": controls, "needs_all": not any_of, **more},
    )


COMPLIANT = policy("compliantDevice", name="compliant")
PCS_ONLY = policy("compliantDevice", platforms=Sides(some("all"), some("ios", "android")))


def result_of(one: AccessPolicy, attempt: SignIn) -> tuple[str, str]:
    row = sign_in([one], attempt).results[0]
    return row.result, row.reason


@pytest.mark.parametrize(
    ("platform", "device", "outcome", "result"),
    [
        ("linux", None, BLOCKED, FAILURE),
        ("iOS", None, GRANTED, NOT_APPLIED),
        ("android", BAD, GRANTED, NOT_APPLIED),
        ("windows", GOOD, GRANTED, SUCCESS),
        ("windows", BAD, BLOCKED, FAILURE),
        # "Any device" covers what no platform's name does, and nothing there can pass.
        (None, GOOD, BLOCKED, FAILURE),
        ("windowsPhone", GOOD, BLOCKED, FAILURE),
    ],
)
def test_TV19_pcs_only_blocks_an_unmanaged_linux_and_leaves_an_iphone_alone(
    platform, device, outcome, result
):
    decision = sign_in([PCS_ONLY], replace(HERE, platform=platform, device=device))
    assert (decision.outcome, decision.results[0].result) == (outcome, result)
    assert decision.missing == ("compliantDevice" if outcome == BLOCKED else None)


@pytest.mark.parametrize(
    ("change", "outcome"),
    [
        ({}, GRANTED),
        ({"device": BAD}, BLOCKED),
        ({"device": None}, BLOCKED),
        ({"device": replace(GOOD, is_registered=False)}, BLOCKED),
        ({"client": MODERN_APP}, GRANTED),
        ({"client": None}, GRANTED),
        ({"client": "other"}, BLOCKED),
        ({"client": "exchangeActiveSync"}, BLOCKED),
        ({"client": "easSupported"}, BLOCKED),
        ({"flow": "deviceCodeFlow"}, BLOCKED),
        ({"flow": "authenticationTransfer"}, GRANTED),
        ({"hides_device": True}, BLOCKED),
        ({"device": BAD, "apps": some(min(ENROLMENT_APPS))}, GRANTED),
        ({"device": BAD, "apps": ENROLMENT_APPS | {SHAREPOINT}}, BLOCKED),
    ],
)
def test_a_compliant_device_has_to_be_registered_shown_by_a_modern_client_and_compliant(change, outcome):
    assert sign_in([COMPLIANT], replace(HERE, **change)).outcome == outcome


@pytest.mark.parametrize(
    ("one", "attempt", "outcome", "missing"),
    [
        (policy("mfa", "compliantDevice"), HERE, INTERRUPTED, "mfa"),
        (policy("mfa", "compliantDevice"), replace(HERE, device=BAD), BLOCKED, "compliantDevice"),
        (policy("mfa", "compliantDevice", any_of=True), HERE, GRANTED, None),
        (policy("mfa", "compliantDevice", any_of=True), replace(HERE, device=BAD), INTERRUPTED, "mfa"),
        (
            policy("mfa", "compliantDevice", any_of=True),
            replace(HERE, device=BAD, satisfied=some("mfa")),
            GRANTED,
            None,
        ),
        (
            policy("compliantDevice", "domainJoinedDevice", any_of=True),
            replace(HERE, device=HYBRID),
            GRANTED,
            None,
        ),
        (
            policy("compliantDevice", "domainJoinedDevice"),
            replace(HERE, device=HYBRID),
            BLOCKED,
            "compliantDevice",
        ),
        (policy("domainJoinedDevice"), HERE, BLOCKED, "domainJoinedDevice"),
        (policy("block"), HERE, BLOCKED, "block"),
        (policy("block", "mfa", any_of=True), replace(HERE, satisfied=some("mfa")), BLOCKED, "block"),
        (policy("approvedApplication"), HERE, BLOCKED, "approvedApplication"),
        (policy("termsOfUse"), HERE, INTERRUPTED, "termsOfUse"),
        (policy("somethingNew"), HERE, BLOCKED, "somethingNew"),
        (policy(), replace(HERE, device=None), GRANTED, None),
    ],
)
def test_all_or_one_of_the_controls_and_what_is_missing(one, attempt, outcome, missing):
    decision = sign_in([one], attempt)
    assert (decision.outcome, decision.missing) == (outcome, missing)
    assert decision.policy is (None if outcome == GRANTED else one)


def test_block_beats_a_missing_device_and_that_beats_what_the_person_can_do():
    mfa, device, block = policy("mfa"), policy("compliantDevice"), policy("block")
    at_home = replace(HERE, device=None)
    assert sign_in([mfa, device, block], at_home).policy is block
    assert sign_in([mfa, device], at_home).policy is device
    assert sign_in([mfa], at_home).policy is mfa


def test_of_several_policies_the_control_that_is_asked_for_first_is_named():
    terms, mfa = policy("termsOfUse", name="terms"), policy("mfa", name="mfa")
    assert sign_in([terms, mfa], HERE).missing == "mfa"


def test_a_report_only_policy_says_what_it_would_do_and_does_nothing():
    policies = [
        policy("compliantDevice", state=REPORT_ONLY),
        policy("mfa", state=REPORT_ONLY),
        policy("block", state=REPORT_ONLY),
        policy("compliantDevice", state=REPORT_ONLY, platforms=Sides(some("macos"))),
        policy("compliantDevice", state=DISABLED),
    ]
    decision = sign_in(policies, HERE)
    assert decision.outcome == GRANTED
    assert [row.result for row in decision.results] == [
        SUCCESS,
        USER_ACTION,
        FAILURE,
        NOT_APPLIED,
        NOT_APPLIED,
    ]
    assert decision.results[-1].reason == "policyNotEnabled"


@pytest.mark.parametrize(
    ("include", "exclude", "is_in"),
    [
        (People(users=some("ada")), People(), True),
        (People(users=some("bruno")), People(), False),
        (People(groups=some("nested")), People(), True),
        (People(roles=some("admin-role")), People(), True),
        (People(users=some("none")), People(), False),
        (People(users=some("guestsorexternalusers")), People(), False),
        (ALL, People(users=some("ada")), False),
        (ALL, People(groups=some("staff")), False),
        (ALL, People(roles=some("admin-role")), False),
        (People(users=some("ada")), ALL, False),
    ],
)
def test_excluded_beats_included_for_users_groups_and_roles(include, exclude, is_in):
    one = policy("block", include=include, exclude=exclude)
    assert result_of(one, HERE) == ((FAILURE, NOT_SET) if is_in else (NOT_APPLIED, "users"))


GUEST = Person("guest", guest_type="b2bCollaborationGuest", home_tenant="Fabrikam")


@pytest.mark.parametrize(
    ("include", "is_in"),
    [
        (People(users=some("guestsorexternalusers")), True),
        (People(guest_types=some("b2bCollaborationGuest")), True),
        (People(guest_types=some("b2bCollaborationGuest"), guest_tenants=some("fabrikam")), True),
        (People(guest_types=some("b2bCollaborationGuest"), guest_tenants=some("other")), False),
        (People(guest_types=some("serviceProvider")), False),
        (ALL, True),
    ],
)
def test_guests_are_named_by_their_kind_and_their_tenant(include, is_in):
    assert sign_in([policy("block", include=include)], replace(HERE, person=GUEST)).outcome == (
        BLOCKED if is_in else GRANTED
    )


OFFICE = some("office365")
SECRET = some("secret-app")


@pytest.mark.parametrize(
    ("more", "change", "reason"),
    [
        ({"apps": Sides(some(SHAREPOINT))}, {}, NOT_SET),
        ({"apps": Sides(OFFICE)}, {}, NOT_SET),
        ({"apps": Sides(OFFICE)}, {"apps": SECRET}, "application"),
        ({"apps": Sides(some("all"), OFFICE)}, {}, "application"),
        ({"apps": Sides(some("all"), SECRET)}, {"apps": SECRET}, "application"),
        ({"apps": Sides(some(SHAREPOINT), some(SHAREPOINT))}, {}, "application"),
        ({"apps": Sides(some("none"))}, {}, "application"),
        # A group of applications is no application.
        ({"apps": EVERYWHERE}, {"apps": some("Office365")}, "application"),
        ({"apps": EVERYWHERE}, {"apps": some("SECRET-APP")}, NOT_SET),
        ({}, {"apps": some(), "user_action": "urn:user:registerdevice"}, "application"),
        (
            {"apps": Sides(), "user_actions": some("urn:user:registerdevice")},
            {"apps": some(), "user_action": "urn:user:registerdevice"},
            NOT_SET,
        ),
        ({"apps": Sides(), "user_actions": some("urn:user:registerdevice")}, {}, "userActions"),
        ({"apps": Sides(), "contexts": some("c1")}, {"apps": some(), "context": "C1"}, NOT_SET),
        ({"apps": Sides(), "contexts": some("c1")}, {}, "authenticationContext"),
        ({"apps": Sides()}, {}, "application"),
        ({"platforms": Sides(some("all"), some("windows"))}, {}, "devicePlatform"),
        ({"platforms": Sides(some("windows"), some("all"))}, {}, "devicePlatform"),
        ({"platforms": Sides(some("ios"))}, {"platform": "iOS"}, NOT_SET),
        ({"device_filter": DeviceFilter("device.isCompliant -eq True")}, {}, NOT_SET),
        ({"device_filter": DeviceFilter("device.isCompliant -eq True", is_exclusion=True)}, {}, "devices"),
        ({"device_filter": DeviceFilter("device.isCompliant -eq")}, {}, "invalidCondition"),
        ({"client_apps": some("all")}, {"client": "other"}, NOT_SET),
        ({"client_apps": some(MODERN_APP)}, {}, "clientApps"),
        ({"locations": Sides(some("all"))}, {}, NOT_SET),
        (
            {"locations": Sides(some("all"), some("alltrusted"))},
            {"locations": some("alltrusted")},
            "location",
        ),
        ({"locations": Sides(some("office"))}, {"locations": some("OFFICE")}, NOT_SET),
        ({"locations": Sides(some("office"))}, {"locations": some()}, "location"),
        ({"sign_in_risks": some("high")}, {"sign_in_risk": "high"}, NOT_SET),
        ({"sign_in_risks": some("high")}, {"sign_in_risk": "low"}, "signInRisk"),
        ({"user_risks": some("high", "medium")}, {"user_risk": "low"}, "userRisk"),
        ({"insider_risks": some("elevated")}, {"insider_risk": "minor"}, "insiderRisk"),
        ({"flows": some("deviceCodeFlow")}, {"flow": "none"}, "authenticationFlow"),
        ({"workloads": Sides(some("app-1"))}, {}, "workloadIdentities"),
        ({"include": People(users=some("none"))}, {}, "users"),
        # The first condition that fails is named, in the order of 11.7.
        ({"client_apps": some(MODERN_APP), "platforms": Sides(some("macos"))}, {}, "devicePlatform"),
        ({"state": DISABLED}, {}, "policyNotEnabled"),
        ({"state": REPORT_ONLY}, {}, NOT_SET),
    ],
)
def test_what_if_names_the_first_condition_that_does_not_hold(more, change, reason):
    answer = what_if([policy("mfa", **more)], replace(HERE, **change))[0]
    assert (answer.applies, answer.reason) == (reason == NOT_SET, reason)


@pytest.mark.parametrize(
    ("more", "nothing"),
    [
        ({}, {"person": None}),
        ({}, {"apps": some()}),
        ({"platforms": Sides(some("windows"))}, {"platform": None}),
        ({"device_filter": DeviceFilter("device.model -eq 'x'")}, {"device": None}),
        ({"client_apps": some(BROWSER)}, {"client": None}),
        ({"locations": Sides(some("office"))}, {}),
        ({"sign_in_risks": some("high")}, {}),
        ({"user_risks": some("high")}, {}),
        ({"insider_risks": some("minor")}, {}),
        ({"flows": some("deviceCodeFlow")}, {}),
    ],
)
def test_what_if_cannot_judge_a_condition_whose_input_is_missing(more, nothing):
    one = policy("mfa", **more)
    assert what_if([one], replace(HERE, **nothing))[0].reason == "notEnoughInformation"


def test_a_condition_that_fails_is_named_before_an_input_that_is_missing_further_down():
    one = policy("mfa", platforms=Sides(some("macos")), user_risks=some("high"))
    assert what_if([one], HERE)[0].reason == "devicePlatform"


@pytest.mark.parametrize(
    ("workloads", "id", "reason"),
    [
        (Sides(some("app-1")), "APP-1", NOT_SET),
        (Sides(some("serviceprincipalsinmytenant")), "app-1", NOT_SET),
        (Sides(some("serviceprincipalsinmytenant"), some("app-1")), "app-1", "workloadIdentities"),
        (Sides(some("app-2")), "app-1", "workloadIdentities"),
        (None, "app-1", "users"),
    ],
)
def test_a_service_principal_is_reached_by_policies_for_workload_identities_only(workloads, id, reason):
    one = policy("block", include=People(users=some("none")), workloads=workloads)
    attempt = replace(HERE, person=None, service_principal_id=id)
    assert what_if([one], attempt)[0].reason == reason


def test_a_device_that_cannot_be_shown_has_no_attributes_for_a_filter():
    one = policy("block", device_filter=DeviceFilter("device.isCompliant -ne True"))
    assert sign_in([one], HERE).outcome == GRANTED
    assert sign_in([one], replace(HERE, hides_device=True)).outcome == BLOCKED
    assert sign_in([one], replace(HERE, device=replace(GOOD, is_registered=False))).outcome == BLOCKED


@pytest.mark.parametrize(
    ("one", "requires"),
    [
        (policy("compliantDevice"), True),
        (policy("compliantDevice", any_of=True), True),
        (policy("mfa", "compliantDevice"), True),
        (policy("mfa", "compliantDevice", any_of=True), False),
        (policy("mfa"), False),
    ],
)
def test_a_policy_requires_compliance_where_no_other_control_stands_in(one, requires):
    assert one.requires_compliance is requires


def test_coordination_puts_each_user_into_one_cell_per_platform():
    people = [Person(name) for name in ("ada", "Bruno", "chiara", "dewi")]
    policies = [
        policy(
            "compliantDevice", include=People(users=some("ada", "chiara")), platforms=Sides(some("windows"))
        ),
        # These three ask nobody for a compliant device.
        policy("mfa", "compliantDevice", any_of=True, include=People(users=some("dewi"))),
        policy("compliantDevice", include=People(users=some("dewi")), state=REPORT_ONLY),
        policy("mfa", include=People(users=some("dewi"))),
    ]
    scope = {"windows": {"ada", "bruno"}, "iOS": {"ada"}}
    table = coordination(people, scope, policies, platforms=("windows", "iOS"))
    assert [(row.platform, [cell.users for cell in row.cells]) for row in table] == [
        ("windows", [("ada",), ("Bruno",), ("chiara",), ("dewi",)]),
        ("iOS", [(), ("ada",), (), ("Bruno", "chiara", "dewi")]),
    ]
    wider = coordination(people, scope, policies, platforms=("iOS",), states=(ENABLED, REPORT_ONLY))
    assert [cell.users for cell in wider[0].cells] == [(), ("ada",), ("dewi",), ("Bruno", "chiara")]


def test_the_four_cells_mean_what_the_table_of_6_5_says():
    cells = coordination([], {}, [], platforms=("windows",))[0].cells
    assert [
        (cell.in_compliance, cell.in_access, cell.when_compliant, cell.when_not_compliant) for cell in cells
    ] == [
        (True, True, "enforced", "enforced"),
        (True, False, "neverEnforced", "neverEnforced"),
        (False, True, "passesUnevaluated", "blockedUnevaluated"),
        (False, False, "outside", "outside"),
    ]
    assert {word for cell in cells for word in (cell.when_compliant, cell.when_not_compliant)} == set(EFFECTS)


IDS = st.sampled_from(("ada", "bruno", "staff", "nested", "admin-role", "all", "none"))
SETS = st.frozensets(IDS, max_size=3)
PEOPLE = st.builds(People, users=SETS, groups=SETS, roles=SETS)
PLATFORM = st.sampled_from(("windows", "macOS", "iOS", "android", "linux", "windowsPhone"))
PLATFORM_SETS = st.frozensets(PLATFORM.map(str.lower) | st.just("all"), max_size=3)
SIDES = st.none() | st.builds(Sides, PLATFORM_SETS, PLATFORM_SETS)
POLICIES = st.builds(
    AccessPolicy,
    id=st.just("p"),
    name=st.just("P"),
    state=st.sampled_from((ENABLED, DISABLED, REPORT_ONLY)),
    include=PEOPLE,
    exclude=PEOPLE,
    apps=st.sampled_from((EVERYWHERE, Sides(OFFICE), Sides(some("all"), OFFICE))),
    platforms=SIDES,
    client_apps=st.frozensets(st.sampled_from(("all", BROWSER, MODERN_APP, "other")), max_size=2),
    controls=st.lists(st.sampled_from(CONTROLS), max_size=3, unique=True).map(tuple),
    needs_all=st.booleans(),
)
ATTEMPTS = st.builds(
    SignIn,
    person=st.builds(Person, IDS, SETS, SETS),
    apps=st.sampled_from((some(SHAREPOINT), SECRET)),
    platform=st.none() | PLATFORM,
    client=st.none() | st.sampled_from((BROWSER, MODERN_APP, "other")),
    device=st.none() | st.sampled_from((GOOD, BAD, HYBRID)),
    satisfied=st.frozensets(st.sampled_from(("mfa", "termsOfUse")), max_size=1),
)


@SOME
@given(st.lists(POLICIES, max_size=5), ATTEMPTS)
def test_V17_report_only_policies_never_change_the_outcome(policies, attempt):
    enforced = [one for one in policies if one.state == ENABLED]
    whole, alone = sign_in(policies, attempt), sign_in(enforced, attempt)
    assert (whole.outcome, whole.policy, whole.missing) == (alone.outcome, alone.policy, alone.missing)


@SOME
@given(POLICIES, ATTEMPTS, st.sampled_from(("users", "groups", "roles", "platforms", "apps")))
def test_V18_who_or_what_is_excluded_is_out_whatever_includes_it(one, attempt, by):
    person = attempt.person or ADA
    if by == "platforms":
        platform = attempt.platform or "windows"
        attempt = replace(attempt, platform=platform)
        sides = one.platforms or Sides()
        one = replace(one, platforms=replace(sides, exclude=sides.exclude | {platform.lower()}))
    elif by == "apps":
        one = replace(one, apps=replace(one.apps, exclude=one.apps.exclude | attempt.apps))
    else:
        mine = {"users": some(person.id), "groups": person.groups | {"g"}, "roles": person.roles | {"r"}}[by]
        attempt = replace(
            attempt, person=replace(person, groups=person.groups | {"g"}, roles=person.roles | {"r"})
        )
        one = replace(one, exclude=replace(one.exclude, **{by: getattr(one.exclude, by) | mine}))
    decision = sign_in([one], attempt)
    assert decision.outcome == GRANTED
    assert decision.results[0].result == NOT_APPLIED
    assert not what_if([one], attempt)[0].applies


@SOME
@given(st.lists(POLICIES, max_size=5), ATTEMPTS)
def test_a_sign_in_is_granted_exactly_when_no_enabled_policy_wants_anything(policies, attempt):
    decision = sign_in(policies, attempt)
    wanting = [row for row in decision.results if row.policy.state == ENABLED and row.missing]
    assert (decision.outcome == GRANTED) is (not wanting)
    assert len(decision.results) == len(policies)
    if decision.policy is not None:
        assert decision.missing in next(row for row in wanting if row.policy is decision.policy).missing


@SOME
@given(st.lists(POLICIES, max_size=4), ATTEMPTS)
def test_what_if_and_the_decision_agree_on_who_applies_where_everything_is_given(policies, attempt):
    attempt = replace(
        attempt,
        platform=attempt.platform or "linux",
        client=attempt.client or BROWSER,
        flow="none",
        locations=some(),
    )
    applies = [answer.applies for answer in what_if(policies, attempt)]
    assert applies == [row.result != NOT_APPLIED for row in sign_in(policies, attempt).results]
