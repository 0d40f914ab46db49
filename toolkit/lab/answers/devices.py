"""Managed devices, what an administrator can do to them, and how they stand with their policies."""

from __future__ import annotations

from toolkit.lab import odata
from toolkit.lab.addresses import DEVICES
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
from toolkit.lab.answers.device_types import device_type
from toolkit.lab.answers.statuses import policy_states
from toolkit.lab.contract import (
    RequestError,
    Version,
    bad_request,
    completed,
    visible,
)

_TIMES = ("lt", "le", "gt", "ge")
DEVICE_FILTERS: dict[str, tuple[str, ...]] = {
    "azureADDeviceId": ("eq",),
    "deviceName": ("eq", "contains"),
    "serialNumber": ("eq",),
    "manufacturer": ("eq",),
    "model": ("eq", "contains"),
    "complianceState": ("eq",),
    "complianceGracePeriodExpirationDateTime": _TIMES,
    "lastSyncDateTime": _TIMES,
    "enrolledDateTime": _TIMES,
    "jailBroken": ("eq",),
    "managementAgent": ("eq",),
    "managementState": ("eq",),
    "operatingSystem": ("eq",),
    "osVersion": ("eq", "contains"),
    "userPrincipalName": ("eq", "ne"),
    "emailAddress": ("eq", "contains"),
    "exchangeAccessState": ("eq",),
}
"""What the metadata says can be filtered by, with `le` and `ge` beside `lt` and `gt`, which scripts use."""


def list_devices(call: Call) -> Answer:
    odata.check_filter(call.query.filter, DEVICE_FILTERS, only_and=True)
    if call.query.expand:
        raise bad_request(f"Expanding '{call.query.expand[0].name}' is not supported on managedDevices.")
    return listed_kind(
        call, "device", "managedDevice", DEVICES, shape=lambda row: device_shape(row, call.version)
    )


def device_shape(document: Document, version: Version) -> Document:
    """All members of the version. Beta says some things twice, under an older and a newer name."""
    shown = completed(document, "managedDevice", version)
    if version == "beta":
        is_company = document.get("managedDeviceOwnerType") == "company"
        shown |= {
            "deviceType": device_type(document),
            "ownerType": document.get("managedDeviceOwnerType") or "unknown",
            "joinType": document.get("joinType") or ("azureADJoined" if is_company else "azureADRegistered"),
            "aadRegistered": document.get("azureADRegistered"),
            "azureActiveDirectoryDeviceId": document.get("azureADDeviceId"),
        }
    return shown


def device_of(call: Call) -> Document:
    return found(call, "device", call.keys[0], "managed device")


def get_device(call: Call) -> Answer:
    document = device_of(call)
    shown = device_shape(document, call.version)
    for part in call.query.expand:
        if part.name.lower() != "devicecompliancepolicystates":
            raise bad_request(f"Expanding '{part.name}' is not supported on 'microsoft.graph.managedDevice'.")
        states = [
            visible(row, "deviceCompliancePolicyState", call.version) for row in policy_states(call, document)
        ]
        shown["deviceCompliancePolicyStates"] = nested(call, states, part, "deviceCompliancePolicyState")
    return single(call, shown, DEVICES + "/$entity", "managedDevice")


DEVICE_ACTIONS = {"remotelock": "remoteLock", "retire": "retire", "wipe": "wipe", "syncdevice": "syncDevice"}
WIPE_BODY = ("keepEnrollmentData", "keepUserData", "macOsUnlockCode", "persistEsimDataPlan")
WIPE_BODY_BETA = ("useProtectedWipe", "obliterationBehavior")


def device_action(call: Call) -> Answer:
    document = device_of(call)
    action = DEVICE_ACTIONS[call.path.rpartition("/")[2].lower()]
    allowed = WIPE_BODY + (WIPE_BODY_BETA if call.version == "beta" else ()) if action == "wipe" else ()
    if call.raw:
        for key in call.body:
            if key not in allowed:
                raise bad_request(f"The parameter '{key}' is not one of '{action}'.")
    if action == "remoteLock" and document["lab"]["variant"] == "windows":
        raise bad_request("remoteLock is not supported on this device.")
    if not call.world.queue_action(document["id"], action):
        raise RequestError(429, "TooManyRequests", "The day's retirements are used up.")
    return 204, None


def list_policy_states(call: Call) -> Answer:
    document = device_of(call)
    context = f"{DEVICES}('{document['id']}')/deviceCompliancePolicyStates"
    return listed(call, policy_states(call, document), "deviceCompliancePolicyState", context)


def get_policy_state(call: Call) -> Answer:
    document = device_of(call)
    row = next(
        (row for row in policy_states(call, document) if row["id"].lower() == call.keys[1].lower()), None
    )
    if row is None:
        raise not_found("policy state", call.keys[1])
    kind = "deviceCompliancePolicyState"
    context = f"{DEVICES}('{document['id']}')/deviceCompliancePolicyStates/$entity"
    return single(call, visible(row, kind, call.version), context, kind)


def read_only_states(call: Call) -> Answer:
    raise RequestError(
        400,
        "No method match route template",
        f"No OData route exists that match template ~/singleton/navigation/key/navigation/key with http verb"
        f" {call.method} for request /StatelessDeviceConfigurationFEService/{call.path}.",
    )
