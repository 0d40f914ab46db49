"""A dry run sends nothing but GET: proven for every changing verb there is."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from harness import Grace
from toolkit.commands.catalogue import ALONE, VERBS, module_of

LINES = {
    "template new": "template new --name N --subject S --message M",
    "template edit": "template edit 'First warning' --no-logo",
    "template localize": "template localize 'Final warning' --locale es-es --subject S --message M",
    "template unlocalize": "template unlocalize 'First warning' --locale de-de",
    "template remove": "template remove 'Unused draft'",
    "template test": "template test 'First warning'",
    "action add": "action add 'Windows*' --email 'Final warning' --days 9",
    "action edit": "action edit 'Windows baseline' mark --days 9",
    "action remove": "action remove 'Windows baseline' 1",
    "action copy": "action copy 'iOS baseline' --to 'iOS pilot'",
    "action set": "action set 'iOS pilot' --from-file -",
    "policy new": "policy new --platform ios --name N --set passcodeRequired=true",
    "policy edit": "policy edit 'iOS pilot' --set passcodeMinimumLength=9",
    "policy remove": "policy remove 'iOS pilot'",
    "policy assign": "policy assign 'Windows strict' --group 'Help desk'",
    "config apply": "config apply {plan}",
    "undo": "undo",
    "graph": 'graph POST /deviceManagement/notificationMessageTemplates --body \'{"displayName":"X"}\'',
}
STDIN = {"action set": "[{mark: 1d}, {push: 2d}]"}


def changing_verbs() -> set[str]:
    words = [(noun, verb) for noun, verbs in VERBS.items() for verb in verbs] + [(name, "") for name in ALONE]
    return {
        f"{noun} {verb}".strip()
        for noun, verb in words
        if importlib.import_module(module_of(noun, verb)).SPEC.changes
    }


def test_every_changing_verb_is_in_this_file() -> None:
    assert changing_verbs() == set(LINES)


@pytest.mark.parametrize("how", ["--what-if", "GRACE_WHAT_IF", "--save-plan"])
@pytest.mark.parametrize("verb", LINES)
def test_nothing_but_get_is_sent(grace: Grace, tmp_path: Path, verb: str, how: str) -> None:
    grace.ok("template new --name Before --subject S --message M")
    grace.ok(f"template edit Before --no-logo --save-plan {tmp_path}/plan.json")
    before = grace.content()
    journal = grace.json("journal list")
    seen = len(grace.sent)
    line = LINES[verb].replace("{plan}", f"{tmp_path}/plan.json")
    stdin = STDIN.get(verb, "")
    if how == "GRACE_WHAT_IF":
        answer = grace.run(line, stdin=stdin, GRACE_WHAT_IF="1")
    elif how == "--save-plan":
        answer = grace.run(f"{line} --save-plan {tmp_path}/saved.json", stdin=stdin)
    else:
        answer = grace.run(f"{line} --what-if", stdin=stdin)
    assert answer.code == 0, answer
    new = grace.sent[seen:]
    assert new or verb == "graph", "the plan must have been made from the tenant"
    assert {method for method, _ in new} <= {"GET"}
    assert grace.content() == before
    assert grace.json("journal list") == journal


LOW = {"template new", "policy new", "template localize", "template edit", "template test"}
"""Of these lines: reversible and touching no device, so they are not asked about."""


@pytest.mark.parametrize("verb", [verb for verb in LINES if verb not in LOW])
def test_a_refused_change_sends_nothing_but_get(grace: Grace, tmp_path: Path, verb: str) -> None:
    """Nobody can be asked here, so whatever is not low risk is refused without --yes and --force."""
    grace.ok("policy edit 'iOS pilot' --rename 'iOS second' --yes")
    grace.ok(f"policy edit 'iOS second' --rename 'iOS third' --save-plan {tmp_path}/plan.json")
    grace.ok("policy edit 'iOS second' --rename 'iOS pilot' --yes")
    grace.ok(f"policy edit 'iOS pilot' --rename 'iOS third' --save-plan {tmp_path}/plan.json")
    before, seen = grace.content(), len(grace.sent)
    answer = grace.run(LINES[verb].replace("{plan}", f"{tmp_path}/plan.json"), stdin=STDIN.get(verb, ""))
    assert answer.code == 2, answer
    assert {method for method, _ in grace.sent[seen:]} <= {"GET"}
    assert grace.content() == before


def test_the_exact_requests_are_shown_and_then_sent(grace: Grace) -> None:
    line = "action add 'Windows*' --email 'Final warning' --days 9"
    shown = grace.json(f"{line} --what-if")["requests"]
    seen = len(grace.sent)
    grace.ok(f"{line} --yes")
    sent = [(method, url) for method, url in grace.sent[seen:] if method != "GET"]
    assert [(r["method"], r["url"]) for r in shown] == [(m, u.partition(".invalid")[2]) for m, u in sent]
