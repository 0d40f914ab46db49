"""Which devices and people a schedule will touch, when, by what; and what a changed schedule would do differently.

Foretold from what is known now: that a noncompliant device stays so. Time and space are linear in the devices.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import NamedTuple

from toolkit.forecast.timeline import Reading, grace_of, keyed, wait_of
from toolkit.model.data.action_support import SUPPORT, supports
from toolkit.model.schedule import EMAIL, MARK, RETIRE, Schedule, rank
from toolkit.model.units import Hours

PARTNER_MANAGED = "partnerManaged"
PLATFORM_UNSUPPORTED = "platformUnsupported"
NO_PRIMARY_USER = "noPrimaryUser"
NO_MAIL = "noMail"
ALREADY_LISTED = "alreadyListed"
"""Why an action does not reach anybody."""

RETROACTIVE = (
    "An action that is new and already due is taken to reach the devices that are noncompliant now. "
    "One report from a live tenant says so, another says the opposite."
)
"""The assumption behind `ImpactChange.immediately` (intune-behaviour section 1.3, IntuneDocs issue 1621)."""


@dataclass(frozen=True, slots=True)
class Exposure:
    """One noncompliant device under one policy, as known now.

    `since` is when it became noncompliant under this policy, None where that cannot be told; `derived` says how
    it was found ("grace expiry minus grace", "first report") or why not ("not known: ...").
    `has_mail` is None where nobody has looked; `user` is empty for a device without one.
    `device_id` is empty where the report does not tell which device it is about; `twin` then numbers, from 0, the
    reports of one policy that share name and user.
    """

    device_id: str
    device_name: str
    policy_id: str
    user: str
    has_mail: bool | None
    is_partner: bool
    platform: str
    since: datetime | None
    derived: str
    twin: int = 0


@dataclass(frozen=True, slots=True)
class Touch:
    """One action for one device. `note` is empty, or why it will reach nobody."""

    at: datetime
    policy_id: str
    kind: str
    device_id: str
    device_name: str
    user: str
    note: str
    twin: int = 0

    @property
    def device_key(self) -> tuple[str, str, int]:
        """What tells devices apart: the id, and without one the name, the user and which of the twins it is."""
        if self.device_id:
            return (self.device_id, "", 0)
        return (self.device_name, self.user.casefold(), self.twin)


@dataclass(frozen=True, slots=True)
class Impact:
    """`touches` in time order, from `now` to `days` later. `untold`: (device, policy, reason) that cannot be dated."""

    now: datetime
    days: int
    reading: Reading
    touches: tuple[Touch, ...]
    untold: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ImpactChange:
    """`immediately` is the part of `after` that happens at once because of the change, under `assumption`."""

    before: Impact
    after: Impact
    immediately: tuple[Touch, ...]
    assumption: str = RETROACTIVE


class DayRow(NamedTuple):
    """One day's touches of one kind under one policy: distinct devices, mails that reach somebody, distinct people."""

    date: date
    policy_id: str
    kind: str
    devices: int
    mails: int
    people: int


class Totals(NamedTuple):
    """Distinct devices and people, mails that reach somebody, what reaches nobody, and touches by kind."""

    devices: int
    people: int
    mails: int
    unreached: int
    by_kind: tuple[tuple[str, int], ...]


class _Line(NamedTuple):
    """One action of a schedule as hours from the first noncompliance, now and under the schedule before (None: new)."""

    wait: Hours
    waited: Hours | None
    kind: str


def obstacle(kind: str, *, is_partner: bool, platform: str, user: str, has_mail: bool | None) -> str:
    """Why an action of this kind reaches nobody on such a device, or "" if nothing known stands in its way."""
    if is_partner:
        return PARTNER_MANAGED
    if kind == MARK:
        return ""
    if kind == EMAIL:
        if user == "":
            return NO_PRIMARY_USER
        return NO_MAIL if has_mail is False else ""
    # A kind outside the table (wipe, noAction) is the tenant's own affair: no platform is known to refuse it.
    return PLATFORM_UNSUPPORTED if kind in SUPPORT and not supports(kind, platform) else ""


def impact(
    schedules: Mapping[str, Schedule],
    exposures: Iterable[Exposure],
    *,
    now: datetime,
    days: int,
    reading: Reading,
) -> Impact:
    """What the schedules, by policy id, will do to these devices. What was due up to `now` has happened already."""
    lines = {policy_id: _lines(schedule, schedule, reading) for policy_id, schedule in schedules.items()}
    return _foretell(lines, exposures, now, days, reading, retroactive=False)[0]


