"""How a mail reads: message, tokens, HTML or plain, header and footer, copies."""

from __future__ import annotations

import pytest

from toolkit.lab.outbox import (
    NO_DEFAULT_MESSAGE,
    TEMPLATE_MISSING,
    choose_message,
    copies,
    device_block,
    filled,
    footer_of,
    header_of,
    rendered,
    template_obstacle,
    unfilled,
)

PC = {
    "id": "1234",
    "deviceName": "PC <7>",
    "operatingSystem": "Windows",
    "osVersion": "10.0.22631",
    "model": "Book",
    "lastSyncDateTime": "2026-11-02T00:00:00Z",
}
ADA = {"displayName": "Ada"}


def body(text):
    return rendered({"subject": "{{DeviceName}}", "messageTemplate": text}, PC, ADA)[1:]


@pytest.mark.parametrize(
    ("text", "rendered_text", "is_html"),
    [
        ("Hello {{UserName}}", "Hello Ada", True),
        ("<b>{{DeviceName}}</b>", "<b>PC &lt;7&gt;</b>", True),
        ("one\r\ntwo", "one<br>two", True),
        ("one\ntwo", "one two", True),
        ("<i>one</i>\r\ntwo", "<i>one</i>\ntwo", False),
        ('<a href="http://x.example">x</a> {{DeviceName}}', '<a href="http://x.example">x</a> PC <7>', False),
        ('<a href="https://x.example">x</a>', '<a href="https://x.example">x</a>', True),
        ('<p style="color:red">x</p>', '<p style="color:red">x</p>', False),
        ("{UserName} {{Unknown}}", "{UserName} {{Unknown}}", True),
        ("{{username}} {{ UserName }} {{{UserName}}}", "{{username}} {{ UserName }} {Ada}", True),
        ("one\rtwo\r\n\r\nthree\n\r\n", "one two<br><br>three <br>", True),
        ("<i>one\r</i>\n\r\n", "<i>one </i> \n", False),
        ('<a\r\nhref="https://x.example"\n>x</a\r\n>', '<a href="https://x.example" >x</a >', True),
        ('<i\r\nid="x">a</i>', '<i\nid="x">a</i>', False),
        ("1 < 2\r\n3 > 2", "1 < 2<br>3 > 2", True),
        ("one\0two", "one\0two", True),
        ("<p>a</p><!-- b -->", "<p>a</p><!-- b -->", False),
        ('<a href="https://x.example" target="_blank">x</a>', None, False),
        ('<a href="{{DeviceName}}">x</a>', '<a href="PC <7>">x</a>', False),
        (
            '<a href="https://x.example/{{DeviceName}}">x</a>',
            '<a href="https://x.example/PC &lt;7&gt;">x</a>',
            True,
        ),
        ("<h1>x</h1>", None, False),
        ("<P>x<BR/></P>", None, True),
        (
            "<table><thead><tr><th>a</th></tr></thead><tbody><tr><td><code>b</code></td></tr></tbody></table>"
            "<ol><li><u>c</u></li></ol><ul><li><strong>d</strong></li></ul>",
            None,
            True,
        ),
    ],
)
def test_a_message_becomes_a_mail(text, rendered_text, is_html):
    """None: as it stands."""
    assert body(text) == (text if rendered_text is None else rendered_text, is_html)


def test_tokens_are_replaced_in_the_subject_without_markup():
    assert rendered({"subject": "{{DeviceName}} {{OSAndVersion}}", "messageTemplate": ""}, PC, ADA)[0] == (
        "PC <7> Windows 10.0.22631"
    )


def test_what_a_token_brings_in_is_not_read_for_tokens_again():
    assert filled("{{UserName}}", PC, {"displayName": "{{DeviceId}}"}) == "{{DeviceId}}"


def test_what_is_not_known_of_device_and_user_is_left_blank():
    assert filled("{{UserName}}|{{OSAndVersion}}|{{DeviceId}}", {"id": "1"}, None) == "||1"
    assert filled("{{UserName}}", {"userDisplayName": "Ada L."}, {"displayName": None}) == "Ada L."


def test_a_preview_keeps_its_tokens_and_has_the_line_breaks_of_a_mail():
    message = {"subject": "{{DeviceName}}", "messageTemplate": "{{UserName}}\r\n<b>\n</b>"}
    assert unfilled(message) == ("{{DeviceName}}", "{{UserName}}<br><b> </b>", True)


