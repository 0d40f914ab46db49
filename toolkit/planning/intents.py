"""What a user may want done to a schedule or a template: value in, value out, the rules kept."""

from __future__ import annotations

from dataclasses import replace

from toolkit.errors import InvalidContent, InvalidSchedule, NotFound
from toolkit.model.data.action_support import platforms_with, supports
from toolkit.model.data.locales import LOCALES, locale_key
from toolkit.model.data.platforms import BY_KEY
from toolkit.model.refs import nearest
from toolkit.model.schedule import EMAIL, KINDS, LOCK, MARK, PUSH, RETIRE, Action, Schedule
from toolkit.model.template import Message, Template, check_message
from toolkit.model.units import Hours, as_typed

_VERB = {
    LOCK: "lock devices",
    RETIRE: "list devices for retirement",
    PUSH: "push notifications",
    EMAIL: "send emails",
}


def supported(kind: str, platform: str, policy_name: str) -> None:
    """Raises InvalidSchedule, with the platforms that have it, where Intune offers no such action."""
    if kind not in KINDS:
        raise InvalidSchedule(
            f'Policy "{policy_name}" cannot be given "{kind}": Intune offers no such action.',
            hint=f"It offers: {', '.join(KINDS)}.",
        )
    if platform not in BY_KEY or supports(kind, platform):
        return
    able = "; ".join(
        BY_KEY[key].title for key in platforms_with(kind) if key in BY_KEY and not BY_KEY[key].retired
    )
    raise InvalidSchedule(
        f'Policy "{policy_name}" is for {BY_KEY[platform].title}, where Intune cannot {_VERB.get(kind, kind)}.',
        hint=f"Platforms that have this action: {able}.",
    )


def add(schedule: Schedule, action: Action) -> Schedule:
    """With one more action. The same one twice is one: the result equals the schedule."""
    if action.kind == MARK:
        raise InvalidSchedule(
            "A schedule has exactly one mark action already.",
            hint="Move it with: grace action edit POLICY mark --days N",
        )
    if any(other.key == action.key for other in schedule.actions):
        return schedule
    return schedule.with_action(action).check()


def pick(schedule: Schedule, which: str) -> Action:
    """The action that `which` means: its number in time order from 1, its id, or a kind of which there is one."""
    text = which.strip()
    if text.isdecimal() and len(text) < 10:  # Python refuses to read thousands of digits
        position = int(text)
        if not 1 <= position <= len(schedule.actions):
            raise NotFound(
                f"There is no action {text}: the schedule has {len(schedule.actions)}.",
                hint=f"It has: {listed(schedule)}.",
            )
        return schedule.actions[position - 1]
    by_id = [
        action for action in schedule.actions if action.id is not None and action.id.lower() == text.lower()
    ]
    if by_id:
        return by_id[0]
    kind = text.lower()
    if kind not in KINDS:
        near = nearest(kind, KINDS)
        hint = f"Did you mean {near[0]}? " if near else ""
        raise NotFound(f'No action is called "{which}".', hint=f"{hint}It has: {listed(schedule)}.")
    found = schedule.of_kind(kind)
    if not found:
        raise NotFound(f"The schedule has no {kind} action.", hint=f"It has: {listed(schedule)}.")
    if len(found) > 1:
        from toolkit.errors import Ambiguous

        raise Ambiguous(
            f"The schedule has {len(found)} {kind} actions.",
            hint=f"Say which by its number: {listed(schedule)}.",
        )
    return found[0]


def listed(schedule: Schedule) -> str:
    return ", ".join(
        f"{n} {action.kind} {as_typed(action.after)}" for n, action in enumerate(schedule.actions, 1)
    )


