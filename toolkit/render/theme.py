"""Text that is safe to show: tenant text made harmless, cut and folded to a width, coloured where colour is wanted.

Colour and signs never carry anything that a word beside them does not say too.
"""

from __future__ import annotations

import re
from typing import NamedTuple


class Look(NamedTuple):
    """How the output is to look. `width` None means no terminal: nothing is cut or folded, dates are ISO."""

    width: int | None
    color: bool
    unicode: bool

    def narrower(self, by: int) -> Look:
        """The same, with room for an indentation of `by` columns."""
        return self if self.width is None else self._replace(width=max(self.width - by, 20))


PIPE = Look(width=None, color=False, unicode=True)
"""A file or another program."""


class Signs(NamedTuple):
    """The few characters of ours that are not ASCII."""

    arrow: str
    ellipsis: str
    rule: str
    bar: str
    dot: str
    dash: str


_UNICODE = Signs("→", "…", "─", "│", "●", "–")
_ASCII = Signs("->", "...", "-", "|", "*", "-")


def signs(look: Look) -> Signs:
    return _UNICODE if look.unicode else _ASCII


# C0, DEL and C1; what turns the reading direction; what separates lines or cannot be seen; lone surrogates.
# The joiners U+200C and U+200D stay: Persian and emoji are written with them.
_CONTROLS = r"\x00-\x1f\x7f-\x9f"
_UNSEEN = r"\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff"
_HARMFUL = re.compile(f"[{_CONTROLS}{_UNSEEN}]")
_HARMFUL_IN_LINES = re.compile(rf"[\x00-\x08\x0b-\x1f\x7f-\x9f{_UNSEEN}]")
_HARMFUL_BUT_C0 = re.compile(rf"[\x7f-\x9f{_UNSEEN}]")
_SHORT = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}


def plain(text: str) -> str:
    r"""One harmless line: what could steer a terminal, hide or reorder text becomes a visible escape.

    >>> plain("\x1b]0;x\x07"), plain("a\nb"), plain("[/red] שלום")
    ('\\x1b]0;x\\x07', 'a\\nb', '[/red] שלום')
    """
    # Nearly every name is printable, and this asks at the speed of C.
    return text if text.isprintable() else _HARMFUL.sub(_visible, text)


def plain_lines(text: str) -> str:
    """The same for text of several lines: line breaks and tabs stay."""
    return _HARMFUL_IN_LINES.sub(_visible, text.replace("\r\n", "\n"))


def json_safe(written: str) -> str:
    r"""JSON, or anything else that knows `\uXXXX` within its strings, with the rest of the harmful escaped so.

    A JSON writer escapes C0 by itself, and outside strings there is nothing but its own line breaks.
    """
    return _HARMFUL_BUT_C0.sub(lambda match: f"\\u{ord(match[0]):04x}", written)


def is_harmful(text: str) -> bool:
    """Whether `json_safe` would change it."""
    return _HARMFUL_BUT_C0.search(text) is not None


def _visible(match: re.Match[str]) -> str:
    character = match[0]
    if character in _SHORT:
        return _SHORT[character]
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def cells(text: str) -> int:
    """How many columns of a terminal the text takes."""
    if text.isascii():
        return len(text)
    from unicodedata import category, east_asian_width

    return sum(
        0 if category(c) in ("Mn", "Me", "Cf") else 2 if east_asian_width(c) in ("W", "F") else 1
        for c in text
    )


def pad(text: str, width: int) -> str:
    return text + " " * (width - cells(text))


def cut(text: str, width: int, look: Look) -> str:
    """At most `width` columns of it, ending in an ellipsis if something is missing."""
    if cells(text) <= width:
        return text
    mark = signs(look).ellipsis
    return _head(text, max(width - len(mark), 0)) + mark


def _head(text: str, width: int) -> str:
    end = taken = 0
    for end, character in enumerate(text):
        taken += cells(character)
        if taken > width:
            return text[:end]
    return text


def fold(text: str, width: int | None, *, first: int = 0, rest: int = 0) -> str:
    """The text within `width` columns, broken at blanks, and within a word only where one is too long.

    The first line has `first` columns less (what stands before it); further lines are indented by `rest`.
    """
    if width is None or first + cells(text) <= width:
        return text
    lines: list[str] = []
    line, room = "", max(width - first, 10)
    further = max(width - rest, 10)
    for word in text.split(" "):
        tried = f"{line} {word}" if line else word
        if cells(tried) <= room:
            line = tried
            continue
        if line:
            lines.append(line.rstrip(" "))
            room = further
        line = word
        while cells(line) > room:
            head = _head(line, room) or line[:1]
            lines.append(head)
            line, room = line[len(head) :], further
    lines.append(line)
    return ("\n" + " " * rest).join(lines)


# Select Graphic Rendition codes of the eight colours that every terminal has, as its owner set them.
STYLES = {
    "red": "31",
    "green": "32",
    "yellow": "33",
    "magenta": "35",
    "cyan": "36",
    "bold": "1",
    "dim": "2",
    "": "",
}


def paint(text: str, style: str, look: Look) -> str:
    """The text in a colour, or as it is where there is none. It must be `plain` already."""
    if not look.color or not style or not text:
        return text
    return f"\x1b[{STYLES[style]}m{text}\x1b[0m"


STATE_STYLES = {
    "compliant": "green",
    "remediated": "green",
    "inGracePeriod": "yellow",
    "noncompliant": "red",
    "nonCompliant": "red",
    "error": "red",
    "conflict": "magenta",
    "unknown": "dim",
    "notApplicable": "dim",
    "notAssigned": "dim",
    "enabled": "green",
    "disabled": "dim",
    "enabledForReportingButNotEnforced": "yellow",
    "done": "green",
    "pending": "yellow",
    "failed": "red",
}

# A word that several enumerations share means the same in each of them, or stands in the first that has it.
_STATE_ENUMS = (
    "complianceState",
    "complianceStatus",
    "conditionalAccessPolicyState",
    "managementState",
    "actionState",
)


def state_words(state: str) -> str:
    """The admin centre's word for a state of Graph's; the state itself where it has none."""
    from toolkit.model.data.enums import WORDS

    for enum in _STATE_ENUMS:
        if state in WORDS[enum]:
            return WORDS[enum][state]
    return plain(state)
