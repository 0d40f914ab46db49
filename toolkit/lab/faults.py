"""Faults as data: what goes wrong with which calls, how often, and what the caller then sees.

A fault counts the calls that it matches and strikes some of them. The counters are in the store, so one set in one
process strikes the calls of another, and the next command's. The first fault that strikes a call decides alone.

Named choices: an error (429 to 504), `cut`, `not-json` and `expired-token` leave the tenant as it was; after `lost` and
`truncated` the call has taken effect. `not-json` is the page of something in between that answers 200 in the service's
place. A refusal is never truncated, slow or given a foreign link: it is answered as always.

`stale` answers reads as before the last write, or before the first of several with no read between them. `times` is then
how many reads each write leaves behind (2 unless said). It is about what callers write; what devices report is fresh, and so is an export job.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from toolkit.errors import NotFound, UsageProblem
from toolkit.lab.addresses import JOB, fits, steps_of
from toolkit.lab.contract import RequestError
from toolkit.lab.exchange import Asked, Raw, Result
from toolkit.model.refs import did_you_mean, nearest

if TYPE_CHECKING:
    from toolkit.lab.app import Lab
    from toolkit.lab.store import Store

KINDS: dict[str, str] = {
    "429": "too many requests, with or without Retry-After",
    "500": "an internal error; nothing took effect",
    "502": "a gateway in between fails; nothing took effect",
    "503": "not available for now, with or without Retry-After",
    "504": "a gateway in between ran out of time; nothing took effect",
    "lost": "the call takes effect, and the connection closes before the answer",
    "cut": "nothing happens, and the connection closes",
    "truncated": "the call takes effect, and half of the answer arrives",
    "not-json": "200 with an HTML page; nothing took effect",
    "slow": "the answer comes late",
    "foreign-link": "a list goes on at another host",
    "expired-token": "401, as if the access token had run out",
    "stale": "reads after a write answer as before it",
}
METHODS = ("*", "GET", "POST", "PATCH", "PUT", "DELETE")
EVERYWHERE = "*"
FOREIGN_HOST = "https://graph.invalid"

MOST_FAULTS = 100
LONGEST_DELAY = 600.0
LONGEST_WAIT = 86_400
MOST_COUNTED = 1_000_000_000

_PAST = "past"
_WRITABLE = (
    "policy", "catalogPolicy", "template", "access", "deletedAccess", "namedLocation", "deletedNamedLocation",
    "scopeTag", "group", "user", "exportJob",
)  # fmt: skip
_WRITABLE_VALUES = ("settings", "brand")
_SLOW_SECONDS = 5.0
_STALE_READS = 2

# 500 and 503 are known by these codes; what a gateway writes is not, so both say what the service says of the unknown.
_ERRORS = {
    "429": ("TooManyRequests", "There were too many requests. Try again later."),
    "500": ("InternalServerError", "An internal error has occurred."),
    "502": ("UnknownError", "A gateway in between received no valid answer."),
    "503": ("ServiceUnavailable", "The service is not available for now. Try again later."),
    "504": ("UnknownError", "A gateway in between received no answer in time."),
}
_PAGE = Raw(
    b"<!DOCTYPE html>\n<html><head><title>Sign in to the network</title></head>"
    b"<body><h1>Sign in to the network</h1></body></html>\n",
    "text/html; charset=utf-8",
)


class Fault(NamedTuple):
    """What strikes, and what it strikes. `route` is a pattern below the version, which may begin with one.

    `seen` counts the calls that matched, `struck` those that were hit.
    """

    id: str
    kind: str
    method: str = "*"
    route: str = EVERYWHERE
    chance: float = 1.0
    nth: int | None = None
    every: int | None = None
    times: int | None = None
    seconds: float | None = None
    retry_after: int | None = None
    seen: int = 0
    struck: int = 0
    left: int = 0
    """Of `stale`: how many reads since the last write are still answered as before it."""


def listed(store: Store) -> list[dict[str, Any]]:
    """The faults in the order in which they were set, each as JSON that `add` would take, with its counters."""
    return [_shown(fault) for fault in _read(store)]


def add(store: Store, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Sets one fault from JSON: {kind, method, route, chance, nth, every, times, seconds, retryAfter}.

    Only `kind` is needed. Raises UsageProblem for anything else that it holds, or a value that cannot be.
    """
    checked = _checked(wanted)
    with store.transaction():
        faults = _read(store)
        if len(faults) >= MOST_FAULTS:
            raise UsageProblem(
                f"There are {MOST_FAULTS} faults already.", hint="Clear some: grace lab faults --clear all"
            )
        # Not the lowest free one: chance goes by the id, and a new fault must not repeat an old one's luck.
        number = int(store.meta("faultCounter") or 0) + 1
        store.set_meta("faultCounter", number)
        fault = checked._replace(id=str(number))
        _write(store, [*faults, fault])
    return _shown(fault)


