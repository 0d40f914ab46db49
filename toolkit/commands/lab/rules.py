"""grace lab rules: what the service's documentation leaves open, and how this lab answers it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from toolkit.commands.spec import Arg, Spec, Tools
from toolkit.outcome import Column, Outcome

if TYPE_CHECKING:
    from toolkit.lab.rules import Rule


@dataclass(frozen=True, slots=True)
class Options:
    set: tuple[tuple[str, str], ...] = ()


SPEC = Spec(
    "lab",
    "rules",
    Options,
    args=(Arg("set", "set a rule (repeat for several)", ("--set",), kind="setting", many=True),),
    about="Rules that are inferred or unknown are choices of this lab; set them to see what the other answer would mean.",
    examples=("grace lab rules", "grace lab rules --set action-clock=after-mark"),
)

STANDING = {"D": "documented", "T": "told by others", "I": "inferred", "U": "unknown"}

COLUMNS = (
    Column("Rule", "name", "id"),
    Column("Value", "value"),
    Column("Allowed", "allowed", wide=True),
    Column("Standing", "standing"),
    Column("Meaning", "meaning"),
    Column("Default", "default", wide=True),
    Column("Source", "source", wide=True),
)


def run(options: Options, tools: Tools) -> Outcome:
    from toolkit.lab.rules import RULES, set_value, values

    lab = tools.lab()
    if options.set:
        with lab.store.transaction():
            for name, text in options.set:
                set_value(lab.store, name, text)
    now = values(lab.store)
    wanted = {name.strip().lower().replace("_", "-") for name, _ in options.set}
    data = [_object(rule, now[rule.name]) for rule in RULES if not wanted or rule.name in wanted]
    # As it is typed after --set: true, where a table would say yes.
    shown = [{**row, **{key: str(row[key]).lower() for key in ("value", "default")}} for row in data]
    return Outcome(data=data, rows=shown, columns=COLUMNS, id_key="name")


def _object(rule: Rule, value: Any) -> dict[str, Any]:
    return {
        "name": rule.name,
        "value": value,
        "default": rule.default,
        "allowed": rule.allowed,
        "standing": f"{rule.status} {STANDING[rule.status]}",
        "meaning": rule.meaning,
        "source": rule.source,
    }
