"""How long a command takes, as a ratio to the bare interpreter of the same environment.

    .venv/bin/python benchmarks/start.py [ROUNDS]

Every command runs once in a round, in shuffled order, so that drift of the machine hits all alike; the figure
is the ratio of medians. Exits 1 when a target is missed. The machine should be otherwise idle.
"""

from __future__ import annotations

import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

BIN = Path(sys.executable).parent
FLOOR = "python -c pass"
COMMANDS = {
    FLOOR: ([sys.executable, "-c", "pass"], None),
    "grace --version": ([str(BIN / "grace"), "--version"], 2.0),
    "grace --help": ([str(BIN / "grace"), "--help"], 3.0),
    "grace action add --help": ([str(BIN / "grace"), "action", "add", "--help"], None),
    "grace action list -o json": ([str(BIN / "grace"), "action", "list", "-o", "json"], 13.0),
    "grace action list (table)": ([str(BIN / "grace"), "action", "list"], 17.0),
    "grace action list (terminal table)": (["terminal", str(BIN / "grace"), "action", "list"], 17.0),
}
"""Command -> words and the most that it may take, in times of the floor. `terminal` runs it on a pseudo-terminal."""


def once(words: list[str], environment: dict[str, str]) -> float:
    """Milliseconds of wall time."""
    start = time.perf_counter()
    if words[0] == "terminal":
        import pty

        child, handle = pty.fork()
        if child == 0:
            os.execve(words[1], words[1:], environment)
        while True:
            try:
                if not os.read(handle, 65536):
                    break
            except OSError:  # the other end is closed
                break
        os.close(handle)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    else:
        done = subprocess.run(
            words,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
        )
        code = done.returncode
    if code != 0:
        raise SystemExit(f"{words} ended with exit code {code}")
    return (time.perf_counter() - start) * 1000


def main() -> int:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "GRACE_HOME": home, "COLUMNS": "120", "TERM": "xterm-256color"}
        # Compiled modules are kept between runs, as they are for everybody who installs it.
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        taken: dict[str, list[float]] = {name: [] for name in COMMANDS}
        for words, _ in COMMANDS.values():
            once(words, environment)  # the lab is made, the bytecode is compiled
        for _ in range(rounds):
            for name in random.sample(list(COMMANDS), len(COMMANDS)):
                taken[name].append(once(COMMANDS[name][0], environment))
    floor = statistics.median(taken[FLOOR])
    missed = 0
    print(f"{'command':38} {'median ms':>10} {'x floor':>8} {'target':>8}   ({rounds} rounds)")
    for name, (_, target) in COMMANDS.items():
        median = statistics.median(taken[name])
        ratio = median / floor
        verdict = "" if target is None else f"{target:.1f}" + ("" if ratio <= target else "  MISSED")
        missed += target is not None and ratio > target
        print(f"{name:38} {median:10.1f} {ratio:8.2f} {verdict:>8}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