def clear(store: Store, id: str | None = None) -> list[dict[str, Any]]:
    """Takes away one fault, or all of them, and gives what was taken away. Raises NotFound for an id that is not there."""
    with store.transaction():
        faults = _read(store)
        gone = [fault for fault in faults if id in (None, fault.id)]
        if id is not None and not gone:
            hint = f"Set are: {', '.join(fault.id for fault in faults)}." if faults else "No fault is set."
            raise NotFound(f'There is no fault "{id}".', hint=hint)
        _write(store, [fault for fault in faults if fault not in gone])
        for fault in gone:
            store.delete(_PAST, fault.id)
    return [_shown(fault) for fault in gone]


def struck(lab: Lab, asked: Asked, proceed: Callable[[], Result]) -> Result:
    """One Graph call under the faults that are set: `proceed` answers it as if there were none.

    Raises RequestError for the faults that are errors, and what `proceed` raises.
    """

    def carried_out() -> Result:
        store = lab.store
        if asked.method == "GET" or not any(fault.kind == "stale" for fault in _read(store)):
            return proceed()
        before = _written_things(store)
        result = proceed()
        _keep_past(store, before)
        return result

    fault = _strikes(lab.store, asked)
    if fault is None:
        return carried_out()
    if fault.kind in _ERRORS:
        code, message = _ERRORS[fault.kind]
        headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
        raise RequestError(int(fault.kind), code, message, headers)
    if fault.kind == "expired-token":
        raise RequestError(401, "InvalidAuthenticationToken", "The access token has expired.")
    if fault.kind == "cut":
        return Result(0, None, fate="cut")
    if fault.kind == "not-json":
        return Result(200, _PAGE)
    if fault.kind == "stale":
        return _as_before(lab.store, fault, proceed)
    if fault.kind == "lost":
        try:
            return Result(carried_out().status, None, fate="cut")
        except RequestError as error:
            return Result(error.status, None, fate="cut")
    result = carried_out()
    if fault.kind == "slow":
        return result._replace(delay=_SLOW_SECONDS if fault.seconds is None else fault.seconds)
    if fault.kind == "truncated":
        # Half of nothing would be a whole answer.
        return result._replace(fate="cut" if result.payload is None else "truncated")
    assert fault.kind == "foreign-link"
    if not isinstance(result.payload, dict) or not isinstance(result.payload.get("value"), list):
        return result
    link = f"{FOREIGN_HOST}/{asked.version}/{asked.path}?$skiptoken=1"
    return result._replace(payload={**result.payload, "@odata.nextLink": link})


def _strikes(store: Store, asked: Asked) -> Fault | None:
    """Counts the call for each fault that it matches, up to the one that strikes it."""
    with store.transaction():
        faults = _read(store)
        seed = str(store.meta("seed"))
        for place, fault in enumerate(faults):
            if not _matches(fault, asked):
                continue
            if fault.kind == "stale" and fault.left == 0:
                continue
            fault = fault._replace(seen=fault.seen + 1)
            hit = _is_hit(fault, seed)
            if hit:
                fault = fault._replace(struck=fault.struck + 1, left=max(0, fault.left - 1))
            faults[place] = fault
            _write(store, faults)
            if hit:
                return fault
    return None


