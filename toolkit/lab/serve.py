"""A lab behind real HTTP on this computer: LabServer(lab), .url, .start(), .stop().

On sockets and threads of its own instead of http.server's ThreadingHTTPServer: importing that module (with email,
http.client, mimetypes and shutil behind it) takes four times as long as a bare interpreter's start, and a lab has to
be up and answering within six.
"""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from typing import TYPE_CHECKING

from toolkit.errors import StorageProblem, UsageProblem
from toolkit.lab.exchange import Request, Response
from toolkit.lab.guard import Guard
from toolkit.lab.http1 import Gone, Head, Limits, Reader, Refused, host_name, problem_response, written

if TYPE_CHECKING:
    import ssl

    from toolkit.lab.app import Lab
    from toolkit.lab.throttle import Throttle

LOCAL_NAMES = frozenset(("localhost", "127.0.0.1", "[::1]"))
USUAL = Limits()
DRAINED_FOR = 2.0
"""Seconds in which a refused client may finish what it sends."""


class LabServer:
    """Serves one lab on 127.0.0.1 until it is stopped; each connection has its own thread.

    `port` 0 takes a free one. `tls` is (certificate file, key file). `public_url` is what answers say that the address
    is, behind a tunnel or a proxy. `token` is the owner's, made anew where none is given. Without `throttled` nothing
    is counted against quotas. It sets `base_url` and `guard` of the lab.

    Raises UsageProblem for a port that cannot be had, StorageProblem for a certificate that cannot be used.
    """

    def __init__(
        self,
        lab: Lab,
        *,
        port: int = 0,
        tls: tuple[str, str] | None = None,
        public_url: str | None = None,
        token: str | None = None,
        throttled: bool = True,
        limits: Limits = USUAL,
    ) -> None:
        self.lab = lab
        self.limits = limits
        self.token = token if token is not None else new_token()
        guard = Guard(lab, self.token, _throttle(lab) if throttled else None)
        self.answered = 0
        """How many requests got an answer from the lab."""
        self.tls = _tls_context(tls) if tls is not None else None
        self.names = LOCAL_NAMES | ({_name_in(public_url)} if public_url is not None else set())
        """Under which the lab is asked for."""
        self.stopping = threading.Event()
        self._listener = _listening(port)
        self.port: int = self._listener.getsockname()[1]
        # Certificates and MSAL go by the name; the number spares plain clients a look at ::1 first.
        self.url = f"https://localhost:{self.port}" if tls is not None else f"http://127.0.0.1:{self.port}"
        self._is_shared = False
        self._file = _file_of(lab)
        self._looked = time.monotonic()
        self._lock = threading.Lock()
        self._connections: set[_Connection] = set()
        self._thread: threading.Thread | None = None
        lab.base_url = (public_url or self.url).rstrip("/")
        lab.guard = guard

    def start(self) -> None:
        """Serves in a thread of its own."""
        self._thread = threading.Thread(target=self.serve, name="lab", daemon=True)
        self._thread.start()

    def serve(self) -> None:
        """Serves in this thread until another one calls `stop`."""
        while not self.stopping.is_set():
            try:
                accepted, _ = self._listener.accept()
            except TimeoutError:
                continue
            except OSError:
                # Too many open files, or the caller has gone already: the next one may fare better.
                self.stopping.wait(0.05)
                continue
            self._take(accepted)

    def stop(self) -> None:
        """Takes no more, lets what is being answered finish for a while, closes the rest, writes down the log."""
        self.stopping.set()
        # Wakes a waiting accept where the system does that; elsewhere it looks twice a second.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        if self._thread is not None:
            self._thread.join()
        self._listener.close()
        with self._lock:
            left = tuple(self._connections)
        for connection in left:
            connection.end_if_idle()
        until = time.monotonic() + self.limits.goodbye
        for connection in left:
            connection.thread.join(max(0.0, until - time.monotonic()))
        for connection in left:
            connection.end()
            connection.thread.join(1.0)
        self.lab.store.share(False)
        self.lab.try_to_flush()

    def answer(self, request: Request) -> Response:
        """The lab's response; a StorageProblem becomes a 503. Waits as long as the response says, or until `stop`."""
        try:
            self._check_file()
            response = self.lab.handle(request)
        except StorageProblem as problem:
            response = problem_response(503, "ServiceUnavailable", problem.message)
        with self._lock:
            self.answered += 1
        if response.delay:
            self.stopping.wait(response.delay)
        return response

    def share_file(self) -> None:
        """Lets other programs write for long beside this one. After the first answer: it takes a moment of its own."""
        with self._lock:
            is_first, self._is_shared = not self._is_shared, True
        if is_first:
            self.lab.store.share(True)

    def _check_file(self) -> None:
        """A file that was deleted or replaced goes on being written, and nobody would ever see it again."""
        now = time.monotonic()
        if self._file is not None and now >= self._looked + 1.0:
            self._looked = now
            if _file_of(self.lab) != self._file:
                raise StorageProblem("The lab's file was deleted or replaced: start grace lab serve again.")

    def forget(self, connection: _Connection) -> None:
        with self._lock:
            self._connections.discard(connection)

    def _take(self, accepted: socket.socket) -> None:
        connection = _Connection(self, accepted)
        with self._lock:
            is_full = len(self._connections) >= self.limits.connections
            if not is_full:
                self._connections.add(connection)
        if is_full:
            accepted.close()
        else:
            connection.thread.start()


