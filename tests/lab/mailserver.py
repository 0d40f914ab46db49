"""A real SMTP server on a free port of this computer, which keeps what it takes and refuses what it is told to."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass
class MailServer:
    refused: tuple[str, ...] = ()
    """Recipients that it does not know."""
    refuses_content: bytes = b"\0"
    """A message that holds this is refused."""
    hangs_up_after: int = 1000
    """How many messages it takes before it closes the connection in the midst of one."""
    taken: list[tuple[str, list[str], bytes]] = field(default_factory=list)
    """(sender, recipients, message) of each mail."""
    port: int = 0

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if address in self.refused:
            return "550 no\x1b such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if len(self.taken) >= self.hangs_up_after:
            server.transport.abort()
            return "421 gone"
        if self.refuses_content in envelope.original_content:
            return "552 too big"
        self.taken.append((envelope.mail_from, envelope.rcpt_tos, envelope.original_content))
        return "250 OK"


@contextmanager
def mail_server(**more: Any) -> Iterator[MailServer]:
    from aiosmtpd.smtp import SMTP

    post = MailServer(**more)
    started = threading.Event()
    stop: list[Callable[[], object]] = []

    async def serve() -> None:
        loop, enough = asyncio.get_running_loop(), asyncio.Event()
        server = await loop.create_server(lambda: SMTP(post, hostname="lab.invalid"), "127.0.0.1", 0)
        post.port = server.sockets[0].getsockname()[1]
        stop.append(lambda: loop.call_soon_threadsafe(enough.set))
        started.set()
        async with server:
            await enough.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    assert started.wait(10)
    try:
        yield post
    finally:
        stop[0]()
        thread.join(10)
