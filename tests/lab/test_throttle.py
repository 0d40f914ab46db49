"""The published quotas as the lab keeps them, and whether Grace's own limiter stays below them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import cycle
from typing import Any

import pytest

from toolkit.graph.batch import gather
from toolkit.graph.limiter import Limiter
from toolkit.graph.limiter import service_of as client_service_of
from toolkit.graph.session import Session
from toolkit.graph.transport import Answer, Request
from toolkit.lab.contract import RequestError
from toolkit.lab.exchange import Asked
from toolkit.lab.routes import ROUTES
from toolkit.lab.throttle import (
    ACCESS,
    CONFIGURATION,
    DEVICES,
    DIRECTORY,
    NOTIFICATIONS,
    ROLES,
    Throttle,
    directory_quota,
    resource_units,
    service_of,
)

APP = "11111111-1111-1111-1111-111111111111"
OTHER = "22222222-2222-2222-2222-222222222222"
TENANT = "33333333-3333-3333-3333-333333333333"

POLICIES = "deviceManagement/deviceCompliancePolicies"
TEMPLATES = "deviceManagement/notificationMessageTemplates"
MACHINES = "deviceManagement/managedDevices"
TAGS = "deviceManagement/roleScopeTags"
ACCESS_POLICIES = "identity/conditionalAccess/policies"

ROOTS = {
    CONFIGURATION: POLICIES,
    NOTIFICATIONS: TEMPLATES,
    DEVICES: MACHINES,
    ROLES: TAGS,
    ACCESS: ACCESS_POLICIES,
}

# graph-contract 9.4: service, whether it writes, from how many apps, how many in which period.
PUBLISHED = [
    (service, writes, apps, size, 20.0)
    for service, one_app, whole_tenant in (
        (CONFIGURATION, (100, 1000), (200, 2000)),
        (NOTIFICATIONS, (100, 1000), (200, 2000)),
        (DEVICES, (200, 2000), (400, 4000)),
        (ROLES, (100, 1000), (200, 2000)),
    )
    for apps, sizes in ((1, one_app), (4, whole_tenant))
    for writes, size in zip((True, False), sizes, strict=True)
]


class Tenant:
    """One tenant's throttle with a clock that is turned by hand."""

    def __init__(self, **more: Any) -> None:
        self.now = 1000.0
        self.throttle = Throttle(lambda: self.now, tenant_id=TENANT, **more)

    def ask(self, path: str, method: str = "GET", query: str = "", app: str = APP) -> dict[str, str]:
        return self.throttle.take(app, Asked(method, "v1.0", path, query))

    def refused(self, path: str, method: str = "GET", query: str = "", app: str = APP) -> RequestError:
        with pytest.raises(RequestError) as caught:
            self.ask(path, method, query, app)
        return caught.value


@pytest.fixture
def tenant() -> Tenant:
    return Tenant()


def asked(line: str) -> Asked:
    """From "GET users?$top=5"."""
    method, _, address = line.partition(" ")
    path, _, query = address.partition("?")
    return Asked(method, "v1.0", path, query)


@pytest.mark.parametrize(("service", "writes", "apps", "size", "period"), PUBLISHED)
def test_each_service_takes_as_many_as_published_and_not_one_more(
    tenant: Tenant, service: str, writes: bool, apps: int, size: int, period: float
) -> None:
    method = "POST" if writes else "GET"
    senders = cycle([f"app-{number}" for number in range(apps)])
    for number in range(size):
        # Spread over the period, so that the limit of all services together is not met first.
        tenant.now = 1000.0 + number * period / size / 2
        tenant.ask(ROOTS[service], method, app=next(senders))
    error = tenant.refused(ROOTS[service], method, app="app-0" if apps == 1 else "a fresh app")
    left = 1000.0 + period - tenant.now
    assert (error.status, error.code) == (429, "TooManyRequests")
    assert 0 <= int(error.headers["Retry-After"]) - left < 1


def test_the_refusal_says_which_limit_of_whose(tenant: Tenant) -> None:
    for _ in range(100):
        tenant.ask(POLICIES, "POST")
    error = tenant.refused(POLICIES, "POST")
    assert error.message == "The configuration service takes 100 writes in 20 s from one app."


