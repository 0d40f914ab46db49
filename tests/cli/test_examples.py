"""What the help and the README show works when it is pasted."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from harness import Grace, needs
from toolkit.cli.reference import markdown, specs

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = [example for _, spec in specs() for example in spec.examples]


def pasted(text: str, grace: Grace, folder: Path) -> subprocess.CompletedProcess[str]:
    """A shell line in a folder of its own, with `grace` on the path."""
    programs = folder / "bin"
    programs.mkdir(exist_ok=True)
    script = programs / "grace"
    script.write_text(
        f"#!/bin/sh\nexec {sys.executable} -c 'from toolkit.cli.entry import main; import sys; sys.exit(main())' \"$@\"\n"
    )
    script.chmod(0o755)
    (folder / "mail.html").write_text("<p>Hello {{UserName}}</p>")
    return subprocess.run(
        [needs("bash"), "-c", f"set -eo pipefail; {text}"],
        cwd=folder,
        env={**os.environ, "GRACE_HOME": str(grace.home), "PATH": f"{programs}:{os.environ['PATH']}"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_in_the_help_runs_on_the_lab(grace: Grace, tmp_path: Path, example: str) -> None:
    for path in re.findall(r"(?<= )\S+/(?= |$)", example):
        if path.startswith("./"):
            (tmp_path / path).mkdir(parents=True, exist_ok=True)
    done = pasted(example, grace, tmp_path)
    # 8 is what a check says when it finds something; the lab has things to find.
    expected = (0, 8) if " check" in example else (0,)
    assert done.returncode in expected, (done.stdout, done.stderr)


def test_every_verb_has_an_example_and_every_argument_a_help_line() -> None:
    for _, spec in specs():
        assert spec.examples, spec.words
        for arg in spec.args:
            assert arg.help, (spec.words, arg.name)


def test_the_readmes_walk_through_the_lab_works_from_top_to_bottom(bare: Grace, tmp_path: Path) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    blocks = [block for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL) if ".venv" not in block]
    assert len(blocks) >= 5
    done = pasted("\n".join(blocks), bare, tmp_path)
    assert done.returncode == 0, done.stderr[-2000:]


def test_the_command_reference_is_the_programs_own() -> None:
    assert (ROOT / "docs" / "commands.md").read_text(encoding="utf-8") == markdown(), (
        "make it anew: python -m toolkit.cli.reference > docs/commands.md"
    )
