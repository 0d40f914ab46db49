"""grace template show: one template with all its messages and what is wrong with them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from toolkit.commands.spec import Spec, Tools
from toolkit.commands.template.words import BRANDING_WORDS, NAME, row
from toolkit.model.refs import TemplateRef
from toolkit.model.template import BRANDING
from toolkit.outcome import Column, Outcome, Section, facts
from toolkit.planning.checks import template_findings


@dataclass(frozen=True, slots=True)
class Options:
    template: TemplateRef


SPEC = Spec("template", "show", Options, args=(NAME,), examples=("grace template show 'First warning'",))


def run(options: Options, tools: Tools) -> Outcome:
    tenant = tools.tenant
    template = tenant.find_template(options.template)
    users = tenant.template_users(template.id)
    head = row(template, len(users))
    about: list[tuple[str, Any] | tuple[str, Any, str]] = [
        ("Name", template.name),
        ("Default locale", template.default_locale or "none"),
        ("Used by", ", ".join(policy.name for policy in users) or "no policy"),
        ("Scope tags", ", ".join(template.scope_tags)),
        ("Modified", head["lastModifiedDateTime"], "date"),
        ("Id", template.id, "id"),
    ]
    if template.description:
        about.insert(1, ("Description", template.description))
    messages = [
        {
            "locale": message.locale + (" (default)" if message.is_default else ""),
            "subject": message.subject,
            "message": message.body,
            "length": f"{len(message.subject)}/78, {len(message.body)}/2000",
        }
        for message in template.messages or ()
    ]
    findings = [{"severity": f.severity, "sentence": f.sentence} for f in template_findings(template)]
    sections = [
        facts("Template", *about),
        facts(
            "Header and footer",
            *((BRANDING_WORDS[word], word in template.branding, "bool") for word in BRANDING),
        ),
        Section(
            "Messages",
            (
                Column("Locale", "locale"),
                Column("Subject", "subject"),
                Column("Message", "message"),
                Column("Length", "length"),
            ),
            messages,
            empty="None yet: grace template localize NAME --locale en-us --subject … --message …",
        ),
    ]
    if findings:
        sections.append(
            Section("Findings", (Column("Severity", "severity"), Column("Finding", "sentence")), findings)
        )
    return Outcome(data=template.raw, sections=tuple(sections))
