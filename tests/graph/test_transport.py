"""Real HTTP, against a server on this computer."""

from __future__ import annotations

import datetime as dt
import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from toolkit.errors import Unconfirmed, Unreachable
from toolkit.graph.session import Session
from toolkit.graph.transport import Answer, Request, RequestsTransport, host_of


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.seen: list[tuple[str, str, dict[str, str], bytes]] = []
        self.done = threading.Event()

    def handle_error(self, request, client_address) -> None:
        pass  # clients that hang up are what these tests are about

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server_port}{path}"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def log_message(self, *args) -> None:
        pass

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.seen.append((self.command, self.path, headers, body))
        if self.path == "/silent":
            self.server.done.wait(10)
        elif self.path == "/hangs-up":
            self.close_connection = True
        elif self.path == "/cut":
            self.send_response(200)
            self.send_header("Content-Length", "100")
            self.end_headers()
            self.wfile.write(b'{"value": [')
            self.close_connection = True
        elif self.path == "/stalls":
            self.send_response(200)
            self.send_header("Content-Length", "100")
            self.end_headers()
            self.wfile.write(b'{"value": [')
            self.server.done.wait(10)
        elif self.path == "/not-gzip":
            self.send_response(200)
            self.send_header("Content-Encoding", "gzip")
            self.send_header("Content-Length", "3")
            self.end_headers()
            self.wfile.write(b"abc")
        elif self.path == "/moved":
            self.send_response(302)
            self.send_header("Location", self.server.url("/elsewhere"))
            self.send_header("Content-Length", "0")
            self.end_headers()
        else:
            self.send_response(200)
            self.send_header("X-Mixed-Case", "yes")
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

    do_GET = do_POST = do_PATCH = answer  # noqa: N815  # names that http.server asks for


@pytest.fixture(autouse=True)
def _no_surroundings(monkeypatch) -> None:
    for name in (
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "NO_PROXY",
        "REQUESTS_CA_BUNDLE",
        "CURL_CA_BUNDLE",
    ):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield made
    made.done.set()
    made.shutdown()
    thread.join()
    made.server_close()


@pytest.fixture
def transport() -> Iterator[RequestsTransport]:
    made = RequestsTransport()
    yield made
    made.close()


def asking(url: str, method: str = "GET", **headers: str) -> Request:
    return Request(method, url, headers, None if method == "GET" else b"{}")


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
    return port


def test_a_request_arrives_as_it_was_given(server, transport):
    answer = transport(
        Request("PATCH", server.url("/a%20b?$x='1'"), {"Authorization": "Bearer t"}, b"{}"), 5.0
    )
    assert (answer.status, answer.headers["x-mixed-case"], answer.body) == (200, "yes", b"{}")
    [(method, path, headers, body)] = server.seen
    assert (method, path, headers["authorization"], body) == ("PATCH", "/a%20b?$x='1'", "Bearer t", b"{}")


def test_a_netrc_file_does_not_replace_the_token(server, transport, tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password something\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    transport(asking(server.url("/"), Authorization="Bearer t"), 5.0)
    transport(asking(server.url("/")), 5.0)
    assert [headers.get("authorization") for _, _, headers, _ in server.seen] == ["Bearer t", None]


def test_a_redirect_is_handed_back_and_not_followed(server, transport):
    answer = transport(asking(server.url("/moved")), 5.0)
    assert (answer.status, answer.headers["location"]) == (302, server.url("/elsewhere"))
    assert [path for _, path, _, _ in server.seen] == ["/moved"]


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/silent", "{host} did not answer within 0.2 s ({method})."),
        ("/stalls", "{host} did not answer within 0.2 s ({method})."),
        ("/hangs-up", "{host} closed the connection before it answered ({method})."),
        ("/cut", "The answer of {host} was cut off or damaged ({method})."),
        ("/not-gzip", "The answer of {host} was cut off or damaged ({method})."),
    ],
)
def test_a_lost_answer_says_that_the_request_was_sent_and_is_not_repeated(
    server, transport, method, path, words
):
    with pytest.raises(Unreachable) as caught:
        transport(asking(server.url(path), method), 0.2)
    host = f"127.0.0.1:{server.server_port}"
    assert caught.value.message == words.format(host=host, method=method)
    assert caught.value.detail == {"method": method, "host": host, "sent": True}
    assert len(server.seen) == 1


def test_a_refused_connection_says_that_nothing_was_sent(transport):
    host = f"127.0.0.1:{free_port()}"
    with pytest.raises(Unreachable) as caught:
        transport(asking(f"http://{host}/", "POST"), 5.0)
    assert caught.value.message == f"{host} could not be reached (POST)."
    assert caught.value.detail == {"method": "POST", "host": host, "sent": False}


def test_a_proxy_that_is_not_there_says_that_nothing_was_sent(transport, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{free_port()}")
    with pytest.raises(Unreachable) as caught:
        transport(asking("https://graph.example/", "POST"), 5.0)
    assert caught.value.message == "The proxy for graph.example could not be reached, or refused (POST)."
    assert caught.value.detail["sent"] is False


def test_a_token_that_no_header_can_hold_is_not_quoted(server, transport):
    with pytest.raises(Unreachable) as caught:
        transport(asking(server.url("/"), Authorization="Bearer secret\nX: y"), 5.0)
    assert "secret" not in caught.value.message
    assert caught.value.__cause__ is None
    assert caught.value.detail["sent"] is False
    assert server.seen == []


def test_a_certificate_that_is_not_trusted_stops_the_request(server, transport, tmp_path):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(self_signed(tmp_path))
    server.socket = context.wrap_socket(server.socket, server_side=True)
    host = f"127.0.0.1:{server.server_port}"
    with pytest.raises(Unreachable) as caught:
        transport(asking(f"https://{host}/", "POST", Authorization="Bearer t"), 5.0)
    assert caught.value.message == f"No trusted connection to {host} (POST)."
    assert caught.value.detail["sent"] is False
    assert server.seen == []


def test_a_write_whose_answer_is_cut_ends_unconfirmed(server, transport):
    session = Session(
        transport,
        root=server.url(""),
        token=lambda: "t",
        sleep=lambda _: pytest.fail("it must not be repeated"),
        clock_seconds=lambda: 0.0,
        chance=lambda: 0.5,
        new_id=lambda: "id",
    )
    with pytest.raises(Unconfirmed):
        session.call("POST", server.url("/cut"), json={})
    assert len(server.seen) == 1


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://graph.example/v1.0", "graph.example"),
        ("http://127.0.0.1:80?x", "127.0.0.1:80"),
        ("https://user:secret@graph.example/", "graph.example"),
        ("graph", "graph"),
    ],
)
def test_the_host_is_named_without_credentials(url, host):
    assert host_of(url) == host


def test_an_answer_is_a_plain_value():
    assert Answer(200, {}, b"") == (200, {}, b"")


def self_signed(folder):
    """A certificate for 127.0.0.1 with its key, in one file."""
    x509 = pytest.importorskip("cryptography.x509")
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    path = folder / "server.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return path
