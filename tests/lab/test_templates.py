"""Notification templates: one message per locale, exactly one default, ids made of template and locale."""

from __future__ import annotations

import pytest

from lab.surface import POLICIES, TEMPLATES, Wire, action, new_policy

BETA = TEMPLATES.replace("v1.0", "beta")


@pytest.fixture
def wire():
    return Wire()


@pytest.fixture
def template(wire):
    status, made = wire.ask(
        "POST", TEMPLATES, {"displayName": "New", "brandingOptions": "includeCompanyLogo"}
    )
    assert (status, made["defaultLocale"], made["roleScopeTagIds"]) == (201, None, ["0"])
    return made["id"]


def message(locale, is_default, subject="S"):
    return {"locale": locale, "subject": subject, "messageTemplate": "B", "isDefault": is_default}


def add(wire, template, *messages):
    for each in messages:
        assert wire.ask("POST", f"{TEMPLATES}/{template}/localizedNotificationMessages", each)[0] == 201


def locales(wire, template):
    """[(locale, is default)] and the template's defaultLocale."""
    read = wire.get(f"{TEMPLATES}/{template}?$expand=localizedNotificationMessages")
    return [(row["locale"], row["isDefault"]) for row in read["localizedNotificationMessages"]], read[
        "defaultLocale"
    ]


def test_messages_stay_in_the_order_in_which_they_were_added(wire, template):
    add(wire, template, message("fr-FR", False), message("en-US", True), message("de-de", False))
    assert locales(wire, template) == ([("fr-fr", False), ("en-us", True), ("de-de", False)], "en-us")
    rows = wire.get(f"{TEMPLATES}/{template}/localizedNotificationMessages")["value"]
    assert [row["id"] for row in rows] == [f"{template}_{locale}" for locale in ("fr-fr", "en-us", "de-de")]


def test_a_first_message_that_is_not_default_stays_so(wire, template):
    add(wire, template, message("en-us", False))
    assert locales(wire, template) == ([("en-us", False)], None)


def test_setting_a_default_takes_it_from_the_other(wire, template):
    add(wire, template, message("en-us", True), message("fr-fr", True))
    assert locales(wire, template) == ([("en-us", False), ("fr-fr", True)], "fr-fr")
    url = f"{TEMPLATES}/{template}/localizedNotificationMessages/{template}_en-us"
    assert wire.ask("PATCH", url, {"isDefault": True})[1]["isDefault"] is True
    assert locales(wire, template) == ([("en-us", True), ("fr-fr", False)], "en-us")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"locale": "en-us"}, "locale of a message cannot be changed"),
        ({"isDefault": False}, "only be set to true"),
        ({"subject": None}, "must not be null"),
        ({"subjekt": "x"}, "does not exist"),
    ],
)
def test_a_wrong_change_of_a_message_is_refused(wire, template, body, said):
    add(wire, template, message("en-us", True))
    url = f"{TEMPLATES}/{template}/localizedNotificationMessages/{template}_en-us"
    status, _, text = wire.refused("PATCH", url, body)
    assert (status, said in text) == (400, True)


def test_the_default_message_cannot_be_deleted_and_others_can(wire, template):
    add(wire, template, message("en-us", True), message("fr-fr", False))
    base = f"{TEMPLATES}/{template}/localizedNotificationMessages/{template}"
    assert wire.refused("DELETE", f"{base}_en-us")[0] == 400
    assert wire.ask("DELETE", f"{base}_fr-fr") == (204, None)
    assert wire.refused("DELETE", f"{base}_fr-fr")[0] == 404


def test_a_locale_is_used_once_and_every_part_of_a_message_is_needed(wire, template):
    url = f"{TEMPLATES}/{template}/localizedNotificationMessages"
    add(wire, template, message("en-us", True))
    assert "has a message for the locale" in wire.refused("POST", url, message("EN-us", False))[2]
    for name in ("locale", "subject", "messageTemplate", "isDefault"):
        body = {key: value for key, value in message("fr-fr", False).items() if key != name}
        assert f"'{name}' is required" in wire.refused("POST", url, body)[2]


def test_the_description_is_of_beta_only(wire, template):
    assert wire.refused("PATCH", f"{TEMPLATES}/{template}", {"description": "d"})[0] == 400
    assert wire.ask("PATCH", f"{BETA}/{template}", {"description": "d"})[1]["description"] == "d"
    assert "description" not in wire.get(f"{TEMPLATES}/{template}")


def test_templates_are_found_by_name_with_their_messages(wire):
    rows = wire.get(
        f"{TEMPLATES}?$filter=displayName eq 'Final warning'&$expand=localizedNotificationMessages"
    )["value"]
    assert [[row["locale"] for row in found["localizedNotificationMessages"]] for found in rows] == [
        ["en-us", "fr-fr"]
    ]
    assert "EnrollmentNotificationInternalMEO" in [row["displayName"] for row in wire.get(TEMPLATES)["value"]]


def test_deleting_a_template_in_use_follows_the_rule(wire):
    used = wire.id("template", "First warning")
    wire.ask("POST", "/lab/rules", {"name": "template-delete-in-use", "value": "reject"})
    assert "is used by the compliance policy" in wire.refused("DELETE", f"{TEMPLATES}/{used}")[2]
    assert wire.ask("DELETE", f"{TEMPLATES}/{wire.id('template', 'Unused draft')}") == (204, None)
    wire.ask("POST", "/lab/rules", {"name": "template-delete-in-use", "value": "allow"})
    assert wire.ask("DELETE", f"{TEMPLATES}/{used}") == (204, None)


def test_a_test_message_is_a_preview_to_the_administrator_with_its_tokens(wire):
    id = wire.id("template", "Final warning")
    assert wire.ask("POST", f"{TEMPLATES}/{id}/sendTestMessage") == (204, None)
    mail = wire.get("/lab/mail")["value"][-1]
    assert (mail["kind"], mail["to"], mail["locale"], mail["subject"], mail["device"]) == (
        "preview",
        "admin@contoso.example",
        "en-us",
        "Last reminder for {{DeviceName}}",
        None,
    )
    draft = wire.id("template", "Unused draft")
    assert wire.refused("POST", f"{TEMPLATES}/{draft}/sendTestMessage")[0] == 400


def test_an_action_may_name_a_template_that_is_not_there(wire):
    missing = "6790e94e-ccb9-4936-bbcc-017958b54210"
    body = new_policy(action("block", 0), action("notification", 0, missing))
    assert wire.ask("POST", POLICIES, body)[0] == 201


@pytest.mark.parametrize(("name", "limit"), [("subject", 78), ("messageTemplate", 2000)])
def test_a_message_is_as_long_as_the_portal_allows_and_no_longer(wire, name, limit):
    base = f"{TEMPLATES}/{wire.id('template', 'First warning')}/localizedNotificationMessages"
    body = {"locale": "pl-pl", "subject": "a", "messageTemplate": "b", "isDefault": False}
    assert wire.ask("POST", base, {**body, name: "x" * (limit + 1)})[0] == 400
    status, made = wire.ask("POST", base, {**body, name: "x" * limit})
    assert status == 201
    assert wire.refused("PATCH", f"{base}/{made['id']}", {name: "x" * (limit + 1)})[0] == 400
