"""What a command may import before it answers: start-up time is held by this, not by a clock."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from harness import Grace, needs

HEAVY = (
    "requests",
    "urllib3",
    "rich",
    "questionary",
    "prompt_toolkit",
    "msal",
    "keyring",
    "ruamel",
    "jmespath",
    "asyncio",
)

PROBE = """
import sys
sys.argv = ["grace", *sys.argv[1:]]
from toolkit.cli.entry import main
try:
    main()
finally:
    sys.stderr.write("\\n" + " ".join(sorted(sys.modules)))
"""


def imported(grace: Grace, *words: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-S", "-c", f"import sys; sys.path[:0] = {sys.path!r}\n{PROBE}", *words],
        env={**os.environ, "GRACE_HOME": str(grace.home)},
        capture_output=True,
        text=True,
        check=True,
        stdin=subprocess.DEVNULL,
    )
    return set(done.stderr.splitlines()[-1].split(" "))


def test_the_help_imports_next_to_nothing(grace: Grace) -> None:
    found = imported(grace, "--help")
    ours = {name for name in found if name.partition(".")[0] in ("toolkit", "wizards")}
    assert ours == {
        "toolkit",
        "toolkit.cli",
        "toolkit.cli.entry",
        "toolkit.commands",
        "toolkit.commands.catalogue",
    }
    assert not found & {"argparse", "dataclasses", "json", "re", "typing", "sqlite3", *HEAVY}


@pytest.mark.parametrize("output", ["json", "jsonl", "csv", "ids", "table"])
def test_a_list_on_the_lab_in_a_pipe_imports_no_large_library(grace: Grace, output: str) -> None:
    found = imported(grace, "action", "list", "-o", output)
    assert not found & set(HEAVY)
    assert not any(name.startswith("wizards") for name in found)


def test_a_command_imports_its_own_noun_only(grace: Grace) -> None:
    found = imported(grace, "action", "list", "-o", "json")
    nouns = {
        name.split(".")[2] for name in found if name.startswith("toolkit.commands.") and name.count(".") > 2
    }
    assert nouns == {"action"}


ANSWER = """
import sys
from toolkit.lab.app import Request, open_lab
lab = open_lab(sys.argv[1])
assert lab.handle(Request("GET", "/v1.0/me")).status == 200
print(" ".join(sorted(sys.modules)))
"""


def test_a_lab_that_is_served_imports_what_one_answer_needs(grace: Grace) -> None:
    grace.ok("lab clock")
    found = imported(grace, "lab", "serve", "--for", "1")
    done = subprocess.run(
        [sys.executable, "-c", ANSWER, str(grace.home / "labs" / "lab.sqlite")],
        capture_output=True,
        text=True,
        check=True,
    )
    found |= set(done.stdout.split())
    assert not found & {
        *HEAVY,
        "cryptography",
        "ssl",
        "http.server",
        "email",
        "difflib",
        "zipfile",
        "smtplib",
    }
    assert {name for name in found if name.startswith("toolkit.lab.answers.")} == {
        "toolkit.lab.answers.directory"
    }
    assert not any(name.startswith(("toolkit.forecast", "toolkit.lab.identity")) for name in found)


@pytest.mark.parametrize("closing", [">&-", "2>&-", ">&- 2>&-"])
@pytest.mark.parametrize("words", ["--version", "lab clock"])
def test_a_closed_stream_is_no_bug(grace: Grace, words: str, closing: str) -> None:
    program = f"{sys.executable} -c 'from toolkit.cli.entry import main; raise SystemExit(main())'"
    done = subprocess.run(
        [needs("bash"), "-c", f"{program} {words} {closing}"],
        env={**os.environ, "GRACE_HOME": str(grace.home)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0
    assert "Error" not in done.stderr
