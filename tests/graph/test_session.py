"""One request and what becomes of it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from toolkit.errors import (
    GraphProblem,
    NotFound,
    SignInNeeded,
    Throttled,
    Unconfirmed,
    Unreachable,
    UsageProblem,
)
from toolkit.graph.limiter import Limiter
from toolkit.graph.retry import Limits
from toolkit.graph.session import Session, WriteBeforeGateError, is_reading

POLICIES = "/deviceManagement/deviceCompliancePolicies"


def test_ordinary_commands_do_not_load_the_http_library():
    code = (
        "import sys, toolkit.graph.session, toolkit.graph.batch, toolkit.graph.paging;"
        "print(sorted({'requests', 'urllib3', 'ssl', 'logging', 'pathlib', 'email', 'rich'} & set(sys.modules)))"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-S", "-c", code], cwd=root, capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


def test_a_request_carries_the_token_and_an_id_of_its_own(service):
    service.expect("GET /beta/me", body={"id": "1"})
    service.expect("POST /v1.0/groups", body={"id": "2"})
    session = service.session(token=lambda: "secret")
    assert session.get("/me", "beta") == {"id": "1"}
    assert session.call("post", "groups", json={"a": "é"}) == {"id": "2"}
    assert [(dict(r.headers), r.body) for r in service.requests] == [
        ({"Accept": "application/json", "client-request-id": "id-1", "Authorization": "Bearer secret"}, None),
        (
            {
                "Accept": "application/json",
                "Content-Type": "application/json",
                "client-request-id": "id-2",
                "Authorization": "Bearer secret",
            },
            b'{"a":"\\u00e9"}',
        ),
    ]


def test_without_a_token_nothing_is_claimed(service):
    service.expect("GET /v1.0/me", body={})
    service.session(token=lambda: None).get("/me")
    assert "Authorization" not in service.requests[0].headers


def test_the_token_is_asked_for_with_each_try(service):
    tokens = iter(["first", "second"])
    service.expect("GET /v1.0/me", 503)
    service.expect("GET /v1.0/me", body={})
    service.session(token=lambda: next(tokens)).get("/me")
    assert [r.headers["Authorization"] for r in service.requests] == ["Bearer first", "Bearer second"]


@pytest.mark.parametrize("token", ["", "a b", "a\r\nX: y", "clé"])
def test_a_token_that_is_none_is_not_sent_and_not_quoted(service, token):
    with pytest.raises(SignInNeeded) as caught:
        service.session(token=lambda: token).get("/me")
    assert caught.value.message == "The access token holds characters that no token has."


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (204, b"", None),
        (200, b"", None),
        (202, b" \r\n", None),
        (200, b"12", 12),
        (200, b"\xef\xbb\xbf[1]", [1]),
        (201, b'{"a":null}', {"a": None}),
    ],
)
def test_an_answer_is_json_or_nothing(service, status, body, expected):
    service.expect("PATCH /v1.0/me", status, body, {"content-type": "application/octet-stream"})
    assert service.session().call("PATCH", "/me", json={}) == expected


def test_raw_gives_the_bytes_as_they_came(service):
    service.expect("GET /v1.0/me/photo/$value", body=b"\x89PNG")
    assert service.session().call("GET", "/me/photo/$value", raw=True) == b"\x89PNG"


def test_the_whole_answer_can_be_had(service):
    service.expect("GET /v1.0/me", 203, b"hello", {"x": "y"})
    answer = service.session().answer("GET", "/me")
    assert (answer.status, answer.headers["x"], answer.body) == (203, "y", b"hello")


def test_a_read_answered_with_a_page_is_a_clear_problem(service):
    service.expect("GET /v1.0/me", 200, b"<html>", {"content-type": "text/html"})
    with pytest.raises(GraphProblem, match=r"^The answer to GET /me is not JSON \(text/html, 6 bytes\)\.$"):
        service.session().get("/me")


def test_a_write_whose_answer_cannot_be_read_may_have_taken_effect(service):
    service.expect("POST /v1.0/groups", 201, b'{"id": "1')
    with pytest.raises(Unconfirmed) as caught:
        service.session().call("POST", "/groups", json={})
    assert caught.value.message == (
        "POST /groups was accepted (201), but its answer cannot be read. Whether it took effect is not known."
    )


def test_a_count_is_asked_for_as_text(service):
    service.expect("GET /v1.0/groups/1/members/$count", body=b"12", headers={"content-type": "text/plain"})
    assert service.session().get("/groups/1/members/$count", headers={"ConsistencyLevel": "eventual"}) == 12
    assert service.requests[0].headers == {
        "Accept": "text/plain",
        "ConsistencyLevel": "eventual",
        "client-request-id": "id-1",
    }


# Addresses


@pytest.mark.parametrize(
    ("given", "version", "sent"),
    [
        ("/me", "v1.0", "/v1.0/me"),
        ("me", "beta", "/beta/me"),
        ("/beta/me", "v1.0", "/beta/me"),
        ("v1.0?x=1", "beta", "/v1.0?x=1"),
        ("/v1.0x/me", "v1.0", "/v1.0/v1.0x/me"),
        ("https://GRAPH.example/v1.0/me?$skiptoken=a%20b", "v1.0", "/v1.0/me?$skiptoken=a%20b"),
        ("https://graph.example:443/v1.0/me", "v1.0", "/v1.0/me"),
        ("//other.example/me", "v1.0", "/v1.0/other.example/me"),
        ("@other.example/me", "v1.0", "/v1.0/@other.example/me"),
        ("/me?$filter=name eq 'C# “x”'", "v1.0", "/v1.0/me?$filter=name%20eq%20'C%23%20%E2%80%9Cx%E2%80%9D'"),
        ("/me\r\nX: y", "v1.0", "/v1.0/me%0D%0AX:%20y"),
        ("/me?next=https://other.example/", "v1.0", "/v1.0/me?next=https://other.example/"),
        ("/users/a..b/me", "v1.0", "/v1.0/users/a..b/me"),
    ],
)
def test_a_path_becomes_an_address_below_the_root(service, given, version, sent):
    address = service.session().address(given, version)
    scheme, rest = address.split("://", 1)
    host, path = rest.split("/", 1)
    assert (scheme, host.lower().removesuffix(":443"), f"/{path}") == ("https", "graph.example", sent)


@pytest.mark.parametrize(
    "url",
    [
        "https://other.example/v1.0/me",
        "http://graph.example/v1.0/me",
        "https://graph.example:8443/v1.0/me",
        "https://graph.example.other.example/v1.0/me",
        "https://graph.example@other.example/v1.0/me",
        "https://other.example\\@graph.example/v1.0/me",
        "https://graph.example\\.other.example/v1.0/me",
        "https://graph.example%2eother.example/",
        "https://graph.example#.other.example/",
        "https://user@graph.example/v1.0/me",
        "https://graph.exämple/v1.0/me",
        "https:///v1.0/me",
        "ftp://graph.example/v1.0/me",
        "file:///etc/passwd",
    ],
)
def test_the_token_goes_to_no_other_address(service, url):
    session = service.session(token=lambda: "secret")
    with pytest.raises(GraphProblem) as caught:
        session.get(url)
    assert (caught.value.status, caught.value.graph_code) == (0, "ForeignAddress")
    assert service.requests == []


@pytest.mark.parametrize(
    "path",
    [
        "/deviceManagement/reports/../deviceCompliancePolicies",
        "/a/%2e%2E/b",
        "/a/./b",
        "/a/..",
        "https://graph.example/v1.0/../beta/me",
        "/a/.%2e?x=1",
    ],
)
def test_a_path_that_climbs_is_not_sent(service, path):
    with pytest.raises(UsageProblem, match="as a part of its path"):
        service.session().get(path)


@pytest.mark.parametrize(
    ("root", "fine"),
    [
        ("https://graph.microsoft.com", True),
        ("https://graph.microsoft.com/", True),
        ("https://localhost:8443", True),
        ("http://localhost:8700", True),
        ("http://127.0.0.1:8700", True),
        ("http://127.8.9.1", True),
        ("http://[::1]:8700", True),
        ("http://graph.microsoft.com", False),
        ("http://localhost.example", False),
        ("http://127.0.0.1.example", False),
        ("https://graph.microsoft.com/v1.0", False),
        ("https://user:pass@graph.microsoft.com", False),
        ("https://graph.microsoft.com?x", False),
        ("ftp://graph.microsoft.com", False),
        ("graph.microsoft.com", False),
        ("", False),
    ],
)
def test_the_root_is_https_or_this_computer(service, root, fine):
    if fine:
        assert service.session(root=root).root == root.rstrip("/")
    else:
        with pytest.raises(UsageProblem):
            service.session(root=root)


@pytest.mark.parametrize(
    "name", ["Authorization", "authorization", "HOST", "Content-Length", "Cookie", "Client-Request-Id"]
)
def test_headers_that_grace_sets_cannot_be_given(service, name):
    with pytest.raises(UsageProblem, match="is set by Grace itself"):
        service.session().get("/me", headers={name: "x"})


@pytest.mark.parametrize(
    ("name", "value"), [("X", "a\r\nY: b"), ("X Y", "a"), ("", "a"), ("X", "€"), ("X:", "a")]
)
def test_what_is_not_a_header_is_refused(service, name, value):
    with pytest.raises(UsageProblem, match="is not a header"):
        service.session().get("/me", headers={name: value})


def test_a_given_header_replaces_a_usual_one_whatever_its_case(service):
    service.expect("GET /v1.0/me", body={})
    service.session().get("/me", headers={"accept": "text/csv"})
    assert service.requests[0].headers == {"accept": "text/csv", "client-request-id": "id-1"}


# Trying again


def test_a_read_is_repeated_until_it_is_answered(service):
    service.expect("GET /v1.0/me", 429, headers={"retry-after": "7"})
    service.expect_loss("GET /v1.0/me", sent=True)
    service.expect("GET /v1.0/me", 503)
    service.expect("GET /v1.0/me", body={"id": "1"})
    session = service.session()
    assert session.get("/me") == {"id": "1"}
    assert service.slept == [7.0, 2.0, 4.0]
    url = "https://graph.example/v1.0/me"
    assert list(session.sent) == [("GET", url, 429), ("GET", url, None), ("GET", url, 503), ("GET", url, 200)]
    assert [r.headers["client-request-id"] for r in service.requests] == ["id-1", "id-2", "id-3", "id-4"]


def test_a_date_to_wait_for_counts_from_the_services_own_time(service):
    headers = {"date": "Mon, 02 Nov 2026 08:00:00 GMT", "retry-after": "Mon, 02 Nov 2026 08:00:25 GMT"}
    service.expect("POST /v1.0/groups", 503, headers=headers)
    service.expect("POST /v1.0/groups", 201, {"id": "1"})
    service.session().call("POST", "/groups", json={})
    assert service.slept == [25.0]


def test_giving_up_on_a_throttled_request_says_how_often_it_was_tried(service):
    for _ in range(3):
        service.expect("POST /v1.0/groups", 429, headers={"retry-after": "1"})
    with pytest.raises(Throttled) as caught:
        service.session(limits=Limits(max_retries=2)).call("POST", "/groups", json={})
    assert caught.value.message == (
        "The service takes no more requests for now: POST /groups. It asks to wait 1 s. Tried 3 times."
    )


def test_giving_up_on_a_silent_service_says_how_often_it_was_tried(service):
    for _ in range(5):
        service.expect_loss("GET /v1.0/me", sent=True)
    with pytest.raises(Unreachable) as caught:
        service.session().get("/me")
    assert caught.value.message == "graph.example did not answer. Tried 5 times."
    assert caught.value.detail == {"method": "GET", "host": "graph.example", "sent": True}
    assert service.slept == [1.0, 2.0, 4.0, 8.0]


def test_a_wait_longer_than_the_total_is_not_begun(service):
    service.expect("GET /v1.0/me", 429, headers={"retry-after": "301"})
    with pytest.raises(Throttled):
        service.session().get("/me")
    assert service.slept == []


def test_time_spent_waiting_for_the_quota_is_not_time_spent_trying(service):
    limiter = Limiter(lambda: service.seconds, service.sleep)
    session = service.session(limiter=limiter, limits=Limits(total=1.5))
    path = "/identity/conditionalAccess/policies"
    service.expect(f"GET /v1.0{path}", body={})
    service.expect(f"GET /v1.0{path}", 503)
    service.expect(f"GET /v1.0{path}", body={})
    session.get(path)
    session.get(path)
    assert service.slept == [1.0, 1.0]


@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
def test_a_write_is_sent_again_if_no_connection_was_made(service, method):
    service.expect_loss(f"{method} /v1.0/groups/1", sent=False)
    service.expect(f"{method} /v1.0/groups/1", 204)
    assert service.session().call(method, "/groups/1") is None


def test_a_write_that_never_reached_the_service_is_not_called_unconfirmed(service):
    for _ in range(5):
        service.expect_loss("POST /v1.0/groups", sent=False)
    with pytest.raises(Unreachable):
        service.session().call("POST", "/groups", json={})


@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
def test_a_write_whose_answer_was_lost_is_never_sent_twice(service, method):
    service.expect_loss(f"{method} /beta{POLICIES}/1", sent=True)
    with pytest.raises(Unconfirmed) as caught:
        service.session().call(method, f"{POLICIES}/1", version="beta", json={})
    assert caught.value.message == (
        f"{method} {POLICIES}/1 was sent, but no answer came. Whether it took effect is not known."
    )
    assert caught.value.detail == {
        "method": method,
        "path": f"{POLICIES}/1",
        "status": None,
        "requestId": None,
    }
    assert isinstance(caught.value.__cause__, Unreachable)


def test_a_loss_that_does_not_say_whether_it_was_sent_counts_as_sent(service):
    def transport(request, limit):
        raise Unreachable("gone")

    session = Session(
        transport,
        root="https://graph.example",
        token=lambda: None,
        sleep=service.sleep,
        clock_seconds=lambda: 0.0,
        chance=lambda: 0.5,
        new_id=lambda: "id",
    )
    with pytest.raises(Unconfirmed):
        session.call("POST", "/groups", json={})


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_write_answered_by_a_failure_of_the_service_may_have_taken_effect(service, status):
    body = {"error": {"code": "InternalServerError", "message": "An error has occurred."}}
    service.expect("POST /v1.0/groups", status, body, {"request-id": "r-1"})
    with pytest.raises(Unconfirmed) as caught:
        service.session().call("POST", "/groups", json={})
    assert caught.value.message == (
        f"POST /groups was answered {status} (An error has occurred). Whether it took effect is not known."
    )
    assert caught.value.detail == {"method": "POST", "path": "/groups", "status": status, "requestId": "r-1"}


def test_a_refusal_is_raised_at_once(service):
    service.expect("DELETE /v1.0/groups/1", 404)
    with pytest.raises(NotFound):
        service.session().call("DELETE", "/groups/1")
    assert service.slept == []


def test_a_post_that_only_reads_is_repeated_like_a_read(service):
    service.expect_loss("POST /v1.0/identity/conditionalAccess/evaluate", sent=True)
    service.expect("POST /v1.0/identity/conditionalAccess/evaluate", body={"value": []})
    assert service.session().call("POST", "/identity/conditionalAccess/evaluate", json={}) == {"value": []}


# Nothing but reads


@pytest.mark.parametrize(
    ("method", "path", "body", "reads"),
    [
        ("GET", "/groups", None, True),
        ("get", "/groups", None, True),
        ("POST", "/groups", {}, False),
        ("PATCH", "/deviceManagement", {}, False),
        ("DELETE", f"{POLICIES}/1", None, False),
        ("PUT", "/identity/conditionalAccess/evaluate", {}, False),
        ("POST", "/v1.0/deviceManagement/reports/getDeviceNonComplianceReport", {}, True),
        ("POST", "https://graph.example/beta/deviceManagement/reports/getReportFilters", {}, True),
        ("POST", "/deviceManagement/reports/get", {}, False),
        ("POST", "/deviceManagement/reports/exportJobs", {}, False),
        ("POST", "/deviceManagement/reports/getX/retire", {}, False),
        ("POST", "/deviceManagement/managedDevices/1/retire?x=/deviceManagement/reports/getX", {}, False),
        ("POST", f"{POLICIES}/getNoncompliantDevicesToRetire", {}, True),
        ("POST", f"{POLICIES}/setScheduledRetireState", {}, False),
        ("POST", "/directoryObjects/getByIds", {}, True),
        ("POST", "/identity/conditionalAccess/evaluate", {}, True),
        ("POST", "/beta/$batch", {"requests": [{"method": "GET", "url": "/me"}]}, True),
        ("POST", "/$batch", {"requests": [{"method": "GET"}, {"method": "POST"}]}, False),
        ("POST", "/$batch", {"requests": [{"method": "GET"}, {}]}, False),
        ("POST", "/$batch", {"requests": [{"method": "GET"}, "DELETE"]}, False),
        ("POST", "/$batch", {"requests": []}, False),
        ("POST", "/$batch", {"requests": "x"}, False),
        ("POST", "/$batch", None, False),
    ],
)
def test_while_writes_are_not_allowed_only_reads_are_sent(service, method, path, body, reads):
    assert is_reading(method, path, body) is reads
    session = service.session()
    session.writes_allowed = False
    if reads:
        service.expect(session.address(path).replace("https://graph.example", f"{method.upper()} "), 204)
        session.call(method, path, json=body)
    else:
        with pytest.raises(WriteBeforeGateError):
            session.call(method, path, json=body)
        assert service.requests == []


# The trace


def traced(service, **more):
    return service.session(trace=service.lines.append, **more)


def test_the_trace_has_a_line_for_each_request_answer_and_wait(service):
    service.expect("GET /v1.0/me", 429, headers={"retry-after": "7"})
    service.expect_loss("GET /v1.0/me", sent=False)
    service.expect("GET /v1.0/me", body={"id": "1"})
    traced(service).get("/me")
    ask = "> GET https://graph.example/v1.0/me [Accept: application/json; client-request-id: id-%d]"
    assert service.lines == [
        ask % 1,
        "< 429 (0.00 s) [content-type: application/json; retry-after: 7]",
        "-- waiting 7.0 s, then try 2 of 5",
        ask % 2,
        "< no answer: graph.example did not answer.",
        "-- waiting 2.0 s, then try 3 of 5",
        ask % 3,
        '< 200 (0.00 s) [content-type: application/json] {"id":"1"}',
    ]


JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"


@pytest.mark.parametrize(
    "body",
    [
        {"clientSecret": "hunter2"},
        {"a": [{"client_secret": "hunter2"}]},
        {"password": {"value": "hunter2"}},
        {"secretText": "hunter2"},
        {"client_assertion": "hunter2"},
        {"access_token": "hunter2"},
        {"refreshToken": ["hunter2"]},
        {"macOsUnlockCode": "hunter2"},
        {"activationLockBypassCode": "hunter2"},
        {"url": "https://blob.example/x?sv=1&sig=hunter2&se=2"},
        {"note": "Bearer hunter2"},
        {"note": "quoted back: the-token hunter"},
        {"note": f"hunter {JWT}"},
    ],
)
def test_secrets_do_not_reach_the_trace(service, body):
    service.expect("POST /v1.0/groups", 200, body, {"set-cookie": "hunter2", "x-token": "hunter2"})
    traced(service, token=lambda: "the-token").call("POST", "/groups", json=body)
    shown = "\n".join(service.lines)
    for secret in ("hunter2", "the-token", JWT):
        assert secret not in shown
    assert "***" in service.lines[0]
    assert "***" in service.lines[1]


def test_settings_that_only_speak_of_passwords_are_shown(service):
    body = {
        "passwordRequired": True,
        "passwordRequiredType": "numeric",
        "passwordMinimumLength": 6,
        "secret": None,
    }
    service.expect("PATCH /v1.0/x", 204)
    traced(service).call("PATCH", "/x", json=body)
    assert service.lines[0].endswith(json.dumps(body, separators=(",", ":")))


def test_control_characters_are_escaped_in_the_trace(service):
    service.expect("GET /v1.0/x", 200, {"name": "a\x1b[31m\r\n\u202eb\x9b"})
    traced(service).get("/x")
    assert service.lines[1].isprintable()


@pytest.mark.parametrize(
    ("body", "shown"),
    [(b"\x89PNG\r\n", "(6 bytes that are not JSON)"), (b'"' + b"x" * 9000 + b'"', "… (9,")],
)
def test_a_line_of_the_trace_stays_readable(service, body, shown):
    service.expect("GET /v1.0/x", 200, body)
    traced(service).answer("GET", "/x")
    assert shown in service.lines[1]
    assert len(service.lines[1]) < 4100