MESSAGES = [
    {"locale": "de-de", "isDefault": False},
    {"locale": "fr-FR", "isDefault": False},
    {"locale": "en-us", "isDefault": True},
]


@pytest.mark.parametrize(
    ("preferred", "fallback", "locale"),
    [
        ("FR-fr", "exact-then-default", "fr-FR"),
        ("fr-CA", "exact-then-default", "en-us"),
        ("fr-CA", "language-then-default", "fr-FR"),
        ("fr", "language-then-default", "fr-FR"),
        ("it-IT", "language-then-default", "en-us"),
        ("de", "exact-then-default", "en-us"),
        ("d", "language-then-default", "en-us"),
        (None, "language-then-default", "en-us"),
        ("", "exact-then-default", "en-us"),
    ],
)
def test_the_preferred_language_chooses_the_message(preferred, fallback, locale):
    assert choose_message(MESSAGES, preferred, fallback)["locale"] == locale


def test_without_a_default_there_may_be_no_message():
    assert choose_message(MESSAGES[:2], "it-it", "exact-then-default") is None


@pytest.mark.parametrize(
    ("template", "message", "reason"),
    [
        (None, None, TEMPLATE_MISSING),
        ({"id": "t"}, None, NO_DEFAULT_MESSAGE),
        ({"id": "t"}, MESSAGES[0], ""),
    ],
)
def test_no_mail_is_made_without_template_or_message(template, message, reason):
    assert template_obstacle(template, message) == reason


PICTURE = {"type": "image/png", "value": "iVBORw0KGgo="}
BRAND = {
    "displayName": "Contoso",
    "showLogo": True,
    "lightBackgroundLogo": PICTURE,
    "contactITNotes": "Ring twice",
    "contactITName": "IT",
    "contactITEmailAddress": "it@contoso.example",
}


@pytest.mark.parametrize(
    ("branding", "header", "footer"),
    [
        ("none", {"logo": False}, []),
        (
            "includeCompanyLogo,includeCompanyName",
            {"logo": True},
            [{"kind": "companyName", "text": "Contoso"}],
        ),
        (
            "includeContactInformation, includeCompanyPortalLink",
            {"logo": False},
            [
                {"kind": "contact", "text": "IT, it@contoso.example"},
                {"kind": "portalLink", "text": "https://portal.manage.microsoft.com"},
            ],
        ),
    ],
)
def test_header_and_footer_follow_the_templates_branding(branding, header, footer):
    template = {"brandingOptions": branding}
    assert (header_of(template, BRAND), footer_of(template, BRAND)) == (header, footer)


@pytest.mark.parametrize(
    ("brand", "logo"),
    [
        (BRAND, True),
        ({"darkBackgroundLogo": PICTURE}, True),
        ({**BRAND, "showLogo": False}, False),
        ({**BRAND, "lightBackgroundLogo": None}, False),
        ({**BRAND, "lightBackgroundLogo": {"type": "image/png", "value": None}}, False),
        ({}, False),
    ],
)
def test_a_mail_begins_with_a_logo_only_where_the_tenant_has_and_shows_one(brand, logo):
    assert header_of({"brandingOptions": "includeCompanyLogo"}, brand) == {"logo": logo}


def test_what_the_tenant_has_not_is_not_in_the_footer():
    assert footer_of({"brandingOptions": "includeCompanyName,includeContactInformation"}, {}) == []


def test_the_device_block_names_the_device():
    assert device_block(PC) == {
        "name": "PC <7>",
        "osAndVersion": "Windows 10.0.22631",
        "model": "Book",
        "id": "1234",
        "lastCheckIn": "2026-11-02T00:00:00Z",
    }


def test_copies_go_once_to_each_member_and_a_group_that_adds_none_says_why():
    groups = {
        "a": {"mailEnabled": True, "displayName": "A"},
        "b": {"mailEnabled": True, "displayName": "B"},
        "c": {"mailEnabled": False, "displayName": "C"},
    }
    members = {"A": ["x@e.example", "y@e.example"], "b": ["y@e.example"], "c": ["z@e.example"]}
    asked = ["A", "b", "c", "gone"]
    assert copies(asked, groups, members.__getitem__, must_be_mail_enabled=True) == (
        ["x@e.example", "y@e.example"],
        ["C: notMailEnabled", "gone: groupMissing"],
    )
    assert copies(["c"], groups, members.__getitem__, must_be_mail_enabled=False) == (["z@e.example"], [])
