"""The command reference as Markdown, from the SPECs: `python -m toolkit.cli.reference > docs/commands.md`."""

from __future__ import annotations

import importlib

from toolkit.cli.parser import metavar, usage
from toolkit.commands.catalogue import ALONE, FLAGS, NOUNS, VERBS, module_of
from toolkit.commands.spec import Arg, Spec


def specs() -> list[tuple[str, Spec]]:
    """(what it does, SPEC) of every verb, in the catalogue's order."""
    found = [
        (about, importlib.import_module(module_of(noun, verb)).SPEC)
        for noun, verbs in VERBS.items()
        for verb, about in verbs.items()
    ]
    return found + [
        (about, importlib.import_module(module_of(name, "")).SPEC) for name, about in ALONE.items()
    ]


def markdown() -> str:
    lines = ["# Commands", "", "Made from the program itself by `python -m toolkit.cli.reference`.", ""]
    lines += ["## Everywhere", ""]
    lines += [f"- `{flag}`: {_plain(about)}" for flag, about in FLAGS]
    noun = ""
    for about, spec in specs():
        if spec.noun != noun and spec.verb:
            noun = spec.noun
            lines += ["", f"## {noun}", "", _plain(NOUNS[noun][0].upper() + NOUNS[noun][1:]) + "."]
        lines += ["", f"### grace {spec.words}", "", _plain(about[0].upper() + about[1:]) + ".", ""]
        lines += ["```", f"grace {usage(spec)}", "```", ""]
        if spec.about:
            lines += [spec.about, ""]
        lines += [f"- `{_name(arg)}`: {_plain(arg.help)}" for arg in spec.args]
        if spec.examples:
            lines += ["", "```sh", *spec.examples, "```"]
    return "\n".join(lines).replace("\n\n\n", "\n\n") + "\n"


def _name(arg: Arg) -> str:
    if not arg.flags:
        return metavar(arg)
    names = ", ".join(arg.flags)
    if arg.kind == "flag":
        return names
    if arg.kind == "switch":
        return f"{names}, --no-{arg.flags[0].removeprefix('--')}"
    return f"{names} {metavar(arg)}"


def _plain(text: str) -> str:
    return text.replace("<", "\\<").replace("*", "\\*")


if __name__ == "__main__":
    import sys

    sys.stdout.write(markdown())
