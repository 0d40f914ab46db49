"""What Conditional Access makes of a sign-in: the decision, What If's answers, and who falls between two assignments.

The rules are those of intune-behaviour 6.1, 6.3, 6.5 and 11.7. Preview, lab and `access` commands call the same
functions; nothing here knows a tenant: who is in which group or role, nested ones included, is passed in.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from toolkit.forecast.device_filter import meets_filter
from toolkit.model.access import (
    ADMIN_PORTALS,
    BLOCK,
    BY_THE_PERSON,
    COMPLIANT_DEVICE,
    CONTROLS,
    DEVICE_CODE,
    ENABLED,
    EVERYTHING,
    GUESTS,
    HYBRID_DEVICE,
    MODERN_CLIENTS,
    NOTHING,
    OFFICE_365,
    PLATFORMS,
    REPORT_ONLY,
    UNKNOWN_PLATFORM,
    UNMANAGED,
    AccessPolicy,
    People,
    Person,
    Sides,
    SignIn,
)
from toolkit.model.data.apps import ENROLMENT_APPS, OFFICE_365_APPS

GRANTED = "granted"
BLOCKED = "blocked"
INTERRUPTED = "interrupted"
"""A person has to do something first, such as multifactor authentication."""

SUCCESS = "success"
FAILURE = "failure"
USER_ACTION = "userActionRequired"
NOT_APPLIED = "notApplied"
"""What one policy says of a sign-in; report-only policies say the same and enforce nothing (intune-behaviour 6.4)."""

NOT_SET = "notSet"
NOT_ENOUGH = "notEnoughInformation"
INVALID = "invalidCondition"
NOT_ENABLED = "policyNotEnabled"
"""Members of Graph's whatIfAnalysisReasons; the others are the names of conditions below."""

_Condition = tuple[str, Callable[[AccessPolicy, SignIn], bool | None]]

_TRUST_HYBRID = "serverad"
_SUPPORTED = frozenset(platform.lower() for platform in PLATFORMS)
_APP_GROUPS = frozenset((EVERYTHING, NOTHING, OFFICE_365, ADMIN_PORTALS))


class PolicyResult(NamedTuple):
    """`missing` are the controls that are wanting, in the order in which they are asked for: all that an AND lacks,
    all of an OR of which none is met. `reason` is why a policy does not apply, "notSet" where it does.
    """

    policy: AccessPolicy
    result: str
    missing: tuple[str, ...] = ()
    reason: str = NOT_SET


@dataclass(frozen=True, slots=True)
class Decision:
    """`policy` and `missing` say what stopped or interrupted a sign-in that was not granted."""

    outcome: str
    policy: AccessPolicy | None
    missing: str | None
    results: tuple[PolicyResult, ...]
    """One for each policy, in the order given; disabled ones as notApplied."""


class WhatIf(NamedTuple):
    """One policy of a What If answer; `reason` is a member of whatIfAnalysisReasons, notSet where it applies."""

    policy: AccessPolicy
    applies: bool
    reason: str


def sign_in(policies: Iterable[AccessPolicy], attempt: SignIn) -> Decision:
    """The decision of 11.7 on a whole session: what `attempt` leaves out is read as the least that a session can say.

    That is: an unknown platform, a browser, a device that proves nothing, no risk, no special flow, no named
    location. Every enabled policy that applies must be satisfied; `block` beats everything, then what the person
    cannot mend, then what the person can. Report-only policies are worked out alike and change nothing (V17).
    """
    session = _whole(attempt)
    results = tuple(_result(policy, session) for policy in policies)
    enforced = [row for row in results if row.policy.state == ENABLED]
    for result, outcome in ((FAILURE, BLOCKED), (USER_ACTION, INTERRUPTED)):
        stopped = [row for row in enforced if row.result == result]
        if stopped:
            first = min(stopped, key=lambda row: _rank(_decisive(row)))
            return Decision(outcome, first.policy, _decisive(first), results)
    return Decision(GRANTED, None, None, results)


