"""What a device's facts mean for its compliance: verdicts per setting and policy, and the state they add up to.

The rules are those of intune-behaviour section 11.4. Nothing here knows a clock: `now` is always passed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from toolkit.model.data.settings import NOT_EVALUATED, SETTINGS, Setting
from toolkit.model.device import COMPLIANT as DEVICE_COMPLIANT
from toolkit.model.device import IN_GRACE as DEVICE_IN_GRACE
from toolkit.model.device import NONCOMPLIANT as DEVICE_NONCOMPLIANT
from toolkit.model.device import UNKNOWN as DEVICE_UNKNOWN
from toolkit.model.units import Hours

UNKNOWN = "unknown"
NOT_APPLICABLE = "notApplicable"
COMPLIANT = "compliant"
IN_GRACE = "inGracePeriod"
NONCOMPLIANT = "nonCompliant"
ERROR = "error"
"""Words for one policy or setting: Graph's complianceStatus, and the grace period for which it has no word."""

SEVERITY = {UNKNOWN: 1, NOT_APPLICABLE: 2, COMPLIANT: 3, IN_GRACE: 4, NONCOMPLIANT: 5, ERROR: 6}
CONFIG_MANAGER = "configManager"
ERROR_HOLD = timedelta(hours=168)
"""How long a setting in error leaves the device's state as it was."""
NO_TIME = timedelta(0)

_THREATS = ("secured", "low", "medium", "high")
_DEVICE_WORDS = {
    UNKNOWN: DEVICE_UNKNOWN,
    COMPLIANT: DEVICE_COMPLIANT,
    IN_GRACE: DEVICE_IN_GRACE,
    NONCOMPLIANT: DEVICE_NONCOMPLIANT,
    ERROR: "error",
}
_PARTS = re.compile(r"\d+|[a-z]+")


class Verdict(NamedTuple):
    """How one setting of a policy stands: `expected` is the policy's value, `found` the device's, None if not told."""

    setting: str
    status: str
    expected: Any
    found: Any


class Record(NamedTuple):
    """How one policy stands with one device.

    `t0` is the moment of the first failing calculation of the open episode, None while there is none; episodes
    are counted from 1. `effective` is what the policy contributes to the device's state. `held_effective` is
    what it contributes while a setting is in error. `fired` holds (episode, action) for what has been carried out.
    """

    device_id: str
    policy_id: str
    actual: str = UNKNOWN
    effective: str = UNKNOWN
    t0: datetime | None = None
    episode: int = 0
    grace_expires: datetime | None = None
    error_since: datetime | None = None
    held_effective: str | None = None
    evaluated_version: int | str | None = None
    fired: frozenset[tuple[int, str]] = frozenset()

    @property
    def is_open(self) -> bool:
        """Noncompliant, in grace or not, so that its actions fall due. A record held by an error is not."""
        return self.actual == NONCOMPLIANT and self.t0 is not None


class Choices(NamedTuple):
    """Answers to what no documentation settles (intune-behaviour 11.10); the defaults are those of the live forecast.

    `holds_errors`: for its first 168 hours a setting in error leaves the state as it was, otherwise it counts at
    once as the gravest. `fires_once`: what was fired in one episode is not fired in a later one. `restarts_grace`:
    a grace period that was edited begins anew, and with it the waits of actions, at the calculation that meets the
    edit.
    """

    holds_errors: bool = True
    fires_once: bool = False
    restarts_grace: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """A device's complianceState, and the built-in checks that it fails: noPolicy, isActive, userGone, userUnlicensed."""

    state: str
    failed_checks: tuple[str, ...] = ()


def version_key(text: str) -> tuple[tuple[int, int, str], ...]:
    """Something to compare versions by: runs of digits as numbers, letters as letters, "14.5" equal to "14.5.0".

    >>> version_key("10.0.22631.4169") > version_key("10.0.19045"), version_key("14.5") == version_key("14.5.0")
    (True, True)
    """
    parts = [(1, int(p), "") if p.isdigit() else (2, 0, p) for p in _PARTS.findall(str(text).lower())]
    while parts and parts[-1] == (1, 0, ""):
        parts.pop()
    return tuple(parts)


