"""The tenants that Grace knows and which one is in use: `settings.toml` in the home folder, and variables."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass

from toolkit.errors import BadFile, NotFound, StorageProblem, UsageProblem
from toolkit.model.refs import nearest

LAB = "lab"
APIS = ("set", "item")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True)
class Profile:
    """One tenant. `kind` is lab or graph; `actions_api` is how schedules are written: set or item."""

    name: str
    kind: str = "lab"
    actions_api: str = "set"


def is_lab(name: str) -> bool:
    """Labs need no registration: `lab`, and any name that begins with `lab-`."""
    return name == LAB or name.startswith("lab-")


class Settings:
    """Reads once, writes whole and atomically."""

    def __init__(self, home: str) -> None:
        self.home = home
        self.path = os.path.join(home, "settings.toml")
        self._kept: dict[str, object] | None = None

    @property
    def active(self) -> str:
        name = self._read().get("active", LAB)
        return name if isinstance(name, str) else LAB

    def profile(self, name: str) -> Profile:
        """Raises NotFound with the nearest names for a tenant that is not known."""
        check_name(name)
        table = self._tenants().get(name)
        if table is None and not is_lab(name):
            near = nearest(name, self.names())
            hint = f"Known: {', '.join(near or self.names())}. A lab of its own is any name that begins with lab-."
            raise NotFound(f'No tenant is called "{name}".', hint=hint)
        api = str((table or {}).get("actions_api", "set"))
        return Profile(name, "lab" if is_lab(name) else "graph", api if api in APIS else "set")

    def names(self) -> tuple[str, ...]:
        labs = []
        try:
            found = sorted(os.listdir(os.path.join(self.home, "labs")))
        except OSError:
            found = []
        for file in found:
            name, dot, ending = file.rpartition(".")
            if dot and ending == "sqlite" and is_lab(name):
                labs.append(name)
        return tuple(dict.fromkeys((LAB, *labs, *self._tenants())))

    def use(self, name: str, actions_api: str | None = None) -> None:
        profile = self.profile(name)
        tables = {key: dict(value) for key, value in self._tenants().items()}
        if actions_api is not None:
            tables.setdefault(name, {})["actions_api"] = actions_api
        elif profile.actions_api != "set":
            tables.setdefault(name, {})["actions_api"] = profile.actions_api
        self._write(name, tables)

    def _read(self) -> dict[str, object]:
        if self._kept is None:
            # Most runs have no settings file, and tomllib costs as much as everything else here.
            if not os.path.exists(self.path):
                self._kept = {}
                return self._kept
            import tomllib

            try:
                with open(self.path, "rb") as handle:
                    self._kept = dict(tomllib.load(handle))
            except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
                raise BadFile(
                    f"{self.path} is not TOML: {problem}.", hint="Mend it, or remove it to start anew."
                ) from None
            except OSError as problem:
                raise StorageProblem(f"Cannot read {self.path}: {problem.strerror}.") from None
        return self._kept

    def _tenants(self) -> Mapping[str, Mapping[str, object]]:
        table = self._read().get("tenant", {})
        if not isinstance(table, dict) or not all(isinstance(value, dict) for value in table.values()):
            raise BadFile(f'{self.path}: "tenant" must hold one table for each tenant.')
        return table

    def _write(self, active: str, tables: Mapping[str, Mapping[str, object]]) -> None:
        own = {**self._read(), "active": active}
        lines = [f"{_toml(key)} = {_toml(value)}" for key, value in own.items() if key != "tenant"]
        for name, table in tables.items():
            lines += ["", f"[tenant.{_toml(name)}]", *(f"{_toml(k)} = {_toml(v)}" for k, v in table.items())]
        lines.append("")
        try:
            os.makedirs(self.home, exist_ok=True)
        except OSError as problem:
            raise StorageProblem(
                f"Cannot make the folder {self.home}: {problem.strerror}.", hint="Set GRACE_HOME."
            ) from None
        write_whole(self.path, "\n".join(lines))
        self._kept = None


def check_name(name: str) -> None:
    """A tenant's name becomes a file's name, so it is kept plain."""
    if not _NAME.fullmatch(name):
        raise UsageProblem(
            f'"{name}" cannot be the name of a tenant.', hint="Letters, digits, dots, dashes; at most 64."
        )


def _toml(value: object) -> str:
    """A value, or a key, as TOML writes it: what the file held before, by whatever hand, stays as it was."""
    import json

    if isinstance(value, str):
        # TOML's escapes are JSON's, except that it wants DEL escaped and knows no surrogate pairs.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_toml(key)} = {_toml(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return str(value)  # numbers, dates and times


def write_whole(path: str, text: str, mode: int = 0o600) -> None:
    """Replaces a file at once: whoever reads it sees the old text or the new one. Raises StorageProblem."""
    import tempfile

    path = os.path.realpath(path)
    folder = os.path.dirname(path) or "."
    temporary = None
    try:
        if os.path.exists(path) and not os.path.isfile(path) and not os.path.isdir(path):
            # A device or a named pipe is written to, not replaced.
            with open(path, "w", encoding="utf-8") as handle:
                handle.write(text)
            return
        descriptor, temporary = tempfile.mkstemp(dir=folder, prefix=".grace-")
        with os.fdopen(descriptor, "w", encoding="utf-8") as handle:
            handle.write(text)
            handle.flush()
            os.fsync(handle.fileno())
        os.chmod(temporary, mode)
        os.replace(temporary, path)
        temporary = None
    except OSError as problem:
        raise StorageProblem(f"Cannot write {path}: {problem.strerror or problem}.") from None
    finally:
        if temporary is not None and os.path.exists(temporary):
            os.unlink(temporary)
