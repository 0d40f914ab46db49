"""What kind of group it is, and whether mail reaches it."""

from __future__ import annotations

from toolkit.model.device import Group


def kind(group: Group) -> str:
    """As the admin centre says it: security, Microsoft 365, mail-enabled security, distribution; dynamic before it."""
    types = group.raw.get("groupTypes") or ()
    if "Unified" in types:
        word = "Microsoft 365"
    elif group.mail_enabled:
        word = "mail-enabled security" if group.security_enabled else "distribution"
    else:
        word = "security"
    return f"dynamic {word}" if "DynamicMembership" in types or group.membership_rule is not None else word


def receives_mail(group: Group) -> bool:
    """Whether a copy of a compliance mail can reach its members."""
    return group.mail_enabled and bool(group.mail)
