"""Faults as data: which calls they strike, what the caller sees, and what has happened in the tenant."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lab.surface import POLICIES, TEMPLATES, Wire
from toolkit.errors import NotFound, UsageProblem
from toolkit.lab import faults
from toolkit.lab.app import create_lab, open_lab
from toolkit.lab.exchange import Request, Response

WRITTEN = {"displayName": "Written"}


class Faulty(Wire):
    """A contoso lab, and answers with what becomes of them on their way."""

    def set(self, kind: str, **more: Any) -> dict[str, Any]:
        return faults.add(self.lab.store, {"kind": kind, **more})

    def send(self, method: str, url: str, body: Any = None) -> Response:
        raw = None if body is None else json.dumps(body).encode()
        return self.lab.handle(Request(method, url, {}, raw))

    def statuses(self, count: int, url: str = TEMPLATES) -> list[int]:
        return [self.send("GET", url).status for _ in range(count)]

    def names(self) -> list[str]:
        return [row["displayName"] for row in self.lab.store.all("template")]

    def create(self) -> Response:
        return self.send("POST", TEMPLATES, WRITTEN)


@pytest.fixture
def faulty() -> Faulty:
    return Faulty()


@pytest.fixture
def wire() -> Wire:
    return Wire()


def seen_and_struck(faulty: Faulty) -> list[tuple[int, int]]:
    return [(row["seen"], row["struck"]) for row in faults.listed(faulty.lab.store)]


@pytest.mark.parametrize(
    ("kind", "more", "status", "code", "wait"),
    [
        ("429", {}, 429, "TooManyRequests", None),
        ("429", {"retryAfter": 7}, 429, "TooManyRequests", "7"),
        ("500", {}, 500, "InternalServerError", None),
        ("502", {}, 502, "UnknownError", None),
        ("503", {}, 503, "ServiceUnavailable", None),
        ("503", {"retryAfter": 0}, 503, "ServiceUnavailable", "0"),
        ("504", {}, 504, "UnknownError", None),
        ("expired-token", {}, 401, "InvalidAuthenticationToken", None),
    ],
)
def test_an_error_has_the_shape_of_graph_and_nothing_took_effect(
    faulty: Faulty, kind: str, more: dict[str, Any], status: int, code: str, wait: str | None
) -> None:
    faulty.set(kind, **more)
    answer = faulty.create()
    assert (answer.status, answer.json()["error"]["code"]) == (status, code)
    assert answer.json()["error"]["innerError"]["request-id"] == answer.headers["request-id"]
    assert answer.headers.get("Retry-After") == wait
    assert "Written" not in faulty.names()


def test_the_connection_is_cut_before_anything_happens(faulty: Faulty) -> None:
    faulty.set("cut")
    assert faulty.create().fate == "cut"
    assert "Written" not in faulty.names()


def test_the_answer_is_lost_after_the_write_took_effect(faulty: Faulty) -> None:
    faulty.set("lost")
    answer = faulty.create()
    assert (answer.fate, answer.body) == ("cut", b"")
    assert "Written" in faulty.names()


def test_the_answer_to_a_refused_write_is_lost_too(faulty: Faulty) -> None:
    faulty.set("lost")
    assert faulty.send("POST", TEMPLATES, {}).fate == "cut"


def test_half_of_the_answer_arrives_after_the_write_took_effect(faulty: Faulty) -> None:
    faulty.set("truncated")
    answer = faulty.create()
    # Whoever carries the answer breaks it off; the whole is there to tell its length from.
    assert (answer.fate, answer.json()["displayName"]) == ("truncated", "Written")
    assert "Written" in faulty.names()


def test_of_an_answer_without_a_body_nothing_arrives(faulty: Faulty) -> None:
    id = faulty.create().json()["id"]
    faulty.set("truncated")
    assert faulty.send("DELETE", f"{TEMPLATES}/{id}").fate == "cut"
    assert "Written" not in faulty.names()


def test_a_page_in_between_answers_200_in_the_place_of_the_service(faulty: Faulty) -> None:
    faulty.set("not-json")
    answer = faulty.create()
    assert (answer.status, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert answer.body.startswith(b"<!DOCTYPE html>")
    assert "Written" not in faulty.names()


@pytest.mark.parametrize(("more", "delay"), [({}, 5.0), ({"seconds": 0.25}, 0.25), ({"seconds": 0}, 0.0)])
def test_a_slow_answer_is_whole(faulty: Faulty, more: dict[str, Any], delay: float) -> None:
    faulty.set("slow", **more)
    answer = faulty.create()
    assert (answer.status, answer.delay, answer.fate) == (201, delay, "")


def test_a_list_goes_on_at_another_host_and_a_single_thing_does_not(faulty: Faulty) -> None:
    faulty.set("foreign-link")
    link = faulty.get(TEMPLATES)["@odata.nextLink"]
    assert link.startswith("https://graph.invalid/v1.0/deviceManagement/notificationMessageTemplates?")
    id = faulty.id("template", faulty.names()[0])
    assert "@odata.nextLink" not in faulty.get(f"{TEMPLATES}/{id}")


@pytest.mark.parametrize(
    ("more", "statuses"),
    [
        ({}, [503] * 6),
        ({"times": 2}, [503, 503, 200, 200, 200, 200]),
        ({"nth": 3}, [200, 200, 503, 200, 200, 200]),
        ({"every": 2}, [200, 503, 200, 503, 200, 503]),
        ({"every": 2, "times": 1}, [200, 503, 200, 200, 200, 200]),
        ({"chance": 0}, [200] * 6),
        ({"method": "POST"}, [200] * 6),
        ({"method": "get"}, [503] * 6),
    ],
)
def test_a_fault_strikes_as_often_as_it_says(
    faulty: Faulty, more: dict[str, Any], statuses: list[int]
) -> None:
    faulty.set("503", **more)
    assert faulty.statuses(6) == statuses


@pytest.mark.parametrize(
    ("route", "url", "hit"),
    [
        ("*", "/v1.0/users", True),
        ("users", "/v1.0/users", True),
        ("/users/", "/beta/USERS", True),
        ("users", "/v1.0/users/1", False),
        ("users/*", "/v1.0/users", True),
        ("users/{}", "/v1.0/users('1')", True),
        ("beta/users", "/v1.0/users", False),
        ("beta/users", "/beta/users", True),
        ("deviceManagement/*", f"{POLICIES}/1/assignments", True),
        ("deviceManagement/deviceCompliancePolicies/*/assignments", f"{POLICIES}/1/assignments", True),
        ("deviceManagement/deviceCompliancePolicies/{}/assignments", f"{POLICIES}/1", False),
        ("deviceManagement/deviceCompliancePolicies/1", f"{POLICIES}/1", True),
        ("deviceManagement/deviceCompliancePolicies/1", f"{POLICIES}/2", False),
    ],
)
def test_a_route_names_the_addresses_that_are_struck(faulty: Faulty, route: str, url: str, hit: bool) -> None:
    faulty.set("503", route=route)
    assert (faulty.send("GET", url).status == 503) is hit


def test_chance_goes_by_the_seed_and_the_count_alone() -> None:
    runs = []
    for seed in (1, 1, 2):
        faulty = Faulty(create_lab(":memory:", seed=seed))
        faulty.set("503", chance=0.5)
        runs.append(faulty.statuses(60))
    assert runs[0] == runs[1] != runs[2]
    assert 15 < runs[0].count(503) < 45


def test_two_faults_with_the_same_chance_do_not_strike_alike(faulty: Faulty) -> None:
    faulty.set("503", chance=0.5)
    first = faulty.statuses(60)
    faults.clear(faulty.lab.store)
    faulty.set("503", chance=0.5)
    assert faulty.statuses(60) != first


def test_the_first_fault_that_strikes_decides_alone(faulty: Faulty) -> None:
    faulty.set("503", nth=1)
    faulty.set("500", times=1)
    assert faulty.statuses(3) == [503, 500, 200]
    assert seen_and_struck(faulty) == [(3, 1), (2, 1)]


def test_counters_go_on_in_the_next_process(tmp_path: Path) -> None:
    path = str(tmp_path / "lab.sqlite")
    create_lab(path).close()
    statuses = []
    for run in range(4):
        faulty = Faulty(open_lab(path))
        if run == 0:
            faulty.set("503", nth=3)
        statuses += faulty.statuses(1)
        faulty.lab.close()
    assert statuses == [200, 200, 503, 200]


def test_each_part_of_a_batch_is_struck_by_itself(faulty: Faulty) -> None:
    faulty.set("429", nth=2, retryAfter=3)
    parts = [{"id": str(n), "method": "GET", "url": "/users"} for n in range(3)]
    answers = faulty.send("POST", "/v1.0/$batch", {"requests": parts}).json()["responses"]
    assert {row["id"]: (row["status"], row["headers"].get("Retry-After")) for row in answers} == {
        "0": (200, None),
        "1": (429, "3"),
        "2": (200, None),
    }


def test_a_batch_ends_with_the_connection_of_one_of_its_parts(faulty: Faulty) -> None:
    faulty.set("cut", nth=2)
    parts = [{"id": str(n), "method": "GET", "url": "/users"} for n in range(3)]
    assert faulty.send("POST", "/v1.0/$batch", {"requests": parts}).fate == "cut"


def test_the_lab_itself_is_steered_whatever_is_set(faulty: Faulty) -> None:
    faulty.set("cut")
    assert faulty.get("/lab/story")["story"] == "contoso"


def test_requests_that_were_struck_are_in_the_log(faulty: Faulty) -> None:
    faulty.set("503", nth=1)
    faulty.set("cut", nth=1)
    faulty.statuses(3)
    assert [row["status"] for row in faulty.get("/lab/requests")["value"]] == [503, 0, 200]


def test_a_reset_takes_every_fault_away(faulty: Faulty) -> None:
    faulty.set("503")
    faulty.lab.reset()
    assert faulty.statuses(1) == [200]


class TestStale:
    def rename(self, faulty: Faulty, id: str, name: str) -> None:
        assert faulty.send("PATCH", f"{TEMPLATES}/{id}", {"displayName": name}).status == 200

    def test_reads_after_a_write_answer_as_before_it(self, faulty: Faulty) -> None:
        id = faulty.create().json()["id"]
        faulty.set("stale", times=2)
        url = f"{TEMPLATES}/{id}"
        self.rename(faulty, id, "Renamed")
        assert [faulty.get(url)["displayName"] for _ in range(4)] == ["Written", "Written"] + ["Renamed"] * 2
        self.rename(faulty, id, "Again")
        assert [faulty.get(url)["displayName"] for _ in range(3)] == ["Renamed", "Renamed", "Again"]

    def test_what_was_just_created_is_not_there_yet(self, faulty: Faulty) -> None:
        before = len(faulty.get(TEMPLATES)["value"])
        faulty.set("stale", times=3)
        id = faulty.create().json()["id"]
        assert faulty.refused("GET", f"{TEMPLATES}/{id}")[0] == 404
        assert faulty.refused("GET", f"{TEMPLATES}/{id}/localizedNotificationMessages")[0] == 404
        assert len(faulty.get(TEMPLATES)["value"]) == before
        assert faulty.get(f"{TEMPLATES}/{id}")["displayName"] == "Written"
        assert len(faulty.get(TEMPLATES)["value"]) == before + 1

    def test_what_was_deleted_is_there_for_a_while(self, faulty: Faulty) -> None:
        id = faulty.create().json()["id"]
        url = f"{TEMPLATES}/{id}"
        faulty.set("stale", times=1)
        faulty.send("DELETE", url)
        assert [faulty.send("GET", url).status for _ in range(3)] == [200, 404, 404]
        # And it does not rise again with the next write.
        faulty.create()
        assert faulty.send("GET", url).status == 404

    def test_of_several_writes_without_a_read_none_is_seen(self, faulty: Faulty) -> None:
        faulty.set("stale", times=1)
        id = faulty.create().json()["id"]
        self.rename(faulty, id, "Renamed")
        assert [faulty.send("GET", f"{TEMPLATES}/{id}").status for _ in range(2)] == [404, 200]
        self.rename(faulty, id, "Again")
        assert [faulty.get(f"{TEMPLATES}/{id}")["displayName"] for _ in range(2)] == ["Renamed", "Again"]

    def test_settings_of_the_tenant_are_stale_too(self, faulty: Faulty) -> None:
        url = "/v1.0/deviceManagement"
        faulty.set("stale", times=1)
        settings = {**faulty.get(url)["settings"], "secureByDefault": True}
        assert faulty.send("PATCH", url, {"settings": settings}).status < 300
        assert [faulty.get(url)["settings"]["secureByDefault"] for _ in range(2)] == [False, True]

    def test_nothing_of_the_past_remains_in_the_tenant(self, faulty: Faulty) -> None:
        faulty.set("stale", times=5)
        id = faulty.create().json()["id"]
        faulty.send("GET", f"{TEMPLATES}/{id}")
        assert "Written" in faulty.names()

    def test_what_changes_nothing_leaves_no_stale_reads_behind(self, faulty: Faulty) -> None:
        faulty.set("stale")
        faulty.refused("POST", TEMPLATES, {})
        faulty.send("POST", "/v1.0/directoryObjects/getByIds", {"ids": ["1"]})
        faulty.get(TEMPLATES)
        assert seen_and_struck(faulty) == [(0, 0)]

    def test_a_write_whose_answer_is_lost_leaves_stale_reads_behind(self, faulty: Faulty) -> None:
        faulty.set("lost", method="POST")
        faulty.set("stale", times=1)
        before = len(faulty.get(TEMPLATES)["value"])
        faulty.create()
        assert [len(faulty.get(TEMPLATES)["value"]) - before for _ in range(2)] == [0, 1]

    def test_only_reads_of_its_route_are_stale(self, faulty: Faulty) -> None:
        faulty.set("stale", route="users/*")
        before = len(faulty.get(TEMPLATES)["value"])
        faulty.create()
        assert len(faulty.get(TEMPLATES)["value"]) == before + 1

    def test_clearing_it_forgets_the_past(self, faulty: Faulty) -> None:
        made = faulty.set("stale")
        faulty.create()
        assert faulty.lab.store.count("past") == 1
        faults.clear(faulty.lab.store, made["id"])
        assert faulty.lab.store.count("past") == 0


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ({}, '"" is no kind of fault.'),
        ({"kind": "lsot"}, '"lsot" is no kind of fault.'),
        ({"kind": "503", "Times": 1}, 'A fault has no "Times".'),
        ({"kind": "503", "method": "FETCH"}, '"FETCH" is no method.'),
        ({"kind": "503", "chance": 1.5}, "chance is a number from 0 to 1, not 1.5."),
        ({"kind": "503", "chance": float("nan")}, "chance is a number from 0 to 1, not nan."),
        ({"kind": "503", "nth": 0}, "nth is a number from 1 to 1e+09, not 0."),
        ({"kind": "503", "every": 1.5}, "every is a whole number, not 1.5."),
        ({"kind": "503", "times": True}, "times is a number from 1 to 1e+09, not True."),
        ({"kind": "503", "times": "2"}, "times is a number from 1 to 1e+09, not 2."),
        ({"kind": "503", "seconds": 1}, "seconds goes with slow, not with 503."),
        ({"kind": "slow", "seconds": 601}, "seconds is a number from 0 to 600, not 601."),
        ({"kind": "500", "retryAfter": 1}, "retryAfter goes with 429 and 503, not with 500."),
        ({"kind": "stale", "method": "POST"}, "stale is about reads: its method is GET."),
        ({"kind": "stale", "nth": 1}, "stale goes by what was written: nth and every mean nothing for it."),
        ({"kind": "503", "route": ""}, '"" is no pattern of addresses.'),
        ({"kind": "503", "route": 5}, '"5" is no pattern of addresses.'),
        ({"kind": "503", "route": "users?$top=1"}, '"users?$top=1" is no pattern of addresses.'),
        (
            {"kind": "503", "route": "deviceManagement/dev*"},
            '"deviceManagement/dev*" is no pattern of addresses.',
        ),
        ({"kind": "503", "route": "beta"}, '"beta" is no pattern of addresses.'),
        ({"kind": "503", "route": "user"}, 'The lab answers nothing at "user".'),
    ],
)
def test_a_fault_that_cannot_be_is_refused_in_one_sentence(
    faulty: Faulty, wanted: dict[str, Any], message: str
) -> None:
    with pytest.raises(UsageProblem) as caught:
        faults.add(faulty.lab.store, wanted)
    assert caught.value.message == message
    assert faults.listed(faulty.lab.store) == []


def test_the_nearest_kind_and_the_nearest_route_are_named(faulty: Faulty) -> None:
    with pytest.raises(UsageProblem) as kind:
        faulty.set("trunacted")
    with pytest.raises(UsageProblem) as route:
        faulty.set("503", route="deviceManagment/managedDevices")
    assert (kind.value.hint or "").startswith("Did you mean truncated? ")
    assert route.value.hint == "Did you mean deviceManagement/managedDevices?"


def test_more_faults_than_anybody_needs_are_refused(faulty: Faulty) -> None:
    for _ in range(faults.MOST_FAULTS):
        faulty.set("503", chance=0)
    with pytest.raises(UsageProblem, match="There are 100 faults already"):
        faulty.set("503")


def test_the_surface_of_graph_is_struck_in_process_and_over_http(wire: Wire) -> None:
    faults.add(wire.lab.store, {"kind": "503", "nth": 1, "retryAfter": 2})
    faults.add(wire.lab.store, {"kind": "not-json", "nth": 1})
    assert wire.refused("GET", TEMPLATES)[:2] == (503, "ServiceUnavailable")
    assert wire.ask("GET", TEMPLATES)[1].startswith("<!DOCTYPE html>")
    assert wire.get(TEMPLATES)["value"]


def test_faults_are_set_listed_and_taken_away_over_http(wire: Wire) -> None:
    status, made = wire.ask("POST", "/lab/faults", {"kind": "503", "nth": 1, "retryAfter": 2})
    assert (status, made["id"], made["retryAfter"]) == (201, "1", 2)
    wire.ask("POST", "/lab/faults", {"kind": "cut"})
    assert [row["kind"] for row in wire.get("/lab/faults")["value"]] == ["503", "cut"]
    assert wire.ask("DELETE", "/lab/faults/2")[0] == 200
    assert wire.ask("DELETE", "/lab/faults/2")[0] == 404
    assert wire.ask("POST", "/lab/faults", {"kind": "none"})[0] == 400
    assert wire.ask("PATCH", "/lab/faults/1", {})[0] == 404
    assert wire.ask("DELETE", "/lab/faults")[1]["value"][0]["id"] == "1"
    assert wire.get("/lab/faults") == {"value": []}


def test_what_is_listed_can_be_set_again_without_its_counters(faulty: Faulty) -> None:
    made = faulty.set("slow", route="users/*", chance=0.5, every=3, times=2, seconds=1.5)
    wanted = {key: value for key, value in made.items() if key not in ("id", "seen", "struck")}
    again = faults.add(faulty.lab.store, wanted)
    assert {**again, "id": made["id"]} == made


def test_a_fault_that_is_not_there_cannot_be_taken_away(faulty: Faulty) -> None:
    with pytest.raises(NotFound, match='There is no fault "1"'):
        faults.clear(faulty.lab.store, "1")