def what_if(
    policies: Iterable[AccessPolicy],
    attempt: SignIn,
    *,
    ignores_missing: bool = False,
    names_last: bool = False,
) -> tuple[WhatIf, ...]:
    """Which policies would apply to what is given, and for the others the first condition not met (6.3, 11.7).

    Nothing is assumed: an input that a configured condition needs and that is None gives notEnoughInformation.
    No verdict on the controls; that is `sign_in`'s. Two inferences of 11.10 can be turned round: with
    `ignores_missing` such a condition counts as met, with `names_last` conditions are tested from the last on.
    """
    conditions = _CONDITIONS[::-1] if names_last else _CONDITIONS
    found = [(policy, _reason(policy, attempt, conditions, ignores_missing)) for policy in policies]
    return tuple(WhatIf(policy, reason == NOT_SET, reason) for policy, reason in found)


def controls_missing(policy: AccessPolicy, attempt: SignIn) -> PolicyResult:
    """How a policy that applies stands with the session, whether or not its conditions hold."""
    session = _whole(attempt)
    if BLOCK in policy.controls:
        return PolicyResult(policy, FAILURE, (BLOCK,))
    missing = tuple(name for name in policy.controls if not _is_met(name, session))
    if not missing or (not policy.needs_all and len(missing) < len(policy.controls)):
        return PolicyResult(policy, SUCCESS)
    by_the_person = [name in BY_THE_PERSON for name in missing]
    # An OR can still be mended by one control that the person satisfies, an AND only if all that lack are such.
    mendable = all(by_the_person) if policy.needs_all else any(by_the_person)
    return PolicyResult(policy, USER_ACTION if mendable else FAILURE, missing)


class Cell(NamedTuple):
    """One of the four cells of intune-behaviour 6.5. `users` are ids in the order given."""

    in_compliance: bool
    in_access: bool
    users: tuple[str, ...]

    @property
    def when_compliant(self) -> str:
        """What it means where the tenant counts devices without a policy as compliant: a key of EFFECTS."""
        return _EFFECT[self.in_compliance, self.in_access][0]

    @property
    def when_not_compliant(self) -> str:
        """The same where such devices count as noncompliant ("secure by default")."""
        return _EFFECT[self.in_compliance, self.in_access][1]


@dataclass(frozen=True, slots=True)
class Coordination:
    """One platform: four cells that hold each user once, (yes, yes) first and (no, no) last."""

    platform: str
    cells: tuple[Cell, ...]


ENFORCED = "enforced"
NEVER_ENFORCED = "neverEnforced"
PASSES_UNEVALUATED = "passesUnevaluated"
BLOCKED_UNEVALUATED = "blockedUnevaluated"
OUTSIDE = "outside"

EFFECTS: dict[str, str] = {
    ENFORCED: "evaluated and enforced",
    NEVER_ENFORCED: "evaluated, never enforced: a silent gap",
    PASSES_UNEVALUATED: "passes without being evaluated: a security gap",
    BLOCKED_UNEVALUATED: "blocked without a policy to meet: calls for the help desk",
    OUTSIDE: "outside both",
}
_EFFECT = {
    (True, True): (ENFORCED, ENFORCED),
    (True, False): (NEVER_ENFORCED, NEVER_ENFORCED),
    (False, True): (PASSES_UNEVALUATED, BLOCKED_UNEVALUATED),
    (False, False): (OUTSIDE, OUTSIDE),
}


def coordination(
    people: Sequence[Person],
    compliance: Mapping[str, Collection[str]],
    policies: Iterable[AccessPolicy],
    *,
    platforms: Sequence[str] = PLATFORMS,
    states: Collection[str] = (ENABLED,),
) -> tuple[Coordination, ...]:
    """Who is in the scope of compliance policies, of Conditional Access, of both and of neither, per platform (6.5).

    `compliance` gives, by platform in Graph's words ("iOS"), the ids of the people whom a compliance policy is
    assigned to. An access policy counts where only a compliant device gets through, on that platform, for any
    application; `states` widens that to report-only policies.
    """
    requiring = [policy for policy in policies if policy.requires_compliance and policy.state in states]
    table = []
    for platform in platforms:
        here = [policy for policy in requiring if _in_sides(policy.platforms, platform.lower())]
        assigned = {id.lower() for id in compliance.get(platform, ())}
        users: dict[tuple[bool, bool], list[str]] = {cell: [] for cell in _EFFECT}
        for person in people:
            in_access = any(_names(policy, person) for policy in here)
            users[person.id.lower() in assigned, in_access].append(person.id)
        table.append(Coordination(platform, tuple(Cell(*cell, tuple(ids)) for cell, ids in users.items())))
    return tuple(table)


