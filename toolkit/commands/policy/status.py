"""grace policy status: how many devices are in which state under each policy, or the rows behind the numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from toolkit.commands.spec import Arg, Spec, Tools
from toolkit.graph.reads import MANAGEMENT, Tenant
from toolkit.model.device import PolicyStatus
from toolkit.model.policy import CATALOG, Policy
from toolkit.model.refs import PolicyRef, quoted
from toolkit.outcome import Column, Outcome


@dataclass(frozen=True, slots=True)
class Options:
    policies: tuple[PolicyRef, ...] = ()
    devices: bool = False
    users: bool = False
    settings: bool = False


SPEC = Spec(
    "policy",
    "status",
    Options,
    args=(
        Arg("policies", "only these policies", kind="policy", many=True),
        Arg("devices", "one row per device", ("--devices",), kind="flag", one_of="rows"),
        Arg("users", "one row per user", ("--users",), kind="flag", one_of="rows"),
        Arg("settings", "one row per setting", ("--settings",), kind="flag", one_of="rows"),
    ),
    examples=(
        "grace policy status",
        "grace policy status 'Windows baseline' --devices",
        "grace policy status 'iOS baseline' --settings",
    ),
)

POLICY = Column("Policy", "policyName")
COUNTS = (
    POLICY,
    Column("Compliant", "compliant", "count"),
    Column("In grace", "inGracePeriod", "count"),
    Column("Not compliant", "nonCompliant", "count"),
    Column("Error", "error", "count"),
    Column("Not evaluated", "unknown", "count"),
    Column("Devices", "devices", "count"),
    Column("Conflict", "conflict", "count", wide=True),
    Column("Not applicable", "notApplicable", "count", wide=True),
    Column("Id", "policyId", "id", wide=True),
)
NUMBERS = (
    "devices",
    "compliant",
    "inGracePeriod",
    "nonCompliant",
    "error",
    "unknown",
    "conflict",
    "notApplicable",
)
DEVICES = (
    POLICY,
    Column("Device", "deviceDisplayName"),
    Column("User", "userPrincipalName"),
    Column("State", "state", "state"),
    Column("Grace ends", "complianceGracePeriodExpirationDateTime", "date"),
    Column("Reported", "lastReportedDateTime", "date"),
)
USERS = (
    POLICY,
    Column("User", "userDisplayName"),
    Column("Sign-in name", "userPrincipalName"),
    Column("State", "status", "state"),
    Column("Devices", "devicesCount", "count"),
    Column("Reported", "lastReportedDateTime", "date"),
)
SETTINGS = (
    POLICY,
    Column("Setting", "settingName"),
    Column("Compliant", "compliantDeviceCount", "count"),
    Column("Not compliant", "nonCompliantDeviceCount", "count"),
    Column("Error", "errorDeviceCount", "count"),
    Column("Not evaluated", "unknownDeviceCount", "count"),
    Column("Conflict", "conflictDeviceCount", "count", wide=True),
)


def run(options: Options, tools: Tools) -> Outcome:
    tenant = tools.tenant
    policies = tenant.find_policies(options.policies) if options.policies else tenant.policies()
    if options.users:
        return _listed(tenant, policies, "userStatuses", USERS, "No user has reported.")
    if options.settings:
        return _listed(
            tenant, policies, "deviceSettingStateSummaries", SETTINGS, "No device has reported a setting."
        )
    now = tenant.now()
    if options.devices:
        rows = [
            {"policyId": policy.id, "policyName": policy.name, "state": _state(status, now), **status.raw}
            for policy in policies
            for status in tenant.statuses(policy)
        ]
        return Outcome(data=rows, columns=DEVICES, empty="No device has reported.")
    counts = [_counts(policy, tenant.statuses(policy), now) for policy in policies]
    silent = [policy for policy, row in zip(policies, counts, strict=True) if row["devices"] is None]
    return Outcome(data=counts, columns=COUNTS, id_key="policyId", empty="No policy.", notes=_untold(silent))


def _state(status: PolicyStatus, now: datetime) -> str:
    """Graph's word, and inGracePeriod where only the date tells that the grace period still runs."""
    if status.status == "nonCompliant" and status.grace_expires is not None and status.grace_expires > now:
        return "inGracePeriod"
    return status.status


def _counts(policy: Policy, statuses: Sequence[PolicyStatus], now: datetime) -> dict[str, Any]:
    found = Counter(_state(status, now) for status in statuses)
    if policy.collection == CATALOG and not statuses:
        # Its policies have no such route on most tenants, which is not the same as no devices.
        return {
            "policyId": policy.id,
            "policyName": policy.name,
            "platform": policy.platform,
        } | dict.fromkeys(NUMBERS)
    return {
        "policyId": policy.id,
        "policyName": policy.name,
        "platform": policy.platform,
        "devices": len(statuses),
        # Remediated devices were made compliant by the policy itself.
        "compliant": found["compliant"] + found["remediated"],
        "inGracePeriod": found["inGracePeriod"],
        "nonCompliant": found["nonCompliant"],
        "error": found["error"],
        "unknown": found["unknown"],
        "conflict": found["conflict"],
        "notApplicable": found["notApplicable"] + found["notAssigned"],
    }


def _listed(
    tenant: Tenant, policies: Sequence[Policy], route: str, columns: tuple[Column, ...], empty: str
) -> Outcome:
    rows = [
        {"policyId": policy.id, "policyName": policy.name, **item}
        for policy in policies
        if policy.collection != CATALOG
        for item in tenant.listed(f"{MANAGEMENT}/{policy.collection}/{quote(policy.id)}/{route}")
    ]
    untold = _untold([policy for policy in policies if policy.collection == CATALOG])
    return Outcome(data=rows, columns=columns, empty=empty, notes=untold)


def _untold(policies: Sequence[Policy]) -> tuple[str, ...]:
    if not policies:
        return ()
    return (
        f"{quoted(policy.name for policy in policies)}: Graph tells no states under policies of the settings catalog."
        " See: grace device list --platform linux",
    )
