"""Applications of Microsoft's that Conditional Access treats in a way of its own, by application id.

Microsoft publishes longer lists; these are the ones that a rehearsal needs. Ids are the same in every tenant.
"""

from __future__ import annotations

from typing import NamedTuple


class App(NamedTuple):
    key: str
    """What people type."""
    title: str
    id: str
    is_office: bool = False
    """Part of the group of applications that a policy names by `Office365`."""
    is_enrolment: bool = False
    """Reached without a compliant device although a policy asks for one (intune-behaviour 6.1)."""


APPS: tuple[App, ...] = (
    App("sharepoint", "SharePoint Online", "00000003-0000-0ff1-ce00-000000000000", is_office=True),
    App("exchange", "Exchange Online", "00000002-0000-0ff1-ce00-000000000000", is_office=True),
    App("teams", "Microsoft Teams", "cc15fd57-2c6c-4117-a88c-83b1d56b4bbe", is_office=True),
    App(
        "intune-enrollment",
        "Microsoft Intune Enrollment",
        "d4ebce55-015a-49b5-a083-c84d1797ae8c",
        is_enrolment=True,
    ),
    App(
        "company-portal",
        "Company Portal on the web",
        "74bcdadc-2fdc-4bb3-8459-76d06952a0e9",
        is_enrolment=True,
    ),
)

OFFICE_365_APPS = frozenset(app.id for app in APPS if app.is_office)
ENROLMENT_APPS = frozenset(app.id for app in APPS if app.is_enrolment)


def app_of(text: str) -> App | None:
    """By key, title or id, without regard to case; None for an application that is not listed."""
    wanted = text.strip().lower()
    return next((app for app in APPS if wanted in (app.key, app.title.lower(), app.id)), None)
