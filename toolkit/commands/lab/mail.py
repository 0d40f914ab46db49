"""grace lab mail: the mails that the lab sent, as a list or one as its reader sees it; as files, or to a mail server."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from toolkit.commands.spec import Arg, Spec, Tools
from toolkit.errors import GraceProblem, NotFound, PartlyApplied, Unreachable, UsageProblem
from toolkit.outcome import Column, Outcome

if TYPE_CHECKING:
    from toolkit.lab.delivery import Receipt
    from toolkit.lab.letter import Logo

NO_MAIL = "The lab has sent no mail yet. Turn its clock with: grace lab advance 5d"


@dataclass(frozen=True, slots=True)
class Options:
    verb: str = "list"
    number: int | None = None
    save: str | None = None
    smtp: str | None = None


SPEC = Spec(
    "lab",
    "mail",
    Options,
    args=(
        Arg(
            "verb",
            "list (default), or show for one mail",
            kind="choice",
            choices=("list", "show"),
            default="list",
        ),
        Arg("number", "with show: the number of the mail in the list (default: the newest)", kind="count"),
        Arg("save", "write .eml files into this folder", ("--save",), kind="file", metavar="DIR"),
        Arg(
            "smtp", "deliver to a mail server on this computer", ("--smtp",), kind="text", metavar="HOST:PORT"
        ),
    ),
    about=(
        "--save and --smtp take the one mail of show, or with list every mail that the lab sent: --filter and its kin"
        " choose what is printed. -o html is for show."
    ),
    formats=("html",),
    examples=(
        "grace lab mail list",
        "grace lab mail list --filter \"locale eq 'fr-fr'\" -o json",
        "grace lab mail list --search 'First warning'",
        "grace lab mail list --save mails",
    ),
)

COLUMNS = (
    Column("#", "number", "count"),
    Column("Sent", "at", "date"),
    Column("To", "to"),
    Column("Locale", "locale"),
    Column("Subject", "subject"),
    Column("Device", "deviceName"),
    Column("Copies", "cc", "list", wide=True),
    Column("Policy", "policyName", wide=True),
    Column("Template", "templateName", wide=True),
)

Mail = dict[str, Any]


def run(options: Options, tools: Tools) -> Outcome:
    from toolkit.lab import letter

    store = tools.lab().store
    mails = [{**mail, "number": number} for number, mail in store.log("mail")]
    logo = letter.logo_of(store.meta("brand") or {})
    tenant_id = str((store.meta("organization") or {}).get("id"))
    if options.verb == "list":
        if options.number is not None:
            raise UsageProblem("A number goes with show.", hint=f"grace lab mail show {options.number}")
        notes, problems = _leave(mails, options, logo, tenant_id)
        return Outcome(
            data=mails, columns=COLUMNS, id_key="number", empty=NO_MAIL, notes=notes, problems=problems
        )
    if not mails:
        raise NotFound(NO_MAIL)
    number = mails[-1]["number"] if options.number is None else options.number
    mail = next((mail for mail in mails if mail["number"] == number), None)
    if mail is None:
        raise NotFound(
            f"There is no mail {number}.", hint=f"The lab has sent {mails[-1]['number']}: grace lab mail list"
        )
    notes, problems = _leave([mail], options, logo, tenant_id)
    return Outcome(
        data=mail,
        columns=COLUMNS,
        id_key="number",
        text=letter.text(mail),
        html=letter.page(mail, logo),
        notes=notes,
        problems=problems,
    )


def _leave(
    mails: Sequence[Mail], options: Options, logo: Logo | None, tenant_id: str
) -> tuple[tuple[str, ...], tuple[GraceProblem, ...]]:
    """Saves and delivers as asked: what to say of it, and what went wrong after something had been sent."""
    if options.save is None and options.smtp is None:
        return (), ()
    from toolkit.lab import delivery, letter

    if options.smtp is not None:
        delivery.address_of(options.smtp)  # a mistake there is said before a file is written
    if not mails:
        return (), ()
    written = [letter.message(mail, logo, tenant_id) for mail in mails]
    notes: list[str] = []
    if options.save is not None:
        names = [letter.file_name(mail) for mail in mails]
        new = delivery.save(dict(zip(names, written, strict=True)), options.save)
        notes.append(_saved(names, new, options.save))
    if options.smtp is None:
        return tuple(notes), ()
    letters = []
    for mail, message in zip(mails, written, strict=True):
        people = letter.recipients(mail)
        if people.left_out:
            notes.append(f"Mail {mail['number']}: {', '.join(people.left_out)} cannot be written to.")
        if people.envelope:
            letters.append(delivery.Letter(mail["number"], mail["from"], people.envelope, message))
        else:
            notes.append(f"Mail {mail['number']} has nobody to go to and was not sent.")
    if not letters:
        return tuple(notes), ()
    receipt = delivery.deliver(letters, options.smtp)
    notes.append(f"{options.smtp} took {receipt.taken} of {_counted(len(letters))}.")
    return tuple(notes), _problems(receipt, options.smtp)


def _saved(names: Sequence[str], new: int, folder: str) -> str:
    done = f"Saved {names[0] if len(names) == 1 else _counted(new)} in {folder}." if new else ""
    old = len(names) - new
    kept = f"{_counted(old)} in {folder} already, with the same content." if old else ""
    return f"{done} {kept}".strip()


def _counted(count: int) -> str:
    return f"{count} mail{'' if count == 1 else 's'}"


def _problems(receipt: Receipt, server: str) -> tuple[GraceProblem, ...]:
    if not receipt.problems:
        return ()
    more = len(receipt.problems) - 3
    said = "; ".join(receipt.problems[:3]) + (f"; and {more} more" if more > 0 else "")
    detail = {"problems": list(receipt.problems)}
    if receipt.taken:
        return (PartlyApplied(f"Not all was delivered: {said}.", detail=detail),)
    kind = Unreachable if receipt.is_broken else GraceProblem
    return (kind(f"{server} took none of the mails: {said}.", detail=detail),)
