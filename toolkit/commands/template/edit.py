"""grace template edit: name, branding, description, scope tags."""

from __future__ import annotations

from dataclasses import dataclass, replace

from toolkit.commands.proposal import plan, template_change
from toolkit.commands.spec import Arg, Spec, Tools
from toolkit.commands.template.new import checked_name
from toolkit.commands.template.words import (
    MESSAGE,
    NAME,
    SCOPE_TAG,
    SUBJECT,
    SWITCHES,
    branding,
    scope_tags,
    switches,
)
from toolkit.errors import InvalidContent, MissingValue, UsageProblem
from toolkit.model.refs import TemplateRef
from toolkit.planning import intents
from toolkit.planning.change import Plan


@dataclass(frozen=True, slots=True)
class Options:
    template: TemplateRef
    rename: str | None = None
    subject: str | None = None
    message: str | None = None
    locale: str | None = None
    description: str | None = None
    logo: bool | None = None
    company_name: bool | None = None
    contact: bool | None = None
    portal_link: bool | None = None
    device_details: bool | None = None
    scope_tag: tuple[str, ...] = ()


SPEC = Spec(
    "template",
    "edit",
    Options,
    changes=True,
    args=(
        NAME,
        Arg("rename", "a new name", ("--rename", "--name")),
        SUBJECT,
        MESSAGE,
        Arg(
            "locale",
            "the message that --subject and --message change (default: the default one)",
            ("--locale",),
            kind="locale",
        ),
        Arg("description", "a description (kept by Graph's beta only)", ("--description",)),
        *SWITCHES,
        SCOPE_TAG,
    ),
    examples=("grace template edit 'First warning' --portal-link --no-logo --yes",),
)


def propose(options: Options, tools: Tools) -> Plan:
    tenant = tools.tenant
    template = tenant.find_template(options.template)
    turned = switches(options)
    given = [options.rename, options.subject, options.message, options.description, *turned.values()]
    if all(value is None for value in given) and not options.scope_tag:
        raise MissingValue("What to change is missing.", hint="grace template edit --help lists the flags.")
    wanted = replace(
        template,
        name=template.name if options.rename is None else checked_name(options.rename),
        branding=branding(turned, template.branding),
        scope_tags=scope_tags(options.scope_tag, tenant) or template.scope_tags,
        description=template.description if options.description is None else options.description,
    )
    for other in tenant.templates():
        if other.id != template.id and other.name.casefold() == wanted.name.casefold():
            raise UsageProblem(
                f'A template called "{other.name}" exists already.', hint="Choose another name."
            )
    if options.subject is not None or options.message is not None:
        locale = options.locale or template.default_locale
        if locale is None:
            raise InvalidContent(
                f'Template "{template.name}" has no default message.', hint="Say which with --locale."
            )
        wanted = intents.localize(wanted, locale, options.subject, options.message, None)
    elif options.locale is not None:
        raise MissingValue("--locale alone changes nothing.", hint="Add --subject or --message.")
    return plan(tenant, "template edit", [template_change(template, wanted, "edit the template")])
