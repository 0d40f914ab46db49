"""Names, wildcards and ids find what they mean, and say what is near when they find nothing."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strategies import HOSTILE, SOME, names
from toolkit.errors import Ambiguous, NotFound
from toolkit.model.refs import (
    DeviceRef,
    PolicyRef,
    TemplateRef,
    by_id,
    find_all,
    find_each,
    find_one,
    is_guid,
    nearest,
)


class Thing(NamedTuple):
    id: str
    name: str


ID = "8c1f0000-0000-4000-8000-00000000000a"
WINDOWS = Thing("w", "Windows baseline")
STRICT = Thing("s", "Windows strict")
IOS = Thing(ID, "[ios] Baseline")
STAR = Thing("x", "Windows *")
BRACKET = Thing("b", "Tier [1]")
ALL = (WINDOWS, STRICT, IOS, STAR, BRACKET)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Windows baseline", (WINDOWS,)),
        ("windows BASELINE", (WINDOWS,)),
        (" Windows baseline ", (WINDOWS,)),
        (ID, (IOS,)),
        (ID.upper(), (IOS,)),
        ("[ios] Baseline", (IOS,)),
        ("[ios]*", (IOS,)),
        ("[IOS]*", (IOS,)),
        ("*base*", (WINDOWS, IOS)),
        ("Windows *", (STAR,)),
        ("Windows*", (WINDOWS, STRICT, STAR)),
        ("Windows ?trict", (STRICT,)),
        ("Tier [1]", (BRACKET,)),
        ("Tier [?]", (BRACKET,)),
        ("*", ALL),
    ],
)
def test_a_name_wildcard_or_id_finds_what_it_means_in_the_tenants_order(text, expected):
    assert find_all(PolicyRef(text), ALL) == expected


@pytest.mark.parametrize("text", ["Tier [0-9]*", "Windows", "base", "indows*", "!*"])
def test_only_star_and_question_mark_are_wild_and_the_whole_name_must_match(text):
    with pytest.raises(NotFound):
        find_all(PolicyRef(text), ALL)


def test_an_exact_spelling_wins_over_another_case():
    lower, upper = Thing("1", "kiosk"), Thing("2", "Kiosk")
    assert find_all(PolicyRef("Kiosk"), (lower, upper)) == (upper,)


def test_a_name_that_belongs_to_several_is_ambiguous_and_lists_their_ids():
    twins = (Thing("1", "Kiosk"), Thing("2", "Kiosk"))
    with pytest.raises(Ambiguous) as caught:
        find_all(PolicyRef("Kiosk"), twins)
    assert caught.value.message == '"Kiosk" matches 2 policies: "Kiosk" 1; "Kiosk" 2.'
    assert caught.value.detail == {"matches": [{"id": "1", "name": "Kiosk"}, {"id": "2", "name": "Kiosk"}]}


def test_many_matches_are_counted_beyond_the_fifth():
    with pytest.raises(Ambiguous) as caught:
        find_one(TemplateRef("*"), [Thing(str(n), f"T{n}") for n in range(7)])
    assert caught.value.message == (
        '"*" matches 7 templates: "T0" 0; "T1" 1; "T2" 2; "T3" 3; "T4" 4; and 2 more.'
    )


@pytest.mark.parametrize(
    ("ref", "things", "message", "hint"),
    [
        (
            PolicyRef("Windows baselin"),
            ALL,
            'No policy is called "Windows baselin".',
            'Nearest: "Windows baseline", "[ios] Baseline", "Windows strict".',
        ),
        (
            PolicyRef("zzz*"),
            ALL,
            'No policy matches "zzz*".',
            'There are: "Windows baseline", "Windows strict", "[ios] Baseline", "Windows *", "Tier [1]".',
        ),
        (
            PolicyRef("zzz*"),
            [thing for _ in range(3) for thing in ALL],
            'No policy matches "zzz*".',
            "See them all: grace policy list",
        ),
        (DeviceRef("PC"), (), 'No device is called "PC".', "This tenant has no devices."),
    ],
)
def test_nothing_found_says_what_is_near_or_where_to_look(ref, things, message, hint):
    with pytest.raises(NotFound) as caught:
        find_all(ref, things)
    assert (caught.value.message, caught.value.hint) == (message, hint)


def test_several_refs_give_each_thing_once_in_the_order_they_were_named():
    refs = [PolicyRef("Tier*"), PolicyRef("Windows*"), PolicyRef("Windows strict")]
    assert find_each(refs, ALL) == (BRACKET, WINDOWS, STRICT, STAR)


@SOME
@given(
    st.lists(
        names | st.text("*?[]!ab-", min_size=1), min_size=1, unique_by=lambda name: name.strip().casefold()
    )
)
def test_every_name_is_found_by_its_exact_spelling(found):
    things = [Thing(f"id:{n}", name) for n, name in enumerate(found)]
    assert [find_all(PolicyRef(thing.name), things) for thing in things] == [(thing,) for thing in things]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_quoted_as_it_is_where_it_is_not_found(name):
    with pytest.raises(NotFound) as caught:
        find_all(PolicyRef("zz" + name), ())
    assert caught.value.detail == {"nearest": []}
    assert f'"zz{name}"' in caught.value.message


def test_near_names_are_the_similar_ones_first_and_then_those_that_contain_the_text():
    assert nearest("emial", ("lock", "Email", "push")) == ("Email",)
    assert nearest("mail", ("Second mailing for everybody", "email")) == (
        "email",
        "Second mailing for everybody",
    )
    assert nearest("", ("email",)) == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [(ID, True), (ID.upper(), True), (ID + "0", False), (f"{{{ID}}}", False), ("", False)],
)
def test_a_guid_is_told_by_its_shape(text, expected):
    assert is_guid(text) is expected


def test_a_look_up_by_id_does_not_mind_upper_and_lower_case():
    look = by_id(ALL)
    assert (look(ID.upper()), look("none")) == (IOS, None)
