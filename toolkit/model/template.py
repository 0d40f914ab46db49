"""Notification message templates: the mails that Intune sends, and the rules for what is in them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from html.parser import HTMLParser
from typing import Any

from toolkit.errors import InvalidContent

SUBJECT_LIMIT = 78
MESSAGE_LIMIT = 2000
TOKENS = ("{{UserName}}", "{{DeviceName}}", "{{DeviceId}}", "{{OSAndVersion}}")
ALLOWED_TAGS = frozenset(
    [
        "a",
        "strong",
        "b",
        "u",
        "ol",
        "ul",
        "li",
        "p",
        "br",
        "code",
        "table",
        "tbody",
        "tr",
        "td",
        "thead",
        "th",
    ]
)
"""Limits, tokens and tags as the admin centre documents them (intune-behaviour section 2.2)."""

LOGO = "logo"
COMPANY_NAME = "company-name"
CONTACT = "contact"
PORTAL_LINK = "portal-link"
DEVICE_DETAILS = "device-details"
BRANDING = (LOGO, COMPANY_NAME, CONTACT, PORTAL_LINK, DEVICE_DETAILS)
DEFAULT_BRANDING = frozenset((LOGO, COMPANY_NAME, CONTACT))


@dataclass(frozen=True, slots=True)
class Message:
    """The mail in one language. `locale` is lower case, as Graph keeps it ("fr-fr")."""

    locale: str
    subject: str
    body: str
    is_default: bool = False
    id: str | None = field(default=None, compare=False)
    extra: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Template:
    """A template with its messages, keyed by locale and kept sorted by it. `messages` is None where not read."""

    name: str
    branding: frozenset[str] = DEFAULT_BRANDING
    messages: tuple[Message, ...] | None = ()
    scope_tags: tuple[str, ...] = ("0",)
    description: str | None = None
    id: str = ""
    modified: datetime | None = None
    raw: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)

    def __post_init__(self) -> None:
        if self.description == "":
            object.__setattr__(self, "description", None)  # the service answers either for "none"
        if self.messages is not None:
            object.__setattr__(self, "messages", tuple(sorted(self.messages, key=lambda m: m.locale)))

    @property
    def default(self) -> Message | None:
        return next((m for m in self.messages or () if m.is_default), None)

    @property
    def default_locale(self) -> str | None:
        return None if self.default is None else self.default.locale

    def message(self, locale: str) -> Message | None:
        return next((m for m in self.messages or () if m.locale == locale.lower()), None)

    @property
    def content(self) -> tuple[Any, ...]:
        return (self.name, self.branding, self.messages, self.scope_tags, self.description)


def check_message(subject: str, body: str) -> None:
    """Raises InvalidContent for what the admin centre would refuse to save."""
    if not subject.strip():
        raise InvalidContent(
            "The subject is empty.", hint='Give it with --subject "Your device needs attention".'
        )
    if not body.strip():
        raise InvalidContent("The message is empty.", hint="Give it with --message TEXT or --message @FILE.")
    if "\n" in subject or "\r" in subject:
        raise InvalidContent("The subject has a line break.", hint="A subject is one line.")
    if len(subject) > SUBJECT_LIMIT:
        raise InvalidContent(
            f"The subject has {len(subject)} characters; the limit is {SUBJECT_LIMIT}.",
            hint=f"Shorten it by {len(subject) - SUBJECT_LIMIT}.",
        )
    if len(body) > MESSAGE_LIMIT:
        raise InvalidContent(
            f"The message has {len(body)} characters; the limit is {MESSAGE_LIMIT}.",
            hint=f"Shorten it by {len(body) - MESSAGE_LIMIT}.",
        )


def unknown_tokens(text: str) -> tuple[str, ...]:
    """Things in double braces, open ones too, or known names in single ones, that Intune will leave as text."""
    found = [token for token in re.findall(r"\{\{[^{}]*\}\}", text) if token not in TOKENS]
    single = re.findall(
        r"(?<!\{)\{(?:UserName|DeviceName|DeviceId|OSAndVersion|ComplianceReasons)\}(?!\})", text
    )
    unclosed = re.findall(r"\{\{(?![^{}]*\}\})[^{}\s<]{0,20}", text)
    return tuple(dict.fromkeys([*found, *single, *unclosed]))


def html_obstacles(body: str) -> tuple[str, ...]:
    """Why this message will be mailed as plain text: tags, attributes or links that are not allowed; () if it will not.

    One of them turns the whole message into plain text (intune-behaviour section 2.2).
    """
    reader = _Obstacles()
    reader.feed(body)
    reader.close()
    return tuple(dict.fromkeys(reader.found))


def has_html(body: str) -> bool:
    """Whether anything in it reads as a tag."""
    reader = _Obstacles()
    reader.feed(body)
    reader.close()
    return reader.tags > 0


class _Obstacles(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self.tags = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags += 1
        if tag not in ALLOWED_TAGS:
            self.found.append(f"<{tag}>")
            return
        for name, value in attrs:
            if tag == "a" and name == "href":
                if not (value or "").lower().startswith("https://"):
                    self.found.append(f'<a href="{value or ""}"> (links must be https)')
            else:
                self.found.append(f"<{tag} {name}=…>")

    def handle_endtag(self, tag: str) -> None:
        if tag not in ALLOWED_TAGS:
            self.found.append(f"<{tag}>")

    def handle_comment(self, data: str) -> None:
        self.found.append("<!-- -->")

    def handle_decl(self, decl: str) -> None:
        self.found.append(f"<!{decl.split()[0] if decl.split() else ''}>")

    def handle_pi(self, data: str) -> None:
        self.found.append("<?…>")

    def unknown_decl(self, data: str) -> None:
        self.found.append("<![…]>")
