"""What one request leaves behind, whatever becomes of it."""

from __future__ import annotations

import json
import os
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from toolkit.lab.app import Request, create_lab
from toolkit.lab.apps import CLIENT_ID

JOBS = "/v1.0/deviceManagement/reports/exportJobs"
TEMPLATES = "/v1.0/deviceManagement/notificationMessageTemplates"


@pytest.fixture
def lab():
    lab = create_lab(":memory:")
    yield lab
    lab.close()


def ask(lab, method, url, body=None):
    raw = None if body is None else json.dumps(body).encode()
    return lab.handle(Request(method, url, {"Content-Type": "application/json"}, raw))


def test_a_refused_step_leaves_the_log_of_requests(lab):
    ask(lab, "GET", "/v1.0/users")
    assert ask(lab, "POST", "/lab/clock", {"advance": "soon"}).status == 400
    assert [row["url"] for row in ask(lab, "GET", "/lab/requests").json()["value"]] == ["/v1.0/users"]


def test_a_reset_forgets_requests_that_were_only_remembered(lab):
    ask(lab, "GET", "/v1.0/users")
    lab.reset()
    lab.flush()
    assert lab.store.log("request") == []


def test_looks_at_an_export_job_are_never_stale(lab):
    id = ask(lab, "POST", JOBS, {"reportName": "Devices"}).json()["id"]
    ask(lab, "POST", "/lab/faults", {"kind": "stale", "times": 5})
    ask(lab, "PATCH", "/v1.0/deviceManagement", {"intuneBrand": {"displayName": "x"}})
    ask(lab, "GET", f"{JOBS}/{id}")
    done = ask(lab, "GET", f"{JOBS}/{id}").json()
    assert (done["status"], ask(lab, "GET", done["url"]).status) == ("completed", 200)


def test_a_truncated_part_truncates_the_batch_and_not_itself(lab):
    ask(lab, "POST", "/lab/faults", {"kind": "truncated"})
    part = {
        "id": "1",
        "method": "POST",
        "url": TEMPLATES[5:],
        "body": {"displayName": "a"},
        "headers": {"Content-Type": "application/json"},
    }
    answer = ask(lab, "POST", "/v1.0/$batch", {"requests": [part]})
    assert (answer.status, answer.fate, list(answer.json())) == (200, "truncated", ["responses"])
    assert "Location" not in answer.headers


def test_odd_bodies_are_answered(lab):
    assert ask(lab, "GET", "/common/discovery/instance?authorization_endpoint=https://[").status == 400
    report = "/v1.0/deviceManagement/reports/getDeviceNonComplianceReport"
    for text in ("--1", "9" * 5000):
        assert ask(lab, "POST", report, {"filter": f"OwnerType eq '{text}'"}).status == 200


def test_a_code_survives_a_failed_exchange(lab):
    tid = lab.store.meta("organization")["id"]
    q = {
        "client_id": CLIENT_ID,
        "response_type": "code",
        "redirect_uri": "http://localhost:1",
        "scope": "User.Read",
        "prompt": "none",
        "login_hint": "ada.novak@contoso.example",
    }
    place = ask(lab, "GET", f"/{tid}/oauth2/v2.0/authorize?{urlencode(q)}").headers["Location"]
    base = {
        "client_id": CLIENT_ID,
        "grant_type": "authorization_code",
        "redirect_uri": "http://localhost:1",
        "code": parse_qs(urlsplit(place).query)["code"][0],
    }

    def token(scope):
        return lab.handle(
            Request(
                "POST",
                f"/{tid}/oauth2/v2.0/token",
                {"Content-Type": "application/x-www-form-urlencoded"},
                urlencode({**base, "scope": scope}).encode(),
            )
        ).status

    assert [token("https://other.example/X"), token("User.Read"), token("User.Read")] == [400, 200, 400]


@pytest.mark.parametrize("spelling", ["microsoft.graph.assign", "graph.assign", "ASSIGN", "%61ssign"])
def test_a_fault_strikes_an_action_however_it_is_spelled(lab, spelling):
    id = lab.store.all("policy")[0]["id"]
    route = "deviceManagement/deviceCompliancePolicies/*/assign"
    ask(lab, "POST", "/lab/faults", {"kind": "503", "route": route})
    url = f"/beta/deviceManagement/deviceCompliancePolicies/{id}/{spelling}"
    assert ask(lab, "POST", url, {"assignments": []}).status == 503


@pytest.mark.parametrize("url", ["\t/[x", "\n/[::1", "\t/x/groups", "/groups name"])
def test_a_part_of_a_batch_with_blanks_in_its_address_is_refused_alone(lab, url):
    parts = [{"id": "1", "method": "GET", "url": url}, {"id": "2", "method": "GET", "url": "/groups"}]
    answer = ask(lab, "POST", "/v1.0/$batch", {"requests": parts}).json()
    assert {row["id"]: row["status"] for row in answer["responses"]} == {"1": 400, "2": 200}


@pytest.mark.skipif(os.name != "posix", reason="permissions of files are POSIX's")
def test_nobody_else_can_read_the_file_that_signs_tokens(tmp_path):
    create_lab(str(tmp_path / "lab.sqlite"), "empty").close()
    assert (tmp_path / "lab.sqlite").stat().st_mode & 0o077 == 0


def test_many_ids_at_once_are_refused(lab):
    body = {"ids": ["x"] * 1001}
    assert ask(lab, "POST", "/v1.0/directoryObjects/getByIds", body).status == 400
