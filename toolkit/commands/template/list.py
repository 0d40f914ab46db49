"""grace template list: every template, its locales, and how many policies use it."""

from __future__ import annotations

from dataclasses import dataclass

from toolkit.commands.spec import Arg, Spec, Tools
from toolkit.commands.template.words import COLUMNS, row
from toolkit.model.refs import TemplateRef, find_each
from toolkit.outcome import Outcome


@dataclass(frozen=True, slots=True)
class Options:
    templates: tuple[TemplateRef, ...] = ()


SPEC = Spec(
    "template",
    "list",
    Options,
    args=(Arg("templates", "only these", kind="template", many=True),),
    examples=("grace template list", "grace template list -o json --query '[].displayName'"),
)


def run(options: Options, tools: Tools) -> Outcome:
    tenant = tools.tenant
    templates = tenant.templates()
    if options.templates:
        templates = find_each(options.templates, templates)
    return Outcome(
        data=[template.raw for template in templates],
        rows=[row(template, len(tenant.template_users(template.id))) for template in templates],
        columns=COLUMNS,
        empty="This tenant has no notification message templates.",
    )
