"""Asking Graph: one request with its retries, answered with JSON or with a problem that says what to do.

A write that ends in Unconfirmed may have taken effect. Any other problem means that it did not.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from json import dumps, loads
from typing import TYPE_CHECKING, Any

from toolkit.errors import GraphProblem, SignInNeeded, Throttled, Unreachable, UsageProblem
from toolkit.graph.errors import Said, clean, not_json, problem, unconfirmed
from toolkit.graph.retry import FINAL, UNKNOWN, Limits, Wait, decide, http_date
from toolkit.graph.secrets import is_secret, masked, masked_text
from toolkit.graph.transport import Answer, Request, Transport
from toolkit.graph.versions import BETA, V1, bare_path

if TYPE_CHECKING:
    from toolkit.graph.limiter import Limiter

__all__ = ["Limits", "Session", "WriteBeforeGateError"]

READING_POSTS = frozenset(
    (
        "/devicemanagement/devicecompliancepolicies/getnoncompliantdevicestoretire",
        "/devicemanagement/rolescopetags/getrolescopetagsbyid",
        "/directoryobjects/getbyids",
        "/identity/conditionalaccess/evaluate",
    )
)
"""Calls that are POST only because they want a body, in lower case; besides these, all reports/get…."""
_REPORTS = "/devicemanagement/reports/get"

# Set here for every request; a caller must not replace them.
_OURS = frozenset(
    (
        "authorization",
        "host",
        "content-length",
        "transfer-encoding",
        "cookie",
        "proxy-authorization",
        "connection",
        "client-request-id",
    )
)
_LOG = 500
_LONGEST_TRACE = 4000


class WriteBeforeGateError(AssertionError):
    """A defect of ours: something but a read was about to be sent where only reads are allowed."""


class Session:
    """One tenant's door. Threads may share it if the transport allows that.

    `root` is scheme, host and port of Graph; the token goes there and nowhere else. `token()` is asked for each
    try, None sends no Authorization. `chance()` gives a number from 0 to 1, `new_id()` a fresh id for each try.
    `trace` gets a line for each request, answer and wait, with secrets masked.
    """

    def __init__(
        self,
        transport: Transport,
        *,
        root: str,
        token: Callable[[], str | None],
        sleep: Callable[[float], None],
        clock_seconds: Callable[[], float],
        chance: Callable[[], float],
        new_id: Callable[[], str],
        limits: Limits = Limits(),  # noqa: B008  # frozen
        limiter: Limiter | None = None,
        trace: Callable[[str], None] | None = None,
    ) -> None:
        self.root = _checked_root(root)
        self.sleep = sleep
        self.clock_seconds = clock_seconds
        self.chance = chance
        self.limits = limits
        self.writes_allowed = True
        """False: anything but a read raises WriteBeforeGateError and is not sent."""
        self.sent: deque[tuple[str, str, int | None]] = deque(maxlen=_LOG)
        """The last tries: method, address, status (None: no answer)."""
        self._transport = transport
        self._token = token
        self._token_in_use: str | None = None
        self._limiter = limiter
        self._trace = trace
        self._new_id = new_id

    def get(self, path: str, version: str = V1, headers: Mapping[str, str] | None = None) -> Any:
        return self.call("GET", path, version=version, headers=headers)

    def call(
        self,
        method: str,
        path_or_url: str,
        *,
        version: str = V1,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
        raw: bool = False,
    ) -> Any:
        """What the service sent, read as JSON; None if it sent nothing. `raw` gives the bytes as they came.

        Raises the problems of graph.errors.problem, Unreachable, Throttled and, for writes only, Unconfirmed.
        """
        answer = self.answer(method, path_or_url, version=version, json=json, headers=headers)
        if raw:
            return answer.body
        if answer.status == 204 or not answer.body.strip():
            return None
        try:
            return loads(answer.body)
        except (ValueError, RecursionError):
            request = Request(method.upper(), self.address(path_or_url, version), {}, None)
            if is_reading(method, path_or_url, json):
                raise not_json(request, answer) from None
            why = f"was accepted ({answer.status}), but its answer cannot be read"
            raise unconfirmed(request, why, status=answer.status) from None

    def answer(
        self,
        method: str,
        path_or_url: str,
        *,
        version: str = V1,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """The whole answer of a success (2xx). Raises as `call` does."""
        method = method.upper()
        url = self.address(path_or_url, version)
        reading = is_reading(method, url, json)
        if not reading and not self.writes_allowed:
            raise WriteBeforeGateError(f"{method} {bare_path(url)} would be sent before anybody agreed to it")
        body = None if json is None else dumps(json, separators=(",", ":")).encode()
        common = _headers(url, headers or {}, has_body=body is not None)
        began: float | None = None
        attempt = 0
        while True:
            attempt += 1
            taken = self._limiter.wait_all(_uses(method, url, json)) if self._limiter is not None else ()
            if began is None:
                began = self.clock_seconds()
            request = Request(method, url, self._signed(common), body)
            answer: Answer | None = None
            lost: Unreachable | None = None
            try:
                answer = self._send(request)
            except Unreachable as error:
                lost = error
            finally:
                if self._limiter is not None:
                    self._limiter.answered(taken)
            if answer is not None and 200 <= answer.status < 300:
                return answer
            step = decide(
                "GET" if reading else method,
                attempt,
                status=None if answer is None else answer.status,
                retry_after=None if answer is None else answer.headers.get("retry-after"),
                sent=lost is None or lost.detail.get("sent") is not False,
                elapsed=self.clock_seconds() - began,
                limits=self.limits,
                now=None if answer is None else http_date(answer.headers.get("date")),
                jitter=self.chance(),
            )
            if isinstance(step, Wait):
                self._note(
                    f"-- waiting {step.seconds:.1f} s, then try {attempt + 1} of {self.limits.max_retries + 1}"
                )
                self.sleep(step.seconds)
                continue
            if step.reason == UNKNOWN:
                raise _unknown(request, answer) from lost
            found = lost if lost is not None else problem(request, answer) if answer is not None else None
            assert found is not None
            if attempt > 1 and step.reason != FINAL and isinstance(found, Unreachable | Throttled):
                raise type(found)(
                    f"{found.message} Tried {attempt} times.", hint=found.hint, detail=found.detail
                ) from lost
            raise found

    def address(self, path_or_url: str, version: str = V1) -> str:
        """The whole address of a path, which may begin with a version of its own, or of an address below the root.

        Raises GraphProblem (status 0: nothing was sent) for an address anywhere else.
        """
        # Values arrive quoted; what HTTP does not allow as it is gets quoted here, and # never begins a fragment.
        text = "".join(c if c in _SAFE else _quoted(c) for c in path_or_url)
        head = text.partition("/")[0]
        if head.endswith(":") and text.startswith(f"{head}//"):
            if _origin(text) != _origin(self.root):
                raise GraphProblem(
                    f"{clean(path_or_url, 200)} is not below {self.root}: nothing was sent there.",
                    status=0,
                    graph_code="ForeignAddress",
                    hint="Give the path alone, such as /v1.0/deviceManagement/managedDevices.",
                )
            url = text
        else:
            path = text.lstrip("/")
            own = path.partition("?")[0].partition("/")[0] in (V1, BETA)
            url = f"{self.root}/{path}" if own else f"{self.root}/{version}/{path}"
        # Some libraries resolve these after everything here was decided by the path as written.
        segments = url.partition("?")[0].lower().replace("%2e", ".").split("/")
        if "." in segments or ".." in segments:
            raise UsageProblem(
                f"{clean(path_or_url, 200)} has . or .. as a part of its path, which is not sent."
            )
        return url

    def _send(self, request: Request) -> Answer:
        self._note(
            lambda: f"> {request.method} {request.url} {_shown(request.headers)}{_shown_body(request.body)}"
        )
        began = self.clock_seconds()
        try:
            answer = self._transport(request, self.limits.timeout)
        except Unreachable as error:
            self.sent.append((request.method, request.url, None))
            self._note(f"< no answer: {error.message}")
            raise
        self.sent.append((request.method, request.url, answer.status))
        took = self.clock_seconds() - began
        self._note(
            lambda: f"< {answer.status} ({took:.2f} s) {_shown(answer.headers)}{_shown_body(answer.body)}"
        )
        return answer

    def _signed(self, common: Mapping[str, str]) -> dict[str, str]:
        headers = {**common, "client-request-id": self._new_id()}
        token = self._token()
        if token is not None:
            if not re.fullmatch(r"[!-~]+", token):
                # The transport would quote it in its complaint.
                raise SignInNeeded(
                    "The access token holds characters that no token has.", hint="Sign in again."
                )
            self._token_in_use = token
            headers["Authorization"] = f"Bearer {token}"
        return headers

    def _note(self, line: str | Callable[[], str]) -> None:
        if self._trace is None:
            return
        text = line if isinstance(line, str) else line()
        # Even if an answer quotes it back, the token in use is never shown, whatever it looks like.
        if self._token_in_use is not None:
            text = text.replace(self._token_in_use, "***")
        text = masked_text(text)
        if len(text) > _LONGEST_TRACE:
            text = f"{text[:_LONGEST_TRACE]}… ({len(text):,} characters)"
        self._trace(re.sub(_CONTROL, lambda found: f"\\x{ord(found[0]):02x}", text))


def is_reading(method: str, path: str, json: Any = None) -> bool:
    """Whether a request leaves the tenant as it is."""
    method = method.upper()
    if method in ("GET", "HEAD"):
        return True
    if method != "POST":
        return False
    bare = bare_path(path).lower()
    if bare == "/$batch":
        parts = list(_parts(json))
        return bool(parts) and all(str(part.get("method", "")).upper() == "GET" for part in parts)
    return bare in READING_POSTS or (bare.startswith(_REPORTS) and bare.removeprefix(_REPORTS).isalpha())


def _parts(json: Any) -> Iterator[Mapping[str, Any]]:
    requests = json.get("requests") if isinstance(json, Mapping) else None
    for part in requests if isinstance(requests, list | tuple) else ():
        # Anything odd counts as a part that writes.
        yield part if isinstance(part, Mapping) else {}


def _uses(method: str, url: str, json: Any) -> Iterator[tuple[str, bool]]:
    """What the limiter has to count: the parts of a batch one by one, anything else once.

    The services count by method, so that a POST which only reads takes the place of a write.
    """
    if method == "POST" and bare_path(url).lower() == "/$batch":
        for part in _parts(json):
            yield str(part.get("url", "")), str(part.get("method", "")).upper() != "GET"
    else:
        yield url, method not in ("GET", "HEAD")


def _unknown(request: Request, answer: Answer | None) -> Exception:
    if answer is None:
        return unconfirmed(request, "was sent, but no answer came")
    said = Said(answer)
    words = f" ({said.text.rstrip('.')})" if said.text else ""
    why = f"was answered {answer.status}{words}"
    return unconfirmed(request, why, status=answer.status, request_id=said.request_id)


def _checked_root(root: str) -> str:
    text = root.rstrip("/")
    origin = _origin(text)
    if origin is None or text.count("/") != 2 or "?" in text:
        raise UsageProblem(f"{clean(root, 200)} is not the address of a Graph service (https://host).")
    scheme, host, _ = origin
    if scheme != "https" and not is_loopback(host):
        raise UsageProblem(f"{clean(root, 200)}: it must be https, or http on this computer (loopback).")
    return text


def is_loopback(host: str) -> bool:
    return host in ("localhost", "[::1]") or re.fullmatch(r"127(\.[0-9]{1,3}){3}", host) is not None


def _origin(url: str) -> tuple[str, str, int] | None:
    """Scheme, host and port; None for what two readers of addresses could read in two ways (names, odd characters)."""
    found = re.match(r"(https?)://([a-z0-9._-]+|\[[0-9a-f:.]+\])(?::([0-9]{1,5}))?(?![^/?])", url.lower())
    if found is None:
        return None
    port = int(found[3]) if found[3] is not None else 443 if found[1] == "https" else 80
    return found[1], found[2], port


def _quoted(character: str) -> str:
    return "".join(f"%{byte:02X}" for byte in character.encode(errors="replace"))


def _headers(url: str, given: Mapping[str, str], *, has_body: bool) -> dict[str, str]:
    headers = {"Accept": "text/plain" if bare_path(url).endswith("/$count") else "application/json"}
    if has_body:
        headers["Content-Type"] = "application/json"
    for name, value in given.items():
        if name.lower() in _OURS:
            raise UsageProblem(f"The header {name} is set by Grace itself and cannot be given.")
        if not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name) or not re.fullmatch(
            r"[\t -~\x80-\xff]*", value
        ):
            raise UsageProblem(f"{clean(name, 60)}: {clean(value, 60)} is not a header.")
        for old in [known for known in headers if known.lower() == name.lower()]:
            del headers[old]
        headers[name] = value
    return headers


_SAFE = frozenset(map(chr, range(0x21, 0x7F))) - frozenset('"#<>\\^`{|}')

_CONTROL = "[\\x00-\\x1f\\x7f-\\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"


def _shown(headers: Mapping[str, str]) -> str:
    parts = (f"{name}: {'***' if is_secret(name) else value}" for name, value in headers.items())
    return "[" + "; ".join(parts) + "]"


def _shown_body(body: bytes | None) -> str:
    if not body:
        return ""
    try:
        text = dumps(masked(loads(body)), ensure_ascii=False, separators=(",", ":"))
    except (ValueError, RecursionError):
        return f" ({len(body):,} bytes that are not JSON)"
    return f" {text}"
