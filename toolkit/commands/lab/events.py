"""grace lab events: everything that happened in the lab, and why something did not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from toolkit.commands.lab import log
from toolkit.commands.spec import Arg, Spec, Tools
from toolkit.model.refs import DeviceRef, PolicyRef, Ref, find_all
from toolkit.outcome import Outcome


@dataclass(frozen=True, slots=True)
class Options:
    device: DeviceRef | None = None
    policy: PolicyRef | None = None
    what: str | None = None


SPEC = Spec(
    "lab",
    "events",
    Options,
    args=(
        Arg("device", "only of this device: a name, a wildcard or an id", ("--device",), kind="device"),
        Arg("policy", "only under this policy", ("--policy",), kind="policy"),
        Arg(
            "what",
            "only events of this name",
            ("--what",),
            kind="choice",
            choices=tuple(log.WORDS),
            metavar="NAME",
        ),
    ),
    examples=(
        "grace lab events",
        "grace lab events --what mailSuppressed",
        "grace lab events --policy 'Windows*' -o jsonl",
    ),
)


@dataclass(frozen=True, slots=True)
class _Named:
    id: str
    name: str


def run(options: Options, tools: Tools) -> Outcome:
    store = tools.lab().store
    found = log.events(store)
    if options.device is not None:
        known = store.all("device")
        found = _about(
            options.device, found, "deviceId", "deviceName", ((d["id"], d["deviceName"]) for d in known)
        )
    if options.policy is not None:
        policies = [*store.all("policy"), *store.all("catalogPolicy")]
        pairs = ((p["id"], p.get("displayName") or p.get("name") or "") for p in policies)
        found = _about(options.policy, found, "policyId", "policyName", pairs)
    if options.what is not None:
        found = [event for event in found if event["what"] == options.what]
    return Outcome(
        data=found,
        rows=log.rows(found),
        columns=log.COLUMNS,
        id_key="number",
        empty="Nothing of the kind has happened yet. Turn the clock with: grace lab advance 5d",
    )


def _about(
    ref: Ref, found: list[dict[str, Any]], id_key: str, name_key: str, known: Iterable[tuple[str, str]]
) -> list[dict[str, Any]]:
    """The events of what `ref` means; things that are gone by now can be named too. Raises NotFound and Ambiguous."""
    things = {id: _Named(id, name) for id, name in known}
    for event in found:
        if event.get(id_key):
            things.setdefault(event[id_key], _Named(event[id_key], str(event.get(name_key) or "")))
    wanted: Mapping[str, _Named] = {thing.id: thing for thing in find_all(ref, tuple(things.values()))}
    return [event for event in found if event.get(id_key) in wanted]
