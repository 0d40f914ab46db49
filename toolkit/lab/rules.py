"""The lab's switches: what Intune's public documentation leaves open, and which answer this lab gives.

Status letters: D documented, T told by a third party, I inferred by us, U unknown. A switch counts from when it is
set: what has been reckoned stands until it is reckoned again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from toolkit.errors import UsageProblem

Value = str | bool | int | float


class _Meta(Protocol):
    def meta(self, key: str) -> Any: ...
    def set_meta(self, key: str, value: Any) -> None: ...


@dataclass(frozen=True, slots=True)
class Rule:
    """`values` are the allowed words; for a number, `values` is (lowest, highest), both allowed."""

    name: str
    default: Value
    values: tuple[Value, ...]
    status: str
    meaning: str
    source: str

    @property
    def is_number(self) -> bool:
        return not isinstance(self.default, (str, bool))

    @property
    def allowed(self) -> str:
        """What may be typed, in words."""
        if self.is_number:
            return f"{self.values[0]} to {self.values[1]}"
        return " or ".join(_typed(value) for value in self.values)


_YES_NO = (True, False)

RULES: tuple[Rule, ...] = (
    Rule(
        "ruleset", "current", ("current", "2019-11"), "I",
        "which year's service: 2019-11 knows mark, email and lock only, and spares devices reached by device groups",
        "intune-behaviour 11.2, 10",
    ),
    Rule(
        "action-clock", "first-noncompliance", ("first-noncompliance", "after-mark"), "T",
        "what the waits of actions count from: the first noncompliance, or the end of the grace period",
        "intune-behaviour 1.4",
    ),
    Rule(
        "email-latency-min", 60, (0, 360), "I",
        "minutes from the moment a mail falls due until it is sent; six hours is the documented ceiling",
        "intune-behaviour 1.3",
    ),
    Rule(
        "grace-flip", "timer", ("timer", "next-calculation"), "I",
        "when a device in grace becomes noncompliant: as the period ends, or at its next check-in",
        "intune-behaviour 11.2",
    ),
    Rule(
        "fire-on", "timer", ("timer", "checkin"), "I",
        "when a due action is carried out: by the service as it falls due, or at the device's next check-in",
        "intune-behaviour 11.2",
    ),
    Rule(
        "retroactive-actions", True, _YES_NO, "T",
        "whether an action added to a policy also reaches devices for which it would have been due already",
        "intune-behaviour 1.3, IntuneDocs issue 1621, memdocs issue 1425",
    ),
    Rule(
        "retire-drops-when-compliant", False, _YES_NO, "U",
        "whether a device that becomes compliant leaves the retire list by itself",
        "intune-behaviour 3",
    ),
    Rule(
        "template-delete-in-use", "allow", ("allow", "reject"), "U",
        "whether a template that a policy names can be deleted; later mails are suppressed as templateMissing",
        "intune-behaviour 2.2",
    ),
    Rule(
        "cc-without-user-mail", "suppress-all", ("suppress-all", "cc-only"), "I",
        "what becomes of the additional recipients where the user has no mail address",
        "intune-behaviour 4",
    ),
    Rule(
        "cc-group-must-be-mail-enabled", True, _YES_NO, "T",
        "whether a group has to be mail-enabled for its members to receive copies",
        "intune-behaviour 4",
    ),
    Rule(
        "locale-fallback", "exact-then-default", ("exact-then-default", "language-then-default"), "I",
        "for a user who prefers fr-CA and a template with fr-FR: the default message, or the French one",
        "intune-behaviour 2.2",
    ),
    Rule(
        "portal-step-check", "warn", ("warn", "reject"), "I",
        "what is said to a wait that is no multiple of six hours, which the admin centre cannot save",
        "intune-behaviour 1.3",
    ),
    Rule(
        "push-loss-rate", 0.0, (0.0, 1.0), "D",
        "share of push notifications that never arrive",
        "intune-behaviour 1.3",
    ),
    Rule(
        "entra-lag-min", 0, (0, 1440), "U",
        "minutes until Entra's isCompliant follows Intune's state",
        "intune-behaviour 11.11",
    ),
    Rule(
        "random-seed", 1, (0, 2_147_483_647), "I",
        "what chance starts from: lost pushes, and how soon devices notice a changed policy",
        "intune-behaviour 11.2",
    ),
    Rule(
        "clock-origin", "calculation", ("calculation", "break"), "I",
        "when a noncompliance begins: at the calculation that finds it, or when the device's facts last changed before",
        "intune-behaviour 11.10 no. 1",
    ),
    Rule(
        "episodes", "fire-again", ("fire-again", "once"), "I",
        "whether a device that fails anew meets all actions again, or each once for as long as it is assigned",
        "intune-behaviour 11.10 no. 4",
    ),
    Rule(
        "equal-times", "by-kind", ("by-kind", "by-list"), "I",
        "order of actions that fall due together: mail, push, lock, retire, or as listed; the mark is first either way",
        "intune-behaviour 11.10 no. 6",
    ),
    Rule(
        "device-block", "shown", ("shown", "left-out"), "I",
        "whether a mail ends with the device's name, system, model, id and last check-in",
        "intune-behaviour 11.10 no. 9",
    ),
    Rule(
        "length-check", "template", ("template", "mail"), "I",
        "whether 78 and 2,000 characters bind the template only, or also the filled-in mail, suppressed as tooLong",
        "intune-behaviour 11.10 no. 10",
    ),
    Rule(
        "built-in-grace-hours", 0, (0, 8760), "I",
        "hours for which a failing built-in check leaves a device in grace; no action follows from one",
        "intune-behaviour 11.10 no. 11",
    ),
    Rule(
        "error-state", "held", ("held", "severity"), "I",
        "a setting in error, for its first 168 hours: the state stays as it was, or is error at once",
        "intune-behaviour 11.10 no. 12",
    ),
    Rule(
        "grace-is-compliant", True, _YES_NO, "I",
        "whether Entra's isCompliant is true for a device in grace",
        "intune-behaviour 11.10 no. 13",
    ),
    Rule(
        "unknown-is-compliant", False, _YES_NO, "I",
        "whether Entra's isCompliant is true for a device whose state is unknown",
        "intune-behaviour 11.10 no. 14",
    ),
    Rule(
        "what-if-missing", "not-enough-information", ("not-enough-information", "ignored"), "I",
        "what What If makes of a condition about which the request says nothing: it cannot tell, or passes over it",
        "intune-behaviour 11.10 no. 16",
    ),
    Rule(
        "what-if-names", "first", ("first", "last"), "I",
        "which of several conditions that do not hold What If names, in the order of Graph's list of them",
        "intune-behaviour 11.10 no. 16",
    ),
    Rule(
        "change-sync-max-min", 180, (0, 1440), "I",
        "minutes within which an online device notices a changed policy; each takes its own share by chance",
        "intune-behaviour 11.10 no. 17",
    ),
    Rule(
        "linux-checkins", "eight-hours", ("eight-hours", "as-windows"), "I",
        "whether Linux devices check in every eight hours from enrolment on, or first more often, as Windows does",
        "intune-behaviour 11.10 no. 18",
    ),
    Rule(
        "same-day", "utc", ("utc", "rolling"), "I",
        "what one push a day means: one in a calendar day in UTC, or one in 24 hours",
        "intune-behaviour 11.10 no. 20",
    ),
    Rule(
        "grace-edit", "keeps-start", ("keeps-start", "starts-anew"), "I",
        "an edited grace period, for a device that is noncompliant: it counts from the same start, or begins anew",
        "intune-behaviour 11.10 no. 21",
    ),
    Rule(
        "retry-after", "always", ("always", "never"), "T",
        "whether Intune's refusals of too many requests say how long to wait",
        "graph-contract 9.4, IntuneCD issue 217",
    ),
    Rule(
        "actions-api", "observed", ("observed", "documented"), "T",
        "whether single actions have addresses of their own: the live service refuses them, the reference shows them",
        "graph-contract 2.1",
    ),
)  # fmt: skip

_BY_NAME = {rule.name: rule for rule in RULES}


def value(store: _Meta, name: str) -> Any:
    """A str, bool, int or float, as the rule's default is. Raises UsageProblem for a rule that does not exist."""
    rule = _rule(name)
    return (store.meta("rules") or {}).get(rule.name, rule.default)


