"""What may stand in a mail, and what Intune makes of the rest."""

from __future__ import annotations

import pytest

from facts import documented
from toolkit.errors import InvalidContent
from toolkit.model.template import (
    ALLOWED_TAGS,
    MESSAGE_LIMIT,
    SUBJECT_LIMIT,
    TOKENS,
    Message,
    Template,
    check_message,
    has_html,
    html_obstacles,
    unknown_tokens,
)


def test_limits_tokens_and_tags_are_the_documented_ones():
    assert documented.SUBJECT.value == SUBJECT_LIMIT
    assert documented.MESSAGE.value == MESSAGE_LIMIT
    assert documented.TOKENS.value == TOKENS
    assert frozenset(documented.TAGS.value) == ALLOWED_TAGS


def test_a_subject_and_a_message_of_exactly_the_limit_are_accepted():
    check_message("s" * SUBJECT_LIMIT, "m" * MESSAGE_LIMIT)


@pytest.mark.parametrize(
    ("subject", "body", "sentence"),
    [
        ("", "m", "The subject is empty."),
        (" ", "m", "The subject is empty."),
        ("s", "\n", "The message is empty."),
        ("s\nt", "m", "The subject has a line break."),
        ("s\rt", "m", "The subject has a line break."),
        ("s" * 79, "m", "The subject has 79 characters; the limit is 78."),
        ("s", "m" * 2001, "The message has 2001 characters; the limit is 2000."),
    ],
)
def test_what_the_admin_centre_would_not_save_is_refused(subject, body, sentence):
    with pytest.raises(InvalidContent) as caught:
        check_message(subject, body)
    assert caught.value.message == sentence


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("Hello {{UserName}}, {{DeviceName}} {{DeviceId}} {{OSAndVersion}}", ()),
        ("{{username}}", ("{{username}}",)),
        ("{{ UserName }}", ("{{ UserName }}",)),
        ("{{Foo}} {{Foo}} {{Bar}}", ("{{Foo}}", "{{Bar}}")),
        ("{UserName}", ("{UserName}",)),
        ("{anything}", ()),
        ("{{}}", ("{{}}",)),
    ],
)
def test_tokens_that_intune_leaves_as_text_are_found(text, tokens):
    assert unknown_tokens(text) == tokens


@pytest.mark.parametrize(
    ("body", "obstacles"),
    [
        ("plain, 1 < 2 && 3 > 2", ()),
        ("<p>Hello<br/>you</p><ul><li><b>x</b></li></ul>", ()),
        ("<P>upper case</P>", ()),
        ('<a href="https://contoso.example">x</a>', ()),
        (
            '<a href="http://contoso.example">x</a>',
            ('<a href="http://contoso.example"> (links must be https)',),
        ),
        ('<a href="javascript:x">x</a>', ('<a href="javascript:x"> (links must be https)',)),
        ("<a href>x</a>", ('<a href=""> (links must be https)',)),
        ('<p style="x">y</p>', ("<p style=…>",)),
        ("<div>x</div>", ("<div>",)),
        ("<img src=x><img src=y>", ("<img>",)),
        ("</span>", ("<span>",)),
        ("<!-- x -->", ("<!-- -->",)),
        ("<!DOCTYPE html>", ("<!DOCTYPE>",)),
        ("<?php x ?>", ("<?…>",)),
    ],
)
def test_what_turns_a_mail_into_plain_text_is_named_once(body, obstacles):
    assert html_obstacles(body) == obstacles


@pytest.mark.parametrize(
    ("body", "expected"), [("1 < 2", False), ("a<br>b", True), ("<3", False), ("<x>", True)]
)
def test_html_is_what_reads_as_a_tag(body, expected):
    assert has_html(body) is expected


def test_messages_are_kept_sorted_by_locale_and_found_in_any_case():
    english, french = Message("en-us", "s", "m", True), Message("fr-fr", "s", "m")
    template = Template("T", messages=(french, english))
    assert template.messages == (english, french)
    assert (template.message("FR-FR"), template.message("de-de")) == (french, None)
    assert (template.default, template.default_locale) == (english, "en-us")


@pytest.mark.parametrize("messages", [None, (), (Message("en-us", "s", "m"),)])
def test_a_template_without_default_message_has_no_default_locale(messages):
    template = Template("T", messages=messages)
    assert (template.default, template.default_locale) == (None, None)
