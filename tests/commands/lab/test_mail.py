"""How a mail of the lab reads without HTML."""

from __future__ import annotations

import pytest

from toolkit.commands.lab.mail import letter, plain_text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("Hello<br>there", "Hello\nthere"),
        ("one\ntwo", "one two"),
        ("<p>One</p><p>Two</p>", "One\n\nTwo"),
        ("<ul><li>A</li><li>B</li></ul>", "- A\n- B"),
        ('<a href="https://example.com">Portal</a>.', "Portal <https://example.com>."),
        ("a &lt; b &amp; c", "a < b & c"),
        ("<table><tr><td>1</td><td>2</td></tr></table>", "1 2"),
        ("", ""),
    ],
)
def test_html_becomes_the_text_that_it_shows(html: str, text: str) -> None:
    assert plain_text(html) == text


def test_a_letter_has_its_header_its_body_and_what_the_service_appends() -> None:
    mail = {
        "from": "sender@example.com",
        "to": "ada@example.com",
        "cc": ["it@example.com", "lead@example.com"],
        "at": "2026-11-02T09:00:00Z",
        "subject": "Look at <PC>",
        "locale": "en-us",
        "html": False,
        "body": "Hello\r\n<Ada>",
        "header": {"logo": True},
        "footer": [{"kind": "companyName", "text": "Contoso"}],
        "device": {"name": "PC-1", "model": ""},
    }
    assert letter(mail) == (
        "From:     sender@example.com\n"
        "To:       ada@example.com\n"
        "Cc:       it@example.com, lead@example.com\n"
        "Date:     2026-11-02T09:00:00Z\n"
        "Subject:  Look at <PC>\n"
        "Language: en-us\n"
        "\n"
        "[company logo]\n"
        "\n"
        "Hello\n<Ada>\n"
        "\n"
        "Contoso\n"
        "\n"
        "Device: PC-1"
    )


def test_a_preview_without_recipient_says_so() -> None:
    assert letter({"to": None, "subject": "S", "body": "B"}) == "To:       nobody\nSubject:  S\n\nB"
