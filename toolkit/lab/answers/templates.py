"""Notification message templates and their messages."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from toolkit.lab.addresses import TEMPLATES
from toolkit.lab.answers import (
    Answer,
    Call,
    Document,
    found,
    listed,
    listed_kind,
    nested,
    not_found,
    single,
)
from toolkit.lab.contract import (
    bad_request,
    validate,
    visible,
)
from toolkit.model.odata import pick


def template_shape(call: Call, document: Document) -> Document:
    shown = visible(document, "notificationMessageTemplate", call.version)
    for part in call.query.expand:
        if part.name.lower() != "localizednotificationmessages":
            raise bad_request(
                f"Expanding '{part.name}' is not supported on 'microsoft.graph.notificationMessageTemplate'."
            )
        where = f"{TEMPLATES}('{document['id']}')/localizedNotificationMessages"
        shown["localizedNotificationMessages@odata.context"] = call.context(where)
        messages = document["localizedNotificationMessages"]
        shown["localizedNotificationMessages"] = nested(call, messages, part, "localizedNotificationMessage")
    return shown


def list_templates(call: Call) -> Answer:
    shape = partial(template_shape, call)
    return listed_kind(call, "template", "notificationMessageTemplate", TEMPLATES, shape=shape)


def template_of(call: Call) -> Document:
    return found(call, "template", call.keys[0], "notification message template")


def get_template(call: Call) -> Answer:
    shown = template_shape(call, template_of(call))
    return single(call, shown, TEMPLATES + "/$entity", "notificationMessageTemplate")


def create_template(call: Call) -> Answer:
    if "localizedNotificationMessages" in call.body:
        raise bad_request("Messages are added to a template after it was created.")
    body = validate(call.body, "notificationMessageTemplate", call.version, "create")
    body.pop("@odata.type", None)
    id = call.new_id()
    document = {
        "id": id,
        "lastModifiedDateTime": call.now,
        "displayName": body["displayName"],
        "description": body.get("description") or "",
        "defaultLocale": None,
        "brandingOptions": body.get("brandingOptions", "none"),
        "roleScopeTagIds": body.get("roleScopeTagIds") or ["0"],
        "localizedNotificationMessages": [],
    }
    call.store.put("template", id, document)
    return 201, {"@odata.context": call.context(TEMPLATES + "/$entity"), **template_shape(call, document)}


def patch_template(call: Call) -> Answer:
    document = template_of(call)
    if "localizedNotificationMessages" in call.body:
        raise bad_request("Messages are changed one by one.")
    document.update(validate(call.body, "notificationMessageTemplate", call.version, "update"))
    document.pop("@odata.type", None)
    keep_template(call, document)
    return single(call, template_shape(call, document), TEMPLATES + "/$entity")


def keep_template(call: Call, document: Document) -> None:
    default = next((row for row in document["localizedNotificationMessages"] if row["isDefault"]), None)
    document["defaultLocale"] = default["locale"] if default is not None else None
    document["lastModifiedDateTime"] = call.now
    call.store.put("template", document["id"], document)


def delete_template(call: Call) -> Answer:
    document = template_of(call)
    if call.rule("template-delete-in-use") == "reject":
        users = [
            policy.get("displayName") or policy.get("name")
            for policy in (*call.store.all("policy"), *call.store.all("catalogPolicy"))
            for item in pick(policy["scheduledActionsForRule"][0], "scheduledActionConfigurations")
            if item["notificationTemplateId"].lower() == document["id"].lower()
        ]
        if users:
            raise bad_request(f"The template is used by the compliance policy '{users[0]}'.")
    call.store.delete("template", document["id"])
    return 204, None


def message_at(call: Call, document: Document) -> int:
    for position, row in enumerate(document["localizedNotificationMessages"]):
        if row["id"].lower() == call.keys[1].lower():
            return position
    raise not_found("localized notification message", call.keys[1])


def messages(call: Call) -> Answer:
    document = template_of(call)
    rows: list[Document] = document["localizedNotificationMessages"]
    context = f"{TEMPLATES}('{document['id']}')/localizedNotificationMessages"
    if len(call.keys) == 1 and call.method == "GET":
        return listed(call, rows, "localizedNotificationMessage", context)
    if call.method == "GET":
        return single(call, rows[message_at(call, document)], context + "/$entity")
    if call.method == "POST":
        row = new_message(
            document["id"], validate(call.body, "localizedNotificationMessage", call.version, "create")
        )
        if rows and call.rule("ruleset") == "2019-11":
            raise bad_request("A template has one message.")
        if any(other["locale"] == row["locale"] for other in rows):
            raise bad_request(f"The template has a message for the locale '{row['locale']}'.")
        row["lastModifiedDateTime"] = call.now
        add_message(rows, row)
        keep_template(call, document)
        return 201, {"@odata.context": call.context(context + "/$entity"), **row}
    position = message_at(call, document)
    if call.method == "DELETE":
        if rows[position]["isDefault"]:
            raise bad_request("The default message of a template cannot be deleted.")
        del rows[position]
        keep_template(call, document)
        return 204, None
    body = validate(call.body, "localizedNotificationMessage", call.version, "update")
    if "locale" in body:
        raise bad_request("The locale of a message cannot be changed.")
    if body.get("isDefault") is False:
        raise bad_request("isDefault can only be set to true; set it on another message.")
    body.pop("@odata.type", None)
    check_lengths(body)
    rows[position].update(body, lastModifiedDateTime=call.now)
    if body.get("isDefault"):
        only_default(rows, rows[position])
    keep_template(call, document)
    return single(call, rows[position], context + "/$entity")


def new_message(template_id: str, body: Mapping[str, Any]) -> Document:
    locale = body["locale"].lower()
    if not re.fullmatch(r"[a-z]{2,3}(-[a-z0-9]{2,8})*", locale):
        raise bad_request(f"'{body['locale']}' is no locale.")
    check_lengths(body)
    return {
        "id": f"{template_id}_{locale}",
        "lastModifiedDateTime": "",
        "locale": locale,
        "subject": body["subject"],
        "messageTemplate": body["messageTemplate"],
        "isDefault": body["isDefault"],
    }


def check_lengths(body: Mapping[str, Any]) -> None:
    """The portal's limits, before tokens are filled in (intune-behaviour 11.6); that the service keeps them is our choice."""
    from toolkit.model.template import MESSAGE_LIMIT, SUBJECT_LIMIT

    for name, limit in (("subject", SUBJECT_LIMIT), ("messageTemplate", MESSAGE_LIMIT)):
        if len(body.get(name) or "") > limit:
            raise bad_request(f"{name} has at most {limit:,} characters.")