def is_asked(setting: Setting, expected: Any) -> bool:
    """Whether a policy with this value asks anything of a device."""
    if setting.rule == "none" or expected is None or expected is False or expected == "":
        return False
    return not (setting.rule in ("level_at_most", "enum_at_least") and expected in NOT_EVALUATED)


def meets(setting: Setting, expected: Any, found: Any) -> bool:
    """Whether a reported value satisfies what the policy asks for. A value of the wrong sort does not."""
    try:
        match setting.rule:
            case "require":
                return found is True
            case "forbid":
                return found is False
            case "at_least":
                return float(found) >= float(expected)
            case "at_most":
                return float(found) <= float(expected)
            case "version_at_least":
                return version_key(found) >= version_key(expected)
            case "version_at_most":
                return version_key(found) <= version_key(expected)
            case "level_at_most":
                return _THREATS.index(found) <= _THREATS.index(expected)
            case "enum_at_least":
                return setting.members.index(found) >= setting.members.index(expected)
            case _:
                return True
    except (TypeError, ValueError):
        return False


def judge(setting: Setting, expected: Any, facts: Mapping[str, Any]) -> Verdict:
    """A fact is the value that the device reports, or {"error": code} where it could not tell.

    A setting on which the device reports nothing counts as met, so that a story need not spell out every fact.
    """
    found = facts.get(setting.name)
    if not is_asked(setting, expected):
        return Verdict(setting.name, NOT_APPLICABLE, expected, found)
    if isinstance(found, Mapping):
        return Verdict(setting.name, ERROR, expected, found)
    passes = found is None or meets(setting, expected, found)
    return Verdict(setting.name, COMPLIANT if passes else NONCOMPLIANT, expected, found)


def judge_policy(
    platform: str, settings: Mapping[str, Any], facts: Mapping[str, Any] | None
) -> tuple[Verdict, ...]:
    """A verdict for every setting that the policy configures, in reading order; `facts` is None before any report."""
    known = [s for s in SETTINGS.get(platform, ()) if settings.get(s.name) is not None]
    if facts is None:
        return tuple(
            Verdict(
                s.name, UNKNOWN if is_asked(s, settings[s.name]) else NOT_APPLICABLE, settings[s.name], None
            )
            for s in known
        )
    return tuple(judge(s, settings[s.name], facts) for s in known)


def policy_actual(verdicts: Iterable[Verdict]) -> str:
    """One failing setting decides, then one in error, then one never reported; a policy that asks nothing is not applicable."""
    found = {verdict.status for verdict in verdicts}
    for status in (NONCOMPLIANT, ERROR, UNKNOWN, COMPLIANT):
        if status in found:
            return status
    return NOT_APPLICABLE


def failing_value(setting: Setting, expected: Any) -> Any | None:
    """A value that a device could report and that does not meet `expected`; None if every value meets it."""
    candidate: Any
    match setting.rule:
        case "require":
            candidate = False
        case "forbid":
            candidate = True
        case "at_least":
            candidate = int(expected) - 1
            if candidate < 0:
                return None
        case "at_most":
            candidate = int(expected) + 1
        case "version_at_least":
            candidate = "0"
        case "version_at_most":
            candidate = f"{expected}.1"
        case "level_at_most":
            candidate = "high"
        case "enum_at_least":
            candidate = setting.members[max(0, setting.members.index(expected) - 1)]
        case _:
            return None
    return None if not is_asked(setting, expected) or meets(setting, expected, candidate) else candidate


_DEFAULTS = Choices()


def step(
    record: Record,
    actual: str,
    grace_hours: Hours,
    now: datetime,
    version: int | str | None = None,
    *,
    since: datetime | None = None,
    choices: Choices = _DEFAULTS,
) -> Record:
    """The record after a calculation whose verdict is `actual`.

    `version` is the policy version that was evaluated; None leaves the last one standing. `since` is what the clock
    of an episode that opens now counts from, None for this calculation.
    """
    if version is not None:
        record = record._replace(evaluated_version=version)
    if actual == UNKNOWN:
        return record._replace(actual=UNKNOWN, effective=UNKNOWN)
    if actual == ERROR:
        error_since = now if record.error_since is None else record.error_since
        if now < error_since + ERROR_HOLD:
            held = record.effective if record.error_since is None else record.held_effective
            shown = (held or UNKNOWN) if choices.holds_errors else ERROR
            return record._replace(
                actual=ERROR, effective=shown, error_since=error_since, held_effective=held
            )
        if record.held_effective == IN_GRACE:
            # A grace period that was frozen begins where the hold ends; one that was over stays over.
            record = record._replace(t0=error_since + ERROR_HOLD)
        record = record._replace(held_effective=None)
        return _noncompliant(record, grace_hours, error_since + ERROR_HOLD, now, choices)
    if record.error_since is not None:
        record = record._replace(error_since=None, held_effective=None)
    if actual == NONCOMPLIANT:
        return _noncompliant(record, grace_hours, now if since is None else since, now, choices)
    fired = record.fired if choices.fires_once else frozenset()
    return record._replace(actual=actual, effective=actual, t0=None, grace_expires=None, fired=fired)