def _matches(fault: Fault, asked: Asked) -> bool:
    if fault.method not in ("*", asked.method):
        return False
    if fault.kind in ("stale", "foreign-link") and asked.method != "GET":
        return False
    steps = steps_of(asked.path)
    if fault.kind == "stale" and fits(steps, JOB):
        # The look would be taken back, and with it the file whose address it gives.
        return False
    version, pattern = _version_of(fault.route)
    return version in ("", asked.version) and fits(steps, pattern)


def _is_hit(fault: Fault, seed: str) -> bool:
    """Whether the call that was just counted is one to strike."""
    if fault.kind != "stale" and fault.times is not None and fault.struck >= fault.times:
        return False
    if fault.nth is not None and fault.seen != fault.nth:
        return False
    if fault.every is not None and fault.seen % fault.every:
        return False
    # The same seed and the same calls give the same faults.
    digest = hashlib.sha256(f"fault:{seed}:{fault.id}:{fault.seen}".encode()).digest()
    return int.from_bytes(digest[:6], "big") / 2**48 < fault.chance


def _written_things(store: Store) -> dict[str, dict[str, Any]]:
    """Everything that a caller can change: {kind: {id: document}}, single values under the kind ""."""
    things: dict[str, dict[str, Any]] = {kind: dict(store.items(kind)) for kind in _WRITABLE}
    return {**things, "": {key: store.meta(key) for key in _WRITABLE_VALUES}}


def _keep_past(store: Store, before: Mapping[str, Mapping[str, Any]]) -> None:
    """Keeps for every `stale` what a write has changed, as it was: {kind: {id: document, or None for what was not there}}."""
    after = _written_things(store)
    changed = {
        kind: {id: old.get(id) for id in {**old, **after[kind]} if old.get(id) != after[kind].get(id)}
        for kind, old in before.items()
    }
    if not any(changed.values()):
        return
    with store.transaction():
        faults = _read(store)
        for place, fault in enumerate(faults):
            if fault.kind == "stale":
                # As long as nobody may have seen the last write, the past is what was before that one.
                older = (store.get(_PAST, fault.id) or {}) if fault.left else {}
                past = {kind: {**images, **older.get(kind, {})} for kind, images in changed.items()}
                store.put(_PAST, fault.id, past)
                faults[place] = fault._replace(left=_STALE_READS if fault.times is None else fault.times)
        _write(store, faults)


class _Rewound(Exception):
    """Ends a transaction of which nothing is to remain."""


def _as_before(store: Store, fault: Fault, proceed: Callable[[], Result]) -> Result:
    """The answer to a read in a tenant that is put back for as long as it takes."""
    answer: Result | RequestError
    with suppress(_Rewound), store.transaction():
        for kind, images in (store.get(_PAST, fault.id) or {}).items():
            for id, document in images.items():
                if kind == "":
                    store.set_meta(id, document)
                elif document is None:
                    store.delete(kind, id)
                else:
                    store.put(kind, id, document)
        try:
            answer = proceed()
        except RequestError as error:
            answer = error
        raise _Rewound
    if isinstance(answer, RequestError):
        raise answer
    return answer


def _read(store: Store) -> list[Fault]:
    return [Fault(**row) for row in store.meta("faults") or ()]


def _write(store: Store, faults: list[Fault]) -> None:
    store.set_meta("faults", [fault._asdict() for fault in faults])


def _shown(fault: Fault) -> dict[str, Any]:
    hidden = ("left", "retry_after", "seen", "struck")
    shown = {key: value for key, value in fault._asdict().items() if key not in hidden}
    return {**shown, "retryAfter": fault.retry_after, "seen": fault.seen, "struck": fault.struck}


