"""Managed devices, people and groups, as far as compliance concerns them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

NO_GRACE = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
"""What the service writes for "no grace period ends"."""

COMPLIANT = "compliant"
NONCOMPLIANT = "noncompliant"
IN_GRACE = "inGracePeriod"
UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Device:
    """`grace_ends` is None where no grace period is running. `state` is Graph's complianceState, kept open."""

    id: str
    name: str
    os: str = ""
    os_version: str = ""
    state: str = UNKNOWN
    grace_ends: datetime | None = None
    user_name: str = ""
    user_principal_name: str = ""
    mail: str = ""
    last_sync: datetime | None = None
    enrolled: datetime | None = None
    owner: str = ""
    agent: str = ""
    management_state: str = ""
    raw: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def is_partner_managed(self) -> bool:
        """A third-party compliance partner decides about it; none of the optional actions reach it."""
        return self.agent == "jamf"


@dataclass(frozen=True, slots=True)
class Group:
    id: str
    name: str
    mail: str | None = None
    mail_enabled: bool = False
    security_enabled: bool = True
    membership_rule: str | None = None
    raw: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class PolicyStatus:
    """How one policy stands with one device (deviceComplianceDeviceStatus).

    `status` is Graph's complianceStatus, which has no word for grace: `grace_expires` carries it. It is the
    moment the running or past grace period of this policy ends, None where the service wrote its "none".
    """

    policy_id: str
    device_name: str
    status: str
    grace_expires: datetime | None = None
    reported: datetime | None = None
    user_name: str = ""
    user_principal_name: str = ""
    device_id: str | None = None
    raw: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)
