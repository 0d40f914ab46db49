"""Everything the process takes from outside, as one value that a test replaces."""

from __future__ import annotations

import os
import random
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TextIO

from toolkit.clock import Clock, SystemClock


@dataclass(slots=True)
class Environment:
    """Streams, terminal, variables, folder, clock, chance and sleep: real by default."""

    stdin: TextIO = field(default_factory=lambda: sys.stdin)
    stdout: TextIO = field(default_factory=lambda: sys.stdout)
    stderr: TextIO = field(default_factory=lambda: sys.stderr)
    variables: Mapping[str, str] = field(default_factory=lambda: os.environ)
    clock: Clock = field(default_factory=SystemClock)
    sleep: Callable[[float], None] = time.sleep
    seconds: Callable[[], float] = time.monotonic
    chance: Callable[[], float] = random.random
    witness: Callable[[str, str], None] | None = None
    """Told method and address of every request that leaves, right before it does."""
    columns: int | None = None
    """The width to use; None asks the terminal."""

    @property
    def stdout_is_terminal(self) -> bool:
        return _is_terminal(self.stdout)

    @property
    def can_ask(self) -> bool:
        """Whether there is a person to answer: the question goes to stderr, the answer comes from stdin."""
        return _is_terminal(self.stdin) and _is_terminal(self.stderr)

    @property
    def width(self) -> int:
        if self.columns is not None:
            return self.columns
        import shutil

        return max(40, shutil.get_terminal_size((100, 24)).columns)

    def unicode(self, stream: TextIO) -> bool:
        return (getattr(stream, "encoding", None) or "ascii").lower().replace("-", "") in {
            "utf8",
            "utf16",
            "utf32",
        }

    @property
    def home(self) -> str:
        """The folder of all state: GRACE_HOME, else where the system keeps such things."""
        chosen = self.variables.get("GRACE_HOME")
        if chosen:
            return os.path.abspath(os.path.expanduser(chosen))
        from platformdirs import user_data_dir

        return user_data_dir("grace", appauthor=False)


def what_if_is_set(environment: Environment) -> bool:
    return environment.variables.get("GRACE_WHAT_IF", "").lower() not in ("", "0", "false", "no")


def _is_terminal(stream: TextIO | None) -> bool:
    try:
        return stream is not None and stream.isatty()
    except ValueError:  # closed
        return False
