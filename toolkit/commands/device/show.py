"""grace device show: one device, and how each policy stands with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from toolkit.commands.spec import Arg, Spec, Tools
from toolkit.forecast.exposure import key_of
from toolkit.graph.reads import Tenant
from toolkit.model.data.enums import words
from toolkit.model.device import IN_GRACE, Device
from toolkit.model.policy import Policy
from toolkit.model.refs import DeviceRef
from toolkit.outcome import Column, Outcome, Section


@dataclass(frozen=True, slots=True)
class Options:
    device: DeviceRef


SPEC = Spec(
    "device",
    "show",
    Options,
    args=(Arg("device", "the device: a name or an id", kind="device", required=True),),
    examples=(
        "grace device list --top 1 -o ids | grace device show -",
        "grace device list --state noncompliant --top 1 -o ids | grace device show - -o json",
    ),
)

PROPERTIES = (
    Column("Name", "name"),
    Column("State", "state", "state"),
    Column("Grace ends", "graceEnds", "date"),
    Column("User", "user"),
    Column("Mail", "mail"),
    Column("OS", "os"),
    Column("Model", "model"),
    Column("Owner", "owner"),
    Column("Managed by", "agent"),
    Column("Management", "management"),
    Column("Enrolled", "enrolled", "date"),
    Column("Last check-in", "lastCheckIn", "date"),
    Column("Id", "id", "id"),
)
POLICIES = (
    Column("Policy", "policy"),
    Column("State", "state", "state"),
    Column("Grace period", "grace", "hours"),
    Column("Failing settings", "failing", "list"),
)


def run(options: Options, tools: Tools) -> Outcome:
    tenant = tools.tenant
    device = tenant.device(tenant.find_device(options.device).id)
    states = tenant.device_states(device.id)
    return Outcome(
        # The states in their place, as Graph itself would give them with $expand.
        data={**device.raw, "deviceCompliancePolicyStates": states},
        columns=PROPERTIES,
        title=device.name,
        sections=(
            Section("Device", PROPERTIES, [_properties(device)], pairs=True),
            Section(
                "Policies",
                POLICIES,
                _policies(states, device, tenant),
                empty="No policy has been evaluated on it.",
            ),
        ),
    )


def _properties(device: Device) -> dict[str, Any]:
    maker = (device.raw.get("manufacturer") or "", device.raw.get("model") or "")
    return {
        "name": device.name,
        "state": device.state,
        "graceEnds": device.grace_ends,
        "user": " ".join(
            part for part in (device.user_name, f"<{device.user_principal_name}>") if part.strip("<>")
        ),
        "mail": device.mail,
        "os": f"{device.os} {device.os_version}".strip(),
        "model": " ".join(part for part in maker if part),
        "owner": words("managedDeviceOwnerType", device.owner),
        "agent": words("managementAgentType", device.agent),
        "management": words("managementState", device.management_state),
        "enrolled": device.enrolled,
        "lastCheckIn": device.last_sync,
        "id": device.id,
    }


def _policies(states: list[dict[str, Any]], device: Device, tenant: Tenant) -> list[dict[str, Any]]:
    policies = tenant.policies()
    now = tenant.now()

    def stands(state: Mapping[str, Any], policy: Policy | None) -> Any:
        """The state; the policy's own list knows of a running grace period, which this one has no word for."""
        if policy is None or state.get("state") != "nonCompliant":
            return state.get("state")
        key = key_of(device.name, device.user_principal_name)
        mine = [s for s in tenant.statuses(policy) if key_of(s.device_name, s.user_principal_name) == key]
        is_running = len(mine) == 1 and mine[0].grace_expires is not None and mine[0].grace_expires > now
        return IN_GRACE if is_running else state.get("state")

    def row(state: Mapping[str, Any]) -> dict[str, Any]:
        # The states carry the policy's name; the id in front of theirs is the policy's where the service gives it so.
        name, head = str(state.get("displayName") or ""), str(state.get("id") or "").partition("_")[0]
        by_id = [policy for policy in policies if policy.id == head]
        found = by_id or [policy for policy in policies if policy.name == name]
        schedule = found[0].schedule if len(found) == 1 else None
        settings = state.get("settingStates") or ()
        failing = [
            s.get("settingName") or s.get("setting")
            for s in settings
            if s.get("state") in ("nonCompliant", "error")
        ]
        return {
            "policy": name,
            "state": stands(state, found[0] if len(found) == 1 else None),
            "grace": schedule.grace if schedule is not None else None,
            "failing": failing,
        }

    return [row(state) for state in states]
