"""grace lab reset: the lab as its story begins. What was done in it is gone."""

from __future__ import annotations

from dataclasses import dataclass

from toolkit.commands.lab.story import COLUMNS, document
from toolkit.commands.spec import Spec, Tools
from toolkit.outcome import Outcome, Section


@dataclass(frozen=True, slots=True)
class Options:
    pass


SPEC = Spec("lab", "reset", Options, examples=("grace lab reset", "grace lab reset -o none"))


def run(options: Options, tools: Tools) -> Outcome:
    del options
    data = document(tools.reset_lab(), tools.profile)
    return Outcome(
        data=data,
        columns=COLUMNS,
        sections=(Section("", COLUMNS, [data | data["counts"]], pairs=True),),
        notes=(f"The lab {tools.profile} is back at the beginning of its story.",),
    )