def _file_of(lab: Lab) -> tuple[int, int] | None:
    """Which file it is, whatever its name; None for one in memory or one that is gone."""
    try:
        found = os.stat(lab.store.path)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _name_in(url: str) -> str:
    return host_name({"host": url.partition("://")[2].partition("/")[0]}) or ""


def new_token() -> str:
    """Letters and digits only: a sign in front would be taken for a formula by csv's readers and writers."""
    return os.urandom(32).hex()


class _Connection:
    """One client: its requests one after the other."""

    def __init__(self, server: LabServer, accepted: socket.socket) -> None:
        self._server = server
        self._socket = accepted
        self._reader = Reader(self._receive, server.limits)
        self._is_idle = True
        self._lock = threading.Lock()
        self.thread = threading.Thread(target=self._run, name="lab-connection", daemon=True)

    def end_if_idle(self) -> None:
        """From another thread. A request that is just arriving is still answered."""
        with self._lock:
            if self._is_idle:
                self._shut(socket.SHUT_RD)

    def end(self) -> None:
        """From another thread: whatever it waits for does not come any more."""
        self._shut(socket.SHUT_RDWR)

    def _shut(self, how: int) -> None:
        with contextlib.suppress(OSError):
            # Not the method of an SSL socket: that takes the TLS state away under the reader's feet.
            socket.socket.shutdown(self._socket, how)

    def _run(self) -> None:
        try:
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._shake_hands()
            while self._one():
                pass
        except (Gone, OSError):
            pass
        finally:
            self._server.forget(self)
            self._socket.close()

    def _shake_hands(self) -> None:
        if self._server.tls is not None:
            self._socket.settimeout(self._server.limits.head)
            wrapped = self._server.tls.wrap_socket(
                self._socket, server_side=True, do_handshake_on_connect=False
            )
            self._socket = wrapped
            wrapped.do_handshake()

    def _one(self) -> bool:
        """Reads and answers one request; False when the connection has to close after it."""
        self._wait()
        is_head = False
        try:
            head = self._reader.head()
            is_head = head.method == "HEAD"
            self._check_host(head)
            body = self._reader.body(head, lambda: self._send(b"HTTP/1.1 100 Continue\r\n\r\n"))
        except Refused as refused:
            self._send(written(refused.response, keeps=False, is_head=is_head))
            self._shut(socket.SHUT_WR)
            self._reader.drain(DRAINED_FOR)
            return False
        try:
            response = self._server.answer(
                Request("GET" if is_head else head.method, head.target, head.headers, body)
            )
        except Exception:
            # The bug itself goes the way of every bug in a thread: to stderr.
            failed = problem_response(500, "InternalServerError", "The lab has a bug here.")
            self._send(written(failed, keeps=False, is_head=is_head))
            raise
        if response.fate == "cut":
            return False
        keeps = head.keeps and not response.fate and not self._server.stopping.is_set()
        self._send(written(response, keeps=keeps, is_head=is_head))
        self._server.share_file()
        return keeps

    def _wait(self) -> None:
        with self._lock:
            self._is_idle = True
            if self._server.stopping.is_set() and not self._reader.has_more:
                raise Gone
        self._reader.wait()
        with self._lock:
            self._is_idle = False

    def _check_host(self, head: Head) -> None:
        """A web page whose name was turned to this computer must not reach the lab through a browser."""
        name = host_name(head.headers)
        if name is not None and name not in self._server.names:
            raise Refused(
                421, "The lab answers to localhost only; grace lab serve --public-url gives it another name."
            )

    def _receive(self, seconds: float) -> bytes:
        self._socket.settimeout(seconds)
        return self._socket.recv(65536)

    def _send(self, content: bytes) -> None:
        self._socket.settimeout(self._server.limits.send)
        self._socket.sendall(content)


def _throttle(lab: Lab) -> Throttle:
    from toolkit.lab.rules import value
    from toolkit.lab.throttle import Throttle

    return Throttle(
        lab.seconds,
        tenant_id=(lab.store.meta("organization") or {}).get("id", ""),
        users=lab.store.count("user"),
        retry_after=lambda: value(lab.store, "retry-after") == "always",
    )


def _listening(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        if os.name == "posix":
            # A port that was just given up can be had again; on Windows the same option would share a taken one.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen(128)
    except (OSError, OverflowError) as problem:
        listener.close()
        reason = getattr(problem, "strerror", None) or str(problem)
        raise UsageProblem(
            f"Port {port} of this computer cannot be had: {reason}.",
            hint="Take another --port, or leave it out for a free one.",
        ) from None
    listener.settimeout(0.5)
    return listener


def _tls_context(files: tuple[str, str]) -> ssl.SSLContext:
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(*files)
    except OSError as problem:  # SSLError is one
        raise StorageProblem(
            f"The certificate {files[0]} cannot be used: {problem.strerror or problem}.",
            hint=f"Delete it and {files[1]}, and start again: both are made anew.",
        ) from None
    return context
