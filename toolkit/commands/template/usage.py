"""grace template usage: which policies and actions use a template, a view that the admin centre lacks."""

from __future__ import annotations

from dataclasses import dataclass

from toolkit.commands.spec import Arg, Spec, Tools
from toolkit.model.refs import TemplateRef, find_each
from toolkit.outcome import Column, Outcome


@dataclass(frozen=True, slots=True)
class Options:
    templates: tuple[TemplateRef, ...] = ()


SPEC = Spec(
    "template",
    "usage",
    Options,
    args=(Arg("templates", "only these", kind="template", many=True),),
    examples=("grace template usage", "grace template usage 'First warning' -o json"),
)


def run(options: Options, tools: Tools) -> Outcome:
    tenant = tools.tenant
    templates = tenant.templates()
    if options.templates:
        templates = find_each(options.templates, templates)
    names = {template.id: template.name for template in templates}
    rows = [
        {
            "templateId": action.template_id,
            "templateName": names[action.template_id],
            "policyId": policy.id,
            "policyName": policy.name,
            "position": position,
            "gracePeriodHours": action.after,
        }
        for policy in tenant.policies()
        for position, action in enumerate(policy.schedule.actions if policy.schedule is not None else (), 1)
        if action.template_id in names
    ]
    rows.sort(key=lambda item: list(names).index(str(item["templateId"])))
    columns = (
        Column("Template", "templateName"),
        Column("Policy", "policyName"),
        Column("#", "position", "count"),
        Column("After", "gracePeriodHours", "hours"),
    )
    used = {item["templateId"] for item in rows}
    unused = [template.name for template in templates if template.id not in used]
    note = (f"Used by no policy: {', '.join(unused)}.",) if unused else ()
    return Outcome(
        data=rows, columns=columns, notes=note, empty="No policy uses a template.", id_key="policyId"
    )
