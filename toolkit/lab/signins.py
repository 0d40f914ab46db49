"""Sign-ins to the lab: its users, devices and access policies as `forecast.access_effect` needs them.

The lab has no named locations and knows no risk of its own; a directory role is what `lab.roles` of a user, or of a
group that the user is in, lists by template id.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from toolkit.errors import NotFound, UsageProblem
from toolkit.forecast.access_effect import Decision, sign_in
from toolkit.lab.answers.directory import entra_device
from toolkit.lab.reading import Memberships
from toolkit.lab.store import Store
from toolkit.model.access import (
    BROWSER,
    DEVICE_CODE,
    LEGACY_CLIENTS,
    MFA,
    MODERN_APP,
    MODERN_CLIENTS,
    PLATFORMS,
    UNKNOWN_PLATFORM,
    AccessPolicy,
    Person,
    SignIn,
    SignInDevice,
)
from toolkit.model.access_wire import access_policy
from toolkit.model.data.apps import APPS, App, app_of
from toolkit.model.refs import did_you_mean, is_guid, nearest, quoted

Document = Mapping[str, Any]

CLIENTS = {
    "browser": BROWSER,
    "app": MODERN_APP,
    "exchange-activesync": "exchangeActiveSync",
    "legacy": "other",
}
"""What people type for the client application -> Graph's word."""

FLOWS = {"device-code": DEVICE_CODE, "transfer": "authenticationTransfer"}

ASKED = ("user", "app", "platform", "client", "device", "flow", "mfa")
"""The members of a request for a sign-in."""

_PLATFORM_OF = {"windows": "windows", "macos": "macOS", "ios": "iOS", "linux": "linux"}
"""By our key of compliance platforms; the rest is Android."""


def access_policies(store: Store) -> tuple[AccessPolicy, ...]:
    return tuple(access_policy(document) for document in store.all("access"))


def find_user(store: Store, text: str) -> dict[str, Any]:
    """By id, user principal name or display name. Raises NotFound, and UsageProblem for a name that two have."""
    user = store.user(text.strip())
    if user is not None:
        return user
    found = store.lookup("user", "displayName", text.strip())
    if len(found) > 1:
        names = ", ".join(user["userPrincipalName"] for user in found[:3])
        raise UsageProblem(f'"{text}" is the name of {len(found)} users.', hint=f"Use one of: {names}.")
    if found:
        return found[0]
    near = nearest(text, (str(user.get("userPrincipalName") or "") for user in store.all("user")))
    raise NotFound(
        f'The lab has no user "{text}".',
        hint=f"Nearest: {quoted(near)}."
        if near
        else "A user is named by the user principal name, name or id.",
    )


def person_of(store: Store, user: Document, policies: Iterable[AccessPolicy]) -> Person:
    """The user with those groups and roles that the policies could ask for, nested groups included."""
    groups = {group["id"].lower(): group for group in store.all("group")}
    members = Memberships(groups.values())
    me = ("user", str(user["id"]).lower())
    named = {id for policy in policies for side in (policy.include, policy.exclude) for id in side.groups}
    mine = {id for id in named if id in groups and me in members.of(id)}
    roles = set(_roles(user))
    for id, group in groups.items():
        if _roles(group) and me in members.of(id):
            roles.update(_roles(group))
    return Person(
        id=me[1],
        groups=frozenset(mine),
        roles=frozenset(roles),
        # The directory says no more of a guest than that; a guest by collaboration is the ordinary one.
        guest_type="b2bCollaborationGuest" if user.get("userType") == "Guest" else None,
    )


def device_of(device: Document) -> SignInDevice:
    """The directory's object of a managed device, as a session shows it."""
    shown = entra_device(dict(device))
    return SignInDevice(
        is_registered=(device.get("lab") or {}).get("registered", True) is not False,
        is_compliant=shown["isCompliant"] is True,
        trust_type=shown.get("trustType"),
        facts={**shown, "ownership": str(device.get("managedDeviceOwnerType") or "").capitalize() or None},
    )


def platform_of(device: Document) -> str:
    return _PLATFORM_OF.get(str((device.get("lab") or {}).get("platform")), "android")


