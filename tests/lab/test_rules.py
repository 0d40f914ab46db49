"""The lab's switches."""

from __future__ import annotations

import pytest

from toolkit.errors import UsageProblem
from toolkit.lab.rules import RULES, set_value, value, values
from toolkit.lab.store import Store


@pytest.fixture
def store():
    opened = Store(":memory:")
    yield opened
    opened.close()


def test_every_rule_has_its_default_until_it_is_set(store):
    assert values(store) == {rule.name: rule.default for rule in RULES}


@pytest.mark.parametrize(
    ("name", "text", "kept"),
    [
        ("action-clock", "after-mark", "after-mark"),
        ("ACTION_CLOCK", "After_Mark", "after-mark"),
        ("retroactive-actions", "false", False),
        ("email-latency-min", "360", 360),
        ("push-loss-rate", "0.25", 0.25),
    ],
)
def test_a_rule_is_set_from_typed_text(store, name, text, kept):
    assert set_value(store, name, text) == kept
    assert value(store, name) == kept


def test_setting_the_default_forgets_the_override(store):
    set_value(store, "action-clock", "after-mark")
    set_value(store, "action-clock", "first-noncompliance")
    assert store.meta("rules") == {}


@pytest.mark.parametrize(
    ("name", "text", "hint"),
    [
        ("action-clok", "after-mark", "Nearest: action-clock."),
        ("qqq", "1", "See them all: grace lab rules"),
        ("action-clock", "noon", "It is first-noncompliance or after-mark."),
        ("retroactive-actions", "maybe", "It is true or false."),
        ("email-latency-min", "361", "It is 0 to 360."),
        ("email-latency-min", "1.5", "It is 0 to 360."),
        ("push-loss-rate", "nan", "It is 0.0 to 1.0."),
    ],
)
def test_a_wrong_name_or_value_is_refused_with_the_way_out(store, name, text, hint):
    with pytest.raises(UsageProblem) as refused:
        set_value(store, name, text)
    assert refused.value.hint == hint


def test_each_rule_says_its_status_and_where_it_comes_from():
    assert {rule.status for rule in RULES} <= set("DTIU")
    assert all(rule.meaning and rule.source for rule in RULES)
    for rule in RULES:
        within = (
            rule.values[0] <= rule.default <= rule.values[1]
            if rule.is_number
            else rule.default in rule.values
        )
        assert within, rule.name
