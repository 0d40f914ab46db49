"""grace tour: all of it happens, and it leaves nothing behind."""

from __future__ import annotations

import os

from harness import Grace


def test_the_tour_does_the_whole_job_and_says_so(bare: Grace) -> None:
    answer = bare.ok("tour")
    commands = [line.removeprefix("$ ") for line in answer.stdout.splitlines() if line.startswith("$ grace")]
    verbs = [" ".join(command.split()[1:3]) for command in commands]
    for verb in (
        "template new",
        "action set",
        "fleet impact",
        "config apply",
        "lab advance",
        "lab mail",
        "undo --force",
    ):
        assert verb in verbs
    checks = [line.strip() for line in answer.stdout.splitlines() if line.strip().startswith("✓")]
    assert len(checks) == 6
    assert not os.path.exists(bare.home), "it has a home of its own"


def test_as_json_it_is_its_steps_and_its_checks(bare: Grace) -> None:
    found = bare.json("tour")
    assert {step["exitCode"] for step in found["steps"]} == {0}
    assert all(check["holds"] for check in found["checks"])
    assert bare.ok("tour -o json").stderr == ""


def test_it_fails_where_something_does_not_happen(bare: Grace, monkeypatch: object) -> None:
    """A tour that cannot fail would prove nothing: a schedule without a lock must end it."""
    from toolkit.commands import tour

    kept = tour.SCHEDULE
    try:
        tour.SCHEDULE = kept.replace("- {lock: 7d}\n", "")
        answer = bare.run("tour")
    finally:
        tour.SCHEDULE = kept
    assert (answer.code, "expected this" in answer.stderr) == (8, True)
