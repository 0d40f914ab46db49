"""Right input with one thing wrong in it, anywhere: a sentence and a documented exit code, never a bug, never half."""

from __future__ import annotations

import copy
import json
import random
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness import Grace

GONE = object()
ODD: list[Any] = [None, 5, -1, 1.5, True, "", "x", "\ud800", [], {}, [1], [None], [[]], {"a": 1}, 2**70, GONE]
CODES = {0, 1, 2, 3, 5, 6}
"""The documented ones that a file can bring about."""
TRIES = 90

SET = ["action", "set", "Windows strict", "--from-file", "-"]
NEW = ["policy", "new", "--from-json", "-", "--name", "Q"]
WHERE = {
    "a Windows policy": ("policy show 'Windows baseline'", NEW),
    "a Linux policy": ("policy show 'Linux baseline'", NEW),
    "the actions of a policy": ("action list 'Windows baseline'", SET),
}


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in inside:
        yield from places(part, (*path, key))


def spoilt(value: Any, path: tuple[Any, ...], odd: Any) -> Any:
    """The value with what is at `path` put otherwise, or taken out."""
    if not path:
        return [] if odd is GONE else odd
    result = copy.deepcopy(value)
    at = result
    for key in path[:-1]:
        at = at[key]
    if odd is GONE:
        del at[path[-1]]
    else:
        at[path[-1]] = odd
    return result


@pytest.mark.parametrize("part", range(2))
@pytest.mark.parametrize(("line", "words"), WHERE.values(), ids=WHERE)
def test_one_wrong_thing_is_never_a_bug_and_never_done_by_half(
    grace: Grace, contoso: Path, line: str, words: list[str], part: int
) -> None:
    good = grace.json(line)
    before = grace.content()
    grace.sent.clear()
    # Below the surface is where the shapes are: the settings of a policy are many, and plain.
    pairs = [
        (path, odd)
        for path in places(good)
        for odd in ODD
        if len(path) > 1 or odd in (None, 5, "\ud800", [None])
    ]
    for path, odd in random.Random(part).sample(pairs, min(len(pairs), TRIES)):
        text = json.dumps(spoilt(good, path, odd))
        answer = grace.run([*words, "--yes", "--force", words[2] if words is SET else "Q"], stdin=text)
        assert "bug" not in answer.stderr, (path, odd, answer)
        assert "Traceback" not in answer.stderr, (path, odd, answer)
        assert answer.code in CODES, (path, odd, answer)
        if answer.code in (0, 6):
            # Done, or done in part and said so: go on from the tenant as it was.
            shutil.copy(contoso, grace.home / "labs" / "lab.sqlite")
            shutil.rmtree(grace.home / "journal")
        elif any(method != "GET" for method, _ in grace.sent):
            assert grace.content() == before, (path, odd, answer)
        grace.sent.clear()
    assert grace.content() == before or answer.code in (0, 6)
