"""HTTP/1.1 for a server of small messages: requests out of a stream of bytes, responses into bytes.

Strict on purpose (RFC 9110, RFC 9112): whatever could be read in two ways is refused, and its connection closes.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import urlsplit

from toolkit.lab.exchange import JSON_TYPE, Response

METHODS = ("GET", "HEAD", "POST", "PATCH", "PUT", "DELETE")
HEADERS = 100
LONGEST_LINE = 4096
"""Between two chunks of a body."""


class Limits(NamedTuple):
    """Seconds, and bytes where it says so."""

    idle: float = 75.0
    """Between two requests of a connection."""
    head: float = 10.0
    """From the first byte of a request to the end of its headers."""
    body: float = 60.0
    send: float = 60.0
    goodbye: float = 5.0
    """How long requests that are being answered may still take when the server stops."""
    head_bytes: int = 64 * 1024
    body_bytes: int = 20 * 1024 * 1024
    connections: int = 256


class Head(NamedTuple):
    """The first line and the headers of a request."""

    method: str
    target: str
    """A path with its query; it begins with exactly one slash."""
    headers: dict[str, str]
    """By lower-case name; repeated ones are joined by commas."""
    length: int | None
    """Bytes of the body; None for one that comes in chunks."""
    keeps: bool
    """Whether the client would like to ask more on the same connection."""
    waits: bool
    """For "100 Continue", before it sends the body."""


class Refused(Exception):
    """A request that is answered at once; the connection closes after it."""

    def __init__(self, status: int, message: str, code: str = "BadRequest", **headers: str) -> None:
        super().__init__(message)
        self.response = problem_response(status, code, message, headers)


class Gone(Exception):
    """Nobody is at the other end any more, or it has nothing more to say."""


class Reader:
    """The requests of one connection. `receive(seconds)` gives the next bytes, b"" at the end, or raises TimeoutError."""

    def __init__(self, receive: Callable[[float], bytes], limits: Limits) -> None:
        self._receive = receive
        self._limits = limits
        self._buffer = b""

    @property
    def has_more(self) -> bool:
        """Whether bytes of a next request are here already."""
        return bool(self._buffer)

    def wait(self) -> None:
        """For the first byte of a request. Raises Gone where none comes."""
        until = time.monotonic() + self._limits.idle
        # An empty line before a request is passed over (RFC 9112, section 2.2).
        while not (rest := self._buffer.lstrip(b"\r\n")):
            self._buffer = b""
            self._more(until)
        self._buffer = rest

    def head(self) -> Head:
        """Raises Refused and Gone."""
        until = time.monotonic() + self._limits.head
        while (end := self._buffer.find(b"\r\n\r\n")) < 0 and len(self._buffer) <= self._limits.head_bytes:
            self._more(until, "The headers of the request did not come in time.")
        if not 0 <= end <= self._limits.head_bytes:
            raise Refused(431, "The headers of the request are too large.")
        raw, self._buffer = self._buffer[:end], self._buffer[end + 4 :]
        return parse_head(raw)

    def body(self, head: Head, go_on: Callable[[], None]) -> bytes | None:
        """None where there is none. `go_on` tells a client that waits to send it. Raises Refused and Gone."""
        if head.length == 0:
            return None
        if head.length is not None and head.length > self._limits.body_bytes:
            raise self._too_large()
        if head.waits and not self._buffer:
            go_on()
        until = time.monotonic() + self._limits.body
        return self._chunks(until) if head.length is None else self._exactly(head.length, until)

    def drain(self, seconds: float) -> None:
        """Takes in what a refused client still sends: closing at once would take its answer away from it."""
        until = time.monotonic() + seconds
        left = 2 * self._limits.body_bytes
        try:
            while left > 0:
                self._buffer = b""
                self._more(until)
                left -= len(self._buffer)
        except Gone:
            pass

    def _more(self, until: float, late: str = "") -> None:
        """Adds what comes to the buffer. Raises Gone at the end; when it is late too, or Refused with that sentence."""
        seconds = until - time.monotonic()
        try:
            if seconds <= 0:
                raise TimeoutError
            piece = self._receive(seconds)
        except TimeoutError:
            if late:
                raise Refused(408, late, "RequestTimeout") from None
            raise Gone from None
        if not piece:
            raise Gone
        self._buffer += piece

    def _exactly(self, count: int, until: float) -> bytes:
        pieces, have = [self._buffer], len(self._buffer)
        while have < count:
            self._buffer = b""
            self._more(until, "The body of the request did not come in time.")
            pieces.append(self._buffer)
            have += len(self._buffer)
        whole = b"".join(pieces)
        self._buffer = whole[count:]
        return whole[:count]

    def _chunks(self, until: float) -> bytes:
        pieces: list[bytes] = []
        total = 0
        while size := _chunk_size(self._line(until)):
            total += size
            if total > self._limits.body_bytes:
                raise self._too_large()
            pieces.append(self._exactly(size, until))
            if self._exactly(2, until) != b"\r\n":
                raise Refused(400, "A chunk of the body is longer than it says.")
        # Trailers are read and passed over.
        left = self._limits.head_bytes
        while line := self._line(until):
            left -= len(line)
            if left < 0:
                raise Refused(431, "The trailers of the request are too large.")
        return b"".join(pieces)

    def _line(self, until: float) -> bytes:
        while (end := self._buffer.find(b"\r\n")) < 0 and len(self._buffer) <= LONGEST_LINE:
            self._more(until, "The body of the request did not come in time.")
        if not 0 <= end <= LONGEST_LINE:
            raise Refused(400, "A line between the chunks of the body is too long.")
        line, self._buffer = self._buffer[:end], self._buffer[end + 2 :]
        return line

    def _too_large(self) -> Refused:
        size = f"{self._limits.body_bytes // (1024 * 1024)} MB"
        return Refused(413, f"The body of the request is larger than {size}.", "RequestEntityTooLarge")


_TOKEN = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"  # noqa: S105 RFC 9110's word for what a name is made of
_REQUEST_LINE = re.compile(rf"({_TOKEN}) ([!-~]+) HTTP/([0-9])\.([0-9])")
_FIELD = re.compile(rf"({_TOKEN}):([\t -~\x80-\xff]*)")
_PORT = re.compile(r":[0-9]*\Z")
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]*(?:;[\t -~\x80-\xff]*)?")
_ONCE = frozenset(("host", "content-length", "authorization", "content-type", "transfer-encoding", "expect"))


def parse_head(raw: bytes) -> Head:
    """The head of a request from its bytes, without the empty line that ends it. Raises Refused."""
    first, *lines = raw.decode("latin-1").split("\r\n")
    found = _REQUEST_LINE.fullmatch(first)
    if found is None:
        raise Refused(400, "The request does not begin with a method, an address and HTTP/1.1.")
    method, target, major, minor = found.groups()
    if major != "1":
        raise Refused(505, "The lab speaks HTTP/1.1.", "HttpVersionNotSupported")
    is_old = minor == "0"
    headers = _fields(lines)
    target = _origin(target, headers)
    if "host" not in headers and not is_old:
        raise Refused(400, "The request has no header Host.")
    if method not in METHODS:
        # The code that Entra answers 405 with (graph-contract 9.1); Intune's is not documented.
        message = f"The lab does not know the method {method[:20]}."
        raise Refused(405, message, "Request_BadRequest", Allow=", ".join(METHODS))
    options = {word.strip().lower() for word in headers.get("connection", "").split(",")}
    expects = headers.get("expect", "").lower()
    if expects not in ("", "100-continue"):
        raise Refused(417, "The lab meets no other expectation than 100-continue.")
    keeps = not is_old and "close" not in options
    return Head(method, target, headers, _length(headers, is_old), keeps, expects != "" and not is_old)


def host_name(headers: dict[str, str]) -> str | None:
    """The name in Host in lower case, without the port; an IPv6 address keeps its brackets."""
    host = headers.get("host")
    return None if host is None else _PORT.sub("", host).lower()


def written(response: Response, *, keeps: bool, is_head: bool) -> bytes:
    """The bytes of a response, half of the body for one that is truncated; `is_head` leaves the body out."""
    body = response.body
    lines = [f"HTTP/1.1 {response.status} {REASONS.get(response.status, '')}", f"Date: {_now()}"]
    lines += [f"{name}: {_one_line(value)}" for name, value in response.headers.items()]
    if response.status not in (204, 304):
        lines.append(f"Content-Length: {len(body)}")
    if not keeps:
        lines.append("Connection: close")
    if is_head:
        body = b""
    elif response.fate == "truncated":
        body = body[: len(body) // 2]
    return "\r\n".join((*lines, "", "")).encode("latin-1", "replace") + body


def problem_response(status: int, code: str, message: str, headers: dict[str, str] = {}) -> Response:  # noqa: B006
    """An error in Graph's shape for a request that never came to the lab."""
    id = os.urandom(16).hex()
    id = f"{id[:8]}-{id[8:12]}-4{id[13:16]}-a{id[17:20]}-{id[20:]}"
    ids = {"request-id": id, "client-request-id": id}
    date = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime())
    error = {"error": {"code": code, "message": message, "innerError": {"date": date, **ids}}}
    return Response(status, {**ids, **headers, "Content-Type": JSON_TYPE}, json.dumps(error).encode())


