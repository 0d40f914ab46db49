"""Every output format: an outcome as text for stdout, in pieces."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from toolkit.errors import UsageProblem
from toolkit.outcome import FORMATS, Outcome
from toolkit.render.theme import Look, fold, plain, plain_lines


def chunks(outcome: Outcome, output: str, look: Look) -> Iterator[str]:
    """The text for stdout. Raises UsageProblem for a format that is none, and for ids where there are none."""
    # Each is imported when asked for: JSON must not wait for Rich.
    if output == "json":
        from toolkit.render.json import json_chunks

        return json_chunks(outcome.data, look) if outcome.data is not None else iter(())
    if output == "jsonl":
        from toolkit.render.json import jsonl_chunks

        return jsonl_chunks(_listed(outcome), look)
    if output == "csv":
        from toolkit.render.csv import csv_chunks

        return csv_chunks(_listed(outcome), look)
    if output == "tsv":
        from toolkit.render.csv import tsv_chunks

        return tsv_chunks(_listed(outcome), look)
    if output == "yaml":
        from toolkit.render.yaml import yaml_text

        return iter((yaml_text(outcome.data, look),) if outcome.data is not None else ())
    if output == "ids":
        return _ids(outcome)
    if output == "none":
        return iter(())
    if output in ("table", "list", "markdown"):
        return _for_people(outcome, output, look)
    raise UsageProblem(f'"{plain(output)}" is no output format.', hint="One of: " + ", ".join(FORMATS) + ".")


def empty_note(outcome: Outcome, output: str) -> str | None:
    """The sentence for stderr where a person would otherwise see nothing at all."""
    is_shown = outcome.text is not None or outcome.sections or _rows(outcome)
    if (
        output not in ("table", "list", "markdown")
        or is_shown
        or (outcome.data is None and outcome.rows is None)
    ):
        return None
    return plain(outcome.empty) if outcome.empty else None


def _for_people(outcome: Outcome, output: str, look: Look) -> Iterator[str]:
    if outcome.text is not None and output == "table":
        text = "\n".join(fold(line, look.width) for line in plain_lines(outcome.text).split("\n"))
        yield text if text.endswith("\n") or not text else text + "\n"
        return
    rows = _rows(outcome)
    if output == "markdown":
        from toolkit.render.markdown import markdown_chunks, markdown_sections

        if outcome.sections:
            yield from markdown_sections(outcome.sections, look)
        else:
            yield from markdown_chunks(_columns(outcome, rows), _records(rows), look)
        return
    from toolkit.render.table import cell, list_chunks, section_chunks, table_chunks

    if outcome.sections and output == "table":
        yield from section_chunks(outcome.sections, look)
    elif rows and not any(isinstance(row, Mapping) for row in rows):
        # What --query leaves of a list may be bare names or numbers.
        yield from (cell(row, "text", look) + "\n" for row in rows)
    elif output == "list" or (isinstance(outcome.data, Mapping) and not outcome.columns):
        yield from list_chunks(_columns(outcome, rows), _records(rows), look)
    else:
        yield from table_chunks(_columns(outcome, rows), _records(rows), look, outcome.title)


def _ids(outcome: Outcome) -> Iterator[str]:
    from toolkit.render.json import items_of

    for item in items_of(_listed(outcome)):
        id = item.get(outcome.id_key) if isinstance(item, Mapping) else item
        if id is None:
            raise UsageProblem("There are no ids in this output.", hint="Use -o json to see what there is.")
        yield plain(str(id)) + "\n"


def _listed(outcome: Outcome) -> Any:
    """What the formats of one record a line print: the rows of a document that is shown as rows."""
    return outcome.rows if isinstance(outcome.data, Mapping) and outcome.rows is not None else outcome.data


def _rows(outcome: Outcome) -> Sequence[Any]:
    from toolkit.render.json import items_of

    return outcome.rows if outcome.rows is not None else list(items_of(outcome.data))


def _records(rows: Sequence[Any]) -> list[Mapping[str, Any]]:
    return [row if isinstance(row, Mapping) else {"value": row} for row in rows]


def _columns(outcome: Outcome, rows: Sequence[Any]) -> Sequence[Any]:
    from toolkit.render.table import columns_of

    return outcome.columns or columns_of(_records(rows))
