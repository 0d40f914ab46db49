"""The client against a service that fails in every way that the lab knows: right answers, true words, nothing sent twice."""

from __future__ import annotations

from typing import Any

import pytest

from harness import Answer, Grace
from toolkit.errors import GraphProblem
from toolkit.graph import paging
from toolkit.graph.session import Session
from toolkit.graph.transport import Answer as Carried
from toolkit.graph.transport import Request
from toolkit.lab import faults
from toolkit.lab.app import create_lab
from toolkit.lab.exchange import Request as LabRequest

EDIT = "action edit 'macOS baseline' mark --days 9 --yes -o json"
NEW = "template new --name Fresh --subject S --message M --yes -o json"
REMOVE = "policy remove 'macOS baseline' --force 'macOS baseline' -o json"
SCHEDULES = "deviceManagement/deviceCompliancePolicies/{}/scheduleActionsForRules"

PASSING: tuple[dict[str, Any], ...] = (
    {"kind": "429"},
    {"kind": "429", "retryAfter": 3},
    {"kind": "502"},
    {"kind": "503"},
    {"kind": "503", "retryAfter": 3},
    {"kind": "504"},
    {"kind": "lost"},
    {"kind": "cut"},
    {"kind": "truncated"},
    {"kind": "slow", "seconds": 1},
    {"kind": "slow", "seconds": 100},
)
LASTING: tuple[tuple[str, int, str], ...] = (
    ("429", 7, "Throttled"),
    ("500", 1, "GraphProblem"),
    ("502", 7, "Unreachable"),
    ("503", 7, "Unreachable"),
    ("504", 7, "Unreachable"),
    ("cut", 7, "Unreachable"),
    ("truncated", 7, "Unreachable"),
    ("not-json", 1, "GraphProblem"),
    ("foreign-link", 1, "GraphProblem"),
    ("expired-token", 4, "SignInNeeded"),
)


def put(grace: Grace, kind: str, **more: Any) -> None:
    lab = grace.lab()
    try:
        faults.add(lab.store, {"kind": kind, **more})
    finally:
        lab.close()


def clear(grace: Grace) -> list[int]:
    """Takes every fault away, and says how often each has struck."""
    lab = grace.lab()
    try:
        return [row["struck"] for row in faults.clear(lab.store)]
    finally:
        lab.close()


def posts(grace: Grace) -> list[str]:
    """The last part of the address of everything that was sent and is no read."""
    return [url.rpartition("/")[2] for method, url in grace.sent if method != "GET"]


def states(grace: Grace) -> list[str]:
    return [item["state"] for entry in grace.json("journal list") for item in entry["items"]]


def problem_of(answer: Answer) -> dict[str, Any]:
    """The one error object, in one sentence or two and no traceback."""
    assert "Traceback" not in answer.stderr
    assert "bug" not in answer.stderr
    assert "<html" not in answer.stderr
    assert answer.stderr.count('{"error"') == 1
    return answer.error


def edited(grace: Grace) -> Any:
    """What the tenant holds once EDIT is done there."""
    grace.ok(EDIT)
    content = grace.content()
    grace.ok(["undo", "--force", "macOS baseline"])
    grace.sent.clear()
    return content


@pytest.mark.parametrize("fault", PASSING, ids=str)
def test_a_read_that_fails_for_a_while_is_repeated_and_right(grace: Grace, fault: dict[str, Any]) -> None:
    right = grace.ok("policy list -o json").stdout
    put(grace, times=2, method="GET", **fault)
    assert grace.ok("policy list -o json").stdout == right
    assert clear(grace) == [2]


@pytest.mark.parametrize(("kind", "code", "name"), LASTING)
def test_a_read_that_always_fails_is_told_with_the_documented_code(
    grace: Grace, kind: str, code: int, name: str
) -> None:
    put(grace, kind)
    answer = grace.run("policy list -o json")
    assert (answer.code, answer.stdout, problem_of(answer)["code"]) == (code, "", name)


@pytest.mark.parametrize("kind", ["500", "not-json", "foreign-link", "expired-token"])
def test_a_read_that_repeating_cannot_help_is_sent_once(grace: Grace, kind: str) -> None:
    put(grace, kind)
    grace.run("policy list")
    assert len(grace.sent) == 1


def test_a_page_in_between_is_told_as_such(grace: Grace) -> None:
    put(grace, "not-json")
    assert "not JSON" in problem_of(grace.run("policy list -o json"))["message"]


def test_a_link_to_another_host_is_refused_and_nothing_is_sent_there() -> None:
    lab = create_lab(":memory:")
    faults.add(lab.store, {"kind": "foreign-link"})
    sent: list[Request] = []

    def transport(request: Request, limit: float) -> Carried:
        sent.append(request)
        response = lab.handle(LabRequest(request.method, request.url, request.headers, request.body))
        return Carried(
            response.status, {key.lower(): value for key, value in response.headers.items()}, response.body
        )

    session = Session(
        transport,
        root="https://graph.lab.invalid",
        token=lambda: "secret",
        sleep=lambda _: None,
        clock_seconds=lambda: 0.0,
        chance=lambda: 0.5,
        new_id=lambda: "id",
    )
    with pytest.raises(GraphProblem, match=r"graph\.invalid.*nothing was sent there"):
        paging.every(session, "/users")
    lab.close()
    assert [request.url for request in sent] == ["https://graph.lab.invalid/v1.0/users"]


