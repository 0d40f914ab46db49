"""Asking a person: the protocol, and the one place that calls Questionary.

Ctrl-C rises as KeyboardInterrupt to the edge of the process, which says that nothing was changed.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol


class Asker(Protocol):
    def confirm(self, sentence: str) -> bool:
        """A yes. Enter alone is a no."""
        ...

    def word(self, sentence: str, expected: Iterable[str]) -> bool:
        """Whether one of the expected words was typed."""
        ...


class QuestionaryAsker:
    """Questions on the terminal, written to stderr so that stdout stays data."""

    def confirm(self, sentence: str) -> bool:
        from sys import stderr

        import questionary
        from prompt_toolkit.output import create_output

        return bool(questionary.confirm(sentence, default=False, output=create_output(stderr)).unsafe_ask())

    def word(self, sentence: str, expected: Iterable[str]) -> bool:
        from sys import stderr

        import questionary
        from prompt_toolkit.output import create_output

        typed = questionary.text(f"{sentence}:", output=create_output(stderr)).unsafe_ask()
        return str(typed).strip().casefold() in {word.casefold() for word in expected}


class ScriptedAsker:
    """Answers prepared beforehand, for tests. Raises IndexError for a question that nobody expected."""

    def __init__(self, *answers: str | bool) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    def confirm(self, sentence: str) -> bool:
        self.asked.append(sentence)
        return self.answers.pop(0) is True

    def word(self, sentence: str, expected: Iterable[str]) -> bool:
        self.asked.append(sentence)
        return str(self.answers.pop(0)).casefold() in {word.casefold() for word in expected}