def test_whoever_waits_as_long_as_told_gets_through_and_asking_too_soon_costs_nothing(tenant: Tenant) -> None:
    for number in range(100):
        tenant.now = 1000.0 + number / 10
        tenant.ask(POLICIES, "POST")
    for _ in range(500):
        error = tenant.refused(POLICIES, "POST")
    tenant.now += int(error.headers["Retry-After"])
    assert tenant.ask(POLICIES, "POST") == {}


def test_what_was_spent_comes_back_one_period_later_and_not_at_the_full_minute(tenant: Tenant) -> None:
    tenant.ask(POLICIES, "POST")
    tenant.now = 1019.0
    for _ in range(99):
        tenant.ask(POLICIES, "POST")
    tenant.now = 1020.0
    tenant.ask(POLICIES, "POST")
    assert tenant.refused(POLICIES, "POST").headers["Retry-After"] == "19"


def test_reads_go_on_while_writes_are_used_up_and_one_service_does_not_stop_another(tenant: Tenant) -> None:
    for _ in range(100):
        tenant.ask(POLICIES, "POST")
    tenant.refused(POLICIES, "POST")
    tenant.ask(POLICIES)
    tenant.ask(TEMPLATES, "POST")
    tenant.ask(POLICIES, "POST", app=OTHER)


def test_a_write_that_is_refused_leaves_the_limit_of_all_requests_as_it_was(tenant: Tenant) -> None:
    for _ in range(100):
        tenant.ask(POLICIES, "POST")
    for _ in range(50):
        tenant.refused(POLICIES, "POST")
    for _ in range(900):
        tenant.ask(POLICIES)
    assert "1000 requests" in tenant.refused(POLICIES).message


def test_conditional_access_takes_one_a_second_from_all_apps_and_names_no_wait(tenant: Tenant) -> None:
    tenant.ask(ACCESS_POLICIES)
    error = tenant.refused("identity/conditionalAccess/namedLocations", app=OTHER)
    assert (error.status, error.headers) == (429, {})
    tenant.now += 1.0
    tenant.ask(ACCESS_POLICIES, "POST", app=OTHER)


@pytest.mark.parametrize(("says", "headers"), [(True, {"Retry-After": "20"}), (False, {})])
def test_intune_may_refuse_without_naming_a_wait(says: bool, headers: dict[str, str]) -> None:
    tenant = Tenant(retry_after=lambda: says)
    for _ in range(100):
        tenant.ask(POLICIES, "POST")
    assert tenant.refused(POLICIES, "POST").headers == headers


def test_the_directory_names_a_wait_whatever_intune_does() -> None:
    tenant = Tenant(retry_after=lambda: False)
    for _ in range(700):
        tenant.ask("groups/1/transitiveMembers")
    assert tenant.refused("users").headers["Retry-After"] == "10"


def test_an_app_may_send_two_thousand_a_second_in_all(tenant: Tenant) -> None:
    for number in range(2000):
        tenant.ask("subscribedSkus" if number % 2 else "deviceManagement/managedDevices")
    error = tenant.refused("subscribedSkus")
    assert error.headers == {"Retry-After": "1"}
    assert error.message == "Graph takes 2000 requests in 1 s from one app."
    tenant.ask("subscribedSkus", app=OTHER)


@pytest.mark.parametrize(
    ("line", "units"),
    [
        ("GET users", 2),
        ("GET users/1", 1),
        ("GET groups", 1),
        ("GET groups/1/members", 3),
        ("GET groups('1')/members", 3),
        ("GET groups/1/members/$count", 3),
        ("GET groups/1/members/microsoft.graph.user", 3),
        ("GET groups/1/transitiveMembers", 5),
        ("GET groups/1/transitiveMembers?$select=id", 4),
        ("GET groups/1/transitiveMembers?$select=id&$top=5", 3),
        ("GET groups/1/transitiveMembers?$top=20", 5),
        ("GET groups/1/transitiveMembers?select=id&%24expand=manager", 5),
        ("GET users?$expand=manager", 3),
        ("GET users?$top=" + "1" * 6000, 2),
        ("GET groups?$select=id&$top=1", 1),
        ("POST directoryObjects/getByIds", 3),
        ("GET me", 1),
        ("GET organization", 1),
        ("PATCH groups/1", 1),
    ],
)
def test_a_call_to_the_directory_costs_what_is_published(tenant: Tenant, line: str, units: int) -> None:
    assert resource_units(asked(line)) == units
    assert tenant.throttle.take(APP, asked(line)) == {"x-ms-resource-unit": str(units)}


