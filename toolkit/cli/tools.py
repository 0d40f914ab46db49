"""Builds what a command may reach, each thing when it is first asked for."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from toolkit.cli.environment import Environment
from toolkit.cli.parser import Globals
from toolkit.cli.settings import LAB, Profile, Settings, check_name, is_lab
from toolkit.clock import Clock
from toolkit.errors import BadFile, NotFound, SignInNeeded, StorageProblem, UsageProblem

if TYPE_CHECKING:
    from toolkit.apply.journal import Journal
    from toolkit.graph.reads import Tenant
    from toolkit.graph.transport import Answer, Request
    from toolkit.lab.app import Lab
    from toolkit.lab.exchange import Response
    from toolkit.outcome import Outcome
    from toolkit.planning.change import TenantName

LARGEST_FILE = 20 * 1024 * 1024
GRAPH = "https://graph.microsoft.com"
LAB_ROOT = "https://graph.lab.invalid"
"""Never resolved: the lab in process answers before anything looks the name up."""


class ToolBox:
    """The tools of one run (see `commands.spec.Tools`)."""

    def __init__(self, environment: Environment, flags: Globals) -> None:
        self.environment = environment
        self.flags = flags
        self.settings = Settings(environment.home)
        self._tenant: Tenant | None = None
        self._lab: Lab | None = None
        self._stdin: str | None = None

    # What commands see

    @property
    def clock(self) -> Clock:
        return self.environment.clock

    @property
    def home(self) -> str:
        return self.environment.home

    @property
    def api_version(self) -> str | None:
        return self.flags.api_version

    @property
    def profile(self) -> str:
        """The name of the tenant in use: the flag, the variable, a pipeline's token, the active one, the lab."""
        name = self.flags.tenant or self.environment.variables.get("GRACE_TENANT")
        if name:
            check_name(name)
            return name
        if self.environment.variables.get("GRACE_ACCESS_TOKEN"):
            return "environment"
        return self.settings.active

    @property
    def chosen(self) -> Profile:
        if self.profile == "environment":
            return Profile("environment", "graph")
        return self.settings.profile(self.profile)

    @property
    def tenant(self) -> Tenant:
        if self._tenant is None:
            self._tenant = self._lab_tenant() if self.chosen.kind == "lab" else self._graph_tenant()
        return self._tenant

    @property
    def journal(self) -> Journal:
        from toolkit.apply.journal import Journal

        return Journal(os.path.join(self.home, "journal"), self.journal_id, self.clock)

    @property
    def journal_id(self) -> str:
        """Which journal: the lab's name, or the tenant's id."""
        return self.chosen.name if self.chosen.kind == "lab" else self.tenant.name.id

    def lab(self) -> Lab:
        if self.chosen.kind != "lab":
            raise UsageProblem(
                f'"{self.profile}" is not a lab tenant.',
                hint="Lab commands speak to a lab: add --tenant lab.",
            )
        if self._lab is None:
            from toolkit.lab.app import create_lab, open_lab

            path = self.lab_path(self.profile)
            if not os.path.exists(path) and self.profile != LAB:
                raise NotFound(
                    f'There is no lab "{self.profile}".',
                    hint=f"Make it with: grace lab init --tenant {self.profile}",
                )
            if not os.path.exists(path):
                self._put_lab(path, lambda fresh: create_lab(fresh), may_exist=True)
            self._lab = open_lab(path)
        return self._lab

    def _put_lab(self, path: str, create: Callable[[str], Lab], *, may_exist: bool) -> None:
        """A lab made beside its place and then put there whole: two commands of one pipe may both be the first."""
        try:
            os.makedirs(os.path.dirname(path), exist_ok=True)
        except OSError as problem:
            raise StorageProblem(
                f"Cannot make the folder {os.path.dirname(path)}: {problem.strerror}.",
                hint="GRACE_HOME names the folder where Grace keeps its state.",
            ) from None
        fresh = f"{path}.{os.urandom(16).hex()}"
        try:
            create(fresh).close()
            try:
                os.link(fresh, path)
            except FileExistsError:
                if not may_exist:
                    raise
        finally:
            for ending in ("", "-journal", "-wal", "-shm"):
                if os.path.exists(fresh + ending):
                    os.unlink(fresh + ending)

    def make_lab(self, story: str, seed: int, devices: int | None) -> Lab:
        from toolkit.lab.app import create_lab, open_lab

        if not is_lab(self.profile):
            raise UsageProblem(
                f'"{self.profile}" is not a lab tenant.',
                hint="A lab of its own is any name that begins with lab-.",
            )
        path = self.lab_path(self.profile)
        if os.path.exists(path):
            raise UsageProblem(
                f'The lab "{self.profile}" exists already.',
                hint="grace lab reset puts it back to its beginning; --tenant lab-NAME makes another.",
            )
        self._put_lab(path, lambda fresh: create_lab(fresh, story, seed, devices), may_exist=False)
        self._lab = open_lab(path)
        return self._lab

    def reset_lab(self) -> Lab:
        """The lab as its story begins. Its journal starts anew too: what it tells is not about this lab any more."""
        try:
            lab = self.lab()
        except StorageProblem as problem:
            path = self.lab_path(self.profile)
            self.say(f"{problem.message} It is kept as {path}.damaged; the new lab tells the story contoso.")
            os.replace(path, f"{path}.damaged")
            lab = self.make_lab("contoso", 1, None)
        else:
            lab.reset()
        self._put_journal_aside()
        self._tenant = None
        return lab

    def _put_journal_aside(self) -> None:
        path = self.journal.path
        if os.path.exists(path):
            number = 1
            while os.path.exists(f"{path}.{number}"):
                number += 1
            os.replace(path, f"{path}.{number}")

    def lab_path(self, name: str) -> str:
        return os.path.join(self.home, "labs", f"{name}.sqlite")

    def profiles(self) -> tuple[Mapping[str, Any], ...]:
        rows = []
        for name in dict.fromkeys((*self.settings.names(), self.settings.active)):
            profile = self.settings.profile(name)
            rows.append(
                {
                    "name": name,
                    "kind": profile.kind,
                    "active": name == self.settings.active,
                    "actionsApi": profile.actions_api,
                }
            )
        return tuple(rows)

    def use_profile(self, name: str, actions_api: str | None) -> None:
        self.settings.use(name, actions_api)

    def read_text(self, source: str) -> str:
        """A file's text, or standard input's for "-" (read once, however often it is asked for)."""
        if source == "-":
            if self._stdin is None:
                stream = self.environment.stdin
                if stream is None or stream.isatty():
                    raise UsageProblem('"-" reads standard input, and nothing is piped into it.')
                try:
                    raw = (
                        stream.buffer.read(LARGEST_FILE + 1)
                        if hasattr(stream, "buffer")
                        else stream.read().encode()
                    )
                except OSError as problem:
                    raise BadFile(f"Standard input cannot be read: {problem.strerror}.") from None
                self._stdin = _decoded(raw, "Standard input")
            return self._stdin
        try:
            with open(source, "rb") as handle:
                raw = handle.read(LARGEST_FILE + 1)
        except (OSError, ValueError) as problem:
            reason = getattr(problem, "strerror", None) or str(problem)
            raise BadFile(f"Cannot read {source}: {reason}.") from None
        return _decoded(raw, source)

    def run(self, words: list[str], home: str) -> tuple[int, str, str]:
        from dataclasses import replace
        from io import StringIO

        from toolkit.cli.app import run

        outer = self.environment

        class Echo(StringIO):
            """Looks like the terminal that will show it, and keeps the order of both streams."""

            encoding = getattr(outer.stdout, "encoding", None) or "utf-8"
            both: StringIO

            def write(self, text: str) -> int:
                self.both.write(text)
                return super().write(text)

            def isatty(self) -> bool:
                return outer.stdout_is_terminal

        out, err, both = Echo(), Echo(), StringIO()
        out.both = err.both = both
        kept = {name: outer.variables[name] for name in ("NO_COLOR", "TERM") if name in outer.variables}
        inner = replace(
            outer,
            stdin=StringIO(),
            stdout=out,
            stderr=err,
            columns=outer.width - 4,
            variables={**kept, "GRACE_HOME": home},
        )
        if self.flags.no_color:
            words = [*words, "--no-color"]
        code = run(words, inner)
        return code, out.getvalue(), both.getvalue()

    def show(self, text: str, style: str = "") -> None:
        if (self.flags.output or self.environment.variables.get("GRACE_OUTPUT") or "table") != "table":
            return
        from toolkit.cli.app import look_at
        from toolkit.render.theme import fold, paint

        look = look_at(self.environment.stdout, self.environment, self.flags)
        width = look.width if not text.startswith(" ") else None
        text = "\n".join(fold(line, width) for line in text.split("\n"))
        lines = [paint(line, style, look) if style and line else line for line in text.split("\n")]
        self.environment.stdout.write("\n".join(lines))
        self.environment.stdout.flush()

    def hold(self, begin: Callable[[], Outcome], seconds: float | None) -> None:
        import signal
        import threading

        kept = {}
        if threading.current_thread() is threading.main_thread():
            # A shell starts what runs in its background with Ctrl-C turned off, so both are set.
            for name in (signal.SIGINT, signal.SIGTERM):
                kept[name] = signal.signal(name, signal.default_int_handler)
        try:
            self._present(begin())
            while seconds is None:
                self.environment.sleep(3600)
            self.environment.sleep(seconds)
        except KeyboardInterrupt:
            pass
        finally:
            for name, handler in kept.items():
                signal.signal(name, handler)

    def _present(self, outcome: Outcome) -> None:
        from toolkit.cli.app import look_at
        from toolkit.cli.shape import shaped
        from toolkit.render.theme import fold, plain
        from toolkit.render.write import chunks

        stdout, stderr = self.environment.stdout, self.environment.stderr
        output = self.flags.output or self.environment.variables.get("GRACE_OUTPUT") or "table"
        for chunk in chunks(
            shaped(outcome, self.flags), output, look_at(stdout, self.environment, self.flags)
        ):
            stdout.write(chunk)
        stdout.flush()
        width = look_at(stderr, self.environment, self.flags).width
        for note in outcome.notes:
            self.say(fold(plain(note), width))

    def say(self, text: str) -> None:
        if not self.flags.quiet:
            self.environment.stderr.write(text + "\n")
            self.environment.stderr.flush()

    # The tenant

    def _lab_tenant(self) -> Tenant:
        # Late, as everything that only talking to Graph needs: lab serve has to be up at once.
        from toolkit.planning.change import TenantName

        lab = self.lab()

        def transport(request: Request, limit: float) -> Answer:
            from toolkit.graph.transport import Answer
            from toolkit.lab.exchange import Request as LabRequest

            response = lab.handle(LabRequest(request.method, request.url, request.headers, request.body))
            if response.delay or response.fate:
                self._suffer(request, response, limit)
            headers = {name.lower(): value for name, value in response.headers.items()}
            return Answer(response.status, headers, response.body)

        organization = lab.store.meta("organization") or {}
        # Labs of one story share an organization; their names tell them apart.
        id = f"{organization.get('id', 'lab')}/{self.profile}"
        name = TenantName(self.profile, id, str(organization.get("displayName", "Lab")))

        def now() -> datetime:
            from toolkit.model.wire import moment

            at = moment(lab.store.meta("clock"))
            assert at is not None
            return at

        return self._made(transport, LAB_ROOT, lambda: None, name, now, limited=False)

    def _suffer(self, request: Request, response: Response, limit: float) -> None:
        """What a fault of the lab does to a caller in the same process, in the words of the real transport."""
        from toolkit.graph.transport import lost

        self.environment.sleep(min(response.delay, limit))
        if response.delay > limit:
            raise lost(request, f"did not answer within {limit:g} s")
        if response.fate == "cut":
            raise lost(request, "closed the connection before it answered")
        if response.fate == "truncated":
            raise lost(request, "cut off its answer")

    def _graph_tenant(self) -> Tenant:
        token = self.environment.variables.get("GRACE_ACCESS_TOKEN")
        if not token:
            raise SignInNeeded(
                f'Grace is not signed in to "{self.profile}".',
                hint="Set GRACE_ACCESS_TOKEN, or rehearse on the lab with --tenant lab.",
            )
        from toolkit.graph.transport import RequestsTransport
        from toolkit.planning.change import TenantName

        root = (self.environment.variables.get("GRACE_GRAPH_URL") or GRAPH).rstrip("/")
        _check_root(root)
        tenant = self._made(
            RequestsTransport(),
            root,
            lambda: token,
            TenantName(self.profile, "", root),
            self.clock.now,
            limited=True,
        )
        items = tenant.listed("/organization")
        first = items[0] if items else {}
        tenant.name = TenantName(
            self.profile, str(first.get("id", "")), str(first.get("displayName") or root)
        )
        return tenant

    def _made(
        self, transport: Any, root: str, token: Any, name: TenantName, now: Any, *, limited: bool
    ) -> Tenant:
        import uuid

        from toolkit.graph.limiter import Limiter
        from toolkit.graph.reads import Tenant
        from toolkit.graph.session import Limits, Session

        environment, flags = self.environment, self.flags
        witness = environment.witness

        def watched(request: Request, limit: float) -> Answer:
            if witness is not None:
                witness(request.method, request.url)
            answer: Answer = transport(request, limit)
            return answer

        limits = Limits()
        if flags.timeout is not None:
            limits = limits._replace(timeout=flags.timeout)
        if flags.max_retries is not None:
            limits = limits._replace(max_retries=flags.max_retries)
        session = Session(
            watched,
            root=root,
            token=token,
            sleep=environment.sleep,
            clock_seconds=environment.seconds,
            chance=environment.chance,
            limits=limits,
            limiter=Limiter(environment.seconds, environment.sleep) if limited else None,
            trace=self._trace if flags.debug else None,
            new_id=lambda: str(uuid.uuid4()),
        )
        # Nothing but GET leaves this process until the gate has opened.
        session.writes_allowed = False
        return Tenant(session, name, now=now, forced_version=flags.api_version, expand=flags.expand)

    def _trace(self, line: str) -> None:
        self.environment.stderr.write(line + "\n")


def _decoded(raw: bytes, source: str) -> str:
    if len(raw) > LARGEST_FILE:
        raise BadFile(f"{source} is larger than 20 MB.")
    try:
        if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
            return raw.decode("utf-16")
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise BadFile(f"{source} is not text in UTF-8 or UTF-16 (byte {problem.start}).") from None


def _check_root(root: str) -> None:
    parts = urlsplit(root)
    loopback = parts.hostname in ("localhost", "127.0.0.1", "::1")
    if parts.scheme == "https" and parts.hostname:
        return
    if parts.scheme == "http" and loopback:
        return
    raise UsageProblem(f"GRACE_GRAPH_URL is {root}: it must be https, or http on loopback.")
