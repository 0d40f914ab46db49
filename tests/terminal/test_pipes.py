"""In a pipe: clean JSON for jq, silence when the reader goes away, one process feeding another."""

from __future__ import annotations

import os
import subprocess
import sys

from harness import Grace, needs

RUN = f"{sys.executable} -c 'from toolkit.cli.entry import main; import sys; sys.exit(main())'"


def shell(grace: Grace, line: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [needs("bash"), "-c", f'set -o pipefail; grace() {{ {RUN} "$@"; }}; {line}'],
        env={**os.environ, "GRACE_HOME": str(grace.home)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def test_jq_reads_it(grace: Grace) -> None:
    needs("jq")
    done = shell(grace, "grace policy list -o json | jq -r '.[0].displayName'")
    assert (done.returncode, done.stdout, done.stderr) == (0, "Windows baseline\n", "")


def test_jq_reads_every_line_of_jsonl(grace: Grace) -> None:
    needs("jq")
    done = shell(grace, "grace action list -o jsonl | jq -s length")
    assert int(done.stdout) == len(grace.json("action list"))


def test_a_reader_that_goes_away_is_no_error(grace: Grace) -> None:
    done = shell(grace, "for i in 1 2 3; do grace action list -o json | head -c 1 >/dev/null; done; true")
    assert (done.returncode, done.stderr) == (0, "")


def test_a_changed_and_an_empty_answer_keep_stdout_clean(grace: Grace) -> None:
    needs("jq")
    line = "grace action add 'macOS baseline' --email 'Final warning' --days 9 --yes -o json 2>/dev/null | jq -r .entry"
    assert shell(grace, line).stdout == "1\n"
    assert shell(grace, line).stdout == "null\n", "nothing to do, and still JSON"


def test_a_full_disk_is_one_sentence_and_nothing_is_sent(grace: Grace) -> None:
    """No file may grow any more: the journal cannot be written, so nothing may be sent."""
    before = grace.content()
    done = shell(grace, "ulimit -f 0; grace template new --name N --subject S --message M")
    assert done.returncode == 1
    assert "journal" in done.stderr
    assert "Traceback" not in done.stderr
    assert "bug" not in done.stderr
    assert grace.content() == before
    assert grace.json("journal list") == []


def test_stdout_on_a_full_disk_is_one_sentence(grace: Grace) -> None:
    if not os.path.exists("/dev/full"):
        needs("dev-full")
    done = shell(grace, "grace action list -o json > /dev/full")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "No space left" in done.stderr
