"""One lab on disk: JSON documents by kind and id, append-only logs and a few named values, in one SQLite file."""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from toolkit.errors import StorageProblem

APPLICATION_ID = 0x67726163  # "grac": tells a lab from any other SQLite file
CHUNK = 256
_ENCODER = json.JSONEncoder(separators=(",", ":"))

MIGRATIONS: tuple[str, ...] = (
    """
    CREATE TABLE document (
        position INTEGER PRIMARY KEY,
        kind TEXT NOT NULL,
        id TEXT NOT NULL COLLATE NOCASE,
        body TEXT NOT NULL,
        UNIQUE (kind, id)
    );
    CREATE TABLE log (kind TEXT NOT NULL, number INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (kind, number))
        WITHOUT ROWID;
    CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    """,
    """
    CREATE INDEX document_order ON document (kind);
    ALTER TABLE document ADD COLUMN k1 TEXT;
    ALTER TABLE document ADD COLUMN k2 TEXT;
    ALTER TABLE document ADD COLUMN k3 TEXT;
    ALTER TABLE document ADD COLUMN k4 TEXT;
    ALTER TABLE document ADD COLUMN k5 TEXT;
    ALTER TABLE document ADD COLUMN k6 TEXT;
    CREATE INDEX document_k1 ON document (kind, k1) WHERE k1 IS NOT NULL;
    CREATE INDEX document_k2 ON document (kind, k2) WHERE k2 IS NOT NULL;
    CREATE INDEX document_k3 ON document (kind, k3) WHERE k3 IS NOT NULL;
    CREATE INDEX document_k4 ON document (kind, k4) WHERE k4 IS NOT NULL;
    CREATE INDEX document_k5 ON document (kind, k5) WHERE k5 IS NOT NULL;
    CREATE INDEX document_k6 ON document (kind, k6) WHERE k6 IS NOT NULL;
    UPDATE document SET
        k1 = fold(json_extract(body, '$.azureADDeviceId')), k2 = fold(json_extract(body, '$.lab.entraObjectId')),
        k3 = fold(json_extract(body, '$.deviceName')), k4 = fold(json_extract(body, '$.userPrincipalName')),
        k5 = fold(json_extract(body, '$.operatingSystem')), k6 = fold(json_extract(body, '$.complianceState'))
        WHERE kind = 'device';
    UPDATE document SET
        k1 = fold(json_extract(body, '$.id')), k2 = fold(json_extract(body, '$.userPrincipalName')),
        k3 = fold(json_extract(body, '$.displayName'))
        WHERE kind = 'user';
    UPDATE document SET
        k1 = fold(json_extract(body, '$.id')), k2 = fold(json_extract(body, '$.displayName')) WHERE kind = 'group';
    UPDATE document SET k1 = fold(json_extract(body, '$.displayName')) WHERE kind IN ('policy', 'template', 'access');
    UPDATE document SET k1 = fold(json_extract(body, '$.name')) WHERE kind = 'catalogPolicy';
    UPDATE document SET k1 = fold(json_extract(body, '$.policyId')) WHERE kind = 'record';
    """,
)
"""Step n brings a file from version n to n + 1. A step that was released is never edited."""

Indexed = tuple[str, str]
"""(kind, path of the property in its documents)."""

KEYS: Mapping[str, tuple[str, ...]] = {
    "device": (
        "azureADDeviceId",
        "lab/entraObjectId",
        "deviceName",
        "userPrincipalName",
        "operatingSystem",
        "complianceState",
    ),
    "user": ("id", "userPrincipalName", "displayName"),
    "group": ("id", "displayName"),
    "policy": ("displayName",),
    "catalogPolicy": ("name",),
    "template": ("displayName",),
    "access": ("displayName",),
    "record": ("policyId",),
}
"""What can be looked up without reading every document, the most selective of a kind first; each has a column, k1 on.

Columns and not indexes on expressions: those would be worked out anew at every change of any member.
"""

_COLUMNS: Mapping[str, tuple[tuple[str, str, str], ...]] = {
    kind: tuple(
        (f"k{number}", path.partition("/")[0], path.partition("/")[2]) for number, path in enumerate(paths, 1)
    )
    for kind, paths in KEYS.items()
}
"""Column, member, and the member of that one."""

