"""Tables: fitted to a terminal by Rich, or aligned and whole where the output goes elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from toolkit.outcome import Column, Section
from toolkit.render.csv import keys_of
from toolkit.render.json import json_text
from toolkit.render.theme import STATE_STYLES, Look, cells, cut, fold, pad, paint, plain, signs, state_words

ROOM_FOR_WIDE = 120
"""Columns of a terminal from which on the `wide` ones are shown, if they leave the others room."""

_MOST_LINES = 3
"""A longer cell is cut, or one name would push the others off the screen; `-o list` has it whole."""
_NARROWEST = 8
_COMFORTABLE = 24
"""Columns that a text needs: at least, and before there is room for a column that is `wide`."""
_STATE_WIDTH = 15
_GAP = 2

Row = Mapping[str, Any]


def cell(value: Any, kind: str, look: Look) -> str:
    """One value in words, harmless, on one line; "" for None."""
    if value is None:
        return ""
    if kind == "date":
        return _date(value, look)
    if kind == "list" and isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(cell(item, "text", look) for item in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if kind == "hours" and isinstance(value, int):
        from toolkit.model.units import in_words

        return in_words(value)
    if isinstance(value, str):
        return state_words(value) if kind == "state" else plain(value)
    return json_text(value, look, pretty=False)


def table_chunks(
    columns: Sequence[Column], rows: Sequence[Row], look: Look, title: str = ""
) -> Iterator[str]:
    """The table, nothing if it has no rows. The title is for a terminal only.

    A terminal that is too narrow for the columns gets the records one after the other.
    """
    if not rows or not columns:
        return
    if not any(column.title for column in columns):
        # Lines of text rather than records: no header, no rule, and an empty line stays empty.
        for row in rows:
            text = "  ".join(cell(row.get(column.key), column.kind, look) for column in columns)
            yield fold(text, look.width) + "\n"
        return
    if look.width is None:
        yield from _aligned(columns, rows, look)
        return
    if title:
        yield paint(fold(plain(title), look.width), "bold", look) + "\n\n"
    narrow = [column for column in columns if not column.wide] or columns
    for shown, least in ((columns, _COMFORTABLE), (narrow, _NARROWEST)):
        if shown is not narrow and look.width < ROOM_FOR_WIDE:
            continue
        widths = _widths(shown, rows, look.width, look, least)
        if widths is not None:
            yield _fitted(shown, widths, rows, look)
            return
    yield from list_chunks(narrow, rows, look)


def list_chunks(columns: Sequence[Column], rows: Sequence[Row], look: Look) -> Iterator[str]:
    """One record after the other as `Name : value` lines, with a blank line between; every column, nothing cut."""
    width = max((cells(column.title) for column in columns), default=0)
    for number, row in enumerate(rows):
        yield ("\n" if number else "") + "".join(_pairs(columns, row, width, look))


def section_chunks(sections: Sequence[Section], look: Look) -> Iterator[str]:
    """A screen about one thing: each part under its title, tables and pairs indented by two."""
    inner = look.narrower(2)
    for number, section in enumerate(sections):
        if number:
            yield "\n"
        if section.title:
            yield paint(fold(plain(section.title), look.width), "bold", look) + "\n"
        if not section.rows:
            yield f"  {fold(plain(section.empty), look.width, first=2, rest=2)}\n"
        elif section.pairs:
            width = max((cells(column.title) for column in section.columns), default=0)
            for at, row in enumerate(section.rows):
                lines = "".join(_pairs(section.columns, row, width, inner, mark=""))
                yield ("\n" if at else "") + _indented(lines)
        else:
            yield _indented("".join(table_chunks(section.columns, section.rows, inner)))


def columns_of(rows: Sequence[Row]) -> tuple[Column, ...]:
    """A column for every key, for data that nobody described (after `--query`, for one)."""
    return tuple(Column(key, key) for key in keys_of(list(rows)))


def _indented(text: str) -> str:
    return "".join(f"  {line}" if line.strip() else line for line in text.splitlines(keepends=True))


def _pairs(columns: Sequence[Column], row: Row, width: int, look: Look, mark: str = ": ") -> Iterator[str]:
    for column in columns:
        name = f"{pad(plain(column.title), width)} {mark or ' '}"
        text = cell(row.get(column.key), column.kind, look)
        folded = fold(text, look.width, first=cells(name), rest=cells(name))
        yield (name + paint(folded, _style(row.get(column.key), column.kind), look)).rstrip(" ") + "\n"


def _aligned(columns: Sequence[Column], rows: Sequence[Row], look: Look) -> Iterator[str]:
    # A dash for what is empty: cut and awk count fields.
    table = [[plain(column.title).upper() for column in columns]]
    table += ([cell(row.get(column.key), column.kind, look) or "-" for column in columns] for row in rows)
    widths = [max(cells(line[at]) for line in table) for at in range(len(columns))]
    for line in table:
        padded = (_aligned_cell(*one) for one in zip(line, widths, columns, strict=True))
        yield (" " * _GAP).join(padded).rstrip(" ") + "\n"


def _aligned_cell(text: str, width: int, column: Column) -> str:
    return " " * (width - cells(text)) + text if column.kind == "count" else pad(text, width)


def _fitted(columns: Sequence[Column], widths: Sequence[int], rows: Sequence[Row], look: Look) -> str:
    import io

    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=_box(look), show_edge=False, pad_edge=False, padding=(0, 1, 0, 0), header_style="none")
    for column, width in zip(columns, widths, strict=True):
        table.add_column(
            Text(plain(column.title), style="bold"),
            justify="right" if column.kind == "count" else "left",
            width=width,
            overflow="fold",
        )
    for row in rows:
        table.add_row(
            *(
                Text(
                    cut(cell(row.get(column.key), column.kind, look), width * _MOST_LINES, look),
                    style=_style(row.get(column.key), column.kind),
                )
                for column, width in zip(columns, widths, strict=True)
            )
        )
    # Everything is said, or Rich would ask the environment.
    console = Console(
        file=io.StringIO(),
        width=look.width,
        height=100,
        force_terminal=look.color,
        color_system="standard" if look.color else None,
        no_color=not look.color,
        force_jupyter=False,
        force_interactive=False,
        legacy_windows=False,
        highlight=False,
        markup=False,
        emoji=False,
        safe_box=False,
        _environ={},
    )
    with console.capture() as captured:
        console.print(table)
    return "".join(line.rstrip() + "\n" for line in captured.get().splitlines())


def _widths(
    columns: Sequence[Column], rows: Sequence[Row], width: int, look: Look, least: int
) -> list[int] | None:
    """The width of each column; None where the terminal has not `least` columns for each text that is so long.

    Waits, dates, counts and ids keep their line; what is left is shared by the others, the short ones first.
    """
    wanted = [
        max(1, cells(column.title), *(cells(cell(row.get(column.key), column.kind, look)) for row in rows))
        for column in columns
    ]
    wanted = [min(w, _STATE_WIDTH) if c.kind == "state" else w for w, c in zip(wanted, columns, strict=True)]
    room = width - _GAP * (len(columns) - 1)
    flexible = [at for at, column in enumerate(columns) if column.kind in ("text", "list")]
    room -= sum(taken for at, taken in enumerate(wanted) if at not in flexible)
    if room < sum(min(wanted[at], least) for at in flexible):
        return None
    for left, at in zip(range(len(flexible), 0, -1), sorted(flexible, key=wanted.__getitem__), strict=True):
        wanted[at] = min(wanted[at], room // left)
        room -= wanted[at]
    return wanted


def _style(value: Any, kind: str) -> str:
    return STATE_STYLES.get(value, "") if kind == "state" and isinstance(value, str) else ""


def _box(look: Look) -> Any:
    """A rule under the header and nothing else."""
    from rich.box import Box

    rule = signs(look).rule
    blank = "    \n"
    return Box(blank * 2 + f" {rule}{rule} \n" + blank * 5, ascii=not look.unicode)


def _date(value: Any, look: Look) -> str:
    """To the minute for people, ISO for programs; "" for the service's ways to say never."""
    from toolkit.model.wire import moment, stamp

    at = value if isinstance(value, datetime) else moment(value) if isinstance(value, str) else None
    if at is None:
        is_never = isinstance(value, str) and (not value or value.startswith(("0001-01-01", "9999-12-31")))
        return "" if is_never else plain(str(value))
    return stamp(at) if look.width is None else f"{at:%Y-%m-%d %H:%M}"
