"""Conditional Access: what a policy asks, and what is known of a sign-in. Rules are in forecast.access_effect.

Ids are kept in lower case, Graph's own words (`All`, `browser`, `compliantDevice`) as Graph spells them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

ENABLED = "enabled"
DISABLED = "disabled"
REPORT_ONLY = "enabledForReportingButNotEnforced"

EVERYTHING = "all"
NOTHING = "none"
GUESTS = "guestsorexternalusers"
OFFICE_365 = "office365"
ADMIN_PORTALS = "microsoftadminportals"
"""The words that stand among the ids of a condition, in lower case."""

BROWSER = "browser"
MODERN_APP = "mobileAppsAndDesktopClients"
MODERN_CLIENTS = frozenset((BROWSER, MODERN_APP))
LEGACY_CLIENTS = frozenset(("exchangeActiveSync", "easSupported", "other"))
DEVICE_CODE = "deviceCodeFlow"

BLOCK = "block"
MFA = "mfa"
COMPLIANT_DEVICE = "compliantDevice"
HYBRID_DEVICE = "domainJoinedDevice"
STRENGTH = "authenticationStrength"
TERMS = "termsOfUse"
CUSTOM = "customAuthenticationFactors"

CONTROLS = (
    BLOCK,
    MFA,
    STRENGTH,
    COMPLIANT_DEVICE,
    HYBRID_DEVICE,
    "approvedApplication",
    "compliantApplication",
    "passwordChange",
    "riskRemediation",
    TERMS,
    CUSTOM,
)
"""In the order in which a person is asked for them (intune-behaviour 6.1); where strength and remediation stand is our choice."""

BY_THE_PERSON = frozenset((MFA, STRENGTH, "passwordChange", "riskRemediation", TERMS, CUSTOM))
"""Controls that somebody who sits there can satisfy; the others the device or the app has, or has not."""

PLATFORMS = ("windows", "macOS", "iOS", "android", "linux")
"""The platforms whose devices can be shown to be compliant, in Graph's words (intune-behaviour 6.1)."""
UNKNOWN_PLATFORM = "unknown"
"""What a user agent tells nothing about: ChromeOS, for one. "Any device" covers it, no platform's name does."""


@dataclass(frozen=True, slots=True)
class People:
    """Who one side of a user condition names. `guest_types` are Graph's words for external users.

    `guest_tenants` narrows `guest_types` to people of these tenants; None stands for any.
    """

    users: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()
    guest_types: frozenset[str] = frozenset()
    guest_tenants: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Sides:
    """A condition with two lists; what is on the second is out although it is on the first."""

    include: frozenset[str] = frozenset()
    exclude: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class DeviceFilter:
    """A rule such as `device.isCompliant -ne True`; with `is_exclusion` the devices that meet it are left out."""

    rule: str
    is_exclusion: bool = False


@dataclass(frozen=True, slots=True)
class AccessPolicy:
    """One policy. A condition that is None or empty is not configured and holds for every sign-in.

    `controls` come in the order of CONTROLS, each once. `needs_all` is the operator: AND, else one of them does.
    """

    id: str
    name: str
    state: str
    include: People = People()
    exclude: People = People()
    apps: Sides = Sides()
    user_actions: frozenset[str] = frozenset()
    contexts: frozenset[str] = frozenset()
    workloads: Sides | None = None
    platforms: Sides | None = None
    device_filter: DeviceFilter | None = None
    client_apps: frozenset[str] = frozenset()
    locations: Sides | None = None
    sign_in_risks: frozenset[str] = frozenset()
    user_risks: frozenset[str] = frozenset()
    service_principal_risks: frozenset[str] = frozenset()
    insider_risks: frozenset[str] = frozenset()
    flows: frozenset[str] = frozenset()
    controls: tuple[str, ...] = ()
    needs_all: bool = True
    raw: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def requires_compliance(self) -> bool:
        """Whether only a compliant device gets through (graph-contract 5.1): no other control can stand in for it."""
        return COMPLIANT_DEVICE in self.controls and (self.needs_all or len(self.controls) == 1)


@dataclass(frozen=True, slots=True)
class Person:
    """A user who signs in. `groups` holds nested ones too, `roles` the template ids of directory roles.

    `guest_type` is Graph's word for an external user, None for a member of the tenant.
    """

    id: str
    groups: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()
    guest_type: str | None = None
    home_tenant: str | None = None


@dataclass(frozen=True, slots=True)
class SignInDevice:
    """The directory's object of the device, as far as the session proves which one it is.

    `facts` are deviceInfo's members by Graph's names, for device filters; one that is absent is null.
    """

    is_registered: bool = False
    is_compliant: bool = False
    trust_type: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


UNMANAGED = SignInDevice()


@dataclass(frozen=True, slots=True)
class SignIn:
    """One sign-in: who, to what, and what is known of the session. None is "not given".

    `apps` are ids of single applications. `locations` are the ids of the named locations that the address lies
    in, "alltrusted" among them where one is trusted. `satisfied` are controls that the session already has, such
    as mfa. `hides_device` is true for private browsing, refused cookies and browsers that cannot show a device.
    """

    person: Person | None = None
    service_principal_id: str | None = None
    apps: frozenset[str] = frozenset()
    user_action: str | None = None
    context: str | None = None
    platform: str | None = None
    client: str | None = None
    device: SignInDevice | None = None
    flow: str | None = None
    locations: frozenset[str] | None = None
    sign_in_risk: str | None = None
    user_risk: str | None = None
    service_principal_risk: str | None = None
    insider_risk: str | None = None
    satisfied: frozenset[str] = frozenset()
    hides_device: bool = False