def _checked(wanted: Mapping[str, Any]) -> Fault:
    known = ("kind", "method", "route", "chance", "nth", "every", "times", "seconds", "retryAfter")
    for key in wanted:
        if key not in known:
            raise UsageProblem(f'A fault has no "{key}".', hint=f"It has {', '.join(known)}.")
    kind = _kind(wanted.get("kind"))
    method = str(wanted.get("method") or "*").upper()
    if method not in METHODS:
        raise UsageProblem(f'"{method}" is no method.', hint=f"It is one of: {', '.join(METHODS)}.")
    if kind in ("stale", "foreign-link") and method not in ("*", "GET"):
        raise UsageProblem(f"{kind} is about reads: its method is GET.")
    for key, kinds in (("seconds", ("slow",)), ("retryAfter", ("429", "503"))):
        if wanted.get(key) is not None and kind not in kinds:
            raise UsageProblem(f"{key} goes with {' and '.join(kinds)}, not with {kind}.")
    if wanted.get("nth") is not None and wanted.get("every") is not None:
        raise UsageProblem("nth and every exclude each other: one request, or one in so many.")
    if kind == "stale" and (wanted.get("nth") is not None or wanted.get("every") is not None):
        raise UsageProblem("stale goes by what was written: nth and every mean nothing for it.")
    return Fault(
        id="",
        kind=kind,
        method=method,
        route=_route(wanted.get("route")),
        chance=float(_number(wanted, "chance", 0, 1) if wanted.get("chance") is not None else 1),
        nth=_whole(wanted, "nth", 1, MOST_COUNTED),
        every=_whole(wanted, "every", 1, MOST_COUNTED),
        times=_whole(wanted, "times", 1, MOST_COUNTED),
        seconds=None
        if wanted.get("seconds") is None
        else float(_number(wanted, "seconds", 0, LONGEST_DELAY)),
        retry_after=_whole(wanted, "retryAfter", 0, LONGEST_WAIT),
    )


def _kind(value: Any) -> str:
    text = str(value if value is not None else "").lower()
    if text in KINDS:
        return text
    near = nearest(text, KINDS)
    raise UsageProblem(
        f'"{text}" is no kind of fault.', hint=did_you_mean(near) + f"It is one of: {', '.join(KINDS)}."
    )


def _route(value: Any) -> str:
    """The pattern, without a slash at either end. Raises UsageProblem for one that no address of the lab fits."""
    if value is None:
        return EVERYWHERE
    route = value.strip().strip("/") if isinstance(value, str) else ""
    _, pattern = _version_of(route)
    if not pattern or "?" in pattern or "*" in pattern.replace("/*", "").removeprefix("*"):
        raise UsageProblem(
            f'"{value}" is no pattern of addresses.',
            hint="Write it as deviceManagement/deviceCompliancePolicies/*/assign: * is one step, at the end all that follow.",
        )
    from toolkit.lab.routes import ROUTES

    known = [found.pattern for found in ROUTES]
    if not any(_may_meet(steps_of(pattern), steps_of(one)) for one in known):
        near = nearest(pattern.replace("*", "{}"), known)
        raise UsageProblem(f'The lab answers nothing at "{route}".', hint=did_you_mean(near).strip() or None)
    return route


def _may_meet(wanted: tuple[str, ...], known: tuple[str, ...]) -> bool:
    """Whether some address fits both patterns."""
    if wanted[-1] == "*":
        wanted = wanted[:-1]
        known = known[: len(wanted)]
    return len(wanted) == len(known) and all(
        one == other or {one, other} & {"{}", "*"} for one, other in zip(wanted, known, strict=True)
    )


def _version_of(route: str) -> tuple[str, str]:
    """("beta", the rest), or ("", the route) where it names no version."""
    first, _, rest = route.partition("/")
    return (first.lower(), rest) if first.lower() in ("v1.0", "beta") else ("", route)


def _whole(wanted: Mapping[str, Any], key: str, low: int, high: int) -> int | None:
    value = _number(wanted, key, low, high) if wanted.get(key) is not None else None
    if value is not None and value != int(value):
        raise UsageProblem(f"{key} is a whole number, not {value}.")
    return None if value is None else int(value)


def _number(wanted: Mapping[str, Any], key: str, low: float, high: float) -> float:
    value = wanted[key]
    # Written so that "not a number" fails too.
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise UsageProblem(f"{key} is a number from {low:g} to {high:g}, not {value}.")
    return value
