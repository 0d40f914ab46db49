"""grace template new: a template with its first message, which is the default one."""

from __future__ import annotations

from dataclasses import dataclass

from toolkit.commands.proposal import plan, template_change
from toolkit.commands.spec import Arg, Spec, Tools
from toolkit.commands.template.words import (
    MESSAGE,
    SCOPE_TAG,
    SUBJECT,
    SWITCHES,
    branding,
    scope_tags,
    switches,
)
from toolkit.errors import InvalidContent, UsageProblem
from toolkit.model.template import DEFAULT_BRANDING, Template
from toolkit.planning import intents
from toolkit.planning.change import Plan


@dataclass(frozen=True, slots=True)
class Options:
    name: str
    subject: str
    message: str
    locale: str = "en-us"
    description: str | None = None
    logo: bool | None = None
    company_name: bool | None = None
    contact: bool | None = None
    portal_link: bool | None = None
    device_details: bool | None = None
    scope_tag: tuple[str, ...] = ()


SPEC = Spec(
    "template",
    "new",
    Options,
    changes=True,
    args=(
        Arg("name", "the name of the template", ("--name",), required=True),
        SUBJECT._replace(required=True),
        MESSAGE._replace(required=True),
        Arg(
            "locale",
            "the language of this message; it becomes the default one",
            ("--locale",),
            kind="locale",
            default="en-us",
        ),
        Arg("description", "a description (kept by Graph's beta only)", ("--description",)),
        *SWITCHES,
        SCOPE_TAG,
    ),
    about="Logo, company name and contact information are on, the portal link is off, as in the admin centre.",
    examples=(
        "grace template new --name Reminder --subject 'Your device needs attention' --message 'Hello {{UserName}}'",
        "grace template new --name Reminder --subject 'Action needed' --message @mail.html --no-logo --what-if",
    ),
)


def propose(options: Options, tools: Tools) -> Plan:
    tenant = tools.tenant
    name = checked_name(options.name)
    empty = Template(
        name=name,
        branding=branding(switches(options), DEFAULT_BRANDING),
        messages=(),
        scope_tags=scope_tags(options.scope_tag, tenant) or ("0",),
        description=options.description,
    )
    wanted = intents.localize(empty, options.locale, options.subject, options.message, True)
    for template in tenant.templates():
        if template.name.casefold() == name.casefold():
            if template.content == wanted.content:
                return plan(tenant, "template new", ())
            raise UsageProblem(
                f'A template called "{template.name}" exists already.',
                hint="Change it with grace template edit and grace template localize, or choose another name.",
            )
    return plan(tenant, "template new", [template_change(None, wanted, "a new template")])


def checked_name(text: str) -> str:
    if not text.strip():
        raise InvalidContent("The name is empty.", hint="Give it with --name.")
    if any(ord(character) < 32 or ord(character) == 127 for character in text):
        raise InvalidContent(
            "The name has a line break or another control character in it.", hint="A name is one line."
        )
    return text.strip()
