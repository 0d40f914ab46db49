"""Users, groups, the directory's devices and the organization."""

from __future__ import annotations

from toolkit.lab import odata
from toolkit.lab.answers import (
    Answer,
    Call,
    Document,
    counted,
    listed,
    listed_kind,
    plain,
    single,
)
from toolkit.lab.contract import (
    NAMESPACE,
    RequestError,
    bad_request,
    short_name,
    visible,
)
from toolkit.lab.store import Store


def entra_missing(key: str) -> RequestError:
    return RequestError(404, "Request_ResourceNotFound", f"Resource '{key}' does not exist in the directory.")


def entra_device(device: Document) -> Document:
    """The directory's object of a managed device."""
    lab = device["lab"]
    state = device.get("complianceState")
    is_compliant = lab.get(
        "isCompliant", state in ("compliant", "inGracePeriod") and lab.get("registered", True)
    )
    return {
        "@odata.type": "#microsoft.graph.device",
        "id": lab["entraObjectId"],
        "deviceId": device.get("azureADDeviceId"),
        "displayName": device.get("deviceName"),
        "accountEnabled": True,
        "operatingSystem": device.get("operatingSystem"),
        "operatingSystemVersion": device.get("osVersion"),
        "isCompliant": bool(is_compliant),
        "isManaged": True,
        "manufacturer": device.get("manufacturer"),
        "model": device.get("model"),
        "trustType": "AzureAd" if device.get("managedDeviceOwnerType") == "company" else "Workplace",
        "registrationDateTime": device.get("enrolledDateTime"),
        "approximateLastSignInDateTime": device.get("lastSyncDateTime"),
    }


ENTRA_NAMES = {"id": "lab/entraObjectId", "deviceId": "azureADDeviceId", "displayName": "deviceName"}
"""Where the properties that are looked up stand in the document of a managed device."""


def entra_devices(store: Store, id: str) -> list[Document]:
    """The directory's object of this id, in a list that is empty where there is none."""
    return [entra_device(row) for row in store.lookup("device", "lab/entraObjectId", id)]


USER_DEFAULT = [
    "id",
    "displayName",
    "givenName",
    "surname",
    "jobTitle",
    "mail",
    "mobilePhone",
    "officeLocation",
    "preferredLanguage",
    "userPrincipalName",
]
"""What the directory shows of a person when nothing is selected."""


def user_shape(call: Call, row: Document) -> Document:
    shown = visible(row, "user", "beta")
    if call.query.select:
        return shown
    return {
        key: shown.get(key) for key in ("@odata.type", *USER_DEFAULT) if key in shown or key != "@odata.type"
    }


def directory_shape(call: Call, row: Document) -> Document:
    return user_shape(call, row) if row.get("@odata.type") == "#microsoft.graph.user" else row


def list_users(call: Call) -> Answer:
    return listed_kind(call, "user", "user", "users", shape=lambda row: user_shape(call, row))


def get_me(call: Call) -> Answer:
    """The token's person; in process, where there is no token, the administrator who is signed in."""
    key = call.store.meta("signedIn") if call.grant is None else call.grant.user_id
    if key is None:
        raise bad_request("/me request is only valid with delegated authentication flow.")
    return _user(call, key)


def get_user(call: Call) -> Answer:
    return _user(call, call.keys[0])


def _user(call: Call, key: str) -> Answer:
    row = call.store.user(key)
    if row is None:
        raise entra_missing(key)
    return single(call, user_shape(call, row), "users/$entity", "user")


def list_groups(call: Call) -> Answer:
    return listed_kind(call, "group", "group", "groups")


def group_of(call: Call) -> Document:
    row = call.store.get("group", call.keys[0])
    if row is None:
        raise entra_missing(call.keys[0])
    return row


def get_group(call: Call) -> Answer:
    return single(call, plain(call, group_of(call), "group"), "groups/$entity", "group")


