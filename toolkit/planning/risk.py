"""How risky a change is and what follows from it, in plain words.

LOW is reversible and touches no device. HIGH removes an object, adds a retirement or brings one forward,
or shortens a grace period that devices are in. Everything else is MEDIUM.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import unquote, urlsplit

from toolkit.model.policy import ALL_DEVICES, ALL_USERS, EXCLUDE, Assignment, Policy
from toolkit.model.schedule import EMAIL, KINDS, LOCK, MARK, PUSH, RETIRE, Action, Schedule
from toolkit.model.template import Template
from toolkit.model.units import in_words
from toolkit.planning.change import (
    ASSIGNMENTS,
    POLICY,
    REQUEST,
    SCHEDULE,
    TEMPLATE,
    Change,
    Plan,
    RawRequest,
    Risk,
)
from toolkit.planning.diff import ADDED, CHANGED, REMOVED, schedule_lines


@dataclass(frozen=True, slots=True)
class Reach:
    """What a change could touch. None means that it was not read, and counts as "yes"."""

    is_assigned: Mapping[str, bool] = field(default_factory=dict)
    in_grace: Mapping[str, int] = field(default_factory=dict)
    template_users: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def assess(plan: Plan, reach: Reach) -> Plan:
    """The plan with the risk and the consequences of each of its changes."""
    return replace(plan, changes=tuple(_assessed(change, plan, reach) for change in plan.changes))


def _assessed(change: Change, plan: Plan, reach: Reach) -> Change:
    kind = change.target.kind
    if kind == SCHEDULE and isinstance(change.after, Schedule):
        before = change.before if isinstance(change.before, Schedule) else None
        risk, words = _of_schedule(change.target.id, before, change.after, plan, reach)
    elif kind == TEMPLATE:
        risk, words = _of_template(change, reach)
    elif kind == POLICY:
        risk, words = _of_policy(change, plan, reach)
    elif kind == ASSIGNMENTS:
        risk, words = _of_assignments(change, plan)
    elif kind == REQUEST and isinstance(change.after, RawRequest):
        risk, words = _of_request(change.after)
    else:
        risk, words = Risk.LOW, ()
    new = tuple(word for word in words if word not in change.consequences)
    return replace(change, risk=risk, consequences=(*change.consequences, *new))


def _of_schedule(
    policy_id: str, before: Schedule | None, after: Schedule, plan: Plan, reach: Reach
) -> tuple[Risk, tuple[str, ...]]:
    words: list[str] = []
    risk = Risk.MEDIUM if reach.is_assigned.get(policy_id, True) else Risk.LOW
    for line in schedule_lines(before, after):
        if line.sign == ADDED and line.after is not None:
            words.append(_effect(line.after, plan))
            if (line.after.kind == RETIRE or line.after.kind not in KINDS) and risk is not Risk.LOW:
                risk = Risk.HIGH
        elif line.sign == CHANGED and line.before is not None and line.after is not None:
            old, new = line.before, line.after
            sooner = new.after < old.after
            if new.kind == RETIRE and sooner and risk is not Risk.LOW:
                risk = Risk.HIGH
            if new.kind == MARK:
                words.append(
                    f"the grace period {'shrinks' if sooner else 'grows'}: {in_words(old.after)} → {in_words(new.after)}"
                )
                caught = reach.in_grace.get(policy_id)
                if sooner and caught is None and risk is not Risk.LOW:
                    words.append("which devices are in the grace period that becomes shorter was not read")
                    risk = Risk.HIGH
                if sooner and caught:
                    devices = "1 device is" if caught == 1 else f"{caught} devices are"
                    words.append(
                        f"{devices} in the grace period that becomes shorter, and may lose access earlier"
                    )
                    risk = Risk.HIGH
        elif line.sign == REMOVED and line.before is not None:
            when = "at once" if line.before.after == 0 else f"after {in_words(line.before.after)}"
            words.append(f"no more: {line.before.words.lower()} {when}")
    return risk, tuple(dict.fromkeys(words))


def _effect(action: Action, plan: Plan) -> str:
    when = "at once" if action.after == 0 else f"after {in_words(action.after)}"
    if action.kind == EMAIL:
        groups = [plan.names.get(id, id) for id in action.cc_group_ids]
        copy = f", copied to {', '.join(groups)}" if groups else ""
        return f"mails the user {when}{copy}"
    return {
        LOCK: f"locks the device {when}; the user unlocks it with the passcode",
        RETIRE: f"adds to the retire list {when}; an admin must confirm",
        PUSH: f"pushes a notification written by Intune {when}",
        MARK: f"marks the device noncompliant {when}",
    }.get(action.kind, f"{action.kind} {when}")


def _of_template(change: Change, reach: Reach) -> tuple[Risk, tuple[str, ...]]:
    users = reach.template_users.get(change.target.id, ())
    if change.after is None:
        still = "1 policy still uses" if len(users) == 1 else f"{len(users)} policies still use"
        words = (f"{still} it and will send nothing",) if users else ()
        return Risk.HIGH, words
    if isinstance(change.before, Template) and users:
        return Risk.MEDIUM, (f"the next mails of {_some(users)} read differently",)
    return Risk.LOW, ()


def _of_policy(change: Change, plan: Plan, reach: Reach) -> tuple[Risk, tuple[str, ...]]:
    if change.after is None:
        return Risk.HIGH, ("devices are no longer checked by it; undo brings it back under a new id",)
    assert isinstance(change.after, Policy)
    if change.before is None:
        if not change.after.assignments:
            return Risk.LOW, ("reaches no device until it is assigned",)
        risk = Risk.MEDIUM
        words: tuple[str, ...] = ("devices are checked by it from their next check-in",)
        if change.after.schedule is not None:
            of_schedule, more = _of_schedule("", None, change.after.schedule, plan, reach)
            risk, words = max(risk, of_schedule), (*words, *more)
        return max(risk, _breadth(change.after.assignments)), words
    if reach.is_assigned.get(change.target.id, True):
        return Risk.MEDIUM, (
            "assigned devices are evaluated anew at their next check-in; how many will fail cannot be foretold",
        )
    return Risk.LOW, ()


def _of_assignments(change: Change, plan: Plan) -> tuple[Risk, tuple[str, ...]]:
    """HIGH where everybody comes under the policy, nobody stays under it, or an exclusion is taken away."""
    before = change.before if isinstance(change.before, tuple) else ()
    after = change.after if isinstance(change.after, tuple) else ()
    old, new = {a.key for a in before}, {a.key for a in after}
    added = [a for a in after if a.key not in old]
    removed = [a for a in before if a.key not in new]
    words = []
    if any(a.kind != EXCLUDE for a in added) or any(a.kind == EXCLUDE for a in removed):
        words.append(
            "devices that come under the policy are checked by it from their next check-in;"
            " how many will fail cannot be foretold"
        )
    if lost := [a for a in removed if a.kind != EXCLUDE] + [a for a in added if a.kind == EXCLUDE]:
        words.append(f"no longer checked by it: {', '.join(_target_words(a, plan) for a in lost)}")
    if back := [a for a in removed if a.kind == EXCLUDE]:
        words.append(f"no longer excluded: {', '.join(_target_words(a, plan) for a in back)}")
    has_any = any(a.kind != EXCLUDE for a in before)
    nobody = not any(a.kind != EXCLUDE for a in after)
    if nobody and (before or after):
        words.append("the policy is then assigned to nobody, and its actions reach no device")
    # Whoever was left out on purpose, an emergency account for one, comes under the policy.
    is_high = (has_any and nobody) or bool(back)
    return (Risk.HIGH if is_high else max(Risk.MEDIUM, _breadth(added))), tuple(words)


def _breadth(added: Iterable[Assignment]) -> Risk:
    return Risk.HIGH if any(a.kind in (ALL_USERS, ALL_DEVICES) for a in added) else Risk.LOW


def _target_words(assignment: Assignment, plan: Plan) -> str:
    if assignment.group_id is not None:
        return f'"{plan.names.get(assignment.group_id, assignment.group_id)}"'
    return assignment.kind.replace("-", " ")


# Raw writes that touch no device and take nothing away; every other one may, and is high risk.
_HARMLESS = (
    re.compile(
        r"/devicemanagement/notificationmessagetemplates(/[^/]+(/localizednotificationmessages(/[^/]+)?)?)?"
    ),
    re.compile(r"/devicemanagement/notificationmessagetemplates/[^/]+/sendtestmessage"),
    re.compile(r"/devicemanagement/manageddevices/[^/]+/syncdevice"),
    re.compile(r"/devicemanagement/reports/get\w+"),
    re.compile(r"/directoryobjects/getbyids"),
    re.compile(r"/identity/conditionalaccess/evaluate"),
)


def _of_request(request: RawRequest) -> tuple[Risk, tuple[str, ...]]:
    words = ("sent exactly as written; undo cannot take back a raw request",)
    path = (
        unquote(urlsplit(request.url).path)
        .casefold()
        .replace("microsoft.graph.", "")
        .rstrip("/")
        .removesuffix("()")
    )
    path = re.sub(r"^/(v1\.0|beta)(?=/)", "", path)
    is_harmless = request.method in ("POST", "PATCH") and any(route.fullmatch(path) for route in _HARMLESS)
    return (Risk.MEDIUM if is_harmless else Risk.HIGH), words


def _some(names: tuple[str, ...]) -> str:
    shown = ", ".join(f'"{name}"' for name in names[:3])
    return shown + (f" and {len(names) - 3} more" if len(names) > 3 else "")
