"""Rows are filtered, searched, sorted, cut and selected as asked, and a property that is not there is said."""

from __future__ import annotations

import pytest

from toolkit.cli.parser import Globals
from toolkit.cli.shape import shaped
from toolkit.errors import GraceProblem, NotFound, UsageProblem
from toolkit.outcome import Column, Outcome, Section

A = {"id": "1", "displayName": "[ios] Baseline", "version": 2, "user": {"mail": "a@x.example"}, "note": None}
B = {"id": "2", "displayName": "windows", "version": None, "user": {"mail": "b@x.example"}, "note": None}
C = {"id": "3", "displayName": 'Android \\ "x"', "user": None, "note": None}
ROWS = Outcome(data=[A, B, C])


def ids(outcome: Outcome) -> list[str]:
    assert isinstance(outcome.data, list)
    return [row["id"] for row in outcome.data]


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        (Globals(), ["1", "2", "3"]),
        (Globals(filter="version eq 2"), ["1"]),
        (Globals(filter="version eq null"), ["2", "3"]),
        (Globals(filter="user/mail eq 'b@x.example'"), ["2"]),
        (Globals(search="IOS"), ["1"]),
        (Globals(search="[ios]"), ["1"]),
        (Globals(search="b@x"), ["2"]),
        (Globals(search='\\ "x"'), ["3"]),
        (Globals(search="2"), ["1", "2"]),
        (Globals(search="displayName"), []),
        (Globals(search="null"), []),
        (Globals(sort="displayName"), ["1", "3", "2"]),
        (Globals(sort="-displayName"), ["2", "3", "1"]),
        (Globals(sort="DISPLAYNAME"), ["1", "3", "2"]),
        (Globals(sort="note,-id"), ["3", "2", "1"]),
        (Globals(top=2), ["1", "2"]),
        (Globals(top=0), []),
        (Globals(skip=1, top=1), ["2"]),
        (Globals(skip=9), []),
        (Globals(sort="-id", filter="id ne '3'", top=1), ["2"]),
    ],
)
def test_rows_are_chosen_and_ordered(flags, expected):
    assert ids(shaped(ROWS, flags)) == expected


def test_sorting_by_a_property_that_some_rows_lack_keeps_all_rows():
    assert sorted(ids(shaped(ROWS, Globals(sort="version")))) == ["1", "2", "3"]


@pytest.mark.parametrize(
    ("flags", "message", "hint"),
    [
        (
            Globals(sort="dispalyName"),
            '--sort: there is no property "dispalyName".',
            "Did you mean displayName? There are: id, displayName, version, user, note.",
        ),
        (
            Globals(select=("id", "zzz")),
            '--select: there is no property "zzz".',
            "There are: id, displayName, version, user, note.",
        ),
        (Globals(sort="-"), '--sort "-" names no property.', None),
        (Globals(sort="id,"), '--sort "id," names no property.', None),
    ],
)
def test_a_property_that_is_not_there_is_answered_with_those_that_are(flags, message, hint):
    with pytest.raises(UsageProblem) as caught:
        shaped(ROWS, flags)
    assert (caught.value.message, caught.value.hint) == (message, hint)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (
            ("id", "version"),
            [{"id": "1", "version": 2}, {"id": "2", "version": None}, {"id": "3", "version": None}],
        ),
        (("user/mail",), [{"user/mail": "a@x.example"}, {"user/mail": "b@x.example"}, {"user/mail": None}]),
        (("note",), [{"note": None}, {"note": None}, {"note": None}]),
        (("NOTE",), [{"NOTE": None}, {"NOTE": None}, {"NOTE": None}]),
        (
            ("Name",),
            [
                {"displayName": "[ios] Baseline"},
                {"displayName": "windows"},
                {"displayName": C["displayName"]},
            ],
        ),
    ],
)
def test_only_the_properties_or_columns_that_were_named_are_left(names, expected):
    outcome = shaped(
        Outcome(data=[A, B, C], columns=(Column("Name", "displayName", wide=True),)), Globals(select=names)
    )
    assert outcome.data == expected
    assert [column.wide for column in outcome.columns] == [False] * len(names)


def test_nothing_selected_from_nothing_is_no_problem():
    assert shaped(Outcome(data=[]), Globals(select=("zzz",), sort="zzz")).data == []


def test_rows_that_people_see_stay_beside_their_data():
    outcome = Outcome(
        data=[A, B], rows=[{"name": "first"}, {"name": "second"}], columns=(Column("Name", "name"),)
    )
    turned = shaped(outcome, Globals(sort="-id"))
    assert (turned.data, turned.rows) == ([B, A], [{"name": "second"}, {"name": "first"}])
    assert shaped(outcome, Globals(filter="name eq 'second'")).data == [B]
    assert shaped(outcome, Globals(select=("name", "id"))).data == [
        {"name": "first", "id": "1"},
        {"name": "second", "id": "2"},
    ]


ONE = Outcome(data=A, sections=(Section("S", (), ()),), text="screen")


@pytest.mark.parametrize("name", ["filter", "search", "sort", "top", "skip"])
def test_a_flag_for_lists_is_refused_where_there_is_one_thing(name):
    with pytest.raises(UsageProblem) as caught:
        shaped(ONE, Globals(**{name: 1 if name in ("top", "skip") else "id"}))
    assert caught.value.message == f"--{name} works on lists; this command shows one thing."


@pytest.mark.parametrize("rows", [None, (), ({"state": "done"}, {"state": "failed"})])
def test_properties_of_one_thing_are_selected_whatever_rows_stand_beside_it(rows):
    outcome = shaped(Outcome(data=A, rows=rows, text="screen"), Globals(select=("id", "version")))
    assert (outcome.data, outcome.rows, outcome.text) == ({"id": "1", "version": 2}, None, None)


@pytest.mark.parametrize(
    ("query", "data", "text"),
    [
        ("[].id", ["1", "2", "3"], "1\n2\n3"),
        ("[?version].{id: id}", [{"id": "1"}], None),
        ("[0]", A, None),
        ("[0].displayName", "[ios] Baseline", "[ios] Baseline"),
        ("length(@)", 3, "3"),
        ("[].version", [2], "2"),
        ("[?id=='9']", [], None),
        ("[9]", None, "null"),
        ("[].[id, version]", [["1", 2], ["2", None], ["3", None]], '["1", 2]\n["2", null]\n["3", null]'),
    ],
)
def test_a_query_leaves_what_it_finds_and_bare_values_are_lines(query, data, text):
    outcome = shaped(ROWS, Globals(query=query))
    assert (outcome.data, outcome.text) == (data, text)


@pytest.mark.parametrize("query", ["", "[", "foo(", "nosuch(@)", "length(`1`)", "@[::0]"])
def test_a_query_that_is_none_is_refused_in_one_line(query):
    with pytest.raises(UsageProblem) as caught:
        shaped(ROWS, Globals(query=query))
    assert caught.value.message.startswith("--query is not JMESPath: ")
    assert "\n" not in caught.value.message


def test_notes_and_problems_survive_every_shape():
    problems: tuple[GraceProblem, ...] = (NotFound("x"),)
    outcome = Outcome(data=[A], notes=("n",), problems=problems)
    for flags in (
        Globals(query="[0]"),
        Globals(query="length(@)"),
        Globals(query="[]"),
        Globals(select=("id",)),
    ):
        found = shaped(outcome, flags)
        assert (found.notes, found.problems) == (("n",), problems)
