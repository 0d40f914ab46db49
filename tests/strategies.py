"""Random schedules, policies, templates and plans: every value that a tenant or a person could bring about."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import settings
from hypothesis import strategies as st

from toolkit.model.data.platforms import PLATFORMS
from toolkit.model.policy import ALL_DEVICES, ALL_USERS, CLASSIC, EXCLUDE, GROUP, Assignment, Policy
from toolkit.model.schedule import EMAIL, LOCK, PUSH, RETIRE, Action, Schedule, mark
from toolkit.model.template import BRANDING, Message, Template
from toolkit.planning.change import (
    ASSIGNMENTS,
    POLICY,
    REQUEST,
    SCHEDULE,
    TEMPLATE,
    Change,
    Finding,
    Plan,
    RawRequest,
    Risk,
    Target,
    TenantName,
)

SOME = settings(max_examples=60, deadline=None)

HOSTILE = (
    "[ios] Baseline",
    "[/red]",
    "\x1b]0;x\x07",
    "two\nlines",
    "=cmd",
    "Win*",
    "a?b",
    "\\",
    "-x",
    "\ud83d",
    "‮x",
)
"""Names that a tenant may hold and that a careless program takes for markup, a formula, a pattern or a flag."""

names = st.sampled_from(HOSTILE) | st.text(min_size=1, max_size=12).filter(str.strip)
ids = st.uuids().map(str)
waits = st.integers(0, 8760)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("abcxyz", min_size=1), inner, max_size=3)
    ),
    max_leaves=6,
)
unknown = st.dictionaries(
    st.text("abcdefg", min_size=1, max_size=6).map("x".__add__), json_values, max_size=3
)
"""Properties that Grace does not know; none is called like one that it does."""

emails = st.builds(Action, st.just(EMAIL), waits, ids, st.lists(ids, max_size=3).map(tuple), extra=unknown)
others = st.builds(Action, st.sampled_from([LOCK, PUSH, RETIRE, "wipe"]), waits, extra=unknown)


@st.composite
def schedules(draw: st.DrawFn) -> Schedule:
    actions = draw(st.lists(emails | others, max_size=5))
    return Schedule((mark(draw(waits)), *actions))


assignments = st.lists(
    st.builds(Assignment, st.sampled_from([GROUP, EXCLUDE]), ids, extra=unknown)
    | st.builds(Assignment, st.just(GROUP), ids, ids, st.sampled_from([None, "include", "exclude"]))
    | st.builds(Assignment, st.sampled_from([ALL_USERS, ALL_DEVICES, "newAssignmentTarget"])),
    max_size=4,
    unique_by=lambda assignment: assignment.key,
).map(lambda found: tuple(sorted(found, key=lambda assignment: assignment.key)))

scope_tags = st.lists(st.integers(0, 9).map(str), unique=True, max_size=3).map(tuple)
platforms = st.sampled_from(
    [p.key for p in PLATFORMS if p.collection == CLASSIC] + ["newThingCompliancePolicy"]
)
policies = st.builds(
    Policy,
    name=names,
    platform=platforms,
    id=ids | st.just(""),
    description=st.text(max_size=10),
    settings=unknown,
    schedule=st.none() | schedules(),
    assignments=st.none() | assignments,
    scope_tags=scope_tags,
)

messages = st.builds(
    Message,
    locale=st.sampled_from(["en-us", "fr-fr", "de-de", "ja-jp"]),
    subject=st.text(max_size=10),
    body=st.text(max_size=20),
    is_default=st.booleans(),
    extra=unknown,
)
templates = st.builds(
    Template,
    name=names,
    branding=st.sets(st.sampled_from([*BRANDING, "includeSomethingNew"])).map(frozenset),
    messages=st.none() | st.lists(messages, max_size=4, unique_by=lambda m: m.locale).map(tuple),
    scope_tags=scope_tags,
    description=st.none() | st.text(max_size=10),
    id=ids | st.just(""),
)
requests = st.builds(RawRequest, st.sampled_from(["POST", "DELETE"]), st.text(max_size=9), json_values)

contents = {
    SCHEDULE: schedules(),
    POLICY: policies,
    ASSIGNMENTS: assignments,
    TEMPLATE: templates,
    REQUEST: requests,
}


@st.composite
def changes(draw: st.DrawFn) -> Change:
    kind = draw(st.sampled_from(sorted(contents)))
    return Change(
        target=Target(kind, draw(ids | st.just("")), draw(names), draw(st.sampled_from(["", CLASSIC]))),
        before=draw(st.none() | contents[kind]),
        after=draw(st.none() | contents[kind]),
        reason=draw(st.text(max_size=8)),
        fingerprint=draw(st.text("0123456789abcdef", max_size=32)),
        risk=draw(st.sampled_from(Risk)),
        consequences=tuple(draw(st.lists(st.text(max_size=8), max_size=2))),
    )


findings = st.builds(Finding, st.sampled_from(["error", "warning", "note"]), names, names, names, names)
plans = st.builds(
    Plan,
    command=names,
    tenant=st.builds(TenantName, names, ids, names),
    changes=st.lists(changes(), max_size=3).map(tuple),
    findings=st.lists(findings, max_size=2).map(tuple),
    notes=st.lists(names, max_size=2).map(tuple),
    made=st.none()
    | st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)).map(lambda at: at.replace(tzinfo=UTC, fold=0)),  # noqa: DTZ001 hypothesis wants naive bounds
    names=st.dictionaries(ids, names, max_size=2),
    undoes=st.none() | st.integers(1, 99).map(str),
)


def loose(value: object) -> str:
    """Everything of a value, the parts that `==` leaves out (ids, unknown properties) included."""
    from dataclasses import fields, is_dataclass

    def walk(it: object) -> object:
        if is_dataclass(it) and not isinstance(it, type):
            return [
                type(it).__name__,
                *((f.name, walk(getattr(it, f.name))) for f in fields(it) if f.name not in ("raw", "id")),
            ]
        if isinstance(it, dict):
            return sorted((key, walk(item)) for key, item in it.items())
        if isinstance(it, (list, tuple)):
            return [walk(item) for item in it]
        return sorted(it) if isinstance(it, frozenset) else it

    return repr(walk(value))
