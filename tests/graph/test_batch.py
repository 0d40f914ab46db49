"""Many reads in few requests."""

from __future__ import annotations

import json

import pytest

from toolkit.errors import (
    GraphProblem,
    NotFound,
    PermissionNeeded,
    SignInNeeded,
    Throttled,
    Unconfirmed,
    Unreachable,
)
from toolkit.graph.batch import gather
from toolkit.graph.limiter import Limiter
from toolkit.graph.retry import Limits

BATCH = "POST /v1.0/$batch"


def part(id, status=200, body=None, headers=None):
    found = {"id": id, "status": status}
    if body is not None:
        found["body"] = body
    return found | ({"headers": headers} if headers is not None else {})


def answers(*parts):
    return {"responses": list(parts)}


def asked(service):
    return [json.loads(request.body)["requests"] for request in service.requests]


def test_answers_come_in_the_order_asked_whatever_order_they_arrive_in(service):
    service.expect(BATCH, body=answers(part("3", body="c"), part("1", body={"a": 1}), part("2", 204)))
    assert gather(service.session(), ["/a?$select=x", "b", "/v1.0/c"]) == [{"a": 1}, None, "c"]
    assert asked(service) == [
        [
            {"id": "1", "method": "GET", "url": "/a?$select=x"},
            {"id": "2", "method": "GET", "url": "/b"},
            {"id": "3", "method": "GET", "url": "/c"},
        ]
    ]


def test_a_batch_passes_where_only_reads_may(service):
    service.expect("POST /beta/$batch", body=answers(part("1"), part("2")))
    session = service.session()
    session.writes_allowed = False
    assert gather(session, ["/a", "/b"], "beta") == [None, None]


def test_headers_go_with_each_part(service):
    service.expect(BATCH, body=answers(part("1"), part("2")))
    gather(service.session(), ["/a", "/b"], headers={"ConsistencyLevel": "eventual"})
    assert [one["headers"] for one in asked(service)[0]] == [{"ConsistencyLevel": "eventual"}] * 2


def test_more_than_twenty_go_in_several_batches(service):
    sizes = (20, 20, 3)
    for size in sizes:
        service.expect(BATCH, body=answers(*(part(str(n + 1), body=n) for n in range(size))))
    assert gather(service.session(), [f"/{n}" for n in range(43)]) == [*range(20), *range(20), *range(3)]
    assert [len(one) for one in asked(service)] == list(sizes)


def test_nothing_asked_nothing_sent(service):
    assert gather(service.session(), []) == []


def test_a_single_path_is_a_plain_get(service):
    service.expect("GET /beta/a", body={"id": 1})
    assert gather(service.session(), ["/a"], "beta") == [{"id": 1}]


def test_a_single_path_that_is_not_there_is_a_value_too(service):
    service.expect("GET /v1.0/a", 404)
    [found] = gather(service.session(), ["/a"])
    assert isinstance(found, NotFound)


@pytest.mark.parametrize("paths", [["/a"], ["/a", "/b"]])
def test_what_concerns_all_parts_is_raised(service, paths):
    line = "GET /v1.0/a" if len(paths) == 1 else BATCH
    service.expect(line, 401)
    with pytest.raises(SignInNeeded):
        gather(service.session(), paths)
    service.expect_loss(line, sent=True)
    with pytest.raises(Unreachable):
        gather(service.session(limits=Limits(max_retries=0)), paths)


def test_each_part_has_a_problem_of_its_own(service):
    refusal = {"error": {"code": "Forbidden", "message": "No."}}
    service.expect(
        BATCH,
        body=answers(
            part("1", 404),
            part("2", 403, refusal, {"Request-Id": "r-2"}),
            part("3", body=3),
            part("4", 424, {"error": {"code": "FailedDependency", "message": "The one before failed."}}),
        ),
    )
    one, two, three, four = gather(service.session(), ["/groups/1", "/users", "/c", "/d"])
    assert isinstance(one, NotFound)
    assert isinstance(two, PermissionNeeded)
    assert (two.message, two.detail["requestId"]) == ("GET /users is not allowed: No.", "r-2")
    assert two.detail["permissions"] == ["User.ReadBasic.All"]
    assert three == 3
    assert isinstance(four, GraphProblem)
    assert four.message == "GET /d was refused (424 FailedDependency): The one before failed."


@pytest.mark.parametrize(
    "responses",
    [
        [part("1", body=1)],
        [part("1", body=1), part("7", body=2)],
        [part("1", body=1), {"id": "2"}],
        [part("1", body=1), {"id": "2", "status": "200"}],
        [part("1", body=1), "2", None],
    ],
)
def test_a_part_that_is_not_answered_is_a_problem_of_that_part(service, responses):
    service.expect(BATCH, body={"responses": responses})
    first, second = gather(service.session(), ["/a", "/b"])
    assert first == 1
    assert isinstance(second, GraphProblem)
    assert second.message == "The answer to the batch holds nothing readable for GET /b."


@pytest.mark.parametrize("body", [None, {}, {"responses": None}, []])
def test_an_answer_without_parts_is_an_error(service, body):
    service.expect(BATCH, body=body)
    with pytest.raises(GraphProblem, match=r"^The answer to a batch of requests holds no list of answers\.$"):
        gather(service.session(), ["/a", "/b"])


def test_only_the_throttled_parts_are_asked_for_again_after_the_longest_wait(service):
    service.expect(
        BATCH,
        body=answers(
            part("1", 429, headers={"Retry-After": "9"}),
            part("2", body="b"),
            part("3", 503, headers={"retry-after": "5"}),
        ),
    )
    service.expect(BATCH, body=answers(part("3", body="c"), part("1", body="a")))
    assert gather(service.session(), ["/a", "/b", "/c"]) == ["a", "b", "c"]
    assert service.slept == [9.0]
    assert asked(service)[1] == [
        {"id": "1", "method": "GET", "url": "/a"},
        {"id": "3", "method": "GET", "url": "/c"},
    ]


def test_a_part_that_stays_throttled_is_given_up(service):
    for _ in range(3):
        service.expect(BATCH, body=answers(part("1", 429), part("2", body=2)))
    first, second = gather(service.session(limits=Limits(max_retries=2)), ["/a", "/b"])
    assert isinstance(first, Throttled)
    assert second == 2
    assert service.slept == [10.0, 20.0]


def test_a_path_of_the_other_version_does_not_go_into_a_batch(service):
    with pytest.raises(ValueError, match=r"does not belong into a batch of v1\.0"):
        gather(service.session(), ["/a", "/beta/b"])


def test_a_path_to_another_host_does_not_go_into_a_batch(service):
    with pytest.raises(GraphProblem, match="nothing was sent there"):
        gather(service.session(), ["/a", "https://other.example/v1.0/b"])


def test_a_lost_batch_of_reads_is_not_unconfirmed(service):
    service.expect_loss(BATCH, sent=True)
    service.expect(BATCH, body=answers(part("1", body=1), part("2", body=2)))
    try:
        found = gather(service.session(), ["/a", "/b"])
    except Unconfirmed:
        pytest.fail("a batch of reads was taken for a write")
    assert found == [1, 2]


def test_each_part_counts_against_the_quota(service):
    service.expect(BATCH, body=answers(part("1"), part("2"), part("3")))
    limiter = Limiter(lambda: service.seconds, service.sleep)
    gather(service.session(limiter=limiter), ["/identity/conditionalAccess/policies/1"] * 3)
    assert service.slept == [1.0, 1.0]
