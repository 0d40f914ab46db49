"""JSON, CSV, TSV, YAML, Markdown and ids: what programs and documents get."""

from __future__ import annotations

import csv
import io
import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from render.examples import ASCII, HARMFUL, HOSTILE, PIPE
from toolkit.outcome import Column, Section
from toolkit.render.csv import csv_chunks, harmless, tsv_chunks
from toolkit.render.json import json_chunks, json_text, jsonl_chunks
from toolkit.render.markdown import escaped, markdown_chunks, markdown_sections
from toolkit.render.yaml import yaml_text

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
TEXTS = st.text(st.characters()) | st.text("\n\r\t\x85 a-:#|x'\"{}[]&*!%@`=~", max_size=12)
JSON = st.recursive(
    SCALARS | TEXTS,
    lambda part: st.lists(part, max_size=4) | st.dictionaries(TEXTS, part, max_size=4),
    max_leaves=8,
)
HOSTILE_ROWS = [{"name": name, "n": at} for at, name in enumerate(HOSTILE)]


@given(JSON)
def test_json_comes_back_identical_and_carries_nothing_harmful(data):
    text = "".join(json_chunks(data, PIPE))
    assert json.loads(text) == data
    assert not HARMFUL.intersection(text)


def test_json_is_indented_and_keeps_letters_and_the_order_of_keys():
    text = "".join(json_chunks([{"name": "Политика", "a": [1, {}]}, {"a": "\x1b\u202e\x85"}], PIPE))
    assert text == (
        '[\n  {\n    "name": "Политика",\n    "a": [\n      1,\n      {}\n    ]\n  },\n'
        '  {\n    "a": "\\u001b\\u202e\\u0085"\n  }\n]\n'
    )


@pytest.mark.parametrize(
    ("data", "text"), [([], "[]\n"), ({}, "{}\n"), ("x", '"x"\n'), (((1,),), "[\n  [\n    1\n  ]\n]\n")]
)
def test_json_of_small_things(data, text):
    assert "".join(json_chunks(data, PIPE)) == text


def test_json_for_an_output_without_unicode_is_ascii():
    assert json_text({"a": "é😀"}, ASCII, pretty=False) == '{"a":"\\u00e9\\ud83d\\ude00"}'


def test_jsonl_is_one_object_a_line_as_they_come():
    lines = list(jsonl_chunks(HOSTILE_ROWS, PIPE))
    assert [json.loads(line) for line in lines] == HOSTILE_ROWS
    assert all(line.endswith("\n") and len(line.splitlines()) == 1 for line in lines)


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+1 (555)", "'+1 (555)"),
        ("-x", "'-x"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("  =1", "'  =1"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("＝1", "'＝1"),
        ("-5", "-5"),
        ("+5.25", "+5.25"),
        ("-1e9", "-1e9"),
        ("a=b", "a=b"),
        ("", ""),
    ],
)
def test_a_cell_that_a_spreadsheet_would_compute_gets_an_apostrophe(text, cell):
    assert harmless(text) == cell


def test_csv_has_every_key_in_the_order_seen_and_nested_values_as_json():
    rows = [
        {"id": "1", "on": True, "none": None, "list": ["a", {"b": 1}]},
        {"id": "2", "n": -5, "text": 'say "hi",\nplease', "=key": "\x1b[31m"},
    ]
    assert "".join(csv_chunks(rows, PIPE)) == (
        "id,on,none,list,n,text,'=key\n"
        '1,true,,"[""a"",{""b"":1}]",,,\n'
        '2,,,,-5,"say ""hi"",\nplease",\\x1b[31m\n'
    )


def test_csv_reads_back_to_as_many_records_as_there_were():
    text = "".join(csv_chunks(HOSTILE_ROWS, PIPE))
    records = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [record["n"] for record in records] == [str(row["n"]) for row in HOSTILE_ROWS]
    assert records[3]["name"] == "two\nlines"
    assert not HARMFUL.intersection(text)


