"""The segment /$count behind a list: how many things there are, as text."""

from __future__ import annotations

from collections.abc import Callable

from toolkit.lab.answers import Answer, Call
from toolkit.lab.answers.directory import eventual


def counted_list(handler: Callable[[Call], Answer]) -> Callable[[Call], Answer]:
    """The number of what the list's handler would list under the same $filter and $search."""

    def answer(call: Call) -> Answer:
        # A page of one is enough: the handler counts over all pages.
        call.query = call.query._replace(
            select=(), expand=(), orderby=(), top=1, skip=0, token=None, with_count=True
        )
        return 200, str(handler(call)[1]["@odata.count"])

    return answer


def counted_directory(handler: Callable[[Call], Answer]) -> Callable[[Call], Answer]:
    """The same for a list of the directory, which counts only for callers that say they accept an old number."""
    count = counted_list(handler)

    def answer(call: Call) -> Answer:
        eventual(call)
        return count(call)

    return answer
