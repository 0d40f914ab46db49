"""grace lab faults, as typed."""

from __future__ import annotations

import pytest

from harness import Grace
from toolkit.commands.lab import faults as verb
from toolkit.lab import faults


def test_the_kinds_and_methods_that_completion_offers_are_those_of_the_lab() -> None:
    assert tuple(faults.KINDS) == verb.KINDS
    assert ("*", *verb.METHODS) == faults.METHODS


def test_a_fault_is_set_strikes_the_next_command_and_is_cleared(grace: Grace) -> None:
    made = grace.json("lab faults --set 500 --route users/*")
    assert [(row["id"], row["kind"], row["route"]) for row in made] == [("1", "500", "users/*")]
    assert grace.run("graph GET /users").code == 1
    assert [(row["seen"], row["struck"]) for row in grace.json("lab faults")] == [(1, 1)]
    assert [row["id"] for row in grace.json("lab faults --clear 1")] == ["1"]
    assert grace.run("graph GET /users").code == 0


def test_every_detail_reaches_the_lab(grace: Grace) -> None:
    line = "lab faults --set 503 --method POST --route deviceManagement/* --chance 0.5 --nth 4 --times 3 --retry-after 0"
    assert grace.json(line)[0] == {
        "id": "1",
        "kind": "503",
        "method": "POST",
        "route": "deviceManagement/*",
        "chance": 0.5,
        "nth": 4,
        "every": None,
        "times": 3,
        "seconds": None,
        "retryAfter": 0,
        "seen": 0,
        "struck": 0,
    }
    assert grace.json("lab faults --set slow --every 2 --seconds 0.5")[0]["seconds"] == 0.5


def test_the_table_says_in_words_when_each_strikes(grace: Grace) -> None:
    for line in (
        "--set cut",
        "--set 503 --nth 3",
        "--set 503 --every 2 --times 1 --chance 0.25",
        "--set stale --times 2",
    ):
        grace.ok(f"lab faults {line}")
    table = grace.ok("lab faults -o markdown").stdout
    cells = [line.split("|")[5].strip() for line in table.splitlines()[2:]]
    assert cells == [
        "always",
        "only number 3",
        "each of 2, at most 1 time, chance 0.25",
        "2 times after each write",
    ]


def test_without_a_fault_it_says_so(grace: Grace) -> None:
    answer = grace.ok("lab faults")
    assert (answer.stdout, answer.stderr) == ("", "No fault is set.\n")
    assert grace.json("lab faults --clear all") == []


@pytest.mark.parametrize(
    ("line", "code", "message", "hint"),
    [
        ("--set lots", 2, '--set: "lots" is not one of its values.', "Did you mean lost? "),
        ("--set 503 --clear all", 2, "--clear: not allowed with argument --set.", ""),
        ("--times 2", 2, "--times goes with --set.", "grace lab faults --set"),
        ("--clear 1 --retry-after 2", 2, "--retry-after goes with --set.", ""),
        ("--set 503 --chance often", 2, '--chance: "often" is not a number.', ""),
        ("--set 503 --chance 2", 2, "chance is a number from 0 to 1, not 2.0.", ""),
        ("--set 503 --method FETCH", 2, '--method: "FETCH" is not one of its values.', ""),
        ("--set 503 --route user", 2, 'The lab answers nothing at "user".', "Did you mean users?"),
        ("--set slow --seconds nan", 2, "seconds is a number from 0 to 600, not nan.", ""),
        ("--clear 7", 3, 'There is no fault "7".', "No fault is set."),
    ],
)
def test_what_cannot_be_is_refused_in_one_sentence(
    grace: Grace, line: str, code: int, message: str, hint: str
) -> None:
    answer = grace.run(f"lab faults {line} -o json")
    assert (answer.code, answer.error["message"]) == (code, message)
    assert (answer.error.get("hint") or "").startswith(hint)
    assert grace.json("lab faults") == []


def test_a_reset_lab_has_no_faults(grace: Grace) -> None:
    grace.ok("lab faults --set cut")
    grace.ok("lab reset")
    assert grace.json("lab faults") == []
