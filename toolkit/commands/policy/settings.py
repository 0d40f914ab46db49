"""grace policy settings: what a policy for one platform can ask of devices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from toolkit.commands.policy.values import range_of
from toolkit.commands.spec import Arg, Spec, Tools
from toolkit.model.data.settings import SETTINGS, Setting
from toolkit.outcome import Column, Outcome


@dataclass(frozen=True, slots=True)
class Options:
    platform: str


SPEC = Spec(
    "policy",
    "settings",
    Options,
    args=(Arg("platform", "the platform", kind="platform", required=True),),
    examples=(
        "grace policy settings windows",
        "grace policy settings ios --search passcode",
        "grace policy settings android-work-profile -o json",
    ),
)

COLUMNS = (
    Column("Setting", "name", "id"),
    Column("Type", "type"),
    Column("Values", "values"),
    Column("Category", "category", wide=True),
    Column("Meaning", "meaning"),
    Column("Beta only", "betaOnly", "bool", wide=True),
)


def run(options: Options, tools: Tools) -> Outcome:
    del tools
    settings = SETTINGS[options.platform]
    return Outcome(
        data=[_object(known) for known in settings],
        rows=[_row(known) for known in settings],
        columns=COLUMNS,
        title=f"Settings of compliance policies for {options.platform}",
        notes=("Set them with: grace policy new --set NAME=VALUE, or grace policy edit.",),
        id_key="name",
    )


def _object(known: Setting) -> dict[str, Any]:
    return {
        "name": known.name,
        "type": known.type,
        "nullable": known.nullable,
        "minimum": known.minimum,
        "maximum": known.maximum,
        "members": list(known.members),
        "betaOnly": known.beta_only,
        "category": known.category,
        "meaning": known.meaning,
    }


def _row(known: Setting) -> dict[str, Any]:
    allowed = {"bool": "true, false", "enum": ", ".join(known.members)}.get(known.type, range_of(known))
    return {**_object(known), "values": allowed}
