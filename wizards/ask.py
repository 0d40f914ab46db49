"""Asking a person: the protocol, and the one place that calls Questionary.

Ctrl-C rises as KeyboardInterrupt, Ctrl-D as EOFError, to the edge of the process, which says that nothing was changed.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol


class Asker(Protocol):
    def confirm(self, sentence: str) -> bool:
        """A yes, typed as y or yes with Enter. Anything else, Enter alone too, is a no."""
        ...

    def word(self, sentence: str, expected: Iterable[str]) -> bool:
        """Whether one of the expected words was typed."""
        ...


class QuestionaryAsker:
    """Questions on the terminal, written to stderr so that stdout stays data."""

    def confirm(self, sentence: str) -> bool:
        # Not Questionary's own confirm: it takes one key for an answer, typed ahead or the first y of a paste.
        return self.word(f"{sentence} (y/N)", ("y", "yes"))

    def word(self, sentence: str, expected: Iterable[str]) -> bool:
        from sys import stderr

        import questionary
        from prompt_toolkit.output import create_output

        typed = questionary.text(sentence, output=create_output(stderr)).unsafe_ask()
        return str(typed).strip().casefold() in {word.casefold() for word in expected}
