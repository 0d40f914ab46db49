"""grace lab advance: turns the lab's clock, and everything that falls due on the way happens."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from toolkit.commands.lab import log
from toolkit.commands.spec import Arg, Spec, Tools
from toolkit.errors import UsageProblem
from toolkit.model.units import Hours, in_words
from toolkit.outcome import Outcome


@dataclass(frozen=True, slots=True)
class Options:
    duration: Hours


SPEC = Spec(
    "lab",
    "advance",
    Options,
    args=(Arg("duration", "how far: 5d, 12h, P5D", kind="after", required=True, metavar="DURATION"),),
    examples=("grace lab advance 5d", "grace lab advance 12h --filter \"what eq 'mailSent'\""),
)


def run(options: Options, tools: Tools) -> Outcome:
    if options.duration == 0:
        raise UsageProblem(
            "The clock has to move by an hour at least.", hint="For example: grace lab advance 5d"
        )
    lab = tools.lab()
    before = lab.store.last_number("event")
    lab.world.advance(lab.world.now + timedelta(hours=options.duration))
    found = log.events(lab.store, before)
    summary = log.counted(found) or "nothing happened"
    return Outcome(
        data=found,
        rows=log.rows(found),
        columns=log.COLUMNS,
        id_key="number",
        notes=(
            f"{in_words(options.duration)} went by; {summary}. It is now {lab.world.now:%Y-%m-%d %H:%M} UTC in the lab.",
        ),
        empty="",
    )
