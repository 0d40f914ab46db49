"""The arguments and screens that the verbs of `grace template` share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from toolkit.commands.spec import Arg
from toolkit.errors import NotFound
from toolkit.graph.reads import Tenant
from toolkit.model.template import (
    BRANDING,
    COMPANY_NAME,
    CONTACT,
    DEVICE_DETAILS,
    LOGO,
    PORTAL_LINK,
    Template,
)
from toolkit.outcome import Column

BRANDING_WORDS = {
    LOGO: "Show company logo",
    COMPANY_NAME: "Show company name",
    CONTACT: "Show contact information",
    PORTAL_LINK: "Show company portal website link",
    DEVICE_DETAILS: "Include device details",
}

NAME = Arg("template", "the template: a name or an id", kind="template", required=True)
SUBJECT = Arg("subject", "the subject: one line, at most 78 characters", ("--subject",))
MESSAGE = Arg("message", "the message: at most 2,000 characters, some HTML", ("--message",), kind="content")
SWITCHES = (
    Arg("logo", "show the company logo", ("--logo",), kind="switch"),
    Arg("company_name", "show the company name", ("--company-name",), kind="switch"),
    Arg("contact", "show contact information", ("--contact",), kind="switch"),
    Arg("portal_link", "show the company portal website link", ("--portal-link",), kind="switch"),
    Arg("device_details", "include device details", ("--device-details",), kind="switch"),
)
SCOPE_TAG = Arg(
    "scope_tag", "a scope tag: its number or its name (repeat for several)", ("--scope-tag",), many=True
)

COLUMNS = (
    Column("Name", "name"),
    Column("Default", "defaultLocale"),
    Column("Locales", "locales", "list"),
    Column("Used by", "usedBy", "count"),
    Column("Branding", "branding", "list", wide=True),
    Column("Modified", "lastModifiedDateTime", "date", wide=True),
    Column("Id", "id", "id", wide=True),
)


def switches(options: Any) -> dict[str, bool | None]:
    """The branding switches among these options, by field name; None is "not given"."""
    fields = (word.replace("-", "_") for word in BRANDING)
    return {field: getattr(options, field) for field in fields}


def branding(switches: Mapping[str, bool | None], start: frozenset[str]) -> frozenset[str]:
    """`start` with each switch that was given turned on or off."""
    result = set(start)
    for word in BRANDING:
        given = switches[word.replace("-", "_")]
        if given is True:
            result.add(word)
        elif given is False:
            result.discard(word)
    return frozenset(result)


def row(template: Template, used_by: int) -> dict[str, Any]:
    return {
        "name": template.name,
        "defaultLocale": template.default_locale or "",
        "locales": [message.locale for message in template.messages or ()],
        "usedBy": used_by,
        "branding": [word for word in BRANDING if word in template.branding],
        "lastModifiedDateTime": template.raw.get("lastModifiedDateTime"),
        "id": template.id,
    }


def scope_tags(wanted: tuple[str, ...], tenant: Tenant) -> tuple[str, ...]:
    """Ids of scope tags from numbers or names. Raises NotFound with the names there are."""
    if not wanted:
        return ()
    if all(text.isdecimal() for text in wanted):
        return wanted
    tags = tenant.listed("/deviceManagement/roleScopeTags")
    by_name = {str(tag.get("displayName", "")).casefold(): str(tag.get("id")) for tag in tags}
    found = []
    for text in wanted:
        id = text if text.isdecimal() else by_name.get(text.casefold())
        if id is None:
            names = ", ".join(str(tag.get("displayName")) for tag in tags) or "none"
            raise NotFound(f'No scope tag is called "{text}".', hint=f"There are: {names}.")
        found.append(id)
    return tuple(found)
