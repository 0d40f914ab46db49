"""grace lab device: break or fix a device of the lab, let it check in, enrol it, take it offline or online."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from toolkit.commands.spec import Arg, Spec, Tools
from toolkit.errors import UsageProblem
from toolkit.model.refs import DeviceRef, find_each
from toolkit.outcome import Column, Outcome

if TYPE_CHECKING:
    from toolkit.lab.world import World


@dataclass(frozen=True, slots=True)
class Options:
    verb: str
    devices: tuple[DeviceRef, ...]
    setting: str | None = None
    state: str | None = None


VERBS = ("break", "fix", "checkin", "enrol", "offline", "online", "force")
LIFTED = "none"

SPEC = Spec(
    "lab",
    "device",
    Options,
    args=(
        Arg("verb", "what to do with it", kind="choice", choices=VERBS, required=True),
        Arg(
            "devices",
            "the devices: names, wildcards, ids, or - for standard input",
            kind="device",
            many=True,
            required=True,
        ),
        Arg(
            "setting",
            "with break: the setting that is no longer met (default: the first that can fail)",
            ("--setting",),
        ),
        Arg(
            "state",
            "with force: the state that it reads as, whatever its policies say; none lifts it",
            ("--state",),
            kind="choice",
            choices=("error", "conflict", LIFTED),
        ),
    ),
    about="A device reports what changed at its next check-in; `checkin` lets that happen at once.",
    examples=(
        "grace lab device break WIN-0003 --setting bitLockerEnabled",
        "grace lab device fix WIN-0003",
        "grace lab device checkin 'WIN-000*'",
        "grace lab device force WIN-0003 --state error",
    ),
)

COLUMNS = (
    Column("Device", "deviceName"),
    Column("State", "complianceState", "state"),
    Column("Grace ends", "complianceGracePeriodExpirationDateTime", "date"),
    Column("Last check-in", "lastSyncDateTime", "date"),
    Column("Online", "online", "bool"),
    Column("Broken setting", "setting"),
)


@dataclass(frozen=True, slots=True)
class _Device:
    id: str
    name: str


def run(options: Options, tools: Tools) -> Outcome:
    if options.setting is not None and options.verb != "break":
        raise UsageProblem("--setting goes with break.")
    if (options.state is None) == (options.verb == "force"):
        raise UsageProblem(
            "--state goes with force, and force with --state.",
            hint="grace lab device force NAME --state error",
        )
    lab = tools.lab()
    devices = tuple(_Device(device["id"], device["deviceName"]) for device in lab.store.all("device"))
    chosen = find_each(options.devices, devices)
    with lab.store.transaction():
        settings = [_done(lab.world, options, device.id) for device in chosen]
    shown = []
    for device, setting in zip(chosen, settings, strict=True):
        found = lab.store.get("device", device.id) or {"id": device.id, "deviceName": device.name}
        shown.append(_row(found, setting))
    waits = options.verb in ("break", "fix")
    note = "It is reported at the next check-in. At once: grace lab device checkin NAME"
    return Outcome(data=shown, columns=COLUMNS, notes=(note,) if waits else ())


def _done(world: World, options: Options, id: str) -> str | None:
    """Does it, and gives the setting that was broken."""
    verb = options.verb
    if verb == "break":
        return world.break_device(id, options.setting)
    if verb == "fix":
        world.fix_device(id)
    elif verb == "checkin":
        world.check_in(id)
    elif verb == "enrol":
        world.enrol(id)
    elif verb == "force":
        world.force_state(id, None if options.state == LIFTED else options.state)
    else:
        world.offline(id, verb == "offline")
    return None


def _row(device: dict[str, Any], setting: str | None) -> dict[str, Any]:
    keys = (
        "id",
        "deviceName",
        "complianceState",
        "complianceGracePeriodExpirationDateTime",
        "lastSyncDateTime",
    )
    return {
        **{key: device.get(key) for key in keys},
        "online": (device.get("lab") or {}).get("online"),
        "setting": setting,
    }
