"""Graph's published quotas, kept by the lab: who asks too often is told so, in the way of the service that was asked.

Sources: graph-contract 9.4; for the costs and headers of the directory that page's own source, Graph's concept page on
service-specific throttling limits. Ours, because nothing is published about it:

- A window slides: what was spent comes back one period later, not at the full minute. It is the strictest reading, so
  a client that gets on with it gets on with fixed windows too.
- A refused request spends nothing, so one that waits as long as it was told gets through.
- The parts of a batch count one by one, also against the global limit, and the batch around them does not.
- `deviceManagement/reports` and any other address below deviceManagement count as device configuration.

A write is what is not GET, as the limits name methods: POSTs that only read (reports, the list of devices to retire)
count as writes for Intune. The directory publishes which of its POSTs write; getByIds does not.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from math import ceil
from typing import NamedTuple
from urllib.parse import parse_qsl

from toolkit.lab.addresses import fits, steps_of
from toolkit.lab.contract import ZERO_GUID, RequestError
from toolkit.lab.exchange import Asked

GLOBAL = "global"
CONFIGURATION = "configuration"
NOTIFICATIONS = "notifications"
DEVICES = "devices"
ROLES = "roles"
ACCESS = "access"
DIRECTORY = "directory"

REQUESTS, WRITES, UNITS = "requests", "writes", "resource units"
"""What a limit counts."""


class Limit(NamedTuple):
    """So many requests (or resource units) in so many seconds."""

    size: int
    period: float


class Quota(NamedTuple):
    """Of one service in one tenant; None where nothing is published."""

    app_writes: Limit | None = None
    app_all: Limit | None = None
    tenant_writes: Limit | None = None
    tenant_all: Limit | None = None


_ORDINARY = Quota(Limit(100, 20.0), Limit(1000, 20.0), Limit(200, 20.0), Limit(2000, 20.0))

QUOTAS: dict[str, Quota] = {
    GLOBAL: Quota(app_all=Limit(2000, 1.0)),
    CONFIGURATION: _ORDINARY,
    NOTIFICATIONS: _ORDINARY,
    DEVICES: Quota(Limit(200, 20.0), Limit(2000, 20.0), Limit(400, 20.0), Limit(4000, 20.0)),
    ROLES: _ORDINARY,
    ACCESS: Quota(tenant_all=Limit(1, 1.0)),
}
"""All but the directory's, which `directory_quota` gives."""

_DIRECTORY_UNITS = ((50, 3500), (501, 5000))
_MOST_DIRECTORY_UNITS = 8000

_NAMED_FROM = 0.8
"""From this share of its units on, the directory says how much is used."""

# The first that fits counts.
_SERVICES: tuple[tuple[str, str], ...] = (
    ("identity/conditionalAccess/*", ACCESS),
    ("deviceManagement/notificationMessageTemplates/*", NOTIFICATIONS),
    # The published list counts deviceCompliancePolicyState among device configuration, wherever it is read.
    ("deviceManagement/managedDevices/{}/deviceCompliancePolicyStates/*", CONFIGURATION),
    ("deviceManagement/managedDevices/*", DEVICES),
    ("deviceManagement/managedDeviceOverview/*", DEVICES),
    ("deviceManagement/deviceComplianceScripts/*", DEVICES),
    ("deviceManagement/roleScopeTags/*", ROLES),
    ("deviceManagement/roleDefinitions/*", ROLES),
    ("deviceManagement/roleAssignments/*", ROLES),
    ("deviceManagement/resourceOperations/*", ROLES),
    ("deviceManagement/*", CONFIGURATION),
    ("users/*", DIRECTORY),
    ("groups/*", DIRECTORY),
    ("devices/*", DIRECTORY),
    ("me/*", DIRECTORY),
    ("directoryObjects/*", DIRECTORY),
    ("organization/*", DIRECTORY),
)

_GET_BY_IDS = "directoryObjects/getByIds"

# (method, address, resource units); anything else in the directory costs 1.
_COSTS: tuple[tuple[str, str, int], ...] = (
    ("GET", "users", 2),
    ("GET", "groups/{}/members/*", 3),
    ("GET", "groups/{}/transitiveMembers/*", 5),
    ("POST", _GET_BY_IDS, 3),
)


def directory_quota(users: int) -> Quota:
    """What Entra gives an app in a tenant with so many users: fewer than 50, up to 500, more."""
    units = next((units for below, units in _DIRECTORY_UNITS if users < below), _MOST_DIRECTORY_UNITS)
    return Quota(app_writes=Limit(3000, 150.0), app_all=Limit(units, 10.0))


def service_of(path: str) -> str | None:
    """The service behind a path below the version; None for one without a quota of its own."""
    steps = steps_of(path)
    return next((name for pattern, name in _SERVICES if fits(steps, pattern)), None)


def resource_units(asked: Asked) -> int:
    """What the directory charges for a call, never less than 1."""
    steps = steps_of(asked.path)
    cost = next(
        (units for method, pattern, units in _COSTS if method == asked.method and fits(steps, pattern)), 1
    )
    options = {
        name.lower().lstrip("$"): value for name, value in parse_qsl(asked.query, keep_blank_values=True)
    }
    top = options.get("top", "")
    cost += ("expand" in options) - ("select" in options)
    cost -= len(top) <= 2 and top.isdecimal() and int(top) < 20
    return max(1, cost)