def _result(policy: AccessPolicy, session: SignIn) -> PolicyResult:
    reason = _reason(policy, session, _CONDITIONS)
    if reason != NOT_SET:
        return PolicyResult(policy, NOT_APPLIED, reason=reason)
    return controls_missing(policy, session)


def _reason(
    policy: AccessPolicy, attempt: SignIn, conditions: Sequence[_Condition], ignores_missing: bool = False
) -> str:
    """The first condition that does not hold, "notSet" if all do."""
    if policy.state not in (ENABLED, REPORT_ONLY):
        return NOT_ENABLED
    for name, holds in conditions:
        try:
            found = holds(policy, attempt)
        except ValueError:
            return INVALID
        if found is None:
            if ignores_missing:
                continue
            return NOT_ENOUGH
        if not found:
            return name
    return NOT_SET


def _whole(attempt: SignIn) -> SignIn:
    """The session with nothing left open, and with the device only where the client shows one."""
    client = attempt.client or "browser"
    shows_device = client in MODERN_CLIENTS and attempt.flow != DEVICE_CODE and not attempt.hides_device
    device = attempt.device if attempt.device is not None and shows_device else UNMANAGED
    return replace(
        attempt,
        platform=attempt.platform or UNKNOWN_PLATFORM,
        client=client,
        # Nobody sees attributes of a device that is not registered, whatever is known of it elsewhere.
        device=device if device.is_registered else UNMANAGED,
        flow=attempt.flow or NOTHING,
        locations=attempt.locations if attempt.locations is not None else frozenset(),
        sign_in_risk=attempt.sign_in_risk or NOTHING,
        user_risk=attempt.user_risk or NOTHING,
        service_principal_risk=attempt.service_principal_risk or NOTHING,
        insider_risk=attempt.insider_risk or NOTHING,
    )


def _is_met(control: str, session: SignIn) -> bool:
    if control in session.satisfied:
        return True
    device = session.device or UNMANAGED
    is_supported = (session.platform or "").lower() in _SUPPORTED
    if control == COMPLIANT_DEVICE:
        # Enrolment has to stay possible for a device that is not compliant yet (intune-behaviour 6.1).
        if session.apps and session.apps <= ENROLMENT_APPS:
            return True
        return is_supported and device.is_compliant
    if control == HYBRID_DEVICE:
        return is_supported and (device.trust_type or "").lower() == _TRUST_HYBRID
    return False


def _decisive(row: PolicyResult) -> str:
    """The missing control that decides: for a failure one that the person cannot mend, else one that the person can."""
    mendable = row.result == USER_ACTION
    return next(name for name in row.missing if (name in BY_THE_PERSON) is mendable)


def _rank(control: str) -> int:
    return CONTROLS.index(control) if control in CONTROLS else len(CONTROLS)


def _users(policy: AccessPolicy, attempt: SignIn) -> bool | None:
    if attempt.person is not None:
        return _names(policy, attempt.person)
    if attempt.service_principal_id is not None:
        return policy.workloads is not None
    return None


def _names(policy: AccessPolicy, person: Person) -> bool:
    """Excluded beats included, by whatever list (V18)."""
    return _is_one_of(policy.include, person) and not _is_one_of(policy.exclude, person)


def _is_one_of(people: People, person: Person) -> bool:
    if EVERYTHING in people.users or person.id.lower() in people.users:
        return True
    if not people.groups.isdisjoint(id.lower() for id in person.groups):
        return True
    if not people.roles.isdisjoint(id.lower() for id in person.roles):
        return True
    if person.guest_type is None:
        return False
    if GUESTS in people.users:
        return True
    is_from = people.guest_tenants is None or (person.home_tenant or "").lower() in people.guest_tenants
    return person.guest_type in people.guest_types and is_from


def _workloads(policy: AccessPolicy, attempt: SignIn) -> bool | None:
    if policy.workloads is None:
        return True
    if attempt.service_principal_id is None:
        return False
    words = {attempt.service_principal_id.lower(), "serviceprincipalsinmytenant"}
    return not words.isdisjoint(policy.workloads.include) and (
        attempt.service_principal_id.lower() not in policy.workloads.exclude
    )


