"""The lab on a socket: what real clients, careless ones and hostile ones meet."""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests

from toolkit.errors import StorageProblem, UsageProblem
from toolkit.lab.app import Lab, Request, Response, create_lab, open_lab
from toolkit.lab.certificate import make_certificate
from toolkit.lab.http1 import Limits
from toolkit.lab.serve import LabServer
from toolkit.lab.store import Store

GROUPS = "/v1.0/groups?$top=1"


class Prepared(Lab):
    """A lab with one answer for everything."""

    def __init__(self, answer: Callable[[Request], Response]) -> None:
        super().__init__(Store(":memory:"))
        self.answer = answer

    def handle(self, request: Request) -> Response:
        return self.answer(request)


@contextlib.contextmanager
def serving(lab: Lab, **more: Any) -> Iterator[LabServer]:
    server = LabServer(lab, **{"throttled": False, **more})
    server.start()
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="module")
def server() -> Iterator[LabServer]:
    with serving(create_lab(":memory:")) as made:
        yield made


def prepared(answer: Response, **more: Any) -> Any:
    return serving(Prepared(lambda _request: answer), **more)


def connected(server: LabServer) -> socket.socket:
    made = socket.create_connection(("127.0.0.1", server.port), timeout=20)
    made.settimeout(20)
    return made


def head(server: LabServer, first: str, *lines: str) -> bytes:
    token = f"Authorization: Bearer {server.token}"
    return "\r\n".join((first, "Host: localhost", token, *lines, "", "")).encode()


def everything(connection: socket.socket) -> bytes:
    """What comes until the server closes."""
    pieces = []
    while piece := connection.recv(65536):
        pieces.append(piece)
    return b"".join(pieces)


def one(connection: socket.socket) -> http.client.HTTPResponse:
    """The next response, whose body is read."""
    response = http.client.HTTPResponse(connection)
    response.begin()
    return response


def exchange(server: LabServer, raw: bytes) -> tuple[int, bytes, bool]:
    """(status, body, whether the connection was closed) of what is answered to these bytes."""
    with connected(server) as connection:
        connection.sendall(raw)
        response = one(connection)
        body = response.read()
        response.close()
        closed = response.headers.get("Connection") == "close"
        if closed:
            assert everything(connection) == b""
        return response.status, body, closed


def ask(server: LabServer, method: str = "GET", path: str = GROUPS, **more: Any) -> requests.Response:
    headers = {"Authorization": f"Bearer {server.token}", **more.pop("headers", {})}
    return requests.request(method, server.url + path, headers=headers, timeout=20, **more)


def test_a_client_gets_what_the_lab_answers(server):
    answer = ask(server)
    assert (answer.status_code, answer.json()) == (
        200,
        server.lab.handle(Request("GET", GROUPS, {"Authorization": f"Bearer {server.token}"})).json(),
    )
    assert answer.headers["Content-Type"].startswith("application/json")
    assert answer.json()["@odata.context"].startswith(server.url)


def test_a_connection_is_kept_for_many_requests(server):
    with connected(server) as connection:
        for _ in range(20):
            connection.sendall(head(server, f"GET {GROUPS} HTTP/1.1"))
            response = one(connection)
            assert (response.status, len(json.loads(response.read())["value"])) == (200, 1)
            response.close()


def test_requests_may_be_sent_ahead(server):
    with connected(server) as connection:
        body = b'{"ids": []}'
        post = head(
            server,
            "POST /v1.0/directoryObjects/getByIds HTTP/1.1",
            f"Content-Length: {len(body)}",
            "Content-Type: application/json",
        )
        last = head(server, f"GET {GROUPS} HTTP/1.1", "Connection: close")
        connection.sendall(post + body + head(server, "GET /v1.0/nothing HTTP/1.1") + last)
        found = everything(connection)
    assert re.findall(rb"HTTP/1\.1 (\d+)", found) == [b"200", b"501", b"200"]


def test_names_of_headers_may_be_in_any_case(server):
    raw = f"GET {GROUPS} HTTP/1.1\r\nhOsT: localhost\r\nAUTHORIZATION: bearer {server.token}\r\n\r\n"
    assert exchange(server, raw.encode())[0] == 200


def test_head_is_get_without_the_body(server):
    answer = ask(server, "HEAD")
    assert (answer.status_code, answer.content) == (200, b"")
    assert int(answer.headers["Content-Length"]) == len(ask(server).content)


