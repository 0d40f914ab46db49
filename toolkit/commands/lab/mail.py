"""grace lab mail: the mails that the lab sent, as a list or one as its reader sees it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any

from toolkit.commands.spec import Arg, Spec, Tools
from toolkit.errors import NotFound, UsageProblem
from toolkit.outcome import Column, Outcome


@dataclass(frozen=True, slots=True)
class Options:
    verb: str = "list"
    number: int | None = None


SPEC = Spec(
    "lab",
    "mail",
    Options,
    args=(
        Arg(
            "verb",
            "list (default), or show for one mail",
            kind="choice",
            choices=("list", "show"),
            default="list",
        ),
        Arg("number", "with show: the number of the mail in the list (default: the newest)", kind="count"),
    ),
    examples=(
        "grace lab mail list",
        "grace lab mail list --filter \"locale eq 'fr-fr'\" -o json",
        "grace lab mail list --search 'First warning'",
    ),
)

COLUMNS = (
    Column("#", "number", "count"),
    Column("Sent", "at", "date"),
    Column("To", "to"),
    Column("Locale", "locale"),
    Column("Subject", "subject"),
    Column("Device", "deviceName"),
    Column("Copies", "cc", "list", wide=True),
    Column("Policy", "policyName", wide=True),
    Column("Template", "templateName", wide=True),
)


def run(options: Options, tools: Tools) -> Outcome:
    mails = [{**mail, "number": number} for number, mail in tools.lab().store.log("mail")]
    if options.verb == "list":
        if options.number is not None:
            raise UsageProblem("A number goes with show.", hint=f"grace lab mail show {options.number}")
        return Outcome(data=mails, columns=COLUMNS, id_key="number", empty=NO_MAIL)
    if not mails:
        raise NotFound(NO_MAIL)
    number = mails[-1]["number"] if options.number is None else options.number
    mail = next((mail for mail in mails if mail["number"] == number), None)
    if mail is None:
        raise NotFound(
            f"There is no mail {number}.", hint=f"The lab has sent {mails[-1]['number']}: grace lab mail list"
        )
    return Outcome(data=mail, columns=COLUMNS, id_key="number", text=letter(mail))


DEVICE_LINES = {
    "name": "Device",
    "osAndVersion": "Operating system",
    "model": "Model",
    "id": "Device id",
    "lastCheckIn": "Last check-in",
}
NO_MAIL = "The lab has sent no mail yet. Turn its clock with: grace lab advance 5d"


def letter(mail: Mapping[str, Any]) -> str:
    """The whole mail as text: header, body, what the service puts below it."""
    about = {
        "From": mail.get("from"),
        "To": mail.get("to") or "nobody",
        "Cc": ", ".join(mail.get("cc") or ()),
        "Date": mail.get("at"),
        "Subject": mail.get("subject"),
        "Language": mail.get("locale"),
        "Template": mail.get("templateName"),
        "Policy": mail.get("policyName"),
        "Device": mail.get("deviceName"),
    }
    parts = ["\n".join(f"{name + ':':10}{value}" for name, value in about.items() if value)]
    if (mail.get("header") or {}).get("logo"):
        parts.append("[company logo]")
    body = str(mail.get("body") or "")
    parts.append(plain_text(body) if mail.get("html") else body.replace("\r\n", "\n"))
    footer = "\n".join(str(line.get("text", "")) for line in mail.get("footer") or ())
    block = mail.get("device") or {}
    device = "\n".join(f"{DEVICE_LINES.get(key, key)}: {value}" for key, value in block.items() if value)
    return "\n\n".join(part for part in (*parts, footer, device) if part)


def plain_text(html: str) -> str:
    """What a mail program without HTML would show."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    lines = [" ".join(line.split()) for line in "".join(reader.text).split("\n")]
    return "\n".join(line for at, line in enumerate(lines) if line or (at and lines[at - 1])).strip()


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text: list[str] = []
        self._links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("br", "p", "ul", "ol", "table", "tr"):
            self.text.append("\n")
        elif tag == "li":
            self.text.append("\n- ")
        elif tag in ("td", "th"):
            self.text.append(" ")
        elif tag == "a":
            self._links.append(dict(attrs).get("href") or "")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("p", "ul", "ol", "table"):
            self.text.append("\n")
        elif tag == "a" and self._links and (link := self._links.pop()):
            self.text.append(f" <{link}>")

    def handle_data(self, data: str) -> None:
        # A line feed in HTML is a blank.
        self.text.append(data.replace("\n", " "))