def edit(
    schedule: Schedule,
    action: Action,
    *,
    after: Hours | None = None,
    template_id: str | None = None,
    cc_group_ids: tuple[str, ...] | None = None,
) -> Schedule:
    """With one action changed; None leaves a part as it is."""
    if action.kind != EMAIL and (template_id is not None or cc_group_ids is not None):
        raise InvalidSchedule(
            f"Only an email has a template and recipients; this is {action.kind}.",
            hint="Use --days, --hours or --after.",
        )
    changed = replace(
        action,
        after=action.after if after is None else after,
        template_id=action.template_id if template_id is None else template_id,
        cc_group_ids=action.cc_group_ids if cc_group_ids is None else cc_group_ids,
    )
    if any(other is not action and other.key == changed.key for other in schedule.actions):
        raise InvalidSchedule(
            f"The schedule has the same {changed.kind} after {as_typed(changed.after)} already.",
            hint="Remove one of them with: grace action remove POLICY NUMBER",
        )
    return Schedule(tuple(changed if other is action else other for other in schedule.actions)).check()


def remove(schedule: Schedule, action: Action) -> Schedule:
    if action.kind == MARK:
        raise InvalidSchedule(
            "The mark action cannot be removed: its wait is the grace period.",
            hint="Reschedule it with: grace action edit POLICY mark --days N",
        )
    return schedule.without(action).check()


def copied(source: Schedule, platform: str, policy_name: str) -> Schedule:
    """The source's schedule for another policy; refused where its platform lacks one of the actions."""
    for action in source.actions:
        supported(action.kind, platform, policy_name)
    return Schedule(tuple(replace(action, id=None) for action in source.actions)).check()


def locale_of(text: str) -> str:
    """A locale as Graph keeps it. Raises InvalidContent with the nearest ones."""
    key = locale_key(text)
    if key is None:
        near = nearest(text.replace("_", "-"), LOCALES) or nearest(text.split("-")[0], LOCALES)
        hint = (
            f"Nearest: {', '.join(near)}."
            if near
            else "Intune has 38 locales, such as en-us, fr-fr and de-de."
        )
        raise InvalidContent(f'"{text}" is not a locale that Intune has.', hint=hint)
    return key


def localize(
    template: Template, locale: str, subject: str | None, body: str | None, default: bool | None
) -> Template:
    """With a message in this locale added or changed; there is always exactly one default once there is a message."""
    locale = locale_of(locale)
    old = template.message(locale)
    if old is None and (subject is None or body is None):
        missing = "--subject" if subject is None else "--message"
        raise InvalidContent(
            f'Template "{template.name}" has no {locale} message yet, so it needs {missing} too.',
            hint="A new message needs both --subject and --message.",
        )
    others = tuple(m for m in template.messages or () if m.locale != locale)
    make_default = (
        bool(default) or (old is not None and old.is_default) or not any(m.is_default for m in others)
    )
    new = Message(
        locale=locale,
        subject=subject if subject is not None else old.subject if old is not None else "",
        body=body if body is not None else old.body if old is not None else "",
        is_default=make_default,
        id=old.id if old is not None else None,
        extra=old.extra if old is not None else {},
    )
    check_message(new.subject, new.body)
    if make_default:
        others = tuple(replace(m, is_default=False) for m in others)
    return replace(template, messages=(*others, new))


def unlocalize(template: Template, locale: str) -> Template:
    locale = locale_of(locale)
    message = template.message(locale)
    if message is None:
        has = ", ".join(m.locale for m in template.messages or ()) or "no messages"
        raise NotFound(f'Template "{template.name}" has no {locale} message.', hint=f"It has: {has}.")
    if message.is_default:
        others = [m.locale for m in template.messages or () if m.locale != locale]
        way = (
            f"Make another the default first: grace template localize NAME --locale {others[0]} --default"
            if others
            else "It is the only message. Remove the whole template with: grace template remove NAME"
        )
        raise InvalidContent(
            f'{locale} is the default message of template "{template.name}"; one must stay.', hint=way
        )
    return replace(template, messages=tuple(m for m in template.messages or () if m.locale != locale))