def test_a_body_may_come_in_chunks(server):
    id = ask(server).json()["value"][0]["id"]
    body = json.dumps({"ids": [id]}).encode()
    answer = ask(
        server,
        "POST",
        "/v1.0/directoryObjects/getByIds",
        data=iter([body[:5], body[5:]]),
        headers={"Content-Type": "application/json"},
    )
    assert [row["id"] for row in answer.json()["value"]] == [id]


def test_a_client_that_waits_is_told_to_go_on_and_one_that_may_not_send_is_refused_first(server):
    start = ("POST /v1.0/directoryObjects/getByIds HTTP/1.1", "Expect: 100-continue")
    with connected(server) as connection:
        connection.sendall(head(server, *start, "Content-Length: 2"))
        assert connection.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"{}")
        response = one(connection)
        assert response.status == 400
        response.close()
    assert exchange(server, head(server, *start, "Content-Length: 99999999"))[0] == 413


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
        (b"GET /v1.0/groups\r\n\r\n", 400),
        (b"GET /v1.0/groups HTTP/1.1\r\n\r\n", 400),
        (b"GET /v1.0/groups HTTP/1.1\r\nHost: localhost\r\nbad\r\n\r\n", 400),
        (b"GET /v1.0/groups HTTP/3.0\r\nHost: localhost\r\n\r\n", 505),
        (b"BREW /v1.0/groups HTTP/1.1\r\nHost: localhost\r\n\r\n", 405),
        (b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", 431),
        (b"POST /v1.0/groups HTTP/1.1\r\nHost: localhost\r\nContent-Length: 20971521\r\n\r\n", 413),
    ],
)
def test_what_is_no_request_is_refused_in_graphs_shape_and_the_connection_closes(server, raw, status):
    found, body, closed = exchange(server, raw)
    assert (found, closed) == (status, True)
    assert set(json.loads(body)["error"]) == {"code", "message", "innerError"}


def test_a_body_that_is_too_large_is_refused_though_the_client_keeps_sending():
    with serving(create_lab(":memory:", "empty"), limits=Limits(body_bytes=9_000_000)) as server:
        start = head(server, "POST /v1.0/directoryObjects/getByIds HTTP/1.1", "Content-Length: 16000000")
        status, body, closed = exchange(server, start + b"x" * 16_000_000)
    assert (status, json.loads(body)["error"]["code"], closed) == (413, "RequestEntityTooLarge", True)


def test_without_the_token_there_is_a_401(server):
    answer = requests.get(server.url + GROUPS, timeout=20)
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "InvalidAuthenticationToken")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer ")


def test_each_start_has_a_token_of_its_own(server):
    with serving(create_lab(":memory:", "empty")) as other:
        assert other.token != server.token
        assert len(other.token) >= 40


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("LOCALHOST:1", 200),
        ("127.0.0.1:80", 200),
        ("[::1]:80", 200),
        ("evil.example", 421),
        ("127.0.0.1.evil.example", 421),
        ("localhost.evil.example:80", 421),
        ("localhost@evil.example", 421),
        ("0.0.0.0", 421),
        ("", 421),
    ],
)
def test_a_name_that_somebody_turned_to_this_computer_does_not_reach_the_lab(server, host, status):
    raw = f"GET {GROUPS} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {server.token}\r\n\r\n"
    assert exchange(server, raw.encode())[0] == status


def test_behind_a_public_address_links_carry_it_and_its_host_is_taken_and_no_other():
    with serving(create_lab(":memory:"), public_url="https://lab.example/") as server:
        answer = ask(server, headers={"Host": "lab.example"})
        other = ask(server, headers={"Host": "evil.example"})
    assert answer.json()["@odata.nextLink"].startswith("https://lab.example/v1.0/groups?")
    assert other.status_code == 421


def test_a_file_that_was_deleted_is_said(tmp_path: Path):
    path = tmp_path / "lab.sqlite"
    with serving(create_lab(str(path), "empty")) as server:
        assert ask(server).status_code == 200
        path.unlink()
        server._looked -= 10
        answer = ask(server)
    assert (answer.status_code, "deleted or replaced" in answer.text) == (503, True)


