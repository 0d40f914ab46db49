"""OData's $filter, $orderby and $select over JSON documents: what `--filter`, `--sort` and the lab understand.

A comparison of texts does not mind case, as Graph's do not; a property is found in any case of its name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple, NoReturn, TypeVar

from toolkit.errors import UsageProblem

Row = TypeVar("Row", bound=Mapping[str, Any])

COMPARISONS = ("eq", "ne", "gt", "ge", "lt", "le")
TEXT_FUNCTIONS = ("startswith", "endswith", "contains")
MAX_DEPTH = 60
MAX_DIGITS = 40


class Guid(str):
    """A GUID that was written without quotes."""

    __slots__ = ()


class Compare(NamedTuple):
    path: str
    operator: str
    value: Any


class OneOf(NamedTuple):
    path: str
    values: tuple[Any, ...]


class TextTest(NamedTuple):
    path: str
    function: str
    value: str


class AnyOf(NamedTuple):
    """`path/any(variable:test)`; without a test it asks whether there is an element at all."""

    path: str
    variable: str
    test: Node | None


class Both(NamedTuple):
    parts: tuple[Node, ...]


class Either(NamedTuple):
    parts: tuple[Node, ...]


class Not(NamedTuple):
    part: Node


Node = Compare | OneOf | TextTest | AnyOf | Both | Either | Not


def parse_filter(text: str) -> Callable[[Mapping[str, Any]], bool]:
    """A test for documents, from "displayName eq 'a' and startswith(mail,'b')".

    Raises UsageProblem that names the position, counted from 1, and what was expected there.
    """
    node = parse(text)
    return lambda document: matches(node, document)


def parse(text: str) -> Node:
    """The same as a tree, for whoever must look at it first."""
    parser = _Parser(text)
    node = parser.either(0)
    if parser.kind != "end":
        parser.fail("and, or, or the end")
    return node


def matches(node: Node, document: Mapping[str, Any]) -> bool:
    if isinstance(node, Compare):
        return _compare(pick(document, node.path), node.operator, node.value)
    if isinstance(node, OneOf):
        found = pick(document, node.path)
        return any(_compare(found, "eq", value) for value in node.values)
    if isinstance(node, TextTest):
        found = pick(document, node.path)
        if not isinstance(found, str):
            return False
        found, wanted = found.casefold(), node.value.casefold()
        if node.function == "contains":
            return wanted in found
        return found.startswith(wanted) if node.function == "startswith" else found.endswith(wanted)
    if isinstance(node, AnyOf):
        elements = pick(document, node.path)
        if not isinstance(elements, (list, tuple)):
            return False
        if node.test is None:
            return bool(elements)
        return any(matches(node.test, {**document, node.variable: element}) for element in elements)
    if isinstance(node, Both):
        return all(matches(part, document) for part in node.parts)
    if isinstance(node, Either):
        return any(matches(part, document) for part in node.parts)
    return not matches(node.part, document)


def walk(node: Node) -> Iterator[Node]:
    """The node and all below it, from the left."""
    yield node
    if isinstance(node, (Both, Either)):
        for part in node.parts:
            yield from walk(part)
    elif isinstance(node, Not):
        yield from walk(node.part)
    elif isinstance(node, AnyOf) and node.test is not None:
        yield from walk(node.test)


def paths(node: Node) -> tuple[str, ...]:
    """The properties that a filter asks about; those of the elements of a list are not among them."""
    found = [part.path for part in walk(node) if isinstance(part, (AnyOf, Compare, OneOf, TextTest))]
    inner = {part.variable for part in walk(node) if isinstance(part, AnyOf)}
    return tuple(path for path in dict.fromkeys(found) if path.partition("/")[0] not in inner)


def parse_orderby(text: str) -> tuple[tuple[str, bool], ...]:
    """(path, descending) for each key, from "displayName desc, id"."""
    order = []
    for part in text.split(","):
        words = part.split()
        if not words or len(words) > 2 or not _PATH.fullmatch(words[0]):
            raise UsageProblem(
                f'"{part.strip()}" is no sort key.', hint='Write a property, then "desc" if wanted.'
            )
        direction = words[1].lower() if len(words) == 2 else "asc"
        if direction not in ("asc", "desc"):
            raise UsageProblem(f'"{words[1]}" is no direction to sort in.', hint='Write "asc" or "desc".')
        order.append((words[0], direction == "desc"))
    return tuple(order)


def sort_key(path: str) -> Callable[[Mapping[str, Any]], tuple[int, Any, str]]:
    """A key for sorted(): nothing first, then false, true and numbers, then texts without regard to case."""

    def key(document: Mapping[str, Any]) -> tuple[int, Any, str]:
        value = pick(document, path)
        if value is None:
            return (0, 0, "")
        if isinstance(value, (bool, int, float)):
            return (1, value, "")
        text = value if isinstance(value, str) else str(value)
        return (2, text.casefold(), text)

    return key


def ordered(rows: Iterable[Row], order: Sequence[tuple[str, bool]]) -> list[Row]:
    """The rows in the order that parse_orderby read; equal rows stay as they were."""
    result = list(rows)
    for path, descending in reversed(order):
        result.sort(key=sort_key(path), reverse=descending)
    return result


def parse_select(text: str) -> tuple[str, ...]:
    """Property names from "id, displayName"."""
    names = tuple(part.strip() for part in text.split(","))
    for name in names:
        if name != "*" and not _PATH.fullmatch(name):
            raise UsageProblem(f'"{name}" is no property name.', hint="Separate the names by commas.")
    return names


def pick(document: Any, path: str) -> Any:
    """The value at "a/b", None where there is none; "a/$count" is the length of a collection."""
    value = document
    for step in path.split("/"):
        if step == "$count":
            value = len(value) if isinstance(value, (list, tuple)) else None
        elif not isinstance(value, Mapping):
            return None
        elif step in value:
            value = value[step]
        else:
            lower = step.lower()
            value = next((found for name, found in value.items() if name.lower() == lower), None)
    return value


_PATH = re.compile(r"[A-Za-z_][\w.\-]*(/(?:[A-Za-z_][\w.\-]*|\$count))*")
_TOKEN = re.compile(
    r"""\s*(?:
    (?P<text>'(?:[^']|'')*')
    |(?P<date>\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)?)?(?![\w-]))
    |(?P<guid>[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}(?![\w-]))
    |(?P<number>-?\d+(?:\.\d+)?(?![\w.-]))
    |(?P<word>[A-Za-z_@][\w.@\-]*(?:/(?:[A-Za-z_@][\w.@\-]*|\$count))*)
    |(?P<mark>[(),:/])
    |(?P<end>$)
    )""",
    re.VERBOSE,
)


class _Parser:
    """One token ahead: `kind` and `piece` are what stands at `at`."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.next = 0
        self.step()

    def step(self) -> None:
        found = _TOKEN.match(self.text, self.next)
        blanks = len(self.text[self.next :]) - len(self.text[self.next :].lstrip())
        self.at = self.next + blanks
        if found is None:
            self.kind, self.piece = "strange", self.text[self.at]
            if self.piece == "'":
                self.fail("a closing quote (write '' for a quote inside a text)")
            self.fail("a property, a value or a bracket")
        self.kind, self.piece = str(found.lastgroup), found.group(str(found.lastgroup))
        self.next = found.end()

    def fail(self, expected: str) -> NoReturn:
        found = "the end" if self.kind == "end" else f'"{self.piece}"'
        raise UsageProblem(
            f"The filter cannot be read at position {self.at + 1}: expected {expected}, found {found}.",
            hint="Example: displayName eq 'Windows' and startswith(userPrincipalName,'ada')",
            detail={"filter": self.text, "position": self.at + 1},
        )

    def is_word(self, *words: str) -> bool:
        return self.kind == "word" and self.piece.lower() in words

    def mark(self, mark: str, expected: str) -> None:
        if self.kind != "mark" or self.piece != mark:
            self.fail(expected)
        self.step()

    def either(self, depth: int) -> Node:
        parts = [self.both(depth)]
        while self.is_word("or"):
            self.step()
            parts.append(self.both(depth))
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def both(self, depth: int) -> Node:
        parts = [self.one(depth)]
        while self.is_word("and"):
            self.step()
            parts.append(self.one(depth))
        return parts[0] if len(parts) == 1 else Both(tuple(parts))

    def one(self, depth: int) -> Node:
        if depth > MAX_DEPTH:
            self.fail(f"at most {MAX_DEPTH} brackets inside each other")
        if self.is_word("not"):
            self.step()
            return Not(self.one(depth + 1))
        if self.kind == "mark" and self.piece == "(":
            self.step()
            inner = self.either(depth + 1)
            self.mark(")", "a closing bracket")
            return inner
        if self.kind != "word":
            self.fail("a property or a function")
        if self.is_word(*TEXT_FUNCTIONS):
            return self.text_test()
        path = self.piece
        self.step()
        if self.kind == "mark" and self.piece == "(":
            if path.lower().endswith("/any"):
                return self.any_of(path[: -len("/any")], depth)
            self.fail(f'no bracket: "{path}" is not one of {", ".join(TEXT_FUNCTIONS)} or a property/any')
        if self.is_word("in"):
            self.step()
            return OneOf(path, self.values())
        if not self.is_word(*COMPARISONS):
            self.fail(f"one of {', '.join(COMPARISONS)}, in")
        operator = self.piece.lower()
        self.step()
        return Compare(path, operator, self.value())

    def text_test(self) -> Node:
        function = self.piece.lower()
        self.step()
        self.mark("(", "an opening bracket")
        if self.kind != "word":
            self.fail("a property")
        path = self.piece
        self.step()
        self.mark(",", "a comma")
        if self.kind != "text":
            self.fail("a text in single quotes")
        value = self.value()
        self.mark(")", "a closing bracket")
        return TextTest(path, function, value)

    def any_of(self, path: str, depth: int) -> Node:
        self.step()
        if self.kind == "mark" and self.piece == ")":
            self.step()
            return AnyOf(path, "", None)
        if self.kind != "word":
            self.fail("a variable, as in any(x:x eq 'v')")
        variable = self.piece
        self.step()
        self.mark(":", "a colon after the variable")
        test = self.either(depth + 1)
        self.mark(")", "a closing bracket")
        return AnyOf(path, variable, test)

    def values(self) -> tuple[Any, ...]:
        self.mark("(", "an opening bracket")
        values = [self.value()]
        while self.kind == "mark" and self.piece == ",":
            self.step()
            values.append(self.value())
        self.mark(")", "a comma or a closing bracket")
        return tuple(values)

    def value(self) -> Any:
        kind, piece = self.kind, self.piece
        value: Any = None
        if kind == "text":
            value = piece[1:-1].replace("''", "'")
        elif kind == "date":
            value = _moment(piece)
            if value is None:
                self.fail("a date that exists")
        elif kind == "guid":
            value = Guid(piece)
        elif kind == "number":
            if len(piece) > MAX_DIGITS:
                self.fail(f"a number of at most {MAX_DIGITS} digits")
            value = float(piece) if "." in piece else int(piece)
        elif self.is_word("true", "false"):
            value = piece.lower() == "true"
        elif not self.is_word("null"):
            self.fail("a value: 'text', a number, true, false, null or a date")
        self.step()
        return value


def _compare(found: Any, operator: str, wanted: Any) -> bool:
    if operator == "ne":
        return not _compare(found, "eq", wanted)
    if found is None or wanted is None:
        return operator in ("eq", "ge", "le") and found is None and wanted is None
    if isinstance(wanted, datetime):
        found = _moment(found) if isinstance(found, str) else None
    elif isinstance(wanted, str):
        moment = _moment(found) if isinstance(found, str) and DATE_START.match(wanted) else None
        if moment is not None and (other := _moment(wanted)) is not None:
            found, wanted = moment, other
        elif isinstance(found, str):
            found, wanted = found.casefold(), wanted.casefold()
        else:
            return False
    elif isinstance(wanted, bool) != isinstance(found, bool) or not isinstance(found, (int, float)):
        return False
    if found is None:
        return False
    if operator == "eq":
        return bool(found == wanted)
    if operator in ("gt", "ge") and found > wanted:
        return True
    if operator in ("lt", "le") and found < wanted:
        return True
    return operator in ("ge", "le") and bool(found == wanted)


DATE_START = re.compile(r"\d{4}-\d\d-\d\d")
"""How a text begins that is compared as a time where both sides are one."""


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
