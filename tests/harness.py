"""Running Grace in a test: a home of its own, the lab in process, and a whole answer: stdout, stderr, code."""

from __future__ import annotations

import io
import json
import os
import shlex
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from toolkit.cli.app import main
from toolkit.cli.environment import Environment
from toolkit.clock import FixedClock
from toolkit.lab.app import Lab, open_lab

START = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
SHARED = Path(__file__).resolve().parents[1].parent / "shared"


def needs(tool: str) -> str:
    """The path of a system program. Without it the test is skipped and says so; where nothing may skip, it fails."""
    path = shutil.which(tool)
    if path is None:
        if os.environ.get("GRACE_TESTS_MAY_NOT_SKIP"):
            pytest.fail(f"{tool} is not installed, and this run may not skip")
        pytest.skip(f"{tool} is not installed")
    return path


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


class Pipe(io.StringIO):
    encoding = "utf-8"


@dataclass(frozen=True)
class Answer:
    stdout: str
    stderr: str
    code: int

    @property
    def json(self) -> Any:
        return json.loads(self.stdout)

    @property
    def error(self) -> dict[str, Any]:
        """The error object that `-o json` puts on stderr."""
        line = next(line for line in self.stderr.splitlines() if line.startswith('{"error"'))
        found: dict[str, Any] = json.loads(line)["error"]
        return found


@dataclass
class Grace:
    """One home folder. `run` takes a command line as typed, or as words."""

    home: Path
    variables: Mapping[str, str] = field(default_factory=dict)
    clock: FixedClock = field(default_factory=lambda: FixedClock(START))
    sent: list[tuple[str, str]] = field(default_factory=list)
    """(method, address) of every request that left, in order."""

    def run(
        self, line: str | Sequence[str], *, stdin: str = "", terminal: bool = False, **variables: str
    ) -> Answer:
        words = shlex.split(line) if isinstance(line, str) else list(line)
        stream = Terminal if terminal else Pipe
        out, err = stream(), stream()
        environment = Environment(
            stdin=Pipe(stdin),
            stdout=out,
            stderr=err,
            variables={"GRACE_HOME": str(self.home), **self.variables, **variables},
            clock=self.clock,
            sleep=lambda _seconds: None,
            seconds=lambda: 0.0,
            chance=lambda: 0.5,
            columns=100,
            witness=lambda method, url: self.sent.append((method, url)),
        )
        code = main(words, environment)
        return Answer(out.getvalue(), err.getvalue(), code)

    def ok(self, line: str | Sequence[str], **more: Any) -> Answer:
        """An answer with exit code 0."""
        answer = self.run(line, **more)
        assert answer.code == 0, answer
        return answer

    def json(self, line: str, **more: Any) -> Any:
        return self.ok(f"{line} -o json", **more).json

    def lab(self, name: str = "lab") -> Lab:
        return open_lab(str(self.home / "labs" / f"{name}.sqlite"))

    def content(self) -> Any:
        """What the tenant holds, without what changes at every write (ids of actions, versions, dates)."""
        lab = self.lab()
        try:
            kinds = ("policy", "catalogPolicy", "template", "group", "access")
            return {kind: [_lasting(doc) for doc in lab.store.all(kind)] for kind in kinds}
        finally:
            lab.store.close()


_FLEETING = frozenset(("version", "lastModifiedDateTime", "createdDateTime"))


def _lasting(value: Any, key: str = "") -> Any:
    if isinstance(value, dict):
        drop = _FLEETING | ({"id"} if "actionType" in value or "target" in value else set())
        return {k: _lasting(v, k) for k, v in value.items() if k not in drop}
    if isinstance(value, list):
        items = [_lasting(item) for item in value]
        ordered = key in ("settings", "children", "groupSettingCollectionValue")
        return items if ordered else sorted(items, key=lambda item: json.dumps(item, sort_keys=True))
    return value
