"""What a user may type for a thing: a name, a wildcard or an id, and how it finds that thing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fnmatch import translate
from typing import Protocol, TypeVar

from toolkit.errors import Ambiguous, NotFound

_GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
ZERO_GUID = "00000000-0000-0000-0000-000000000000"


class Named(Protocol):
    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...


T = TypeVar("T", bound=Named)


def is_guid(text: str) -> bool:
    return _GUID.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class Ref:
    """A name, a wildcard (`Windows*`) or an id, exactly as it was typed."""

    text: str

    def __str__(self) -> str:
        return self.text

    @property
    def is_wildcard(self) -> bool:
        return "*" in self.text or "?" in self.text


class PolicyRef(Ref):
    noun = "policy"
    plural = "policies"


class TemplateRef(Ref):
    noun = "template"
    plural = "templates"


class GroupRef(Ref):
    noun = "group"
    plural = "groups"


class DeviceRef(Ref):
    noun = "device"
    plural = "devices"


def find_all(ref: Ref, things: Sequence[T]) -> tuple[T, ...]:
    """Everything that `ref` means, in the tenant's order.

    An id or an exact name wins over a wildcard reading, so that a policy called "Windows [*]" can be named.
    Names compare without regard to case, as the admin centre's search does; an exact spelling wins.
    Raises NotFound with the nearest names, and Ambiguous where a plain name belongs to several.
    """
    exact = _exact(ref.text, things)
    if len(exact) > 1:
        raise _ambiguous(ref, exact)
    if exact:
        return exact
    if ref.is_wildcard:
        # Brackets are ordinary characters in names here ("[ios] Baseline"), so only * and ? are wild.
        pattern = re.compile(translate(ref.text.replace("[", "[[]")), re.IGNORECASE)
        found = tuple(thing for thing in things if pattern.match(thing.name))
        if found:
            return found
    raise _not_found(ref, things)


def find_one(ref: Ref, things: Sequence[T]) -> T:
    """The one thing that `ref` means. Raises NotFound or Ambiguous."""
    found = find_all(ref, things)
    if len(found) > 1:
        raise _ambiguous(ref, found)
    return found[0]


def find_each(refs: Iterable[Ref], things: Sequence[T]) -> tuple[T, ...]:
    """All that several refs mean, each thing once, in the order they were named."""
    chosen: dict[str, T] = {}
    for ref in refs:
        for thing in find_all(ref, things):
            chosen.setdefault(thing.id, thing)
    return tuple(chosen.values())


def nearest(text: str, names: Iterable[str], limit: int = 3) -> tuple[str, ...]:
    """The names most like `text`, best first."""
    # Late: it is for names that were mistyped, and every start would pay for it.
    from difflib import get_close_matches

    by_fold: dict[str, str] = {}
    for name in names:
        by_fold.setdefault(name.casefold(), name)
    fold = text.casefold()
    close = get_close_matches(fold, list(by_fold), n=limit, cutoff=0.5)
    inside = [name for name in by_fold if fold and fold in name and name not in close]
    return tuple(by_fold[name] for name in [*close, *inside][:limit])


def did_you_mean(near: Sequence[str]) -> str:
    """The beginning of a hint, or nothing where nothing is near."""
    return f"Did you mean {near[0]}? " if near else ""


def quoted(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def _exact(text: str, things: Sequence[T]) -> tuple[T, ...]:
    by_id = tuple(thing for thing in things if thing.id.casefold() == text.casefold())
    if by_id:
        return by_id
    same = tuple(thing for thing in things if thing.name == text)
    if same:
        return same
    fold = text.strip().casefold()
    return tuple(thing for thing in things if thing.name.strip().casefold() == fold)


def _ambiguous(ref: Ref, found: Sequence[Named]) -> Ambiguous:
    noun = getattr(ref, "plural", "things")
    shown = "; ".join(f'"{thing.name}" {thing.id}' for thing in found[:5])
    more = f"; and {len(found) - 5} more" if len(found) > 5 else ""
    return Ambiguous(
        f'"{ref}" matches {len(found)} {noun}: {shown}{more}.',
        hint="Use the id of the one you mean.",
        detail={"matches": [{"id": thing.id, "name": thing.name} for thing in found]},
    )


def _not_found(ref: Ref, things: Sequence[Named]) -> NotFound:
    noun = getattr(ref, "noun", "thing")
    near = nearest(ref.text.replace("*", ""), (thing.name for thing in things))
    if near:
        hint = f"Nearest: {quoted(near)}."
    elif 0 < len(things) <= 8:
        hint = f"There are: {quoted(thing.name for thing in things)}."
    elif things:
        hint = f"See them all: grace {noun} list"
    else:
        hint = f"This tenant has no {getattr(ref, 'plural', 'things')}."
    what = "matches" if ref.is_wildcard else "is called"
    return NotFound(f'No {noun} {what} "{ref}".', hint=hint, detail={"nearest": list(near)})


def by_id(things: Iterable[T]) -> Callable[[str], T | None]:
    """A look-up by id that does not mind upper and lower case."""
    table = {thing.id.casefold(): thing for thing in things}
    return lambda id: table.get(id.casefold())
