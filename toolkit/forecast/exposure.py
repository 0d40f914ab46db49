"""From what Graph reports about a policy's devices to exposures: which devices are noncompliant, and since when."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from toolkit.forecast.impact import Exposure
from toolkit.model.device import Device, PolicyStatus
from toolkit.model.policy import Policy
from toolkit.model.units import Hours

NONCOMPLIANT_STATUS = "nonCompliant"

DERIVED = "grace expiry minus grace"
DERIVED_FORMERLY = "grace expiry minus the grace of that time"
NO_DATE = "not known: the service reports no grace date for it"
NO_GRACE = "not known: the policy's grace period cannot be read"
NO_REPORT = "not known: the service does not say when this device last reported"
CHANGED = "not known: the policy was changed after this device last reported"

GraceSpans = Sequence[tuple[datetime, Hours | None]]
"""(until, hours), oldest first: which grace a policy had up to when, hours None where nobody knows it."""

_LAST = datetime.max.replace(tzinfo=UTC)


class GraceEdit(NamedTuple):
    """What one plan of Grace saw of a policy's schedule, and made of it, in the tenant's own time.

    `at` is when the plan was made; `stood_since` is the policy's modification date as that plan read it, None
    where that is not known. A grace is None where the schedule had no single mark.
    """

    policy_id: str
    at: datetime
    before: Hours | None
    after: Hours | None
    stood_since: datetime | None = None


def exposures(
    policy: Policy,
    statuses: Iterable[PolicyStatus],
    devices: Mapping[tuple[str, str], Sequence[Device]],
    *,
    former_grace: Mapping[str, GraceSpans] | None = None,
) -> tuple[Exposure, ...]:
    """One exposure for each noncompliant device of this policy. `devices` is what `by_key` made.

    The service reports when the grace period of a policy ends, not when the device became noncompliant;
    that moment is the grace expiry minus the grace that the expiry was computed with. A policy that was changed
    since the device's report may have had another one: `former_grace`, by policy id, tells which. Never invented:
    where it cannot be told, `since` is None.
    """
    grace = policy.schedule.grace if policy.schedule is not None else None
    spans = _spans(policy, grace, (former_grace or {}).get(policy.id, ()))
    rows: Counter[tuple[str, str]] = Counter()
    found = []
    for status in statuses:
        key = key_of(status.device_name, status.user_principal_name)
        row = rows[key]
        rows[key] += 1
        if status.status != NONCOMPLIANT_STATUS:
            continue
        twins = devices.get(key, ())
        mails = {device.mail != "" for device in twins}
        since, derived = _since(status, grace, spans)
        found.append(
            Exposure(
                device_id=twins[0].id if len(twins) == 1 else "",
                device_name=status.device_name,
                policy_id=policy.id,
                user=status.user_principal_name,
                has_mail=mails.pop() if len(mails) == 1 else None,
                is_partner=bool(twins) and all(device.is_partner_managed for device in twins),
                platform=policy.platform,
                since=since,
                derived=derived,
                # Compliant rows count too, so that two twins that differ keep their numbers under every policy.
                twin=0 if len(twins) == 1 else row,
            )
        )
    return tuple(found)


def former_grace(
    edits: Iterable[GraceEdit | tuple[str, datetime, Hours | None, Hours | None]],
) -> dict[str, GraceSpans]:
    """By policy id, the grace that held up to each of these changes, for `exposures`.

    Others change policies too. Their doing shows in a policy that was modified after the change before, or, where
    the date is not known, in a grace that is not the one which that change left.
    """
    known: dict[str, list[tuple[datetime, Hours | None]]] = {}
    left: dict[str, Hours | None] = {}
    for edit in sorted((GraceEdit(*edit) for edit in edits), key=lambda edit: edit.at):
        spans = known.setdefault(edit.policy_id, [])
        before = edit.before
        if edit.stood_since is not None:
            # What was read before a change holds up to it and no longer, whatever our own clock said.
            spans[:] = [(min(until, edit.stood_since), hours) for until, hours in spans]
            spans.append((edit.stood_since, None))
        elif left.get(edit.policy_id, before) != before:
            before = None
        spans.append((edit.at, before))
        left[edit.policy_id] = edit.after
    return {id: tuple(spans) for id, spans in known.items()}


def key_of(device_name: str, user_principal_name: str) -> tuple[str, str]:
    """What joins a status to its device: deviceComplianceDeviceStatus carries no device id."""
    return (device_name, user_principal_name.casefold())


def by_key(devices: Iterable[Device]) -> dict[tuple[str, str], list[Device]]:
    """Devices by that key; where several share it, a status is about any one of them."""
    table: dict[tuple[str, str], list[Device]] = {}
    for device in devices:
        table.setdefault(key_of(device.name, device.user_principal_name), []).append(device)
    return table


def in_grace(statuses: Iterable[PolicyStatus], now: datetime) -> int:
    """How many devices are in this policy's grace period now."""
    return sum(
        status.status == NONCOMPLIANT_STATUS
        and status.grace_expires is not None
        and status.grace_expires > now
        for status in statuses
    )


def _spans(policy: Policy, grace: Hours | None, former: GraceSpans) -> GraceSpans:
    """The policy's grace over all time: the former ones, from the last known change to `modified` nobody's, then today's."""
    if policy.modified is None:
        return (*former, (_LAST, grace))
    modified = policy.modified
    return (*((min(until, modified), hours) for until, hours in former), (modified, None), (_LAST, grace))


def _since(status: PolicyStatus, grace: Hours | None, spans: GraceSpans) -> tuple[datetime | None, str]:
    """Since when, and how that was found or why not."""
    if grace is None:
        return None, NO_GRACE
    if status.grace_expires is None:
        return None, NO_DATE
    then = grace
    if len(spans) > 1:
        if status.reported is None:
            return None, NO_REPORT
        reported = status.reported
        # A report of the very moment of a change may be from before or after it.
        earlier = next(hours for until, hours in spans if until >= reported)
        later = next(hours for until, hours in spans if until > reported)
        if earlier is None or earlier != later:
            return None, CHANGED
        then = earlier
    since = status.grace_expires - timedelta(hours=then)
    return since, DERIVED if then == grace else DERIVED_FORMERLY
