"""What an answer that is not a success means."""

from __future__ import annotations

import json

import pytest

from toolkit.errors import GraphProblem, NotFound, PermissionNeeded, SignInNeeded, Throttled, Unreachable
from toolkit.graph.errors import clean, not_json, problem, sentence
from toolkit.graph.transport import Answer, Request

POLICIES = Request(
    "GET", "https://graph.example/beta/deviceManagement/deviceCompliancePolicies?$top=5", {}, None
)
JSON = {"content-type": "application/json; charset=utf-8"}


def refusal(code, message, **inner):
    return json.dumps({"error": {"code": code, "message": message, "innerError": inner}}).encode()


def seen(found):
    return type(found), found.message, found.hint, dict(found.detail)


def test_a_refusal_names_the_request_the_code_and_the_reason():
    body = refusal("BadRequest", "Only one block is allowed.", **{"request-id": "r-1"})
    assert seen(problem(POLICIES, Answer(400, JSON, body))) == (
        GraphProblem,
        "GET /deviceManagement/deviceCompliancePolicies was refused (400 BadRequest): Only one block is allowed.",
        None,
        {"status": 400, "graphCode": "BadRequest", "requestId": "r-1"},
    )


@pytest.mark.parametrize(
    ("status", "kind", "exit_code"),
    [
        (400, GraphProblem, 1),
        (401, SignInNeeded, 4),
        (403, PermissionNeeded, 4),
        (404, NotFound, 3),
        (409, GraphProblem, 1),
        (412, GraphProblem, 1),
        (429, Throttled, 7),
        (500, GraphProblem, 1),
        (501, GraphProblem, 1),
        (502, Unreachable, 7),
        (503, Unreachable, 7),
        (504, Unreachable, 7),
    ],
)
@pytest.mark.parametrize(
    "body", [refusal("Code", "Words"), b"", b"[]", b"{}", b'{"error":null}', b'{"error":[1]}']
)
def test_each_status_is_one_kind_of_problem_whatever_its_body_holds(status, kind, exit_code, body):
    found = problem(POLICIES, Answer(status, JSON, body))
    assert (type(found), found.exit_code, found.detail["status"]) == (kind, exit_code, status)
    assert found.message.endswith(".")


def test_a_missing_permission_is_named():
    found = problem(POLICIES, Answer(403, {**JSON, "request-id": "r-2"}, refusal("Forbidden", "No")))
    assert seen(found) == (
        PermissionNeeded,
        "GET /deviceManagement/deviceCompliancePolicies is not allowed: No.",
        "It needs the permission DeviceManagementConfiguration.Read.All, delegated or application alike."
        " A signed-in user also needs a role that allows it.",
        {
            "status": 403,
            "graphCode": "Forbidden",
            "requestId": "r-2",
            "permissions": ["DeviceManagementConfiguration.Read.All"],
        },
    )


def test_permissions_that_are_needed_together_are_all_named():
    request = Request("PATCH", "https://graph.example/v1.0/identity/conditionalAccess/policies/1", {}, b"{}")
    hint = problem(request, Answer(403, JSON, b"")).hint
    assert hint.startswith(
        "It needs the permissions Policy.Read.All and Policy.ReadWrite.ConditionalAccess and Application.Read.All,"
    )


def test_a_call_that_the_table_does_not_know_gets_no_invented_permission():
    request = Request("GET", "https://graph.example/v1.0/sites/1", {}, None)
    found = problem(request, Answer(403, JSON, b""))
    assert found.detail["permissions"] == []
    assert found.hint.startswith("The table of permissions does not know this call")


@pytest.mark.parametrize("status", [400, 401, 403, 404, 407, 500])
def test_a_page_of_a_proxy_is_not_taken_for_the_services_own_answer(status):
    page = b"<html>" + b"x" * 1198
    found = problem(POLICIES, Answer(status, {"content-type": "text/html; charset=utf-8"}, page))
    assert seen(found) == (
        GraphProblem,
        "The answer to GET /deviceManagement/deviceCompliancePolicies is not JSON (text/html, 1,204 bytes).",
        "A proxy or a sign-in page may have answered in place of the service.",
        {"status": status, "graphCode": "", "requestId": None},
    )


def test_a_truncated_answer_is_said_in_one_sentence():
    found = not_json(POLICIES, Answer(200, {"request-id": "r-3"}, b"{"))
    assert seen(found) == (
        GraphProblem,
        "The answer to GET /deviceManagement/deviceCompliancePolicies is not JSON (no type given, 1 byte).",
        None,
        {"status": 200, "graphCode": "", "requestId": "r-3"},
    )


