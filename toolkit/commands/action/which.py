"""Rows of a schedule as `grace action` shows them: the shape of `action list -o json`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from toolkit.model import wire
from toolkit.model.policy import Policy
from toolkit.outcome import Column

COLUMNS = (
    Column("Policy", "policyName"),
    Column("#", "position", "count"),
    Column("After", "gracePeriodHours", "hours"),
    Column("Action", "action"),
    Column("Template", "templateName"),
    Column("Recipients", "ccGroups", "list"),
    Column("Hours", "gracePeriodHours", "count", wide=True),
    Column("Id", "id", "id", wide=True),
)


def rows(
    policies: Iterable[Policy], names: Mapping[str, str]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """(JSON objects, table rows) of every action, policy by policy, in time order.

    `position` counts from 1 and is what `action edit` and `action remove` take. `templateName` is null where
    there is no template; a template or group that the tenant does not have keeps its id and is marked.
    """
    data, shown = [], []
    for policy in policies:
        for position, action in enumerate(policy.schedule.actions if policy.schedule is not None else (), 1):
            item = {
                "policyId": policy.id,
                "policyName": policy.name,
                "position": position,
                "id": action.id,
                "actionType": wire.ACTION_TYPE_OF.get(action.kind, action.kind),
                "gracePeriodHours": action.after,
                "notificationTemplateId": action.template_id,
                "templateName": None if action.template_id is None else names.get(action.template_id),
                "notificationMessageCCList": list(action.cc_group_ids),
                "ccGroups": [names.get(id) for id in action.cc_group_ids],
            }
            data.append(item)
            shown.append(
                {
                    **item,
                    "action": action.words,
                    "templateName": ""
                    if action.template_id is None
                    else names.get(action.template_id, f"{action.template_id} (not found)"),
                    "ccGroups": [names.get(id, f"{id} (not found)") for id in action.cc_group_ids],
                }
            )
    return data, shown
