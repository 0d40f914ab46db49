"""Graph JSON -> Conditional Access: policies, and the devices of a sign-in. The names of properties are here only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from toolkit.model.access import (
    CONTROLS,
    CUSTOM,
    STRENGTH,
    TERMS,
    AccessPolicy,
    DeviceFilter,
    People,
    Sides,
    SignInDevice,
)

Json = Mapping[str, Any]

USER_ACTIONS = {
    "registerSecurityInformation": "urn:user:registersecurityinfo",
    "registerOrJoinDevices": "urn:user:registerdevice",
}
"""What a sign-in calls a user action -> what policies call it (graph-contract 5.1, 5.2)."""


def access_policy(document: Json) -> AccessPolicy:
    """From a conditionalAccessPolicy as Graph sends it; what is absent is not configured."""
    conditions = _part(document, "conditions")
    users, apps = _part(conditions, "users"), _part(conditions, "applications")
    controls, needs_all = _controls(_part(document, "grantControls"))
    return AccessPolicy(
        id=str(document.get("id") or ""),
        name=str(document.get("displayName") or ""),
        state=str(document.get("state") or ""),
        include=_people(users, "include"),
        exclude=_people(users, "exclude"),
        apps=Sides(_lower(apps, "includeApplications"), _lower(apps, "excludeApplications")),
        user_actions=_lower(apps, "includeUserActions"),
        contexts=_lower(apps, "includeAuthenticationContextClassReferences"),
        workloads=_workloads(_part(conditions, "clientApplications")),
        platforms=_sides(_part(conditions, "platforms"), "Platforms"),
        device_filter=_filter(_part(_part(conditions, "devices"), "deviceFilter")),
        client_apps=frozenset(_list(conditions, "clientAppTypes")),
        locations=_sides(_part(conditions, "locations"), "Locations"),
        sign_in_risks=frozenset(_list(conditions, "signInRiskLevels")),
        user_risks=frozenset(_list(conditions, "userRiskLevels")),
        service_principal_risks=frozenset(_list(conditions, "servicePrincipalRiskLevels")),
        insider_risks=_flags(conditions.get("insiderRiskLevels")),
        flows=_flags(_part(conditions, "authenticationFlows").get("transferMethods")) - {"none"},
        controls=controls,
        needs_all=needs_all,
        raw=document,
    )


def sign_in_device(info: Json) -> SignInDevice:
    """From a device or a deviceInfo. One with a trust type, or said to be compliant, is registered."""
    is_compliant, trust_type = info.get("isCompliant") is True, info.get("trustType")
    return SignInDevice(
        is_registered=is_compliant or bool(trust_type),
        is_compliant=is_compliant,
        trust_type=trust_type if isinstance(trust_type, str) else None,
        facts=dict(info),
    )


def _part(document: Json, name: str) -> Json:
    found = document.get(name)
    return found if isinstance(found, Mapping) else {}


def _list(document: Json, name: str) -> tuple[str, ...]:
    found = document.get(name)
    return tuple(item for item in found if isinstance(item, str)) if isinstance(found, list) else ()


def _lower(document: Json, name: str) -> frozenset[str]:
    return frozenset(item.lower() for item in _list(document, name))


def _flags(text: Any) -> frozenset[str]:
    """The members of an enum of flags, which Graph joins by commas."""
    return (
        frozenset(part.strip() for part in text.split(",") if part.strip())
        if isinstance(text, str)
        else frozenset()
    )


def _people(users: Json, side: str) -> People:
    guests = _part(users, f"{side}GuestsOrExternalUsers")
    tenants = _part(guests, "externalTenants")
    return People(
        users=_lower(users, f"{side}Users"),
        groups=_lower(users, f"{side}Groups"),
        roles=_lower(users, f"{side}Roles"),
        guest_types=_flags(guests.get("guestOrExternalUserTypes")) - {"none"},
        guest_tenants=_lower(tenants, "members") if tenants.get("membershipKind") == "enumerated" else None,
    )


def _sides(condition: Json, plural: str) -> Sides | None:
    sides = Sides(_lower(condition, f"include{plural}"), _lower(condition, f"exclude{plural}"))
    return sides if sides != Sides() else None


def _workloads(condition: Json) -> Sides | None:
    return _sides(condition, "ServicePrincipals")


def _filter(condition: Json) -> DeviceFilter | None:
    rule = condition.get("rule")
    return DeviceFilter(rule, condition.get("mode") == "exclude") if isinstance(rule, str) else None


def _controls(grant: Json) -> tuple[tuple[str, ...], bool]:
    """The controls in the order of CONTROLS, unknown ones last, and whether all of them are needed."""
    found = set(_list(grant, "builtInControls"))
    for name in (STRENGTH, TERMS, CUSTOM):
        if grant.get(name):
            found.add(name)
    return tuple(_in_order(found)), str(grant.get("operator") or "AND").upper() != "OR"


def _in_order(controls: Iterable[str]) -> list[str]:
    return sorted(
        controls, key=lambda name: (CONTROLS.index(name) if name in CONTROLS else len(CONTROLS), name)
    )
