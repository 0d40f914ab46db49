"""grace lab app: the apps that may sign in to the lab while it is served."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from toolkit.commands.spec import Arg, Spec, Tools
from toolkit.errors import MissingValue, UsageProblem
from toolkit.outcome import Column, Outcome, Section

if TYPE_CHECKING:
    from toolkit.lab.apps import App


@dataclass(frozen=True, slots=True)
class Options:
    verb: str = "list"
    app: str | None = None
    name: str | None = None
    permissions: tuple[str, ...] = ()
    certificate: str | None = None
    secret: bool = False


SPEC = Spec(
    "lab",
    "app",
    Options,
    args=(
        Arg(
            "verb",
            "list (default), new, or remove",
            kind="choice",
            choices=("list", "new", "remove"),
            default="list",
        ),
        Arg("app", "with remove: the app's client id or name", metavar="APP"),
        Arg("name", "with new: what the app is called", ("--name",)),
        Arg(
            "permissions",
            "with new: an application permission of Microsoft Graph (repeat for several; default: what reading needs)",
            ("--permission",),
            many=True,
            metavar="PERMISSION",
        ),
        Arg(
            "certificate",
            "with new: a file with the certificate that the app will sign with, in PEM",
            ("--certificate",),
            kind="file",
        ),
        Arg("secret", "with new: make a secret, which is shown once", ("--secret",), kind="flag"),
    ),
    about="People sign in through the client that every lab has; an app made here acts by itself.",
    examples=(
        "grace lab app list",
        "grace lab app new --name 'Nightly report' --secret",
        "grace lab app new --name Pipeline --permission DeviceManagementConfiguration.ReadWrite.All --secret",
    ),
)

COLUMNS = (
    Column("Name", "name"),
    Column("Client id", "clientId", "id"),
    Column("Signs in", "signsIn"),
    Column("Proof", "proof", "list"),
    Column("Thumbprint", "thumbprint", wide=True),
    Column("Permissions", "permissions", "list", wide=True),
)
NEW = (
    Column("Name", "name"),
    Column("Client id", "clientId", "id"),
    Column("Tenant id", "tenantId", "id"),
    Column("Secret", "secret"),
    Column("Thumbprint", "thumbprint"),
    Column("Permissions", "permissions", "list"),
)
FLAGS_OF_NEW = {
    "name": "--name",
    "permissions": "--permission",
    "certificate": "--certificate",
    "secret": "--secret",
}


def run(options: Options, tools: Tools) -> Outcome:
    from toolkit.lab import apps

    if options.verb != "new" and (
        given := [flag for key, flag in FLAGS_OF_NEW.items() if getattr(options, key)]
    ):
        raise UsageProblem(f"{given[0]} goes with new.", hint="grace lab app new --help")
    if options.verb != "remove" and options.app is not None:
        raise UsageProblem(
            f'"{options.app}" is one word too many.',
            hint="A new app is named with --name; see grace lab app --help",
        )
    if options.verb == "new":
        return _new(options, tools)
    store = tools.lab().store
    if options.verb == "remove":
        if options.app is None:
            raise MissingValue("Which app?", hint="grace lab app remove APP")
        gone = apps.remove(store, options.app)
        note = f'Removed "{gone.name}". Tokens that it has are good until they expire.'
        return Outcome(data=_object(gone), columns=COLUMNS, id_key="clientId", notes=(note,))
    return Outcome(data=[_object(app) for app in apps.apps(store)], columns=COLUMNS, id_key="clientId")


def _new(options: Options, tools: Tools) -> Outcome:
    from toolkit.lab.apps import register
    from toolkit.lab.tokens import tenant_id

    if options.name is None:
        raise MissingValue("What is the app called?", hint="grace lab app new --name NAME --secret")
    certificate = None if options.certificate is None else tools.read_text(options.certificate)
    store = tools.lab().store
    app, secret = register(
        store,
        options.name,
        permissions=options.permissions,
        certificate=certificate,
        with_secret=options.secret,
    )
    data = {**_object(app), "tenantId": tenant_id(store), "secret": secret}
    return Outcome(
        data=data,
        columns=NEW,
        id_key="clientId",
        sections=(Section("", NEW, [data], pairs=True),),
        notes=("The secret is shown this once: the lab keeps only its hash.",) if secret else (),
    )


def _object(app: App) -> dict[str, Any]:
    proof = [name for name, has in (("secret", app.secret_hash), ("certificate", app.certificate)) if has]
    return {
        "clientId": app.id,
        "name": app.name,
        "signsIn": "people" if app.is_public else "itself",
        "proof": proof,
        "thumbprint": None if app.certificate is None else app.certificate.sha1,
        "permissions": list(app.permissions),
    }
