"""grace template localize: the message in one language, added or changed; or made the default one."""

from __future__ import annotations

from dataclasses import dataclass

from toolkit.commands.proposal import plan, template_change
from toolkit.commands.spec import Arg, Spec, Tools
from toolkit.commands.template.words import MESSAGE, NAME, SUBJECT
from toolkit.errors import MissingValue
from toolkit.model.refs import TemplateRef
from toolkit.planning import intents
from toolkit.planning.change import Plan


@dataclass(frozen=True, slots=True)
class Options:
    template: TemplateRef
    locale: str
    subject: str | None = None
    message: str | None = None
    default: bool = False


SPEC = Spec(
    "template",
    "localize",
    Options,
    changes=True,
    args=(
        NAME,
        Arg("locale", "the language, such as fr-fr", ("--locale",), kind="locale", required=True),
        SUBJECT,
        MESSAGE,
        Arg("default", "make it the default message", ("--default",), kind="flag"),
    ),
    examples=(
        "grace template localize 'Final warning' --locale es-es --subject 'Aviso' --message 'Hola {{UserName}}' --yes",
        "grace template localize 'First warning' --locale fr-fr --default --yes",
    ),
)


def propose(options: Options, tools: Tools) -> Plan:
    tenant = tools.tenant
    template = tenant.find_template(options.template)
    if options.subject is None and options.message is None and not options.default:
        raise MissingValue("What to change is missing.", hint="Add --subject and --message, or --default.")
    wanted = intents.localize(template, options.locale, options.subject, options.message, options.default)
    return plan(
        tenant, "template localize", [template_change(template, wanted, f"the {options.locale} message")]
    )
