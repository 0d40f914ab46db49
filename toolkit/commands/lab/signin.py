"""grace lab signin: what the lab's Conditional Access policies would make of a sign-in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from toolkit.commands.spec import Arg, Spec, Tools
from toolkit.model.data.enums import words
from toolkit.model.refs import DeviceRef, find_one
from toolkit.outcome import Column, Outcome, Section

if TYPE_CHECKING:
    from toolkit.lab.store import Store


@dataclass(frozen=True, slots=True)
class Options:
    user: str
    app: str | None = None
    platform: str | None = None
    client: str | None = None
    device: DeviceRef | None = None
    flow: str | None = None
    mfa: bool = False


PLATFORMS = ("windows", "macos", "ios", "android", "linux", "windowsphone", "unknown")
CLIENTS = ("browser", "app", "exchange-activesync", "legacy")
FLOWS = ("device-code", "transfer")

SPEC = Spec(
    "lab",
    "signin",
    Options,
    args=(
        Arg("user", "who signs in: the user principal name, name or id", ("--user",), required=True),
        Arg(
            "app",
            "to which application: sharepoint (the default), exchange, teams, intune-enrollment, company-portal, or an id",
            ("--app",),
        ),
        Arg(
            "platform",
            "what the user agent says (default: the device's platform)",
            ("--platform",),
            kind="choice",
            choices=PLATFORMS,
        ),
        Arg(
            "client",
            "with what: a browser (the default), a modern app, or a legacy client",
            ("--client",),
            kind="choice",
            choices=CLIENTS,
        ),
        Arg(
            "device",
            "on which device (default: one that the tenant does not know)",
            ("--device",),
            kind="device",
        ),
        Arg("flow", "a sign-in that takes another way", ("--flow",), kind="choice", choices=FLOWS),
        Arg("mfa", "multifactor authentication has been done", ("--mfa",), kind="flag"),
    ),
    about="Nothing is signed in and nothing changes: enabled policies decide, report-only ones say what they would do.",
    examples=(
        "grace lab signin --user ada.novak@contoso.example --device WIN-0001",
        "grace lab signin --user chiara.ricci@contoso.example --platform linux",
        "grace lab signin --user ada.novak@contoso.example --device WIN-0001 --client legacy -o json",
    ),
)

OUTCOMES = {"granted": "Granted", "blocked": "Blocked", "interrupted": "Interrupted"}
RESULTS = {
    "success": "Success",
    "failure": "Failure",
    "userActionRequired": "User action required",
    "notApplied": "Not applied",
}
CLIENT_WORDS = {
    "browser": "Browser",
    "mobileAppsAndDesktopClients": "Modern app",
    "exchangeActiveSync": "Exchange ActiveSync",
    "easSupported": "Exchange ActiveSync, supported platform",
    "other": "Legacy client",
}
CONTROLS = {
    "authenticationStrength": "Require authentication strength",
    "termsOfUse": "Accept the terms of use",
    "customAuthenticationFactors": "Satisfy a custom control",
}
REASONS = {
    "notSet": "",
    "invalidCondition": "a condition cannot be read",
    "users": "user",
    "workloadIdentities": "workload identity",
    "application": "application",
    "userActions": "user action",
    "authenticationContext": "authentication context",
    "devicePlatform": "device platform",
    "devices": "device filter",
    "clientApps": "client app",
    "location": "location",
    "signInRisk": "sign-in risk",
    "userRisk": "user risk",
    "insiderRisk": "insider risk",
    "authenticationFlow": "authentication flow",
    "policyNotEnabled": "off",
}
"""Why a policy does not apply: the first condition that does not hold."""

COLUMNS = (
    Column("Result", "result"),
    Column("By policy", "policy"),
    Column("Missing", "missing"),
    Column("User", "user"),
    Column("Application", "app"),
    Column("Platform", "platform"),
    Column("Client", "client"),
    Column("Device", "device"),
    Column("Counts as compliant", "isCompliant", "bool"),
)
POLICIES = (
    Column("Policy", "displayName"),
    Column("State", "state"),
    Column("Result", "result"),
    Column("Missing", "missing", "list"),
    Column("Does not apply by", "reason"),
)


@dataclass(frozen=True, slots=True)
class _Device:
    id: str
    name: str


def run(options: Options, tools: Tools) -> Outcome:
    from toolkit.lab.signins import sign_in_to

    store = tools.lab().store
    asked: dict[str, Any] = {"user": options.user, "mfa": options.mfa}
    for name in ("app", "platform", "client", "flow"):
        if (value := getattr(options, name)) is not None:
            asked[name] = value
    data = {"schema": "grace/signin/1", **sign_in_to(store, asked, _device(store, options.device))}
    shown = _shown(data)
    policies = [_row(row) for row in data["policies"]]
    return Outcome(
        data=data,
        rows=[shown],
        columns=COLUMNS,
        sections=(
            Section("Sign-in", COLUMNS, [shown], pairs=True),
            Section("Policies", POLICIES, policies, empty="The tenant has no access policy."),
        ),
    )


def _device(store: Store, ref: DeviceRef | None) -> dict[str, Any] | None:
    if ref is None:
        return None
    known = tuple(_Device(device["id"], device["deviceName"]) for device in store.all("device"))
    return store.get("device", find_one(ref, known).id)


def _shown(data: Mapping[str, Any]) -> dict[str, Any]:
    device, control = data["device"], data["control"]
    return {
        "result": OUTCOMES[data["outcome"]],
        "policy": data["policyName"],
        "missing": control_words(control) if control is not None else None,
        "user": f"{data['user']['displayName']} <{data['user']['userPrincipalName']}>",
        "app": data["app"]["displayName"],
        "platform": data["platform"],
        "client": CLIENT_WORDS[data["client"]],
        "device": device["deviceName"] if device is not None else "one that the tenant does not know",
        "isCompliant": device["isCompliant"] if device is not None else None,
    }


def _row(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "displayName": row["displayName"],
        "state": words("conditionalAccessPolicyState", row["state"]),
        "result": RESULTS[row["result"]],
        "missing": [control_words(control) for control in row["missing"]],
        "reason": REASONS.get(row["reason"], row["reason"]),
    }


def control_words(control: str) -> str:
    return CONTROLS.get(control) or words("conditionalAccessGrantControl", control)