def test_a_gateways_page_with_503_still_means_that_the_service_cannot_be_reached():
    found = problem(POLICIES, Answer(503, {"content-type": "text/html"}, b"<html>busy</html>"))
    assert seen(found) == (
        Unreachable,
        "graph.example cannot answer GET /deviceManagement/deviceCompliancePolicies for now (503).",
        "Try again in some minutes.",
        {
            "status": 503,
            "graphCode": "",
            "requestId": None,
            "method": "GET",
            "host": "graph.example",
            "sent": True,
        },
    )


def test_a_redirect_is_an_error_and_not_followed():
    found = problem(POLICIES, Answer(302, {"location": "https://elsewhere.example/"}, b""))
    assert isinstance(found, GraphProblem)
    assert found.message == (
        "The answer to GET /deviceManagement/deviceCompliancePolicies points to another address (302),"
        " which is not followed."
    )


def test_throttling_says_how_long_the_service_asks_to_wait():
    found = problem(POLICIES, Answer(429, {**JSON, "retry-after": "120"}, refusal("TooManyRequests", "Slow")))
    assert found.message == (
        "The service takes no more requests for now: GET /deviceManagement/deviceCompliancePolicies."
        " It asks to wait 120 s."
    )
    assert found.detail["retryAfter"] == "120"


INTUNE = (
    '{\r\n  "_version": 3,\r\n  "Message": "An error has occurred - Operation ID (for customer support):'
    " 00000000-0000-0000-0000-000000000000 - Activity ID: 11111111-1111-1111-1111-111111111111 - Url:"
    ' https://fef.msub01.manage.microsoft.com/Service/deviceManagement/x?api-version=5022-05-10",\r\n'
    '  "CustomApiErrorPhrase": "",\r\n  "RetryAfter": null,\r\n  "ErrorSourceService": "",\r\n  "HttpHeaders": "{}"\r\n}'
)


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("Plain words", "Plain words"),
        (INTUNE, "An error has occurred"),
        (json.dumps({"Message": INTUNE}), "An error has occurred"),
        (json.dumps({"message": "lower case"}), "lower case"),
        (INTUNE[:-40], '{ "_version": 3, "Message": "An error has occurred'),
        ("Bad thing - Url: https://fef.x.manage.microsoft.com/a?b - end", "Bad thing - end"),
        ("See https://fef.x.manage.microsoft.com/a?b now", "See now"),
        ("{not json", "{not json"),
        ("{" * 100_000, "{" * 499 + "…"),
        ('{"Message": 5}', '{"Message": 5}'),
        ("one\r\ntwo\x1b[31m\u202e\ud800 three", "one two [31m three"),
        ("", ""),
    ],
)
def test_the_readable_part_of_a_message_is_found(message, expected):
    assert sentence(message) == expected


def test_the_bottom_of_a_bottomless_message_is_not_looked_for():
    body = b'{"error":' + b"[" * 100_000
    assert type(problem(POLICIES, Answer(400, JSON, body))) is GraphProblem


def test_a_service_text_is_cut_and_stays_on_one_line():
    found = problem(POLICIES, Answer(400, JSON, refusal("A\nB", "x\n" * 1000)))
    assert found.graph_code == "A B"
    assert len(found.message) < 600
    assert "\n" not in found.message
    assert found.message.endswith("…")


@pytest.mark.parametrize(
    ("headers", "inner", "expected"),
    [
        ({"request-id": "h"}, {"request-id": "b"}, "h"),
        ({}, {"request-id": "b"}, "b"),
        ({}, {"request-id": 5}, None),
        ({}, {}, None),
    ],
)
def test_the_request_id_comes_from_the_header_or_the_body(headers, inner, expected):
    found = problem(POLICIES, Answer(400, {**JSON, **headers}, refusal("C", "m", **inner)))
    assert found.as_json()["requestId"] == expected


def test_a_sign_in_error_is_read_too():
    body = b'{"error":"invalid_grant","error_description":"AADSTS70000: expired"}'
    found = problem(POLICIES, Answer(401, JSON, body))
    assert (found.message, found.detail["graphCode"]) == (
        "The service did not accept the sign-in for GET /deviceManagement/deviceCompliancePolicies:"
        " AADSTS70000: expired.",
        "invalid_grant",
    )


@pytest.mark.parametrize(
    ("text", "longest", "expected"),
    [("abc", 3, "abc"), ("abcd", 3, "ab…"), (" a\t\nb ", 9, "a b"), ("\x9b31m\u2028", 9, "31m")],
)
def test_foreign_text_is_cleaned(text, longest, expected):
    assert clean(text, longest) == expected