def test_reading_goes_on_while_another_program_writes_for_long(tmp_path: Path):
    path = str(tmp_path / "lab.sqlite")
    with serving(create_lab(path, "empty"), throttled=False) as server:
        other = open_lab(path)
        with other.store.transaction():
            other.store.put("group", "g", {"id": "g"})
            codes = {ask(server).status_code for _ in range(250)}
        other.close()
    assert codes == {200}


def test_it_listens_on_this_computer_only(server):
    assert server._listener.getsockname()[0] == "127.0.0.1"


def test_an_answer_that_is_cut_closes_the_connection_without_a_byte():
    with prepared(Response(200, {}, b"{}", "cut")) as server, connected(server) as connection:
        connection.sendall(head(server, "GET / HTTP/1.1"))
        assert everything(connection) == b""


def test_half_of_a_truncated_answer_comes():
    with prepared(Response(200, {}, b"0123456789", "truncated")) as server, connected(server) as connection:
        connection.sendall(head(server, "GET / HTTP/1.1"))
        found = everything(connection)
    assert b"Content-Length: 10\r\n" in found
    assert found.endswith(b"\r\n\r\n01234")


def test_a_slow_answer_holds_nobody_else_up_and_stopping_does_not_wait_for_it():
    arrived = threading.Event()

    def answer(request: Request) -> Response:
        if request.url == "/slow":
            arrived.set()
            return Response(200, {}, b"slow", delay=3600)
        return Response(200, {}, b"quick")

    with serving(Prepared(answer)) as server:
        slow = connected(server)
        slow.sendall(head(server, "GET /slow HTTP/1.1"))
        assert arrived.wait(20)
        assert exchange(server, head(server, "GET / HTTP/1.1"))[:2] == (200, b"quick")
    with slow:
        assert everything(slow).endswith(b"Connection: close\r\n\r\nslow")


def test_a_store_that_fails_is_a_503_in_graphs_shape():
    def fail(_request: Request) -> Response:
        raise StorageProblem("The lab's file is locked.")

    with serving(Prepared(fail)) as server:
        status, body, closed = exchange(server, head(server, "GET / HTTP/1.1"))
    error = json.loads(body)["error"]
    assert (status, closed, error["code"], error["message"]) == (
        503,
        False,
        "ServiceUnavailable",
        "The lab's file is locked.",
    )


def test_a_bug_is_a_500_that_tells_nothing_and_the_next_request_is_answered(monkeypatch):
    said: list[Any] = []
    monkeypatch.setattr(threading, "excepthook", said.append)

    def stumble(request: Request) -> Response:
        if request.url == "/bug":
            raise ZeroDivisionError("a secret")
        return Response(200, {}, b"fine")

    with serving(Prepared(stumble)) as server:
        status, body, closed = exchange(server, head(server, "GET /bug HTTP/1.1"))
        assert (status, closed, b"a secret" in body) == (500, True, False)
        assert exchange(server, head(server, "GET / HTTP/1.1"))[1] == b"fine"
    assert [args.exc_type for args in said] == [ZeroDivisionError]


def test_stopping_lets_a_running_request_finish_and_takes_no_other():
    running, go_on = threading.Event(), threading.Event()

    def answer(_request: Request) -> Response:
        running.set()
        assert go_on.wait(20)
        return Response(200, {}, b"finished")

    server = LabServer(Prepared(answer), throttled=False)
    server.start()
    with connected(server) as connection, connected(server) as idle:
        connection.sendall(head(server, "GET / HTTP/1.1"))
        assert running.wait(20)
        stop = threading.Thread(target=server.stop)
        stop.start()
        assert everything(idle) == b""
        with pytest.raises(ConnectionError):
            connected(server)
        go_on.set()
        assert everything(connection).endswith(b"Connection: close\r\n\r\nfinished")
        stop.join()


def test_stopping_does_not_wait_for_ever():
    running, never = threading.Event(), threading.Event()

    def answer(_request: Request) -> Response:
        running.set()
        never.wait(20)
        return Response(200, {}, b"")

    server = LabServer(Prepared(answer), throttled=False, limits=Limits(goodbye=0.01))
    server.start()
    with connected(server) as connection:
        connection.sendall(head(server, "GET / HTTP/1.1"))
        assert running.wait(20)
        stop = threading.Thread(target=server.stop)
        stop.start()
        assert everything(connection) == b""
        never.set()
        stop.join()


