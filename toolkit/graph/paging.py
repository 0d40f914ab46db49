"""Whole lists: every page of a collection, following the service's own links."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from toolkit.errors import GraphProblem
from toolkit.graph.errors import clean
from toolkit.graph.session import Session
from toolkit.graph.versions import V1

MOST_PAGES = 10_000


def every(
    session: Session,
    path: str,
    version: str = V1,
    headers: Mapping[str, str] | None = None,
    *,
    top: int | None = None,
) -> list[Any]:
    """All items in the service's order, or the first `top` of them; no more pages are asked for than that takes."""
    return [item for page in pages(session, path, version, headers, top=top) for item in page]


def pages(
    session: Session,
    path: str,
    version: str = V1,
    headers: Mapping[str, str] | None = None,
    *,
    top: int | None = None,
) -> Iterator[list[Any]]:
    """The items page by page; a page may be empty. The headers are sent again with each page.

    Raises GraphProblem for what is not a collection, for a link that leads away from the service or to the other
    version, for one that was there before and after MOST_PAGES pages.
    """
    left = top
    if left is not None and left <= 0:
        return
    url = session.address(path, version)
    same = _version(url)
    seen = {url}
    for _ in range(MOST_PAGES):
        document = session.get(url, headers=headers)
        items = document.get("value") if isinstance(document, Mapping) else None
        if not isinstance(items, list):
            raise _broken(path, "holds no list of values")
        link = document.get("@odata.nextLink")
        if left is not None and len(items) >= left:
            yield items[:left]
            return
        yield items
        if left is not None:
            left -= len(items)
        if link is None:
            return
        if not isinstance(link, str) or not link:
            raise _broken(path, "names a next page that is not an address")
        url = session.address(link, version)
        if url in seen:
            raise _broken(path, "leads back to a page that was read before")
        if _version(url) != same:
            # The other version hides properties, or has others, from here on.
            raise _broken(path, f"goes on in another version ({clean(link, 200)})")
        seen.add(url)
    raise _broken(path, f"has more than {MOST_PAGES:,} pages")


def _version(url: str) -> str:
    return url.partition("://")[2].partition("/")[2].partition("/")[0].partition("?")[0]


def _broken(path: str, what: str) -> GraphProblem:
    return GraphProblem(f"The list at {clean(path.partition('?')[0], 200)} {what}.", status=200)
