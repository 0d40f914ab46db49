"""Answering one request: what a handler is given, and the shapes that answers have in common.

A handler gets a Call and returns (status, body); it raises RequestError for an answer that is an error, and returns
one as the body where what it has written before is to stay. Handlers check before they write, and everything that one
of them writes is one transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Any

from toolkit.lab import asking, odata
from toolkit.lab.contract import (
    RequestError,
    Version,
    bad_request,
    short_name,
    strict_json,
    visible,
)
from toolkit.lab.exchange import Asked
from toolkit.lab.exchange import Raw as Raw
from toolkit.lab.store import INDEXED, Store, graph_time
from toolkit.model.odata import DATE_START, Both, Compare, Node, OneOf, matches, ordered

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

    @property
    def is_eventual(self) -> bool:
        """Whether the caller accepts an old answer, which the directory wants to hear before an advanced query."""
        return self.headers.get("consistencylevel", "").lower() == "eventual"

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
    asking.check(query, kind, call.version, is_eventual=call.is_eventual)
    test = odata.test_of(query)
    chosen = rows if test is None else [row for row in rows if test(row)]
    page = odata.page_of(chosen, query, _subject(call), size=size)
    total = len(chosen) if _is_counted(call, kind) else None
    return _page_answer(call, page, total, kind, context, shape)


def listed_kind(
    call: Call,
    stored: str,
    kind: str,
    context: str,
    *,
    within: tuple[str, str] | None = None,
    keep: Callable[[Document], bool] | None = None,
    view: Callable[[Document], Document | None] | None = None,
    names: Mapping[str, str] = {},
    shape: Shape | None = None,
    size: int = odata.DEFAULT_PAGE,
) -> Answer:
    """200 with a page of the documents of the kind `stored`, read no further than the page needs.

    `within` is an indexed property and the text that it must have, `keep` decides over a stored document, `view` makes
    of it what the query is about (type `kind`; None where there is nothing), `names` says where properties of the view
    stand in what is stored (those that are not in it have the same name), `shape` makes the member of the answer.
    Rows come in the order in which they were first put, and a page begins behind the last row of the page before,
    whatever has gone in the meantime.
    """
    query = call.query
    asking.check(query, kind, call.version, is_eventual=call.is_eventual)
    test = odata.test_of(query)
    where = (within[0], (within[1],)) if within is not None else _indexed(query.filter, stored, names)
    is_whole = test is None and keep is None and within is None

    def asked(after: int = 0, offset: int = 0, first: int = 1000) -> Iterator[tuple[int, Document]]:
        for place, document in call.store.scan(stored, where, after=after, offset=offset, first=first):
            if keep is None or keep(document):
                row = document if view is None else view(document)
                if row is not None and (test is None or test(row)):
                    yield place, row

    if query.orderby:
        page = odata.page_of([row for _, row in asked()], query, _subject(call), size=size)
    else:
        page = _stored_page(call, asked, odata.page_size(query, size), is_whole=is_whole)
    total = None
    if _is_counted(call, kind):
        total = call.store.count(stored) if is_whole and where is None else sum(1 for _ in asked())
    return _page_answer(call, page, total, kind, context, shape)


def _stored_page(
    call: Call, asked: Callable[[int, int, int], Iterator[tuple[int, Document]]], step: int, *, is_whole: bool
) -> odata.Page:
    """A page whose token is the place of its last row."""
    query, subject = call.query, _subject(call)
    after, skip = (0, query.skip) if query.token is None else (odata.place_of(query.token, subject), 0)
    if step == 0:
        return odata.Page([], None)
    rows: list[Document] = []
    # What everything is asked of is skipped by the database.
    source = asked(after, skip if is_whole else 0, step + 1)
    for place, row in source if is_whole else islice(source, skip, None):
        if len(rows) == step:
            return odata.Page(rows, odata.token_of(after, subject))
        rows.append(row)
        after = place
    return odata.Page(rows, None)


def _page_answer(
    call: Call, page: odata.Page, total: int | None, kind: str, context: str, shape: Shape | None
) -> Answer:
    make = shape if shape is not None else lambda row: plain(call, row, kind)
    answer: Document = {"@odata.context": call.context(context)}
    if total is not None:
        answer["@odata.count"] = total
    kept = _kept(call.query)
    answer["value"] = [odata.selected(make(row), kept) for row in page.rows]
    if page.token is not None:
        url = f"{call.lab.base_url}/{call.version}/{call.path}"
        answer["@odata.nextLink"] = odata.next_link(url, call.query, page.token)
    return 200, answer


def nested(call: Call, rows: Sequence[Document], part: odata.Expand, kind: str) -> list[Document]:
    """The rows of a navigation as the options in its brackets want them; `kind` is their type."""
    asking.check_names(part, kind, call.version)
    filter = part.filter
    chosen = [row for row in rows if filter is None or matches(filter, row)]
    if part.orderby:
        chosen = ordered(chosen, part.orderby)
    end = None if part.top is None else part.skip + part.top
    return [odata.selected(row, _kept(part)) for row in chosen[part.skip : end]]


def single(call: Call, row: Document, context: str, kind: str = "") -> Answer:
    """200 with one thing, cut to $select. With its type `kind`, $select may name what the type has only."""
    query = call.query
    if query is odata.NOTHING:
        return 200, {"@odata.context": call.context(context), **row}
    if kind and query.select:
        asking.check_names(odata.Query(select=query.select), kind, call.version)
    for part in query.expand:
        # A handler has put there what it can expand.
        if part.name.lower() not in map(str.lower, row):
            raise bad_request(f"Expanding '{part.name}' is not supported on this resource.")
    for name, value in (
        ("$filter", query.filter),
        ("$orderby", query.orderby),
        ("$top", query.top is not None),
        ("$skip", query.skip),
        ("$search", query.search),
    ):
        if value:
            raise bad_request(f"The query option '{name}' is for collections, and this is one thing.")
    return 200, {"@odata.context": call.context(context), **odata.selected(row, _kept(query))}


def plain(call: Call, row: Document, kind: str) -> Document:
    return visible(row, short_name(row.get("@odata.type")) or kind, call.version)


def counted(rows: Iterable[Any]) -> Answer:
    return 200, str(sum(1 for _ in rows))


def _kept(part: odata.Query | odata.Expand) -> tuple[str, ...]:
    """What $select leaves: an expanded navigation is shown though it is not selected."""
    if not part.select or not part.expand:
        return part.select
    extra = [name for inner in part.expand for name in (inner.name, inner.name + "@odata.context")]
    return (*part.select, *extra)


def _subject(call: Call) -> str:
    return odata.subject_of(call.query, f"{call.version}/{call.path}")


def _is_counted(call: Call, kind: str) -> bool:
    """On the first page only; the directory passes over $count=true where the header is missing."""
    if not call.query.with_count or call.query.token is not None:
        return False
    return call.is_eventual or not asking.is_directory(kind)


def _indexed(node: Node | None, stored: str, names: Mapping[str, str]) -> tuple[str, tuple[str, ...]] | None:
    """The best comparison of a filter that an index answers: every row that the filter leaves is among its rows."""
    found: dict[str, tuple[str, ...]] = {}
    waiting = [] if node is None else [node]
    paths = {name.lower(): path.lower() for name, path in names.items()}
    for part in waiting:
        if isinstance(part, Both):
            waiting += part.parts
            continue
        if isinstance(part, Compare) and part.operator == "eq":
            values: tuple[Any, ...] = (part.value,)
        elif isinstance(part, OneOf):
            values = part.values
        else:
            continue
        # Texts that may be times are compared as times, and no index holds the character NUL.
        if all(
            isinstance(value, str) and "\0" not in value and not DATE_START.match(value) for value in values
        ):
            found.setdefault(paths.get(part.path.lower(), part.path.lower()), values)
    for kind, path in INDEXED:
        if kind == stored and path.lower() in found:
            return path, found[path.lower()]
    return None