def members(store: Store, group: Document, *, transitive: bool) -> list[Document]:
    """The members as directory objects, each once; of nested groups too where `transitive`."""
    seen: set[str] = {group["id"].lower()}
    result: list[Document] = []
    waiting = [group]
    while waiting:
        for member in waiting.pop(0)["lab"]["members"]:
            key = member["id"].lower()
            if key in seen:
                continue
            seen.add(key)
            if member["type"] == "device":
                result += entra_devices(store, key)
                continue
            row = store.get(member["type"], member["id"])
            if row is None:
                continue
            result.append({"@odata.type": NAMESPACE + member["type"], **visible(row, member["type"], "beta")})
            if transitive and member["type"] == "group":
                waiting.append(row)
    return result


def list_members(call: Call) -> Answer:
    """groups/{id}/members and transitiveMembers, with a cast and /$count."""
    steps = call.path.split("/")[2:]
    rows = members(call.store, group_of(call), transitive=steps[0].lower() == "transitivemembers")
    is_count = steps[-1] == "$count"
    cast = next((step for step in steps[1:] if step != "$count"), "")
    if cast or is_count or call.query.with_count:
        eventual(call)
    if cast:
        rows = [row for row in rows if row["@odata.type"].lower() == "#" + cast.lower()]
    if is_count:
        return counted(rows)
    kind = short_name(cast) or "directoryObject"
    if kind == "directoryObject" and call.query.filter is not None:
        raise RequestError(400, "Request_UnsupportedQuery", "Members are filtered after a cast to one type.")
    names = call.query.select
    answer = listed(
        call if cast else _without_select(call),
        rows,
        kind,
        f"groups('{call.keys[0]}')/{steps[0]}" if not cast else "directoryObjects",
        shape=lambda row: directory_shape(call, row),
    )
    if not cast and names:
        answer[1]["value"] = [odata.selected(row, names) for row in answer[1]["value"]]
    return answer


def _without_select(call: Call) -> Call:
    # Rows of a mixed list have different types: a name that one of them lacks is no error.
    twin = Call(call.lab, call.asked, call.path, call.keys, call.headers, None, call.grant)
    twin.query = call.query._replace(select=(), orderby=())
    return twin


def eventual(call: Call) -> None:
    if call.headers.get("consistencylevel", "").lower() != "eventual":
        raise RequestError(
            400,
            "Request_UnsupportedQuery",
            "Counting and casting need the header ConsistencyLevel: eventual.",
        )


def list_entra_devices(call: Call) -> Answer:
    return listed_kind(call, "device", "device", "devices", view=entra_device, names=ENTRA_NAMES)


def get_entra_device(call: Call) -> Answer:
    for device in entra_devices(call.store, call.keys[0]):
        return single(call, device, "devices/$entity", "device")
    raise entra_missing(call.keys[0])


MOST_IDS = 1000
"""Our choice: one request must not hold the lab up."""


def get_by_ids(call: Call) -> Answer:
    ids, types = call.body.get("ids"), call.body.get("types") or ["user", "group", "device"]
    if not isinstance(ids, list) or not isinstance(types, list) or not all(isinstance(id, str) for id in ids):
        raise RequestError(
            400, "Request_BadRequest", "'ids' must be an array of ids, 'types' one of type names."
        )
    if len(ids) > MOST_IDS:
        raise RequestError(400, "Request_BadRequest", f"'ids' takes at most {MOST_IDS} of them.")
    rows = []
    for id in ids:
        for kind in ("user", "group"):
            row = call.store.get(kind, id) if kind in types else None
            if row is not None:
                rows.append({"@odata.type": NAMESPACE + kind, **visible(row, kind, "beta")})
        if "device" in types:
            rows += entra_devices(call.store, id)
    return 200, {"@odata.context": call.context("directoryObjects"), "value": rows}


def organization(call: Call) -> Document:
    return {**call.store.meta("organization"), "tenantType": "AAD"}


def list_organization(call: Call) -> Answer:
    return listed(call, [organization(call)], "organization", "organization")


def get_organization(call: Call) -> Answer:
    row = organization(call)
    if row["id"].lower() != call.keys[0].lower():
        raise entra_missing(call.keys[0])
    return single(call, plain(call, row, "organization"), "organization/$entity", "organization")