def _apps(policy: AccessPolicy, attempt: SignIn) -> bool | None:
    if not policy.apps.include:
        # The policy is about a user action or a context instead, which have conditions of their own.
        return bool(policy.user_actions or policy.contexts)
    if not attempt.apps:
        return False if attempt.user_action is not None or attempt.context is not None else None
    return any(_has_app(policy.apps, app.lower()) for app in attempt.apps)


def _has_app(apps: Sides, app: str) -> bool:
    # A group of applications as an input matches nothing (intune-behaviour 6.3).
    return app not in _APP_GROUPS and _lists_app(apps.include, app) and not _lists_app(apps.exclude, app)


def _lists_app(listed: frozenset[str], app: str) -> bool:
    return EVERYTHING in listed or app in listed or (OFFICE_365 in listed and app in OFFICE_365_APPS)


def _user_actions(policy: AccessPolicy, attempt: SignIn) -> bool:
    return not policy.user_actions or (attempt.user_action or "").lower() in policy.user_actions


def _contexts(policy: AccessPolicy, attempt: SignIn) -> bool:
    return not policy.contexts or (attempt.context or "").lower() in policy.contexts


def _platforms(policy: AccessPolicy, attempt: SignIn) -> bool | None:
    if policy.platforms is None:
        return True
    return None if attempt.platform is None else _in_sides(policy.platforms, attempt.platform.lower())


def _in_sides(sides: Sides | None, value: str) -> bool:
    if sides is None:
        return True
    return (EVERYTHING in sides.include or value in sides.include) and not (
        EVERYTHING in sides.exclude or value in sides.exclude
    )


def _devices(policy: AccessPolicy, attempt: SignIn) -> bool | None:
    if policy.device_filter is None:
        return True
    if attempt.device is None:
        return None
    is_met = meets_filter(policy.device_filter.rule, attempt.device.facts)
    return is_met is not policy.device_filter.is_exclusion


def _clients(policy: AccessPolicy, attempt: SignIn) -> bool | None:
    if not policy.client_apps or EVERYTHING in policy.client_apps:
        return True
    return None if attempt.client is None else attempt.client in policy.client_apps


def _locations(policy: AccessPolicy, attempt: SignIn) -> bool | None:
    sides = policy.locations
    if sides is None or (EVERYTHING in sides.include and not sides.exclude):
        return True
    if attempt.locations is None:
        return None
    here = {EVERYTHING, *(id.lower() for id in attempt.locations)}
    return not here.isdisjoint(sides.include) and here.isdisjoint(sides.exclude)


def _among(levels: frozenset[str], level: str | None) -> bool | None:
    if not levels:
        return True
    return None if level is None else level in levels


def _sign_in_risk(policy: AccessPolicy, attempt: SignIn) -> bool | None:
    return _both(
        _among(policy.sign_in_risks, attempt.sign_in_risk),
        _among(policy.service_principal_risks, attempt.service_principal_risk),
    )


def _both(one: bool | None, other: bool | None) -> bool | None:
    if one is False or other is False:
        return False
    return None if one is None or other is None else True


def _user_risk(policy: AccessPolicy, attempt: SignIn) -> bool | None:
    return _among(policy.user_risks, attempt.user_risk)


def _insider_risk(policy: AccessPolicy, attempt: SignIn) -> bool | None:
    return _among(policy.insider_risks, attempt.insider_risk)


def _flows(policy: AccessPolicy, attempt: SignIn) -> bool | None:
    return _among(policy.flows, attempt.flow)


_CONDITIONS: tuple[_Condition, ...] = (
    ("users", _users),
    ("workloadIdentities", _workloads),
    ("application", _apps),
    ("userActions", _user_actions),
    ("authenticationContext", _contexts),
    ("devicePlatform", _platforms),
    ("devices", _devices),
    ("clientApps", _clients),
    ("location", _locations),
    ("signInRisk", _sign_in_risk),
    ("userRisk", _user_risk),
    ("insiderRisk", _insider_risk),
    ("authenticationFlow", _flows),
)
"""In the order in which they are tested (intune-behaviour 11.7, inferred; the last two follow the enum, our choice).
True: it holds or is not configured; None: its input is missing."""