# What a write comes to, struck once: the state in the journal, the exit code, and how often it was sent.
WRITES: tuple[tuple[dict[str, Any], str, int, int], ...] = (
    ({"kind": "429"}, "done", 0, 2),
    ({"kind": "429", "retryAfter": 3}, "done", 0, 2),
    ({"kind": "503", "retryAfter": 3}, "done", 0, 2),
    ({"kind": "lost"}, "done", 0, 1),
    ({"kind": "truncated"}, "done", 0, 1),
    ({"kind": "slow", "seconds": 1}, "done", 0, 1),
    ({"kind": "slow", "seconds": 100}, "done", 0, 1),
    ({"kind": "500"}, "failed", 1, 1),
    ({"kind": "502"}, "failed", 7, 1),
    ({"kind": "503"}, "failed", 7, 1),
    ({"kind": "504"}, "failed", 7, 1),
    ({"kind": "cut"}, "failed", 7, 1),
    ({"kind": "not-json"}, "failed", 1, 1),
    ({"kind": "expired-token"}, "failed", 4, 1),
)


@pytest.mark.parametrize(("fault", "state", "code", "times"), WRITES, ids=lambda value: str(value))
def test_what_is_said_of_a_write_is_what_the_tenant_holds(
    grace: Grace, fault: dict[str, Any], state: str, code: int, times: int
) -> None:
    before, wanted = grace.content(), edited(grace)
    put(grace, nth=1, route=SCHEDULES, **fault)
    answer = grace.run(EDIT)
    assert (answer.code, len(posts(grace)), clear(grace)) == (code, times, [1])
    assert grace.content() == (wanted if state == "done" else before)
    assert states(grace)[-1] == state
    if code:
        message = problem_of(answer)["message"]
        assert "not known" not in message
        assert code == 4 or message.endswith("Reading shows that nothing was changed.")


def test_a_creation_whose_answer_is_lost_is_looked_for_and_not_repeated(grace: Grace) -> None:
    put(grace, "lost", method="POST", nth=1)
    answer = grace.run(NEW)
    # The template is there; its message was never sent.
    assert posts(grace) == ["notificationMessageTemplates"]
    assert [t["displayName"] for t in grace.content()["template"]].count("Fresh") == 1
    assert (answer.code, states(grace)) == (6, ["partly done"])
    assert "a part of it took effect" in problem_of(answer)["message"]
    clear(grace)
    grace.ok("undo --yes --force Fresh")
    assert "Fresh" not in [t["displayName"] for t in grace.content()["template"]]


def test_a_creation_that_was_done_whole_is_done_though_the_last_answer_is_lost(grace: Grace) -> None:
    put(grace, "lost", method="POST", nth=2)
    assert grace.run(NEW).code == 0
    assert posts(grace) == ["notificationMessageTemplates", "localizedNotificationMessages"]
    assert states(grace) == ["done"]


def test_a_removal_whose_answer_is_lost_is_done(grace: Grace) -> None:
    put(grace, "lost", method="DELETE")
    assert (grace.run(REMOVE).code, len(posts(grace)), states(grace)) == (0, 1, ["done"])


def test_what_cannot_be_read_back_stays_unconfirmed_until_the_journal_settles_it(grace: Grace) -> None:
    grace.ok(EDIT)
    reads_before = [method for method, _ in grace.sent].index("POST")
    wanted = grace.content()
    grace.ok(["undo", "--force", "macOS baseline"])
    put(grace, "lost", route=SCHEDULES)
    for _ in range(10):
        # Each strikes the first call that those before it have let through.
        put(grace, "500", method="GET", nth=reads_before + 1)
    answer = grace.run(EDIT)
    assert (answer.code, problem_of(answer)["code"]) == (6, "Unconfirmed")
    assert grace.content() == wanted
    clear(grace)
    assert states(grace)[-1] == "done"


@pytest.mark.parametrize("reads", [1, 2, 3])
@pytest.mark.parametrize("line", [EDIT, NEW, REMOVE])
def test_a_short_lag_between_write_and_read_is_waited_for(grace: Grace, line: str, reads: int) -> None:
    put(grace, "stale", times=reads)
    assert grace.run(line).code == 0
    assert states(grace) == ["done"]
    assert clear(grace)[0] >= 1


@pytest.mark.parametrize("line", [EDIT, NEW, REMOVE])
def test_a_long_lag_is_neither_done_nor_failed_and_settled_later(grace: Grace, line: str) -> None:
    put(grace, "stale", times=50)
    answer = grace.run(line)
    assert (answer.code, problem_of(answer)["code"]) == (6, "Unconfirmed")
    clear(grace)
    assert states(grace) == ["done"]


@pytest.mark.parametrize("line", [EDIT, REMOVE])
def test_a_lost_answer_and_a_lag_together_are_settled_by_reading_again(grace: Grace, line: str) -> None:
    put(grace, "lost", method="POST")
    put(grace, "lost", method="DELETE")
    put(grace, "stale", times=2)
    assert (grace.run(line).code, len(posts(grace)), states(grace)) == (0, 1, ["done"])
