"""grace lab rules: each switch with its value, how well it is known, and its source."""

from __future__ import annotations

from harness import Grace
from toolkit.commands.lab.rules import STANDING
from toolkit.lab.rules import RULES


def test_every_rule_is_shown_with_the_letter_and_the_word_of_its_standing(grace: Grace) -> None:
    shown = {row["name"]: row for row in grace.json("lab rules")}
    assert list(shown) == [rule.name for rule in RULES]
    for rule in RULES:
        row = shown[rule.name]
        assert row["standing"] == f"{rule.status} {STANDING[rule.status]}"
        assert (row["value"], row["default"], row["source"]) == (rule.default, rule.default, rule.source)


def test_the_table_shows_the_standing_and_a_value_as_it_is_typed(grace: Grace) -> None:
    text = grace.ok(
        "lab rules --set grace-is-compliant=false --set error-state=severity", terminal=True
    ).stdout
    assert "I inferred" in text
    assert "false" in text
    assert "severity" in text
    assert "action-clock" not in text
