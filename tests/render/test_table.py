"""Tables fit a terminal, and are whole, plain and one record a line elsewhere."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from render.examples import ASCII, COLOR, HARMFUL, HOSTILE, PIPE, TERMINAL, WIDE, golden
from toolkit.outcome import Column, Section
from toolkit.render.table import cell, list_chunks, section_chunks, table_chunks
from toolkit.render.theme import Look, cells

COLUMNS = (
    Column("Policy", "name"),
    Column("State", "state", "state"),
    Column("Grace", "grace", "hours"),
    Column("Ends", "ends", "date"),
    Column("Devices", "devices", "count"),
    Column("Groups", "groups", "list"),
    Column("On", "on", "bool"),
    Column("Id", "id", "id", wide=True),
)
STATES = ("compliant", "inGracePeriod", "noncompliant", "error", "unknown", "conflict", "somethingNew", None)
ROWS = [
    {
        "name": name,
        "state": STATES[at % len(STATES)],
        "grace": (0, 8, 36, 72)[at % 4],
        "ends": "2026-11-05T08:00:00Z" if at % 3 else "9999-12-31T23:59:59Z",
        "devices": at * 100,
        "groups": ["Pilot", "Help desk"][: at % 3],
        "on": at % 2 == 0,
        "id": f"6a3c1b5e-0000-4000-8000-0000000000{at:02}",
    }
    for at, name in enumerate(HOSTILE)
]


@pytest.mark.parametrize(
    ("value", "kind", "look", "text"),
    [
        (72, "hours", TERMINAL, "3 days"),
        (0, "hours", TERMINAL, "at once"),
        ("P3D", "hours", TERMINAL, "P3D"),
        ("2026-11-05T08:00:00.1234567Z", "date", TERMINAL, "2026-11-05 08:00"),
        ("2026-11-05T08:00:00Z", "date", PIPE, "2026-11-05T08:00:00Z"),
        ("2026-11-05T10:00:00+02:00", "date", PIPE, "2026-11-05T08:00:00Z"),
        (datetime(2026, 11, 5, 8, tzinfo=UTC), "date", TERMINAL, "2026-11-05 08:00"),
        ("9999-12-31T23:59:59Z", "date", TERMINAL, ""),
        ("soon\x1b", "date", TERMINAL, r"soon\x1b"),
        (True, "bool", TERMINAL, "yes"),
        (False, "bool", TERMINAL, "no"),
        (False, "text", TERMINAL, "no"),
        (0, "count", TERMINAL, "0"),
        (["a", "b\n"], "list", TERMINAL, r"a, b\n"),
        (["a", {"b": 1}], "list", TERMINAL, 'a, {"b":1}'),
        ({"a": "\u202e"}, "text", TERMINAL, '{"a":"\\u202e"}'),
        (None, "count", TERMINAL, ""),
        ("inGracePeriod", "state", PIPE, "In grace period"),
    ],
)
def test_each_kind_of_cell_has_its_words(value, kind, look, text):
    assert cell(value, kind, look) == text


@pytest.mark.parametrize(
    ("name", "look"),
    [
        ("table-80", TERMINAL),
        ("table-120", WIDE),
        ("table-80-color", COLOR),
        ("table-80-ascii", ASCII),
        ("table-40", Look(40, color=False, unicode=True)),
        ("table-pipe", PIPE),
    ],
)
def test_a_table_of_hostile_names_looks_as_agreed(name, look):
    golden(name, "".join(table_chunks(COLUMNS, ROWS, look, title="Policies of [Contoso]")))


def test_a_pipe_gets_one_record_a_line_with_aligned_columns_and_nothing_cut():
    columns = (Column("Policy", "name"), Column("Devices", "n", "count"), Column("Id", "id", "id", wide=True))
    rows = [{"name": "日本", "n": 5, "id": "x" * 60}, {"name": "", "n": 1200, "id": None}]
    assert "".join(table_chunks(columns, rows, PIPE, title="Not for programs")) == (
        f"POLICY  DEVICES  ID\n日本          5  {'x' * 60}\n-          1200  -\n"
    )


def test_wide_columns_are_shown_where_there_is_room():
    texts = ["".join(table_chunks(COLUMNS, ROWS[:1], look)) for look in (TERMINAL, WIDE, PIPE)]
    assert [ROWS[0]["id"] in text for text in texts] == [False, True, True]


@settings(max_examples=60, deadline=None)
@given(
    st.integers(30, 140),
    st.booleans(),
    st.lists(
        st.tuples(
            st.text("aZ é日😀א[/]\\\n\t\x1b", max_size=60) | st.sampled_from(HOSTILE), st.sampled_from(STATES)
        ),
        min_size=1,
        max_size=4,
    ),
)
def test_no_line_is_wider_than_the_terminal_or_harmful(width, unicode, names):
    look = Look(width, color=False, unicode=unicode)
    rows = [{**ROWS[1], "name": name, "state": state} for name, state in names]
    text = "".join(table_chunks(COLUMNS, rows, look))
    assert not HARMFUL.intersection(text)
    # An id or a date keeps its line even where a record is given line by line.
    assert all(cells(line) <= max(width, 36) for line in text.split("\n"))


def test_a_table_without_rows_is_nothing():
    assert "".join(table_chunks(COLUMNS, [], TERMINAL, title="Policies")) == ""


def test_a_list_has_every_column_of_every_record():
    columns = (
        Column("Policy", "name"),
        Column("Grace", "grace", "hours"),
        Column("Id", "id", "id", wide=True),
    )
    rows = [{"name": "[ios] Baseline", "grace": 72, "id": "1"}, {"name": "", "grace": 0, "id": "2"}]
    assert "".join(list_chunks(columns, rows, PIPE)) == (
        "Policy : [ios] Baseline\nGrace  : 3 days\nId     : 1\n\nPolicy :\nGrace  : at once\nId     : 2\n"
    )


@pytest.mark.parametrize(("name", "look"), [("sections-80", TERMINAL), ("sections-pipe", PIPE)])
def test_a_screen_about_one_thing_looks_as_agreed(name, look):
    sections = (
        Section("[ios] Baseline", COLUMNS, ROWS[:1], pairs=True),
        Section(
            "Actions",
            (Column("#", "n", "count"), Column("When", "h", "hours")),
            [{"n": 1, "h": 0}, {"n": 2, "h": 72}],
        ),
        Section("Assignments", (Column("Group", "g"),), [], empty="Assigned to nobody."),
    )
    golden(name, "".join(section_chunks(sections, look)))