def _noncompliant(
    record: Record, grace_hours: Hours, start: datetime, now: datetime, choices: Choices
) -> Record:
    episode = record.episode
    fired = record.fired
    grace = timedelta(hours=grace_hours)
    t0 = record.t0
    if t0 is None:
        t0 = start
        episode += 1
        if choices.fires_once and fired:
            fired = frozenset((episode, key) for _, key in fired)
    elif choices.restarts_grace and record.grace_expires != t0 + grace:
        t0 = start
    grace_expires = t0 + grace
    return record._replace(
        actual=NONCOMPLIANT,
        effective=IN_GRACE if now < grace_expires else NONCOMPLIANT,
        t0=t0,
        episode=episode,
        grace_expires=grace_expires,
        fired=fired,
    )


def effective_at(record: Record, now: datetime) -> str:
    """What the record contributes at `now`, whether or not a calculation has been made since its grace period ended."""
    if record.actual != NONCOMPLIANT or record.grace_expires is None:
        return record.effective
    return IN_GRACE if now < record.grace_expires else NONCOMPLIANT


def device_state(
    contributions: Iterable[str],
    *,
    secure_by_default: bool,
    last_contact: datetime | None,
    threshold_days: int,
    now: datetime,
    user_problem: str | None = None,
    authority: str = "intune",
    partner_state: str | None = None,
    check_grace: timedelta = NO_TIME,
    failing_since: Mapping[str, datetime] | None = None,
) -> Standing:
    """The gravest of what the policies contribute and of the built-in checks.

    `user_problem` is userGone or userUnlicensed where the enrolled user fails that check. Another authority
    decides alone: a compliance partner's word (noncompliant until it has said one), or Configuration Manager.
    A failing built-in check counts as in grace for `check_grace` from when it began to fail, which
    `failing_since` tells by its name; one that is not in there begins now.
    """
    if authority == "partner":
        return Standing(DEVICE_NONCOMPLIANT if partner_state is None else partner_state)
    if authority == "configmgr":
        return Standing(CONFIG_MANAGER)
    applicable = [status for status in contributions if status != NOT_APPLICABLE]
    failed = []
    if not applicable:
        applicable.append(COMPLIANT)
        if secure_by_default:
            failed.append("noPolicy")
    if last_contact is not None and is_inactive(last_contact, threshold_days, now):
        failed.append("isActive")
    if user_problem is not None:
        failed.append(user_problem)
    if failed:
        known = failing_since or {}
        in_grace = all(now < known.get(check, now) + check_grace for check in failed)
        applicable.append(IN_GRACE if in_grace else NONCOMPLIANT)
    return Standing(_DEVICE_WORDS[max(applicable, key=SEVERITY.__getitem__)], tuple(failed))


def is_inactive(last_contact: datetime, threshold_days: int, now: datetime) -> bool:
    """Whether more than the validity period has passed since the device was last heard of."""
    return now - last_contact > timedelta(days=threshold_days)


def is_compliant(
    state: str, config_manager_verdict: bool | None = None, *, in_grace: bool = True, unknown: bool = False
) -> bool:
    """Entra's isCompliant, which Conditional Access reads: a device in grace still passes, an unknown one does not.

    `in_grace` and `unknown` are what these two states count as; both are inferred (intune-behaviour 11.10).
    """
    if state == CONFIG_MANAGER:
        return config_manager_verdict is True
    if state == DEVICE_UNKNOWN:
        return unknown
    return state == DEVICE_COMPLIANT or (in_grace and state == DEVICE_IN_GRACE)