def compare(
    before: Mapping[str, Schedule],
    after: Mapping[str, Schedule],
    exposures: Iterable[Exposure],
    *,
    now: datetime,
    days: int,
    reading: Reading,
    retroactive: bool = True,
) -> ImpactChange:
    """The same devices under two sets of schedules, the second taking effect at `now`.

    What the old schedule has already carried out is not repeated. What the new one should have done in the
    past is done at `now`: the mark if the shorter grace period is over, and, if `retroactive`, added actions.
    """
    devices = exposures if isinstance(exposures, (list, tuple)) else tuple(exposures)
    lines = {
        policy_id: _lines(schedule, before.get(policy_id, Schedule(())), reading)
        for policy_id, schedule in after.items()
    }
    changed, immediately = _foretell(lines, devices, now, days, reading, retroactive=retroactive)
    return ImpactChange(
        before=impact(before, devices, now=now, days=days, reading=reading),
        after=changed,
        immediately=immediately,
    )


def per_day(impact: Impact) -> tuple[DayRow, ...]:
    """Rows by day, policy and kind, in that order; days are UTC, days without touches are left out."""
    devices: defaultdict[tuple[date, str, str], set[tuple[str, str, int]]] = defaultdict(set)
    people: defaultdict[tuple[date, str, str], set[str]] = defaultdict(set)
    mails: Counter[tuple[date, str, str]] = Counter()
    for touch in impact.touches:
        row = (touch.at.date(), touch.policy_id, touch.kind)
        devices[row].add(touch.device_key)
        if touch.user:
            people[row].add(touch.user.casefold())
        if touch.kind == EMAIL and touch.note == "":
            mails[row] += 1
    ordered = sorted(devices, key=lambda row: (row[0], row[1], rank(row[2]), row[2]))
    return tuple(DayRow(*row, len(devices[row]), mails[row], len(people[row])) for row in ordered)


def totals(impact: Impact) -> Totals:
    kinds = Counter(touch.kind for touch in impact.touches)
    return Totals(
        devices=len({touch.device_key for touch in impact.touches}),
        people=len({touch.user.casefold() for touch in impact.touches if touch.user}),
        mails=sum(touch.kind == EMAIL and touch.note == "" for touch in impact.touches),
        unreached=sum(touch.note != "" for touch in impact.touches),
        by_kind=tuple(sorted(kinds.items(), key=lambda item: (rank(item[0]), item[0]))),
    )


def _lines(after: Schedule, before: Schedule, reading: Reading) -> tuple[_Line, ...]:
    grace, old_grace = grace_of(after), grace_of(before)
    old = {key: wait_of(action, old_grace, reading) for key, action in keyed(before)}
    lines = [
        _Line(wait_of(action, grace, reading), old.get(key), action.kind) for key, action in keyed(after)
    ]
    if after.grace is not None:
        lines.append(_Line(grace, before.grace, MARK))
    return tuple(sorted(lines, key=lambda line: (line.wait, rank(line.kind))))


def _foretell(
    lines: Mapping[str, tuple[_Line, ...]],
    exposures: Iterable[Exposure],
    now: datetime,
    days: int,
    reading: Reading,
    *,
    retroactive: bool,
) -> tuple[Impact, tuple[Touch, ...]]:
    end = now + timedelta(days=days)
    touches: list[Touch] = []
    at_once: list[Touch] = []
    untold: list[tuple[str, str, str]] = []
    for exposure in exposures:
        if exposure.policy_id not in lines:
            continue
        if exposure.since is None:
            untold.append((exposure.device_name, exposure.policy_id, exposure.derived))
            continue
        for wait, waited, kind in lines[exposure.policy_id]:
            due = exposure.since + timedelta(hours=wait)
            was_done = waited is not None and exposure.since + timedelta(hours=waited) <= now
            if due > end:
                break
            if due > now:
                # A longer grace period takes the mark back; nothing takes back a mail.
                if was_done and kind != MARK:
                    continue
            elif was_done or (waited is None and kind != MARK and not retroactive):
                continue
            touch = Touch(
                max(due, now),
                exposure.policy_id,
                kind,
                exposure.device_id,
                exposure.device_name,
                exposure.user,
                obstacle(
                    kind,
                    is_partner=exposure.is_partner,
                    platform=exposure.platform,
                    user=exposure.user,
                    has_mail=exposure.has_mail,
                ),
                exposure.twin,
            )
            touches.append(touch)
            if due <= now:
                at_once.append(touch)
    touches.sort(key=lambda touch: (touch.at, rank(touch.kind)))
    at_once.sort(key=lambda touch: rank(touch.kind))
    return Impact(now, days, reading, _listed_once(touches), tuple(untold)), _listed_once(at_once)


def _listed_once(touches: Iterable[Touch]) -> tuple[Touch, ...]:
    """The retire list holds a device once: whatever would list it again, under any policy, reaches nobody."""
    listed: set[tuple[str, str, int]] = set()
    result = []
    for touch in touches:
        if touch.kind == RETIRE and touch.note == "":
            if touch.device_key in listed:
                touch = replace(touch, note=ALREADY_LISTED)
            listed.add(touch.device_key)
        result.append(touch)
    return tuple(result)
