"""grace tenant use: the tenant for the commands that follow."""

from __future__ import annotations

from dataclasses import dataclass

from toolkit.commands.spec import Arg, Spec, Tools
from toolkit.commands.tenant.list import COLUMNS
from toolkit.outcome import Outcome


@dataclass(frozen=True, slots=True)
class Options:
    name: str
    actions_api: str | None = None


SPEC = Spec(
    "tenant",
    "use",
    Options,
    args=(
        Arg("name", "the tenant; a lab of its own is any name that begins with lab-", required=True),
        Arg(
            "actions_api",
            "how schedules are written: set, the whole schedule at once (what the service answers today),"
            " or item, the documented call for each action",
            ("--actions-api",),
            kind="choice",
            choices=("set", "item"),
        ),
    ),
    about="It holds until you choose another. --tenant NAME and GRACE_TENANT choose one for a command or a session.",
    examples=("grace tenant use lab", "grace tenant use lab --actions-api set"),
)


def run(options: Options, tools: Tools) -> Outcome:
    tools.use_profile(options.name, options.actions_api)
    known = next((dict(row) for row in tools.profiles() if row["name"] == options.name), None)
    notes = [f"Commands now speak to {options.name}."]
    if known is None:
        # Only a lab can be used before it exists.
        known = {"name": options.name, "kind": "lab", "actionsApi": options.actions_api or "set"}
        notes.append(
            "The first of them makes it from the story contoso; grace lab init STORY makes it from another."
        )
    return Outcome(data={**known, "active": True}, columns=COLUMNS, id_key="name", notes=tuple(notes))
