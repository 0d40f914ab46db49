"""Words become one command with its options and the shared flags, or a problem that says what to type."""

from __future__ import annotations

import importlib
import json
from pathlib import Path

import pytest

import toolkit
from toolkit.cli.parser import Globals, HelpAsked, build, help_text, metavar, parse, refs_from, split, usage
from toolkit.commands.catalogue import ALONE, NOUNS, VERBS, module_of
from toolkit.commands.spec import Arg, Spec
from toolkit.errors import GraceProblem, InvalidContent, InvalidSchedule, MissingValue, UsageProblem
from toolkit.model.refs import PolicyRef, TemplateRef

ADD = ("action", "add")


def read(stdin: str = ""):
    return lambda source: stdin if source == "-" else f"text of {source}"


def options(*words: str, stdin: str = "") -> dict[str, object]:
    """Only the options that are not as they stand by default."""
    found = parse(words, read(stdin)).options
    return {
        name: value
        for name in type(found).__slots__
        if (value := getattr(found, name)) not in (None, False, ())
    }


def flags(*words: str) -> dict[str, object]:
    found, default = parse(words, read()).flags, Globals()
    return {n: v for n in Globals.__slots__ if (v := getattr(found, n)) != getattr(default, n)}


def refused(*words: str, stdin: str = "") -> tuple[type[GraceProblem], str, str | None]:
    with pytest.raises(GraceProblem) as caught:
        parse(words, read(stdin))
    return type(caught.value), caught.value.message, caught.value.hint


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (["policy", "show", "P"], ("policy", "show", ["P"])),
        (["--tenant", "lab", "policy", "show", "P"], ("policy", "show", ["--tenant", "lab", "P"])),
        (["policy", "-o", "json", "show", "P"], ("policy", "show", ["-o", "json", "P"])),
        (["--output=json", "policy", "list"], ("policy", "list", ["--output=json"])),
        (["-ojson", "policy", "list"], ("policy", "list", ["-ojson"])),
        (["undo", "3"], ("undo", "", ["3"])),
        (["undo", "--yes", "3"], ("undo", "", ["--yes", "3"])),
        (["graph", "GET", "/me"], ("graph", "", ["GET", "/me"])),
        (["policy"], ("policy", "", [])),
        (["policy", "--help"], ("policy", "", ["--help"])),
        (["policy", "show", "--", "list"], ("policy", "show", ["--", "list"])),
        (["--", "policy"], ("", "", ["--", "policy"])),
        (["-"], ("-", "", [])),
        (["--tenant"], ("", "", ["--tenant"])),
        ([], ("", "", [])),
    ],
)
def test_noun_and_verb_are_found_among_the_shared_flags(argv, expected):
    assert split(argv) == expected


A, LOCK_3D = PolicyRef("A"), {"lock": True, "days": 72}


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ((*ADD, "A", "--lock", "--days", "3"), {"policies": (A,), **LOCK_3D}),
        ((*ADD, "--lock", "--days", "3", "A"), {"policies": (A,), **LOCK_3D}),
        ((*ADD, "A", "--lock", "B", "--days=3"), {"policies": (A, PolicyRef("B")), **LOCK_3D}),
        ((*ADD, "--lock", "--days", "3", "--", "-A", "--lock"), {"policies": (PolicyRef("-A"), PolicyRef("--lock")), **LOCK_3D}),
        ((*ADD, "--lock", "--days", "3", "--force", "--", "A"), {"policies": (A,), **LOCK_3D}),
        ((*ADD, "A", "--lock", "--days", "3", "--", "-h"), {"policies": (A, PolicyRef("-h")), **LOCK_3D}),
        ((*ADD, "A", "--email", "T", "--after", "P1D"), {"policies": (A,), "email": TemplateRef("T"), "after": 24}),
        ((*ADD, "[ios] Baseline", "--lock", "--days", "3"), {"policies": (PolicyRef("[ios] Baseline"),), **LOCK_3D}),
        (("policy", "show", "\x1b]0;x\x07"), {"policy": PolicyRef("\x1b]0;x\x07")}),
        (("template", "localize", "T", "--locale", "FR_fr", "--subject", "s", "--message", "m"), {
            "template": TemplateRef("T"), "locale": "fr-fr", "subject": "s", "message": "m",
        }),
        (("template", "localize", "T", "--locale", "fr-fr", "--message", "@f.html"), {
            "template": TemplateRef("T"), "locale": "fr-fr", "message": "text of f.html",
        }),
        (("template", "localize", "T", "--locale", "fr-fr", "--message", "@@home"), {
            "template": TemplateRef("T"), "locale": "fr-fr", "message": "@home",
        }),
    ],
)  # fmt: skip
def test_words_become_options_wherever_flags_stand(words, expected):
    assert options(*words) == expected