INDEXED: Mapping[Indexed, str] = {
    (kind, path): f"k{number}" for kind, paths in KEYS.items() for number, path in enumerate(paths, 1)
}
PAGES: Mapping[Indexed, str] = {
    (kind, path): f"SELECT position, body FROM document WHERE kind = '{kind}' AND {column} = ?"  # noqa: S608 - from the table above
    " AND position > ? ORDER BY position LIMIT ? OFFSET ?"
    for (kind, path), column in INDEXED.items()
}
PAGE = (
    "SELECT position, body FROM document WHERE kind = ? AND position > ? ORDER BY position LIMIT ? OFFSET ?"
)
COUNTS: Mapping[Indexed, str] = {
    (kind, path): f"SELECT count(*) FROM document WHERE kind = '{kind}' AND {column} = ?"  # noqa: S608 - from the table above
    for (kind, path), column in INDEXED.items()
}
MOST_AT_ONCE = 1000
PATIENCE = 10
"""Seconds that a file in use by another program is waited for."""


class Store:
    """Documents are handed out as fresh values: changing one changes nothing until it is put back."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._lock = threading.RLock()
        self._depth = 0
        try:
            if path != ":memory:" and not os.path.exists(path):
                # It holds what signs the lab's tokens: nobody else's to read.
                os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
            self._connection = sqlite3.connect(
                path, timeout=PATIENCE, isolation_level=None, check_same_thread=False
            )
        except OSError as error:
            raise StorageProblem(
                f"{path} cannot be opened.", hint="See whether its folder exists and is yours."
            ) from error
        except sqlite3.Error as error:
            raise self._problem(error) from error
        try:
            self._connection.create_function("fold", 1, _folded, deterministic=True)
            self._execute("PRAGMA synchronous = FULL")
            self._migrate()
        except StorageProblem:
            self._connection.close()
            raise

    @contextmanager
    def transaction(self, *, read_only: bool = False) -> Iterator[None]:
        """All or nothing. An inner transaction joins the outer one; `read_only` takes a snapshot and no write lock."""
        with self._lock:
            if self._depth == 0:
                self._execute("BEGIN" if read_only else "BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
            except BaseException:
                self._depth -= 1
                if self._depth == 0 and self._connection.in_transaction:
                    self._connection.rollback()
                raise
            self._depth -= 1
            if self._depth == 0:
                try:
                    self._execute("COMMIT")
                except StorageProblem:
                    if self._connection.in_transaction:
                        self._connection.rollback()
                    raise

    @contextmanager
    def impatient(self) -> Iterator[None]:
        """For what can wait: a file that another program is writing is a StorageProblem at once."""
        with self._lock:
            self._execute("PRAGMA busy_timeout = 0")
            try:
                yield
            finally:
                self._execute(f"PRAGMA busy_timeout = {PATIENCE * 1000}")

    def share(self, is_shared: bool) -> None:
        """Lets others write for long without keeping this one from reading, or ends that where nobody else is there."""
        with suppress(StorageProblem), self.impatient():
            self._execute(f"PRAGMA journal_mode = {'WAL' if is_shared else 'DELETE'}")

    def get(self, kind: str, id: str) -> dict[str, Any] | None:
        row = self._execute("SELECT body FROM document WHERE kind = ? AND id = ?", (kind, id)).fetchone()
        return None if row is None else json.loads(row[0])

    def put(self, kind: str, id: str, document: dict[str, Any]) -> None:
        # What the document does not have any more is not to be found either.
        keys = {column: None for column, _, _ in _COLUMNS.get(kind, ())} | _keys(kind, document)
        columns = "".join(f", {column}" for column in keys)
        changes = "".join(f", {column} = excluded.{column}" for column in keys)
        self._execute(
            f"INSERT INTO document (kind, id, body{columns}) VALUES (?, ?, ?{', ?' * len(keys)})"  # noqa: S608 - k1 to k6
            f" ON CONFLICT (kind, id) DO UPDATE SET body = excluded.body{changes}",
            (kind, id, _text(document), *keys.values()),
        )

    def patch(self, kind: str, id: str, members: Mapping[str, Any]) -> None:
        """Sets members of a document, whose names are our own words, and leaves the others as they are."""
        pairs = [part for name, value in members.items() for part in (f"$.{name}", _text(value))]
        keys = _keys(kind, members)
        columns = "".join(f", {column} = ?" for column in keys)
        self._execute(
            f"UPDATE document SET body = json_set(body{', ?, json(?)' * len(members)}){columns}"  # noqa: S608 - question marks
            " WHERE kind = ? AND id = ?",
            (*pairs, *keys.values(), kind, id),
        )

    def delete(self, kind: str, id: str) -> bool:
        return self._execute("DELETE FROM document WHERE kind = ? AND id = ?", (kind, id)).rowcount > 0

    def all(self, kind: str) -> list[dict[str, Any]]:
        """Every document of a kind in the order in which they were first put."""
        rows = self._execute("SELECT body FROM document WHERE kind = ? ORDER BY position", (kind,)).fetchall()
        # One parse of a joined list is twice as quick as many small ones.
        return json.loads("[" + ",".join(row[0] for row in rows) + "]") if rows else []

    def items(self, kind: str) -> list[tuple[str, dict[str, Any]]]:
        rows = self._execute(
            "SELECT id, body FROM document WHERE kind = ? ORDER BY position", (kind,)
        ).fetchall()
        return [(row[0], json.loads(row[1])) for row in rows]

    def each(self, kind: str) -> Iterator[dict[str, Any]]:
        """As `all`, but only a few hundred are in memory at a time. Nothing may be put or deleted meanwhile."""
        cursor = self._execute("SELECT body FROM document WHERE kind = ? ORDER BY position", (kind,))
        while rows := cursor.fetchmany(CHUNK):
            # Documents that are parsed together share the texts of their keys.
            yield from json.loads("[" + ",".join(row[0] for row in rows) + "]")

    def below(self, kind: str, prefix: str) -> list[tuple[str, dict[str, Any]]]:
        """(id, document) of those whose id begins with the prefix and a "|", in the order of their ids."""
        rows = self._execute(
            "SELECT id, body FROM document WHERE kind = ? AND id > ? AND id < ? ORDER BY id",
            (kind, f"{prefix}|", f"{prefix}}}"),  # "}" follows "|"
        ).fetchall()
        return [(row[0], json.loads(row[1])) for row in rows]

    def ids(self, kind: str) -> list[str]:
        rows = self._execute("SELECT id FROM document WHERE kind = ? ORDER BY position", (kind,)).fetchall()
        return [row[0] for row in rows]

    def scan(
        self,
        kind: str,
        where: tuple[str, Sequence[str]] | None = None,
        *,
        after: int = 0,
        offset: int = 0,
        first: int = 100,
    ) -> Iterator[tuple[int, dict[str, Any]]]:
        """(position, document) in the order in which they were first put, read as far as the caller goes.

        `where` is an indexed property (INDEXED) and the texts of which it has one, in any case. `after` is the position
        behind which to begin, `offset` how many to leave out there, `first` how many are wanted at once.
        """
        size = min(max(first, 1), MOST_AT_ONCE)
        while True:
            rows = self._page(kind, where, after, size, offset)
            yield from zip(
                [row[0] for row in rows], json.loads(f"[{','.join(row[1] for row in rows)}]"), strict=True
            )
            if len(rows) < size:
                return
            after, offset, size = rows[-1][0], 0, min(size * 2, MOST_AT_ONCE)

    def lookup(self, kind: str, path: str, value: str) -> list[dict[str, Any]]:
        """The documents whose indexed property has this text, in any case."""
        return [document for _, document in self.scan(kind, (path, (value,)))]

    def user(self, key: str) -> dict[str, Any] | None:
        """The person with this id or user principal name, in any case."""
        return self.get("user", key) or next(iter(self.lookup("user", "userPrincipalName", key)), None)

    def tally(self, kind: str, path: str, value: str) -> int:
        """How many documents have this text, in any case, in an indexed property."""
        return int(self._execute(COUNTS[kind, path], (value.casefold(),)).fetchone()[0])

    def _page(
        self, kind: str, where: tuple[str, Sequence[str]] | None, after: int, size: int, offset: int
    ) -> list[tuple[int, str]]:
        if where is None:
            return self._execute(PAGE, (kind, after, size, offset)).fetchall()
        path, values = where
        folded = dict.fromkeys(value.casefold() for value in values)
        if len(folded) == 1:
            return self._execute(PAGES[kind, path], (*folded, after, size, offset)).fetchall()
        rows: list[tuple[int, str]] = []
        for value in folded:
            rows += self._execute(PAGES[kind, path], (value, after, size + offset, 0)).fetchall()
        return sorted(rows)[offset : offset + size]

    def count(self, kind: str) -> int:
        return int(self._execute("SELECT count(*) FROM document WHERE kind = ?", (kind,)).fetchone()[0])

    def append(self, kind: str, document: dict[str, Any]) -> int:
        with self.transaction():
            number = self.last_number(kind) + 1
            self._execute("INSERT INTO log VALUES (?, ?, ?)", (kind, number, _text(document)))
        return number

    def append_all(self, kind: str, texts: Iterable[str]) -> None:
        """As `append` for each of them in turn; they come as JSON."""
        with self.transaction():
            first = self.last_number(kind) + 1
            rows = [(kind, number, text) for number, text in enumerate(texts, first)]
            try:
                self._connection.executemany("INSERT INTO log VALUES (?, ?, ?)", rows)
            except sqlite3.Error as error:
                raise self._problem(error) from error

    def log(self, kind: str) -> list[tuple[int, dict[str, Any]]]:
        rows = self._execute(
            "SELECT number, body FROM log WHERE kind = ? ORDER BY number", (kind,)
        ).fetchall()
        return [(row[0], json.loads(row[1])) for row in rows]

    def last_number(self, kind: str) -> int:
        """The number of the newest row of a log, 0 while it is empty."""
        return int(
            self._execute("SELECT coalesce(max(number), 0) FROM log WHERE kind = ?", (kind,)).fetchone()[0]
        )

    def trim(self, kind: str, keep: int) -> None:
        """Forgets all but the newest `keep` rows of a log; the numbers go on."""
        self._execute("DELETE FROM log WHERE kind = ? AND number <= ?", (kind, self.last_number(kind) - keep))

    def meta(self, key: str) -> Any:
        """None where nothing was set."""
        row = self._execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return None if row is None else json.loads(row[0])

    def set_meta(self, key: str, value: Any) -> None:
        self._execute(
            "INSERT INTO meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            (key, _text(value)),
        )

    def new_id(self) -> str:
        """The next GUID of this lab: the same seed and the same calls give the same ids."""
        with self.transaction():
            count = int(self.meta("idCounter") or 0) + 1
            self.set_meta("idCounter", count)
            return guid(f"{self.meta('seed')}:{count}")

    def clear(self) -> None:
        """Empties the lab, for a story to be loaded again."""
        with self.transaction():
            for table in ("document", "log", "meta"):
                self._execute(f"DELETE FROM {table}")  # noqa: S608 - three names from this line

    def close(self) -> None:
        # Not under another thread's feet: SQLite frees what a running statement still holds.
        with self._lock:
            self._connection.close()

    def _migrate(self) -> None:
        version = self._pragma("user_version")
        if version == 0 and self._pragma("application_id") == 0:
            tables = self._execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
            if tables:
                raise StorageProblem(
                    f"{self.path} is a database of another program.", hint="Name another file."
                )
        elif self._pragma("application_id") != APPLICATION_ID:
            raise StorageProblem(f"{self.path} is a database of another program.", hint="Name another file.")
        if version > len(MIGRATIONS):
            raise StorageProblem(
                f"{self.path} was written by a newer Grace.",
                hint="Update Grace, or make a new lab in another file.",
            )
        if version == len(MIGRATIONS):
            return
        with self.transaction():
            for step in range(self._pragma("user_version"), len(MIGRATIONS)):
                for statement in filter(str.strip, MIGRATIONS[step].split(";")):
                    self._execute(statement)
            self._execute(f"PRAGMA application_id = {APPLICATION_ID}")
            self._execute(f"PRAGMA user_version = {len(MIGRATIONS)}")

    def _pragma(self, name: str) -> int:
        return int(self._execute(f"PRAGMA {name}").fetchone()[0])

    def _execute(self, sql: str, values: Sequence[Any] = ()) -> sqlite3.Cursor:
        try:
            return self._connection.execute(sql, values)
        except sqlite3.Error as error:
            raise self._problem(error) from error

    def _problem(self, error: sqlite3.Error) -> StorageProblem:
        text = str(error)
        if "locked" in text or "busy" in text:
            return StorageProblem(
                f"{self.path} is in use by another program.",
                hint="Wait until it has finished, then try again.",
            )
        if "full" in text:
            return StorageProblem(
                f"The disk is full: {self.path} was left as it was.", hint="Free some space."
            )
        if "not a database" in text or "malformed" in text:
            return StorageProblem(
                f"{self.path} is damaged or no lab.",
                hint="Name another file, or delete it and make a new lab.",
            )
        if "unable to open" in text:
            return StorageProblem(
                f"{self.path} cannot be opened.", hint="See whether its folder exists and is yours."
            )
        if "readonly" in text:
            return StorageProblem(f"{self.path} cannot be written.", hint="See who may write it.")
        return StorageProblem(f"{self.path} cannot be used: {text}.")


def guid(name: str) -> str:
    """A GUID that looks random and is always the same for the same name."""
    digits = hashlib.sha256(name.encode()).hexdigest()
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{'89ab'[int(digits[16], 16) % 4]}{digits[17:20]}-{digits[20:32]}"


def graph_time(text: str | None) -> str:
    """A time of ours as Graph writes times, "2026-11-02T08:00:00Z"; Graph's "never" for None."""
    return (text or "0001-01-01T00:00:00Z").replace("+00:00", "Z")


def _keys(kind: str, document: Mapping[str, Any]) -> dict[str, str | None]:
    """The columns that members of a document stand in, with what stands in them."""
    keys = {}
    for column, name, inner in _COLUMNS.get(kind, ()):
        if name in document:
            value = document[name]
            keys[column] = _folded((value or {}).get(inner) if inner else value)
    return keys


def _folded(text: Any) -> str | None:
    """A text as comparisons see it, which mind no case; there are no comparisons for what is none."""
    return text.casefold() if isinstance(text, str) else None


def _text(value: Any) -> str:
    return _ENCODER.encode(value)
