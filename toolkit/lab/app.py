"""The lab tenant as a function: handle(request) gives a response, without sockets and without a clock of its own."""

from __future__ import annotations

import json
import os
import threading
import time
from base64 import b64encode
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from toolkit.errors import GraceProblem, NotFound, StorageProblem
from toolkit.lab import control
from toolkit.lab.addresses import JOB, fits, steps_of
from toolkit.lab.answers import Call, read_json
from toolkit.lab.contract import RequestError, bad_request
from toolkit.lab.exchange import Asked, Raw, Result, response_of
from toolkit.lab.exchange import Request as Request
from toolkit.lab.exchange import Response as Response
from toolkit.lab.routes import find, handler_of
from toolkit.lab.store import Store, guid

if TYPE_CHECKING:
    from toolkit.lab.grants import Grant
    from toolkit.lab.guard import Guard
    from toolkit.lab.world import World

BATCH_SIZE = 20
REQUESTS_KEPT = 1000
REQUESTS_WAITING = 100
"""So many requests are remembered before they are written down without a change that takes them along."""

VERSIONS = ("v1.0", "beta")
GUARDED = (*VERSIONS, "lab")
KEPT = ("identity", "apps")
"""What a reset leaves: who may sign in, so that a client goes on with the token that it has."""


class Lab:
    """One tenant. `base_url` is what nextLinks and contexts begin with.

    With a `guard` (the lab is served), every Graph call needs a token that allows it and counts against the quotas;
    without one (in process) everything is allowed. `seconds` is real time, for what tokens and quotas go by.
    """

    def __init__(
        self,
        store: Store,
        *,
        base_url: str = "https://graph.lab.invalid",
        guard: Guard | None = None,
        seconds: Callable[[], float] = time.time,
    ) -> None:
        self.store = store
        self.base_url = base_url.rstrip("/")
        self.guard = guard
        self.seconds = seconds
        self._lock = threading.RLock()
        self._answered = store.last_number("request")
        self._waiting: list[dict[str, Any]] = []

    @property
    def world(self) -> World:
        """Made anew each time: it keeps nothing that is not in the store."""
        from toolkit.lab.world import World

        return World(self.store)

    def handle(self, request: Request) -> Response:
        """Every request has its own transaction; one that fails changes nothing. Only StorageProblem is raised."""
        with self._lock:
            return self._handled(request)

    def close(self) -> None:
        """Writes down what is still only remembered, and lets go of the file."""
        self.flush()
        self.store.close()

    def flush(self) -> None:
        if self._waiting:
            with self._lock, self.store.transaction():
                self._write_requests()

    def try_to_flush(self) -> None:
        """The log is no reason to fail: while another program holds the file, the newest requests wait on."""
        try:
            with self.store.impatient():
                self.flush()
        except StorageProblem:
            del self._waiting[:-REQUESTS_KEPT]

    def reset(self) -> None:
        """The tenant as its story begins, the log of requests included; sign-ins and registered apps stay."""
        from toolkit.lab.tenants import load_story

        story, seed, devices = (self.store.meta(key) for key in ("story", "seed", "devices"))
        kept = {key: value for key in KEPT if (value := self.store.meta(key)) is not None}
        with self._lock, self.store.transaction():
            self.store.clear()
            load_story(self.store, story, seed, devices)
            for key, value in kept.items():
                self.store.set_meta(key, value)
            self.world.settle()
            self._waiting.clear()

    def _handled(self, request: Request) -> Response:
        parts = urlsplit(request.url)
        headers = {name.lower(): value for name, value in request.headers.items()}
        self._answered += 1
        request_id = guid(f"request:{self.store.meta('seed')}:{self._answered}")
        ids = {"request-id": request_id, "client-request-id": headers.get("client-request-id", request_id)}
        method, path = request.method.upper(), parts.path
        first, _, rest = path.lstrip("/").partition("/")
        try:
            grant = self.guard.admit(headers) if self.guard is not None and first.lower() in GUARDED else None
            if first.lower() == "lab":
                if self.guard is not None:
                    self.guard.allow_steering(grant)
                result = self._steer(method, rest, parts.query, request.body)
            elif first.lower() in VERSIONS:
                if rest.lower().rstrip("/") == "$batch" and method == "POST":
                    result = self._batch(first.lower(), request.body, ids, grant)
                else:
                    asked = Asked(method, first.lower(), rest, parts.query)
                    result = self._serve(asked, headers, request.body, ids, grant)
            elif first.lower() == "exports" and method == "GET":
                result = self._export(path)
            else:
                from toolkit.lab.identity import answer

                signed_in = answer(self, request)
                if signed_in is not None:
                    return signed_in
                raise RequestError(400, "BadRequest", f"Invalid version: '{first}'.")
        except RequestError as error:
            result = Result(error.status, self._error(error, rest, ids), error.headers)
        return response_of(result, ids)

    def _export(self, path: str) -> Result:
        from toolkit.lab.answers.reports import exported

        file = exported(self.store, path)
        if file is None:
            raise RequestError(404, "ResourceNotFound", "There is no file here, or its time is over.")
        return Result(200, file)

    def _steer(self, method: str, path: str, query: str, body: bytes | None) -> Result:
        try:
            # Before the step and apart from it: one that fails must not take the waiting ones back.
            self.flush()
            with self.store.transaction():
                return Result(*control.answer(self, method, path, query, body))
        except StorageProblem:
            raise
        except GraceProblem as problem:
            words = {"code": problem.code, "message": problem.message, "hint": problem.hint}
            return Result(400, {"error": words})

    def _serve(
        self,
        asked: Asked,
        headers: Mapping[str, str],
        body: bytes | None,
        ids: Mapping[str, str],
        grant: Grant | None,
    ) -> Result:
        """One request, or one part of a batch: allowed, counted, perhaps struck by a fault, answered, written down."""
        url = f"/{asked.version}/{asked.path}" + ("?" + asked.query if asked.query else "")
        entry: dict[str, Any] = {"method": asked.method, "url": url}
        extra: dict[str, str] = {}
        # An address can be spelled in many ways; permissions, quotas and faults go by the one that is answered.
        place = find(asked.method, asked.path)
        named = asked if place is None else asked._replace(path=place.path)
        try:
            if self.guard is not None and grant is not None:
                self.guard.allow(grant, asked)
                extra = self.guard.count(grant, named)
            if self.store.meta("faults"):
                from toolkit.lab.faults import struck

                result = struck(self, named, lambda: self._carried_out(asked, headers, body, entry, grant))
            else:
                result = self._carried_out(asked, headers, body, entry, grant)
        except RequestError as error:
            result = Result(error.status, self._error(error, asked.path, ids), error.headers)
        except StorageProblem:
            raise
        except GraceProblem as problem:
            result = Result(400, self._error(bad_request(problem.message), asked.path, ids))
        if "status" not in entry:
            self._waiting.append({**entry, "status": result.status})
        if len(self._waiting) >= REQUESTS_WAITING:
            self.try_to_flush()
        return result._replace(headers={**extra, **result.headers}) if extra else result

    def _carried_out(
        self,
        asked: Asked,
        headers: Mapping[str, str],
        body: bytes | None,
        entry: dict[str, Any],
        grant: Grant | None,
    ) -> Result:
        """The answer, with the request written down in the transaction of what it changed."""
        is_read = asked.method == "GET" and not fits(steps_of(asked.path), JOB)
        with self.store.transaction(read_only=is_read):
            status, payload = self._answer(asked, headers, body, grant)
            self._waiting.append({**entry, "status": status})
            if asked.method != "GET":
                self._write_requests()
        entry["status"] = status
        if isinstance(payload, RequestError):
            # Refused in part: what was done before stays.
            raise payload
        if status == 201 and isinstance(payload, dict) and "id" in payload:
            path = f"{self.base_url}/{asked.version}/{asked.path}/{payload['id']}"
            return Result(status, payload, {"Location": path})
        return Result(status, payload)

    def _answer(
        self, asked: Asked, headers: Mapping[str, str], body: bytes | None, grant: Grant | None
    ) -> tuple[int, Any]:
        place = find(asked.method, asked.path)
        if place is None or place.route is None:
            raise RequestError(
                501,
                "NotImplementedByLab",
                f"The lab does not imitate {asked.method} /{asked.version}/{asked.path};"
                " docs/lab-coverage.md lists what it does.",
            )
        if asked.version not in place.route.versions:
            raise bad_request(f"Resource not found for the segment '{place.path.split('/')[1]}'.")
        call = Call(self, asked, place.path, place.keys, headers, body, grant)
        return handler_of(place.route)(call)

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

    def _batch(self, version: str, raw: bytes | None, ids: Mapping[str, str], grant: Grant | None) -> Result:
        parts = _batch_parts(read_json(raw))
        done: dict[str, dict[str, Any]] = {}
        delay = 0.0
        waiting = list(parts)
        while waiting:
            ready = [part for part in waiting if all(key in done for key in part["dependsOn"])]
            if not ready:
                raise bad_request("The parts of the batch wait for each other.")
            for part in ready:
                result = self._part(version, part, done, ids, grant)
                delay = max(delay, result.delay)
                done[part["id"].lower()] = _part_answer(part["id"], result)
                if result.fate:
                    # One connection carries them all.
                    return Result(200, {"responses": list(done.values())}, {}, result.fate, delay)
            waiting = [part for part in waiting if part not in ready]
        # The service promises no order; callers must match by id.
        return Result(200, {"responses": list(reversed(done.values()))}, {}, "", delay)

    def _part(
        self,
        version: str,
        part: Mapping[str, Any],
        done: Mapping[str, Mapping[str, Any]],
        ids: Mapping[str, str],
        grant: Grant | None,
    ) -> Result:
        if any(done[key]["status"] >= 400 for key in part["dependsOn"]):
            error = RequestError(424, "FailedDependency", "A request that this one depends on has failed.")
            return Result(424, self._error(error, "", ids))
        if any(ord(letter) <= 32 for letter in part["url"]):
            error = bad_request(f"The url of the part '{part['id']}' has blanks in it.")
            return Result(400, self._error(error, "", ids))
        path, _, query = part["url"].lstrip("/").partition("#")[0].partition("?")
        body = None if part["body"] is None else json.dumps(part["body"]).encode()
        if body is not None and "content-type" not in part["headers"]:
            error = bad_request("A part with a body needs the header Content-Type.")
            return Result(400, self._error(error, "", ids))
        asked = Asked(part["method"], version, path, query)
        return self._serve(asked, part["headers"], body, ids, grant)


def _part_answer(id: str, result: Result) -> dict[str, Any]:
    answer: dict[str, Any] = {"id": id, "status": result.status, "headers": dict(result.headers)}
    payload = result.payload
    if isinstance(payload, Raw):
        # What is not JSON travels as base64, as the service has it.
        answer["headers"]["Content-Type"] = payload.content_type
        answer["body"] = b64encode(payload.body).decode()
    elif payload is not None:
        answer["headers"]["Content-Type"] = "text/plain" if isinstance(payload, str) else "application/json"
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
        if isinstance(row, dict) and type(row.get("id")) is int:
            # A well-known backup tool numbers its parts, and the service takes it; ids come back as texts.
            row = {**row, "id": str(row["id"])}
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
                "headers": {str(name).lower(): str(value) for name, value in headers.items()},
                "body": row.get("body"),
                "dependsOn": [str(key).lower() for key in depends],
            }
        )
    for part in parts:
        for key in part["dependsOn"]:
            if key not in seen:
                raise bad_request(f"'{part['id']}' depends on '{key}', which is not in the batch.")
    return parts
