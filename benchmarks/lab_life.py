"""How long a year of a lab takes, and how that grows with its devices.

    .venv/bin/python benchmarks/lab_life.py [DEVICES ...]

Every device breaks within the first day and meets a mark and four actions; a third are mended after 45 days. Each
size runs in a process of its own, which tells its time and its peak of memory; "of work" is processor time, which
says more on a machine that is not idle, as it should be. Making the tenant is not counted. Exits 1 when a target
is missed.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from toolkit.lab.store import Store
from toolkit.lab.tenants import START, Builder, load_story
from toolkit.lab.world import World

SIZES = (12_500, 25_000, 50_000, 100_000)
MOST_SECONDS = 60.0
MOST_MEBIBYTES = 1024.0
MOST_RATIO = 2.6
"""To the half size; 60 s and 1 GiB are for 100,000 devices and count for fewer in proportion."""

PLATFORMS = (
    ("windows", "windows10CompliancePolicy", "bitLockerEnabled", "10.0.22631.4169"),
    ("ios", "iosCompliancePolicy", "passcodeRequired", "18.6"),
    ("android-fully-managed", "androidDeviceOwnerCompliancePolicy", "passwordRequired", "14.0"),
    ("macos", "macOSCompliancePolicy", "passwordRequired", "15.7"),
)
"""Variant, type of policy, the setting that fails, version."""
ACTIONS = (
    ("block", 72),
    ("notification", 0, "First warning"),
    ("notification", 120, "First warning"),
    ("remoteLock", 336),
    ("retire", 720),
)


def tenant(path: str, devices: int) -> Store:
    """One user for two devices, one policy for each platform, every device fine so far."""
    store = Store(path)
    with store.transaction():
        load_story(store, "empty", 1)
        build = Builder(store, "benchmark")
        build.template(
            "First warning", [("en-us", "Your device {{DeviceName}}", "<p>Hello {{UserName}}</p>")]
        )
        for variant, kind, setting, _ in PLATFORMS:
            build.policy(f"Baseline {variant}", kind, {setting: True}, ACTIONS, ["all devices"])
        for number in range(devices):
            name = f"user{number // 2:06}@contoso.example"
            if number % 2 == 0:
                build.user(f"User {number // 2:06}", name, mail=name, language=None)
            variant, _, setting, version = PLATFORMS[number % len(PLATFORMS)]
            build.device(
                f"Device {number:06}",
                variant,
                user=name,
                model="Contoso Model 1",
                os_version=version,
                facts={setting: True},
                enrolled=START - timedelta(days=100, minutes=number % 480),
                synced=START - timedelta(minutes=number % 480),
            )
        World(store).settle()
    return store


def turn(store: Store, numbers: range, is_well: bool) -> None:
    """What break_device and fix_device do to one device, for many at once and without reading the tenant for each."""
    ids = store.ids("device")
    with store.transaction():
        for number in numbers:
            document = store.get("device", ids[number]) or {}
            document["lab"]["facts"] = {PLATFORMS[number % len(PLATFORMS)][2]: is_well}
            document["lab"]["changed"] = True
            store.put("device", document["id"], document)


def year(devices: int) -> dict[str, float]:
    """Lives one year; for the process that does nothing else."""
    with tempfile.TemporaryDirectory() as folder:
        store = tenant(str(Path(folder) / "lab.db"), devices)
        turn(store, range(devices), is_well=False)
        world = World(store)
        taken = worked = 0.0
        for days, mended in ((45, range(0, devices, 3)), (320, range(0))):
            start, start_of_work = time.perf_counter(), time.process_time()
            world.advance(world.now + timedelta(days=days))
            taken += time.perf_counter() - start
            worked += time.process_time() - start_of_work
            turn(store, mended, is_well=True)
        events = store.last_number("event")
        store.close()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"seconds": taken, "work": worked, "events": events, "peak": peak}


def main() -> int:
    if sys.argv[1:2] == ["--one"]:
        print(json.dumps(year(int(sys.argv[2]))))
        return 0
    sizes = [int(word) for word in sys.argv[1:]] or SIZES
    missed = 0
    before: dict[int, float] = {}
    print(
        f"{'devices':>8} {'seconds':>9} {'of work':>9} {'events':>10} {'µs/event':>9} {'peak MiB':>9} {'x half':>7}"
    )
    for devices in sizes:
        done = subprocess.run(
            [sys.executable, __file__, "--one", str(devices)], stdout=subprocess.PIPE, check=True
        )
        found = json.loads(done.stdout)
        seconds, events, peak = found["seconds"], int(found["events"]), found["peak"]
        ratio = seconds / before[devices // 2] if devices // 2 in before else None
        before[devices] = seconds
        is_missed = (
            seconds > MOST_SECONDS * max(devices / 100_000, 0.1)
            or peak > MOST_MEBIBYTES
            or (ratio is not None and ratio > MOST_RATIO)
        )
        missed += is_missed
        shown = "" if ratio is None else f"{ratio:.2f}"
        line = f"{devices:8} {seconds:9.1f} {found['work']:9.1f} {events:10} {seconds / events * 1e6:9.1f} {peak:9.0f} {shown:>7}"
        print(line + ("  MISSED" if is_missed else ""), flush=True)
    print(
        f"Targets for 100,000: {MOST_SECONDS:.0f} s, {MOST_MEBIBYTES:.0f} MiB; x half at most {MOST_RATIO}."
    )
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
