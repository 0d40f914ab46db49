"""Where the process starts: what can be answered without importing anything is answered here."""

from __future__ import annotations

import os
import sys


def main() -> int:
    # A stream that the caller has closed (`>&-`) is None; what is written to it goes nowhere.
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115 - as long as the process lives
    try:
        return _main(sys.argv[1:])
    except KeyboardInterrupt:  # while the rest was still being imported
        return 130


def _main(words: list[str]) -> int:
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
