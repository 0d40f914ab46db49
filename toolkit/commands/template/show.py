"""grace template show: one template with all its messages and what is wrong with them."""

from __future__ import annotations

from dataclasses import dataclass

from toolkit.commands.spec import Spec, Tools
from toolkit.commands.template.words import BRANDING_WORDS, NAME, row
from toolkit.model.refs import TemplateRef
from toolkit.model.template import BRANDING
from toolkit.outcome import Column, Outcome, Section
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
    about = [
        {"name": "Name", "value": template.name},
        {"name": "Id", "value": template.id},
        {"name": "Default locale", "value": template.default_locale or "none"},
        {"name": "Scope tags", "value": ", ".join(template.scope_tags)},
        {"name": "Used by", "value": ", ".join(policy.name for policy in users) or "no policy"},
        {"name": "Modified", "value": head["lastModifiedDateTime"]},
    ]
    if template.description:
        about.insert(1, {"name": "Description", "value": template.description})
    switches = [
        {"name": BRANDING_WORDS[word], "value": "yes" if word in template.branding else "no"}
        for word in BRANDING
    ]
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
        Section("Template", (Column("Name", "name"), Column("Value", "value")), about, pairs=True),
        Section(
            "Header and footer", (Column("Name", "name"), Column("Value", "value")), switches, pairs=True
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
