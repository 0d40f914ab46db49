"""Markdown tables as GitHub reads them, in which tenant text stays text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from toolkit.outcome import Column, Section
from toolkit.render.table import cell
from toolkit.render.theme import Look, plain

_SPECIAL = re.compile(r"[\\`*_\[\]|~&<>]")
# HTML never raw: a backslash would do on GitHub, not everywhere.
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def escaped(text: str) -> str:
    r"""The text as one line of Markdown that shows exactly it.

    >>> escaped("a|b *c* <img>")
    'a\\|b \\*c\\* &lt;img&gt;'
    """
    return _SPECIAL.sub(lambda match: _ENTITIES.get(match[0], "\\" + match[0]), plain(text))


def markdown_chunks(
    columns: Sequence[Column], rows: Sequence[Mapping[str, Any]], look: Look
) -> Iterator[str]:
    """One table with every column, nothing if it has no rows."""
    if not rows or not columns:
        return
    yield _line(escaped(column.title) for column in columns)
    yield _line("---:" if column.kind == "count" else "---" for column in columns)
    for row in rows:
        yield _line(_cell(row.get(column.key), column.kind, look) for column in columns)


def markdown_sections(sections: Sequence[Section], look: Look) -> Iterator[str]:
    for number, section in enumerate(sections):
        yield ("\n" if number else "") + (f"## {escaped(section.title)}\n\n" if section.title else "")
        if not section.rows:
            yield f"{escaped(section.empty)}\n"
        elif section.pairs:
            yield _line(("Name", "Value")) + _line(("---", "---"))
            for row in section.rows:
                for column in section.columns:
                    yield _line((escaped(column.title), _cell(row.get(column.key), column.kind, look)))
        else:
            yield from markdown_chunks(section.columns, section.rows, look)


def _cell(value: Any, kind: str, look: Look) -> str:
    # As without a terminal: dates are ISO and mean the same to every reader.
    return escaped(cell(value, kind, look._replace(width=None)))


def _line(texts: Iterable[str]) -> str:
    return "| " + " | ".join(texts) + " |\n"
