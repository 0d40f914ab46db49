"""How a mail of the lab reads: as text, as a page, as a MIME message, whatever stands in it."""

from __future__ import annotations

import base64
import re
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.lab.letter import (
    Logo,
    Recipients,
    content,
    file_name,
    logo_of,
    message,
    page,
    recipients,
    text,
)
from toolkit.model.mailbody import clean_html, one_line, plain_text
from toolkit.model.template import ALLOWED_TAGS

PNG = b"\x89PNG\r\n\x1a\n picture"
LOGO = Logo("png", PNG)
MAIL = {
    "number": 7,
    "from": "sender@e.example",
    "to": "ada@e.example",
    "cc": ["it@e.example", "lead@e.example"],
    "at": "2026-11-02T09:00:00Z",
    "subject": "Look at <PC> — später",
    "locale": "de-de",
    "templateName": "First warning",
    "policyName": "Windows",
    "deviceName": "PC",
    "html": True,
    "body": '<p>Grüße, <a href="https://e.example/?a=1&amp;b=2">hier</a></p>',
    "header": {"logo": True},
    "footer": [
        {"kind": "companyName", "text": "Contoso & Co"},
        {"kind": "portalLink", "text": "https://portal.example"},
    ],
    "device": {"name": "PC <7>", "osAndVersion": "Windows 10", "model": ""},
}
PLAIN = {**MAIL, "html": False, "body": "Hello <b>Ada</b>\nBye"}


def parsed(mail=MAIL, logo=LOGO) -> EmailMessage:
    raw = message(mail, logo, "tenant")
    assert b"\n" not in raw.replace(b"\r\n", b""), "every line ends as RFC 5322 wants it"
    found = message_from_bytes(raw, policy=default)
    assert not any(part.defects for part in found.walk())
    return found


def shown(part) -> str:
    return part.get_content().replace("\r\n", "\n").rstrip("\n")


@pytest.mark.parametrize(
    ("html", "reads"),
    [
        ("Hello<br>there", "Hello\nthere"),
        ("one\ntwo", "one two"),
        ("<p>One</p><p>Two</p>", "One\n\nTwo"),
        ("<ul><li>A</li><li>B</li></ul>", "- A\n- B"),
        ("<ol><li>A<ul><li>x</li></ul></li><li>B</li></ol>", "1. A\n\n- x\n\n2. B"),
        ("<ol><li>A</li></ol><ol><li>B</li></ol>", "1. A\n\n1. B"),
        ("</ol></a><li>A</li>", "- A"),
        ('<a href="https://example.com">Portal</a>.', "Portal <https://example.com>."),
        ('<a href="https://example.com"><b>https://example.com</b></a>', "https://example.com"),
        ("a &lt; b &amp; c", "a < b & c"),
        ("<table><tr><td>1</td><td>2</td></tr></table>", "1 2"),
        ("", ""),
    ],
)
def test_html_becomes_the_text_that_it_shows(html, reads):
    assert plain_text(html) == reads


def test_for_a_terminal_a_mail_has_its_header_its_body_and_what_the_service_appends():
    assert text(MAIL) == (
        "From:     sender@e.example\n"
        "To:       ada@e.example\n"
        "Cc:       it@e.example\n"
        "          lead@e.example\n"
        "Date:     2026-11-02T09:00:00Z\n"
        "Subject:  Look at <PC> — später\n"
        "Language: de-de\n"
        "Template: First warning\n"
        "Policy:   Windows\n"
        "Device:   PC\n"
        "\n"
        "[company logo]\n"
        "\n"
        "Grüße, hier <https://e.example/?a=1&b=2>\n"
        "\n"
        "Contoso & Co\n"
        "https://portal.example\n"
        "\n"
        "Device: PC <7>\n"
        "Operating system: Windows 10"
    )


def test_a_plain_text_mail_shows_its_tags_and_no_logo():
    assert text(PLAIN).split("\n\n")[1:] == [
        "Hello <b>Ada</b>\nBye",
        "Contoso & Co\nhttps://portal.example",
        "Device: PC <7>\nOperating system: Windows 10",
    ]


def test_a_preview_without_recipient_says_so():
    assert text({"to": None, "subject": "S", "body": "B"}) == "To:       nobody\nSubject:  S\n\nB"


def test_no_name_can_begin_a_line_of_the_header():
    forged = {
        **PLAIN,
        "subject": "S\r\nTo: eve@e.example",
        "policyName": "P\u2028Device: x",
        "deviceName": "\x85a\x1b[0m",
    }
    head = text(forged).partition("\n\n")[0].splitlines()
    assert head[5:] == [
        "Subject:  S To: eve@e.example",
        "Language: de-de",
        "Template: First warning",
        "Policy:   P Device: x",
        "Device:   a\ufffd[0m",
    ]


