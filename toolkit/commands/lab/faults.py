"""grace lab faults: what goes wrong on the way to the lab, so that clients can be seen to survive it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from toolkit.commands.spec import Arg, Spec, Tools
from toolkit.errors import UsageProblem
from toolkit.outcome import Column, Outcome

ALL = "all"


@dataclass(frozen=True, slots=True)
class Options:
    set: str | None = None
    clear: str | None = None
    method: str | None = None
    route: str | None = None
    chance: str | None = None
    nth: int | None = None
    every: int | None = None
    times: int | None = None
    seconds: str | None = None
    retry_after: int | None = None


KINDS = (
    "429",
    "500",
    "502",
    "503",
    "504",
    "lost",
    "cut",
    "truncated",
    "not-json",
    "slow",
    "foreign-link",
    "expired-token",
    "stale",
)
METHODS = ("GET", "POST", "PATCH", "PUT", "DELETE")

SPEC = Spec(
    "lab",
    "faults",
    Options,
    args=(
        Arg(
            "set",
            f"what goes wrong: {', '.join(KINDS)}",
            ("--set",),
            kind="choice",
            choices=KINDS,
            metavar="KIND",
            one_of="what",
        ),
        Arg("clear", "take a fault away by its number, or all of them", ("--clear",), one_of="what"),
        Arg("method", "only requests with this method", ("--method",), kind="choice", choices=METHODS),
        Arg(
            "route",
            "only requests to these addresses: * is one step, at the end all that follow",
            ("--route",),
            metavar="PATTERN",
        ),
        Arg("chance", "the share of matching requests that it strikes, 0 to 1", ("--chance",)),
        Arg("nth", "only the n-th matching request", ("--nth",), kind="count"),
        Arg("every", "each n-th matching request", ("--every",), kind="count"),
        Arg(
            "times",
            "how often at most; with stale: how many reads after each write",
            ("--times",),
            kind="count",
        ),
        Arg("seconds", "with slow: how late the answer comes (default: 5)", ("--seconds",)),
        Arg(
            "retry_after",
            "with 429 and 503: the seconds to wait that the answer names (default: it names none)",
            ("--retry-after",),
            kind="count",
            metavar="S",
        ),
    ),
    about="Faults strike every Graph request to this lab, Grace's own too, until they are cleared or the lab is reset."
    " After lost, truncated and slow a request has taken effect; after an error, cut and not-json it has not.",
    examples=(
        "grace lab faults",
        "grace lab faults --set 503 --method POST --route 'deviceManagement/deviceCompliancePolicies/*/assign'"
        " --times 2 --retry-after 1",
        "grace lab faults --set lost --method POST --nth 1",
        "grace lab faults --clear all",
    ),
)

COLUMNS = (
    Column("Fault", "id", "id"),
    Column("Kind", "kind"),
    Column("Method", "method"),
    Column("Route", "route"),
    Column("Strikes", "strikes"),
    Column("Matched", "seen", "count"),
    Column("Struck", "struck", "count"),
    Column("What happens", "meaning", wide=True),
)


def run(options: Options, tools: Tools) -> Outcome:
    """Sets, clears or lists."""
    from toolkit.lab import faults

    _check(options)
    store = tools.lab().store
    notes: tuple[str, ...] = ()
    if options.set is not None:
        made = faults.add(store, _wanted(options))
        data = [made]
        notes = (f"It strikes until it is taken away: grace lab faults --clear {made['id']}",)
    elif options.clear is not None:
        data = faults.clear(store, None if options.clear == ALL else options.clear)
        notes = (f"Taken away: {len(data)}.",)
    else:
        data = faults.listed(store)
    rows = [{**row, "strikes": _strikes(row), "meaning": faults.KINDS[row["kind"]]} for row in data]
    return Outcome(data=data, rows=rows, columns=COLUMNS, notes=notes, empty="No fault is set.")


def _check(options: Options) -> None:
    if options.set is None:
        details = ("method", "route", "chance", "nth", "every", "times", "seconds", "retry_after")
        given = next((name for name in details if getattr(options, name) is not None), None)
        if given is not None:
            raise UsageProblem(
                f"--{given.replace('_', '-')} goes with --set.", hint="grace lab faults --set 503 --times 2"
            )


def _wanted(options: Options) -> dict[str, Any]:
    """The fault as JSON, without what was not given."""
    fields = {
        "kind": options.set,
        "method": options.method,
        "route": options.route,
        "chance": _number("--chance", options.chance),
        "nth": options.nth,
        "every": options.every,
        "times": options.times,
        "seconds": _number("--seconds", options.seconds),
        "retryAfter": options.retry_after,
    }
    return {key: value for key, value in fields.items() if value is not None}


def _number(name: str, text: str | None) -> float | None:
    try:
        return None if text is None else float(text)
    except ValueError:
        raise UsageProblem(f'{name}: "{text}" is not a number.') from None


def _strikes(fault: Mapping[str, Any]) -> str:
    """`every 3rd, at most 2 times, chance 0.5`, or "always"."""
    parts = []
    if fault["nth"] is not None:
        parts.append(f"only number {fault['nth']}")
    if fault["every"] is not None:
        parts.append(f"each of {fault['every']}")
    if fault["times"] is not None:
        times = f"{fault['times']} time{'' if fault['times'] == 1 else 's'}"
        parts.append(f"{times} after each write" if fault["kind"] == "stale" else f"at most {times}")
    if fault["chance"] != 1:
        parts.append(f"chance {fault['chance']:g}")
    return ", ".join(parts) or "always"
