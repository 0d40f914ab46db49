"""Where the process starts: what can be answered without importing anything is answered here."""

from __future__ import annotations

import sys


def main() -> int:
    words = sys.argv[1:]
    if not words or words in (["--help"], ["-h"], ["help"]):
        from toolkit.commands.catalogue import overview

        sys.stdout.write(overview(version()))
        return 0
    if words == ["--version"]:
        sys.stdout.write(f"grace {version()}\n")
        return 0
    from toolkit.cli.app import main as run

    return run(words)


def version() -> str:
    from toolkit import __version__

    return __version__