def test_html_is_sent_with_a_plain_text_alternative_and_the_logo_beside_it():
    mail = parsed()
    assert [part.get_content_type() for part in mail.walk()] == [
        "multipart/alternative",
        "text/plain",
        "multipart/related",
        "text/html",
        "image/png",
    ]
    plain, html, picture = (part for part in mail.walk() if not part.is_multipart())
    assert shown(plain) == content(MAIL)
    assert picture.get_content() == PNG
    assert picture.get_content_disposition() == "inline"
    assert f'<img src="cid:{picture["Content-ID"][1:-1]}" alt="Company logo">' in shown(html)
    assert MAIL["body"] in shown(html)


@pytest.mark.parametrize(
    ("mail", "logo", "parts"),
    [
        (MAIL, None, ["multipart/alternative", "text/plain", "text/html"]),
        ({**MAIL, "header": {"logo": False}}, LOGO, ["multipart/alternative", "text/plain", "text/html"]),
        (PLAIN, LOGO, ["text/plain"]),
    ],
)
def test_the_logo_is_there_only_where_the_mail_shows_one(mail, logo, parts):
    found = parsed(mail, logo)
    assert [part.get_content_type() for part in found.walk()] == parts
    assert b"cid:logo" not in found.as_bytes()
    assert "<img" not in page(mail, logo)


def test_a_message_is_addressed_dated_and_named():
    mail = parsed()
    assert dict(mail.items()) == {
        "Content-Type": mail["Content-Type"],
        "MIME-Version": "1.0",
        "From": "sender@e.example",
        "To": "ada@e.example",
        "Cc": "it@e.example, lead@e.example",
        "Date": "Mon, 02 Nov 2026 09:00:00 +0000",
        "Message-ID": mail["Message-ID"],
        "Content-Language": "de-de",
        "Subject": "Look at <PC> — später",
    }
    assert re.fullmatch(r"<[0-9a-f]{32}@lab\.invalid>", mail["Message-ID"])


def test_the_same_mail_is_the_same_bytes_and_any_other_has_another_id():
    assert message(dict(reversed(MAIL.items())), LOGO, "tenant") == message(MAIL, LOGO, "tenant")
    others = (({**MAIL, "number": 8}, "tenant"), ({**MAIL, "to": None}, "tenant"), (MAIL, "another"))
    ids = {message_from_bytes(message(mail, LOGO, tenant))["Message-ID"] for mail, tenant in others}
    assert len(ids | {parsed()["Message-ID"]}) == 4


@pytest.mark.parametrize(
    "subject",
    [
        "S\r\nBcc: eve@e.example",
        "S\nBcc: eve@e.example",
        "S\rBcc: eve@e.example",
        "=?utf-8?q?S=0D=0ABcc:_eve@e.example?=",
        "é =?utf-8?q?S=0ABcc:_eve@e.example?= é",
        "a" * 5000,
        "é" * 500,
        "\ud800\x00\x1b",
        "",
    ],
)
def test_no_subject_adds_a_header_or_a_line_that_is_too_long(subject):
    mail = parsed({**MAIL, "subject": subject})
    assert mail["Subject"] == one_line(subject)
    assert set(mail.keys()) == set(parsed().keys())
    lines = message({**MAIL, "subject": subject}, LOGO, "tenant").split(b"\r\n")
    assert max(map(len, lines)) <= 998


FRAGMENTS = (
    "\r\n",
    "\r\nBcc: x@e.example",
    "=?utf-8?q?=0A?=",
    "<img src=x ",
    "<script>",
    "</div>",
    "<!--",
    "</p",
    "--=_",
)
HOSTILE = st.lists(
    st.one_of(st.characters(), st.sampled_from([*"\r\n\0<>=\"'&;:@é\ud800\u2028 ", *FRAGMENTS]))
).map("".join)


@given(subject=HOSTILE, body=HOSTILE, name=HOSTILE, address=HOSTILE, is_html=st.booleans())
def test_whatever_stands_in_a_mail_the_message_keeps_its_form(subject, body, name, address, is_html):
    mail = {
        **MAIL,
        "subject": subject,
        "body": body,
        "html": is_html,
        "to": address,
        "cc": [address, "it@e.example"],
        "locale": name,
        "templateName": name,
        "footer": [{"kind": name, "text": name}],
        "device": {"name": name},
    }
    found = parsed(mail)
    assert found["Subject"] == one_line(subject)
    assert set(found.keys()) <= {*parsed().keys(), "Content-Transfer-Encoding"}
    assert found["Cc"].addresses[-1].addr_spec == "it@e.example"
    first = next(part for part in found.walk() if part.get_content_type() == "text/plain")
    assert shown(first) == content(mail).rstrip("\n")
    assert re.fullmatch(r"0007-[a-z0-9-]+\.eml", file_name(mail))
    assert Tags.of(page(mail, None)) <= Tags.of(page(MAIL, None)) | ALLOWED_TAGS | {"pre"}


class Tags(HTMLParser):
    @classmethod
    def of(cls, html):
        reader = cls()
        reader.found = set()
        reader.feed(html)
        reader.close()
        return reader.found

    def handle_starttag(self, tag, attrs):
        self.found.add(tag)


