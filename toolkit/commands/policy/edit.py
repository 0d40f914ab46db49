"""grace policy edit: settings, name and description of a policy. Its schedule is `grace action`, its groups `assign`."""

from __future__ import annotations

from dataclasses import dataclass, replace

from toolkit.commands.policy import values
from toolkit.commands.policy.names import check_free
from toolkit.commands.proposal import plan, policy_change
from toolkit.commands.spec import Arg, Spec, Tools
from toolkit.errors import GraceProblem, MissingValue
from toolkit.model.refs import PolicyRef
from toolkit.planning.change import Plan


@dataclass(frozen=True, slots=True)
class Options:
    policy: PolicyRef
    set: tuple[tuple[str, str], ...] = ()
    unset: tuple[str, ...] = ()
    rename: str | None = None
    description: str | None = None


SPEC = Spec(
    "policy",
    "edit",
    Options,
    changes=True,
    args=(
        Arg("policy", "the policy: a name or an id", kind="policy", required=True),
        Arg(
            "set",
            "a setting (repeat for several); null means not configured",
            ("--set",),
            kind="setting",
            many=True,
        ),
        Arg("unset", "put this setting back to not configured", ("--unset",), many=True, metavar="NAME"),
        Arg("rename", "a new name", ("--rename",), metavar="NAME"),
        Arg("description", "a new description", ("--description",), kind="content"),
    ),
    examples=(
        "grace policy edit 'Windows baseline' --set passwordMinimumLength=8 --yes",
        "grace policy edit 'iOS baseline' --unset osMaximumVersion --rename 'iOS standard' --what-if",
        "grace policy edit 'Linux baseline' --set linux_deviceencryption_required=yes --what-if",
    ),
)


def propose(options: Options, tools: Tools) -> Plan:
    tenant = tools.tenant
    if not options.set and not options.unset and options.rename is None and options.description is None:
        raise MissingValue(
            "Nothing to change is given.",
            hint="Add --set NAME=VALUE, --unset NAME, --rename NAME or --description TEXT.",
        )
    found = tenant.find_policy(options.policy)
    before = tenant.policy(found.id, found.collection)
    if before.raw.get("settings@odata.nextLink"):
        # PATCH replaces the list of settings, so what was not read would be lost.
        raise GraceProblem(
            f'Policy "{before.name}" has more settings than one answer holds; Grace does not edit such policies.',
            hint="Edit it in the admin centre.",
        )
    if options.rename is not None and options.rename != before.name:
        check_free(tenant, options.rename, before.id)
    changes = values.chosen(before.platform, options.set, values.read(before), options.unset)
    after = replace(
        before,
        name=before.name if options.rename is None else options.rename,
        description=before.description if options.description is None else options.description,
        settings=values.written(before, changes) if changes else before.settings,
    )
    said = [
        *changes,
        *(["name"] if options.rename is not None else []),
        *(["description"] if options.description is not None else []),
    ]
    return plan(tenant, "policy edit", [policy_change(before, after, "change " + ", ".join(said))])
