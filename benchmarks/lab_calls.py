"""How fast the lab answers: single things, first pages of a large tenant against a small one, HTTP, and its start.

    .venv/bin/python benchmarks/lab_calls.py [ROUNDS] [DEVICES]

Every row runs once in a round, in shuffled order, so that drift of the machine hits all alike; the figures are medians
and ratios of medians. Exits 1 when a target is missed. The machine should be otherwise idle.
"""

from __future__ import annotations

import http.client
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from urllib.parse import quote

from toolkit.lab.app import Lab, Request, create_lab

BIN = Path(sys.executable).parent
DEVICES = "/v1.0/deviceManagement/managedDevices"
POLICIES = "/beta/deviceManagement/deviceCompliancePolicies"
SMALL = 100
CALLS_A_SECOND = 5000
MOST_TIMES_SLOWER = 1.3
MOST_MILLISECONDS = 0.5
MOST_TIMES_THE_FLOOR = 6.0

PAGES = {
    "first page of devices": DEVICES,
    "first page, one selected member": f"{DEVICES}?$select=id",
    "first page of the directory's devices": "/v1.0/devices",
    "device by name": f"{DEVICES}?$filter=" + quote("deviceName eq 'WIN-0002'"),
    "noncompliant devices, $top=5": f"{DEVICES}?$top=5&$filter=" + quote("complianceState eq 'noncompliant'"),
    "directory device by deviceId": "/v1.0/devices?$filter=" + quote("deviceId eq '{entra}'"),
    "deviceStatuses of a policy, $top=20": POLICIES + "/{policy}/deviceStatuses?$top=20",
    "policy states of a device": DEVICES + "/{device}/deviceCompliancePolicyStates",
}
"""What is asked of both tenants; {device}, {entra} and {policy} are ids in them."""


def seconds(lab: Lab, url: str, times: int) -> float:
    """Processor time of one call, over so many: in process nothing is waited for."""
    request = Request("GET", url)
    start = time.process_time()
    for _ in range(times):
        response = lab.handle(request)
    taken = (time.process_time() - start) / times
    if response.status != 200:
        raise SystemExit(f"{url} answered {response.status}: {response.body.decode()[:200]}")
    return taken


def filled_in(lab: Lab, url: str) -> str:
    device = next(row for row in lab.store.each("device") if row["deviceName"] == "WIN-0002")
    policy = next(row for row in lab.store.each("policy") if row["displayName"] == "Windows baseline")
    ids = {"device": device["id"], "entra": device["azureADDeviceId"], "policy": policy["id"]}
    for name, id in ids.items():
        url = url.replace("{" + name + "}", id).replace(quote("{" + name + "}"), id)
    return url


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


class Served:
    """`grace lab serve` as a process, from its start to its end."""

    def __init__(self, environment: dict[str, str], home: str) -> None:
        port, token = free_port(), os.path.join(home, "token.txt")
        Path(token).unlink(missing_ok=True)
        words = [
            str(BIN / "grace"),
            "lab",
            "serve",
            "--port",
            str(port),
            "--token-to",
            token,
            "--no-throttling",
        ]
        start = time.perf_counter()
        self.process = subprocess.Popen(
            words,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        self.connection = self._connected(port)
        self.headers = {"Authorization": "Bearer " + self._token(token)}
        self.get("/v1.0/me")
        self.start = time.perf_counter() - start

    def _connected(self, port: int) -> http.client.HTTPConnection:
        while self.process.poll() is None:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
            try:
                connection.connect()
            except ConnectionRefusedError:
                time.sleep(0.001)
            else:
                return connection
        raise SystemExit(f"grace lab serve ended: {self.process.communicate()[1].decode()}")

    def _token(self, path: str) -> str:
        while self.process.poll() is None:
            try:
                text = Path(path).read_text(encoding="ascii")
            except FileNotFoundError:
                text = ""
            if text.endswith("\n"):
                return text.strip()
            time.sleep(0.001)
        raise SystemExit("grace lab serve ended before it wrote its token.")

    def get(self, path: str) -> None:
        self.connection.request("GET", path, headers=self.headers)
        response = self.connection.getresponse()
        body = response.read()
        if response.status != 200:
            raise SystemExit(f"{path} answered {response.status}: {body.decode()[:200]}")

    def seconds(self, path: str, times: int) -> float:
        start = time.perf_counter()
        for _ in range(times):
            self.get(path)
        return (time.perf_counter() - start) / times

    def stop(self) -> None:
        self.connection.close()
        self.process.terminate()
        self.process.communicate(timeout=30)


def bare_start() -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", "pass"], check=True)
    return time.perf_counter() - start


def fresh_start(environment: dict[str, str], home: str) -> float:
    served = Served(environment, home)
    served.stop()
    return served.start


def main() -> int:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    devices = int(sys.argv[2]) if len(sys.argv) > 2 else 10_000
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "GRACE_HOME": home}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        subprocess.run([str(BIN / "grace"), "lab", "init"], env=environment, check=True, capture_output=True)
        labs = {
            size: create_lab(os.path.join(home, f"{size}.sqlite"), devices=size) for size in (SMALL, devices)
        }
        served = Served(environment, home)
        rows: dict[tuple[str, int], Callable[[], float]] = {
            ("bare", 0): bare_start,
            ("start", 0): partial(fresh_start, environment, home),
            ("http", 0): partial(served.seconds, "/v1.0/me", 200),
            ("single", 0): partial(
                seconds, labs[devices], filled_in(labs[devices], DEVICES + "/{device}"), 500
            ),
        }
        for name, url in PAGES.items():
            for size, lab in labs.items():
                rows[name, size] = partial(seconds, lab, filled_in(lab, url), 20)
        taken: dict[tuple[str, int], list[float]] = {key: [] for key in rows}
        for run in rows.values():
            run()  # pages of the file are read, the bytecode is compiled
        for _ in range(rounds):
            for key in random.sample(list(rows), len(rows)):
                taken[key].append(rows[key]())
        served.stop()
        for lab in labs.values():
            lab.close()
    return report({key: statistics.median(values) for key, values in taken.items()}, rounds, devices)


def report(median: dict[tuple[str, int], float], rounds: int, devices: int) -> int:
    missed = 0

    def line(name: str, figure: str, target: str, is_met: bool) -> None:
        nonlocal missed
        missed += not is_met
        print(f"{name:42} {figure:>34} {target:>10}{'' if is_met else '  MISSED'}")

    print(f"{'what':42} {'figure':>34} {'target':>10}   ({rounds} rounds, {devices:,} devices)")
    rate = 1 / median["single", 0]
    line("one thing, in process", f"{rate:,.0f} calls/s", f">={CALLS_A_SECOND:,}", rate >= CALLS_A_SECOND)
    for name in PAGES:
        small, large = (median[name, size] * 1000 for size in (SMALL, devices))
        figure = f"{large:.2f} ms, {small:.2f} ms: {large / small:.2f}x"
        line(name, figure, f"<={MOST_TIMES_SLOWER}x", large / small <= MOST_TIMES_SLOWER)
    http_ms = median["http", 0] * 1000
    line(
        "one thing over HTTP, one connection",
        f"{http_ms:.2f} ms",
        f"<={MOST_MILLISECONDS} ms",
        http_ms <= MOST_MILLISECONDS,
    )
    ratio = median["start", 0] / median["bare", 0]
    figure = f"{median['start', 0] * 1000:.0f} ms, {ratio:.1f}x a bare interpreter"
    line("start to the first answer", figure, f"<={MOST_TIMES_THE_FLOOR:g}x", ratio <= MOST_TIMES_THE_FLOOR)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