@pytest.mark.parametrize(
    ("body", "written"),
    [
        ("<p>a</p>", "<p>a</p>"),
        ("a & b < c", "a &amp; b &lt; c"),
        ("a &lt;b&gt; &amp;", "a &lt;b&gt; &amp;"),
        ("<P>a<BR/>b", "<p>a<br>b</p>"),
        ("<b>a<u>b</b>c</u>", "<b>a<u>b</u></b>c"),
        ("</div></p></table>a", "a"),
        ("<p>a <img src=x onerror=alert(1) ", "<p>a &lt;img src=x onerror=alert(1) </p>"),
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)"),
        ('<p onclick="x">a</p>', "<p>a</p>"),
        (
            '<a href="https://e.example/&quot;>x" id="y">a</a>',
            '<a href="https://e.example/&quot;&gt;x">a</a>',
        ),
        ('<a href="HTTPS://e.example">a</a>', '<a href="HTTPS://e.example">a</a>'),
        ('<a href="javascript:alert(1)">a</a>', "<a>a</a>"),
        ("a<!-- b -->c", "ac"),
        ("\x00\x1b[31m\u202e", "\ufffd\ufffd[31m\u202e"),
    ],
)
def test_only_allowed_tags_stay_tags_and_each_is_closed(body, written):
    assert clean_html(body) == written


def test_a_page_is_one_document_that_loads_and_runs_nothing():
    found = page({**MAIL, "body": "<p>x</p>", "subject": "</title><script>", "locale": '"><script>'}, LOGO)
    assert found.startswith('<!doctype html>\n<html lang="&quot;&gt;&lt;script&gt;">')
    assert found.endswith("</body>\n</html>\n")
    assert f'<img src="data:image/png;base64,{base64.b64encode(PNG).decode()}" alt="Company logo">' in found
    assert '<div dir="auto"><p>x</p></div>' in found
    assert "<p>Contoso &amp; Co</p>" in found
    assert '<a href="https://portal.example">https://portal.example</a>' in found
    assert "<tr><th>Device</th><td>PC &lt;7&gt;</td></tr>" in found
    assert "<tr><th>Subject</th><td>&lt;/title&gt;&lt;script&gt;</td></tr>" in found
    assert "default-src 'none'" in found
    assert "script" not in Tags.of(found)


def test_a_page_of_a_plain_text_mail_shows_its_text():
    assert '<pre dir="auto">Hello &lt;b&gt;Ada&lt;/b&gt;\nBye\n\nContoso &amp; Co' in page(PLAIN, LOGO)


def mime(data: bytes, type: str = "image/png"):
    return {"type": type, "value": base64.b64encode(data).decode()}


@pytest.mark.parametrize(
    ("brand", "logo"),
    [
        ({"lightBackgroundLogo": mime(PNG)}, LOGO),
        (
            {"lightBackgroundLogo": None, "darkBackgroundLogo": mime(b"\xff\xd8\xff\xe0")},
            Logo("jpeg", b"\xff\xd8\xff\xe0"),
        ),
        ({"lightBackgroundLogo": mime(PNG), "darkBackgroundLogo": mime(b"GIF89a")}, LOGO),
        ({"lightBackgroundLogo": mime(PNG, 'text/html"><script>')}, LOGO),
        ({"lightBackgroundLogo": mime(b"<svg onload='alert(1)'/>", "image/svg+xml")}, None),
        ({"lightBackgroundLogo": {"type": "image/png", "value": "iVBORw0KGg\r\nogcGljdHVyZQ=="}}, LOGO),
        ({"lightBackgroundLogo": {"type": "image/png", "value": "not base64!"}}, None),
        ({"lightBackgroundLogo": {"type": "image/png", "value": "iVBOR"}}, None),
        ({"lightBackgroundLogo": {"type": "image/png", "value": None}}, None),
        ({}, None),
    ],
)
def test_a_logo_is_what_its_bytes_say(brand, logo):
    assert logo_of(brand) == logo


def test_what_is_no_address_gets_no_mail_and_nobody_gets_two():
    mail = {
        "to": "Ada@e.example",
        "cc": [
            "ada@E.example",
            "it@e.example",
            "a@b\r\nBcc: eve@e.example",
            "é@e.example",
            "no",
            "=?x?q?y?=@e.example",
            "<a@e.example>",
        ],
    }
    found = recipients(mail)
    assert found.envelope == ["Ada@e.example", "it@e.example"]
    assert found.left_out == (
        "a@b Bcc: eve@e.example",
        "é@e.example",
        "no",
        "=?x?q?y?=@e.example",
        "<a@e.example>",
    )
    assert recipients({"to": None, "cc": []}) == Recipients((), (), ())


@pytest.mark.parametrize(
    ("number", "name", "file"),
    [
        (7, "First warning", "0007-first-warning.eml"),
        (12345, "Été: 2", "12345-ete-2.eml"),
        (1, "Напоминание", "0001-mail.eml"),
        (1, "../../etc/passwd", "0001-etc-passwd.eml"),
        (1, "CON\x00 | a:b", "0001-con-a-b.eml"),
        (1, "x" * 39 + " y", f"0001-{'x' * 39}.eml"),
        (1, None, "0001-mail.eml"),
    ],
)
def test_a_file_is_named_by_number_and_template(number, name, file):
    assert file_name({"number": number, "templateName": name}) == file
