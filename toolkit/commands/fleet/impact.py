"""grace fleet impact: who is touched on which day, by what: as the schedules are, or as a saved plan would make them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from toolkit.commands.fleet.exposed import exposed_devices
from toolkit.commands.proposal import saved_plan
from toolkit.commands.spec import Arg, Spec, Tools
from toolkit.errors import StalePlan, UsageProblem
from toolkit.forecast.impact import Impact, compare, per_day, totals
from toolkit.forecast.impact import impact as foretell
from toolkit.forecast.timeline import READINGS, Reading, readings_differ
from toolkit.model import wire
from toolkit.model.policy import CATALOG, Policy
from toolkit.model.refs import PolicyRef
from toolkit.model.schedule import WORDS, Schedule
from toolkit.outcome import Column, Outcome
from toolkit.planning.change import Plan
from toolkit.planning.document import content_fingerprint

if TYPE_CHECKING:
    pass

SCHEMA = "grace/impact/1"


@dataclass(frozen=True, slots=True)
class Options:
    policies: tuple[PolicyRef, ...] = ()
    plan: str | None = None
    days: int = 30
    reading: str = READINGS[0]
    names: bool = False


SPEC = Spec(
    "fleet",
    "impact",
    Options,
    args=(
        Arg("policies", "only these policies", kind="policy", many=True),
        Arg("plan", "what a saved plan would make of it", ("--plan",), kind="file", metavar="FILE"),
        Arg("days", "how far to look", ("--days",), kind="count", default=30),
        Arg(
            "reading",
            "what the waits count from; public reports disagree",
            ("--reading",),
            kind="choice",
            choices=READINGS,
            default=READINGS[0],
        ),
        Arg("names", "a row for each device instead of each day", ("--names",), kind="flag"),
    ),
    about="For devices that are noncompliant today and stay so. Nothing is guessed: what has no date is listed as such.",
    examples=(
        "grace fleet impact",
        "grace fleet impact 'Windows baseline' --days 14 --names",
        "grace action edit 'Windows baseline' mark --days 1 --save-plan plan.json && grace fleet impact --plan plan.json",
    ),
)
DAY_COLUMNS = (
    Column("Day", "date"),
    Column("Policy", "policyName"),
    Column("What", "what"),
    Column("Devices", "devices", "count"),
    Column("Mails", "mails", "count"),
)
NAME_COLUMNS = (
    Column("When", "at", "date"),
    Column("Device", "deviceName"),
    Column("User", "user"),
    Column("What", "what"),
    Column("Policy", "policyName"),
    Column("Reaches nobody because", "note"),
)


def run(options: Options, tools: Tools) -> Outcome:
    tenant = tools.tenant
    if not 1 <= options.days <= 366:
        raise UsageProblem("--days must be 1 to 366.")
    planned = _planned(options.plan, tools) if options.plan is not None else {}
    policies = tenant.find_policies(options.policies) if options.policies else tenant.policies()
    if planned and not options.policies:
        policies = tuple(policy for policy in policies if policy.id in planned)
    reported = [(policy, tenant.statuses(policy)) for policy in policies if policy.assignments != ()]
    exposed = exposed_devices(reported, tenant, tools.journal)
    before = {policy.id: policy.schedule for policy in policies if policy.schedule is not None}
    reading: Reading = READINGS[READINGS.index(options.reading)]
    now = tenant.now()
    at_once = 0
    if planned:
        change = compare(before, {**before, **planned}, exposed, now=now, days=options.days, reading=reading)
        found, was, at_once = change.after, totals(change.before), len(change.immediately)
    else:
        found = foretell(before, exposed, now=now, days=options.days, reading=reading)
        was = None
    return _outcome(found, policies, options, at_once, None if was is None else dict(was.by_kind), before)


def _outcome(
    found: Impact,
    policies: tuple[Policy, ...],
    options: Options,
    at_once: int,
    was: dict[str, int] | None,
    schedules: dict[str, Schedule],
) -> Outcome:
    names = {policy.id: policy.name for policy in policies}
    days = [
        {
            "date": row.date.isoformat(),
            "policyId": row.policy_id,
            "policyName": names.get(row.policy_id, row.policy_id),
            "kind": row.kind,
            "what": WORDS.get(row.kind, row.kind),
            "devices": row.devices,
            "mails": row.mails,
            "people": row.people,
        }
        for row in per_day(found)
    ]
    touches = [
        {
            "at": wire.stamp(touch.at),
            "policyId": touch.policy_id,
            "policyName": names.get(touch.policy_id, touch.policy_id),
            "kind": touch.kind,
            "what": WORDS.get(touch.kind, touch.kind),
            "deviceId": touch.device_id,
            "deviceName": touch.device_name,
            "user": touch.user,
            "note": touch.note,
        }
        for touch in found.touches
    ]
    total = totals(found)
    data: dict[str, Any] = {
        "schema": SCHEMA,
        "now": wire.stamp(found.now),
        "days": found.days,
        "reading": found.reading,
        "totals": {
            "devices": total.devices,
            "people": total.people,
            "mails": total.mails,
            "unreached": total.unreached,
            "byKind": dict(total.by_kind),
            "atOnce": at_once,
            "byKindBefore": was,
        },
        "perDay": days,
        "touches": touches,
        "untold": [
            {"deviceName": device, "policyId": id, "policyName": names.get(id, id), "reason": reason}
            for device, id, reason in found.untold
        ],
    }
    notes = [
        f"{_count(total.devices, 'device')} and {_count(total.people, 'person', 'people')} in"
        f" {_count(found.days, 'day')}; {_count(total.mails, 'mail')}; {_count(total.unreached, 'action')} without effect."
        " What was due before now is taken to have happened."
    ]
    blind = [policy for policy in policies if policy.collection == CATALOG and policy.assignments]
    if was is not None:
        notes.append(
            f"As it is now: {_kinds(was)}. With the plan: {_kinds(dict(total.by_kind))}, {at_once} of them at once."
        )
    notes += [
        f'Cannot be foretold: "{policy.name}": Graph reports no device states for policies of the settings catalog.'
        for policy in blind
    ]
    notes += [
        f"Cannot be foretold: {item['deviceName']} under {item['policyName']}: {item['reason']}."
        for item in data["untold"][:10]
    ]
    if len(data["untold"]) > 10:
        notes.append(f"… and {len(data['untold']) - 10} more (see -o json).")
    if any(readings_differ(schedule) for schedule in schedules.values()):
        notes.append(f'Waits are counted by the reading "{found.reading}"; the other one: --reading.')
    return Outcome(
        data=data,
        rows=touches if options.names else days,
        columns=NAME_COLUMNS if options.names else DAY_COLUMNS,
        title=f"From {found.now:%Y-%m-%d %H:%M} UTC, {found.days} days",
        notes=tuple(notes),
        empty=_empty(len(found.untold), bool(blind)),
    )


def _empty(untold: int, is_blind: bool) -> str:
    """What stands for an empty table. What is not known must not read as a no."""
    if untold:
        return f"Whom it touches cannot be foretold: {untold} device states have no date."
    if is_blind:
        return "Whom it touches cannot be foretold: there are policies whose devices are not reported."
    return "Nobody is touched: no noncompliant device has an action ahead."


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"


def _kinds(kinds: dict[str, int]) -> str:
    return ", ".join(f"{count} {kind}" for kind, count in kinds.items()) or "nothing"


def _planned(source: str, tools: Tools) -> dict[str, Schedule]:
    """The schedules of a saved plan by policy id. Raises StalePlan where the tenant is not what it was made for."""
    plan = saved_plan(source, tools)
    found = {c.target.id: c.after for c in plan.changes if isinstance(c.after, Schedule)}
    if not found:
        raise UsageProblem(f"{source} changes no schedule, so it has no impact to show.")
    _check(plan, tools)
    return found


def _check(plan: Plan, tools: Tools) -> None:
    tenant = tools.tenant
    policies = {policy.id: policy for policy in tenant.policies()}
    for change in plan.changes:
        if not isinstance(change.after, Schedule):
            continue
        hint = "Make the plan again with --save-plan to see what it would do now."
        policy = policies.get(change.target.id)
        if policy is None:
            raise StalePlan(f'Policy "{change.target.name}" is gone since the plan was made.', hint=hint)
        if content_fingerprint(policy.schedule) != content_fingerprint(change.before):
            raise StalePlan(
                f'The schedule of policy "{policy.name}" is no longer the one that the plan was made for.',
                hint=hint,
            )
