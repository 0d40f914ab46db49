"""One outcome in every format."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from render.examples import HARMFUL, HOSTILE, PIPE, TERMINAL
from toolkit.errors import UsageProblem
from toolkit.outcome import Column, Outcome, Section
from toolkit.render.write import FORMATS, chunks, empty_note

DATA = [{"id": "1", "displayName": "[ios] Baseline"}, {"id": "2", "displayName": "b"}]
OUTCOME = Outcome(
    data=DATA,
    rows=[{"name": "[ios] Baseline"}, {"name": "b"}],
    columns=(Column("Policy", "name"),),
    title="Policies",
)


def written(outcome, output, look=PIPE):
    return "".join(chunks(outcome, output, look))


@pytest.mark.parametrize(
    ("output", "text"),
    [
        ("table", "POLICY\n[ios] Baseline\nb\n"),
        ("list", "Policy : [ios] Baseline\n\nPolicy : b\n"),
        ("jsonl", '{"id":"1","displayName":"[ios] Baseline"}\n{"id":"2","displayName":"b"}\n'),
        ("csv", "id,displayName\n1,[ios] Baseline\n2,b\n"),
        ("tsv", "id\tdisplayName\n1\t[ios] Baseline\n2\tb\n"),
        ("yaml", '- id: "1"\n  displayName: "[ios] Baseline"\n- id: "2"\n  displayName: b\n'),
        ("markdown", "| Policy |\n| --- |\n| \\[ios\\] Baseline |\n| b |\n"),
        ("ids", "1\n2\n"),
        ("none", ""),
    ],
)
def test_people_see_rows_and_programs_get_data(output, text):
    assert written(OUTCOME, output) == text


def test_json_is_the_data():
    assert json.loads(written(OUTCOME, "json")) == DATA


def test_the_title_is_for_a_terminal_only():
    assert written(OUTCOME, "table", TERMINAL).startswith("Policies\n\nPolicy")
    assert "Policies" not in written(OUTCOME, "table")


@pytest.mark.parametrize("output", FORMATS)
def test_no_format_lets_a_harmful_name_through(output):
    rows = [{"id": name or "-", "name": name, "nested": {name: [name]}} for name in HOSTILE]
    for look in (PIPE, TERMINAL, TERMINAL._replace(unicode=False)):
        assert not HARMFUL.difference("\t").intersection(written(Outcome(data=rows), output, look))


@pytest.mark.parametrize("output", FORMATS)
def test_every_format_can_say_nothing(output):
    assert written(Outcome(data=[]), output) == {"json": "[]\n", "yaml": "[]\n"}.get(output, "")
    assert written(Outcome(), output) == ""


def test_an_empty_list_is_said_beside_the_data():
    nothing = Outcome(data=[], empty="No policies.")
    assert [empty_note(nothing, output) for output in FORMATS] == [
        "No policies." if output in ("table", "list", "markdown") else None for output in FORMATS
    ]
    assert empty_note(Outcome(), "table") is None
    assert empty_note(OUTCOME, "table") is None
    assert empty_note(Outcome(data=[], text="done"), "table") is None


def test_data_that_nobody_described_shows_its_keys():
    assert written(Outcome(data=[{"a": 1}, {"b": [1]}]), "table") == "A  B\n1  -\n-  [1]\n"
    assert written(Outcome(data={"name": "x", "n": 1}), "table") == "name : x\nn    : 1\n"


def test_bare_values_are_one_a_line():
    assert written(Outcome(data=["a\nb", 2]), "table") == "a\\nb\n2\n"
    assert written(Outcome(data=["a", "b"]), "ids") == "a\nb\n"


def test_a_screen_about_one_thing_is_for_people_and_its_data_for_programs():
    sections = (Section("Policy", (Column("Name", "name"),), [{"name": "x"}], pairs=True),)
    outcome = Outcome(data={"id": "1"}, sections=sections)
    assert written(outcome, "table") == "Policy\n  Name  x\n"
    assert written(outcome, "markdown") == "## Policy\n\n| Name | Value |\n| --- | --- |\n| Name | x |\n"
    assert written(outcome, "csv") == "id\n1\n"


def test_a_finished_screen_is_printed_line_by_line_without_what_could_harm():
    assert (
        written(Outcome(data={}, text="Subject\n\n\x1b[31mred\x1b[0m"), "table")
        == "Subject\n\n\\x1b[31mred\\x1b[0m\n"
    )


def test_ids_are_taken_from_the_key_that_the_outcome_names():
    assert written(Outcome(data=[{"number": 7}], id_key="number"), "ids") == "7\n"
    with pytest.raises(UsageProblem, match="no ids"):
        written(Outcome(data=[{"name": "x"}]), "ids")


def test_a_format_that_is_none_is_refused_with_the_list():
    with pytest.raises(UsageProblem) as caught:
        chunks(OUTCOME, "xml", PIPE)
    assert caught.value.message == '"xml" is no output format.'
    assert caught.value.hint == "One of: table, list, json, jsonl, csv, tsv, yaml, markdown, ids, none."


def test_nothing_but_a_table_on_a_terminal_waits_for_rich_and_nothing_but_yaml_for_yaml():
    program = """
import sys
from toolkit.outcome import Outcome
from toolkit.render import finding, impact, plan, problem, timeline
from toolkit.render.theme import PIPE
from toolkit.render.write import FORMATS, chunks
for output in FORMATS:
    if output != "yaml":
        "".join(chunks(Outcome(data=[{"id": "1"}]), output, PIPE))
print(sorted({name.split(".")[0] for name in sys.modules} & {"rich", "ruamel", "requests", "pathlib", "asyncio"}))
"""
    done = subprocess.run(
        [sys.executable, "-S", "-c", "import sys; sys.path[:0] = " + repr(sys.path) + program],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("[]\n", "")
