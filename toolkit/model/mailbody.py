"""A mail's body between a template and its reader: line breaks, tokens, plain text, and HTML that can be shown.

Rules: intune-behaviour 2.2. What a tenant wrote may be hostile; nothing here trusts it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from html import escape
from html.parser import HTMLParser

from toolkit.model.template import ALLOWED_TAGS, TOKENS, html_obstacles

_TOKEN = re.compile("|".join(map(re.escape, TOKENS)))
_TAG_OR_BREAK = re.compile(r"</?[A-Za-z][^<>]*>|\r\n|\r|\n")
_BREAK = re.compile(r"\r\n|\r|\n")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_BREAKS = re.compile(r"[\t\n\v\f\r\x1c-\x1e\x85\u2028\u2029]+")


@lru_cache(maxsize=1024)
def laid_out(body: str) -> tuple[str, bool]:
    """A message's body with the line breaks that its mail has, and whether that mail is HTML.

    One tag, attribute or link that is not allowed makes it plain text. Only a Windows line break counts as one
    (intune-behaviour 2.2); our choice is that a lone one is a blank, as is any within a tag.
    """
    is_html = not html_obstacles(body)

    def as_mailed(found: re.Match[str]) -> str:
        if found[0].startswith("<"):
            return _BREAK.sub(" ", found[0])
        if found[0] != "\r\n":
            return " "
        return "<br>" if is_html else "\n"

    return (_TAG_OR_BREAK if is_html else _BREAK).sub(as_mailed, body), is_html


def fill(text: str, values: Mapping[str, object], quote: Callable[[str], str] = str) -> str:
    """The four tokens replaced in one pass, so that a device called "{{UserName}}" stays so."""
    return _TOKEN.sub(lambda found: quote(str(values[found[0]])), text)


def plain_text(html: str) -> str:
    """What a mail program without HTML would show."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    lines = [" ".join(line.split()) for line in "".join(reader.text).split("\n")]
    return "\n".join(line for at, line in enumerate(lines) if line or (at and lines[at - 1])).strip()


def clean_html(body: str) -> str:
    """The allowed tags of it, each closed, and all the rest as text.

    The body is written anew rather than trusted, because a browser may read as a tag what another parser read as text:
    an `<img` that never ends takes its end from whatever stands below the body.
    """
    cleaner = _Cleaner()
    cleaner.feed(body)
    cleaner.close()
    return "".join((*cleaner.written, *(f"</{tag}>" for tag in reversed(cleaner.open))))


def one_line(text: str) -> str:
    """The text with a blank for whatever could begin another line, and without blanks around it."""
    return harmless(_BREAKS.sub(" ", text)).strip()


def harmless(text: str) -> str:
    """The text with a replacement character for each control character and half a surrogate; line breaks stay."""
    return _CONTROLS.sub("\ufffd", text.replace("\r\n", "\n"))


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text: list[str] = []
        self._links: list[tuple[str, int]] = []
        self._lists: list[int | None] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("br", "p", "table", "tr"):
            self.text.append("\n")
        elif tag in ("ul", "ol"):
            self._lists.append(0 if tag == "ol" else None)
            self.text.append("\n")
        elif tag == "li":
            self.text.append(f"\n{self._bullet()} ")
        elif tag in ("td", "th"):
            self.text.append(" ")
        elif tag == "a":
            self._links.append((dict(attrs).get("href") or "", len(self.text)))

    def handle_endtag(self, tag: str) -> None:
        if tag in ("p", "ul", "ol", "table"):
            self.text.append("\n")
        if tag in ("ul", "ol") and self._lists:
            self._lists.pop()
        elif tag == "a" and self._links:
            link, start = self._links.pop()
            if link and "".join(self.text[start:]).strip() != link:
                self.text.append(f" <{link}>")

    def handle_data(self, data: str) -> None:
        # A line feed in HTML is a blank.
        self.text.append(data.replace("\n", " "))

    def _bullet(self) -> str:
        count = self._lists[-1] if self._lists else None
        if count is None:
            return "-"
        self._lists[-1] = count + 1
        return f"{count + 1}."


class _Cleaner(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.written: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ALLOWED_TAGS:
            self.handle_data(self.get_starttag_text() or "")
            return
        link = dict(attrs).get("href") or ""
        is_link = tag == "a" and link.lower().startswith("https://")
        self.written.append(f'<a href="{escape(one_line(link))}">' if is_link else f"<{tag}>")
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        # One that nothing opened could end what stands around the body.
        if tag in self.open:
            while (last := self.open.pop()) != tag:
                self.written.append(f"</{last}>")
            self.written.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        self.written.append(escape(harmless(data), quote=False))
