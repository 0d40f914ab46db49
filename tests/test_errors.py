"""The tree of problems is drawn in the docstring, whole and with the exit codes that the classes have."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

import toolkit
from toolkit import errors
from toolkit.errors import Cancelled, GraceProblem, GraphProblem, NotFound, UsageProblem
from toolkit.outcome import Outcome

ROOT = Path(toolkit.__file__).parent


def _drawn() -> dict[str, tuple[str, int]]:
    """Name -> (name of the parent, exit code), from the drawing."""
    found: dict[str, tuple[str, int]] = {}
    above: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        row = re.match(r"^    ([│├└─ ]*)([A-Z]\w+) +(\d+)\b", line)
        if row:
            depth = len(row[1]) // 4
            found[row[2]] = (above[depth - 1] if depth else "Exception", int(row[3]))
            above[depth:] = [row[2]]
    return found


def _written() -> dict[str, tuple[str, int]]:
    for path in ROOT.rglob("*.py"):
        if "GraceProblem" in path.read_text(encoding="utf-8"):
            name = ".".join(("toolkit", *path.relative_to(ROOT).with_suffix("").parts))
            importlib.import_module(name.removesuffix(".__init__"))
    found: dict[str, tuple[str, int]] = {}
    open_: list[type[GraceProblem]] = [GraceProblem]
    while open_:
        kind = open_.pop()
        assert len(kind.__bases__) == 1, kind
        found[kind.__name__] = (kind.__bases__[0].__name__, kind.exit_code)
        open_ += [sub for sub in kind.__subclasses__() if sub.__module__.startswith("toolkit")]
    return found


def test_the_drawn_tree_is_the_tree_of_classes_with_their_exit_codes():
    assert _drawn() == _written()


def test_every_problem_is_written_in_one_place():
    assert {
        kind.__module__ for kind in GraceProblem.__subclasses__() if kind.__module__.startswith("toolkit")
    } == {"toolkit.errors"}


def test_a_problem_as_json_has_its_class_as_code_and_the_facts_of_where_it_was_raised():
    problem = NotFound("No policy.", hint="Look.", detail={"nearest": ["P"], "requestId": "r"})
    assert problem.as_json() == {
        "code": "NotFound",
        "message": "No policy.",
        "hint": "Look.",
        "requestId": "r",
        "nearest": ["P"],
    }


def test_a_refusal_of_the_service_carries_status_code_and_request():
    assert GraphProblem("No.", status=403, graph_code="Forbidden", request_id="r").as_json() == {
        "code": "GraphProblem",
        "message": "No.",
        "hint": None,
        "requestId": "r",
        "status": 403,
        "graphCode": "Forbidden",
    }


def test_cancelling_says_that_nothing_was_changed_unless_told_otherwise():
    assert Cancelled().message == "Cancelled. Nothing was changed."
    assert Cancelled("Cancelled while applying.").message == "Cancelled while applying."


@pytest.mark.parametrize(
    ("problems", "code"),
    [
        ((), 0),
        ((NotFound("a"),), 3),
        ((UsageProblem("a"), NotFound("b")), 2),
        ((errors.ChecksFailed("a"), NotFound("b")), 3),
        ((errors.Throttled("a"), errors.PartlyApplied("b")), 6),
        ((errors.Unconfirmed("a"), Cancelled()), 130),
        ((GraceProblem("a"), errors.PermissionNeeded("b")), 4),
    ],
)
def test_an_outcome_exits_with_the_gravest_of_its_problems(problems, code):
    assert Outcome(problems=problems).exit_code == code


def test_every_exit_code_has_its_place_among_the_grave_ones():
    codes = {code for _, code in _written().values()}
    kinds = [type("Some", (), {"exit_code": code})() for code in sorted(codes)]
    assert {Outcome(problems=(kind,)).exit_code for kind in kinds} == codes
