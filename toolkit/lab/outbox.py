"""The mails that a lab sends: which message of a template, to whom, and how it reads.

Rules: intune-behaviour sections 2.2, 4 and 11.6. Documents in Graph's shape go in, mail documents come out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from html import escape
from typing import Any

from toolkit.model.mailbody import fill, laid_out
from toolkit.model.template import MESSAGE_LIMIT, SUBJECT_LIMIT

Document = Mapping[str, Any]

SENDER = "microsoft-noreply@microsoft.com"
TEMPLATE_MISSING = "templateMissing"
NO_DEFAULT_MESSAGE = "noDefaultMessage"
TOO_LONG = "tooLong"

PORTAL = "https://portal.manage.microsoft.com"
LOGOS = ("lightBackgroundLogo", "darkBackgroundLogo")
"""Where a brand keeps its logo; a mail is read on a light ground, so the logo made for that one comes first."""


def choose_message(messages: Sequence[Document], preferred: str | None, fallback: str) -> Document | None:
    """The message in the user's preferred language, else the default one, else None.

    `fallback` is the lab's rule locale-fallback: whether fr-CA is content with fr-FR before the default.
    """
    wanted = (preferred or "").lower()
    for message in messages:
        if wanted and message["locale"].lower() == wanted:
            return message
    if wanted and fallback == "language-then-default":
        for message in messages:
            if message["locale"].lower().split("-")[0] == wanted.split("-")[0]:
                return message
    return next((message for message in messages if message.get("isDefault")), None)


def template_obstacle(template: Document | None, message: Document | None) -> str:
    """Why no mail can be made from this template, or ""."""
    if template is None:
        return TEMPLATE_MISSING
    return NO_DEFAULT_MESSAGE if message is None else ""


def length_obstacle(message: Document, device: Document, user: Document | None) -> str:
    """Why the mail is over the template's limits once its tokens are replaced, or "" (rule length-check)."""
    subject = filled(message["subject"], device, user)
    body = filled(message["messageTemplate"], device, user)
    return TOO_LONG if len(subject) > SUBJECT_LIMIT or len(body) > MESSAGE_LIMIT else ""


def filled(text: str, device: Document, user: Document | None, *, quote: Callable[[str], str] = str) -> str:
    """`text` with the four tokens replaced by what is known of device and user."""
    values = {
        "{{UserName}}": (user or {}).get("displayName") or device.get("userDisplayName") or "",
        "{{DeviceName}}": device.get("deviceName") or "",
        "{{DeviceId}}": device.get("id") or "",
        "{{OSAndVersion}}": os_and_version(device),
    }
    return fill(text, values, quote)


def rendered(message: Document, device: Document, user: Document | None) -> tuple[str, str, bool]:
    """Subject, body, and whether the body is HTML, with the tokens replaced by what is known of device and user."""
    body, is_html = laid_out(message["messageTemplate"])
    quote: Callable[[str], str] = escape if is_html else str
    return filled(message["subject"], device, user), filled(body, device, user, quote=quote), is_html


def unfilled(message: Document) -> tuple[str, str, bool]:
    """The same for a preview, which knows neither device nor user: the tokens stay."""
    return (message["subject"], *laid_out(message["messageTemplate"]))


def header_of(template: Document, brand: Document) -> dict[str, Any]:
    """Whether the mail begins with the logo: the template shows it and the tenant has one.

    That showLogo of the brand counts here too is our choice; it is documented for the Company Portal.
    """
    has_logo = any((brand.get(key) or {}).get("value") for key in LOGOS)
    is_shown = "includeCompanyLogo" in _branding(template) and bool(brand.get("showLogo", True))
    return {"logo": is_shown and has_logo}


def footer_of(template: Document, brand: Document) -> list[dict[str, str]]:
    """Company name, contact and portal link as far as the template shows them and the tenant has them."""
    options = _branding(template)
    footer = []
    if "includeCompanyName" in options and brand.get("displayName"):
        footer.append({"kind": "companyName", "text": str(brand["displayName"])})
    if "includeContactInformation" in options:
        names = ("contactITName", "contactITPhoneNumber", "contactITEmailAddress")
        contact = ", ".join(str(brand[name]) for name in names if brand.get(name))
        if contact:
            footer.append({"kind": "contact", "text": contact})
    if "includeCompanyPortalLink" in options:
        footer.append({"kind": "portalLink", "text": PORTAL})
    return footer


def device_block(device: Document) -> dict[str, str]:
    """What the service appends about the device; which fields exactly is not documented."""
    return {
        "name": device.get("deviceName") or "",
        "osAndVersion": os_and_version(device),
        "model": device.get("model") or "",
        "id": device.get("id") or "",
        "lastCheckIn": device.get("lastSyncDateTime") or "",
    }


def os_and_version(device: Document) -> str:
    return " ".join(str(device[key]) for key in ("operatingSystem", "osVersion") if device.get(key))


def copies(
    group_ids: Iterable[str],
    groups: Mapping[str, Document],
    member_mails: Callable[[str], Iterable[str]],
    *,
    must_be_mail_enabled: bool,
) -> tuple[list[str], list[str]]:
    """Addresses that get a copy, each once, and for every group that adds none a reason.

    `groups` is keyed by lower-case id; `member_mails` gives the addresses of a group's members, nested ones too.
    """
    addresses: dict[str, None] = {}
    skipped = []
    for group_id in group_ids:
        group = groups.get(group_id.lower())
        if group is None:
            skipped.append(f"{group_id}: groupMissing")
        elif must_be_mail_enabled and not group.get("mailEnabled"):
            skipped.append(f"{group.get('displayName') or group_id}: notMailEnabled")
        else:
            addresses.update(dict.fromkeys(member_mails(group_id)))
    return list(addresses), skipped


def _branding(template: Document) -> set[str]:
    return {option.strip() for option in str(template.get("brandingOptions") or "none").split(",")}
