"""What goes in and out of the lab: requests, responses, and the answer of one Graph call before it becomes bytes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

JSON_TYPE = (
    "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"
)

Fate = Literal["", "cut", "truncated"]
"""What becomes of an answer on its way: "" it arrives, "cut" the connection closes without it, "truncated" half of it comes."""


class Request(NamedTuple):
    """`url` is absolute, or a path with its query that starts with /v1.0, /beta, /lab or a sign-in address."""

    method: str
    url: str
    headers: Mapping[str, str] = {}
    body: bytes | None = None


class Response(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes
    fate: Fate = ""
    delay: float = 0.0
    """Seconds that whoever carries the answer waits first."""

    def json(self) -> Any:
        return json.loads(self.body)


class Raw(NamedTuple):
    """A payload that is neither JSON nor text."""

    body: bytes
    content_type: str


class Result(NamedTuple):
    """The answer of one Graph call. `payload` is JSON, a str for text/plain, Raw, or None for no body."""

    status: int
    payload: Any
    headers: Mapping[str, str] = {}
    fate: Fate = ""
    delay: float = 0.0


class Asked(NamedTuple):
    """One Graph call as faults and quotas see it. `path` is below the version, without the query."""

    method: str
    version: str
    path: str
    query: str


def response_of(result: Result, headers: Mapping[str, str]) -> Response:
    """`headers` go onto every answer; those of the result win."""
    payload, extra = result.payload, {**headers, **result.headers}
    if payload is None:
        return Response(result.status, extra, b"", result.fate, result.delay)
    if isinstance(payload, Raw):
        body, kind = payload.body, payload.content_type
    elif isinstance(payload, str):
        body, kind = payload.encode(), "text/plain"
    else:
        text = json.dumps(payload, ensure_ascii=False, separators=(",", ":"))
        body, kind = text.encode("utf-8", "replace"), JSON_TYPE
    return Response(result.status, {**extra, "Content-Type": kind}, body, result.fate, result.delay)
