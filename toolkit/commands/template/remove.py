"""grace template remove: a template that no policy uses."""

from __future__ import annotations

from dataclasses import dataclass

from toolkit.commands.proposal import plan, template_change
from toolkit.commands.spec import Arg, Spec, Tools
from toolkit.model.refs import TemplateRef, find_each
from toolkit.planning.change import Plan


@dataclass(frozen=True, slots=True)
class Options:
    templates: tuple[TemplateRef, ...]


SPEC = Spec(
    "template",
    "remove",
    Options,
    changes=True,
    args=(Arg("templates", "the templates to remove", kind="template", many=True, required=True),),
    about="Refused while a policy uses it, unless --force: then its mails stop. Undo brings it back under a new id.",
    examples=("grace template remove 'Unused draft' --force 'Unused draft'",),
)


def propose(options: Options, tools: Tools) -> Plan:
    tenant = tools.tenant
    found = find_each(options.templates, tenant.templates())
    return plan(
        tenant,
        "template remove",
        [template_change(template, None, "remove the template") for template in found],
    )
