"""The query options of Graph over lists of documents: which rows, in which order, which page, which members."""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import quote, unquote_plus

from toolkit.errors import UsageProblem
from toolkit.lab.contract import bad_request
from toolkit.model.odata import (
    MAX_DEPTH,
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
    """A navigation with the options in its brackets."""

    name: str
    select: tuple[str, ...]
    expand: tuple[Expand, ...]
    filter: Node | None = None
    orderby: tuple[tuple[str, bool], ...] = ()
    top: int | None = None
    skip: int = 0


class Query(NamedTuple):
    """The options as read; `kept` is what a nextLink must carry on, as it was written."""

    select: tuple[str, ...] = ()
    filter: Node | None = None
    expand: tuple[Expand, ...] = ()
    orderby: tuple[tuple[str, bool], ...] = ()
    top: int | None = None
    skip: int = 0
    with_count: bool = False
    search: str | None = None
    """As it was written: only what can be searched reads it."""
    token: str | None = None
    kept: tuple[str, ...] = ()
    said: tuple[str, ...] = ()
    """The options that a token goes with, as they were meant, in alphabetical order."""


NOTHING = Query()


def parse_query(text: str) -> Query:
    """Raises RequestError (400) for an option or a value that is not understood, and names it."""
    if not text:
        return NOTHING
    found: dict[str, Any] = {}
    kept: list[str] = []
    said: list[str] = []
    # A second question mark, which a well-known backup tool writes, is passed over as the service does.
    for part in text.lstrip("?").split("&"):
        name, _, raw = part.partition("=")
        name, value = unquote_plus(name).lower(), unquote_plus(raw)
        if name and not name.startswith("$") and "$" + name in _READERS:
            name = "$" + name
        if not name.startswith("$"):
            continue
        if name not in _READERS:
            raise bad_request(f"The query option '{name}' is not supported by the lab.")
        field, read = _READERS[name]
        if field in found:
            raise bad_request(f"The query option '{name}' is there more than once.")
        if any("\ud800" <= letter <= "\udfff" for letter in value):
            raise bad_request(f"Invalid {name} clause: it holds half of a character.")
        try:
            found[field] = read(value)
        except UsageProblem as problem:
            raise bad_request(f"Invalid {name} clause: {problem.message}") from problem
        if name not in ("$skip", "$skiptoken"):
            kept.append(part)
            said.append(f"{name}={value}")
    return Query(**found, kept=tuple(kept), said=tuple(sorted(said)))


def test_of(query: Query) -> Callable[[Document], bool] | None:
    """What decides whether a row is among those that were asked for, None where all are."""
    filter = query.filter
    if query.search is None:
        return None if filter is None else lambda row: matches(filter, row)
    from toolkit.lab.searching import finds, parse_search

    search = parse_search(query.search)
    return lambda row: finds(search, row) and (filter is None or matches(filter, row))


def page_size(query: Query, size: int = DEFAULT_PAGE) -> int:
    """`$top` is the size of every page, as the service has it."""
    return min(query.top, LARGEST_PAGE) if query.top is not None else size


class Page(NamedTuple):
    rows: list[Document]
    token: str | None
    """What goes on behind them, None at the end."""


def page_of(rows: Sequence[Document], query: Query, subject: str, *, size: int = DEFAULT_PAGE) -> Page:
    """One page of rows that the filter has left already, in the order that was asked for."""
    chosen = ordered(rows, query.orderby) if query.orderby else rows
    start = query.skip if query.token is None else place_of(query.token, subject)
    step = page_size(query, size)
    end = start + step
    token = token_of(end, subject) if end < len(chosen) and step > 0 else None
    return Page(list(chosen[start:end]), token)


def subject_of(query: Query, path: str) -> str:
    """What a token is good for: the address with its version, and the options. `$skip` has done its work by then."""
    return "&".join((path.lower(), *query.said))


def token_of(place: int, subject: str) -> str:
    """Where a list goes on, in a form that says nothing to callers and serves no other list."""
    return urlsafe_b64encode(f"{place:x}.{_seal(place, subject)}".encode()).decode().rstrip("=")


def place_of(token: str, subject: str) -> int:
    """Raises RequestError (400) for a token that was not given for this list."""
    try:
        text = urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode()
        place = int(text.partition(".")[0][:15], 16)
    except ValueError as error:
        raise bad_request("Invalid $skiptoken clause: the token is not one that was given.") from error
    if token != token_of(place, subject):
        raise bad_request("Invalid $skiptoken clause: the token was not given for this query.")
    return place


def _seal(place: int, subject: str) -> str:
    return hashlib.sha256(f"{place}:{subject}".encode()).hexdigest()[:20]


def next_link(url: str, query: Query, token: str) -> str:
    return url + "?" + "&".join((*query.kept, "$skiptoken=" + quote(token)))


def selected(row: Document, names: Sequence[str]) -> Document:
    """The row with the wanted members only; `@odata.type` stays, as an answer without it could not be read."""
    if not names or "*" in names:
        return row
    # Of "conditions/users" the whole of "conditions" is shown.
    wanted = {name.partition("/")[0].lower() for name in names}
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
    found: dict[str, Any] = {"select": (), "expand": ()}
    for option in _split(rest[:-1], ";"):
        key, _, value = option.strip().partition("=")
        if key == "$expand":
            found["expand"] = tuple(_expand(part, depth + 1) for part in _split(value, ","))
        elif key in _INSIDE:
            field, read = _READERS[key]
            found[field] = read(value)
        else:
            raise UsageProblem(f"'{key}' is not supported inside $expand.")
    return Expand(name, **found)


def _split(text: str, mark: str) -> list[str]:
    """At the marks that stand outside of brackets and of texts in quotes."""
    parts, depth, start, is_text = [], 0, 0, False
    for position, letter in enumerate(text):
        is_text ^= letter == "'"
        if is_text:
            continue
        depth += (letter == "(") - (letter == ")")
        if depth > MAX_DEPTH:
            raise UsageProblem(f"at most {MAX_DEPTH} brackets inside each other.")
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


_READERS: dict[str, tuple[str, Callable[[str], Any]]] = {
    "$select": ("select", parse_select),
    "$filter": ("filter", parse),
    "$expand": ("expand", parse_expand),
    "$orderby": ("orderby", parse_orderby),
    "$top": ("top", _whole),
    "$skip": ("skip", _whole),
    "$count": ("with_count", _truth),
    "$search": ("search", str),
    "$skiptoken": ("token", str),
}
_INSIDE = ("$select", "$filter", "$orderby", "$top", "$skip")
"""What a navigation takes in its brackets, beside a further $expand."""
