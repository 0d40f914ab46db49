"""Requests out of bytes: what HTTP/1.1 allows is read, all else is refused, and nothing is read in two ways."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.lab.exchange import Response
from toolkit.lab.http1 import (
    Gone,
    Head,
    Limits,
    Reader,
    Refused,
    host_name,
    parse_head,
    problem_response,
    written,
)

LIMITS = Limits(head_bytes=2000, body_bytes=3000)


def reader(pieces: Sequence[bytes], *, ends: bool = True) -> Reader:
    """Over these pieces, one at a time; after them the end, or silence."""
    left = list(pieces)

    def receive(_seconds: float) -> bytes:
        if left:
            return left.pop(0)
        if ends:
            return b""
        raise TimeoutError

    return Reader(receive, LIMITS)


def read(*pieces: bytes, ends: bool = True) -> list[tuple[Head, bytes | None]]:
    """Every request of a connection, until it ends."""
    source, found = reader([piece for piece in pieces if piece], ends=ends), []
    while True:
        try:
            source.wait()
        except Gone:
            return found
        head = source.head()
        found.append((head, source.body(head, lambda: None)))


def status(*pieces: bytes, ends: bool = True) -> int:
    with pytest.raises(Refused) as refused:
        read(*pieces, ends=ends)
    return refused.value.response.status


def lines(*texts: str) -> bytes:
    return "\r\n".join((*texts, "", "")).encode("latin-1")


def test_a_request_is_read():
    found = read(
        lines("PATCH /v1.0/groups?$top=5 HTTP/1.1", "hOST: localhost", "Content-Length:2", "X: \t a b\t"),
        b"{}",
    )
    assert found == [
        (
            Head(
                "PATCH",
                "/v1.0/groups?$top=5",
                {"host": "localhost", "content-length": "2", "x": "a b"},
                2,
                True,
                False,
            ),
            b"{}",
        )
    ]


def test_requests_that_came_together_are_read_one_after_the_other():
    one = lines("POST /a HTTP/1.1", "Host: h", "Content-Length: 3") + b"abc"
    chunked = (
        lines("POST /b HTTP/1.1", "Host: h", "Transfer-Encoding: chunked")
        + b"2\r\nde\r\n1;x=y\r\nf\r\n0\r\nT: v\r\n\r\n"
    )
    found = read(one + b"\r\n" + chunked + lines("GET /c HTTP/1.1", "Host: h"))
    assert [(head.target, body) for head, body in found] == [("/a", b"abc"), ("/b", b"def"), ("/c", None)]


@given(st.lists(st.integers(0, 200), max_size=30))
def test_it_does_not_matter_where_the_bytes_are_split(cuts):
    whole = (
        lines("POST /a HTTP/1.1", "Host: h", "Content-Length: 12")
        + b"GET / HTTP/1"
        + lines("POST /b HTTP/1.1", "Host: h", "Transfer-Encoding: chunked")
        + b"a\r\n0123456789\r\n0\r\n\r\n"
        + lines("DELETE /c HTTP/1.1", "Host: h")
    )
    places = sorted({min(cut, len(whole)) for cut in cuts} | {0, len(whole)})
    pieces = [whole[a:b] for a, b in pairwise(places)]
    assert [(head.method, head.target, body) for head, body in read(*pieces)] == [
        ("POST", "/a", b"GET / HTTP/1"),
        ("POST", "/b", b"0123456789"),
        ("DELETE", "/c", None),
    ]


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (["GET /"], 400),
        (["GET / HTTP/1.1 x", "Host: h"], 400),
        (["GET  / HTTP/1.1", "Host: h"], 400),
        ([" GET / HTTP/1.1", "Host: h"], 400),
        (["GET /\u00e9 HTTP/1.1", "Host: h"], 400),
        (["GET /a b HTTP/1.1", "Host: h"], 400),
        (["GET\t/ HTTP/1.1", "Host: h"], 400),
        (["G(T / HTTP/1.1", "Host: h"], 400),
        (["GET / http/1.1", "Host: h"], 400),
        (["GET / HTTP/1.\u0661", "Host: h"], 400),
        (["GET / HTTP/2.0", "Host: h"], 505),
        (["GET / HTTP/1.1"], 400),
        (["GET / HTTP/1.1", "Host: h", "Host: h"], 400),
        (["GET / HTTP/1.1", "Host : h"], 400),
        (["GET / HTTP/1.1", " Host: h"], 400),
        (["GET / HTTP/1.1", "Host: h", " folded"], 400),
        (["GET / HTTP/1.1", "Host: h", "no colon"], 400),
        (["GET / HTTP/1.1", "Host: h", ": no name"], 400),
        (["GET / HTTP/1.1", "Host: h", "a: b\rc: d"], 400),
        (["GET / HTTP/1.1", "Host: h", "a: b\nc: d"], 400),
        (["GET / HTTP/1.1\nHost: h"], 400),
        (["GET / HTTP/1.1", "Host: h", "a: \x00"], 400),
        (["GET / HTTP/1.1", "Host: h", "Authorization: Bearer a", "authorization: Bearer b"], 400),
        (["GET /#x HTTP/1.1", "Host: h"], 400),
        (["GET x HTTP/1.1", "Host: h"], 400),
        (["GET * HTTP/1.1", "Host: h"], 400),
        (["GET http://[ HTTP/1.1", "Host: h"], 400),
        (["GET file:///etc/passwd HTTP/1.1", "Host: h"], 400),
        (["OPTIONS / HTTP/1.1", "Host: h"], 405),
        (["TRACE / HTTP/1.1", "Host: h"], 405),
        (["get / HTTP/1.1", "Host: h"], 405),
        (["POST / HTTP/1.1", "Host: h", "Content-Length: -1"], 400),
        (["POST / HTTP/1.1", "Host: h", "Content-Length: +1"], 400),
        (["POST / HTTP/1.1", "Host: h", "Content-Length: 1, 1"], 400),
        (["POST / HTTP/1.1", "Host: h", "Content-Length: 0x1"], 400),
        (["POST / HTTP/1.1", "Host: h", "Content-Length: \u00b2"], 400),
        (["POST / HTTP/1.1", "Host: h", "Content-Length:"], 400),
        (["POST / HTTP/1.1", "Host: h", "Content-Length: 1", "Content-Length: 1"], 400),
        (["POST / HTTP/1.1", "Host: h", "Content-Length: 3001"], 413),
        (["POST / HTTP/1.1", "Host: h", "Content-Length: " + "9" * 19], 413),
        (["POST / HTTP/1.1", "Host: h", "Content-Length: " + "9" * 40], 400),
        (["POST / HTTP/1.1", "Host: h", "Content-Length: 1", "Transfer-Encoding: chunked"], 400),
        (["POST / HTTP/1.0", "Host: h", "Transfer-Encoding: chunked"], 400),
        (["POST / HTTP/1.1", "Host: h", "Transfer-Encoding: gzip, chunked"], 501),
        (["POST / HTTP/1.1", "Host: h", "Transfer-Encoding: chunked", "Transfer-Encoding: chunked"], 400),
        (["POST / HTTP/1.1", "Host: h", "Expect: 200-ok"], 417),
        (["GET / HTTP/1.1", "Host: h", *(f"a{number}: b" for number in range(100))], 431),
        (["GET / HTTP/1.1", "Host: h", "a: " + "b" * 2000], 431),
        (["GET /" + "x" * 2000 + " HTTP/1.1", "Host: h"], 431),
    ],
)  # fmt: skip
def test_a_head_that_could_mean_two_things_is_refused(head, expected):
    raw = "\r\n".join((*head, "", "")).encode("utf-8" if not "".join(head).isascii() else "ascii")
    assert status(raw + b"x") == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"\r\n\r\n", 400),
        (b"g\r\n", 400),
        (b"-1\r\n", 400),
        (b"0x1\r\nb\r\n0\r\n\r\n", 400),
        (b"1 \x00\r\nb\r\n", 400),
        (b"1\r\nbc\r\n0\r\n\r\n", 400),
        (b"1\r\nb\n0\r\n\r\n", 400),
        (b"1\r\nbXX0\r\n\r\n", 400),
        (b"123456789\r\n", 400),
        (b"fffffff\r\n", 413),
        (b"800\r\n" + b"x" * 2048 + b"\r\n800\r\n", 413),
        (b"1;" + b"x" * 5000, 400),
        (b"0\r\n" + b"a: b\r\n" * 600, 431),
    ],
)
def test_a_body_in_chunks_that_is_not_well_formed_is_refused(body, expected):
    head = lines("POST / HTTP/1.1", "Host: h", "Transfer-Encoding: chunked")
    assert status(head + body) == expected


@pytest.mark.parametrize(
    "sent",
    [
        b"GET / HT",
        lines("POST / HTTP/1.1", "Host: h", "Content-Length: 5") + b"abc",
        lines("POST / HTTP/1.1", "Host: h", "Transfer-Encoding: chunked") + b"5\r\nab",
    ],
)
def test_who_falls_silent_in_the_middle_is_told_so_and_who_leaves_is_gone(sent):
    assert status(sent, ends=False) == 408
    source = reader([sent])
    source.wait()
    with pytest.raises(Gone):
        source.body(source.head(), lambda: None)


def test_the_body_is_asked_for_only_where_the_client_waits_and_may_send_it():
    def asked(*head: str, body: bytes = b"") -> int:
        times = []
        source = reader([lines(*head) + body] + ([] if body else [b"abc"]))
        source.wait()
        assert source.body(source.head(), lambda: times.append(1)) == b"abc"
        return len(times)

    start = ("POST / HTTP/1.1", "Host: h", "Content-Length: 3")
    assert asked(*start, "Expect: 100-Continue") == 1
    assert asked(*start, "Expect: 100-continue", body=b"abc") == 0
    assert asked(*start) == 0
    assert asked("POST / HTTP/1.0", *start[1:], "Expect: 100-continue") == 0


@pytest.mark.parametrize(
    ("lines_", "keeps"),
    [
        (["GET / HTTP/1.1", "Host: h"], True),
        (["GET / HTTP/1.1", "Host: h", "Connection: Close"], False),
        (["GET / HTTP/1.1", "Host: h", "Connection: x, close"], False),
        (["GET / HTTP/1.0"], False),
    ],
)
def test_the_client_says_whether_the_connection_stays(lines_, keeps):
    assert parse_head("\r\n".join(lines_).encode()).keeps is keeps


@pytest.mark.parametrize(
    ("target", "host", "expected"),
    [
        ("/v1.0/x?a=b", "h:1", ("/v1.0/x?a=b", "h")),
        ("//evil.example/v1.0", "LocalHost", ("/evil.example/v1.0", "localhost")),
        ("http://other:80/v1.0?x=1", "h", ("/v1.0?x=1", "other")),
        ("https://other", "h", ("/", "other")),
        ("/", "[::1]:8080", ("/", "[::1]")),
        ("/", "h:80:80", ("/", "h:80")),
    ],
)
def test_the_address_is_a_path_and_the_host_is_the_one_that_counts(target, host, expected):
    head = parse_head(f"GET {target} HTTP/1.1\r\nHost: {host}".encode())
    assert (head.target, host_name(head.headers)) == expected


@given(st.binary(max_size=300), st.booleans())
def test_no_bytes_do_worse_than_be_refused(junk, behind_a_good_start):
    start = b"POST /v1.0/groups HTTP/1.1\r\nHost: h\r\n" if behind_a_good_start else b""
    try:
        found = read(start + junk)
    except (Refused, Gone):
        return
    for head, _ in found:
        assert head.target.startswith("/")
        assert not any(character in head.target + "".join(head.headers.values()) for character in "\r\n\0")


@given(st.text(alphabet="0123456789abcdefGHx;: \t\r\n,", max_size=60))
def test_no_chunks_do_worse_than_be_refused(text):
    head = lines("POST / HTTP/1.1", "Host: h", "Transfer-Encoding: chunked")
    try:
        read(head + text.encode())
    except (Refused, Gone):
        return


def test_a_response_is_written_with_its_length():
    raw = written(Response(200, {"A": "b"}, b"12345"), keeps=True, is_head=False)
    head, _, body = raw.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\nDate: ")
    assert head.endswith(b"GMT\r\nA: b\r\nContent-Length: 5")
    assert body == b"12345"


@pytest.mark.parametrize(
    ("response", "keeps", "is_head", "expected"),
    [
        (Response(204, {}, b""), True, False, (None, False, b"")),
        (Response(200, {}, b"12345"), True, True, (5, False, b"")),
        (Response(200, {}, b"12345"), False, False, (5, True, b"12345")),
        (Response(200, {}, b"12345", "truncated"), False, False, (5, True, b"12")),
    ],
)
def test_length_and_closing_are_said_where_they_matter(response, keeps, is_head, expected):
    head, _, body = written(response, keeps=keeps, is_head=is_head).partition(b"\r\n\r\n")
    fields = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
    length = fields.get("Content-Length")
    assert (int(length) if length else None, fields.get("Connection") == "close", body) == expected


def test_no_value_of_a_header_can_begin_another():
    raw = written(Response(200, {"Location": "/a\r\nSet-Cookie: x\n\u20ac"}, b""), keeps=True, is_head=False)
    assert b"Location: /a  Set-Cookie: x ?\r\n" in raw


def test_a_refusal_has_graphs_shape():
    response = problem_response(413, "RequestEntityTooLarge", "Too large.")
    error = json.loads(response.body)["error"]
    assert (error["code"], error["message"]) == ("RequestEntityTooLarge", "Too large.")
    assert error["innerError"]["request-id"] == response.headers["request-id"]
    assert set(error["innerError"]) == {"date", "request-id", "client-request-id"}