def sign_in_to(store: Store, asked: Mapping[str, Any], device: Document | None) -> dict[str, Any]:
    """The decision for a request with the members ASKED, as JSON; `device` is what its `device` means.

    Without an application it is SharePoint Online, without a platform that of the device, else an unknown one.
    Raises NotFound for a user that is not there and UsageProblem for what is no word of a request.
    """
    for name in asked:
        if name not in ASKED:
            raise UsageProblem(f'A sign-in has no "{name}".', hint=f"It has: {', '.join(ASKED)}.")
    user = find_user(store, _text(asked, "user") or "")
    policies = access_policies(store)
    app = _app(_text(asked, "app"))
    platform = _platform(_text(asked, "platform"), device)
    client, flow = _client(_text(asked, "client")), _flow(_text(asked, "flow"))
    if not isinstance(asked.get("mfa", False), bool):
        raise UsageProblem("mfa is true or false.")
    attempt = SignIn(
        person=person_of(store, user, policies),
        apps=frozenset((app.id,)),
        platform=platform,
        client=client,
        device=device_of(device) if device is not None else None,
        flow=flow,
        satisfied=frozenset((MFA,)) if asked.get("mfa") else frozenset(),
    )
    return {
        "user": {key: user.get(key) for key in ("id", "displayName", "userPrincipalName")},
        "app": {"id": app.id, "displayName": app.title},
        "platform": platform,
        "client": client,
        "flow": flow,
        "device": _device_row(device, attempt.device),
        **decision_document(sign_in(policies, attempt)),
    }


def decision_document(decision: Decision) -> dict[str, Any]:
    """`outcome` with the policy and control that decided it, and a row for each policy."""
    return {
        "outcome": decision.outcome,
        "policyId": decision.policy.id if decision.policy is not None else None,
        "policyName": decision.policy.name if decision.policy is not None else None,
        "control": decision.missing,
        "policies": [
            {
                "id": row.policy.id,
                "displayName": row.policy.name,
                "state": row.policy.state,
                "result": row.result,
                "missing": list(row.missing),
                "reason": row.reason,
            }
            for row in decision.results
        ],
    }


def _roles(thing: Document) -> Sequence[str]:
    found = (thing.get("lab") or {}).get("roles")
    return [str(id).lower() for id in found] if isinstance(found, list) else []


def _device_row(device: Document | None, shown: SignInDevice | None) -> dict[str, Any] | None:
    if device is None or shown is None:
        return None
    return {
        "id": device["id"],
        "deviceName": device.get("deviceName"),
        "complianceState": device.get("complianceState"),
        "isCompliant": shown.is_compliant,
        "isRegistered": shown.is_registered,
    }


def _text(asked: Mapping[str, Any], name: str) -> str | None:
    value = asked.get(name)
    if value is not None and not isinstance(value, str):
        raise UsageProblem(f"{name} is a text.")
    return value


def _app(text: str | None) -> App:
    """A known application, or any other by its id. Raises UsageProblem."""
    if text is None:
        return APPS[0]
    known = app_of(text)
    if known is not None:
        return known
    if not is_guid(text.strip()):
        near = nearest(text, [app.key for app in APPS])
        raise UsageProblem(
            f'"{text}" is no application.',
            hint=did_you_mean(near)
            + f"It is an application's id, or one of: {', '.join(app.key for app in APPS)}.",
        )
    return App(text, text, text.strip().lower())


def _platform(text: str | None, device: Document | None) -> str:
    if text is None:
        return platform_of(device) if device is not None else UNKNOWN_PLATFORM
    words = {word.lower(): word for word in (*PLATFORMS, "windowsPhone", UNKNOWN_PLATFORM)}
    return _word(text, words, "platform")


def _client(text: str | None) -> str:
    words = {**{word.lower(): word for word in (*MODERN_CLIENTS, *LEGACY_CLIENTS)}, **CLIENTS}
    return BROWSER if text is None else _word(text, words, "client application")


def _flow(text: str | None) -> str | None:
    words = {**{word.lower(): word for word in FLOWS.values()}, **FLOWS}
    return None if text is None else _word(text, words, "authentication flow")


def _word(text: str, words: Mapping[str, str], what: str) -> str:
    found = words.get(text.strip().lower())
    if found is None:
        raise UsageProblem(f'"{text}" is no {what}.', hint=f"It is one of: {', '.join(sorted(words))}.")
    return found