def test_tsv_is_one_line_a_record_with_escapes_for_tabs_and_line_breaks():
    rows = [{"a": "x\ty\nz", "b": "=1"}, {"a": "\t1", "b": {"k": "v\t"}}]
    assert "".join(tsv_chunks(rows, PIPE)) == "a\tb\nx\\ty\\nz\t'=1\n'\\t1\t" + '{"k":"v\\t"}\n'


def test_csv_of_bare_values_has_one_column():
    assert "".join(csv_chunks(["a", 2], PIPE)) == "value\na\n2\n"
    assert "".join(csv_chunks([], PIPE)) == ""


@given(JSON)
def test_yaml_comes_back_identical_and_carries_nothing_harmful(data):
    text = yaml_text(data, PIPE)
    assert YAML(typ="safe", pure=True).load(text) == data
    assert not HARMFUL.intersection(text)


def test_yaml_quotes_what_some_reader_would_take_for_something_else():
    data = {
        "name": "Windows baseline",
        "no": "yes",
        "formula": "=cmd",
        "number": "1e3",
        "time": "12:30",
        "null": "~",
        "body": "Hello,\nplease act.\n",
        "escape": "\x1b\u202e",
        "hours": 72,
        "empty": [],
    }
    assert yaml_text(data, PIPE) == (
        'name: Windows baseline\n"no": "yes"\nformula: "=cmd"\nnumber: "1e3"\ntime: "12:30"\n"null": "~"\n'
        'body: |\n  Hello,\n  please act.\nescape: "\\e\\u202e"\nhours: 72\nempty: []\n'
    )


def test_yaml_writes_one_object_twice_rather_than_refer_to_it():
    shared = {"a": 1}
    assert yaml_text([shared, shared], PIPE) == "- a: 1\n- a: 1\n"


def test_markdown_shows_text_as_text():
    assert escaped("a|b `c` *d* _e_ <img src=x> [f](g) h\n~~i~~ \\ &amp;") == (
        "a\\|b \\`c\\` \\*d\\* \\_e\\_ &lt;img src=x&gt; \\[f\\](g) h\\\\n\\~\\~i\\~\\~ \\\\ &amp;amp;"
    )


def test_a_markdown_table_has_every_column_and_one_line_a_record():
    columns = (
        Column("Policy", "name"),
        Column("Devices", "n", "count"),
        Column("Ends", "at", "date", wide=True),
    )
    rows = [
        {"name": "[ios] Baseline", "n": 3, "at": "2026-11-05T08:00:00Z"},
        {"name": "a\nb", "n": 0, "at": None},
    ]
    assert "".join(markdown_chunks(columns, rows, PIPE)) == (
        "| Policy | Devices | Ends |\n| --- | ---: | --- |\n"
        "| \\[ios\\] Baseline | 3 | 2026-11-05T08:00:00Z |\n| a\\\\nb | 0 |  |\n"
    )
    lines = "".join(markdown_chunks(columns, HOSTILE_ROWS, PIPE)).splitlines()
    assert len(lines) == len(HOSTILE_ROWS) + 2
    assert all(
        one.replace("\\|", "").count("|") == other.replace("\\|", "").count("|")
        for one, other in pairwise(lines)
    )


def test_markdown_of_a_screen_has_a_heading_for_each_part():
    sections = (
        Section("Policy", (Column("Name", "name"),), [{"name": "a|b"}], pairs=True),
        Section("Actions", (Column("When", "h", "hours"),), [{"h": 72}]),
        Section("Groups", (Column("Name", "name"),), []),
    )
    assert "".join(markdown_sections(sections, PIPE)) == (
        "## Policy\n\n| Name | Value |\n| --- | --- |\n| Name | a\\|b |\n\n"
        "## Actions\n\n| When |\n| --- |\n| 3 days |\n\n## Groups\n\nNone.\n"
    )
