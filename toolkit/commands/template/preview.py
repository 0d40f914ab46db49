"""grace template preview: the mail as the user will read it, from the terminal or as HTML."""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from toolkit.commands.spec import Arg, Spec, Tools
from toolkit.commands.template.words import NAME
from toolkit.errors import InvalidContent, NotFound
from toolkit.model.device import Device
from toolkit.model.mailbody import clean_html, fill, laid_out, plain_text
from toolkit.model.refs import DeviceRef, TemplateRef
from toolkit.model.template import (
    COMPANY_NAME,
    CONTACT,
    LOGO,
    PORTAL_LINK,
    Message,
    Template,
    html_obstacles,
)
from toolkit.outcome import Column, Outcome, Section, facts

SENDER = "microsoft-noreply@microsoft.com"


@dataclass(frozen=True, slots=True)
class Options:
    template: TemplateRef
    locale: str | None = None
    device: DeviceRef | None = None


SPEC = Spec(
    "template",
    "preview",
    Options,
    args=(
        NAME,
        Arg("locale", "the language (default: the default message)", ("--locale",), kind="locale"),
        Arg("device", "fill in the tokens from this device", ("--device",), kind="device"),
    ),
    formats=("html",),
    about="Without --device the tokens stay as they are, as in the admin centre's own preview mail.",
    examples=(
        "grace template preview 'First warning' --locale fr-fr",
        "grace template preview 'First warning' -o html",
    ),
)


def run(options: Options, tools: Tools) -> Outcome:
    tenant = tools.tenant
    template = tenant.find_template(options.template)
    message = _message(template, options.locale)
    device = tenant.find_device(options.device) if options.device is not None else None
    brand = tenant.brand()
    obstacles = html_obstacles(message.body)
    body, is_html = laid_out(message.body)
    footer = _footer(template, brand)
    mail: dict[str, Any] = {
        "schema": "grace/mail-preview/1",
        "templateId": template.id,
        "templateName": template.name,
        "locale": message.locale,
        "from": SENDER,
        "to": None if device is None else device.mail or None,
        "subject": _filled(message.subject, device),
        "body": _filled(body, device, html.escape if is_html else str),
        "isHtml": is_html,
        "plainTextBecause": list(obstacles),
        "logo": LOGO in template.branding,
        "footer": footer,
        "device": None if device is None else _device_block(device),
    }
    notes = []
    if obstacles:
        notes.append(f"Sent as plain text, because it contains {', '.join(obstacles)}.")
    if device is not None and not device.mail:
        notes.append(f"{device.name}: its user has no mail address, so this mail would not be sent.")
    page = _page(mail, brand)
    about = (
        ("From", SENDER),
        ("To", mail["to"] or ("the primary user's mail address" if device is None else "nobody")),
        ("Subject", mail["subject"]),
        ("Language", message.locale),
        ("Header", "company logo" if mail["logo"] else "none"),
    )
    read = plain_text(mail["body"]) if is_html else mail["body"]
    lines = [{"text": line} for line in read.split("\n")]
    foot = [{"text": line} for line in footer] or [{"text": "none"}]
    sections = [
        facts("Mail", *about),
        Section("Message", (Column("", "text"),), lines),
        Section("Footer", (Column("", "text"),), foot),
    ]
    if device is not None:
        title = "Device details (added by Intune; the fields are not documented)"
        sections.append(facts(title, *_device_block(device).items()))
    return Outcome(data=mail, sections=tuple(sections), notes=tuple(notes), html=page)


def _message(template: Template, locale: str | None) -> Message:
    message = template.message(locale) if locale is not None else template.default
    if message is not None:
        return message
    has = ", ".join(m.locale for m in template.messages or ()) or "no messages"
    if locale is not None:
        raise NotFound(f'Template "{template.name}" has no {locale} message.', hint=f"It has: {has}.")
    raise InvalidContent(
        f'Template "{template.name}" has no default message to preview.', hint=f"It has: {has}."
    )


def _filled(text: str, device: Device | None, quote: Callable[[str], str] = str) -> str:
    if device is None:
        return text
    values = {
        "{{UserName}}": device.user_name,
        "{{DeviceName}}": device.name,
        "{{DeviceId}}": device.id,
        "{{OSAndVersion}}": f"{device.os} {device.os_version}".strip(),
    }
    return fill(text, values, quote)


def _device_block(device: Device) -> dict[str, str]:
    return {
        "Device": device.name,
        "Operating system": f"{device.os} {device.os_version}".strip(),
        "Intune device id": device.id,
    }


def _footer(template: Template, brand: Mapping[str, Any]) -> list[str]:
    lines = []
    if COMPANY_NAME in template.branding:
        lines.append(str(brand.get("displayName") or "(no company name set)"))
    if CONTACT in template.branding:
        contact = [
            brand.get(key) for key in ("contactITName", "contactITPhoneNumber", "contactITEmailAddress")
        ]
        lines.append(", ".join(str(part) for part in contact if part) or "(no contact information set)")
    if PORTAL_LINK in template.branding:
        lines.append("https://portal.manage.microsoft.com")
    return lines


def _page(mail: Mapping[str, Any], brand: Mapping[str, Any]) -> str:
    """One self-contained page. Of the body's tags only the allowed ones are tags in it."""
    body = clean_html(str(mail["body"])) if mail["isHtml"] else f"<pre>{html.escape(str(mail['body']))}</pre>"
    head = (
        f"<p><em>[{html.escape(str(brand.get('displayName') or 'company'))} logo]</em></p>"
        if mail["logo"]
        else ""
    )
    foot = "".join(f"<p>{html.escape(line)}</p>" for line in mail["footer"])
    block = mail["device"] or {}
    details = "".join(
        f"<tr><th>{html.escape(k)}</th><td>{html.escape(v)}</td></tr>" for k, v in block.items()
    )
    return (
        "<!doctype html>\n"
        f'<html lang="{html.escape(str(mail["locale"]))}"><head><meta charset="utf-8">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>{html.escape(str(mail['subject']))}</title>"
        "<style>body{font:16px/1.5 system-ui,sans-serif;max-width:40em;margin:2em auto;padding:0 1em}"
        "footer{border-top:1px solid #8888;margin-top:2em}th{text-align:left;padding-right:1em}</style></head><body>"
        f"{head}<h1>{html.escape(str(mail['subject']))}</h1><main>{body}</main>"
        f"{f'<table>{details}</table>' if details else ''}<footer>{foot}</footer></body></html>\n"
    )
