"""grace tour: the main job from end to end on a throw-away lab tenant. Asks nothing, leaves nothing behind."""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import tempfile
from dataclasses import dataclass
from typing import Any

from toolkit.commands.spec import Spec, Tools
from toolkit.errors import ChecksFailed, GraceProblem
from toolkit.outcome import Outcome

POLICY = "iOS baseline"
TEMPLATE = "Tour reminder"
SCHEDULE = """\
- {mark: 3d}
- {email: Tour reminder, after: 2d}
- {email: Tour reminder, after: 5d, cc: [Help desk]}
- {lock: 7d}
"""


@dataclass(frozen=True, slots=True)
class Options:
    pass


SPEC = Spec(
    "tour",
    "",
    Options,
    about="Makes a lab tenant in a temporary folder, prints each command that it runs, and exits 0 only if all of it happened.",
    examples=("grace tour",),
)


def run(options: Options, tools: Tools) -> Outcome:
    with tempfile.TemporaryDirectory(prefix="grace-tour-") as folder, contextlib.chdir(folder):
        guide = _Guide(tools, folder)
        _walk(guide)
    return Outcome(data={"schema": "grace/tour/1", "steps": guide.steps, "checks": guide.checks}, text="")


class _Guide:
    """Runs commands, shows them with what they print, and keeps what was checked."""

    def __init__(self, tools: Tools, folder: str) -> None:
        self.tools = tools
        self.home = os.path.join(folder, "home")
        self.steps: list[dict[str, Any]] = []
        self.checks: list[dict[str, Any]] = []

    def tell(self, text: str) -> None:
        self.tools.show(f"\n{text}\n")

    def run(self, *words: str, lines: int = 14) -> None:
        """One command as a person would give it; a long answer is shown in part."""
        line = "grace " + " ".join(_quoted(word) for word in words)
        self.tools.show(f"\n$ {line}\n", "bold")
        code, _, both = self.tools.run(list(words), self.home)
        self.steps.append({"command": line, "exitCode": code})
        shown = both.strip("\n").split("\n")
        for text in shown[:lines]:
            self.tools.show(f"  {text}\n")
        if len(shown) > lines:
            self.tools.show(f"  … {len(shown) - lines} more lines\n", "dim")
        if code != 0:
            raise GraceProblem(
                f"The tour stopped: {line} ended with exit code {code}.", hint="Please report it."
            )

    def read(self, *words: str) -> Any:
        """The JSON of a command that is not shown: how the tour checks itself."""
        code, out, both = self.tools.run([*words, "-o", "json"], self.home)
        if code != 0:
            raise GraceProblem(f"The tour could not look: grace {shlex.join(words)}: {both.strip()}")
        return json.loads(out)

    def check(self, sentence: str, holds: bool) -> None:
        self.checks.append({"check": sentence, "holds": holds})
        if not holds:
            raise ChecksFailed(
                f"The tour expected this, and it is not so: {sentence}.", hint="Please report it."
            )
        self.tools.show(f"  ✓ {sentence}\n", "green")


def _quoted(word: str) -> str:
    """As a person quotes it in bash or PowerShell."""
    if "'" in word and not any(character in word for character in '"$`\\'):
        return f'"{word}"'
    return shlex.quote(word)


def _walk(guide: _Guide) -> None:
    guide.tell(
        "Contoso rolls out a new rule for its iPhones. This is a lab tenant: it behaves like Intune,"
        " lives in a file, and has a clock that you can turn. Nothing here leaves this computer."
    )
    guide.run("lab", "clock")
    guide.run("device", "list", "--state", "noncompliant", "--platform", "iOS")
    before = guide.read("action", "list", POLICY)

    guide.tell("1. A mail for people whose phone is noncompliant.")
    guide.run(
        "template",
        "new",
        "--name",
        TEMPLATE,
        "--subject",
        "{{DeviceName}} needs your attention",
        "--message",
        "<p>Hello {{UserName}},</p><p>please open <strong>Company Portal</strong> on {{DeviceName}}.</p>",
    )
    guide.check(
        "the template exists", any(t["displayName"] == TEMPLATE for t in guide.read("template", "list"))
    )

    guide.tell(f"2. The schedule of {POLICY!r} as it is, and the one that Contoso wants.")
    guide.run("action", "list", POLICY)
    with open("schedule.yaml", "w", encoding="utf-8") as handle:
        handle.write(SCHEDULE)
    guide.tools.show("\n  schedule.yaml\n" + "".join(f"    {line}\n" for line in SCHEDULE.splitlines()))

    guide.tell("3. What would it do? Grace shows the change and whom it hits. Nothing is sent yet.")
    guide.run("action", "set", POLICY, "--from-file", "schedule.yaml", "--save-plan", "plan.json", lines=40)
    guide.run("fleet", "impact", "--plan", "plan.json")
    foretold = guide.read("fleet", "impact", "--plan", "plan.json")
    guide.check("nothing has changed so far", guide.read("action", "list", POLICY) == before)

    guide.tell("4. Apply exactly that plan.")
    guide.run("config", "apply", "plan.json", "--yes", "--quiet")
    after = guide.read("action", "list", POLICY)
    expected = [("notification", 48), ("block", 72), ("notification", 120), ("remoteLock", 168)]
    guide.check(
        "the tenant holds the new schedule",
        [(a["actionType"], a["gracePeriodHours"]) for a in after] == expected,
    )

    guide.tell("5. Thirty days pass.")
    guide.run("lab", "advance", "30d")
    ours = f"templateName eq '{TEMPLATE}'"
    guide.run("lab", "mail", "list", "--filter", ours)
    mails = guide.read("lab", "mail", "list", "--filter", ours)
    guide.check(f"{len(mails)} mails went out, as foretold", 0 < len(mails) == foretold["totals"]["mails"])
    guide.run("lab", "mail", "show", str(mails[0]["number"]))
    guide.run("lab", "events", "--what", "lockDone", "--policy", POLICY)
    locked = {
        event["deviceId"] for event in guide.read("lab", "events", "--what", "lockDone", "--policy", POLICY)
    }
    guide.check(f"{len(locked)} devices were locked", len(locked) > 0)

    guide.tell("6. And back. The journal knows what was there before.")
    guide.run("journal", "list")
    guide.run("undo", "--force", POLICY, lines=24)
    restored = guide.read("action", "list", POLICY)

    def effects(rows: list[dict[str, Any]]) -> list[Any]:
        keys = ("actionType", "gracePeriodHours", "notificationTemplateId", "notificationMessageCCList")
        return [[row[key] for key in keys] for row in rows]

    guide.check("the schedule is the one from before", effects(restored) == effects(before))
    guide.tell(
        "Your turn: grace lab init, grace policy list, grace action add --help. The lab stays until lab reset."
    )
