"""Errors: a sentence and a way out for people, one object for programs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from toolkit.errors import GraceProblem
from toolkit.model import wire
from toolkit.model.units import in_words
from toolkit.render.json import json_text
from toolkit.render.theme import PIPE, Look, fold, paint, plain


def problem_text(problem: GraceProblem, look: Look) -> str:
    """The lines "Error: …", "Hint: …" and "Request: …", each only where there is something to say."""
    lines = [_labelled("Error", problem.message or problem.code, "red", look)]
    if problem.hint:
        lines.append(_labelled("Hint", problem.hint, "cyan", look))
    if (request_id := problem.detail.get("requestId")) is not None:
        lines.append(_labelled("Request", str(request_id), "dim", look))
    return "".join(lines)


def problem_json(problem: GraceProblem, look: Look = PIPE) -> str:
    """One line: {"error": {"code", "message", "hint", "requestId", ...}}."""
    return json_text({"error": problem.as_json()}, look, pretty=False) + "\n"


def _labelled(label: str, text: str, style: str, look: Look) -> str:
    folded = fold(plain(text), look.width, first=len(label) + 2, rest=len(label) + 2)
    return f"{paint(label, style, look)}: {folded}\n"


def _state(value: Any, look: Look) -> str:
    """A schedule as its actions in time order, anything else as JSON."""
    rules = (
        value if isinstance(value, list) and value and all(isinstance(v, Mapping) for v in value) else None
    )
    if rules is not None and all("scheduledActionConfigurations" in rule for rule in rules):
        schedule = wire.schedule_from(rules)
        if schedule is not None:
            return ", ".join(f"{action.kind} {in_words(action.after)}" for action in schedule.actions)
    return json_text(value, look, pretty=False)


def states_text(states: Mapping[str, Any], look: Look) -> str:
    """The states that a stale plan or undo was refused for, one after the other, each as short as it gets."""
    lines = []
    for name, value in states.items():
        text = "nothing" if value is None else _state(value, look)
        lines.append(_labelled(f"  {name}", text, "bold", look))
    return "".join(lines)
