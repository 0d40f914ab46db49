"""grace lab init: a lab tenant from a story."""

from __future__ import annotations

from dataclasses import dataclass

from toolkit.commands.lab.story import COLUMNS, document
from toolkit.commands.spec import Arg, Spec, Tools
from toolkit.errors import UsageProblem
from toolkit.outcome import Outcome, Section

STORIES = ("contoso", "empty")


@dataclass(frozen=True, slots=True)
class Options:
    story: str = "contoso"
    seed: int = 1
    devices: int | None = None


SPEC = Spec(
    "lab",
    "init",
    Options,
    args=(
        Arg(
            "story",
            "the story (default: contoso)",
            kind="choice",
            choices=STORIES,
            default="contoso",
            metavar="STORY",
        ),
        Arg(
            "seed",
            "what chance starts from; the same seed gives the same lab (default: 1)",
            ("--seed",),
            kind="count",
            default=1,
        ),
        Arg("devices", "how many devices, instead of the story's own number", ("--devices",), kind="count"),
    ),
    about="The lab gets the name of the tenant in use: --tenant lab-NAME makes one beside the first.",
    examples=("grace lab init contoso --tenant lab-two", "grace lab init empty --seed 7 --tenant lab-empty"),
)


def run(options: Options, tools: Tools) -> Outcome:
    if options.devices is not None and not 1 <= options.devices <= 100_000:
        raise UsageProblem("--devices must be 1 to 100000.")
    data = document(tools.make_lab(options.story, options.seed, options.devices), tools.profile)
    return Outcome(
        data=data,
        columns=COLUMNS,
        sections=(Section("", COLUMNS, [data | data["counts"]], pairs=True),),
        notes=(f"Speak to it with --tenant {tools.profile}, or: grace tenant use {tools.profile}",),
    )
