"""grace config apply: a saved plan, exactly as it was shown, or not at all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TypeVar

from toolkit.apply.journal import FAILED, NOT_DONE
from toolkit.commands.proposal import saved_plan, schedule_names
from toolkit.commands.spec import Arg, Spec, Tools
from toolkit.errors import BadFile, StalePlan, UsageProblem
from toolkit.graph.reads import Tenant
from toolkit.model.policy import Policy
from toolkit.model.schedule import Schedule
from toolkit.model.template import Template, check_message
from toolkit.planning import intents
from toolkit.planning.change import (
    ASSIGNMENTS,
    POLICY,
    REQUEST,
    SCHEDULE,
    TEMPLATE,
    TEST_MAIL,
    Change,
    Plan,
    RawRequest,
)

T = TypeVar("T", Policy, Template)


@dataclass(frozen=True, slots=True)
class Options:
    plan: str


SPEC = Spec(
    "config",
    "apply",
    Options,
    changes=True,
    args=(Arg("plan", "a plan that --save-plan wrote, or - for standard input", kind="file", required=True),),
    about=(
        "Refused (exit 5) where the tenant is no longer what the plan was made for, on any other tenant, and a second time."
    ),
    examples=(
        "grace action edit 'Windows strict' mark --days 4 --save-plan plan.json && grace config apply plan.json --yes",
    ),
)


def propose(options: Options, tools: Tools) -> Plan:
    source = "Standard input" if options.plan == "-" else options.plan
    plan = saved_plan(options.plan, tools)
    tenant = tools.tenant
    if plan.id:
        for entry in tools.journal.entries():
            if entry.plan.id == plan.id and entry.state not in (NOT_DONE, FAILED):
                raise StalePlan(f"This plan was applied already, by entry {entry.id}.", hint="Plan again.")
    # A plan is a file that anybody can edit: names, findings, risk and consequences are worked out anew from the
    # tenant as it is, and what it wants is held to the same rules as if it had been typed.
    changes = tuple(_checked(change, place, source, tenant) for place, change in enumerate(plan.changes, 1))
    return Plan(
        f"config apply ({plan.command})",
        plan.tenant,
        changes,
        made=plan.made,
        names={**plan.names, **schedule_names(tenant, changes)},
        undoes=plan.undoes,
        id=plan.id,
    )


def _checked(change: Change, place: int, source: str, tenant: Tenant) -> Change:
    where = f"{source}, change {place}"
    target = change.target
    if change.after is None and target.kind in (SCHEDULE, ASSIGNMENTS, REQUEST, TEST_MAIL):
        raise BadFile(
            f"{where}: {target.kind} cannot be removed.", hint="Make the plan again with --save-plan."
        )
    if change.before is None and change.after is None:
        raise BadFile(f"{where} changes nothing.", hint="Make the plan again with --save-plan.")
    try:
        platform = ""
        if target.kind in (SCHEDULE, ASSIGNMENTS, POLICY) and target.id:
            policy = _existing(target.id, tenant.policies())
            target, platform = (
                replace(target, name=policy.name, collection=policy.collection),
                policy.platform,
            )
            before, now = change.before, policy.schedule
            if isinstance(before, Schedule) and now is not None and now.content == before.content:
                # As the tenant holds it, with the ids that a plan does not keep and the writer of single actions needs.
                change = replace(change, before=now)
        elif target.kind in (TEMPLATE, TEST_MAIL) and target.id:
            target = replace(target, name=_existing(target.id, tenant.templates()).name)
        elif isinstance(change.after, Policy | Template):
            target = replace(target, name=change.after.name)
        elif isinstance(change.after, RawRequest):
            path = change.after.url.partition("?")[0]
            target = replace(target, name=f"{change.after.method} {path}")
            tenant.session.address(change.after.url, tenant.version(change.after.url))
        _check_content(change, platform, target.name)
    except (UsageProblem, StalePlan) as problem:
        raise type(problem)(f"{where}: {problem.message}", hint=problem.hint) from None
    return Change(target, change.before, change.after, f"as saved in {source}", change.fingerprint)


def _existing(id: str, things: Iterable[T]) -> T:
    for thing in things:
        if thing.id.lower() == id.lower():
            return thing
    raise StalePlan(f"{id} is gone since the plan was made.", hint="Plan again on what is there now.")


def _check_content(change: Change, platform: str, name: str) -> None:
    after = change.after
    schedule = after if isinstance(after, Schedule) else after.schedule if isinstance(after, Policy) else None
    if schedule is not None:
        schedule.check()
        known = (
            {action.kind for action in change.before.actions}
            if isinstance(change.before, Schedule)
            else set()
        )
        for action in schedule.actions:
            if action.kind not in known:
                intents.supported(
                    action.kind, platform or (after.platform if isinstance(after, Policy) else ""), name
                )
    if isinstance(after, Template):
        before = change.before.messages or () if isinstance(change.before, Template) else ()
        for message in after.messages or ():
            if message not in before:
                check_message(message.subject, message.body)
