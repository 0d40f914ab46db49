"""What If: which Conditional Access policies would apply to a sign-in that a request describes (graph-contract 5.2)."""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import Any

from toolkit.forecast.access_effect import what_if
from toolkit.lab.answers import Answer, Call, Document
from toolkit.lab.contract import RequestError, bad_request, short_name, validate, visible
from toolkit.lab.signins import access_policies, person_of
from toolkit.model.access import AccessPolicy, Person, SignIn
from toolkit.model.access_wire import USER_ACTIONS, sign_in_device

_PARAMETERS = ("signInIdentity", "signInContext", "signInConditions", "appliedPoliciesOnly")
_COUNTRY = re.compile(r"[A-Za-z]{2}")


def answer(call: Call) -> Answer:
    """Every policy with policyApplies and analysisReasons, disabled ones too."""
    for name in call.body:
        if name not in _PARAMETERS:
            raise bad_request(f"The parameter '{name}' does not exist on the action 'evaluate'.")
    applied_only = call.body.get("appliedPoliciesOnly")
    if applied_only is not None and not isinstance(applied_only, bool):
        raise bad_request("The parameter 'appliedPoliciesOnly' must be true or false.")
    policies = access_policies(call.store)
    rows = [
        {
            **visible(dict(row.policy.raw), "conditionalAccessPolicy", call.version),
            "policyApplies": row.applies,
            "analysisReasons": row.reason,
        }
        for row in what_if(
            policies,
            _attempt(call, policies),
            ignores_missing=call.rule("what-if-missing") == "ignored",
            names_last=call.rule("what-if-names") == "last",
        )
        if row.applies or not applied_only
    ]
    context = call.context("Collection(microsoft.graph.whatIfAnalysisResult)")
    return 200, {"@odata.context": context, "value": rows}


def _attempt(call: Call, policies: tuple[AccessPolicy, ...]) -> SignIn:
    identity = _parameter(call, "signInIdentity")
    context = _parameter(call, "signInContext")
    conditions = _parameter(call, "signInConditions")
    kind = short_name(identity.get("@odata.type"))
    person, service_principal = None, None
    if kind == "userSignIn":
        person = _person(call, identity, policies)
    else:
        service_principal = identity.get("servicePrincipalId") or identity.get("agentServicePrincipalId")
        if not service_principal:
            raise bad_request(f"signInIdentity: a {kind} needs the id of a service principal.")
    device = conditions.get("deviceInfo")
    return SignIn(
        person=person,
        service_principal_id=service_principal,
        **_target(context),
        platform=_given(conditions.get("devicePlatform")),
        client=_given(conditions.get("clientAppType")),
        device=sign_in_device(device) if device is not None else None,
        flow=(conditions.get("authenticationFlow") or {}).get("transferMethod"),
        locations=_locations(conditions),
        sign_in_risk=conditions.get("signInRiskLevel"),
        user_risk=conditions.get("userRiskLevel"),
        service_principal_risk=conditions.get("servicePrincipalRiskLevel"),
        insider_risk=conditions.get("insiderRiskLevel"),
    )


def _parameter(call: Call, name: str) -> Document:
    if call.body.get(name) is None:
        raise bad_request(f"The parameter '{name}' is required by the action 'evaluate'.")
    try:
        return validate(call.body[name], name, call.version, "create")
    except RequestError as error:
        raise bad_request(f"{name}: {error.message}") from error


def _person(call: Call, identity: Document, policies: tuple[AccessPolicy, ...]) -> Person:
    id, external = identity.get("userId"), identity.get("externalUserType")
    guest_type = external if external not in (None, "none") else None
    home = identity.get("externalTenantId")
    if not id:
        if guest_type is None:
            raise bad_request("signInIdentity: a userSignIn needs userId.")
        return Person("", guest_type=guest_type, home_tenant=home)
    user = call.store.get("user", id)
    if user is None:
        raise bad_request(f"signInIdentity: there is no user with the id '{id}'.")
    person = person_of(call.store, user, policies)
    if guest_type is None:
        return person
    return Person(person.id, person.groups, person.roles, guest_type, home)


def _target(context: Document) -> dict[str, Any]:
    """The fields of SignIn that say what is signed in to."""
    kind = short_name(context.get("@odata.type"))
    if kind == "applicationContext":
        if not context.get("includeApplications"):
            raise bad_request("signInContext: an applicationContext needs includeApplications.")
        return {"apps": frozenset(context["includeApplications"])}
    if kind == "userActionContext":
        action = USER_ACTIONS.get(context.get("userAction") or "")
        if action is None:
            raise bad_request("signInContext: a userActionContext needs userAction.")
        return {"user_action": action}
    if not context.get("authenticationContextValue"):
        raise bad_request("signInContext: an authContext needs authenticationContextValue.")
    return {"context": context["authenticationContextValue"]}


def _given(word: str | None) -> str | None:
    """A member that stands for no single platform or client tells nothing (our choice)."""
    return None if word in (None, "all", "unknownFutureValue") else word


def _locations(conditions: Document) -> frozenset[str] | None:
    """Known, and in none of the named locations, of which the lab has none; None where nothing was given."""
    country, address = conditions.get("country"), conditions.get("ipAddress")
    if country is not None and not _COUNTRY.fullmatch(country):
        raise bad_request("signInConditions: country is a code of two letters.")
    if address is not None:
        try:
            ip_address(address)
        except ValueError as error:
            raise bad_request("signInConditions: ipAddress is no IP address.") from error
    return None if country is None and address is None else frozenset()
