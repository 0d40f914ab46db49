"""The lab tenant as a function: handle(request) gives a response, without sockets and without a clock of its own."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from toolkit.errors import GraceProblem, NotFound, StorageProblem
from toolkit.lab import control
from toolkit.lab.answers import Call, read_json
from toolkit.lab.contract import RequestError, bad_request
from toolkit.lab.routes import find
from toolkit.lab.store import Store, guid

if TYPE_CHECKING:
    from toolkit.lab.world import World

BATCH_SIZE = 20
REQUESTS_KEPT = 1000
REQUESTS_WAITING = 100
"""So many requests are remembered before they are written down without a change that takes them along."""

JSON_TYPE = (
    "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"
)


class Request(NamedTuple):
    """`url` is absolute, or a path with its query that starts with /v1.0, /beta or /lab."""

    method: str
    url: str
    headers: Mapping[str, str] = {}
    body: bytes | None = None


class Response(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class Lab:
    """One tenant. `base_url` is what nextLinks and contexts begin with."""

    def __init__(self, store: Store, *, base_url: str = "https://graph.lab.invalid") -> None:
        self.store = store
        self.base_url = base_url.rstrip("/")
        self._answered = store.last_number("request")
        self._waiting: list[dict[str, Any]] = []

    @property
    def world(self) -> World:
        """Made anew each time: it keeps nothing that is not in the store."""
        from toolkit.lab.world import World

        return World(self.store)

    def handle(self, request: Request) -> Response:
        """Every request has its own transaction; one that fails changes nothing. Only StorageProblem is raised."""
        parts = urlsplit(request.url)
        self._answered += 1
        request_id = guid(f"request:{self.store.meta('seed')}:{self._answered}")
        headers = {name.lower(): value for name, value in request.headers.items()}
        ids = {"request-id": request_id, "client-request-id": headers.get("client-request-id", request_id)}
        method, path = request.method.upper(), parts.path
        if path.lower().rstrip("/") in ("/v1.0/$batch", "/beta/$batch") and method == "POST":
            status, payload, extra = self._batch(path[1:].partition("/")[0].lower(), request.body, ids)
        else:
            status, payload, extra = self._serve(method, path, parts.query, headers, request.body, ids)
        return _response(status, payload, {**ids, **extra})

    def close(self) -> None:
        """Writes down what is still only remembered, and lets go of the file."""
        self.flush()
        self.store.close()

    def flush(self) -> None:
        if self._waiting:
            with self.store.transaction():
                self._write_requests()

    def reset(self) -> None:
        """The tenant as its story begins, the log of requests included."""
        from toolkit.lab.tenants import load_story

        story, seed, devices = (self.store.meta(key) for key in ("story", "seed", "devices"))
        with self.store.transaction():
            self.store.clear()
            load_story(self.store, story, seed, devices)
            self.world.settle()
        self._waiting.clear()

    def _serve(
        self,
        method: str,
        path: str,
        query: str,
        headers: Mapping[str, str],
        body: bytes | None,
        ids: Mapping[str, str],
    ) -> tuple[int, Any, dict[str, str]]:
        """(status, payload, further headers) of one request or one part of a batch."""
        entry: dict[str, Any] = {"method": method, "url": path + ("?" + query if query else "")}
        version, _, rest = path.lstrip("/").partition("/")
        try:
            if version.lower() == "lab":
                # Reading the log of requests writes down the waiting ones.
                with self.store.transaction():
                    self._write_requests()
                    status, payload = control.answer(self, method, rest, query, body)
                return status, payload, {}
            with self.store.transaction(read_only=method == "GET"):
                status, payload = self._answer(method, version.lower(), rest, query, headers, body)
                entry["status"] = status
                self._waiting.append(entry)
                if method != "GET":
                    self._write_requests()
            if method == "GET" and len(self._waiting) >= REQUESTS_WAITING:
                self.flush()
        except RequestError as error:
            self._waiting.append({**entry, "status": error.status})
            return error.status, self._error(error, rest, ids), {}
        except StorageProblem:
            raise
        except GraceProblem as problem:
            if version.lower() == "lab":
                return (
                    400,
                    {"error": {"code": problem.code, "message": problem.message, "hint": problem.hint}},
                    {},
                )
            self._waiting.append({**entry, "status": 400})
            return 400, self._error(bad_request(problem.message), rest, ids), {}
        extra = {}
        if status == 201 and isinstance(payload, dict) and "id" in payload:
            extra["Location"] = f"{self.base_url}{path}/{payload['id']}"
        return status, payload, extra

    def _answer(
        self, method: str, version: str, rest: str, query: str, headers: Mapping[str, str], body: bytes | None
    ) -> tuple[int, Any]:
        if version not in ("v1.0", "beta"):
            raise RequestError(400, "BadRequest", f"Invalid version: '{version}'.")
        place = find(method, rest)
        if place is None or place.route is None:
            raise RequestError(
                501,
                "NotImplementedByLab",
                f"The lab does not imitate {method} /{version}/{rest}; docs/lab-coverage.md lists what it does.",
            )
        if version not in place.route.versions:
            raise bad_request(f"Resource not found for the segment '{place.path.split('/')[1]}'.")
        call = Call(self, method, version, place.path, place.keys, query, headers, body)
        return place.route.handler(call)

    def _error(self, error: RequestError, path: str, ids: Mapping[str, str]) -> dict[str, Any]:
        message = error.message
        if path.lower().startswith("devicemanagement") and error.code in ("BadRequest", "ResourceNotFound"):
            message = _nested(message, path, ids)
        date = str(self.store.meta("clock") or "2026-11-02T08:00:00")[:19]
        return {"error": {"code": error.code, "message": message, "innerError": {"date": date, **ids}}}

    def _write_requests(self) -> None:
        waiting, self._waiting = self._waiting, []
        for entry in waiting:
            self.store.append("request", entry)
        if waiting:
            self.store.trim("request", REQUESTS_KEPT)

    def _batch(
        self, version: str, raw: bytes | None, ids: Mapping[str, str]
    ) -> tuple[int, Any, dict[str, str]]:
        try:
            parts = _batch_parts(read_json(raw))
        except RequestError as error:
            return error.status, self._error(error, "", ids), {}
        done: dict[str, dict[str, Any]] = {}
        waiting = list(parts)
        while waiting:
            ready = [part for part in waiting if all(key in done for key in part["dependsOn"])]
            if not ready:
                return (
                    400,
                    self._error(bad_request("The parts of the batch wait for each other."), "", ids),
                    {},
                )
            for part in ready:
                done[part["id"].lower()] = self._part(version, part, done, ids)
            waiting = [part for part in waiting if part not in ready]
        # The service promises no order; callers must match by id.
        return 200, {"responses": list(reversed(done.values()))}, {}

    def _part(
        self,
        version: str,
        part: Mapping[str, Any],
        done: Mapping[str, Mapping[str, Any]],
        ids: Mapping[str, str],
    ) -> dict[str, Any]:
        answer: dict[str, Any] = {"id": part["id"]}
        if any(done[key]["status"] >= 400 for key in part["dependsOn"]):
            error = RequestError(424, "FailedDependency", "A request that this one depends on has failed.")
            return {**answer, "status": 424, "headers": {}, "body": self._error(error, "", ids)}
        url = urlsplit("/" + part["url"].lstrip("/"))
        body = None if part["body"] is None else json.dumps(part["body"]).encode()
        if body is not None and "content-type" not in {name.lower() for name in part["headers"]}:
            error = bad_request("A part with a body needs the header Content-Type.")
            return {**answer, "status": 400, "headers": {}, "body": self._error(error, "", ids)}
        status, payload, extra = self._serve(
            part["method"], f"/{version}{url.path}", url.query, part["headers"], body, ids
        )
        answer |= {"status": status, "headers": {**extra}}
        if payload is not None:
            answer["headers"]["Content-Type"] = (
                "text/plain" if isinstance(payload, str) else "application/json"
            )
            answer["body"] = payload
        return answer


def create_lab(path: str, story: str = "contoso", seed: int = 1, devices: int | None = None) -> Lab:
    """A new tenant in a new file (":memory:" for none). Raises StorageProblem where the file exists already."""
    from toolkit.lab.tenants import load_story

    if path != ":memory:" and os.path.exists(path):
        raise StorageProblem(f"{path} exists already.", hint="Name another file, or delete it first.")
    lab = Lab(Store(path))
    try:
        with lab.store.transaction():
            load_story(lab.store, story, seed, devices)
            lab.world.settle()
    except BaseException:
        lab.store.close()
        if path != ":memory:":
            os.unlink(path)
        raise
    return lab


def open_lab(path: str) -> Lab:
    """The tenant in a file. Raises NotFound where there is none and StorageProblem for a file that is no lab."""
    if path != ":memory:" and not os.path.exists(path):
        raise NotFound(f"There is no lab at {path}.", hint="Make one: grace lab init")
    store = Store(path)
    if store.meta("story") is None:
        store.close()
        raise StorageProblem(
            f"{path} holds no lab.", hint="Name another file, or delete it and make a new lab."
        )
    return Lab(store)


def _response(status: int, payload: Any, headers: dict[str, str]) -> Response:
    if payload is None:
        return Response(status, headers, b"")
    if isinstance(payload, str):
        return Response(status, {**headers, "Content-Type": "text/plain"}, payload.encode())
    body = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    return Response(status, {**headers, "Content-Type": JSON_TYPE}, body)


def _nested(message: str, path: str, ids: Mapping[str, str]) -> str:
    """The JSON text that Intune writes where others write a sentence, with an address inside that nobody should log."""
    request_id = ids["request-id"]
    url = f"https://fef.lab.invalid/DeviceConfiguration/StatelessDeviceConfigurationFEService/{path}"
    text = {
        "_version": 3,
        "Message": f"{message} - Operation ID (for customer support): {guid(request_id)}"
        f" - Activity ID: {request_id} - Url: {url}?api-version=5026-01-01",
        "CustomApiErrorPhrase": "",
        "RetryAfter": None,
        "ErrorSourceService": "",
        "HttpHeaders": "{}",
    }
    return json.dumps(text, indent=2).replace("\n", "\r\n")


def _batch_parts(body: Any) -> list[dict[str, Any]]:
    """The requests of a batch: checked, with method, url, headers, body and dependsOn filled in."""
    rows = body.get("requests") if isinstance(body, dict) else None
    if not isinstance(rows, list) or not rows:
        raise bad_request("A batch needs an array named 'requests'.")
    if len(rows) > BATCH_SIZE:
        raise bad_request(f"A batch takes at most {BATCH_SIZE} requests, not {len(rows)}.")
    parts: list[dict[str, Any]] = []
    seen: set[str] = set()
    for row in rows:
        if not isinstance(row, dict) or not all(
            isinstance(row.get(key), str) for key in ("id", "method", "url")
        ):
            raise bad_request("Each request of a batch needs the texts id, method and url.")
        headers, depends = row.get("headers") or {}, row.get("dependsOn") or []
        if not isinstance(headers, dict) or not isinstance(depends, list):
            raise bad_request("In a batch, headers is an object and dependsOn an array.")
        if row["id"].lower() in seen:
            raise bad_request(f"The id '{row['id']}' is used twice in the batch.")
        seen.add(row["id"].lower())
        parts.append(
            {
                "id": row["id"],
                "method": row["method"].upper(),
                "url": row["url"],
                "headers": {str(name): str(value) for name, value in headers.items()},
                "body": row.get("body"),
                "dependsOn": [str(key).lower() for key in depends],
            }
        )
    for part in parts:
        for key in part["dependsOn"]:
            if key not in seen:
                raise bad_request(f"'{part['id']}' depends on '{key}', which is not in the batch.")
    return parts
