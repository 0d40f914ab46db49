"""Plans, changes and contents as JSON and back: for saved plans, for the journal and for `-o json`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from toolkit.errors import BadFile, InvalidContent
from toolkit.model import wire
from toolkit.model.policy import CLASSIC, Policy
from toolkit.model.schedule import Schedule
from toolkit.model.template import Template
from toolkit.planning.change import (
    ASSIGNMENTS,
    POLICY,
    REQUEST,
    SCHEDULE,
    TEMPLATE,
    TEST_MAIL,
    Change,
    Content,
    Finding,
    Plan,
    RawRequest,
    Risk,
    Target,
    TenantName,
    fingerprint,
)

PLAN_SCHEMA = "grace/plan/1"


def content_json(content: Content | None) -> Any:
    """A content in Graph's own shape, or None."""
    if content is None:
        return None
    if isinstance(content, Schedule):
        return wire.schedule_to(content)
    if isinstance(content, Policy):
        body = {"id": content.id, **wire.policy_body(content, create=True)}
        if content.schedule is not None:
            body["scheduledActionsForRule"] = wire.schedule_to(content.schedule)
        if content.assignments is not None:
            body["assignments"] = [wire.assignment_to(assignment) for assignment in content.assignments]
        return body
    if isinstance(content, Template):
        body = {"id": content.id, **wire.template_body(content)}
        if content.messages is not None:
            body["localizedNotificationMessages"] = [
                wire.message_body(m, create=True) for m in content.messages
            ]
        return body
    if isinstance(content, RawRequest):
        return {
            "method": content.method,
            "url": content.url,
            "body": content.body,
            "headers": [list(pair) for pair in content.headers],
        }
    return [wire.assignment_to(assignment) for assignment in content]


def content_from(kind: str, value: Any, collection: str = CLASSIC) -> Content | None:
    """A content from what `content_json` wrote. Raises BadFile for a kind of target that there is not."""
    if kind not in (SCHEDULE, POLICY, ASSIGNMENTS, TEMPLATE, TEST_MAIL, REQUEST):
        raise BadFile(f'This plan holds a change of a kind that this version does not know: "{kind}".')
    if value is None:
        return None
    if kind == SCHEDULE:
        schedule = wire.schedule_from(value)
        if schedule is None:
            raise BadFile("This plan holds a schedule without its actions.")
        return schedule
    if kind == POLICY:
        return wire.policy_from(value, collection or CLASSIC)
    if kind == ASSIGNMENTS:
        return wire.assignments_from(value)
    if kind in (TEMPLATE, TEST_MAIL):
        return wire.template_from(value)
    headers = tuple((str(name), str(text)) for name, text in value.get("headers", ()))
    return RawRequest(str(value["method"]), str(value["url"]), value.get("body"), headers)


def content_fingerprint(content: Content | None) -> str:
    """The same for the same content, in whatever order the service listed its parts."""
    return fingerprint(wire.canonical(unordered(content_json(_without_id(content)))))


def change_json(change: Change) -> dict[str, Any]:
    target = change.target
    return {
        "target": {
            "kind": target.kind,
            "id": target.id,
            "name": target.name,
            "collection": target.collection,
        },
        "before": content_json(change.before),
        "after": content_json(change.after),
        "reason": change.reason,
        "risk": change.risk.name.lower(),
        "consequences": list(change.consequences),
        "fingerprint": change.fingerprint,
    }


def change_from(value: Mapping[str, Any]) -> Change:
    target = Target(
        **{key: str(value["target"].get(key) or "") for key in ("kind", "id", "name", "collection")}
    )
    return Change(
        target=target,
        before=content_from(target.kind, value.get("before"), target.collection),
        after=content_from(target.kind, value.get("after"), target.collection),
        reason=str(value.get("reason") or ""),
        fingerprint=str(value.get("fingerprint") or ""),
        risk=Risk[str(value.get("risk") or "high").upper()],
        consequences=tuple(str(text) for text in value.get("consequences") or ()),
    )


def finding_json(finding: Finding) -> dict[str, str]:
    return {
        "severity": finding.severity,
        "code": finding.code,
        "sentence": finding.sentence,
        "wayOut": finding.way_out,
        "target": finding.target,
    }


def plan_json(plan: Plan) -> dict[str, Any]:
    return {
        "schema": PLAN_SCHEMA,
        "command": plan.command,
        "tenant": {"profile": plan.tenant.profile, "id": plan.tenant.id, "name": plan.tenant.name},
        "made": None if plan.made is None else plan.made.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "id": plan.id,
        "undoes": plan.undoes,
        "risk": plan.risk.name.lower(),
        "changes": [change_json(change) for change in plan.changes],
        "findings": [finding_json(finding) for finding in plan.findings],
        "notes": list(plan.notes),
        "names": dict(plan.names),
    }


def plan_from(value: Any, source: str = "This file") -> Plan:
    """A plan from JSON. Raises BadFile with the reason for anything that is not one."""
    if not isinstance(value, Mapping) or value.get("schema") != PLAN_SCHEMA:
        schema = value.get("schema") if isinstance(value, Mapping) else None
        said = f' (its schema is "{schema}")' if schema else ""
        raise BadFile(f"{source} is not a saved plan{said}.", hint="Make one with --save-plan FILE.")
    try:
        tenant = value["tenant"]
        made = value.get("made")
        return Plan(
            command=str(value["command"]),
            tenant=TenantName(str(tenant["profile"]), str(tenant["id"]), str(tenant["name"])),
            changes=tuple(change_from(change) for change in value["changes"]),
            findings=tuple(
                Finding(
                    str(f["severity"]),
                    str(f["code"]),
                    str(f["sentence"]),
                    str(f.get("wayOut") or ""),
                    str(f.get("target") or ""),
                )
                for f in value.get("findings") or ()
            ),
            notes=tuple(str(note) for note in value.get("notes") or ()),
            made=None if made is None else _aware(datetime.fromisoformat(made)),
            names={str(key): str(name) for key, name in (value.get("names") or {}).items()},
            undoes=None if value.get("undoes") is None else str(value["undoes"]),
            id=str(value.get("id") or ""),
        )
    except InvalidContent as problem:
        raise BadFile(
            f"{source} is a damaged plan: {problem.message}", hint="Make it again with --save-plan."
        ) from problem
    except (KeyError, TypeError, ValueError, AttributeError) as problem:
        raise BadFile(
            f"{source} is a damaged plan: {type(problem).__name__}: {problem}.",
            hint="Make it again with --save-plan.",
        ) from problem


def _aware(at: datetime) -> datetime:
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def _without_id(content: Content | None) -> Content | None:
    from dataclasses import replace

    if isinstance(content, Policy | Template):
        return replace(content, id="")
    return content


_LISTS_IN_ORDER = frozenset(
    ("settings", "validOperatingSystemBuildRanges", "children", "groupSettingCollectionValue")
)


def unordered(value: Any, key: str = "") -> Any:
    """Lists whose order means nothing, sorted: actions, recipients, assignments, messages, scope tags."""
    if isinstance(value, Mapping):
        return {name: unordered(item, name) for name, item in value.items()}
    if isinstance(value, list | tuple):
        items = [unordered(item) for item in value]
        return items if key in _LISTS_IN_ORDER else sorted(items, key=wire.canonical)
    return value
