"""From a Plan to an Outcome: assess, check, foretell, show, ask, apply, report. Once, for every changing verb."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from toolkit.apply.gate import Ask, AskForName, Flags, Refuse, decide
from toolkit.apply.journal import DONE, Journal
from toolkit.apply.run import STATELESS, Applied, Result, apply
from toolkit.cli.environment import Environment, what_if_is_set
from toolkit.cli.parser import Globals
from toolkit.cli.settings import write_whole
from toolkit.cli.tools import ToolBox
from toolkit.commands.fleet.exposed import exposed_devices
from toolkit.errors import Cancelled, UsageProblem
from toolkit.forecast.exposure import in_grace
from toolkit.forecast.impact import Impact, ImpactChange, compare, totals
from toolkit.graph.reads import Tenant
from toolkit.graph.writes import as_shown
from toolkit.model.policy import CATALOG, Policy
from toolkit.model.schedule import Schedule
from toolkit.outcome import Column, Outcome
from toolkit.planning.change import ASSIGNMENTS, POLICY, SCHEDULE, TEMPLATE, Change, Plan
from toolkit.planning.checks import Facts, check
from toolkit.planning.document import content_json, plan_json
from toolkit.planning.risk import Reach, assess

FORETOLD_DAYS = 30
APPLIED_SCHEMA = "grace/applied/1"
COLUMNS = (
    Column("Result", "state"),
    Column("What", "kind"),
    Column("Name", "name"),
    Column("Id", "id", "id"),
    Column("Problem", "problem"),
)


@dataclass(frozen=True, slots=True)
class Prospect:
    """A plan with everything a person should know before saying yes."""

    plan: Plan
    requests: tuple[tuple[str, str, Any], ...]
    impact: ImpactChange | None


def conduct(
    plan: Plan,
    tools: ToolBox,
    flags: Globals,
    environment: Environment,
    show: Callable[[Prospect, bool], None],
) -> Outcome:
    """What became of the plan. `show` puts the prospect on the screen; the flag asks for the exact requests too."""
    tenant = tools.tenant
    if flags.api_version == "v1.0" and plan.command != "graph":
        raise UsageProblem(
            "--api-version v1.0 is for reading: v1.0 knows neither remote locks nor assignment filters, and a write"
            " would lose them.",
            hint="Leave it out; grace graph sends any request to any version.",
        )
    plan.check_tenant(tenant.name)
    prospect = foresee(plan, tenant, tools.journal, tools.chosen.actions_api)
    plan = prospect.plan
    if not plan.changes:
        return Outcome(
            data=_document(plan, (), ""),
            rows=(),
            columns=COLUMNS,
            notes=plan.notes,
            empty="Nothing to do: it is so already.",
        )
    what_if = flags.what_if or what_if_is_set(environment)
    show(prospect, what_if)
    if flags.save_plan is not None:
        text = json.dumps(plan_json(replace(plan, id=uuid.uuid4().hex)), indent=2) + "\n"
        if flags.save_plan == "-":
            environment.stdout.write(text)
            return Outcome(rows=(), columns=COLUMNS, notes=("Not applied.",), empty="")
        write_whole(flags.save_plan, text)
        note = f"Saved, not applied. Apply exactly this with: grace config apply {flags.save_plan}"
        return Outcome(data=_planned(prospect), rows=(), columns=COLUMNS, notes=(note,), empty="")
    if what_if:
        note = "What if: nothing was changed, and nothing but GET was sent."
        return Outcome(data=_planned(prospect), rows=(), columns=COLUMNS, notes=(note,), empty="")
    _pass_the_gate(plan, flags, environment)
    applied = _apply(plan, tools, flags)
    return _outcome(plan, applied, tenant)


def foresee(plan: Plan, tenant: Tenant, journal: Journal, actions_api: str = "set") -> Prospect:
    """Reads what the assessment needs, and nothing for a plan without changes."""
    if not plan.changes:
        return Prospect(plan, (), None)
    schedules = {c.target.id: c for c in plan.changes if c.target.kind == SCHEDULE and c.target.id}
    policies = _policies(plan, tenant)
    statuses = {
        id: tenant.statuses(policies[id])
        for id in schedules
        if id in policies and policies[id].assignments != ()
    }
    now = tenant.now()
    # Not reported is not none: how many are in grace stays unknown, and counts as some.
    untold = {id for id, found in statuses.items() if not found and policies[id].collection == CATALOG}
    templates = [c.target.id for c in plan.changes if c.target.kind == TEMPLATE and c.target.id]
    reach = Reach(
        is_assigned={id: policy.assignments != () for id, policy in policies.items()},
        in_grace={id: in_grace(found, now) for id, found in statuses.items() if id not in untold},
        template_users={id: tuple(p.name for p in tenant.template_users(id)) for id in templates},
    )
    plan = check(assess(plan, reach), _facts(plan, tenant, policies, reach))
    exposed = exposed_devices([(policies[id], found) for id, found in statuses.items()], tenant, journal)
    impact = None
    if schedules:
        before = {id: c.before for id, c in schedules.items() if isinstance(c.before, Schedule)}
        after = {id: c.after for id, c in schedules.items() if isinstance(c.after, Schedule)}
        impact = compare(before, after, exposed, now=now, days=FORETOLD_DAYS, reading="first-noncompliance")
    if untold:
        names = ", ".join(f'"{policies[id].name}"' for id in untold)
        note = f"Who is touched cannot be foretold for {names}: Graph reports no device states for it."
        plan = replace(plan, notes=(*plan.notes, note))
    requests = tuple(request for change in plan.changes for request in as_shown(change, tenant, actions_api))
    return Prospect(plan, requests, impact)


def impact_json(impact: ImpactChange | None) -> dict[str, Any] | None:
    """The sums of what the schedules do to the devices that are noncompliant today, before and after."""
    if impact is None:
        return None

    def sums(part: Impact) -> dict[str, Any]:
        total = totals(part)
        return {
            "devices": total.devices,
            "people": total.people,
            "mails": total.mails,
            "unreached": total.unreached,
            "byKind": dict(total.by_kind),
        }

    return {
        "days": impact.after.days,
        "atOnce": len({touch.device_key for touch in impact.immediately}),
        "before": sums(impact.before),
        "after": sums(impact.after),
        "untold": len(impact.after.untold),
    }


def _policies(plan: Plan, tenant: Tenant) -> dict[str, Policy]:
    wanted = {
        c.target.id for c in plan.changes if c.target.kind in (SCHEDULE, POLICY, ASSIGNMENTS) and c.target.id
    }
    return {policy.id: policy for policy in tenant.policies() if policy.id in wanted} if wanted else {}


def _facts(plan: Plan, tenant: Tenant, policies: dict[str, Policy], reach: Reach) -> Facts:
    schedules = [s for c in plan.changes if (s := _schedule_of(c)) is not None]
    actions = [action for schedule in schedules for action in schedule.actions]
    mails = any(action.template_id is not None for action in actions)
    return Facts(
        templates={template.id: template for template in tenant.templates()} if mails else {},
        groups=tenant.groups_by_id({id for action in actions for id in action.cc_group_ids}),
        policies=policies,
        knows_templates=mails,
        template_users=reach.template_users,
    )


def _schedule_of(change: Change) -> Schedule | None:
    if isinstance(change.after, Schedule):
        return change.after
    return change.after.schedule if isinstance(change.after, Policy) else None


def _pass_the_gate(plan: Plan, flags: Globals, environment: Environment) -> None:
    can_ask = environment.can_ask and not flags.no_input
    decision = decide(plan, Flags(flags.yes, flags.force), can_ask=can_ask)
    if isinstance(decision, Refuse):
        raise decision.problem
    if isinstance(decision, Ask | AskForName):
        from wizards.ask import QuestionaryAsker

        asker = QuestionaryAsker()
        if isinstance(decision, Ask):
            if not asker.confirm(decision.sentence):
                raise Cancelled()
        elif not asker.word(f"{decision.sentence}:", decision.expected):
            raise Cancelled("That is not it. Nothing was changed.")


def _apply(plan: Plan, tools: ToolBox, flags: Globals) -> Applied:
    session = tools.tenant.session
    session.writes_allowed = True
    try:
        return apply(
            plan,
            tools.tenant,
            tools.journal,
            continue_on_error=flags.on_error == "continue",
            actions_api=tools.chosen.actions_api,
        )
    finally:
        session.writes_allowed = False


def _outcome(plan: Plan, applied: Applied, tenant: Tenant) -> Outcome:
    problem = applied.problem
    done = sum(result.state == DONE for result in applied.results)
    if problem is None:
        count = "" if len(applied.results) == 1 else f" all {len(applied.results)} changes"
        way_back = f" Take it back with: grace undo {applied.entry}" if _has_before(plan) else ""
        notes: tuple[str, ...] = (f"Applied{count} to {tenant.name.name} ({tenant.name.profile}).{way_back}",)
    else:
        notes = (
            f"{done} of {len(applied.results)} changes applied. See: grace journal show {applied.entry}",
        )
    rows = [_row(result) for result in applied.results]
    return Outcome(
        data=_document(plan, applied.results, applied.entry),
        rows=rows,
        columns=COLUMNS if any(row["problem"] for row in rows) else COLUMNS[:-1],
        notes=notes,
        problems=(problem,) if problem is not None else (),
        empty="",
    )


def _has_before(plan: Plan) -> bool:
    return any(change.target.kind not in STATELESS for change in plan.changes)


def _row(result: Result) -> dict[str, Any]:
    change = result.change
    return {
        "state": result.state,
        "kind": change.target.kind,
        "name": change.target.name,
        "id": result.id or change.target.id or _answered_id(result),
        "problem": result.problem.message if result.problem is not None else "",
    }


def _document(plan: Plan, results: tuple[Result, ...], entry: str) -> dict[str, Any]:
    rows = []
    for result in results:
        row = _row(result)
        if result.change.target.kind in STATELESS:
            row["answer"] = result.answer
        elif result.state == DONE:
            row["resource"] = _resource(result)
        rows.append(row)
    return {
        "schema": APPLIED_SCHEMA,
        "entry": entry or None,
        "command": plan.command,
        "whatIf": False,
        "tenant": {"profile": plan.tenant.profile, "id": plan.tenant.id, "name": plan.tenant.name},
        "results": rows,
    }


def _answered_id(result: Result) -> str:
    id = result.answer.get("id") if isinstance(result.answer, Mapping) else None
    return id if isinstance(id, str) else ""


def _resource(result: Result) -> Any:
    """The thing as it was read back, in Graph's shape; None for what was removed."""
    raw = getattr(result.left, "raw", None)
    return dict(raw) if raw else content_json(result.left)


def _planned(prospect: Prospect) -> dict[str, Any]:
    return {
        **plan_json(prospect.plan),
        "whatIf": True,
        "requests": [{"method": method, "url": url, "body": body} for method, url, body in prospect.requests],
        "impact": impact_json(prospect.impact),
    }
