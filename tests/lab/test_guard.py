"""Who may ask a served lab for what."""

from __future__ import annotations

import pytest

from toolkit.lab.app import Lab, Request, create_lab
from toolkit.lab.apps import CLIENT_ID, find_app
from toolkit.lab.contract import RequestError
from toolkit.lab.exchange import Asked
from toolkit.lab.grants import Grant
from toolkit.lab.guard import Guard, row_of
from toolkit.lab.routes import ROUTES
from toolkit.lab.tokens import access_token

OWNERS = "the-owners-token"
READING = frozenset(
    permission
    for route in ROUTES
    if route.method == "GET" and (row := row_of(route.method, route.pattern)) is not None
    for permission in (*row.least, *row.others)
    if ".Read." in permission or permission == "User.Read"
)
READS_BY_POST = (
    "directoryObjects/getByIds",
    "deviceManagement/deviceCompliancePolicies/getNoncompliantDevicesToRetire",
    "identity/conditionalAccess/evaluate",
    "deviceManagement/roleScopeTags/getRoleScopeTagsById",
)
"""And the reports: they are asked for by POST and change nothing."""


class Throttle:
    """Counts, and refuses after the second call."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, str]] = []

    def take(self, app_id: str, asked: Asked) -> dict[str, str]:
        self.taken.append((app_id, asked.path))
        if len(self.taken) > 2:
            raise RequestError(429, "TooManyRequests", "Enough.", {"Retry-After": "7"})
        return {"x-ms-resource-unit": "1"}


@pytest.fixture(scope="module")
def lab() -> Lab:
    return create_lab(":memory:", "empty")


@pytest.fixture
def guard(lab: Lab) -> Guard:
    return Guard(lab, OWNERS)


def minted(lab: Lab, *permissions: str) -> str:
    app = find_app(lab.store, CLIENT_ID)
    assert app is not None
    return access_token(lab, app, None, permissions, audience=lab.base_url)


def with_permissions(*permissions: str) -> Grant:
    return Grant("app", None, frozenset(permissions))


def refusal(guard: Guard, grant: Grant, method: str, path: str) -> tuple[int, str] | None:
    try:
        guard.allow(grant, Asked(method, "beta", path, ""))
    except RequestError as error:
        return error.status, error.code
    return None


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": ""},
        {"authorization": "Bearer"},
        {"authorization": "Bearer "},
        {"authorization": OWNERS},
        {"authorization": f"Basic {OWNERS}"},
        {"authorization": f"Bearer {OWNERS}x"},
        {"authorization": f"Bearer {OWNERS[:-1]}"},
        {"authorization": "Bearer \xe9\u20ac"},
        {"authorization": "Bearer a.b.c"},
        {"Authorization": f"Bearer {OWNERS}"},
    ],
)
def test_without_a_good_token_nobody_is_admitted(guard, headers):
    with pytest.raises(RequestError) as refused:
        guard.admit(headers)
    assert (refused.value.status, refused.value.code) == (401, "InvalidAuthenticationToken")
    assert refused.value.headers["WWW-Authenticate"].startswith("Bearer ")
    assert OWNERS[:-1] not in str(refused.value)


@pytest.mark.parametrize("header", [f"Bearer {OWNERS}", f"bearer {OWNERS}", f"BEARER   {OWNERS} "])
def test_the_printed_token_is_the_owners(guard, header):
    grant = guard.admit({"authorization": header})
    assert grant.is_owner
    guard.allow_steering(grant)
    assert refusal(guard, grant, "DELETE", "deviceManagement/deviceCompliancePolicies/x") is None


def test_the_owner_asks_as_the_tenants_administrator():
    lab = create_lab(":memory:")
    assert Guard(lab, OWNERS).admit({"authorization": f"Bearer {OWNERS}"}).user_id == lab.store.meta(
        "signedIn"
    )


def test_a_token_of_the_lab_carries_its_permissions_and_does_not_steer(lab, guard):
    grant = guard.admit({"authorization": f"Bearer {minted(lab, 'Policy.Read.All')}"})
    assert grant == Grant(CLIENT_ID, None, frozenset({"Policy.Read.All"}))
    with pytest.raises(RequestError) as refused:
        guard.allow_steering(grant)
    assert refused.value.status == 403
    with pytest.raises(RequestError):
        guard.allow_steering(None)


def test_a_token_of_another_lab_is_refused(guard):
    other = create_lab(":memory:", "empty", seed=2)
    with pytest.raises(RequestError) as refused:
        guard.admit({"authorization": f"Bearer {minted(other, 'Policy.Read.All')}"})
    assert refused.value.status == 401


def test_a_token_that_was_good_is_refused_once_it_has_expired():
    now = [1_000_000.0]
    plain = create_lab(":memory:", "empty")
    lab = Lab(plain.store, seconds=lambda: now[0])
    guard = Guard(lab, OWNERS)
    header = {"authorization": f"Bearer {minted(lab, 'Policy.Read.All')}"}
    assert guard.admit(header) is guard.admit(header)
    now[0] += 24 * 3600
    with pytest.raises(RequestError) as refused:
        guard.admit(header)
    assert refused.value.status == 401


@pytest.mark.parametrize(
    ("method", "path", "permissions", "expected"),
    [
        (
            "GET",
            "deviceManagement/deviceCompliancePolicies",
            ("DeviceManagementConfiguration.Read.All",),
            None,
        ),
        (
            "GET",
            "deviceManagement/deviceCompliancePolicies",
            ("DeviceManagementConfiguration.ReadWrite.All",),
            None,
        ),
        ("GET", "deviceManagement/deviceCompliancePolicies", ("Group.Read.All",), (403, "Forbidden")),
        ("GET", "deviceManagement/deviceCompliancePolicies", (), (403, "Forbidden")),
        (
            "POST",
            "deviceManagement/deviceCompliancePolicies",
            ("DeviceManagementConfiguration.Read.All",),
            (403, "Forbidden"),
        ),
        # Templates are of another family than policies (graph-contract 10).
        (
            "GET",
            "deviceManagement/notificationMessageTemplates",
            ("DeviceManagementConfiguration.ReadWrite.All",),
            (403, "Forbidden"),
        ),
        ("GET", "groups", ("Policy.Read.All",), (403, "Authorization_RequestDenied")),
        ("GET", "groups", ("Group.Read.All",), None),
        # All three are needed together.
        (
            "POST",
            "identity/conditionalAccess/policies",
            ("Policy.Read.All", "Policy.ReadWrite.ConditionalAccess"),
            (403, "Authorization_RequestDenied"),
        ),
        (
            "POST",
            "identity/conditionalAccess/policies",
            ("Policy.Read.All", "Policy.ReadWrite.ConditionalAccess", "Application.Read.All"),
            None,
        ),
        # What is not there answers 501, whoever asks.
        ("GET", "deviceManagement/nothing", (), None),
        ("PUT", "groups", (), None),
    ],
)
def test_permissions_are_checked_per_call(guard, method, path, permissions, expected):
    assert refusal(guard, with_permissions(*permissions), method, path) == expected


@pytest.mark.parametrize(
    "path",
    [
        "deviceManagement/deviceCompliancePolicies/1",
        "devicemanagement/DEVICECOMPLIANCEPOLICIES/1",
        "deviceManagement/deviceCompliancePolicies('1')",
        "deviceManagement/deviceComplianceP%6flicies/1",
        "/deviceManagement/deviceCompliancePolicies/1/",
        "deviceManagement/deviceCompliancePolicies%28'1'%29",
    ],
)
def test_no_spelling_of_an_address_gets_around_the_permissions(guard, path):
    for method in ("GET", "DELETE"):
        assert refusal(guard, with_permissions("Group.Read.All"), method, path) == (403, "Forbidden")


def test_permissions_to_read_do_not_write():
    guard = Guard(create_lab(":memory:", "empty"), OWNERS)
    grant = with_permissions(*READING)
    passed = [
        (route.method, route.pattern)
        for route in ROUTES
        if route.method != "GET"
        and refusal(guard, grant, route.method, route.pattern.replace("{}", "x")) is None
    ]
    unexpected = [path for _, path in passed if path not in READS_BY_POST and "/reports/" not in path]
    assert unexpected == []
    assert ("POST", "directoryObjects/getByIds") in passed


def test_permissions_to_read_read_everything():
    guard = Guard(create_lab(":memory:", "empty"), OWNERS)
    grant = with_permissions(*READING)
    assert [
        route.pattern
        for route in ROUTES
        if route.method == "GET"
        and refusal(guard, grant, "GET", route.pattern.replace("{}", "x")) is not None
    ] == []


def test_every_route_has_a_row_of_permissions():
    missing = {
        (route.method, route.pattern) for route in ROUTES if row_of(route.method, route.pattern) is None
    }
    assert missing == set()


def test_the_parts_of_a_batch_need_their_own_permissions():
    lab = create_lab(":memory:")
    lab.guard = Guard(lab, OWNERS)
    header = {"Authorization": f"Bearer {minted(lab, 'Group.Read.All')}"}
    body = b"""{"requests": [
        {"id": "1", "method": "GET", "url": "/groups"},
        {"id": "2", "method": "GET", "url": "/deviceManagement/managedDevices"}
    ]}"""
    answer = lab.handle(Request("POST", "/v1.0/$batch", header, body))
    assert {row["id"]: row["status"] for row in answer.json()["responses"]} == {"1": 200, "2": 403}


def test_a_403_has_graphs_shape():
    lab = create_lab(":memory:", "empty")
    lab.guard = Guard(lab, OWNERS)
    header = {"Authorization": f"Bearer {minted(lab, 'Group.Read.All')}"}
    answer = lab.handle(Request("GET", "/beta/deviceManagement/managedDevices", header))
    error = answer.json()["error"]
    assert (answer.status, error["code"]) == (403, "Forbidden")
    assert "DeviceManagementManagedDevices.Read.All" in error["message"]
    assert set(error["innerError"]) == {"date", "request-id", "client-request-id"}


def test_each_graph_call_counts_for_its_app_and_a_full_quota_is_a_429():
    lab = create_lab(":memory:", "empty")
    throttle = Throttle()
    lab.guard = Guard(lab, OWNERS, throttle)
    header = {"Authorization": f"Bearer {minted(lab, 'Group.Read.All')}"}
    answers = [lab.handle(Request("GET", "/v1.0/groups", header)) for _ in range(3)]
    assert [answer.status for answer in answers] == [200, 200, 429]
    assert [answer.headers.get("x-ms-resource-unit") for answer in answers] == ["1", "1", None]
    assert answers[2].headers["Retry-After"] == "7"
    assert throttle.taken == [(CLIENT_ID, "groups")] * 3


def test_a_refused_call_does_not_count():
    lab = create_lab(":memory:", "empty")
    throttle = Throttle()
    lab.guard = Guard(lab, OWNERS, throttle)
    lab.handle(Request("GET", "/v1.0/groups", {"Authorization": "Bearer nothing"}))
    header = {"Authorization": f"Bearer {minted(lab, 'Policy.Read.All')}"}
    assert lab.handle(Request("GET", "/v1.0/groups", header)).status == 403
    assert throttle.taken == []


def test_the_sign_in_addresses_need_no_token(lab):
    lab.guard = Guard(lab, OWNERS)
    try:
        answer = lab.handle(Request("GET", "/common/v2.0/.well-known/openid-configuration"))
    finally:
        lab.guard = None
    assert answer.status == 200


@pytest.mark.parametrize(
    "address", ["/v1.0/groups", "/beta/groups", "/lab/story", "/V1.0/groups", "/LAB/story"]
)
def test_every_version_and_the_steering_need_a_token(lab, address):
    lab.guard = Guard(lab, OWNERS)
    try:
        assert lab.handle(Request("GET", address)).status == 401
    finally:
        lab.guard = None
