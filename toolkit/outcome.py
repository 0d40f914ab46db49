"""What a command returns: data for stdout, words for stderr, and the exit code they add up to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from toolkit.errors import GraceProblem

FORMATS = ("table", "list", "json", "jsonl", "csv", "tsv", "yaml", "markdown", "ids", "none")
"""The output formats of every verb."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table: its title, the key of the row it shows, and how to write the value.

    `kind` is one of text, hours (whole hours as days), date, state, bool, count, list, id.
    A column with `wide` is shown by `-o list` and where there is room, not in a narrow table.
    """

    title: str
    key: str
    kind: str = "text"
    wide: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """One part of a screen about one thing: a titled table, or, with `pairs`, each row's cells as name and value."""

    title: str
    columns: tuple[Column, ...]
    rows: Sequence[Mapping[str, Any]]
    pairs: bool = False
    empty: str = "None."


def facts(title: str, *pairs: tuple[str, Any] | tuple[str, Any, str]) -> Section:
    """A section of names and values: (name, value), with the column kind third where it is not text."""
    columns = tuple(
        Column(pair[0], str(place), pair[2] if len(pair) > 2 else "text") for place, pair in enumerate(pairs)
    )
    return Section(title, columns, [{str(place): pair[1] for place, pair in enumerate(pairs)}], pairs=True)


@dataclass(frozen=True, slots=True)
class Outcome:
    """`data` is JSON-ready and is what `-o json` prints: a list of mappings, one mapping, or None.

    `rows` are what a table shows where that differs from `data`, one row for one element of it.
    `sections` are what a person sees of one thing (`policy show`); `text` is a finished screen (a rendered mail).
    `-o json` prints `data` in every case.
    """

    data: Sequence[Mapping[str, Any]] | Mapping[str, Any] | None = None
    columns: tuple[Column, ...] = ()
    rows: Sequence[Mapping[str, Any]] | None = None
    title: str = ""
    text: str | None = None
    notes: tuple[str, ...] = ()
    problems: tuple[GraceProblem, ...] = ()
    id_key: str = "id"
    sections: tuple[Section, ...] = ()
    empty: str = "Nothing found."
    html: str | None = None
    """The whole page, for the verbs that have `-o html`."""

    @property
    def exit_code(self) -> int:
        """0, or the gravest of its problems: not known beats partly done beats anything else."""
        codes = [problem.exit_code for problem in self.problems]
        for code in (130, 6, 5, 7, 4, 1, 2, 3, 8):
            if code in codes:
                return code
        return 0
