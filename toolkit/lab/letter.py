"""A mail of the lab as its reader gets it: as text, as one page of HTML, or as a MIME message.

Mail documents are what `outbox` puts together and the log "mail" keeps. Everything in them may come from a hostile
hand: a device's name, a subject, a logo. The logo is not kept with each mail; the tenant's present one is shown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING, Any, NamedTuple

from toolkit.lab.outbox import LOGOS
from toolkit.model.mailbody import clean_html, harmless, one_line, plain_text

if TYPE_CHECKING:
    from email.mime.base import MIMEBase

Mail = Mapping[str, Any]

DEVICE_LINES = {
    "name": "Device",
    "osAndVersion": "Operating system",
    "model": "Model",
    "id": "Device id",
    "lastCheckIn": "Last check-in",
}

# Intune takes PNG and JPEG; the bytes say which, because the type beside them may say anything.
_SIGNATURES = {b"\x89PNG\r\n\x1a\n": "png", b"\xff\xd8\xff": "jpeg", b"GIF8": "gif"}
# ASCII alone: another address needs SMTPUTF8, which not every server and reader of files has.
_ADDRESS = re.compile(
    r"[\w!#$%&'*+/=?^`{|}~.-]{1,64}@[A-Za-z0-9]([A-Za-z0-9.-]{0,250}[A-Za-z0-9])?", re.ASCII
)


class Logo(NamedTuple):
    type: str
    """png, jpeg or gif."""
    data: bytes


class Recipients(NamedTuple):
    to: tuple[str, ...]
    cc: tuple[str, ...]
    left_out: tuple[str, ...]
    """What stands for an address in the mail and is none."""

    @property
    def envelope(self) -> list[str]:
        """Everybody once, however often and in whichever case the address is written."""
        return list({address.lower(): address for address in reversed((*self.to, *self.cc))}.values())[::-1]


def logo_of(brand: Mapping[str, Any]) -> Logo | None:
    """The logo of an intuneBrand (mimeContent: a type and base64), or None where it has no picture that can be shown."""
    import base64

    for key in LOGOS:
        value = (brand.get(key) or {}).get("value")
        if not isinstance(value, str):
            continue
        try:
            data = base64.b64decode(value)
        except ValueError:
            continue
        for signature, type in _SIGNATURES.items():
            if data.startswith(signature):
                return Logo(type, data)
    return None


def recipients(mail: Mail) -> Recipients:
    to = [mail["to"]] if mail.get("to") else []
    cc = list(mail.get("cc") or ())
    left_out = tuple(one_line(address) for address in (*to, *cc) if not _is_address(address))
    return Recipients(tuple(filter(_is_address, to)), tuple(filter(_is_address, cc)), left_out)


def text(mail: Mail) -> str:
    """The whole mail for a terminal: what it is about, body, what the service puts below it. A line for each copy."""
    shown: dict[str, Any] = {
        "From": mail.get("from"),
        "To": mail.get("to") or "nobody",
        "Cc": mail.get("cc"),
        "Date": mail.get("at"),
        "Subject": mail.get("subject"),
        "Language": mail.get("locale"),
        "Template": mail.get("templateName"),
        "Policy": mail.get("policyName"),
        "Device": mail.get("deviceName"),
    }
    head = ""
    for name, value in shown.items():
        lines = value if isinstance(value, list) else [value] if value else []
        head += "".join(
            f"{'' if at else name + ':':10}{one_line(str(line))}\n" for at, line in enumerate(lines)
        )
    logo = "[company logo]\n\n" if mail.get("html") and (mail.get("header") or {}).get("logo") else ""
    return f"{head}\n{logo}{content(mail)}"


def content(mail: Mail) -> str:
    """What is below the header lines, as plain text; of a plain-text mail it is all there is."""
    body = str(mail.get("body") or "")
    body = plain_text(body) if mail.get("html") else body
    footer = "\n".join(text for _, text in _footer(mail))
    device = "\n".join(f"{name}: {value}" for name, value in _device(mail))
    return harmless("\n\n".join(part for part in (body, footer, device) if part))


def page(mail: Mail, logo: Logo | None) -> str:
    """One HTML document that loads nothing and runs nothing, with the header lines above the mail."""
    import base64

    lines = {
        "From": mail.get("from"),
        "To": mail.get("to") or "nobody",
        "Cc": ", ".join(mail.get("cc") or ()),
        "Date": mail.get("at"),
        "Subject": mail.get("subject"),
    }
    rows = "".join(
        f"<tr><th>{name}</th><td>{_quoted(str(value))}</td></tr>\n" for name, value in lines.items() if value
    )
    source = None if logo is None else f"data:image/{logo.type};base64,{base64.b64encode(logo.data).decode()}"
    return _document(mail, f"<table>\n{rows}</table>\n<hr>\n{_inside(mail, source)}")


def message(mail: Mail, logo: Logo | None, tenant_id: str) -> bytes:
    """The mail as MIME with CRLF line ends: the same mail of the same tenant gives the same bytes.

    HTML has a plain-text alternative, and the logo beside it under a Content-ID; plain text stands alone.
    """
    import hashlib
    import json
    from datetime import datetime
    from email.mime.multipart import MIMEMultipart
    from email.policy import compat32
    from email.utils import format_datetime

    written = json.dumps([tenant_id, mail], sort_keys=True)
    mark = hashlib.sha256(written.encode()).hexdigest()[:32]
    plain = _part(content(mail), "plain")
    whole: MIMEBase = plain
    if mail.get("html"):
        has_logo = logo is not None and (mail.get("header") or {}).get("logo")
        html = _document(mail, _inside(mail, f"cid:logo.{mark}@lab.invalid" if has_logo else None))
        shown: MIMEBase = _part(html, "html")
        if logo is not None and has_logo:
            picture = _picture(logo, f"logo.{mark}@lab.invalid")
            shown = MIMEMultipart("related", f"=_{mark}_related", [shown, picture], type="text/html")
        whole = MIMEMultipart("alternative", f"=_{mark}_alternative", [plain, shown])
    people = recipients(mail)
    head = {
        "From": one_line(str(mail.get("from") or "")),
        "To": ", ".join(people.to),
        "Cc": ", ".join(people.cc),
        "Date": format_datetime(datetime.fromisoformat(mail["at"])),
        "Message-ID": f"<{mark}@lab.invalid>",
        "Content-Language": one_line(str(mail.get("locale") or "")),
    }
    for name, value in head.items():
        if value:
            whole[name] = value
    whole["Subject"] = _encoded(one_line(str(mail.get("subject") or "")))
    return whole.as_bytes(policy=compat32.clone(linesep="\r\n"))


def file_name(mail: Mail) -> str:
    """`0007-first-warning.eml`: the number in the list and the template, in letters that every file system has."""
    import unicodedata

    name = unicodedata.normalize("NFKD", str(mail.get("templateName") or ""))
    words = re.findall(r"[a-z0-9]+", name.encode("ascii", "ignore").decode().lower())
    return f"{mail['number']:04d}-{'-'.join(words)[:40].strip('-') or 'mail'}.eml"


def _is_address(value: object) -> bool:
    # "=?" would begin an encoded word, which some readers decode wherever they meet it.
    return isinstance(value, str) and _ADDRESS.fullmatch(value) is not None and "=?" not in value


def _quoted(text: str) -> str:
    return escape(one_line(text))


def _footer(mail: Mail) -> list[tuple[str, str]]:
    return [(str(line.get("kind")), one_line(str(line.get("text", "")))) for line in mail.get("footer") or ()]


def _device(mail: Mail) -> list[tuple[str, str]]:
    block = mail.get("device") or {}
    return [(DEVICE_LINES.get(key, key), one_line(str(value))) for key, value in block.items() if value]


def _inside(mail: Mail, logo: str | None) -> str:
    """The mail itself as HTML. `logo` is where the picture is, None for none."""
    if not mail.get("html"):
        return f'<pre dir="auto">{escape(content(mail))}</pre>\n'
    is_headed = logo is not None and (mail.get("header") or {}).get("logo")
    head = f'<p><img src="{escape(logo or "")}" alt="Company logo"></p>\n' if is_headed else ""
    footer = "".join(
        f'<p><a href="{escape(line)}">{escape(line)}</a></p>\n'
        if kind == "portalLink"
        else f"<p>{escape(line)}</p>\n"
        for kind, line in _footer(mail)
    )
    device = "".join(
        f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>\n" for name, value in _device(mail)
    )
    return (
        f'{head}<div dir="auto">{clean_html(str(mail.get("body") or ""))}</div>\n'
        + (f"<footer>\n{footer}</footer>\n" if footer else "")
        + (f"<table>\n{device}</table>\n" if device else "")
    )


def _document(mail: Mail, inside: str) -> str:
    policy = "default-src 'none'; img-src data: cid:; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'"
    return (
        "<!doctype html>\n"
        f'<html lang="{_quoted(str(mail.get("locale") or "en-us"))}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        f"<title>{_quoted(str(mail.get('subject') or ''))}</title>\n"
        "<style>body{font:16px/1.5 sans-serif;max-width:45em;margin:1em auto;padding:0 1em}"
        "img{max-height:5em}pre{font:inherit;white-space:pre-wrap}th{text-align:left;padding-right:1em}"
        "footer{border-top:1px solid #888;margin-top:2em}td{overflow-wrap:anywhere}</style>\n"
        f"</head>\n<body>\n{inside}</body>\n</html>\n"
    )


def _part(text: str, subtype: str) -> MIMEBase:
    from email.charset import QP, Charset
    from email.mime.text import MIMEText

    charset = Charset("utf-8")
    charset.body_encoding = QP  # a line of any length and any letter goes through every server
    return MIMEText(text + "\n" if not text.endswith("\n") else text, subtype, charset)  # type: ignore[arg-type]


def _picture(logo: Logo, id: str) -> MIMEBase:
    from email.mime.image import MIMEImage

    picture = MIMEImage(logo.data, logo.type)
    picture["Content-ID"] = f"<{id}>"
    picture.add_header("Content-Disposition", "inline", filename=f"logo.{logo.type}")
    return picture


def _encoded(line: str) -> Any:
    from email.header import Header

    # ASCII that looks like an encoded word must not be read as one: it could spell a line break. And what is
    # encoded can be folded anywhere; a line of a mail ends after 998 characters (RFC 5322 2.1.1).
    charset = "us-ascii" if line.isascii() and "=?" not in line and len(line) < 900 else "utf-8"
    return Header(line, charset, header_name="Subject")
