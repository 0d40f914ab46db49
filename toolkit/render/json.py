"""JSON for programs: one document, or one object a line, with nothing in it that steers a terminal."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from toolkit.render.theme import Look, json_safe


def json_text(data: Any, look: Look, *, pretty: bool = True) -> str:
    """The document without a line break at its end. Keys keep their order; `pretty` indents by two."""
    written = json.dumps(
        data,
        ensure_ascii=not look.unicode,
        indent=2 if pretty else None,
        separators=None if pretty else (",", ":"),
        default=_ordinary,
    )
    return json_safe(written)


def json_chunks(data: Any, look: Look) -> Iterator[str]:
    """`json_text` and a line break; a list comes element by element, so that its text is never whole in memory."""
    if not isinstance(data, Sequence) or isinstance(data, str) or not data:
        yield json_text(data, look) + "\n"
        return
    before = "[\n  "
    for item in data:
        # Line breaks within strings are escaped, so every one that is left is the writer's own.
        yield before + json_text(item, look).replace("\n", "\n  ")
        before = ",\n  "
    yield "\n]\n"


def jsonl_chunks(data: Any, look: Look) -> Iterator[str]:
    """One compact object a line."""
    for item in items_of(data):
        yield json_text(item, look, pretty=False) + "\n"


def items_of(data: Any) -> Iterable[Any]:
    """The elements of a list, the one object, or nothing."""
    if data is None:
        return ()
    return data if isinstance(data, Sequence) and not isinstance(data, str) else (data,)


def _ordinary(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Sequence):
        return list(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")