REASONS = {
    200: "OK",
    201: "Created",
    202: "Accepted",
    204: "No Content",
    302: "Found",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    408: "Request Timeout",
    413: "Content Too Large",
    417: "Expectation Failed",
    421: "Misdirected Request",
    429: "Too Many Requests",
    431: "Request Header Fields Too Large",
    500: "Internal Server Error",
    501: "Not Implemented",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
    505: "HTTP Version Not Supported",
}
"""The words behind the status, for those who read along; a status without words is as good."""


def _fields(lines: list[str]) -> dict[str, str]:
    if len(lines) > HEADERS:
        raise Refused(431, f"The request has more than {HEADERS} headers.")
    headers: dict[str, str] = {}
    for line in lines:
        field = _FIELD.fullmatch(line)
        if field is None:
            raise Refused(400, "A header of the request is malformed.")
        name, value = field[1].lower(), field[2].strip(" \t")
        if name in headers:
            if name in _ONCE:
                raise Refused(400, f"The request has the header {name} twice.")
            value = f"{headers[name]}, {value}"
        headers[name] = value
    return headers


def _origin(target: str, headers: dict[str, str]) -> str:
    """The path with its query; the host of a whole address replaces the header's (RFC 9112, section 3.2.2)."""
    if not target.startswith("/"):
        try:
            parts = urlsplit(target)
        except ValueError:
            parts = urlsplit("")
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise Refused(400, "The address of the request is malformed.")
        headers["host"] = parts.netloc
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if "#" in target:
        raise Refused(400, "The address of the request is malformed.")
    # Whoever splits an address takes what follows two slashes for a host.
    return "/" + target.lstrip("/")


def _length(headers: dict[str, str], is_old: bool) -> int | None:
    coding, length = headers.get("transfer-encoding"), headers.get("content-length")
    if coding is None:
        if length is None:
            return 0
        if not (length.isascii() and length.isdigit() and len(length) < 20):
            raise Refused(400, "The header Content-Length is no number.")
        return int(length)
    if length is not None or is_old:
        raise Refused(400, "The request says in two ways how long its body is.")
    if coding.lower() != "chunked":
        raise Refused(501, "The lab reads no other transfer coding than chunked.", "NotImplementedByLab")
    return None


def _chunk_size(line: bytes) -> int:
    found = _CHUNK.fullmatch(line)
    if found is None:
        raise Refused(400, "A chunk of the body has no size.")
    return int(found[1], 16)


def _one_line(value: str) -> str:
    return value.replace("\r", " ").replace("\n", " ")


_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _now() -> str:
    """The date as HTTP writes it, whatever the language of the system is."""
    at = time.gmtime()
    day, month = _DAYS[at.tm_wday], _MONTHS[at.tm_mon - 1]
    return f"{day}, {at.tm_mday:02} {month} {at.tm_year} {at.tm_hour:02}:{at.tm_min:02}:{at.tm_sec:02} GMT"
