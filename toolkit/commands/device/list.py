"""grace device list: managed devices with their compliance."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from toolkit.commands.spec import Arg, Spec, Tools
from toolkit.errors import UsageProblem
from toolkit.model.data.platforms import platform_key
from toolkit.model.device import IN_GRACE, Device
from toolkit.model.refs import DeviceRef, find_each, nearest
from toolkit.model.units import Hours
from toolkit.outcome import Column, Outcome


@dataclass(frozen=True, slots=True)
class Options:
    devices: tuple[DeviceRef, ...] = ()
    state: str | None = None
    platform: str | None = None
    grace_ends_within: Hours | None = None


STATES = {
    "compliant": "compliant",
    "noncompliant": "noncompliant",
    "in-grace": IN_GRACE,
    "unknown": "unknown",
    "error": "error",
    "conflict": "conflict",
    "config-manager": "configManager",
}
"""As typed -> Graph's complianceState."""

SPEC = Spec(
    "device",
    "list",
    Options,
    args=(
        Arg("devices", "only these: names, wildcards or ids", kind="device", many=True),
        Arg("state", "only devices in this state", ("--state",), kind="choice", choices=tuple(STATES)),
        Arg("platform", "only devices with this operating system", ("--platform",), metavar="OS"),
        Arg(
            "grace_ends_within",
            "only devices whose grace period ends this soon, soonest first",
            ("--grace-ends-within",),
            kind="after",
        ),
    ),
    examples=(
        "grace device list",
        "grace device list --state noncompliant --platform windows",
        "grace device list --grace-ends-within 3d -o csv",
    ),
)

COLUMNS = (
    Column("Name", "name"),
    Column("User", "user"),
    Column("OS", "os"),
    Column("State", "state", "state"),
    Column("Grace ends", "graceEnds", "date"),
    Column("Last check-in", "lastCheckIn", "date"),
    Column("Id", "id", "id", wide=True),
)


def run(options: Options, tools: Tools) -> Outcome:
    tenant = tools.tenant
    devices = tenant.devices()
    chosen = find_each(options.devices, devices) if options.devices else devices
    if options.state is not None:
        chosen = tuple(device for device in chosen if device.state == STATES[options.state])
    if options.platform is not None:
        chosen = _of_platform(options.platform, chosen, devices)
    if options.grace_ends_within is not None:
        until = tenant.now() + timedelta(hours=options.grace_ends_within)
        ends = [
            (d.grace_ends, d)
            for d in chosen
            if d.state == IN_GRACE and d.grace_ends is not None and d.grace_ends <= until
        ]
        chosen = tuple(device for _, device in sorted(ends, key=lambda pair: (pair[0], pair[1].name)))
    return Outcome(
        data=[device.raw for device in chosen],
        rows=[_row(device) for device in chosen],
        columns=COLUMNS,
        title=f"Devices of {tenant.name.name}",
        empty="No such device.",
    )


def _of_platform(text: str, chosen: tuple[Device, ...], everyone: tuple[Device, ...]) -> tuple[Device, ...]:
    """Devices whose operating system begins with the text. Raises UsageProblem for what is neither an OS nor a platform."""
    wanted = text.strip().casefold()
    found = tuple(device for device in chosen if device.os.casefold().startswith(wanted))
    known = sorted({device.os for device in everyone if device.os})
    if not found and platform_key(text) is None and not any(os.casefold().startswith(wanted) for os in known):
        near = nearest(text, known)
        hint = (f"Did you mean {near[0]}? " if near else "") + (
            f"There are: {', '.join(known)}." if known else ""
        )
        raise UsageProblem(f'No device has the operating system "{text}".', hint=hint or None)
    return found


def _row(device: Device) -> dict[str, Any]:
    return {
        "name": device.name,
        "user": device.user_principal_name or device.user_name,
        "os": f"{device.os} {device.os_version}".strip(),
        "state": device.state,
        "graceEnds": device.grace_ends,
        "lastCheckIn": device.last_sync,
        "id": device.id,
    }
