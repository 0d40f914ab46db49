"""What the tests of rendering share: looks, names that mean harm, and the comparison with golden files."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

from toolkit.render.theme import PIPE, Look

__all__ = ["ASCII", "COLOR", "HARMFUL", "HOSTILE", "NOW", "PIPE", "TERMINAL", "WIDE", "golden"]

TERMINAL = Look(width=80, color=False, unicode=True)
WIDE = Look(width=120, color=False, unicode=True)
COLOR = Look(width=80, color=True, unicode=True)
ASCII = Look(width=80, color=False, unicode=False)

NOW = datetime(2026, 11, 2, 8, tzinfo=UTC)

HOSTILE = (
    "[ios] Baseline",
    "[/red]",
    "\x1b]0;x\x07",
    "two\nlines",
    "=cmd|' /C calc'!A0",
    "abc\u202egnp.exe",
    "x" * 300,
    "😀 סקר מכשירים",
    "",
    "\ud800 half",
    "\x9b31m\x7f\r\u2028\u2066\ufeff",
)

# What must never reach a terminal, besides line breaks of our own.
HARMFUL = frozenset(
    [chr(code) for code in (*range(0x0A), *range(0x0B, 0x20), *range(0x7F, 0xA0), *range(0xD800, 0xE000))]
    + list("\u061c\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")
)

GOLDEN = Path(__file__).parents[1] / "golden" / "render"


def golden(name: str, text: str) -> None:
    """Compares a screen with its file. GOLDEN=write writes it: read the difference before it is committed."""
    path = GOLDEN / f"{name}.txt"
    if os.environ.get("GOLDEN") == "write":
        path.write_text(text, encoding="utf-8", newline="\n")
    assert text == path.read_text(encoding="utf-8"), f"{path} differs; GOLDEN=write renews it"
