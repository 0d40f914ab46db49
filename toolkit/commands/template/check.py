"""grace template check: lengths, tokens, HTML, locales, default. Exit 8 when it finds an error or a warning."""

from __future__ import annotations

from dataclasses import dataclass

from toolkit.commands.spec import Arg, Spec, Tools
from toolkit.errors import ChecksFailed
from toolkit.model.data.locales import locale_key
from toolkit.model.refs import TemplateRef, find_each
from toolkit.model.template import Template
from toolkit.outcome import Column, Outcome
from toolkit.planning.change import Finding
from toolkit.planning.checks import NOTE, WARNING, template_findings
from toolkit.planning.document import finding_json


@dataclass(frozen=True, slots=True)
class Options:
    templates: tuple[TemplateRef, ...] = ()


SPEC = Spec(
    "template",
    "check",
    Options,
    args=(Arg("templates", "only these", kind="template", many=True),),
    examples=("grace template check", "grace template check 'First warning' -o json"),
)
COLUMNS = (
    Column("Template", "target"),
    Column("Severity", "severity"),
    Column("Finding", "sentence"),
    Column("Way out", "wayOut"),
    Column("Code", "code", wide=True),
)


def run(options: Options, tools: Tools) -> Outcome:
    templates = tools.tenant.templates()
    if options.templates:
        templates = find_each(options.templates, templates)
    findings = [
        finding for template in templates for finding in (*template_findings(template), *_locales(template))
    ]
    grave = [finding for finding in findings if finding.severity != NOTE]
    notes = len(findings) - len(grave)
    problem = ChecksFailed(
        f"{len(grave)} finding{'s' if len(grave) != 1 else ''} in {len(templates)} template{'s' if len(templates) != 1 else ''}."
    )
    return Outcome(
        data=[finding_json(finding) for finding in findings],
        columns=COLUMNS,
        problems=(problem,) if grave else (),
        notes=(f"{notes} of the rows are notes and count as no finding.",) if notes and grave else (),
        empty=f"{len(templates)} template{'s' if len(templates) != 1 else ''} checked: nothing found.",
        id_key="target",
    )


def _locales(template: Template) -> list[Finding]:
    return [
        Finding(
            WARNING,
            "unknown-locale",
            f'"{template.name}" has a message in {message.locale}, which is none of the 38 locales of Intune.',
            "",
            template.name,
        )
        for message in template.messages or ()
        if locale_key(message.locale) is None
    ]
