"""Text from a tenant is shown harmless, whole, and within the width."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from render.examples import ASCII, COLOR, HARMFUL, HOSTILE, PIPE, TERMINAL
from toolkit.render.theme import STYLES, cells, cut, fold, json_safe, paint, plain, plain_lines, state_words


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("[ios] Baseline", "[ios] Baseline"),
        ("[/red]", "[/red]"),
        ("\x1b]0;x\x07", r"\x1b]0;x\x07"),
        ("a\nb\tc\rd", r"a\nb\tc\rd"),
        ("\x9b31m", r"\x9b31m"),
        ("\x7f\x00", r"\x7f\x00"),
        ("abc\u202egnp", r"abc\u202egnp"),
        ("\u200e\u200f\u2066\u2069\u061c", r"\u200e\u200f\u2066\u2069\u061c"),
        ("\u2028\ufeff", r"\u2028\ufeff"),
        ("\ud800", r"\ud800"),
        ("סקר מכשירים", "סקר מכשירים"),
        ("Политика 👩‍💻", "Политика 👩‍💻"),
        (r"CONTOSO\ann", r"CONTOSO\ann"),
        ("", ""),
    ],
)
def test_what_could_harm_becomes_visible_and_the_rest_stays(text, shown):
    assert plain(text) == shown


@given(st.text(st.characters()))
def test_no_text_gets_a_harmful_character_through(text):
    assert not HARMFUL.union("\n").intersection(plain(text))
    assert not HARMFUL.difference("\t").intersection(plain_lines(text))
    assert not HARMFUL.difference(map(chr, range(0x20))).intersection(json_safe(text))


def test_a_finished_screen_keeps_its_lines_and_tabs():
    assert plain_lines("a\r\nb\tc\n\x1b[31m\rd") == "a\nb\tc\n\\x1b[31m\\rd"


@pytest.mark.parametrize(("text", "columns"), [("abc", 3), ("日本", 4), ("é", 1), ("e\u0301", 1), ("", 0)])
def test_width_is_counted_in_columns_of_the_terminal(text, columns):
    assert cells(text) == columns


def test_cut_text_ends_in_an_ellipsis_and_fits():
    assert cut("abcdef", 4, TERMINAL) == "abc…"
    assert cut("abcdef", 5, ASCII) == "ab..."
    assert cut("日本語", 4, TERMINAL) == "日…"
    assert cut("abc", 3, TERMINAL) == "abc"


def test_folding_breaks_at_blanks_and_indents_the_rest():
    assert fold("one two three four", 12, first=4, rest=2) == "one two\n  three four"
    assert fold("one two three four", None) == "one two three four"


def test_folding_breaks_a_word_that_is_too_long_for_any_line():
    assert fold("aaaaaaaaaaaaaaa bb", 12) == "aaaaaaaaaaaa\naaa bb"


@given(st.text("ab 日é", max_size=80), st.integers(12, 40), st.integers(0, 30), st.integers(0, 30))
def test_folding_loses_nothing_and_fits_where_there_is_room(text, width, first, rest):
    folded = fold(text, width, first=first, rest=rest)
    assert folded.replace("\n", "").replace(" ", "") == text.replace(" ", "")
    lines = folded.split("\n")
    assert cells(lines[0]) <= max(width - first, 10)
    assert all(cells(line) <= max(width, rest + 10) for line in lines[1:])


def test_colour_is_there_only_where_it_is_wanted():
    assert paint("Error", "red", COLOR) == "\x1b[31mError\x1b[0m"
    assert [paint("Error", style, PIPE) for style in STYLES] == ["Error"] * len(STYLES)


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("compliant", "Compliant"),
        ("noncompliant", "Not compliant"),
        ("nonCompliant", "Not compliant"),
        ("inGracePeriod", "In grace period"),
        ("unknown", "Not evaluated"),
        ("enabledForReportingButNotEnforced", "Report-only"),
        ("newState\x1b", r"newState\x1b"),
    ],
)
def test_states_are_said_in_the_admin_centres_words(state, words):
    assert state_words(state) == words


@pytest.mark.parametrize("name", HOSTILE)
def test_a_shown_name_is_one_line(name):
    assert len((plain(name) + "|").splitlines()) == 1
