"""grace template unlocalize: the message in one language removed; the default one must stay."""

from __future__ import annotations

from dataclasses import dataclass

from toolkit.commands.proposal import plan, template_change
from toolkit.commands.spec import Arg, Spec, Tools
from toolkit.commands.template.words import NAME
from toolkit.model.refs import TemplateRef
from toolkit.planning import intents
from toolkit.planning.change import Plan


@dataclass(frozen=True, slots=True)
class Options:
    template: TemplateRef
    locale: str


SPEC = Spec(
    "template",
    "unlocalize",
    Options,
    changes=True,
    args=(NAME, Arg("locale", "the language, such as fr-fr", ("--locale",), kind="locale", required=True)),
    examples=("grace template unlocalize 'First warning' --locale de-de --yes",),
)


def propose(options: Options, tools: Tools) -> Plan:
    tenant = tools.tenant
    template = tenant.find_template(options.template)
    wanted = intents.unlocalize(template, options.locale)
    return plan(
        tenant, "template unlocalize", [template_change(template, wanted, f"no {options.locale} message")]
    )
