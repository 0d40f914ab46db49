"""How a change becomes requests, and how they are sent. Imported by `apply` and nobody else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from toolkit.errors import GraceProblem, GraphProblem, PartlyApplied
from toolkit.graph.reads import MANAGEMENT, TEMPLATES, Tenant
from toolkit.model import wire
from toolkit.model.policy import CATALOG, CLASSIC, Policy
from toolkit.model.schedule import MARK, Action, Schedule
from toolkit.model.template import Template
from toolkit.planning.change import (
    ASSIGNMENTS,
    POLICY,
    REQUEST,
    SCHEDULE,
    TEMPLATE,
    TEST_MAIL,
    Change,
    RawRequest,
)
from toolkit.planning.diff import ADDED, CHANGED, REMOVED, schedule_lines

NEW = "{new}"
"""Stands in a path for the id that the first request of a change will be given."""

SET, ITEM = "set", "item"
"""`actions_api`: the whole schedule at once (what the service answers today), or the documented call per action."""


@dataclass(frozen=True, slots=True)
class Step:
    """One request. `creates` says that its answer carries the id of the new thing."""

    method: str
    path: str
    body: Any = None
    creates: bool = False
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Receipt:
    """What came back: the id of the thing, and the answer of the last request."""

    id: str
    answer: Any = None


def steps(change: Change, actions_api: str = SET) -> tuple[Step, ...]:
    """The exact requests of a change, in order."""
    target = change.target
    if target.kind == SCHEDULE and isinstance(change.after, Schedule):
        before = change.before if isinstance(change.before, Schedule) else None
        if actions_api == ITEM and target.collection != CATALOG and before is not None:
            return _item_steps(target.id, before, change.after)
        return (_schedule_step(target.id, target.collection, change.after),)
    if target.kind == ASSIGNMENTS and isinstance(change.after, tuple):
        return (_assign_step(target.id, target.collection, change.after),)
    if target.kind == POLICY:
        return _policy_steps(change)
    if target.kind == TEMPLATE:
        return _template_steps(change)
    if target.kind == TEST_MAIL:
        return (Step("POST", f"{TEMPLATES}/{quote(target.id)}/sendTestMessage"),)
    if target.kind == REQUEST and isinstance(change.after, RawRequest):
        raw = change.after
        return (Step(raw.method, raw.url, raw.body, headers=raw.headers),)
    raise AssertionError(f"no writer for {target.kind}")


def perform(change: Change, tenant: Tenant, actions_api: str = SET) -> Receipt:
    """Sends the requests of one change.

    Raises what the session raises. Where an earlier request of the same change had already taken
    effect, that becomes PartlyApplied, so that the journal can say so.
    """
    new_id = change.target.id
    answer: Any = None
    done: list[Step] = []
    for step in steps(change, actions_api):
        path = step.path.replace(NEW, quote(new_id))
        try:
            if step.headers or change.target.kind == REQUEST:
                answer = tenant.session.call(
                    step.method,
                    path,
                    version=tenant.version(path),
                    json=step.body,
                    headers=dict(step.headers),
                )
            else:
                answer = tenant.session.call(step.method, path, version=tenant.version(path), json=step.body)
        except GraceProblem as problem:
            if not done:
                raise
            raise PartlyApplied(
                f"{change.target.words}: {len(done)} of its {len(steps(change, actions_api))} requests took effect, then:"
                f" {problem.message}",
                hint=problem.hint,
                detail={"id": new_id, "cause": problem.code},
            ) from problem
        done.append(step)
        if step.creates:
            new_id = _id_of(answer, change)
    return Receipt(new_id, answer)


def _id_of(answer: Any, change: Change) -> str:
    id = answer.get("id") if isinstance(answer, Mapping) else None
    if not isinstance(id, str) or not id:
        raise GraphProblem(
            f"The service created {change.target.words} but did not say its id.",
            status=200,
            hint="Look for it with: grace " + change.target.kind + " list",
        )
    return id


def _schedule_step(id: str, collection: str, schedule: Schedule) -> Step:
    if collection == CATALOG:
        return Step(
            "POST",
            f"{MANAGEMENT}/{CATALOG}/{_segment(id)}/setScheduledActions",
            {"scheduledActions": wire.schedule_to(schedule)},
        )
    # Graph replaces the whole schedule, so the unchanged actions are sent too.
    return Step(
        "POST",
        f"{MANAGEMENT}/{CLASSIC}/{_segment(id)}/scheduleActionsForRules",
        {"deviceComplianceScheduledActionForRules": wire.schedule_to(schedule)},
    )


def _item_steps(id: str, before: Schedule, after: Schedule) -> tuple[Step, ...]:
    """The documented call for each action (Create, Update, Delete deviceComplianceActionItem)."""
    base = f"{MANAGEMENT}/{CLASSIC}/{quote(id)}/scheduledActionsForRule/{quote(id)}/scheduledActionConfigurations"
    kind = {"@odata.type": "#microsoft.graph.deviceComplianceActionItem"}
    result: list[Step] = []
    for line in schedule_lines(before, after):
        if line.sign == ADDED and line.after is not None:
            result.append(Step("POST", base, kind | wire.action_to(line.after)))
        elif line.before is None or line.sign not in (CHANGED, REMOVED):
            continue
        elif line.sign == REMOVED:
            result.append(Step("DELETE", f"{base}/{_item_id(line.before)}"))
        elif line.after is not None:
            result.append(Step("PATCH", f"{base}/{_item_id(line.before)}", kind | wire.action_to(line.after)))
    # The mark last: whatever else happens, there is one at every moment.
    return tuple(
        sorted(result, key=lambda step: (step.body or {}).get("actionType") == wire.ACTION_TYPE_OF[MARK])
    )


def _item_id(action: Action) -> str:
    """Never empty: an address that ends in a slash would be the whole collection."""
    if not action.id:
        raise GraphProblem(
            f"The {action.kind} action has no id to change it by.",
            status=0,
            hint="Use: grace tenant use --actions-api set",
        )
    return quote(action.id)


def _assign_step(id: str, collection: str, assignments: tuple[Any, ...]) -> Step:
    body = {"assignments": [wire.assignment_to(assignment) for assignment in assignments]}
    return Step("POST", f"{MANAGEMENT}/{collection or CLASSIC}/{_segment(id)}/assign", body)


def _policy_steps(change: Change) -> tuple[Step, ...]:
    target = change.target
    base = f"{MANAGEMENT}/{target.collection or CLASSIC}"
    if change.after is None:
        return (Step("DELETE", f"{base}/{quote(target.id)}"),)
    assert isinstance(change.after, Policy)
    after = change.after
    if change.before is None:
        result = [Step("POST", base, wire.policy_body(after, create=True), creates=True)]
        if after.collection == CATALOG and after.schedule is not None:
            result.append(_schedule_step(NEW, CATALOG, after.schedule))
        if after.assignments:
            result.append(_assign_step(NEW, after.collection, after.assignments))
        return tuple(result)
    assert isinstance(change.before, Policy)
    body = wire.policy_body(after, create=False)
    # A property that goes back to "not configured" is sent as null; leaving it out would keep it.
    for name in change.before.settings:
        if name not in after.settings and not wire.is_companion(name):
            body[name] = None
    unchanged = wire.policy_body(change.before, create=False)
    keep = {"@odata.type"} | ({"settings", "name"} if after.collection == CATALOG else set())
    patch = {
        key: value
        for key, value in body.items()
        if key in keep or key not in unchanged or unchanged[key] != value
    }
    return (Step("PATCH", f"{base}/{quote(target.id)}", patch),)


def _template_steps(change: Change) -> tuple[Step, ...]:
    if change.after is None:
        return (Step("DELETE", f"{TEMPLATES}/{quote(change.target.id)}"),)
    assert isinstance(change.after, Template)
    after = change.after
    before = change.before if isinstance(change.before, Template) else None
    id = change.target.id if before is not None else NEW
    base = f"{TEMPLATES}/{_segment(id)}"
    result: list[Step] = []
    if before is None:
        result.append(Step("POST", TEMPLATES, wire.template_body(after), creates=True))
    elif wire.template_body(before) != wire.template_body(after):
        body = wire.template_body(after)
        if before.description is not None and after.description is None:
            body["description"] = None  # left out, it would stay
        result.append(Step("PATCH", base, body))
    # Keyed by locale, never by position; the default first, so that there is one at every moment.
    old = {m.locale: m for m in (before.messages or () if before is not None else ())}
    new = sorted(after.messages or (), key=lambda m: not m.is_default)
    for message in new:
        known = old.get(message.locale)
        if known is None:
            body = wire.message_body(message, create=True)
            result.append(Step("POST", f"{base}/localizedNotificationMessages", body))
        elif _needs_patch(known, message):
            result.append(
                Step(
                    "PATCH",
                    f"{base}/localizedNotificationMessages/{_message_id(id, known)}",
                    wire.message_body(message, create=False),
                )
            )
    kept = {message.locale for message in new}
    result += [
        Step("DELETE", f"{base}/localizedNotificationMessages/{_message_id(id, gone)}")
        for locale, gone in old.items()
        if locale not in kept
    ]
    return tuple(result)


def _needs_patch(old: Any, new: Any) -> bool:
    # Losing the default needs no request: it moves when another message takes it.
    return (old.subject, old.body) != (new.subject, new.body) or (new.is_default and not old.is_default)


def _message_id(template_id: str, message: Any) -> str:
    return quote(message.id or f"{template_id}_{message.locale}")


def _segment(id: str) -> str:
    return id if id == NEW else quote(id)


def as_shown(change: Change, tenant: Tenant, actions_api: str = SET) -> list[tuple[str, str, Any]]:
    """The exact requests as (method, path with version, body), for people to read."""
    shown = []
    for step in steps(change, actions_api):
        # A raw request is sent as it was written, version and all.
        is_whole = change.target.kind == REQUEST
        path = step.path if is_whole else f"/{tenant.version(step.path)}{step.path}"
        shown.append((step.method, path, step.body))
    return shown


def recreated(change: Change, new_id: str) -> Change:
    """The change as it turned out: with the id that the service gave."""
    target = replace(change.target, id=new_id)
    after = change.after
    if isinstance(after, Policy | Template):
        after = replace(after, id=new_id)
    return replace(change, target=target, after=after)
