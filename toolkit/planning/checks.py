"""Rules over a plan: what is wrong with it, what to be warned of, and the way out of each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from shlex import quote

from toolkit.model.data.action_support import NOTES
from toolkit.model.device import Group
from toolkit.model.policy import Policy
from toolkit.model.refs import quoted
from toolkit.model.schedule import EMAIL, MARK, Action, Schedule
from toolkit.model.template import Message, Template, has_html, html_obstacles, unknown_tokens
from toolkit.model.units import fits_portal, in_words
from toolkit.planning.change import TEMPLATE, Change, Finding, Plan, is_placeholder
from toolkit.planning.diff import SAME, schedule_lines

ERROR, WARNING, NOTE = "error", "warning", "note"
IN_USE = "template-in-use"


@dataclass(frozen=True, slots=True)
class Facts:
    """What the rules need to know of the tenant. A missing look-up means "was not read", and its rules stay silent."""

    templates: Mapping[str, Template] = field(default_factory=dict)
    groups: Mapping[str, Group] = field(default_factory=dict)
    policies: Mapping[str, Policy] = field(default_factory=dict)
    knows_templates: bool = False
    template_users: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Names of the policies that use a template, by its id."""


def check(plan: Plan, facts: Facts) -> Plan:
    """The plan with its findings, gravest first; the same one about several things is said once."""
    found: dict[tuple[str, str, str, str], list[str]] = {}
    for change in plan.changes:
        for rule in RULES:
            for f in rule(change, facts):
                targets = found.setdefault((f.severity, f.code, f.sentence, f.way_out), [])
                if f.target not in targets:
                    targets.append(f.target)
    order = {ERROR: 0, WARNING: 1, NOTE: 2}
    findings = [Finding(*key, target=_several(targets)) for key, targets in found.items()]
    return plan.with_findings(tuple(sorted(findings, key=lambda finding: order[finding.severity])))


def action_findings(
    action: Action, schedule: Schedule, platform: str, name: str, facts: Facts
) -> Iterable[Finding]:
    """What is to be said of one action where it stands."""
    when = "at once" if action.after == 0 else f"after {in_words(action.after)}"
    what = f"The {action.kind} {when}"
    if not fits_portal(action.after):
        yield Finding(
            WARNING,
            "portal-step",
            f"{what}: the admin centre works in steps of 6 hours and cannot save {action.after / 24:.2f} days.",
            "Use a multiple of 6 hours (0.25d), or keep editing this policy with Grace only.",
            name,
        )
    for note in NOTES:
        if note.kind == action.kind and note.platform == platform:
            yield Finding(NOTE, "platform-note", f"{what}: {note.sentence.rstrip('.')}.", "", name)
    if action.kind != EMAIL:
        return
    template = facts.templates.get(action.template_id or "")
    if template is None and facts.knows_templates and not is_placeholder(action.template_id):
        yield Finding(
            WARNING,
            "template-missing",
            f"{what} names template {action.template_id}, which this tenant does not have: no mail will go out.",
            "Choose one: grace action edit POLICY NUMBER --template TEMPLATE",
            name,
        )
    elif template is not None and template.messages is not None and template.default is None:
        yield Finding(
            WARNING,
            "template-empty",
            f'{what} uses template "{template.name}", which has no default message: no mail will go out.',
            f"Write one: grace template localize {quote(template.name)} --locale en-us --subject … --message …",
            name,
        )
    for group_id in action.cc_group_ids:
        group = facts.groups.get(group_id)
        if group is not None and not (group.mail_enabled and group.mail):
            yield Finding(
                WARNING,
                "cc-without-mail",
                f'{what} copies group "{group.name}", which has no mail address: it will receive nothing.',
                "Choose a mail-enabled group.",
                name,
            )
    grace = schedule.grace
    if grace is not None and action.after < grace:
        yield Finding(
            NOTE,
            "mail-in-grace",
            f"{what} falls inside the grace period ({in_words(grace)}). Public reports disagree whether Intune mails"
            " before the grace period ends.",
            "Try it on a test device; the lab plays both (grace lab rules --set action-clock=after-mark).",
            name,
        )


