"""Plan, apply, undo is the identity on the tenant's content, whatever the commands were."""

from __future__ import annotations

import re
import shutil
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from harness import Grace

POLICIES = [
    "Windows baseline",
    "macOS baseline",
    "iOS baseline",
    "Linux baseline",
    "[ios] Kiosk",
    "Android baseline",
]
TEMPLATES = ["First warning", "Final warning", "Напоминание"]
WAITS = st.integers(0, 8760).map(lambda hours: ["--hours", str(hours)])
NUMBERS = st.integers(1, 6).map(str)
TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=40)


def words(*parts: st.SearchStrategy[object] | str) -> st.SearchStrategy[list[str]]:
    strategies = [st.just(part) if isinstance(part, str) else part for part in parts]

    def flat(values: tuple[object, ...]) -> list[str]:
        return [w for value in values for w in (value if isinstance(value, list) else [str(value)])]

    return st.tuples(*strategies).map(flat)


policy, template = st.sampled_from(POLICIES), st.sampled_from(TEMPLATES)
COMMANDS = st.one_of(
    words("action", "add", policy, "--email", template, WAITS),
    words("action", "add", policy, "--email", template, "--cc", "Help desk", WAITS),
    words("action", "add", policy, st.sampled_from(["--lock", "--retire", "--push"]), WAITS),
    words("action", "edit", policy, "mark", WAITS),
    words("action", "edit", policy, NUMBERS, WAITS),
    words("action", "remove", policy, NUMBERS),
    words("action", "copy", policy, "--to", policy),
    words("template", "edit", template, TEXT.map(lambda t: f"--rename={t}")),
    words("template", "edit", template, st.sampled_from(["--no-logo", "--portal-link", "--no-contact"])),
    words(
        "template",
        "localize",
        template,
        "--locale",
        st.sampled_from(["en-us", "fr-fr", "de-de", "es-es"]),
        TEXT.map(lambda t: f"--subject={t}"),
        TEXT.map(lambda t: f"--message=@@{t}" if t.startswith("@") else f"--message={t}"),
    ),
    words(
        "template",
        "localize",
        template,
        "--locale",
        st.sampled_from(["en-us", "fr-fr", "ru-ru"]),
        "--default",
    ),
    words("template", "unlocalize", template, "--locale", st.sampled_from(["en-us", "fr-fr", "de-de"])),
    words("policy", "edit", policy, TEXT.map(lambda t: f"--description={t}")),
    words("policy", "assign", policy, "--group", st.sampled_from(["Finance", "Pilot users"])),
    words("policy", "assign", policy, "--exclude", "Kiosk devices"),
    words("policy", "assign", policy, "--unassign", st.sampled_from(["All employees", "Pilot users"])),
)


def forced(grace: Grace, line: list[str]) -> int:
    """Its exit code, having said whatever the gate wants to hear."""
    answer = grace.run([*line, "--yes"])
    if answer.code == 2 and (meant := re.search(r'--force ("?)(.+?)\1\. --what-if', answer.stderr)):
        answer = grace.run([*line, "--force", meant[2]])
    assert "bug" not in answer.stderr, answer
    return answer.code


@settings(max_examples=60)
@given(st.lists(COMMANDS, min_size=1, max_size=4))
def test_any_commands_taken_back_leave_the_tenant_as_it_was(contoso: Path, commands: list[list[str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        (home / "labs").mkdir()
        shutil.copy(contoso, home / "labs" / "lab.sqlite")
        grace = Grace(home)
        before = grace.content()
        history = [before]
        for line in commands:
            code = forced(grace, line)
            assert code in (0, 2, 3), (line, code)
            after = grace.content()
            if code != 0:
                assert after == history[-1], line
            entries = grace.json("journal list")
            if len(entries) > len(history) - 1:
                history.append(after)
        for step in range(len(history) - 1, 0, -1):
            assert forced(grace, ["undo"]) == 0
            assert grace.content() == history[step - 1]
        assert grace.content() == before
