"""What a query may ask of a type: which names, which comparisons, and what the directory answers to advanced queries only.

Sources: the metadata's types (contract_tables); for users, groups and devices the pages "Advanced query capabilities on
Microsoft Entra ID objects" and "Use the $search query parameter" of Microsoft Graph's documentation.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any

from toolkit.errors import UsageProblem
from toolkit.lab.contract import (
    NAMESPACE,
    Property,
    RequestError,
    Version,
    bad_request,
    derived,
    members_of,
    type_of,
)
from toolkit.lab.odata import Expand, Query
from toolkit.model.odata import AnyOf, Compare, Guid, Node, Not, OneOf, TextTest, walk

SORTED_BY: Mapping[str, tuple[str, ...]] = {
    "user": ("displayName", "userPrincipalName"),
    "group": ("displayName",),
    "device": (),
}
"""What the directory sorts by without an advanced query."""
SORTED_BY_ADVANCED: Mapping[str, tuple[str, ...]] = {
    **SORTED_BY,
    "device": ("displayName", "approximateLastSignInDateTime"),
}
ENDINGS = ("mail", "othermails", "userprincipalname", "proxyaddresses")
LARGEST_DIRECTORY_PAGE = 999

_ID = Property("str", False, False, True, False, False)
_NUMBERS = ("int", "long", "float", "byte")
_SORTABLE = ("str", "bool", "date", "guid", *_NUMBERS)
_ORDER = ("gt", "ge", "lt", "le")
_GUID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")


def is_directory(kind: str) -> bool:
    return kind in SORTED_BY


@cache
def properties(kind: str, version: Version) -> Mapping[str, Property]:
    """By name in lower case: those of the type and of the types below it."""
    found = {"id": _ID}
    for each in (kind, *derived(kind)):
        for name, info in getattr(type_of(each, version), "properties", {}).items():
            found.setdefault(name.lower(), info)
    return found


def check(query: Query, kind: str, version: Version, *, is_eventual: bool = False) -> None:
    """Raises RequestError (400) that names what cannot be asked of a collection of the type."""
    if is_directory(kind):
        check_directory(query, kind, is_eventual=is_eventual)
    elif query.search is not None:
        raise bad_request(f"The query option '$search' is not supported on '{NAMESPACE[1:]}{kind}'.")
    for part in query.expand:
        info = properties(kind, version).get(part.name.lower())
        if info is None or not info.is_navigation:
            raise bad_request(f"Expanding '{part.name}' is not supported on '{NAMESPACE[1:]}{kind}'.")
    check_names(query, kind, version)
    if query.search is not None:
        _check_search(query.search, kind, version)


def check_names(query: Query | Expand, kind: str, version: Version) -> None:
    """Names and types of $select, $orderby and $filter."""
    if not (query.select or query.orderby or query.filter is not None):
        return
    for path in query.select:
        if path != "*":
            _property(path.partition("/")[0], kind, version, {})
    for path, _ in query.orderby:
        info = _property(path, kind, version, {})
        if info.is_collection or not (info.type in _SORTABLE or info.type.startswith("@")):
            raise bad_request(f"Sorting by '{path}' is not supported.")
    if query.filter is not None:
        _check(query.filter, kind, version, {})


def check_directory(query: Query, kind: str, *, is_eventual: bool) -> None:
    """What only the directory refuses."""
    if query.top is not None and not 1 <= query.top <= LARGEST_DIRECTORY_PAGE:
        raise unsupported(f"Invalid page size: {query.top}. It is from 1 to {LARGEST_DIRECTORY_PAGE}.")
    if query.skip:
        raise unsupported("'$skip' is not supported by the directory; follow @odata.nextLink.")
    if query.search is not None and not is_eventual:
        raise unsupported("'$search' needs the header ConsistencyLevel: eventual.")
    is_advanced = is_eventual and query.with_count
    for part in walk(query.filter) if query.filter is not None else ():
        needs = _advanced_part(part)
        if needs and not is_advanced:
            raise unsupported(
                f"{needs} in $filter is supported in an advanced query only: send $count=true and the header"
                " ConsistencyLevel: eventual."
            )
        if isinstance(part, TextTest) and part.function == "contains":
            raise unsupported("'contains' in $filter is not supported by the directory.")
    if not query.orderby:
        return
    if query.filter is not None and not is_advanced:
        raise unsupported(
            "Sorting and filtering together are supported in an advanced query only: send $count=true and the"
            " header ConsistencyLevel: eventual."
        )
    for path, _ in query.orderby:
        if path.lower() not in map(str.lower, SORTED_BY_ADVANCED[kind]):
            raise unsupported(f"Sorting by '{path}' is not supported on '{NAMESPACE[1:]}{kind}'.")
        if path.lower() not in map(str.lower, SORTED_BY[kind]) and not is_advanced:
            raise unsupported(
                f"Sorting by '{path}' is supported in an advanced query only: send $count=true and the header"
                " ConsistencyLevel: eventual."
            )


def unsupported(message: str) -> RequestError:
    return RequestError(400, "Request_UnsupportedQuery", message)


def _advanced_part(part: Node) -> str:
    """What needs an advanced query, "" where nothing does."""
    if isinstance(part, Not):
        return "'not'"
    if isinstance(part, Compare) and part.operator == "ne":
        return "'ne'"
    if isinstance(part, TextTest) and part.function == "endswith":
        if part.path.partition("/")[0].lower() not in ENDINGS and "/" not in part.path:
            raise unsupported(f"'endswith' is not supported for '{part.path}'.")
        return "'endswith'"
    if isinstance(part, Compare) and part.path.endswith("/$count"):
        return "'$count'"
    return ""


def _check_search(text: str, kind: str, version: Version) -> None:
    from toolkit.lab.searching import clauses, parse_search

    try:
        search = parse_search(text)
    except UsageProblem as problem:
        raise bad_request(f"Invalid $search clause: {problem.message}") from problem
    for clause in clauses(search):
        info = _property(clause.path, kind, version, {})
        if info.type != "str" or info.is_collection:
            raise bad_request(f"Searching by '{clause.path}' is not supported.")


def _property(path: str, kind: str, version: Version, variables: Mapping[str, Property]) -> Property:
    """Of a path such as "a/b" or "a/$count"; `variables` are those of the any() around it."""
    first, *rest = path.split("/")
    info = variables.get(first.lower()) or properties(kind, version).get(first.lower())
    for step in rest:
        if info is None:
            break
        if step == "$count":
            info = Property("int", False, False, True, False, False) if info.is_collection else None
        elif info.type.startswith("#") and not info.is_collection:
            info = properties(info.type[1:], version).get(step.lower())
        else:
            info = None
    if info is None:
        raise bad_request(f"Could not find a property named '{path}' on type '{NAMESPACE[1:]}{kind}'.")
    return info


def _check(node: Node, kind: str, version: Version, variables: Mapping[str, Property]) -> None:
    if isinstance(node, AnyOf):
        info = _property(node.path, kind, version, variables)
        if not info.is_collection:
            raise bad_request(f"'{node.path}' is no collection, so it takes no any().")
        if node.test is not None:
            inner = {**variables, node.variable.lower(): info._replace(is_collection=False)}
            _check(node.test, kind, version, inner)
    elif isinstance(node, TextTest):
        info = _property(node.path, kind, version, variables)
        if info.type != "str" or info.is_collection:
            raise bad_request(f"'{node.function}' takes a text, and '{node.path}' is {_word(info)}.")
    elif isinstance(node, (Compare, OneOf)):
        info = _property(node.path, kind, version, variables)
        values = node.values if isinstance(node, OneOf) else (node.value,)
        operator = "in" if isinstance(node, OneOf) else node.operator
        for value in values:
            _check_value(value, operator, node.path, info, version)
    elif isinstance(node, Not):
        _check(node.part, kind, version, variables)
    else:
        for part in node.parts:
            _check(part, kind, version, variables)


def _check_value(value: Any, operator: str, path: str, info: Property, version: Version) -> None:
    if info.is_collection:
        raise bad_request(f"'{path}' is a collection; ask it with any().")
    kind = info.type
    if operator in _ORDER and (kind in ("bool", "guid", "bytes") or kind[0] in "@#"):
        raise bad_request(f"The filter operator '{operator}' is not supported for '{path}', {_word(info)}.")
    if value is None:
        return
    if kind.startswith("@"):
        members = members_of(kind[1:], version)[1]
        if not isinstance(value, str) or isinstance(value, Guid):
            raise _mismatch(value, path, info)
        if value.lower() not in (member.lower() for member in members):
            raise bad_request(
                f"'{value[:60]}' is no member of '{NAMESPACE[1:]}{kind[1:]}', the type of '{path}'."
                f" Its members are {', '.join(members)}."
            )
    elif not _fits(value, kind):
        raise _mismatch(value, path, info)


def _fits(value: Any, kind: str) -> bool:
    if kind in ("str", "bytes"):
        return isinstance(value, str) and not isinstance(value, Guid)
    if kind == "guid":
        return isinstance(value, str) and _GUID.fullmatch(value) is not None
    if kind == "bool":
        return isinstance(value, bool)
    if kind == "date":
        return isinstance(value, datetime)
    return kind in _NUMBERS and isinstance(value, (int, float)) and not isinstance(value, bool)


def _mismatch(value: Any, path: str, info: Property) -> RequestError:
    if isinstance(value, bool):
        written = f"'{str(value).lower()}'"
    elif isinstance(value, datetime):
        written = "a time"
    elif isinstance(value, Guid):
        written = "a GUID without quotes"
    elif isinstance(value, str):
        written = "a text"
    else:
        written = "a number"
    return bad_request(f"'{path}' is {_word(info)} and cannot be compared with {written}.")


def _word(info: Property) -> str:
    if info.is_collection:
        return "a collection"
    if info.type.startswith("@"):
        return f"a member of '{NAMESPACE[1:]}{info.type[1:]}'"
    words = {"str": "a text", "bool": "true or false", "date": "a time", "guid": "a GUID", "bytes": "bytes"}
    return words.get(info.type, "a number" if info.type in _NUMBERS else "an object")
