"""What holds for every address: versions, errors, pages, batches, the log of requests, and the lab's own addresses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.surface import POLICIES, TEMPLATES, Wire, action, new_policy
from toolkit.errors import NotFound, StorageProblem, UsageProblem
from toolkit.lab.adapter import LabAdapter
from toolkit.lab.app import Request, create_lab, open_lab
from toolkit.lab.routes import ROUTES, coverage_markdown

DEVICES = "/v1.0/deviceManagement/managedDevices"


@pytest.fixture
def wire():
    return Wire()


@pytest.fixture(scope="module")
def shared():
    """For tests that only read."""
    return Wire()


@pytest.fixture(scope="module")
def battered():
    """For requests of any kind."""
    return Wire()


def test_the_page_of_what_is_imitated_is_the_table_of_routes():
    page = Path(__file__).resolve().parents[2] / "docs" / "lab-coverage.md"
    assert page.read_text(encoding="utf-8") == coverage_markdown()


def test_another_address_answers_501_and_names_it(shared):
    for method, url in (("GET", "/v1.0/sites/root"), ("PUT", POLICIES), ("GET", f"{DEVICES}/x/y/z")):
        status, code, message = shared.refused(method, url)
        assert (status, code, f"{method} {url}" in message) == (501, "NotImplementedByLab", True)


def test_keys_may_be_written_in_brackets_and_in_any_case(shared):
    id = shared.id("policy", "Windows baseline")
    assert shared.get(f"/beta/devicemanagement/deviceCompliancePolicies('{id.upper()}')")["id"] == id


def test_an_error_of_intune_hides_its_sentence_in_nested_json_with_an_inner_address(shared):
    response = shared.lab.handle(Request("GET", f"{DEVICES}/missing", {"client-request-id": "mine"}))
    error = response.json()["error"]
    nested = json.loads(error["message"])
    assert (response.status, error["code"], nested["_version"]) == (404, "ResourceNotFound", 3)
    assert nested["Message"].startswith("There is no managed device with the id 'missing'. - Operation ID")
    assert "https://fef." in nested["Message"]
    assert error["innerError"]["client-request-id"] == response.headers["client-request-id"] == "mine"
    assert error["innerError"]["request-id"] == response.headers["request-id"]


def test_the_same_requests_get_the_same_ids():
    answers = []
    for _ in range(2):
        wire = Wire()
        ids = [wire.lab.handle(Request("GET", DEVICES)).headers["request-id"] for _ in range(2)]
        answers.append((ids, wire.ask("POST", POLICIES, new_policy())[1]["id"]))
    assert answers[0] == answers[1]
    assert len(set(answers[0][0])) == 2


def test_lists_come_in_pages_with_an_opaque_link_until_the_end(shared):
    url = f"{DEVICES}?$top=25&$select=deviceName&$count=true&$filter=managementState eq 'managed'"
    pages = [shared.get(url)]
    while "@odata.nextLink" in pages[-1]:
        link = pages[-1]["@odata.nextLink"]
        assert link.startswith("https://graph.lab.invalid/v1.0/deviceManagement/managedDevices?")
        assert "$skiptoken=" in link
        pages.append(shared.get(link))
    assert [len(page["value"]) for page in pages] == [25, 25, 10]
    assert [page.get("@odata.count") for page in pages] == [60, None, None]
    seen = [row["deviceName"] for page in pages for row in page["value"]]
    assert len(set(seen)) == 60
    assert all(set(row) == {"deviceName"} for page in pages for row in page["value"])


def test_a_page_that_ends_with_the_list_has_no_link(shared):
    assert "@odata.nextLink" not in shared.get(f"{DEVICES}?$top=60")
    assert "@odata.nextLink" in shared.get(f"{DEVICES}?$top=59")


def test_lists_are_ordered_and_skipped(shared):
    names = [row["deviceName"] for row in shared.get(f"{DEVICES}?$orderby=deviceName desc&$top=3")["value"]]
    assert names == sorted(names, key=str.casefold, reverse=True)
    rest = shared.get(f"{DEVICES}?$orderby=deviceName desc&$skip=2&$top=1")["value"]
    assert rest[0]["deviceName"] == names[2]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("$search=x", "'$search' is not supported"),
        ("$apply=x", "'$apply' is not supported"),
        ("$top=-1", "Invalid $top clause"),
        ("$top=all", "Invalid $top clause"),
        ("$count=maybe", "Invalid $count clause"),
        ("$skiptoken=abc", "Invalid $skiptoken clause"),
        ("$select=id,nonsense", "Could not find a property named 'nonsense'"),
        ("$orderby=nonsense", "Could not find a property named 'nonsense'"),
        ("$filter=nonsense eq 1", "Could not find a property named 'nonsense'"),
        ("$expand=nonsense", "Expanding 'nonsense' is not supported"),
        ("$expand=assignments($expand=x", "Invalid $expand clause"),
        ("$expand=scheduledActionsForRule($expand=x)", "Expanding 'x' is not supported"),
    ],
)
def test_a_query_option_that_is_not_understood_is_named(shared, query, said):
    status, _, message = shared.refused("GET", f"{POLICIES}?{query}")
    assert (status, said in message) == (400, True)


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"\xff\xfe", b"null", b'{"displayName": "\\ud800"}', b'{"x": NaN}', b"[" * 100_000],
)
def test_a_body_that_is_no_object_is_refused(shared, body):
    assert shared.refused("POST", POLICIES, body)[:2] == (400, "BadRequest")


def test_a_refused_request_changes_nothing(wire):
    before = wire.lab.store.meta("idCounter")
    wire.refused("POST", POLICIES, new_policy(action("block", 0), action("block", 1)))
    assert (wire.lab.store.meta("idCounter"), wire.lab.store.count("policy")) == (before, 12)


def test_a_batch_answers_each_part_for_itself_in_no_order(wire):
    parts = [
        {"id": "1", "method": "GET", "url": "/deviceManagement/managedDevices?$top=1"},
        {"id": "2", "method": "GET", "url": "deviceManagement/managedDevices/missing"},
        {"id": "3", "method": "GET", "url": "/deviceManagement/compliancePolicies"},
        {"id": "4", "method": "POST", "url": TEMPLATES.removeprefix("/v1.0"), "body": {"displayName": "B"}},
        {
            "id": "5", "method": "POST", "url": TEMPLATES.removeprefix("/v1.0"), "body": {"displayName": "C"},
            "headers": {"Content-Type": "application/json"}, "dependsOn": ["1"],
        },
        {"id": "6", "method": "GET", "url": "/me", "dependsOn": ["2"]},
    ]  # fmt: skip
    status, answer = wire.ask("POST", "/v1.0/$batch", {"requests": parts})
    assert status == 200
    assert [row["id"] for row in answer["responses"]] != [row["id"] for row in parts]
    assert {row["id"]: row["status"] for row in answer["responses"]} == {
        "1": 200, "2": 404, "3": 400, "4": 400, "5": 201, "6": 424,
    }  # fmt: skip
    made = next(row["body"] for row in answer["responses"] if row["id"] == "5")
    assert wire.get(f"{TEMPLATES}/{made['id']}")["displayName"] == "C"


@pytest.mark.parametrize(
    "parts",
    [
        [],
        [{"id": str(n), "method": "GET", "url": "/me"} for n in range(21)],
        [{"id": "a", "method": "GET", "url": "/me"}, {"id": "A", "method": "GET", "url": "/me"}],
        [{"id": "a", "method": "GET"}],
        [{"id": "a", "method": "GET", "url": "/me", "dependsOn": ["b"]}],
        [{"id": "a", "method": "GET", "url": "/me", "dependsOn": ["a"]}],
        ["x"],
    ],
)
def test_a_malformed_batch_is_refused_as_a_whole(shared, parts):
    assert shared.refused("POST", "/v1.0/$batch", {"requests": parts})[:2] == (400, "BadRequest")


def test_the_newest_thousand_requests_are_kept(tmp_path):
    path = str(tmp_path / "lab")
    wire = Wire(create_lab(path, "empty"))
    for _ in range(1005):
        wire.get("/v1.0/me")
    wire.refused("DELETE", f"{TEMPLATES}/x")
    wire.lab.close()
    rows = Wire(open_lab(path)).get("/lab/requests")["value"]
    assert (len(rows), rows[0]["number"]) == (1000, 7)
    assert rows[-1] == {"number": 1006, "method": "DELETE", "url": f"{TEMPLATES}/x", "status": 404}


def test_the_clock_goes_forward_only(wire):
    assert wire.get("/lab/clock") == {"now": "2026-11-02T08:00:00Z"}
    before = len(wire.get("/lab/events")["value"])
    status, answer = wire.ask("POST", "/lab/clock", {"advance": "P1DT6H"})
    assert (status, answer["now"][:16], answer["events"] > 0) == (200, "2026-11-03T14:00", True)
    assert len(wire.get("/lab/events")["value"]) == before + answer["events"]
    for body in (
        {"until": "2026-11-02T08:00:00Z"},
        {"advance": "soon"},
        {},
        {"advance": "P9999W"},
        {"until": "x"},
    ):
        assert wire.refused("POST", "/lab/clock", body)[:2] == (400, "UsageProblem")


def test_rules_are_read_and_set_by_name(wire):
    assert (
        wire.ask("POST", "/lab/rules", {"name": "action-clock", "value": "after-mark"})[1]["value"]
        == "after-mark"
    )
    rows = {row["name"]: (row["value"], row["default"]) for row in wire.get("/lab/rules")["value"]}
    assert rows["action-clock"] == ("after-mark", "first-noncompliance")
    assert wire.refused("POST", "/lab/rules", {"name": "action-clock", "value": "never"})[0] == 400
    assert wire.refused("POST", "/lab/rules", {"name": "actoin-clock", "value": "x"})[0] == 400


def test_devices_are_steered_by_name(wire):
    def device(verb, name="WIN-0001", **body):
        return wire.ask("POST", f"/lab/devices/{name}/{verb}", body)[1]

    assert device("break", setting="bitLockerEnabled")["setting"] == "bitLockerEnabled"
    assert device("checkin")["complianceState"] == "inGracePeriod"
    device("fix")
    assert device("checkin")["complianceState"] == "compliant"
    assert device("offline")["complianceState"] == "compliant"
    assert wire.refused("POST", "/lab/devices/WIN-0001/checkin")[0] == 400
    assert device("online")["deviceName"] == "WIN-0001"
    assert wire.refused("POST", "/lab/devices/NOBODY/fix")[0] == 404
    assert wire.refused("POST", "/lab/devices/WIN-0001/explode")[0] == 404


def test_reset_brings_the_story_back_with_the_same_ids(wire):
    before = wire.get("/lab/story")
    states = wire.get(f"{DEVICES}?$select=id,complianceState")["value"]
    wire.ask("DELETE", f"{POLICIES}/{wire.id('policy', 'Windows baseline')}")
    wire.ask("POST", "/lab/clock", {"advance": "P10D"})
    assert wire.ask("POST", "/lab/reset") == (200, before)
    assert wire.get(f"{DEVICES}?$select=id,complianceState")["value"] == states


def test_a_lab_is_made_once_and_found_again(tmp_path):
    path = str(tmp_path / "lab")
    create_lab(path, "empty").close()
    with pytest.raises(StorageProblem, match="exists already"):
        create_lab(path, "empty")
    assert Wire(open_lab(path)).get("/lab/story")["story"] == "empty"
    with pytest.raises(NotFound, match="no lab at"):
        open_lab(str(tmp_path / "other"))
    with pytest.raises(UsageProblem, match='no story "nonsense"'):
        create_lab(str(tmp_path / "third"), "nonsense")
    assert not (tmp_path / "third").exists()


def test_a_session_talks_to_the_lab_as_to_the_service():
    lab = create_lab(":memory:")
    with requests.Session() as session:
        session.mount(lab.base_url, LabAdapter(lab))
        made = session.post(lab.base_url + POLICIES, json=new_policy(), timeout=5)
        assert (made.status_code, made.json()["displayName"]) == (201, "New")
        assert made.headers["Location"] == f"{lab.base_url}{POLICIES}/{made.json()['id']}"
        gone = session.delete(made.headers["Location"], timeout=5)
        assert (gone.status_code, gone.content) == (204, b"")
        first = session.get(lab.base_url + POLICIES, params={"$top": "5"}, timeout=5).json()
        assert len(session.get(first["@odata.nextLink"], timeout=5).json()["value"]) == 5


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
KNOWN = st.sampled_from(
    [
        "@odata.type",
        "displayName",
        "id",
        "settings",
        "assignments",
        "scheduledActionsForRule",
        "target",
        "state",
        "messageTemplate",
        "locale",
    ]
)


@settings(max_examples=150)
@given(
    st.sampled_from(ROUTES),
    st.sampled_from(["v1.0", "beta"]),
    st.text(min_size=1, max_size=8),
    ANY_JSON | st.dictionaries(KNOWN, ANY_JSON, max_size=4),
    st.text(max_size=20),
)
def test_no_request_can_do_worse_than_an_error(battered, route, version, key, body, query):
    url = f"/{version}/{route.pattern.replace('{}', requests.utils.quote(key, safe=''))}"
    raw = json.dumps(body).encode()
    response = battered.lab.handle(
        Request(route.method, f"{url}?$filter={requests.utils.quote(query)}", {}, raw)
    )
    assert 200 <= response.status < 502
