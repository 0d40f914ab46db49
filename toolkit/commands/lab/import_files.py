"""grace lab import: policies, templates and more from Graph JSON files, as export tools write them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from toolkit.commands.spec import Arg, Spec, Tools
from toolkit.errors import GraceProblem
from toolkit.outcome import Column, Outcome

if TYPE_CHECKING:
    from toolkit.lab.loading import ImportReport


@dataclass(frozen=True, slots=True)
class Options:
    paths: tuple[str, ...]
    default_block: bool = False


SPEC = Spec(
    "lab",
    "import",
    Options,
    args=(
        Arg(
            "paths",
            "files, folders with .json files in them, or - for standard input",
            kind="file",
            many=True,
            required=True,
            metavar="PATH",
        ),
        Arg(
            "default_block",
            "mark devices at once where a policy comes without a schedule; else it is refused",
            ("--default-block",),
            kind="flag",
        ),
    ),
    about="One object that cannot be taken in is refused with the reason; the others are imported.",
    examples=("grace policy show 'iOS baseline' -o json | grace lab import -",),
)

COLUMNS = (
    Column("File", "file"),
    Column("Kind", "kind"),
    Column("Name", "name"),
    Column("Result", "result"),
    Column("Notes", "notes", "list"),
    Column("Id", "id", "id", wide=True),
)
STANDARD_INPUT = "standard input"


def run(options: Options, tools: Tools) -> Outcome:
    report = _report(options, tools)
    rows: list[dict[str, Any]] = [
        {
            "file": one.path,
            "kind": one.kind,
            "name": one.name,
            "result": "imported",
            "notes": list(one.notes),
            "id": one.id,
        }
        for one in report.imported
    ]
    rows += [
        {"file": path, "kind": None, "name": None, "result": "refused", "notes": [reason], "id": None}
        for path, reason in report.refused
    ]
    problems = tuple(GraceProblem(f"{path}: {reason}") for path, reason in report.refused)
    return Outcome(
        data=rows,
        columns=COLUMNS,
        problems=problems,
        notes=(f"{len(report.imported)} imported, {len(report.refused)} refused.",),
        empty="Nothing to import was found.",
    )


def _report(options: Options, tools: Tools) -> ImportReport:
    """What became of each object. Standard input goes through a file of its own, which is gone afterwards."""
    import os
    import tempfile

    from toolkit.lab.loading import import_paths

    lab = tools.lab()
    if "-" not in options.paths:
        return import_paths(lab, options.paths, default_block=options.default_block)
    text = tools.read_text("-")
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "standard-input.json")
        with open(path, "w", encoding="utf-8", errors="surrogatepass") as file:
            file.write(text)
        paths = [path if given == "-" else given for given in options.paths]
        report = import_paths(lab, paths, default_block=options.default_block)
    return report._replace(
        imported=tuple(
            one._replace(path=STANDARD_INPUT) if one.path == path else one for one in report.imported
        ),
        refused=tuple(
            (STANDARD_INPUT if given == path else given, reason) for given, reason in report.refused
        ),
    )
