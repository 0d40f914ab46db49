"""grace lab advance: turns the lab's clock, and everything that falls due on the way happens."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

from toolkit.commands.lab import log
from toolkit.commands.spec import Arg, Spec, Tools
from toolkit.errors import UsageProblem
from toolkit.model.units import LONGEST as LONGEST_WAIT
from toolkit.model.units import Hours, grace_hours, in_words
from toolkit.outcome import Outcome


@dataclass(frozen=True, slots=True)
class Options:
    duration: str


SPEC = Spec(
    "lab",
    "advance",
    Options,
    args=(Arg("duration", "how far: 5d, 12h, P5D", required=True, metavar="DURATION"),),
    examples=("grace lab advance 5d", "grace lab advance 12h --filter \"what eq 'mailSent'\""),
)


def run(options: Options, tools: Tools) -> Outcome:
    hours = _hours(options.duration)
    lab = tools.lab()
    before = lab.store.last_number("event")
    lab.world.advance(lab.world.now + timedelta(hours=hours))
    found = log.events(lab.store, before)
    summary = log.counted(found) or "nothing happened"
    return Outcome(
        data=found,
        rows=log.rows(found),
        columns=log.COLUMNS,
        id_key="number",
        notes=(
            f"{in_words(hours)} went by; {summary}. It is now {lab.world.now:%Y-%m-%d %H:%M} UTC in the lab.",
        ),
        empty="",
    )


LONGEST: Hours = 10 * LONGEST_WAIT


def _hours(text: str) -> Hours:
    """Whole hours, 1 to ten years. A lab's clock may go further than any wait, but never back."""
    days = re.fullmatch(r"(\d{1,4})\s*d(?:ays?)?", text.strip(), re.IGNORECASE | re.ASCII)
    hours = int(days[1]) * 24 if days is not None else grace_hours(text)
    if not 1 <= hours <= LONGEST:
        raise UsageProblem(
            f"DURATION: {text} is not 1 hour to 10 years.", hint="For example: grace lab advance 5d"
        )
    return hours