def test_stopping_writes_down_the_log_of_requests(tmp_path: Path):
    path = str(tmp_path / "lab.sqlite")
    create_lab(path, "empty").close()
    lab = open_lab(path)
    with serving(lab) as server:
        ask(server)
    lab.store.close()
    again = open_lab(path)
    assert [row["url"] for _, row in again.store.log("request")] == [GROUPS]
    assert server.token not in json.dumps(again.store.log("request"))
    again.close()


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nHost:"])
def test_who_says_nothing_for_too_long_is_let_go(sent):
    limits = Limits(idle=0.05, head=0.05)
    with serving(create_lab(":memory:", "empty"), limits=limits) as server, connected(server) as connection:
        connection.sendall(sent)
        found = everything(connection)
    assert found[:12] == (b"HTTP/1.1 408" if sent else b"")


def test_slow_talkers_leave_room_for_others():
    with serving(create_lab(":memory:", "empty")) as server:
        slow = [connected(server) for _ in range(20)]
        for connection in slow:
            connection.sendall(b"GET / HTTP/1.1\r\nX")
        assert ask(server).status_code == 200
        for connection in slow:
            connection.close()


def test_there_are_no_more_connections_than_there_should_be():
    lab = create_lab(":memory:", "empty")
    with serving(lab, limits=Limits(connections=1)) as server, connected(server) as first:
        first.sendall(head(server, f"GET {GROUPS} HTTP/1.1"))
        response = one(first)
        assert response.status == 200
        response.close()
        with connected(server) as second:
            assert everything(second) == b""


def test_who_leaves_in_the_middle_does_no_harm(server):
    for sent in (b"", b"GET", head(server, "POST / HTTP/1.1", "Content-Length: 10") + b"{}"):
        with connected(server) as connection:
            connection.sendall(sent)
    assert ask(server).status_code == 200


def test_many_clients_at_once_get_their_own_answers(server):
    ids = [row["id"] for row in ask(server, path="/v1.0/users?$top=20&$select=id").json()["value"]]

    def read(number: int) -> bool:
        id = ids[number % len(ids)]
        return ask(server, path=f"/v1.0/users/{id}?$select=id").json()["id"] == id

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(read, range(80)))


def test_a_taken_port_is_one_clear_sentence(server):
    with pytest.raises(UsageProblem, match=f"Port {server.port} of this computer cannot be had"):
        LabServer(server.lab, port=server.port)


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    return make_certificate(str(tmp_path_factory.mktemp("tls")))


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1"])
def test_tls_is_trusted_by_whoever_trusts_the_certificate(tls, name):
    with serving(create_lab(":memory:", "empty"), tls=tls) as server:
        assert server.url == f"https://localhost:{server.port}"
        context = ssl.create_default_context(cafile=tls[0])
        context.verify_flags |= ssl.VERIFY_X509_STRICT
        raw = socket.create_connection(("127.0.0.1", server.port), timeout=20)
        with context.wrap_socket(raw, server_hostname=name) as connection:
            connection.sendall(head(server, f"GET {GROUPS} HTTP/1.1", "Connection: close"))
            assert everything(connection).startswith(b"HTTP/1.1 200")


def test_tls_is_not_trusted_by_others_and_plain_http_is_not_answered(tls):
    with serving(create_lab(":memory:", "empty"), tls=tls) as server:
        with pytest.raises(requests.exceptions.SSLError):
            ask(server)
        with connected(server) as connection:
            connection.sendall(head(server, "GET / HTTP/1.1"))
            with contextlib.suppress(ConnectionResetError):
                assert b"HTTP/1.1" not in everything(connection)
        assert ask(server, verify=tls[0]).status_code == 200


def test_stopping_does_not_wait_for_a_handshake_that_never_comes(tls):
    with serving(create_lab(":memory:", "empty"), tls=tls, limits=Limits(goodbye=20)) as server:
        silent = connected(server)
        # A second connection is taken after the first, so the first has its thread by now.
        assert ask(server, verify=tls[0]).status_code == 200
    with silent:
        assert b"HTTP/1.1" not in everything(silent)


def test_a_certificate_that_cannot_be_used_is_one_clear_sentence(tmp_path: Path, tls):
    broken = tmp_path / "broken.pem"
    broken.write_text("no certificate")
    with pytest.raises(StorageProblem, match="cannot be used"):
        LabServer(create_lab(":memory:", "empty"), tls=(str(broken), tls[1]))
