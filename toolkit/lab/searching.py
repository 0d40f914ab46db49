"""`$search` of the directory: `"displayName:sales" AND ("mail:a" OR "mail:b")`.

Names and descriptions are searched by word, any other text by how it begins (Microsoft Graph documentation, "Use the
$search query parameter"). A word is found by its beginning, which that page shows in its examples only: our choice.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, NoReturn

from toolkit.errors import UsageProblem
from toolkit.model.odata import MAX_DEPTH, pick

BY_WORD = ("displayname", "description")


class Clause(NamedTuple):
    path: str
    text: str


class All(NamedTuple):
    parts: tuple[Search, ...]


class Some(NamedTuple):
    parts: tuple[Search, ...]


Search = Clause | All | Some


def parse_search(text: str) -> Search:
    """Raises UsageProblem that names the position, counted from 1, and what was expected there."""
    reader = _Reader(text)
    search = reader.some(0)
    if reader.kind != "end":
        reader.fail("AND, OR, or the end")
    return search


def clauses(search: Search) -> Iterator[Clause]:
    if isinstance(search, Clause):
        yield search
    else:
        for part in search.parts:
            yield from clauses(part)


def finds(search: Search, document: Mapping[str, Any]) -> bool:
    if isinstance(search, All):
        return all(finds(part, document) for part in search.parts)
    if isinstance(search, Some):
        return any(finds(part, document) for part in search.parts)
    found = pick(document, search.path)
    if not isinstance(found, str):
        return False
    wanted = words(search.text)
    if search.path.lower() not in BY_WORD or not wanted:
        return found.casefold().startswith(search.text.casefold())
    # "hello-world" is found as "helloworld" too.
    joined = ["".join(filter(str.isalnum, piece)).casefold() for piece in found.split()]
    there = [*words(found), *joined]
    return all(any(each.startswith(word) for each in there) for word in wanted)


def words(text: str) -> list[str]:
    """The parts of a text between blanks and symbols, and where digits begin or end or a capital follows a small letter."""
    return [word.casefold() for word in _WORD.findall(text)]


_WORD = re.compile(r"[^\W\d_]+?(?=(?<=[a-zß-öø-ÿ])[A-ZÀ-ÖØ-Þ])|[^\W\d_]+|\d+")
_TOKEN = re.compile(r'\s*(?:(?P<clause>"(?:[^"\\]|\\.)*")|(?P<word>\w+)|(?P<mark>[()])|(?P<end>$))')


class _Reader:
    """One token ahead: `kind` and `piece` are what stands at `at`."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.next = 0
        self.step()

    def step(self) -> None:
        found = _TOKEN.match(self.text, self.next)
        blanks = len(self.text[self.next :]) - len(self.text[self.next :].lstrip())
        self.at = self.next + blanks
        if found is None:
            self.fail('a clause in double quotes, as in "displayName:sales"')
        self.kind = str(found.lastgroup)
        self.piece = found.group(self.kind)
        self.next = found.end()

    def fail(self, expected: str) -> NoReturn:
        raise UsageProblem(f"The search cannot be read at position {self.at + 1}: expected {expected}.")

    def some(self, depth: int) -> Search:
        parts = [self.every(depth)]
        while self.kind == "word" and self.piece == "OR":
            self.step()
            parts.append(self.every(depth))
        return parts[0] if len(parts) == 1 else Some(tuple(parts))

    def every(self, depth: int) -> Search:
        parts = [self.one(depth)]
        while self.kind == "word" and self.piece == "AND":
            self.step()
            parts.append(self.one(depth))
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def one(self, depth: int) -> Search:
        if depth > MAX_DEPTH:
            self.fail(f"at most {MAX_DEPTH} brackets inside each other")
        if self.kind == "mark" and self.piece == "(":
            self.step()
            inner = self.some(depth + 1)
            if self.kind != "mark" or self.piece != ")":
                self.fail("a closing bracket")
            self.step()
            return inner
        if self.kind != "clause":
            self.fail('a clause in double quotes, as in "displayName:sales"')
        path, colon, text = re.sub(r"\\(.)", r"\1", self.piece[1:-1], flags=re.DOTALL).partition(":")
        if not colon or not path.strip() or not text.strip():
            self.fail('a property and a text, as in "displayName:sales"')
        self.step()
        return Clause(path.strip(), text.strip())