@pytest.mark.parametrize(
    ("users", "units"), [(0, 3500), (49, 3500), (50, 5000), (500, 5000), (501, 8000), (100_000, 8000)]
)
def test_a_larger_tenant_has_more_of_the_directory(users: int, units: int) -> None:
    assert directory_quota(users).app_all == (units, 10.0)


def test_from_eight_tenths_on_the_directory_says_how_much_is_used(tenant: Tenant) -> None:
    answers = [tenant.ask("groups/1/transitiveMembers") for _ in range(700)]
    shares = [headers.get("x-ms-throttle-limit-percentage") for headers in answers]
    assert shares[:559] == [None] * 559
    assert shares[559] == "0.80"
    assert shares[-1] == "1.00"
    error = tenant.refused("groups/1")
    assert error.headers == {
        "Retry-After": "10",
        "x-ms-resource-unit": "1",
        "x-ms-throttle-scope": f"Tenant_Application/ReadWrite/{APP}/{TENANT}",
        "x-ms-throttle-information": "ResourceUnitLimitExceeded",
    }
    # Every app has units of its own.
    tenant.ask("groups/1", app=OTHER)


def test_the_directory_takes_three_thousand_writes_in_two_and_a_half_minutes(tenant: Tenant) -> None:
    for number in range(3000):
        tenant.now = 1000.0 + number / 25
        tenant.ask("groups/1", "PATCH")
    error = tenant.refused("groups/1", "PATCH")
    assert error.headers["x-ms-throttle-scope"] == f"Tenant_Application/Write/{APP}/{TENANT}"
    assert error.headers["x-ms-throttle-information"] == "WriteLimitExceeded"
    assert int(error.headers["Retry-After"]) == 31
    # It reads although it is a POST.
    tenant.ask("directoryObjects/getByIds", "POST")


def test_an_intune_post_that_only_reads_counts_as_a_write(tenant: Tenant) -> None:
    for _ in range(100):
        tenant.ask("deviceManagement/reports/getDeviceNoncompliance", "POST")
    tenant.refused(POLICIES, "PATCH")
    tenant.ask(POLICIES)


def test_a_clock_that_is_put_back_locks_nobody_out(tenant: Tenant) -> None:
    for _ in range(100):
        tenant.ask(POLICIES, "POST")
    tenant.now -= 3600.0
    tenant.ask(POLICIES, "POST")


@pytest.mark.parametrize(
    ("path", "service"),
    [
        ("deviceManagement", CONFIGURATION),
        ("deviceManagement/deviceCompliancePolicies('1')/assign", CONFIGURATION),
        ("DEVICEMANAGEMENT/compliancePolicies", CONFIGURATION),
        ("deviceManagement/managedDevices/1/deviceCompliancePolicyStates", CONFIGURATION),
        ("deviceManagement/managedDevices/1/retire", DEVICES),
        ("deviceManagement/notificationMessageTemplates/1", NOTIFICATIONS),
        ("deviceManagement/%6EotificationMessageTemplates", NOTIFICATIONS),
        ("deviceManagement/roleScopeTags", ROLES),
        ("identity/conditionalAccess/evaluate", ACCESS),
        ("me", DIRECTORY),
        ("directoryObjects/getByIds", DIRECTORY),
        ("deviceManagementX", None),
        ("subscribedSkus", None),
        ("", None),
    ],
)
def test_each_address_belongs_to_one_service(path: str, service: str | None) -> None:
    assert service_of(path) == service


