"""The query options of Graph over lists of documents: which rows, in which order, which page, which members."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import quote, unquote_plus

from toolkit.errors import UsageProblem
from toolkit.lab.contract import bad_request
from toolkit.model.odata import (
    AnyOf,
    Both,
    Compare,
    Node,
    OneOf,
    TextTest,
    matches,
    ordered,
    parse,
    parse_orderby,
    parse_select,
    walk,
)

DEFAULT_PAGE = 100
LARGEST_PAGE = 1000

Document = dict[str, Any]


class Expand(NamedTuple):
    name: str
    select: tuple[str, ...]
    expand: tuple[Expand, ...]


class Query(NamedTuple):
    """The options as read; `kept` is what a nextLink must carry on, as it was written."""

    select: tuple[str, ...] = ()
    filter: Node | None = None
    expand: tuple[Expand, ...] = ()
    orderby: tuple[tuple[str, bool], ...] = ()
    top: int | None = None
    skip: int = 0
    with_count: bool = False
    offset: int | None = None
    kept: tuple[str, ...] = ()


NOTHING = Query()


def parse_query(text: str) -> Query:
    """Raises RequestError (400) for an option or a value that is not understood, and names it."""
    if not text:
        return NOTHING
    found: dict[str, Any] = {}
    kept: list[str] = []
    for part in text.split("&"):
        name, _, raw = part.partition("=")
        name, value = unquote_plus(name).lower(), unquote_plus(raw)
        if name and not name.startswith("$") and "$" + name in _READERS:
            name = "$" + name
        if not name.startswith("$"):
            continue
        if name not in _READERS:
            raise bad_request(f"The query option '{name}' is not supported by the lab.")
        try:
            found[_READERS[name][0]] = _READERS[name][1](value)
        except UsageProblem as problem:
            raise bad_request(f"Invalid {name} clause: {problem.message}") from problem
        if name not in ("$skip", "$skiptoken"):
            kept.append(part)
    return Query(**found, kept=tuple(kept))


class Page(NamedTuple):
    rows: list[Document]
    total: int
    """Rows over all pages."""
    next_token: str | None


def page_of(rows: Sequence[Document], query: Query, *, size: int = DEFAULT_PAGE) -> Page:
    """One page of what the filter leaves. `$top` is the size of every page, as the service has it."""
    chosen = list(rows) if query.filter is None else [row for row in rows if matches(query.filter, row)]
    if query.orderby:
        chosen = ordered(chosen, query.orderby)
    start = query.offset if query.offset is not None else query.skip
    step = min(query.top, LARGEST_PAGE) if query.top is not None else size
    end = start + step
    token = _token(end) if end < len(chosen) and step > 0 else None
    return Page(chosen[start:end], len(chosen), token)


def next_link(url: str, query: Query, token: str) -> str:
    return url + "?" + "&".join((*query.kept, "$skiptoken=" + quote(token)))


def selected(row: Document, names: Sequence[str]) -> Document:
    """The row with the wanted members only; `@odata.type` stays, as an answer without it could not be read."""
    if not names or "*" in names:
        return row
    wanted = {name.lower() for name in names}
    return {key: value for key, value in row.items() if key.lower() in wanted or key == "@odata.type"}


def check_filter(
    node: Node | None, allowed: Mapping[str, tuple[str, ...]], *, only_and: bool = False
) -> None:
    """Refuses what the service does not filter by. `allowed` maps a property to its operators and functions."""
    for part in walk(node) if node is not None else ():
        if isinstance(part, (Compare, OneOf, TextTest)):
            operator = (
                "in" if isinstance(part, OneOf) else getattr(part, "operator", getattr(part, "function", ""))
            )
            known = {name.lower(): (name, operators) for name, operators in allowed.items()}.get(
                part.path.lower()
            )
            if known is None:
                raise bad_request(f"Filtering by '{part.path}' is not supported.")
            if operator not in known[1]:
                raise bad_request(
                    f"The filter operator '{operator}' is not supported for '{part.path}'; it takes"
                    f" {', '.join(known[1])}."
                )
        elif isinstance(part, AnyOf):
            raise bad_request(f"Filtering by '{part.path}/any' is not supported.")
        elif only_and and not isinstance(part, Both):
            raise bad_request("Filters of this collection can only be joined by 'and'.")


def check_names(query: Query, known: Callable[[str], bool], what: str) -> None:
    """Refuses a property that the type does not have, in $select, $orderby and $filter."""
    parts = list(walk(query.filter)) if query.filter is not None else []
    # Inside any(x:...) a path starts with the variable.
    variables = {part.variable for part in parts if isinstance(part, AnyOf)}
    paths = [part.path for part in parts if isinstance(part, (Compare, OneOf, TextTest, AnyOf))]
    for path in (*query.select, *(path for path, _ in query.orderby), *paths):
        first = path.split("/")[0]
        if first not in variables and first != "*" and not known(first):
            raise bad_request(f"Could not find a property named '{path}' on type '{what}'.")


def parse_expand(text: str) -> tuple[Expand, ...]:
    """`a($expand=b($select=c);$select=d),e` as a tree."""
    parts = tuple(_expand(part) for part in _split(text, ","))
    if not parts:
        raise UsageProblem("a navigation is missing.")
    return parts


def _expand(text: str, depth: int = 0) -> Expand:
    if depth > 8:
        raise UsageProblem("too many levels.")
    name, bracket, rest = text.strip().partition("(")
    if not name.replace(".", "").replace("_", "").isalnum() and name != "*":
        raise UsageProblem(f"'{text.strip()}' is no navigation.")
    if not bracket:
        return Expand(name, (), ())
    if not rest.endswith(")"):
        raise UsageProblem(f"a closing bracket is missing behind '{name}'.")
    select: tuple[str, ...] = ()
    expand: tuple[Expand, ...] = ()
    for option in _split(rest[:-1], ";"):
        key, _, value = option.strip().partition("=")
        if key == "$select":
            select = parse_select(value)
        elif key == "$expand":
            expand = tuple(_expand(part, depth + 1) for part in _split(value, ","))
        else:
            raise UsageProblem(f"'{key}' is not supported inside $expand.")
    return Expand(name, select, expand)


def _split(text: str, mark: str) -> list[str]:
    """At the marks that stand outside of brackets."""
    parts, depth, start = [], 0, 0
    for position, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if letter == mark and depth == 0:
            parts.append(text[start:position])
            start = position + 1
    parts.append(text[start:])
    return [part for part in parts if part.strip()]


def _whole(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or len(text) > 9:
        raise UsageProblem(f"'{text}' is no whole number from 0 up.")
    return int(text)


def _truth(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise UsageProblem(f"'{text}' is neither true nor false.")
    return text.lower() == "true"


def _token(offset: int) -> str:
    return urlsafe_b64encode(json.dumps({"o": offset}).encode()).decode().rstrip("=")


def _offset(token: str) -> int:
    try:
        offset = json.loads(urlsafe_b64decode(token + "=" * (-len(token) % 4)))["o"]
    except (ValueError, KeyError, TypeError) as error:
        raise UsageProblem("the token is not one that was given.") from error
    if not isinstance(offset, int):
        raise UsageProblem("the token is not one that was given.")
    return offset


_READERS: dict[str, tuple[str, Callable[[str], Any]]] = {
    "$select": ("select", parse_select),
    "$filter": ("filter", parse),
    "$expand": ("expand", parse_expand),
    "$orderby": ("orderby", parse_orderby),
    "$top": ("top", _whole),
    "$skip": ("skip", _whole),
    "$count": ("with_count", _truth),
    "$skiptoken": ("offset", _offset),
}
