"""Quotas of the services, and waiting for them."""

from __future__ import annotations

import threading

import pytest

from toolkit.graph.limiter import (
    ACCESS,
    CONFIGURATION,
    DEVICES,
    NOTIFICATIONS,
    QUOTAS,
    ROLES,
    Limiter,
    Quota,
    service_of,
)

# Source: Microsoft Graph documentation, "Microsoft Graph service-specific throttling limits", read 2026-08.
DOCUMENTED = {
    CONFIGURATION: Quota(100, 1000, 20.0),
    NOTIFICATIONS: Quota(100, 1000, 20.0),
    DEVICES: Quota(200, 2000, 20.0),
    ROLES: Quota(100, 1000, 20.0),
    ACCESS: Quota(1, 1, 1.0),
}

POLICIES = "/deviceManagement/deviceCompliancePolicies"
ACCESS_POLICIES = "/identity/conditionalAccess/policies"


class Time:
    """A clock that only sleeping moves. `early`: how much too soon a sleeper wakes."""

    def __init__(self, early: float = 0.0) -> None:
        self.now = 1000.0
        self.early = early

    def seconds(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.now += seconds - self.early


def moments(uses, time=None):
    """When each of the uses, asked for at once, may go: seconds from the first."""
    time = time or Time()
    limiter = Limiter(time.seconds, time.sleep)
    gone = []
    for path, write in uses:
        limiter.wait(path, write=write)
        gone.append(round(time.now - 1000.0, 6))
    return gone


def test_the_quotas_are_the_documented_ones():
    assert QUOTAS == DOCUMENTED


@pytest.mark.parametrize(
    ("path", "service"),
    [
        ("/deviceManagement", CONFIGURATION),
        (POLICIES, CONFIGURATION),
        (
            "https://graph.microsoft.com/beta/deviceManagement/compliancePolicies/1?$expand=settings",
            CONFIGURATION,
        ),
        ("/v1.0/deviceManagement/deviceCompliancePolicies('1')", CONFIGURATION),
        ("/deviceManagement/notificationMessageTemplates/1", NOTIFICATIONS),
        ("/DEVICEMANAGEMENT/NOTIFICATIONMESSAGETEMPLATES", NOTIFICATIONS),
        ("/deviceManagement/managedDevices/1/retire", DEVICES),
        ("/deviceManagement/managedDevices?$top=5", DEVICES),
        ("/beta/deviceManagement/roleScopeTags", ROLES),
        ("/v1.0/identity/conditionalAccess/evaluate", ACCESS),
        ("/deviceManagementX", None),
        ("/groups/1/members", None),
        ("/users", None),
        ("/organization", None),
    ],
)
def test_each_path_belongs_to_one_service(path, service):
    assert service_of(path) == service


def test_five_hundred_policy_writes_take_eighty_seconds():
    assert moments([(POLICIES, True)] * 500) == [20.0 * (n // 100) for n in range(500)]


def test_reads_go_on_while_writes_are_used_up():
    uses = [(POLICIES, True)] * 100 + [(POLICIES, False)] * 900
    assert moments(uses) == [0.0] * 1000


def test_writes_count_among_all_requests():
    uses = [(POLICIES, True)] * 100 + [(POLICIES, False)] * 901
    assert moments(uses) == [0.0] * 1000 + [20.0]


def test_conditional_access_takes_one_request_a_second_reads_too():
    uses = [(ACCESS_POLICIES, False), (ACCESS_POLICIES, True), (ACCESS_POLICIES, False)]
    assert moments(uses) == [0.0, 1.0, 2.0]


def test_a_busy_service_does_not_hold_up_another():
    uses = [(POLICIES, True)] * 100 + [("/deviceManagement/notificationMessageTemplates", True)]
    assert moments(uses) == [0.0] * 101


def test_what_has_no_quota_never_waits():
    assert moments([("/groups", False)] * 5000) == [0.0] * 5000


def test_no_twenty_seconds_anywhere_hold_more_than_the_quota():
    time = Time()
    limiter = Limiter(time.seconds, time.sleep)
    gone = []
    for number in range(450):
        limiter.wait(POLICIES, write=True)
        gone.append(time.now)
        time.now += 0.01 * (number % 37)
    assert max(sum(start <= at < start + 20.0 for at in gone) for start in gone) == 100


def test_a_sleep_that_wakes_too_early_does_not_spin():
    time = Time(early=1e-9)
    assert moments([(ACCESS_POLICIES, False)] * 3, time) == [0.0, 1.0, 2.0]


def test_threads_share_one_quota():
    lock = threading.Lock()
    time = Time()
    waits = []

    def sleep(seconds):
        with lock:
            waits.append(seconds)
            time.now = max(time.now, 1000.0) + seconds

    limiter = Limiter(time.seconds, sleep)

    def work():
        for _ in range(25):
            limiter.wait(POLICIES, write=True)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert waits == []
    limiter.wait(POLICIES, write=True)
    assert waits == [20.0]


def test_the_parts_of_a_batch_count_one_by_one():
    time = Time()
    limiter = Limiter(time.seconds, time.sleep)
    limiter.wait_all([(ACCESS_POLICIES, False)] * 3)
    assert time.now == 1002.0
