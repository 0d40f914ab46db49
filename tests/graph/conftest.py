"""A service that answers from a script: it fails a test for a request nobody expected, and for one nobody sent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from toolkit.errors import Unreachable
from toolkit.graph.session import Session
from toolkit.graph.transport import Answer, Request

ROOT = "https://graph.example"


class Service:
    """The transport, and everything else that a session is handed: time that passes only when somebody sleeps."""

    def __init__(self) -> None:
        self.script: list[tuple[str, Answer | Unreachable]] = []
        self.requests: list[Request] = []
        self.slept: list[float] = []
        self.lines: list[str] = []
        self.seconds = 0.0
        self._ids = 0

    def expect(
        self, asked: str, status: int = 200, body: Any = None, headers: dict[str, str] | None = None
    ) -> None:
        """The next request must be `asked` ("GET /v1.0/me"); bytes are answered as they are, all else as JSON."""
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        given = {"content-type": "application/json", **(headers or {})}
        self.script.append((asked, Answer(status, given, raw)))

    def expect_loss(self, asked: str, *, sent: bool) -> None:
        detail = {"method": asked.partition(" ")[0], "host": "graph.example", "sent": sent}
        self.script.append((asked, Unreachable("graph.example did not answer.", detail=detail)))

    def __call__(self, request: Request, limit: float) -> Answer:
        self.requests.append(request)
        asked = f"{request.method} {request.url.removeprefix(ROOT)}"
        if not self.script or self.script[0][0] != asked:
            wanted = self.script[0][0] if self.script else "nothing more"
            pytest.fail(f"asked: {asked}\nexpected: {wanted}")
        answer = self.script.pop(0)[1]
        if isinstance(answer, Unreachable):
            raise answer
        return answer

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.seconds += seconds

    def new_id(self) -> str:
        self._ids += 1
        return f"id-{self._ids}"

    def session(self, **more: Any) -> Session:
        given: dict[str, Any] = {
            "root": ROOT,
            "token": lambda: None,
            "sleep": self.sleep,
            "clock_seconds": lambda: self.seconds,
            "chance": lambda: 0.5,
            "new_id": self.new_id,
        }
        return Session(self, **(given | more))

    def finish(self) -> None:
        if self.script:
            pytest.fail("never asked: " + ", ".join(asked for asked, _ in self.script))


@pytest.fixture
def service() -> Iterator[Service]:
    made = Service()
    yield made
    made.finish()
