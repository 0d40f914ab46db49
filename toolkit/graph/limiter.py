"""Not being throttled: what each service allows, and waiting before it would say no.

A bucket holds as many tokens as the service allows requests in a period. A token comes back one period after its
request was answered, not drop by drop: the service counts a request somewhere between sending and answer, so no period
of that length, wherever it begins, ever holds more than is allowed; unless a single request is longer than a whole
period on its way.
"""

from __future__ import annotations

import re
import threading
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import NamedTuple

from toolkit.graph.versions import bare_path


class Quota(NamedTuple):
    """What one application may send to one service in one tenant."""

    writes: int
    anything: int
    period: float
    """Seconds."""


class Taken(NamedTuple):
    """One counted request; `at` is when it was let go."""

    service: str
    write: bool
    at: float


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
    if re.fullmatch("/devicemanagement/manageddevices/[^/]+/devicecompliancepolicystates(/.*)?", bare):
        # The published list counts these states among device configuration, wherever they are read.
        return CONFIGURATION
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

    def wait(self, path: str, *, write: bool) -> Taken | None:
        """Returns when one more request to this path is allowed, and counts it; None where nothing is counted."""
        service = service_of(path)
        if service is None:
            return None
        at = self._clock()
        while (due := self._take(service, write, at)) is not None:
            self._sleep(due - at)
            # A sleep may wake a hair early; what was due is taken as come.
            at = max(self._clock(), due)
        return Taken(service, write, at)

    def wait_all(self, uses: Iterable[tuple[str, bool]]) -> list[Taken]:
        """The parts of a batch, each counted by itself, as the service does: (path, whether it writes)."""
        found = [self.wait(path, write=write) for path, write in uses]
        return [taken for taken in found if taken is not None]

    def answered(self, taken: Iterable[Taken]) -> None:
        """The requests were answered, or given up: from now on their tokens are on the way back."""
        now = self._clock()
        with self._lock:
            for service, write, at in taken:
                for kind in _kinds(write):
                    bucket = self._taken[service, kind]
                    # Gone already where the answer took longer than a period.
                    with suppress(ValueError):
                        bucket.remove(at)
                    bucket.append(now)

    def _take(self, service: str, write: bool, at: float) -> float | None:
        """Takes a token of each kind needed if all are there; else the moment to ask again."""
        quota = QUOTAS[service]
        with self._lock:
            buckets = [
                (self._taken[service, kind], quota.writes if kind else quota.anything)
                for kind in _kinds(write)
            ]
            moments = [free_at(taken, size, quota.period) for taken, size in buckets]
            due = max((moment for moment in moments if moment is not None), default=at)
            if due > at:
                return due
            for taken, _ in buckets:
                taken.append(at)
            return None


def _kinds(write: bool) -> tuple[bool, ...]:
    """The buckets that a request takes a token of: writes count among all requests too."""
    return (True, False) if write else (False,)