def template_findings(template: Template) -> Iterable[Finding]:
    for message in template.messages or ():
        yield from message_findings(message, template.name)
    if template.messages is not None and not template.messages:
        yield Finding(
            WARNING,
            "no-message",
            f'Template "{template.name}" has no message: a policy that uses it sends nothing.',
            f"grace template localize {quote(template.name)} --locale en-us --subject … --message …",
            template.name,
        )
    elif template.messages and template.default is None:
        yield Finding(
            ERROR,
            "no-default",
            f'Template "{template.name}" has no default message.',
            f"grace template localize {quote(template.name)} --locale {template.messages[0].locale} --default",
            template.name,
        )


def message_findings(message: Message, name: str) -> Iterable[Finding]:
    from toolkit.model.template import MESSAGE_LIMIT, SUBJECT_LIMIT

    where = f'The {message.locale} message of "{name}"'
    for text, limit, part in (
        (message.subject, SUBJECT_LIMIT, "subject"),
        (message.body, MESSAGE_LIMIT, "message"),
    ):
        if len(text) > limit:
            yield Finding(
                ERROR,
                f"{part}-too-long",
                f"{where}: the {part} has {len(text)} characters; the limit is {limit}.",
                "",
                name,
            )
    for obstacle in html_obstacles(message.body):
        yield Finding(
            WARNING,
            "plain-text",
            f"{where} contains {obstacle}, which Intune does not allow: the whole mail is sent as plain text.",
            "Allowed: a (https only), strong, b, u, ol, ul, li, p, br, code, table, tbody, tr, td, thead, th.",
            name,
        )
    for token in unknown_tokens(message.subject + "\n" + message.body):
        yield Finding(
            WARNING,
            "unknown-token",
            f"{where} contains {token}, which Intune leaves as it is.",
            "Known: {{UserName}}, {{DeviceName}}, {{DeviceId}}, {{OSAndVersion}}.",
            name,
        )
    lone = message.body.replace("\r\n", "")
    if ("\n" in lone or "\r" in lone) and not has_html(message.body.replace("\n", " ")):
        yield Finding(
            NOTE,
            "line-breaks",
            f"{where} has line breaks that Intune ignores: only CRLF becomes a new line.",
            "Write <br> where a line ends.",
            name,
        )


def _schedule_rule(change: Change, facts: Facts) -> Iterable[Finding]:
    after = change.after
    schedule = after if isinstance(after, Schedule) else after.schedule if isinstance(after, Policy) else None
    if schedule is None:
        return
    policy = after if isinstance(after, Policy) else facts.policies.get(change.target.id)
    platform = policy.platform if policy is not None else ""
    for action in _touched(change.before if isinstance(change.before, Schedule) else None, schedule):
        yield from action_findings(action, schedule, platform, change.target.name, facts)
    optional = [action for action in schedule.actions if action.kind != MARK]
    if policy is not None and policy.id and policy.assignments == () and optional:
        yield Finding(
            NOTE,
            "unassigned",
            f'Policy "{policy.name}" is assigned to nobody, so its actions reach no device.',
            f"grace policy assign {quote(policy.name)} --group GROUP",
            policy.name,
        )


def _touched(before: Schedule | None, after: Schedule) -> list[Action]:
    """The actions that a change is about: new or changed ones, and all of them where the grace period moves."""
    if before is None or before.grace != after.grace:
        return list(after.actions)
    return [
        line.after for line in schedule_lines(before, after) if line.after is not None and line.sign != SAME
    ]


def _several(names: list[str]) -> str:
    shown = ", ".join(names[:3])
    return shown + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _template_rule(change: Change, facts: Facts) -> Iterable[Finding]:
    if isinstance(change.after, Template):
        yield from template_findings(change.after)
        return
    users = facts.template_users.get(change.target.id, ())
    if change.target.kind == TEMPLATE and users:
        policies = "1 policy" if len(users) == 1 else f"{len(users)} policies"
        yield Finding(
            ERROR,
            IN_USE,
            f'Template "{change.target.name}" is used by {policies}: {quoted(users)}.',
            "Give them another first: grace action edit POLICY N --template T. With --force their mails stop.",
            change.target.name,
        )


RULES: tuple[Callable[[Change, Facts], Iterable[Finding]], ...] = (_schedule_rule, _template_rule)