def test_zero_is_a_wait_and_not_a_missing_one():
    assert parse((*ADD, "A", "--lock", "--days", "0"), read()).options.days == 0


@pytest.mark.parametrize(
    ("words", "kind", "message"),
    [
        ((), UsageProblem, '"" is not a command of grace.'),
        (("polciy",), UsageProblem, '"polciy" is not a command of grace.'),
        (("policy", "shwo"), UsageProblem, 'grace policy has no verb "shwo".'),
        (("policy", "show", "A", "B"), UsageProblem, 'grace policy show has no use for "B".'),
        (("policy", "show", "A", "--", "-B"), UsageProblem, 'grace policy show has no use for "-B".'),
        (("policy", "show"), MissingValue, "POLICY is missing: the policy"),
        (("policy", "show", " "), UsageProblem, "POLICY is empty."),
        (("policy", "list", "--tpo", "3"), UsageProblem, "grace policy list has no flag --tpo."),
        (("policy", "list", "--top", "x"), UsageProblem, "--top: invalid int value: 'x'."),
        (("policy", "list", "--top", "-1"), UsageProblem, "--top must not be negative."),
        (("policy", "list", "--skip", "-1"), UsageProblem, "--skip must not be negative."),
        (("policy", "list", "--max-retries", "-1"), UsageProblem, "--max-retries must not be negative."),
        (("policy", "list", "--timeout", "0"), UsageProblem, "--timeout must be more than 0 and at most 3600 seconds."),
        (("policy", "list", "--timeout", "nan"), UsageProblem, "--timeout must be more than 0 and at most 3600 seconds."),
        (("policy", "list", "--timeout", "inf"), UsageProblem, "--timeout must be more than 0 and at most 3600 seconds."),
        (("policy", "list", "--yes"), UsageProblem, "grace policy list has no flag --yes."),
        ((*ADD, "A", "--lock", "--push", "--days", "3"), UsageProblem, "--push: not allowed with argument --lock."),
        ((*ADD, "A", "--lock", "--days", "3", "--hours", "3"), UsageProblem, "--hours: not allowed with argument --days."),
        ((*ADD, "A", "--lock", "--days", "x"), InvalidSchedule, '--days: "x" is not a number of days.'),
        ((*ADD, "A", "--lock", "--days", "-3"), InvalidSchedule, "--days: -3 days is out of range."),
        ((*ADD, "A", "--lock", "--after", "3"), InvalidSchedule, '--after: "3" could mean days or hours.'),
        ((*ADD, "--lock", "--days", "3"), MissingValue, "POLICY is missing: "),
        (("template", "localize", "T", "--locale", "fr"), InvalidContent, '--locale: "fr" is not a locale that Intune has.'),
        (("policy", "list", "--platform", "amiga"), UsageProblem, '--platform: "amiga" is not a platform.'),
    ],
)  # fmt: skip
def test_a_wrong_word_is_refused_with_its_place(words, kind, message):
    found = refused(*words)
    assert found[0] is kind
    assert found[1].startswith(message)


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("polciy",), "Did you mean policy? grace --help lists them all."),
        (
            ("policy", "shwo"),
            "Did you mean show? It has: list, show, new, edit, remove, assign, settings, status.",
        ),
        (("policy", "list", "--tpo", "3"), "Did you mean --top? grace policy list --help"),
        (
            ("policy", "show", "Windows", "baseline"),
            "Quote names with blanks. Usage: grace policy show POLICY",
        ),
    ],
)
def test_a_wrong_word_is_answered_with_the_nearest_right_one(words, hint):
    assert refused(*words)[2] == hint


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("policy", "list"), {}),
        (("--tenant", "lab-x", "policy", "list"), {"tenant": "lab-x"}),
        (("policy", "list", "-o", "json", "-q"), {"output": "json", "quiet": True}),
        (("policy", "list", "--select", " a, b ,,"), {"select": ("a", "b")}),
        (("policy", "list", "--top", "0", "--skip", "2"), {"top": 0, "skip": 2}),
        (("policy", "list", "--sort=-name"), {"sort": "-name"}),
        (("policy", "list", "--timeout", "0.5", "--max-retries", "0"), {"timeout": 0.5, "max_retries": 0}),
        ((*ADD, "A", "--lock", "--days", "3", "-y", "--what-if"), {"yes": True, "what_if": True}),
        ((*ADD, "A", "--lock", "--days", "3", "--force"), {"force": ""}),
        ((*ADD, "A", "--lock", "--days", "3", "--force", "[ios] Baseline"), {"force": "[ios] Baseline"}),
        ((*ADD, "A", "--lock", "--days", "3", "--on-error", "continue"), {"on_error": "continue"}),
    ],
)
def test_shared_flags_are_kept_apart_from_options(words, expected):
    assert flags(*words) == expected


