"""Filters for devices in Conditional Access: rules such as `device.trustType -eq "AzureAD" -and device.isCompliant -ne True`.

An attribute that the device has not, as every one of an unregistered device, meets no positive operator and every
negative one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

Test = Callable[[Mapping[str, Any]], bool]

DEEPEST = 50
"""Brackets within brackets; our bound, so that a hostile rule cannot exhaust the stack."""

_TOKEN = re.compile(r"""\s*(?:([()\[\],])|"([^"]*)"|'([^']*)'|(-[a-zA-Z]+)|([A-Za-z0-9_.]+))""")
_END = ("", "")

_POSITIVE: dict[str, Callable[[str, str], bool]] = {
    "eq": lambda found, wanted: found == wanted,
    "startswith": lambda found, wanted: found.startswith(wanted),
    "endswith": lambda found, wanted: found.endswith(wanted),
    "contains": lambda found, wanted: wanted in found,
    "in": lambda found, wanted: found == wanted,
}
_NEGATIVE = {
    "ne": "eq",
    "notstartswith": "startswith",
    "notendswith": "endswith",
    "notcontains": "contains",
    "notin": "in",
}


def meets_filter(rule: str, facts: Mapping[str, Any]) -> bool:
    """Whether a device with these attributes (deviceInfo's names) meets the rule. Raises ValueError as `check_filter`."""
    return _compiled(rule)({name.lower(): value for name, value in facts.items()})


def check_filter(rule: str) -> None:
    """Raises ValueError, with a sentence, for a rule that cannot be read."""
    _compiled(rule)


@lru_cache(maxsize=256)
def _compiled(rule: str) -> Test:
    return _Reader(rule).whole()


class _Reader:
    """Tokens are (kind, text): kind is sign, text, word or operator; "" at the end."""

    def __init__(self, rule: str) -> None:
        self._tokens = _tokens(rule)
        self._place = 0
        self._depth = 0

    def whole(self) -> Test:
        test = self._any()
        if self._peek() != _END:
            raise ValueError(f'"{self._peek()[1]}" is not expected in the rule.')
        return test

    def _any(self) -> Test:
        parts = [self._all()]
        while self._take_operator("or"):
            parts.append(self._all())
        return parts[0] if len(parts) == 1 else lambda facts: any(part(facts) for part in parts)

    def _all(self) -> Test:
        parts = [self._one()]
        while self._take_operator("and"):
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else lambda facts: all(part(facts) for part in parts)

    def _one(self) -> Test:
        self._depth += 1
        if self._depth > DEEPEST:
            raise ValueError(f"The rule nests deeper than {DEEPEST}.")
        if self._take_operator("not"):
            inner = self._one()
            test: Test = lambda facts: not inner(facts)  # noqa: E731 - a def here would hide that it is one value
        elif self._peek() == ("sign", "("):
            self._next()
            test = self._any()
            self._expect(")")
        else:
            test = self._comparison()
        self._depth -= 1
        return test

    def _comparison(self) -> Test:
        kind, name = self._next()
        if kind != "word" or not name.lower().startswith("device."):
            raise ValueError("A comparison of the rule begins with device. and an attribute's name.")
        key = name.lower().removeprefix("device.")
        kind, operator = self._next()
        negative = _NEGATIVE.get(operator)
        if kind != "operator" or (negative is None and operator not in _POSITIVE):
            raise ValueError(f'"{operator}" is no operator that compares.')
        holds = _POSITIVE[negative or operator]
        wanted = self._values() if (negative or operator) == "in" else (self._value(),)

        def test(facts: Mapping[str, Any]) -> bool:
            found = [_written(value) for value in _each(facts.get(key))]
            is_met = any(holds(one, value) for one in found for value in wanted if value is not None)
            is_met = is_met or (not found and None in wanted)
            return is_met is (negative is None)

        return test

    def _values(self) -> tuple[str | None, ...]:
        self._expect("[")
        values = [self._value()]
        while self._peek() == ("sign", ","):
            self._next()
            values.append(self._value())
        self._expect("]")
        return tuple(values)

    def _value(self) -> str | None:
        kind, text = self._next()
        if kind == "text" or (kind == "word" and text.lower() in ("true", "false")):
            return text.lower()
        if kind == "word" and text.lower() == "null":
            return None
        raise ValueError(f'"{text}" is no value: a text in quotes, True, False or null.')

    def _peek(self) -> tuple[str, str]:
        return self._tokens[self._place] if self._place < len(self._tokens) else _END

    def _next(self) -> tuple[str, str]:
        token = self._peek()
        if token == _END:
            raise ValueError("The rule ends too early.")
        self._place += 1
        return token

    def _take_operator(self, name: str) -> bool:
        if self._peek() != ("operator", name):
            return False
        self._place += 1
        return True

    def _expect(self, sign: str) -> None:
        if self._peek() != ("sign", sign):
            raise ValueError(f'The rule lacks a "{sign}".')
        self._place += 1


def _tokens(rule: str) -> list[tuple[str, str]]:
    tokens: list[tuple[str, str]] = []
    place = 0
    rule = rule.rstrip()
    while place < len(rule):
        found = _TOKEN.match(rule, place)
        if found is None:
            raise ValueError(f"The rule cannot be read from character {place + 1} on.")
        sign, double, single, operator, word = found.groups()
        if sign is not None:
            tokens.append(("sign", sign))
        elif operator is not None:
            tokens.append(("operator", operator[1:].lower()))
        elif word is not None:
            tokens.append(("word", word))
        else:
            tokens.append(("text", double if double is not None else single))
        place = found.end()
    return tokens


def _each(value: Any) -> tuple[Any, ...]:
    """A list attribute meets an operator when one of its elements does; null has none."""
    if value is None:
        return ()
    return tuple(value) if isinstance(value, (list, tuple)) else (value,)


def _written(value: Any) -> str:
    return str(value).lower()
