"""grace template test: Intune sends the preview mail to the signed-in admin."""

from __future__ import annotations

from dataclasses import dataclass

from toolkit.commands.spec import Spec, Tools
from toolkit.commands.template.words import NAME
from toolkit.errors import InvalidContent
from toolkit.model.refs import TemplateRef
from toolkit.planning.change import TEST_MAIL, Change, Plan, Target


@dataclass(frozen=True, slots=True)
class Options:
    template: TemplateRef


SPEC = Spec(
    "template",
    "test",
    Options,
    changes=True,
    args=(NAME,),
    about="The default message, with the tokens as they are, goes to the mail address of the account in use.",
    examples=("grace template test 'First warning'",),
)


def propose(options: Options, tools: Tools) -> Plan:
    tenant = tools.tenant
    template = tenant.find_template(options.template)
    if template.default is None:
        raise InvalidContent(
            f'Template "{template.name}" has no default message to send.',
            hint=f"grace template localize '{template.name}' --locale en-us --subject … --message …",
        )
    change = Change(
        target=Target(TEST_MAIL, template.id, template.name),
        before=None,
        after=template,
        reason="send the preview mail",
        consequences=("mails the signed-in admin, in the default locale, tokens unfilled",),
    )
    return Plan("template test", tenant.name, (change,), made=tenant.now())
