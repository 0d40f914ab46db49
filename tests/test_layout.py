"""Who may import whom: the table of rooms, with a reason for each exception, held against every module."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path
from typing import NamedTuple

import pytest

import toolkit

ROOT = Path(toolkit.__file__).parent.parent

OPEN = ("toolkit", "toolkit.errors", "toolkit.outcome", "toolkit.clock")
"""Open to all: the family of problems, what a command returns, what time it is, the version."""


class Room(NamedTuple):
    ours: tuple[str, ...] = ()
    """Rooms, or single modules of a room, that it may import beside its own."""
    foreign: tuple[str, ...] = ()
    """Packages of others that it may import."""


ROOMS = {
    "toolkit": Room(),
    "toolkit.model": Room(),
    "toolkit.planning": Room(("toolkit.model",)),
    "toolkit.forecast": Room(("toolkit.model", "toolkit.planning")),
    "toolkit.graph": Room(("toolkit.model", "toolkit.planning"), ("requests",)),
    "toolkit.credentials": Room(("toolkit.model",), ("msal", "keyring")),
    "toolkit.apply": Room(("toolkit.model", "toolkit.planning", "toolkit.graph")),
    "toolkit.commands": Room(
        (
            "toolkit.model",
            "toolkit.planning",
            "toolkit.forecast",
            "toolkit.graph.reads",
            "toolkit.apply.journal",
            "toolkit.apply.undo",
        )
    ),
    "toolkit.render": Room(
        ("toolkit.model", "toolkit.planning", "toolkit.forecast", "toolkit.apply.journal"), ("rich", "ruamel")
    ),
    "toolkit.lab": Room(("toolkit.model", "toolkit.forecast")),
    "wizards": Room(
        ("toolkit.model", "toolkit.planning", "toolkit.forecast", "toolkit.commands", "toolkit.render"),
        ("questionary", "rich"),
    ),
    "toolkit.cli": Room(
        (
            "toolkit.model",
            "toolkit.planning",
            "toolkit.forecast",
            "toolkit.graph",
            "toolkit.credentials",
            "toolkit.apply",
            "toolkit.commands",
            "toolkit.render",
            "toolkit.lab",
        )
    ),
}

NOT_EVERYBODY = ("toolkit.graph.writes",)
"""Modules that even a room which may import their room may not: only apply/ writes."""


class Permit(NamedTuple):
    importer: str
    """A module, or a package with all that is in it."""
    imported: str
    reason: str


EXCEPTIONS = (
    Permit(
        "toolkit.commands.graph",
        "toolkit.graph.paging",
        "a raw request with --all-pages follows the links itself",
    ),
    Permit(
        "toolkit.commands.journal",
        "toolkit.apply.run",
        "reading the journal settles what was left unconfirmed",
    ),
    Permit("toolkit.commands.lab", "toolkit.lab", "the lab's own verbs"),
    Permit(
        "toolkit.commands.spec", "toolkit.lab.app", "names the type that Tools.lab() returns; nothing runs"
    ),
    Permit("toolkit.commands.action.set", "ruamel", "a schedule file is YAML as well as JSON"),
    Permit("toolkit.cli.conduct", "wizards.ask", "asks for the confirmation that the gate wants"),
    Permit(
        "toolkit.cli.conduct",
        "toolkit.graph.writes",
        "as_shown spells the requests of --what-if and sends none",
    ),
    Permit("toolkit.cli.shape", "jmespath", "--query"),
    Permit("toolkit.cli.environment", "platformdirs", "where the home folder is on each system"),
    Permit("toolkit.lab.adapter", "requests", "mounts the lab inside a requests.Session"),
    Permit("toolkit.lab.apps", "cryptography", "reads the certificate of an app that is registered"),
    Permit("toolkit.lab.certificate", "cryptography", "makes the certificate of a lab that speaks TLS"),
    Permit("toolkit.lab.identity.clients", "cryptography", "checks the signature of a client assertion"),
    Permit("toolkit.lab.tokens", "cryptography", "makes the key of ID tokens and signs with it"),
    Permit("wizards.ask", "prompt_toolkit", "questionary's own ground: where a question is written to"),
)

AT_THE_TOP = (
    Permit(
        "toolkit.lab.adapter", "requests", "it is an adapter of requests: who imports it has requests loaded"
    ),
)
"""Packages of others cost time at every start, so they are imported where they are used; but for these."""


class Import(NamedTuple):
    importer: str
    imported: str
    line: int
    runs_at_start: bool
    """At the top of a module, and not for types only."""

    def __str__(self) -> str:
        return f"{self.importer}:{self.line} imports {self.imported}"


@cache
def modules() -> dict[str, Path]:
    found = {}
    for top in ("toolkit", "wizards"):
        for path in sorted((ROOT / top).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


@cache
def imports() -> tuple[Import, ...]:
    return tuple(found for name, path in modules().items() for found in _of_module(name, path))


def _of_module(name: str, path: Path) -> Iterator[Import]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    later = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) or _is_for_types(node)
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name}:{node.lineno} imports by dots; whole names can be searched for"
            assert node.module is not None
            # `from toolkit.graph import reads` is the module reads, `from toolkit.errors import X` is errors.
            whole = [f"{node.module}.{alias.name}" for alias in node.names]
            names = [one if one in modules() else node.module for one in whole]
        for one in dict.fromkeys(names):
            if one.partition(".")[0] not in sys.stdlib_module_names:
                yield Import(name, one, getattr(node, "lineno", 0), id(node) not in later)


def _is_for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING")


def inside(module: str, place: str) -> bool:
    return module == place or module.startswith(place + ".")


def room_of(module: str) -> str:
    top, _, rest = module.partition(".")
    if top == "wizards":
        return "wizards"
    folder = rest.partition(".")[0]
    return f"toolkit.{folder}" if rest and f"toolkit.{folder}" not in OPEN else "toolkit"


def is_ours(module: str) -> bool:
    return module.partition(".")[0] in ("toolkit", "wizards")


def is_by_the_table(found: Import) -> bool:
    room = room_of(found.importer)
    if is_ours(found.imported):
        if found.imported in OPEN or room_of(found.imported) == room:
            return True
        if found.imported in NOT_EVERYBODY and room != "toolkit.apply":
            return False
        return any(inside(found.imported, place) for place in ROOMS[room].ours)
    return found.imported.partition(".")[0] in ROOMS[room].foreign


def is_excepted(found: Import, table: tuple[Permit, ...]) -> bool:
    return any(inside(found.importer, row.importer) and inside(found.imported, row.imported) for row in table)


def test_every_room_is_in_the_table():
    assert {room_of(name) for name in modules()} <= set(ROOMS)


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_what_the_table_lets_it(room):
    mine = [found for found in imports() if room_of(found.importer) == room]
    assert [str(f) for f in mine if not is_by_the_table(f) and not is_excepted(f, EXCEPTIONS)] == []


@pytest.mark.parametrize("row", EXCEPTIONS, ids=lambda row: f"{row.importer}-{row.imported}")
def test_every_exception_is_still_needed(row):
    needed = [f for f in imports() if is_excepted(f, (row,)) and not is_by_the_table(f)]
    assert needed, "nothing needs this exception any more: take the row away"


def test_packages_of_others_are_imported_where_they_are_used_and_not_at_every_start():
    early = [f for f in imports() if f.runs_at_start and not is_ours(f.imported)]
    assert [str(f) for f in early if not is_excepted(f, AT_THE_TOP)] == []


def test_the_wizards_are_imported_late():
    assert [
        str(f)
        for f in imports()
        if inside(f.imported, "wizards") and f.runs_at_start and room_of(f.importer) != "wizards"
    ] == []


def test_questions_and_sign_in_have_one_module_each():
    users = {(f.importer, f.imported.partition(".")[0]) for f in imports()}
    assert [user for user, package in users if package == "questionary"] == ["wizards.ask"]
    assert {user for user, package in users if package == "msal"} <= {"toolkit.credentials.sign_in"}


def test_rooms_do_not_import_each_other_in_a_circle():
    needs: dict[str, set[str]] = {room: set() for room in ROOMS}
    for found in imports():
        if (
            found.runs_at_start
            and is_ours(found.imported)
            and room_of(found.imported) != room_of(found.importer)
        ):
            needs[room_of(found.importer)].add(room_of(found.imported))
    order = list(TopologicalSorter(needs).static_order())  # raises CycleError, which names the circle
    assert order.index("toolkit.model") < order.index("toolkit.cli")


def test_modules_do_not_import_each_other_in_a_circle():
    needs: dict[str, set[str]] = {name: set() for name in modules()}
    for found in imports():
        if found.runs_at_start and found.imported in needs and found.imported != found.importer:
            needs[found.importer].add(found.imported)
    assert len(list(TopologicalSorter(needs).static_order())) == len(needs)


@pytest.mark.parametrize(
    ("importer", "imported", "expected"),
    [
        ("toolkit.model.wire", "toolkit.errors", True),
        ("toolkit.model.wire", "toolkit.model.data.platforms", True),
        ("toolkit.model.wire", "toolkit.planning.change", False),
        ("toolkit.model.wire", "requests", False),
        ("toolkit.lab.app", "toolkit.graph.reads", False),
        ("toolkit.commands.policy.list", "toolkit.graph.reads", True),
        ("toolkit.commands.policy.list", "toolkit.graph.session", False),
        ("toolkit.commands.policy.list", "toolkit.render.table", False),
        ("toolkit.cli.app", "toolkit.graph.writes", False),
        ("toolkit.apply.run", "toolkit.graph.writes", True),
        ("toolkit.render.table", "rich.table", True),
        ("wizards.menu", "toolkit.graph.reads", False),
        ("toolkit.errors", "toolkit.model.units", False),
    ],
)
def test_the_table_says_no_where_it_should(importer, imported, expected):
    assert is_by_the_table(Import(importer, imported, 1, True)) is expected