def test_grace_counts_every_route_of_the_lab_for_the_service_that_the_lab_counts() -> None:
    differing = []
    for route in ROUTES:
        path = route.pattern.replace("{}", "1")
        mine = client_service_of(f"/beta/{path}")
        # The directory's units are no quota of the client's: it will not reach them.
        theirs = None if service_of(path) == DIRECTORY else service_of(path)
        if mine != theirs:
            differing.append((path, mine, theirs))
    assert differing == []


class Network:
    """A transport in simulated time: each request takes a while, is counted as it arrives, and is then answered."""

    def __init__(self, latencies: Iterator[float]) -> None:
        self.now = 1000.0
        self.latencies = latencies
        self.throttle = Throttle(lambda: self.now, retry_after=lambda: True)
        self.statuses: list[int] = []

    def __call__(self, request: Request, limit: float) -> Answer:
        half = next(self.latencies) / 2
        self.now += half
        path = request.url.removeprefix("https://graph.example/v1.0/").removeprefix(
            "https://graph.example/beta/"
        )
        answer = self._batch(request) if path == "$batch" else self._one(request.method, path)
        self.now += half
        return answer

    def _one(self, method: str, path: str) -> Answer:
        try:
            headers = self.throttle.take(APP, Asked(method, "beta", path.partition("?")[0], ""))
        except RequestError as error:
            self.statuses.append(error.status)
            return Answer(error.status, {key.lower(): value for key, value in error.headers.items()}, b"{}")
        self.statuses.append(200)
        return Answer(200, headers, b"{}")

    def _batch(self, request: Request) -> Answer:
        import json

        parts = json.loads(request.body or b"")["requests"]
        answers = [
            {
                "id": part["id"],
                "status": self._one(part["method"], part["url"].lstrip("/")).status,
                "body": {},
            }
            for part in parts
        ]
        return Answer(200, {}, json.dumps({"responses": answers}).encode())

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def session(self) -> Session:
        return Session(
            self,
            root="https://graph.example",
            token=lambda: None,
            sleep=self.sleep,
            clock_seconds=lambda: self.now,
            chance=lambda: 0.5,
            new_id=lambda: "id",
            limiter=Limiter(lambda: self.now, self.sleep),
        )


EVEN = (0.02,)
UNEVEN = (0.9, 0.02, 0.4, 0.05, 0.02, 0.02, 1.5, 0.02)
SLOW_AT_FIRST = (2.0, *[0.02] * 600)


def _policies(session: Session) -> None:
    for number in range(500):
        session.call("POST", f"/beta/{POLICIES}/{number}/assign", json={})


def _access(session: Session) -> None:
    for number in range(20):
        session.call("PATCH" if number % 2 else "GET", f"/v1.0/{ACCESS_POLICIES}/1", json={})


def _reports(session: Session) -> None:
    for _ in range(250):
        session.call("POST", "/beta/deviceManagement/reports/getDeviceNoncompliance", json={})


def _states(session: Session) -> None:
    for number in range(2500):
        session.get(f"/v1.0/{MACHINES}/{number}/deviceCompliancePolicyStates")


def _batches(session: Session) -> None:
    gather(session, [f"/{POLICIES}/{number}" for number in range(1500)], "beta")


@pytest.mark.parametrize("latencies", [EVEN, UNEVEN, SLOW_AT_FIRST], ids=["even", "uneven", "slow at first"])
@pytest.mark.parametrize(
    ("work", "least"),
    [(_policies, 80.0), (_access, 19.0), (_reports, 40.0), (_states, 40.0), (_batches, 20.0)],
)
def test_grace_is_never_throttled_however_unevenly_its_requests_arrive(
    latencies: tuple[float, ...], work: Callable[[Session], None], least: float
) -> None:
    network = Network(cycle(latencies))
    work(network.session())
    assert 429 not in network.statuses
    assert network.now - 1000.0 >= least


def test_five_hundred_policy_writes_take_hardly_longer_than_the_quota_makes_them() -> None:
    network = Network(cycle(EVEN))
    _policies(network.session())
    assert network.statuses == [200] * 500
    # Four further windows of 20 s, and a hundred writes in the last.
    assert network.now - 1000.0 <= 80.0 * 1.05
