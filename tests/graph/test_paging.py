"""Whole lists."""

from __future__ import annotations

import pytest

from toolkit.errors import GraphProblem, UsageProblem
from toolkit.graph import paging
from toolkit.graph.paging import every, pages

ROOT = "https://graph.example"


def page(*items, then=None):
    return {"value": list(items)} | ({"@odata.nextLink": f"{ROOT}{then}"} if then is not None else {})


def test_every_page_is_read_with_the_links_as_they_are_and_the_headers_again(service):
    service.expect("GET /beta/users?$top=2", body=page(1, 2, then="/beta/users?$skiptoken=a%2Bb'c"))
    service.expect("GET /beta/users?$skiptoken=a%2Bb'c", body=page(then="/beta/users?$skiptoken=2"))
    service.expect("GET /beta/users?$skiptoken=2", body=page(3))
    found = list(pages(service.session(), "/users?$top=2", "beta", {"ConsistencyLevel": "eventual"}))
    assert found == [[1, 2], [], [3]]
    assert [r.headers["ConsistencyLevel"] for r in service.requests] == ["eventual"] * 3


def test_the_next_page_is_asked_for_only_when_it_is_wanted(service):
    service.expect("GET /v1.0/users", body=page(1, then="/v1.0/users?p=2"))
    assert next(pages(service.session(), "/users")) == [1]


@pytest.mark.parametrize(
    ("top", "expected", "asked"),
    [
        (None, [1, 2, 3, 4], 2),
        (0, [], 0),
        (1, [1], 1),
        (2, [1, 2], 1),
        (3, [1, 2, 3], 2),
        (9, [1, 2, 3, 4], 2),
    ],
)
def test_no_more_pages_are_read_than_wanted(service, top, expected, asked):
    answers = [page(1, 2, then="/v1.0/users?p=2"), page(3, 4)]
    for url, body in list(zip(["/v1.0/users", "/v1.0/users?p=2"], answers, strict=True))[:asked]:
        service.expect(f"GET {url}", body=body)
    assert every(service.session(), "/users", top=top) == expected


def test_a_link_to_another_host_is_refused(service):
    service.expect(
        "GET /v1.0/users", body={"value": [1], "@odata.nextLink": "https://other.example/v1.0/users?p=2"}
    )
    with pytest.raises(GraphProblem, match=r"is not below https://graph\.example: nothing was sent there"):
        every(service.session(), "/users")


@pytest.mark.parametrize(
    ("link", "words"),
    [
        (f"{ROOT}/v1.0/users", "leads back to a page that was read before"),
        (f"{ROOT}/beta/users?p=2", r"goes on in another version \(https://graph.example/beta/users\?p=2\)"),
        (5, "names a next page that is not an address"),
        ("", "names a next page that is not an address"),
    ],
)
def test_a_link_that_leads_nowhere_good_is_an_error(service, link, words):
    service.expect("GET /v1.0/users", body={"value": [1], "@odata.nextLink": link})
    with pytest.raises(GraphProblem, match=rf"^The list at /users {words}\.$"):
        every(service.session(), "/users")


def test_a_link_that_climbs_is_refused(service):
    service.expect("GET /v1.0/users", body=page(then="/v1.0/../beta/users"))
    with pytest.raises(UsageProblem):
        every(service.session(), "/users")


def test_a_loop_over_several_pages_is_noticed(service):
    service.expect("GET /v1.0/users", body=page(then="/v1.0/users?p=2"))
    service.expect("GET /v1.0/users?p=2", body=page(then="/v1.0/users?p=3"))
    service.expect("GET /v1.0/users?p=3", body=page(then="/v1.0/users?p=2"))
    with pytest.raises(GraphProblem, match="leads back to a page that was read before"):
        every(service.session(), "/users")


@pytest.mark.parametrize("body", [{}, {"value": None}, {"value": {"id": 1}}, {"id": "1"}, [], 5, None])
def test_what_is_not_a_collection_is_an_error(service, body):
    service.expect("GET /v1.0/me?$select=id", body=body)
    with pytest.raises(GraphProblem, match=r"^The list at /me holds no list of values\.$"):
        every(service.session(), "/me?$select=id")


def test_an_endless_list_ends_with_an_error(service, monkeypatch):
    monkeypatch.setattr(paging, "MOST_PAGES", 3)
    for number in range(3):
        service.expect(f"GET /v1.0/users?p={number}", body=page(number, then=f"/v1.0/users?p={number + 1}"))
    with pytest.raises(GraphProblem, match=r"^The list at /users has more than 3 pages\.$"):
        every(service.session(), "/users?p=0")


def test_ten_thousand_pages_are_the_limit():
    assert paging.MOST_PAGES == 10_000