@pytest.mark.parametrize(
    "words", [("policy", "--help"), ("policy", "list", "-h"), ("policy", "--help", "list"), ("undo", "-h")]
)
def test_help_is_given_wherever_it_is_asked_for(words):
    with pytest.raises(HelpAsked) as caught:
        parse(words, read())
    assert caught.value.text.startswith("grace " + words[0])
    assert "\0" not in caught.value.text


HOSTILE_LINE = "[/red] \x1b]0;x\x07"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A\nB\n", ["A", "B"]),
        ("  A  \r\n\r\n B\r\n", ["A", "B"]),
        ("A\nA\n", ["A"]),
        ('"A"\n"B \\"x\\""\n', ["A", 'B "x"']),
        ('Say "hi"\n', ['Say "hi"']),
        ('"half\n', ['"half']),
        ("[ios] Baseline\n[android] Baseline\n", ["[ios] Baseline", "[android] Baseline"]),
        ("Windows baseline\n[ios] Baseline\n", ["Windows baseline", "[ios] Baseline"]),
        (HOSTILE_LINE, [HOSTILE_LINE]),
        ("=cmd\n-x\n", ["=cmd", "-x"]),
        ('["A", "B"]', ["A", "B"]),
        ('[\n  "A",\n  "B"\n]', ["A", "B"]),
        ('[{"id": "1", "displayName": "A"}, {"displayName": "B"}]', ["1", "B"]),
        ('{"value": [{"id": "1"}], "@odata.count": 1}', ["1"]),
        ('{"id": "1"}', ["1"]),
        ('{"id": "1"}\n\n{"policyId": "2", "id": "action"}\n', ["1", "2"]),
        ('{"id": null, "displayName": "A"}', ["A"]),
    ],
)
def test_names_and_ids_are_read_from_lines_json_and_jsonl(text, expected):
    keys = ("policyId", "id", "policyName", "displayName", "name")
    assert refs_from(text, keys, "policy") == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "Standard input holds no policy."),
        (" \n ", "Standard input holds no policy."),
        ('[{"id": "1"}, {"size": 3}]', "Object 2 on standard input names no policy."),
        ("[1]", "Object 1 on standard input names no policy."),
        ('[""]', "Object 1 on standard input names no policy."),
        ("[[]]", "Object 1 on standard input names no policy."),
        ('{"id": 5}', "Object 1 on standard input names no policy."),
        ('{"id": "1"}\n{"id": ', "Line 2 of standard input is not JSON: "),
        ('{"id": ' + "9" * 5000 + "}", "Line 1 of standard input is not JSON: "),
        ('{"id": NaN}', "Object 1 on standard input names no policy."),
    ],
)
def test_standard_input_that_names_nothing_says_where(text, message):
    with pytest.raises(UsageProblem) as caught:
        refs_from(text, ("id",), "policy")
    assert caught.value.message.startswith(message)


