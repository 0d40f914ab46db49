"""--filter, --search, --sort, --skip, --top, --select and --query over an outcome, before it is written."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from toolkit.cli.parser import Globals
from toolkit.errors import UsageProblem
from toolkit.model.odata import ordered, parse, parse_filter, paths, pick
from toolkit.model.refs import did_you_mean, nearest
from toolkit.outcome import Column, Outcome


def shaped(outcome: Outcome, flags: Globals) -> Outcome:
    """The outcome with only the rows, properties and order that were asked for. Raises UsageProblem."""
    if isinstance(outcome.data, Mapping):
        for name in ("filter", "search", "sort", "top", "skip"):
            if getattr(flags, name) not in (None, 0):
                raise UsageProblem(f"--{name} works on lists; this command shows one thing.")
    elif outcome.data is not None:
        outcome = _rows(outcome, flags)
    if flags.select:
        outcome = _selected(outcome, flags.select)
    if flags.query is not None:
        outcome = _queried(outcome, flags.query)
    return outcome


def _rows(outcome: Outcome, flags: Globals) -> Outcome:
    data: list[Mapping[str, Any]] = [item for item in outcome.data or () if isinstance(item, Mapping)]
    rows = list(outcome.rows) if outcome.rows is not None else data
    pairs = list(zip(data, rows, strict=True))
    if flags.filter is not None:
        matches = parse_filter(flags.filter)
        for name in paths(parse(flags.filter)) if pairs else ():
            _check_known(name, [_both(pair) for pair in pairs], "--filter")
        pairs = [pair for pair in pairs if matches(_both(pair))]
    if flags.search is not None:
        needle = flags.search.casefold()
        pairs = [pair for pair in pairs if _says(pair, needle)]
    if flags.sort is not None:
        order = []
        for part in flags.sort.split(","):
            name = part.strip()
            if not name.lstrip("-"):
                raise UsageProblem(f'--sort "{flags.sort}" names no property.')
            order.append((name.lstrip("-"), name.startswith("-")))
        if pairs:
            for name, _ in order:
                _check_known(name, [_both(pair) for pair in pairs], "--sort")
        merged = ordered([{**_both(pair), "": pair} for pair in pairs], order)
        pairs = [row[""] for row in merged]
    pairs = pairs[flags.skip :]
    if flags.top is not None:
        pairs = pairs[: flags.top]
    return replace(
        outcome, data=[d for d, _ in pairs], rows=[r for _, r in pairs] if outcome.rows is not None else None
    )


def _both(pair: tuple[Mapping[str, Any], Mapping[str, Any]]) -> dict[str, Any]:
    """A row as filters see it: Graph's own properties first, and what the table shows beside them."""
    data, row = pair
    return {**row, **data}


def _says(value: Any, needle: str) -> bool:
    """Whether a value, at any depth, contains the text; names of properties do not count."""
    if isinstance(value, Mapping):
        return any(_says(item, needle) for item in value.values())
    if isinstance(value, list | tuple):
        return any(_says(item, needle) for item in value)
    if value is None:
        return False
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    return needle in text.casefold()


def _selected(outcome: Outcome, names: Sequence[str]) -> Outcome:
    known = {
        **{c.title.casefold(): c for c in outcome.columns},
        **{c.key.casefold(): c for c in outcome.columns},
    }
    data = outcome.data
    items: list[Mapping[str, Any]] = [data] if isinstance(data, Mapping) else list(data or ())
    # One thing may have rows that are not about it whole (the results of a change); they are not its twins.
    rows = list(outcome.rows) if outcome.rows is not None and not isinstance(data, Mapping) else items
    if items:
        for name in names:
            if name.casefold() not in known:
                _check_known(name, items, "--select")
    columns = tuple(
        replace(known[n.casefold()], wide=False) if n.casefold() in known else Column(n, n) for n in names
    )
    # A column that only the table has is looked up there, so that both spellings work everywhere.
    keys = [known[n.casefold()].key if n.casefold() in known else n for n in names]
    cut = [
        {key: pick(item, key) if pick(item, key) is not None else pick(row, key) for key in keys}
        for item, row in zip(items, rows, strict=True)
    ]
    shown = (
        [{**row, **part} for row, part in zip(rows, cut, strict=True)]
        if not isinstance(data, Mapping)
        else None
    )
    if isinstance(data, Mapping):
        return replace(outcome, data=cut[0], sections=(), rows=None, columns=columns, text=None)
    return replace(outcome, data=cut, rows=shown, columns=columns, sections=())


def _check_known(name: str, items: Sequence[Mapping[str, Any]], flag: str) -> None:
    fold = name.casefold()
    if any(pick(item, name) is not None or fold in map(str.casefold, item) for item in items):
        return
    names = list(dict.fromkeys(key for item in items for key in item if key))
    near = nearest(name, names)
    hint = did_you_mean(near) + f"There are: {', '.join(names[:12])}."
    raise UsageProblem(f'{flag}: there is no property "{name}".', hint=hint)


def _queried(outcome: Outcome, query: str) -> Outcome:
    import jmespath
    from jmespath.exceptions import JMESPathError

    try:
        found = jmespath.search(query, json.loads(json.dumps(outcome.data, default=str)))
    except (JMESPathError, ValueError) as problem:
        raise UsageProblem(
            f"--query is not JMESPath: {str(problem).splitlines()[0]}.", hint="See jmespath.org."
        ) from None
    if isinstance(found, Mapping):
        return Outcome(data=found, notes=outcome.notes, problems=outcome.problems)
    if isinstance(found, list) and all(isinstance(item, Mapping) for item in found):
        return Outcome(data=found, notes=outcome.notes, problems=outcome.problems, empty=outcome.empty)
    # A bare value, or a list of them: one a line for people, as it is for JSON.
    values = found if isinstance(found, list) else [found]
    return Outcome(
        data=found,
        text="\n".join(
            value if isinstance(value, str) else json.dumps(value, ensure_ascii=False) for value in values
        ),
        notes=outcome.notes,
        problems=outcome.problems,
    )
