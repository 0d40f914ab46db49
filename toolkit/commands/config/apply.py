"""grace config apply: a saved plan, exactly as it was shown, or not at all."""

from __future__ import annotations

import json
from dataclasses import dataclass

from toolkit.commands.spec import Arg, Spec, Tools
from toolkit.errors import BadFile
from toolkit.planning.change import Plan
from toolkit.planning.document import plan_from


@dataclass(frozen=True, slots=True)
class Options:
    plan: str


SPEC = Spec(
    "config",
    "apply",
    Options,
    changes=True,
    args=(Arg("plan", "a plan that --save-plan wrote, or - for standard input", kind="file", required=True),),
    about="Refused (exit 5) where the tenant is no longer what the plan was made for, and on any other tenant.",
    examples=(
        "grace action edit 'Windows strict' mark --days 4 --save-plan plan.json && grace config apply plan.json --yes",
    ),
)


def propose(options: Options, tools: Tools) -> Plan:
    source = "Standard input" if options.plan == "-" else options.plan
    text = tools.read_text(options.plan)
    try:
        value = json.loads(text)
    except ValueError as problem:
        raise BadFile(
            f"{source} is not JSON: {problem}.", hint="Make a plan with --save-plan FILE."
        ) from None
    plan = plan_from(value, source)
    # Findings, risk and consequences are worked out anew from the tenant as it is.
    return Plan(
        plan.command,
        plan.tenant,
        plan.changes,
        notes=plan.notes,
        made=plan.made,
        names=plan.names,
        undoes=plan.undoes,
    )
