"""How a command describes itself, and what it may reach while it runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from toolkit.apply.journal import Journal
    from toolkit.clock import Clock
    from toolkit.graph.reads import Tenant
    from toolkit.lab.app import Lab
    from toolkit.outcome import Outcome


class Arg(NamedTuple):
    """One argument. `name` is the field of Options; without `flags` it is a positional one.

    `kind` says how the text becomes a value, and what completion offers: text, content (TEXT, @file or -),
    policy, template, group, device, after (3d, 12h), days, hours, locale, platform, count, setting (name=value),
    choice, file, entry, action, flag (given or not), switch (--x and --no-x).
    `one_of` puts flags into a group of which at most one may be given.
    """

    name: str
    help: str
    flags: tuple[str, ...] = ()
    kind: str = "text"
    many: bool = False
    required: bool = False
    choices: tuple[str, ...] = ()
    default: Any = None
    metavar: str = ""
    one_of: str = ""


class Spec(NamedTuple):
    """One verb. `changes` says that its function returns a Plan; `examples` run as they stand on the lab tenant."""

    noun: str
    verb: str
    options: type
    args: tuple[Arg, ...] = ()
    changes: bool = False
    examples: tuple[str, ...] = ()
    about: str = ""
    formats: tuple[str, ...] = ()
    """Output formats of its own, beside those that every verb has."""

    @property
    def words(self) -> str:
        return f"{self.noun} {self.verb}".strip()


class Tools(Protocol):
    """What a command may reach. Everything is built when first asked for."""

    @property
    def tenant(self) -> Tenant: ...
    @property
    def journal(self) -> Journal: ...
    @property
    def clock(self) -> Clock: ...
    @property
    def home(self) -> str: ...
    @property
    def profile(self) -> str: ...
    @property
    def api_version(self) -> str | None: ...

    def lab(self) -> Lab:
        """The lab of the active tenant. Raises UsageProblem where that is a live tenant."""
        ...

    def make_lab(self, story: str, seed: int, devices: int | None) -> Lab: ...

    def reset_lab(self) -> Lab: ...

    def profiles(self) -> tuple[Mapping[str, Any], ...]: ...

    def use_profile(self, name: str, actions_api: str | None) -> None: ...

    def read_text(self, source: str) -> str:
        """What a file holds, or standard input for "-". Raises BadFile."""
        ...

    def run(self, words: list[str], home: str) -> tuple[int, str, str]:
        """Another command line with a home of its own, in this process: exit code, stdout, and both streams as one."""
        ...

    def show(self, text: str, style: str = "") -> None:
        """Text for stdout at once, for a command that is a performance; nothing where data was asked for."""
        ...

    def hold(self, begin: Callable[[], Outcome], seconds: float | None) -> None:
        """Begins, writes what that gives as an outcome is written, and waits: for Ctrl-C or SIGTERM, at most so long.

        Both signals count from before the beginning, so that what has begun is always ended by its caller.
        """
        ...

    def say(self, text: str) -> None:
        """A line for the person who waits, on stderr."""
        ...