class Throttle:
    """The quotas of one tenant. `seconds` is the time they go by. Not locked: the lab takes one request at a time.

    `users` decides the tenant's size in the directory, `tenant_id` is named in its headers. `retry_after` is asked at
    each refusal of an Intune service whether it says how long to wait: its refusals are known to come without.
    """

    def __init__(
        self,
        seconds: Callable[[], float],
        *,
        tenant_id: str = ZERO_GUID,
        users: int = 0,
        retry_after: Callable[[], bool] = lambda: True,
    ) -> None:
        self._seconds = seconds
        self._tenant_id = tenant_id
        self._retry_after = retry_after
        self._quotas = {**QUOTAS, DIRECTORY: directory_quota(users)}
        self._windows: dict[tuple[str, str, str], _Window] = {}
        self._groups: dict[tuple[str, str | None, bool], tuple[_Window, ...]] = {}

    def take(self, app_id: str, asked: Asked) -> dict[str, str]:
        """Counts one call and gives the headers that its answer carries.

        Raises RequestError (429, TooManyRequests) for one call too many, with what the service says about waiting.
        """
        now = self._seconds()
        service = service_of(asked.path)
        units = resource_units(asked) if service == DIRECTORY else 1
        windows = self._windows_of(app_id, service, _is_write(asked, service))
        longest, full = 0.0, None
        for window in windows:
            wait = window.wait(now, units if window.noun == UNITS else 1)
            if wait > longest:
                longest, full = wait, window
        if full is not None:
            raise self._refusal(app_id, full, longest, units)
        for window in windows:
            window.spend(now, units if window.noun == UNITS else 1)
        if service != DIRECTORY:
            return {}
        headers = {"x-ms-resource-unit": str(units)}
        share = max(window.share for window in windows if window.service == DIRECTORY)
        if share >= _NAMED_FROM:
            headers["x-ms-throttle-limit-percentage"] = f"{share:.2f}"
        return headers

    def _windows_of(self, app_id: str, service: str | None, is_write: bool) -> tuple[_Window, ...]:
        """Every limit that a call counts against."""
        key = (app_id, service, is_write)
        if key not in self._groups:
            found = []
            for name in (GLOBAL,) if service is None else (GLOBAL, service):
                quota = self._quotas[name]
                noun = UNITS if name == DIRECTORY else REQUESTS
                rows = [(app_id, noun, quota.app_all), ("", noun, quota.tenant_all)]
                if is_write:
                    rows += [(app_id, WRITES, quota.app_writes), ("", WRITES, quota.tenant_writes)]
                found += [self._window(name, whose, noun, limit) for whose, noun, limit in rows if limit]
            self._groups[key] = tuple(found)
        return self._groups[key]

    def _window(self, service: str, whose: str, noun: str, limit: Limit) -> _Window:
        """The one window of a limit; `whose` is an app, or "" for all of the tenant together."""
        key = (service, whose, noun)
        if key not in self._windows:
            self._windows[key] = _Window(service, whose, noun, limit)
        return self._windows[key]

    def _refusal(self, app_id: str, full: _Window, wait: float, units: int) -> RequestError:
        headers: dict[str, str] = {}
        is_intune = full.service not in (GLOBAL, ACCESS, DIRECTORY)
        if full.service != ACCESS and (not is_intune or self._retry_after()):
            headers["Retry-After"] = str(ceil(wait))
        if full.service == DIRECTORY:
            kind, why = (
                ("Write", "WriteLimitExceeded")
                if full.noun == WRITES
                else ("ReadWrite", "ResourceUnitLimitExceeded")
            )
            headers["x-ms-resource-unit"] = str(units)
            headers["x-ms-throttle-scope"] = f"Tenant_Application/{kind}/{app_id}/{self._tenant_id}"
            headers["x-ms-throttle-information"] = why
        whose = "one app" if full.whose else "all apps of the tenant together"
        what = "Graph" if full.service == GLOBAL else f"The {full.service} service"
        return RequestError(
            429,
            "TooManyRequests",
            f"{what} takes {full.limit.size} {full.noun} in {full.limit.period:g} s from {whose}.",
            headers,
        )


class _Window:
    """What was spent of a limit within its last period, oldest first."""

    def __init__(self, service: str, whose: str, noun: str, limit: Limit) -> None:
        self.service = service
        self.whose = whose
        self.noun = noun
        self.limit = limit
        self._spent: deque[tuple[float, int]] = deque()
        self._sum = 0

    @property
    def share(self) -> float:
        return self._sum / self.limit.size

    def wait(self, now: float, cost: int) -> float:
        """Seconds until so much can be spent; 0.0 for now."""
        spent, period = self._spent, self.limit.period
        # What lies in the future was spent before the clock was put back.
        while spent and (spent[0][0] + period <= now or spent[0][0] > now):
            self._sum -= spent.popleft()[1]
        missing = self._sum + cost - self.limit.size
        for at, amount in spent if missing > 0 else ():
            missing -= amount
            if missing <= 0:
                return at + period - now
        return 0.0

    def spend(self, now: float, cost: int) -> None:
        self._spent.append((now, cost))
        self._sum += cost


def _is_write(asked: Asked, service: str | None) -> bool:
    if service == DIRECTORY and fits(steps_of(asked.path), _GET_BY_IDS):
        return False
    return asked.method not in ("GET", "HEAD")
