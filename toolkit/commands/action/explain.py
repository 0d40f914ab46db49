"""grace action explain: the dated sequence that one device goes through, under both readings where they differ."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from toolkit.commands.proposal import names_of
from toolkit.commands.spec import Arg, Spec, Tools
from toolkit.errors import InvalidSchedule, UsageProblem
from toolkit.forecast.timeline import AFTER_MARK, FIRST_NONCOMPLIANCE, dated, readings_differ
from toolkit.model import wire
from toolkit.model.refs import PolicyRef
from toolkit.model.schedule import EMAIL
from toolkit.outcome import Column, Outcome


@dataclass(frozen=True, slots=True)
class Options:
    policy: PolicyRef
    since: str | None = None


SPEC = Spec(
    "action",
    "explain",
    Options,
    args=(
        Arg("policy", "the policy", kind="policy", required=True),
        Arg("since", "when the device became noncompliant (default: now)", ("--since",), metavar="DATE"),
    ),
    examples=(
        "grace action explain 'Windows baseline'",
        "grace action explain 'iOS baseline' --since 2026-11-01",
    ),
)
DISPUTED = (
    "Public reports disagree whether mails go out before the grace period ends, so both readings are shown:"
    " waits counted from the first noncompliance, or from the mark. Try it on a test device."
)


def run(options: Options, tools: Tools) -> Outcome:
    tenant = tools.tenant
    policy = tenant.find_policy(options.policy)
    if policy.schedule is None:
        raise InvalidSchedule(f'The schedule of policy "{policy.name}" could not be read.')
    since = tenant.now() if options.since is None else _date(options.since)
    names = names_of(tenant, [policy.schedule])
    try:
        first = dated(policy.schedule, since, FIRST_NONCOMPLIANCE)
        later = {id(event.action): event.at for event in dated(policy.schedule, since, AFTER_MARK)}
    except OverflowError:
        raise UsageProblem("--since: this date is beyond the calendar.", hint="Write 2026-11-21.") from None
    differ = readings_differ(policy.schedule)
    rows: list[dict[str, Any]] = []
    for event in first:
        action = event.action
        rows.append(
            {
                "at": wire.stamp(event.at),
                "atAfterMark": wire.stamp(later[id(action)]),
                "kind": action.kind,
                "gracePeriodHours": action.after,
                "what": action.words,
                "templateName": names.get(action.template_id or "") if action.kind == EMAIL else None,
                "ccGroups": [names.get(id, id) for id in action.cc_group_ids],
            }
        )
    columns = [
        Column("When", "at", "date"),
        Column("After", "gracePeriodHours", "hours"),
        Column("What", "what"),
    ]
    if differ:
        columns.insert(1, Column("If counted from the mark", "atAfterMark", "date"))
    columns += [Column("Template", "templateName"), Column("Recipients", "ccGroups", "list")]
    return Outcome(
        data={
            "schema": "grace/timeline/1",
            "policyId": policy.id,
            "policyName": policy.name,
            "since": wire.stamp(since),
            "readingsDiffer": differ,
            "events": rows,
        },
        rows=rows,
        columns=tuple(columns),
        title=f"{policy.name}: a device that is noncompliant since {since:%Y-%m-%d %H:%M} UTC",
        notes=(DISPUTED,) if differ else (),
    )


def _date(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise UsageProblem(
            f'--since: "{text}" is not a date.', hint="Write 2026-11-21 or 2026-11-21T08:00."
        ) from None
    if not 1970 <= at.year <= 9000:
        raise UsageProblem(
            f'--since: "{text}" is no date of a device.', hint="Write 2026-11-21 or 2026-11-21T08:00."
        )
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
