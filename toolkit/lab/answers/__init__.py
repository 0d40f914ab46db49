"""Answering one request: what a handler is given, and the shapes that answers have in common.

A handler gets a Call and returns (status, body); it raises RequestError for an answer that is an error. Handlers
check before they write, and everything that one of them writes is one transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

from toolkit.lab import odata
from toolkit.lab.contract import (
    NAMESPACE,
    RequestError,
    Version,
    bad_request,
    derived,
    short_name,
    strict_json,
    type_of,
    visible,
)
from toolkit.lab.exchange import Asked
from toolkit.lab.exchange import Raw as Raw
from toolkit.lab.store import Store, graph_time

if TYPE_CHECKING:
    from toolkit.lab.app import Lab
    from toolkit.lab.grants import Grant
    from toolkit.lab.world import World

Document = dict[str, Any]
Answer = tuple[int, Any]
Shape = Callable[[Document], Document]

NO_GRACE = "9999-12-31T23:59:59Z"
"""What stands for "no grace period ends"."""


class Call:
    """One request on its way: what was asked, and what a handler needs to answer it."""

    def __init__(
        self,
        lab: Lab,
        asked: Asked,
        path: str,
        keys: Sequence[str],
        headers: Mapping[str, str],
        raw: bytes | None,
        grant: Grant | None = None,
    ) -> None:
        """`path` is the address below the version with its keys as segments."""
        self.lab = lab
        self.store: Store = lab.store
        self.asked = asked
        self.method = asked.method
        self.version: Version = "beta" if asked.version == "beta" else "v1.0"
        self.grant = grant
        self.path = path
        self.keys = keys
        self.headers = {name.lower(): value for name, value in headers.items()}
        self.raw = raw
        self.brought_id: str | None = None
        self._query = asked.query

    @cached_property
    def query(self) -> odata.Query:
        return odata.parse_query(self._query)

    @cached_property
    def body(self) -> Document:
        body = read_json(self.raw)
        if not isinstance(body, dict):
            raise bad_request("The body must be a JSON object.")
        return body

    def new_id(self) -> str:
        """The id of the thing that is made: the next one, or the one that an import brings along."""
        return self.brought_id if self.brought_id is not None else self.store.new_id()

    @property
    def world(self) -> World:
        return self.lab.world

    @property
    def now(self) -> str:
        """The lab's time as Graph writes times."""
        return graph_time(self.store.meta("clock"))

    def rule(self, name: str) -> Any:
        from toolkit.lab.rules import value

        return value(self.store, name)

    def context(self, what: str) -> str:
        return f"{self.lab.base_url}/{self.version}/$metadata#{what}"


def read_json(raw: bytes | None) -> Any:
    try:
        return strict_json(raw or b"")
    except (ValueError, RecursionError) as error:
        raise bad_request("The body is not JSON that can be read.") from error


def not_found(what: str, key: str) -> RequestError:
    return RequestError(404, "ResourceNotFound", f"There is no {what} with the id '{key}'.")


def found(call: Call, kind: str, key: str, what: str) -> Document:
    document = call.store.get(kind, key)
    if document is None:
        raise not_found(what, key)
    return document


def listed(
    call: Call,
    rows: Sequence[Document],
    kind: str,
    context: str,
    *,
    shape: Shape | None = None,
    size: int = odata.DEFAULT_PAGE,
) -> Answer:
    """200 with a page of the rows; `kind` is their type, `shape` makes the member of the answer of one row."""
    query = call.query
    if query.select or query.filter is not None or query.orderby:
        odata.check_names(query, lambda name: has_property(kind, call.version, name), NAMESPACE[1:] + kind)
    page = odata.page_of(rows, query, size=size)
    make = shape if shape is not None else lambda row: plain(call, row, kind)
    answer: Document = {"@odata.context": call.context(context)}
    if query.with_count and query.offset is None:
        answer["@odata.count"] = page.total
    answer["value"] = [odata.selected(make(row), _kept(query)) for row in page.rows]
    if page.next_token is not None:
        url = f"{call.lab.base_url}/{call.version}/{call.path}"
        answer["@odata.nextLink"] = odata.next_link(url, query, page.next_token)
    return 200, answer


def single(call: Call, row: Document, context: str) -> Answer:
    """200 with one thing, cut to $select."""
    return 200, {"@odata.context": call.context(context), **odata.selected(row, _kept(call.query))}


def plain(call: Call, row: Document, kind: str) -> Document:
    return visible(row, short_name(row.get("@odata.type")) or kind, call.version)


def counted(rows: Iterable[Any]) -> Answer:
    return 200, str(sum(1 for _ in rows))


def _kept(query: odata.Query) -> tuple[str, ...]:
    """What $select leaves: an expanded navigation is shown though it is not selected."""
    if not query.select or not query.expand:
        return query.select
    extra = [name for part in query.expand for name in (part.name, part.name + "@odata.context")]
    return (*query.select, *extra)


@cache
def has_property(kind: str, version: Version, name: str) -> bool:
    if name.lower() == "id":
        return True
    lower = name.lower()
    return any(
        lower == prop.lower()
        for each in (kind, *derived(kind))
        for prop in getattr(type_of(each, version), "properties", ())
    )
