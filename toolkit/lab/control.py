"""Steering a lab: its clock, rules, logs and devices, under /lab and apart from both versions of Graph."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from toolkit.errors import NotFound, UsageProblem
from toolkit.lab.contract import RequestError, strict_json
from toolkit.lab.store import Store, graph_time

if TYPE_CHECKING:
    from toolkit.lab.app import Lab

CONTROLS: tuple[tuple[str, str, str], ...] = (
    ("GET", "/lab/story", "which tenant this is, its time, and how much is in it"),
    ("GET", "/lab/clock", "the time in the lab"),
    ("POST", "/lab/clock", '`{"advance": "PT120H"}` or `{"until": "2026-11-09T08:00:00Z"}`'),
    ("GET", "/lab/rules", "every rule of behaviour with the value that holds"),
    ("POST", "/lab/rules", '`{"name": "action-clock", "value": "after-mark"}`'),
    ("GET", "/lab/faults", "what is set to go wrong, with counters"),
    ("POST", "/lab/faults", '`{"kind": "503", "method": "POST", "times": 2, "retryAfter": 1}`'),
    ("DELETE", "/lab/faults", "nothing goes wrong any more"),
    ("DELETE", "/lab/faults/{}", "all but this one go on"),
    ("GET", "/lab/events", "what happened, in order"),
    ("GET", "/lab/mail", "the mails that were sent, in order"),
    ("GET", "/lab/requests", "the last 1,000 requests"),
    ("POST", "/lab/reset", "back to how the story begins"),
    ("POST", "/lab/signin", '`{"user": "Ada Novak", "device": "WIN-0001"}`: what access decides'),
    ("POST", "/lab/devices/{}/break", '`{"setting": "osMinimumVersion"}`, or the first that can fail'),
    ("POST", "/lab/devices/{}/fix", "every setting is met again"),
    ("POST", "/lab/devices/{}/checkin", "sync and calculate now"),
    ("POST", "/lab/devices/{}/enrol", "as if just enrolled"),
    ("POST", "/lab/devices/{}/offline", "no more check-ins"),
    ("POST", "/lab/devices/{}/online", "check-ins again"),
    (
        "POST",
        "/lab/devices/{}/force",
        '`{"state": "error"}` or conflict, whatever its policies say; null lifts it',
    ),
)
LOGS = {"events": "event", "mail": "mail", "requests": "request"}
DEVICE_VERBS = ("break", "fix", "checkin", "enrol", "offline", "online", "force")
COUNTED = ("policy", "catalogPolicy", "template", "access", "group", "user", "device")

LONGEST_STEP = timedelta(days=3653)

_DURATION = re.compile(r"P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?)?")


def answer(lab: Lab, method: str, path: str, query: str, raw: bytes | None) -> tuple[int, Any]:
    """(status, JSON) of an address below /lab. Raises UsageProblem (400) and RequestError (404)."""
    del query
    store = lab.store
    steps = path.strip("/").split("/")
    match method, *steps:
        case "GET", "story":
            return 200, story(store)
        case "GET", "clock":
            return 200, {"now": graph_time(store.meta("clock"))}
        case "POST", "clock":
            events = lab.world.advance(_until(lab.world.now, _body(raw)))
            return 200, {"now": graph_time(store.meta("clock")), "events": events}
        case "GET", "rules":
            return 200, {"value": rules(store)}
        case "POST", "rules":
            return 200, set_rule(lab, _body(raw))
        case _, "faults", *rest:
            return steer_faults(store, method, rest, raw)
        case "GET", ("events" | "mail" | "requests") as name:
            return 200, {"value": [{"number": number, **row} for number, row in store.log(LOGS[name])]}
        case "POST", "reset":
            lab.reset()
            return 200, story(store)
        case "POST", "signin":
            return 200, signed_in(store, _body(raw))
        case "POST", "devices", key, verb if verb in DEVICE_VERBS:
            return 200, steer(lab, key, verb, _body(raw))
    raise RequestError(404, "NotFound", f"The lab has no {method} /lab/{path}.")


def story(store: Store) -> dict[str, Any]:
    return {
        "story": store.meta("story"),
        "seed": store.meta("seed"),
        "organization": (store.meta("organization") or {}).get("displayName"),
        "now": graph_time(store.meta("clock")),
        "counts": {kind: store.count(kind) for kind in COUNTED},
    }


def rules(store: Store) -> list[dict[str, Any]]:
    from toolkit.lab.rules import RULES, value

    return [
        {
            "name": rule.name,
            "value": value(store, rule.name),
            "default": rule.default,
            "values": list(rule.values),
            "status": rule.status,
            "meaning": rule.meaning,
            "source": rule.source,
        }
        for rule in RULES
    ]


def set_rule(lab: Lab, body: dict[str, Any]) -> dict[str, Any]:
    from toolkit.lab.rules import set_value, value

    name = body.get("name")
    if not isinstance(name, str) or "value" not in body:
        raise UsageProblem("A rule is set by its name and a value.")
    set_value(lab.store, name, str(body["value"]))
    return {"name": name, "value": value(lab.store, name)}


def steer_faults(store: Store, method: str, rest: list[str], raw: bytes | None) -> tuple[int, Any]:
    from toolkit.lab import faults

    match method, *rest:
        case ("GET",):
            return 200, {"value": faults.listed(store)}
        case ("POST",):
            return 201, faults.add(store, _body(raw))
        case ("DELETE",):
            return 200, {"value": faults.clear(store)}
        case "DELETE", id:
            try:
                return 200, {"value": faults.clear(store, id)}
            except NotFound as problem:
                raise RequestError(404, "NotFound", problem.message) from problem
    raise RequestError(404, "NotFound", f"The lab has no {method} /lab/{'/'.join(('faults', *rest))}.")


def find_device(store: Store, key: str) -> str:
    """The id of the device with this id or name. Raises RequestError (404)."""
    if store.get("device", key) is not None:
        return key
    named = [device["id"] for device in store.lookup("device", "deviceName", key)]
    if len(named) != 1:
        raise RequestError(
            404, "NotFound", f"The lab has {'no' if not named else len(named)} devices '{key}'."
        )
    return str(named[0])


def steer(lab: Lab, key: str, verb: str, body: dict[str, Any]) -> dict[str, Any]:
    from urllib.parse import unquote

    id = find_device(lab.store, unquote(key))
    setting: str | None = None
    if verb == "break":
        wanted = body.get("setting")
        if wanted is not None and not isinstance(wanted, str):
            raise UsageProblem("A setting is named by a text.")
        setting = lab.world.break_device(id, wanted)
    elif verb == "fix":
        lab.world.fix_device(id)
    elif verb == "checkin":
        lab.world.check_in(id)
    elif verb == "enrol":
        lab.world.enrol(id)
    elif verb == "force":
        state = body.get("state")
        if "state" not in body or not isinstance(state, str | None):
            raise UsageProblem("Say which state, or null to lift it.", hint='{"state": "error"}')
        lab.world.force_state(id, state)
    else:
        lab.world.offline(id, verb == "offline")
    device = lab.store.get("device", id) or {}
    shown = {key: device.get(key) for key in ("id", "deviceName", "complianceState", "lastSyncDateTime")}
    return shown if setting is None else {**shown, "setting": setting}


def signed_in(store: Store, asked: dict[str, Any]) -> dict[str, Any]:
    from toolkit.lab.signins import sign_in_to

    named = asked.get("device")
    if named is not None and not isinstance(named, str):
        raise UsageProblem("device is a text.")
    return sign_in_to(store, asked, store.get("device", find_device(store, named)) if named else None)


def _body(raw: bytes | None) -> dict[str, Any]:
    if not raw:
        return {}
    try:
        body = strict_json(raw)
    except (ValueError, RecursionError) as error:
        raise UsageProblem("The body is not JSON that can be read.") from error
    if not isinstance(body, dict):
        raise UsageProblem("The body must be a JSON object.")
    return body


def _until(now: datetime, body: dict[str, Any]) -> datetime:
    """The moment to go to. Raises UsageProblem for one that is too far away; the world refuses the past itself."""
    until = _moment(now, body)
    if until > now + LONGEST_STEP:
        raise UsageProblem("That is more than ten years.", hint="Go in smaller steps.")
    return until


def _moment(now: datetime, body: dict[str, Any]) -> datetime:
    text = body.get("advance", body.get("until"))
    if not isinstance(text, str) or len(body) != 1:
        raise UsageProblem("Say how far (advance) or how long (until).", hint='{"advance": "PT120H"}')
    try:
        if "advance" in body:
            found = _DURATION.fullmatch(text)
            if found is None or not any(found.groups()):
                raise UsageProblem(f'"{text}" is no duration.', hint='Write it as "P5D" or "PT120H".')
            weeks, days, hours, minutes = (int(group or 0) for group in found.groups())
            return now + timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes)
        until = datetime.fromisoformat(text)
        return (until if until.tzinfo is not None else until.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise UsageProblem(f'"{text}" is no time that the lab can go to.') from error
