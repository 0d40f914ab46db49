"""The whole program over real HTTP: the lab behind a loopback server stands for Microsoft Graph."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from harness import Grace
from toolkit.lab.app import Lab, Request, create_lab

TOKEN = "a-token-nobody-may-see"


class Server:
    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.seen: list[tuple[str, str, str | None]] = []
        self.lock = threading.Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1

            def answer(self) -> None:
                length = int(self.headers.get("content-length") or 0)
                body = self.rfile.read(length) if length else None
                with outer.lock:
                    outer.seen.append((self.command, self.path, self.headers.get("authorization")))
                    response = outer.lab.handle(Request(self.command, self.path, dict(self.headers), body))
                self.send_response(response.status)
                for name, value in response.headers.items():
                    self.send_header(name, value)
                if "content-length" not in {name.lower() for name in response.headers}:
                    self.send_header("content-length", str(len(response.body)))
                self.end_headers()
                self.wfile.write(response.body)

            do_GET = do_POST = do_PATCH = do_DELETE = answer  # noqa: N815 the names that http.server calls

            def log_message(self, *_: Any) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}"
        self.lab.base_url = self.url
        self.thread = threading.Thread(target=self.http.serve_forever, daemon=True)
        self.thread.start()

    def close(self) -> None:
        self.http.shutdown()
        self.http.server_close()
        self.thread.join()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    lab = create_lab(str(tmp_path / "served.sqlite"))
    lab.store.close()
    # The server's threads share one connection under a lock of the server's own.
    import sqlite3

    real = sqlite3.connect

    def shared(*args: Any, **more: Any) -> sqlite3.Connection:
        return real(*args, **{**more, "check_same_thread": False})

    sqlite3.connect = shared  # type: ignore[assignment]
    try:
        from toolkit.lab.app import open_lab

        served = Server(open_lab(str(tmp_path / "served.sqlite")))
    finally:
        sqlite3.connect = real
    yield served
    served.close()
    served.lab.store.close()


@pytest.fixture
def live(tmp_path: Path, server: Server) -> Grace:
    return Grace(tmp_path / "home", {"GRACE_ACCESS_TOKEN": TOKEN, "GRACE_GRAPH_URL": server.url})


def test_the_job_from_list_to_undo(live: Grace, server: Server) -> None:
    rows = live.json("action list 'Windows baseline'")
    live.ok("action add 'Windows baseline' --email 'Final warning' --days 9 --yes")
    assert len(live.json("action list 'Windows baseline'")) == len(rows) + 1
    assert live.json("journal list")[0]["tenant"]["name"] == "Contoso"
    live.ok("undo --yes")
    after = live.json("action list 'Windows baseline'")
    assert [(r["actionType"], r["gracePeriodHours"]) for r in after] == [
        (r["actionType"], r["gracePeriodHours"]) for r in rows
    ]
    assert {authorization for _, _, authorization in server.seen} == {f"Bearer {TOKEN}"}


def test_the_token_is_in_nothing_that_a_run_leaves_behind(live: Grace, tmp_path: Path) -> None:
    answer = live.ok("action add 'Windows baseline' --email 'Final warning' --days 9 --yes --debug")
    assert TOKEN not in answer.stdout + answer.stderr
    for path in (tmp_path / "home").rglob("*"):
        if path.is_file():
            assert TOKEN.encode() not in path.read_bytes(), path


def test_a_dead_service_is_one_sentence(live: Grace, server: Server) -> None:
    server.close()
    answer = live.run("policy list")
    assert (answer.code, "127.0.0.1" in answer.stderr, "bug" in answer.stderr) == (7, True, False)
    server.http = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)  # for the fixture to close
    server.thread = threading.Thread(target=server.http.serve_forever, daemon=True)
    server.thread.start()


def test_another_host_must_be_https(tmp_path: Path) -> None:
    grace = Grace(tmp_path, {"GRACE_ACCESS_TOKEN": TOKEN, "GRACE_GRAPH_URL": "http://graph.example"})
    answer = grace.run("policy list")
    assert (answer.code, "https" in answer.stderr) == (2, True)


def test_a_tenant_without_a_token_asks_for_signing_in(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "settings.toml").write_text('active = "prod"\n[tenant."prod"]\nkind = "graph"\n')
    answer = Grace(home).run("policy list")
    assert (answer.code, "GRACE_ACCESS_TOKEN" in answer.stderr) == (4, True)
