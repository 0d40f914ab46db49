"""The gate on a real pseudo-terminal: Enter is a no, a high risk wants the name, Ctrl-C leaves with nothing done."""

from __future__ import annotations

import os
import sys
from typing import Any

import pytest

from harness import Grace

pexpect = pytest.importorskip("pexpect", reason="pexpect has no Windows version")
pytestmark = pytest.mark.terminal

RUN = "import sys; from toolkit.cli.app import main; sys.exit(main(sys.argv[1:]))"
MEDIUM = ["action", "add", "macOS baseline", "--lock", "--days", "9", "-q"]
HIGH = ["policy", "remove", "iOS pilot", "-q"]


def start(grace: Grace, words: list[str], **variables: str) -> Any:
    environment = {**os.environ, "GRACE_HOME": str(grace.home), "TERM": "xterm", **variables}
    return pexpect.spawn(
        sys.executable,
        ["-c", RUN, *words],
        env=environment,
        encoding="utf-8",
        dimensions=(40, 100),
        timeout=30,
    )


def end(process: Any) -> tuple[int, str]:
    process.expect(pexpect.EOF)
    process.close()
    return process.exitstatus, process.before


def test_enter_alone_is_a_no(grace: Grace) -> None:
    before = grace.content()
    process = start(grace, MEDIUM)
    process.expect(r"Apply this change to Contoso\?")
    process.send("\r")
    code, text = end(process)
    assert (code, "Nothing was changed" in text) == (130, True)
    assert grace.content() == before


def test_a_yes_applies_it(grace: Grace) -> None:
    before = grace.content()
    process = start(grace, MEDIUM)
    process.expect(r"Apply this change")
    process.send("y\r")
    assert end(process)[0] == 0
    assert grace.content() != before


def test_high_risk_wants_the_name(grace: Grace) -> None:
    process = start(grace, HIGH)
    process.expect("Type")
    process.send("iOS pilot\r")
    assert end(process)[0] == 0
    assert "iOS pilot" not in [p.get("displayName") for p in grace.json("policy list")]


@pytest.mark.parametrize("typed", ["y\r", "yes\r", "\r", "iOS\r", "2\r"])
def test_high_risk_takes_nothing_else(grace: Grace, typed: str) -> None:
    before = grace.content()
    process = start(grace, HIGH)
    process.expect("Type")
    process.send(typed)
    assert end(process)[0] == 130
    assert grace.content() == before


@pytest.mark.parametrize("words", [MEDIUM, HIGH], ids=["medium", "high"])
def test_ctrl_c_leaves_with_nothing_done_and_says_so(grace: Grace, words: list[str]) -> None:
    before = grace.content()
    process = start(grace, words)
    process.expect(["Apply this change", "Type"])
    process.send("\x03")
    code, text = end(process)
    assert (code, "Nothing was changed" in text, "Traceback" in text) == (130, True, False)
    assert grace.content() == before


def test_yes_does_not_answer_for_high_risk(grace: Grace) -> None:
    process = start(grace, [*HIGH, "--yes"])
    process.expect("Type")
    process.send("\x03")
    assert end(process)[0] == 130


def test_no_input_never_asks(grace: Grace) -> None:
    code, text = end(start(grace, [*MEDIUM, "--no-input"]))
    assert (code, "--yes" in text) == (2, True)


def test_the_question_is_on_stderr_so_that_stdout_stays_data(grace: Grace, tmp_path: Any) -> None:
    out = tmp_path / "out.json"
    line = f"exec {sys.executable} -c '{RUN}' action add 'macOS baseline' --lock --days 9 -q -o json > {out}"
    process = pexpect.spawn(
        "/bin/sh",
        ["-c", line],
        env={**os.environ, "GRACE_HOME": str(grace.home), "TERM": "xterm"},
        encoding="utf-8",
        timeout=30,
    )
    process.expect("Apply this change")
    process.send("y\r")
    assert end(process)[0] == 0
    assert out.read_text().startswith("{")


def test_ctrl_d_is_a_cancellation_too(grace: Grace) -> None:
    process = start(grace, HIGH)
    process.expect("Type")
    process.send("\x04")
    code, text = end(process)
    assert (code, "Nothing was changed" in text, "bug" in text) == (130, True, False)


@pytest.mark.parametrize("typed", ["y", "maybe\r", "yno\r"])
def test_a_key_alone_or_a_word_that_is_no_yes_applies_nothing(grace: Grace, typed: str) -> None:
    before = grace.content()
    process = start(grace, MEDIUM)
    process.expect(r"Apply this change")
    process.send(typed)
    process.expect([pexpect.EOF, pexpect.TIMEOUT], timeout=1.5)
    if process.isalive():
        process.send("\x03")
    process.close()
    assert grace.content() == before
