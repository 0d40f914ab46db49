"""Many reads in few requests: up to twenty in one $batch, answers in the order asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from json import dumps
from typing import Any

from toolkit.errors import GraceProblem, GraphProblem, SignInNeeded
from toolkit.graph.errors import problem, words_of
from toolkit.graph.retry import Wait, decide, http_date
from toolkit.graph.session import Session
from toolkit.graph.transport import Answer, Request
from toolkit.graph.versions import V1

MOST_PARTS = 20


def gather(
    session: Session, paths: Sequence[str], version: str = V1, headers: Mapping[str, str] | None = None
) -> list[Any | GraceProblem]:
    """For each path what a GET of it answers, or the problem of that one. A batch holds one version only.

    A part that is throttled is asked for again, the others are not. What concerns all of them (no connection,
    no sign-in) is raised.
    """
    if len(paths) == 1:
        return [_alone(session, paths[0], version, headers)]
    results: list[Any | GraceProblem] = []
    for start in range(0, len(paths), MOST_PARTS):
        results += _batch(session, paths[start : start + MOST_PARTS], version, headers)
    return results


def _alone(
    session: Session, path: str, version: str, headers: Mapping[str, str] | None
) -> Any | GraceProblem:
    try:
        return session.get(path, version, headers)
    except GraceProblem as found:
        # A status is there where the service answered this very request.
        if isinstance(found, SignInNeeded) or not found.detail.get("status"):
            raise
        return found


def _batch(
    session: Session, paths: Sequence[str], version: str, headers: Mapping[str, str] | None
) -> list[Any | GraceProblem]:
    base = f"{session.root}/{version}"
    asked: list[Request] = []
    for path in paths:
        url = session.address(path, version)
        if not url.startswith(f"{base}/"):
            raise ValueError(f"{path} does not belong into a batch of {version}")
        asked.append(Request("GET", url, headers or {}, None))
    results: dict[int, Any | GraceProblem] = {}
    open_parts = list(range(len(asked)))
    began = session.clock_seconds()
    attempt = 0
    while open_parts:
        attempt += 1
        answers = _send(session, version, base, [(index, asked[index]) for index in open_parts])
        again: list[int] = []
        pause = 0.0
        for index in open_parts:
            answer, body = answers.get(index, (None, None))
            if answer is None:
                results[index] = GraphProblem(
                    f"The answer to the batch holds nothing readable for {words_of(asked[index])}.",
                    status=200,
                )
                continue
            if 200 <= answer.status < 300:
                results[index] = body
                continue
            step = decide(
                "GET",
                attempt,
                status=answer.status,
                retry_after=answer.headers.get("retry-after"),
                sent=True,
                elapsed=session.clock_seconds() - began,
                limits=session.limits,
                now=http_date(answer.headers.get("date")),
                jitter=session.chance(),
            )
            if isinstance(step, Wait):
                again.append(index)
                pause = max(pause, step.seconds)
            else:
                results[index] = problem(asked[index], answer)
        if again:
            session.sleep(pause)
        open_parts = again
    return [results[index] for index in range(len(asked))]


def _send(
    session: Session, version: str, base: str, parts: Sequence[tuple[int, Request]]
) -> dict[int, tuple[Answer, Any]]:
    """The readable answers by number of the part, each with its body as JSON."""
    requests = []
    for index, request in parts:
        part: dict[str, Any] = {"id": str(index + 1), "method": "GET", "url": request.url.removeprefix(base)}
        if request.headers:
            part["headers"] = dict(request.headers)
        requests.append(part)
    document = session.call("POST", f"/{version}/$batch", json={"requests": requests})
    answers = document.get("responses") if isinstance(document, Mapping) else None
    if not isinstance(answers, list):
        raise GraphProblem("The answer to a batch of requests holds no list of answers.", status=200)
    wanted = {str(index + 1): index for index, _ in parts}
    found: dict[int, tuple[Answer, Any]] = {}
    # Answers come in any order; only the id says what belongs to what.
    for item in answers:
        if not isinstance(item, Mapping) or not isinstance(item.get("status"), int):
            continue
        number = wanted.get(str(item.get("id")))
        if number is None:
            continue
        given = item.get("headers")
        names = {str(k).lower(): str(v) for k, v in given.items()} if isinstance(given, Mapping) else {}
        body = item.get("body")
        found[number] = (Answer(item["status"], names, b"" if body is None else dumps(body).encode()), body)
    return found
