"""grace lab clock: what time it is in the lab."""

from __future__ import annotations

from dataclasses import dataclass

from toolkit.commands.lab.story import COLUMNS, document
from toolkit.commands.spec import Spec, Tools
from toolkit.outcome import Outcome, Section


@dataclass(frozen=True, slots=True)
class Options:
    pass


SPEC = Spec("lab", "clock", Options, examples=("grace lab clock", "grace lab clock --query now"))


def run(options: Options, tools: Tools) -> Outcome:
    del options
    data = document(tools.lab(), tools.profile)
    shown = COLUMNS[:5]
    return Outcome(
        data=data,
        columns=shown,
        sections=(Section("", shown, [data], pairs=True),),
        notes=("It stands still until: grace lab advance 5d",),
    )
