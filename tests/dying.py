"""A Grace that is killed (SIGKILL) at a chosen step of applying a plan."""

from __future__ import annotations

import os
import subprocess
import sys

from harness import Grace

# A process of its own that dies by SIGKILL the n-th time it comes to a step, in a real home.
DYING = """
import os, signal, sys
import toolkit.cli.conduct as conduct
from toolkit.apply import run as machine
step_to_die, count = sys.argv[1], int(sys.argv[2])
seen = 0
def step(name):
    global seen
    if name == step_to_die:
        seen += 1
        if seen == count:
            os.kill(os.getpid(), signal.SIGKILL)
real = machine.apply
conduct.apply = lambda *a, **k: real(*a, **k, step=step)
from toolkit.cli.app import main
sys.exit(main(sys.argv[3:]))
"""


def die(grace: Grace, step: str, count: int, words: list[str]) -> int:
    done = subprocess.run(
        [sys.executable, "-c", DYING, step, str(count), *words],
        env={**os.environ, "GRACE_HOME": str(grace.home)},
        capture_output=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    return done.returncode