def add_message(rows: list[Document], row: Document) -> None:
    rows.append(row)
    if row["isDefault"]:
        only_default(rows, row)


def only_default(rows: Sequence[Document], chosen: Document) -> None:
    for row in rows:
        row["isDefault"] = row is chosen


def send_test_message(call: Call) -> Answer:
    """A preview to whoever asks: the default message with its tokens left, and no device. An app has no mailbox."""
    from toolkit.lab import outbox

    document = template_of(call)
    row = next((row for row in document["localizedNotificationMessages"] if row["isDefault"]), None)
    if row is None:
        raise bad_request("The template has no default message.")
    caller = call.store.meta("signedIn") if call.grant is None else call.grant.user_id
    admin = call.store.get("user", caller or "") or {}
    brand = call.store.meta("brand")
    subject, body, is_html = outbox.unfilled(row)
    preview = {
        "number": call.store.last_number("mail") + 1,
        "kind": "preview",
        "at": call.now,
        "due": call.now,
        "policyId": None,
        "policyName": None,
        "actionId": None,
        "templateId": document["id"],
        "templateName": document["displayName"],
        "deviceId": None,
        "deviceName": None,
        "userPrincipalName": admin.get("userPrincipalName"),
        "from": outbox.SENDER,
        "to": admin.get("mail"),
        "cc": [],
        "locale": row["locale"],
        "subject": subject,
        "body": body,
        "html": is_html,
        "header": outbox.header_of(document, brand),
        "footer": outbox.footer_of(document, brand),
        "device": None,
    }
    call.store.append("mail", preview)
    return 204, None