def values(store: _Meta) -> dict[str, Any]:
    """Every rule with the value that holds, in the order of RULES."""
    changed = store.meta("rules") or {}
    return {rule.name: changed.get(rule.name, rule.default) for rule in RULES}


def set_value(store: _Meta, name: str, text: str) -> Value:
    """Sets a rule from typed text and returns its value; setting the default again forgets the override."""
    rule = _rule(name)
    chosen = _parsed(rule, str(text))
    changed = dict(store.meta("rules") or {})
    if chosen == rule.default:
        changed.pop(rule.name, None)
    else:
        changed[rule.name] = chosen
    store.set_meta("rules", changed)
    return chosen


def _rule(name: str) -> Rule:
    rule = _BY_NAME.get(name.strip().lower().replace("_", "-"))
    if rule is not None:
        return rule
    from difflib import get_close_matches

    near = get_close_matches(name.lower().replace("_", "-"), list(_BY_NAME), n=1, cutoff=0.4)
    hint = f"Nearest: {near[0]}." if near else "See them all: grace lab rules"
    raise UsageProblem(f'The lab has no rule "{name}".', hint=hint, detail={"nearest": near})


def _parsed(rule: Rule, text: str) -> Value:
    typed = text.strip().lower().replace("_", "-")
    if not rule.is_number:
        for allowed in rule.values:
            if typed == _typed(allowed):
                return allowed
    else:
        low, high = (float(bound) for bound in rule.values)
        try:
            number = type(rule.default)(typed)
        except ValueError:
            number = None
        if isinstance(number, (int, float)) and low <= number <= high:
            return number
    raise UsageProblem(f'"{text}" is no value of {rule.name}.', hint=f"It is {rule.allowed}.")


def _typed(value: Value) -> str:
    return str(value).lower()
