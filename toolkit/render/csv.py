"""CSV and TSV: a header of keys and one record a row, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from typing import Any

from toolkit.render.json import items_of, json_text
from toolkit.render.theme import Look, plain, plain_lines

# A spreadsheet takes a cell that begins so for a formula, after blanks and in full-width spelling too.
_FORMULA = re.compile(r" *[=+\-@\t\r\n＝＋－＠]")
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?", re.ASCII)


def csv_chunks(data: Any, look: Look) -> Iterator[str]:
    """A line at a time. Nested values are compact JSON, null is empty, line breaks within a cell stay."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    for row in _rows(data, look):
        writer.writerow([plain_lines(value) for value in row])
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()


def tsv_chunks(data: Any, look: Look) -> Iterator[str]:
    r"""A line at a time, without quotes: tabs and line breaks within a cell are `\t` and `\n`."""
    for row in _rows(data, look):
        yield "\t".join(plain(value) for value in row) + "\n"


def harmless(text: str) -> str:
    """The text with an apostrophe before it where a spreadsheet would compute it.

    >>> harmless("=1+1"), harmless(" @x"), harmless("-5"), harmless("a=b")
    ("'=1+1", "' @x", '-5', 'a=b')
    """
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text


def keys_of(records: list[Mapping[str, Any]]) -> list[str]:
    """Every key of any record, in the order they are first seen."""
    return list(dict.fromkeys(key for record in records for key in record))


def _rows(data: Any, look: Look) -> Iterator[list[str]]:
    records = [item if isinstance(item, Mapping) else {"value": item} for item in items_of(data)]
    keys = keys_of(records)
    if not keys:
        return
    # "@odata.type" is Graph's own word; with an apostrophe it would come back as another property.
    yield [key if key.startswith("@odata.") else harmless(key) for key in keys]
    for record in records:
        yield [_cell(record.get(key), look) for key in keys]


def _cell(value: Any, look: Look) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return harmless(value)
    return json_text(value, look, pretty=False)