@pytest.mark.parametrize("words", [("action", "add", "-", "--lock", "--days", "3"), ("action", "list", "-")])
def test_an_empty_list_on_standard_input_is_not_all_of_them(words):
    assert refused(*words, stdin="[]")[:2] == (UsageProblem, "Standard input holds no policy.")


def test_a_dash_takes_the_policies_from_standard_input():
    stdin = json.dumps([{"policyId": "1"}, {"policyId": "2"}])
    assert options(*ADD, "-", "--lock", "--days", "3", stdin=stdin)["policies"] == (
        PolicyRef("1"),
        PolicyRef("2"),
    )


def test_where_one_is_wanted_standard_input_may_hold_only_one():
    assert (
        refused("policy", "show", "-", stdin="A\nB")[1] == "POLICY takes one policy; standard input holds 2."
    )


SPEC = Spec(
    "action",
    "add",
    dict,
    args=(
        Arg("policies", "which", kind="policy", many=True, required=True),
        Arg("email", "mail 100%", ("--email",), kind="template", one_of="what", required=True),
        Arg("lock", "lock", ("--lock",), kind="flag", one_of="what", required=True),
        Arg("cc", "copy", ("--cc",), kind="group", many=True),
        Arg("after", "wait", ("--after",), kind="after"),
        Arg("default", "make it the default", ("--default",), kind="switch"),
        Arg("reading", "which clock", ("--reading",), kind="choice", choices=("a", "b")),
    ),
    examples=("grace action add A --lock",),
)


def test_usage_is_written_from_the_spec():
    assert usage(SPEC) == (
        "action add POLICY... (--email TEMPLATE | --lock) [--cc GROUP]... [--after T]"
        " [--default | --no-default] [--reading a|b]"
    )


@pytest.mark.parametrize(
    ("arg", "expected"),
    [
        (Arg("entry", "h"), "ENTRY"),
        (Arg("from_file", "h", ("--from-file",)), "FROM-FILE"),
        (Arg("x", "h", kind="policy"), "POLICY"),
        (Arg("x", "h", ("--x",), kind="setting"), "NAME=VALUE"),
        (Arg("x", "h", ("--x",), kind="content"), "TEXT|@FILE"),
        (Arg("x", "h", ("--x",), choices=("a", "b")), "a|b"),
        (Arg("x", "h", ("--x",), choices=("a", "b"), metavar="X"), "X"),
    ],
)
def test_the_placeholder_of_a_value_says_its_kind(arg, expected):
    assert metavar(arg) == expected


def test_help_shows_a_per_cent_sign_as_it_is_and_the_examples():
    text = help_text(SPEC, build(SPEC))
    assert "mail 100%" in text
    assert text.endswith("Examples\n  grace action add A --lock\n")


ROOT = Path(toolkit.__file__).parent.parent
EVERY_VERB = [(n, v) for n in NOUNS for v in VERBS[n]] + [(alone, "") for alone in ALONE]
WRITTEN = [words for words in EVERY_VERB if (ROOT / (module_of(*words).replace(".", "/") + ".py")).is_file()]


@pytest.mark.parametrize(("noun", "verb"), WRITTEN, ids=[" ".join(words).strip() for words in WRITTEN])
def test_no_option_of_a_verb_hides_behind_a_shared_flag_and_all_of_them_reach_its_options(noun, verb):
    spec = importlib.import_module(module_of(noun, verb)).SPEC
    names = [arg.name for arg in spec.args]
    assert (spec.noun, spec.verb) == (noun, verb)
    assert sorted(names) == sorted(spec.options.__slots__)
    assert not set(names) & set(Globals.__slots__)
    assert f"grace {usage(spec)}" in help_text(spec, build(spec))
