"""Mails that leave the lab: as files, or through a mail server on this computer."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple

from toolkit.errors import BadFile, StorageProblem, Unreachable, UsageProblem
from toolkit.model.mailbody import one_line

HERE = ("127.0.0.1", "::1", "localhost")
PATIENCE = 10.0
"""Seconds that a mail server on this computer may take for one answer."""


class Letter(NamedTuple):
    number: int
    sender: str
    recipients: Sequence[str]
    """Never empty."""
    message: bytes


class Receipt(NamedTuple):
    taken: int
    """How many mails the server took, for at least one of their recipients."""
    problems: tuple[str, ...]
    """What it refused, a sentence's part for each."""
    is_broken: bool
    """The connection ended before the last mail."""


def save(files: Mapping[str, bytes], folder: str) -> int:
    """Writes the files that are not there yet and says how many. Nothing is written where one differs.

    Raises BadFile for a file of that name with another content, StorageProblem for a folder that cannot be written.
    """
    missing = []
    try:
        os.makedirs(folder, exist_ok=True)
        for name, data in files.items():
            path = os.path.join(folder, name)
            if not os.path.lexists(path):
                missing.append((path, data))
            elif not os.path.isfile(path) or _read(path) != data:
                raise BadFile(
                    f"{path} is there with another content.",
                    hint="Save to another folder, or move that file away.",
                )
        for path, data in missing:
            with open(path, "xb") as handle:
                handle.write(data)
    except OSError as problem:
        raise StorageProblem(
            f"Cannot save mails in {folder}: {problem.strerror or problem}.", hint="Name another folder."
        ) from None
    return len(missing)


def address_of(server: str) -> tuple[str, int]:
    """Host and port from "127.0.0.1:2525" or "[::1]:2525". Raises UsageProblem, also for any other computer."""
    host, _, number = server.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not host or not number.isascii() or not number.isdecimal() or not 0 < int(number[:6]) < 65536:
        raise UsageProblem(
            f'"{server}" is not HOST:PORT of a mail server.', hint="For example: --smtp localhost:1025"
        )
    if host.lower() not in HERE:
        raise UsageProblem(
            f'"{host}" is not this computer, and mails of the lab do not leave it.',
            hint="Start a mail server here and name it: --smtp localhost:1025",
        )
    return host, int(number)


def deliver(letters: Sequence[Letter], server: str, patience: float = PATIENCE) -> Receipt:
    """Hands the letters to the mail server at HOST:PORT, one connection for all.

    Raises UsageProblem for a server elsewhere, and Unreachable where there is none or it takes no connection.
    """
    import smtplib

    host, port = address_of(server)
    problems: list[str] = []
    taken = 0
    try:
        client = smtplib.SMTP(host, port, local_hostname="localhost", timeout=patience)
    except OSError as problem:
        raise Unreachable(
            f"There is no mail server at {server}: {_said(problem)}.",
            hint="Start one on this computer, or name its port. Nothing was sent.",
        ) from None
    try:
        _check_peer(client.sock.getpeername()[0] if client.sock is not None else "", host)
        for place, letter in enumerate(letters, 1):
            try:
                problems += _refusals(letter, client.sendmail(*letter[1:]))
                taken += 1
            except smtplib.SMTPRecipientsRefused as problem:
                problems += _refusals(letter, problem.recipients)
            except smtplib.SMTPResponseException as problem:
                problems.append(f"mail {letter.number} was refused ({_said(problem)})")
            except OSError as problem:
                client.close()
                problems.append(
                    f"the connection broke ({_said(problem)}), so whether mail {letter.number} arrived is not known"
                )
            if client.sock is None and (rest := len(letters) - place):
                problems.append(f"{rest} more {'was' if rest == 1 else 'were'} not sent")
                break
        is_broken = client.sock is None
    finally:
        # Whatever it answers to the farewell, the mails before it were taken.
        with suppress(OSError):
            client.quit()
        client.close()
    return Receipt(taken, tuple(problems), is_broken)


def _check_peer(peer: str, host: str) -> None:
    """What a name means is the system's to say, so the answer is looked at before anything is sent."""
    import ipaddress

    if not ipaddress.ip_address(peer.partition("%")[0]).is_loopback:
        raise UsageProblem(
            f'"{host}" is {peer} here, which is not this computer.', hint="Name 127.0.0.1 instead."
        )


def _read(path: str) -> bytes:
    with open(path, "rb") as handle:
        return handle.read()


def _refusals(letter: Letter, refused: Mapping[str, tuple[int, bytes]]) -> list[str]:
    return [
        f"mail {letter.number} was refused for {address} ({code} {_words(answer)})"
        for address, (code, answer) in refused.items()
    ]


def _said(problem: OSError) -> str:
    import smtplib

    if isinstance(problem, smtplib.SMTPResponseException):
        return f"{problem.smtp_code} {_words(problem.smtp_error)}".strip()
    return one_line(problem.strerror or str(problem) or type(problem).__name__).rstrip(".")


def _words(answer: bytes | str) -> str:
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    return one_line(text)[:200]
