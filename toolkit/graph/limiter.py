"""Not being throttled: what each service allows, and waiting before it would say no.

A bucket holds as many tokens as the service allows requests in a period. A token comes back one period after it
was taken, not drop by drop: so no period of that length, wherever it begins, ever holds more than is allowed.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable
from typing import NamedTuple

from toolkit.graph.versions import bare_path


class Quota(NamedTuple):
    """What one application may send to one service in one tenant."""

    writes: int
    anything: int
    period: float
    """Seconds."""


CONFIGURATION = "configuration"
NOTIFICATIONS = "notifications"
DEVICES = "devices"
ROLES = "roles"
ACCESS = "access"

QUOTAS: dict[str, Quota] = {
    CONFIGURATION: Quota(100, 1000, 20.0),
    NOTIFICATIONS: Quota(100, 1000, 20.0),
    DEVICES: Quota(200, 2000, 20.0),
    ROLES: Quota(100, 1000, 20.0),
    # One a second for all applications together, reads too, and its refusals name no time to wait.
    ACCESS: Quota(1, 1, 1.0),
}

_SERVICES: tuple[tuple[str, str], ...] = (
    ("/identity/conditionalaccess", ACCESS),
    ("/devicemanagement/notificationmessagetemplates", NOTIFICATIONS),
    ("/devicemanagement/manageddevices", DEVICES),
    ("/devicemanagement/manageddeviceoverview", DEVICES),
    ("/devicemanagement/devicecompliancescripts", DEVICES),
    ("/devicemanagement/rolescopetags", ROLES),
    ("/devicemanagement/roledefinitions", ROLES),
    ("/devicemanagement/roleassignments", ROLES),
    ("/devicemanagement", CONFIGURATION),
)


def service_of(path: str) -> str | None:
    """The service behind a path or an address; None for one without a limit that we would reach (the directory)."""
    bare = bare_path(path).lower()
    return next((name for root, name in _SERVICES if bare == root or bare.startswith(f"{root}/")), None)


def free_at(taken: deque[float], size: int, period: float) -> float | None:
    """The moment when the next token is there; None for now. `taken`: when the last ones were taken, oldest first.

    >>> free_at(deque([0.0, 1.0, 5.0]), 2, 20.0)
    21.0
    """
    return taken[-size] + period if len(taken) >= size else None


class Limiter:
    """Makes the caller wait until a request fits. Threads may share one."""

    def __init__(self, clock_seconds: Callable[[], float], sleep: Callable[[float], None]) -> None:
        self._clock = clock_seconds
        self._sleep = sleep
        self._lock = threading.Lock()
        self._taken = {
            (name, is_write): deque[float](maxlen=size)
            for name, quota in QUOTAS.items()
            for is_write, size in ((True, quota.writes), (False, quota.anything))
        }

    def wait(self, path: str, *, write: bool) -> None:
        """Returns when one more request to this path is allowed, and counts it."""
        service = service_of(path)
        if service is None:
            return
        at = self._clock()
        while (due := self._take(service, write, at)) is not None:
            self._sleep(due - at)
            # A sleep may wake a hair early; what was due is taken as come.
            at = max(self._clock(), due)

    def wait_all(self, uses: Iterable[tuple[str, bool]]) -> None:
        """The parts of a batch, each counted by itself, as the service does: (path, whether it writes)."""
        for path, write in uses:
            self.wait(path, write=write)

    def _take(self, service: str, write: bool, at: float) -> float | None:
        """Takes a token of each kind needed if all are there; else the moment to ask again."""
        quota = QUOTAS[service]
        kinds = (True, False) if write else (False,)
        with self._lock:
            buckets = [
                (self._taken[service, kind], quota.writes if kind else quota.anything) for kind in kinds
            ]
            moments = [free_at(taken, size, quota.period) for taken, size in buckets]
            due = max((moment for moment in moments if moment is not None), default=at)
            if due > at:
                return due
            for taken, _ in buckets:
                taken.append(at)
            return None
