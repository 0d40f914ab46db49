"""From what Graph reports about a policy's devices to exposures: which devices are noncompliant, and since when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from toolkit.forecast.impact import Exposure
from toolkit.model.device import Device, PolicyStatus
from toolkit.model.policy import Policy

NONCOMPLIANT_STATUS = "nonCompliant"

DERIVED = "grace expiry minus grace"
NO_DATE = "not known: the service reports no grace date for it"
NO_GRACE = "not known: the policy's grace period cannot be read"


def exposures(
    policy: Policy, statuses: Iterable[PolicyStatus], devices: Mapping[tuple[str, str], Device]
) -> tuple[Exposure, ...]:
    """One exposure for each noncompliant device of this policy. `devices` is keyed by `key_of`.

    The service reports when the grace period of a policy ends, not when the device became noncompliant;
    that moment is the grace expiry minus the policy's own grace period. Never invented: without a date it is None.
    """
    found = []
    for status in statuses:
        if status.status != NONCOMPLIANT_STATUS:
            continue
        device = devices.get(key_of(status.device_name, status.user_principal_name))
        grace = policy.schedule.grace if policy.schedule is not None else None
        since: datetime | None = None
        derived = NO_GRACE if grace is None else NO_DATE
        if grace is not None and status.grace_expires is not None:
            since, derived = status.grace_expires - timedelta(hours=grace), DERIVED
        found.append(
            Exposure(
                device_id=device.id if device is not None else "",
                device_name=status.device_name,
                policy_id=policy.id,
                user=status.user_principal_name,
                has_mail=None if device is None else device.mail != "",
                is_partner=device is not None and device.is_partner_managed,
                platform=policy.platform,
                since=since,
                derived=derived,
            )
        )
    return tuple(found)


def key_of(device_name: str, user_principal_name: str) -> tuple[str, str]:
    """What joins a status to its device: deviceComplianceDeviceStatus carries no device id."""
    return (device_name, user_principal_name.casefold())


def by_key(devices: Iterable[Device]) -> dict[tuple[str, str], Device]:
    """Devices by that key; where two share it, neither is taken for the other."""
    table: dict[tuple[str, str], Device] = {}
    twice: set[tuple[str, str]] = set()
    for device in devices:
        key = key_of(device.name, device.user_principal_name)
        if key in table:
            twice.add(key)
        table[key] = device
    return {key: device for key, device in table.items() if key not in twice}


def in_grace(statuses: Iterable[PolicyStatus], now: datetime) -> int:
    """How many devices are in this policy's grace period now."""
    return sum(
        status.status == NONCOMPLIANT_STATUS
        and status.grace_expires is not None
        and status.grace_expires > now
        for status in statuses
    )
