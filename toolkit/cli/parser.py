"""Words -> which command, with which Options and which global flags.

A parser is built for the one verb that was named, from its SPEC; nothing else is imported.
"""

from __future__ import annotations

import argparse
import importlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from toolkit.commands.catalogue import ALONE, NOUNS, VERBS, module_of
from toolkit.commands.spec import Arg, Spec
from toolkit.errors import BadFile, GraceProblem, InvalidContent, MissingValue, UsageProblem
from toolkit.model.refs import DeviceRef, GroupRef, PolicyRef, Ref, TemplateRef, did_you_mean, nearest
from toolkit.model.units import days_as_hours, grace_hours, hours_as_hours
from toolkit.outcome import FORMATS

LONGEST_TIMEOUT = 3600

_GLOBAL_WITH_VALUE = {
    "--tenant",
    "-o",
    "--output",
    "--query",
    "--select",
    "--filter",
    "--search",
    "--sort",
    "--top",
    "--skip",
    "--expand",
    "--api-version",
    "--timeout",
    "--max-retries",
    "--on-error",
    "--save-plan",
}


@dataclass(frozen=True, slots=True)
class Globals:
    """The flags that every verb has. None means "not given": the environment or the default decides."""

    tenant: str | None = None
    output: str | None = None
    query: str | None = None
    select: tuple[str, ...] = ()
    filter: str | None = None
    search: str | None = None
    sort: str | None = None
    top: int | None = None
    skip: int = 0
    expand: str | None = None
    what_if: bool = False
    yes: bool = False
    force: str | None = None
    save_plan: str | None = None
    on_error: str = "stop"
    no_input: bool = False
    verbose: bool = False
    debug: bool = False
    quiet: bool = False
    no_color: bool = False
    api_version: str | None = None
    timeout: float | None = None
    max_retries: int | None = None


@dataclass(frozen=True, slots=True)
class Invocation:
    spec: Spec
    options: Any
    flags: Globals
    run: Callable[..., Any]


class HelpAsked(Exception):
    """Somebody asked for help: the text to print."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


def split(argv: Sequence[str]) -> tuple[str, str, list[str]]:
    """(noun, verb, the other words). Global flags may stand before the noun; a lone command has no verb."""
    words: list[str] = []
    rest: list[str] = []
    index = 0
    while index < len(argv):
        word = argv[index]
        if word == "--" or len(words) == 2:
            rest += argv[index:]
            break
        if word.startswith("-") and word != "-":
            rest.append(word)
            if word in _GLOBAL_WITH_VALUE and index + 1 < len(argv):
                index += 1
                rest.append(argv[index])
        elif words and words[0] in ALONE:
            rest += argv[index:]
            break
        else:
            words.append(word)
        index += 1
    return (words[0] if words else "", words[1] if len(words) > 1 else "", rest)


def parse(argv: Sequence[str], read_text: Callable[[str], str]) -> Invocation:
    """Raises HelpAsked, UsageProblem and its kind. `read_text` gives a file's text, or standard input's for "-"."""
    noun, verb, rest = split(argv)
    if noun not in NOUNS and noun not in ALONE:
        near = nearest(noun, (*NOUNS, *ALONE))
        raise UsageProblem(
            f'"{noun}" is not a command of grace.',
            hint=did_you_mean(near) + "grace --help lists them all.",
        )
    if noun in NOUNS and not verb:
        from toolkit.commands.catalogue import noun_help

        if "--help" in rest or "-h" in rest:
            raise HelpAsked(noun_help(noun))
        raise UsageProblem(
            f"grace {noun} wants a verb: {', '.join(VERBS[noun])}.", hint=f"grace {noun} --help"
        )
    if noun in NOUNS and verb not in VERBS[noun]:
        near = nearest(verb, VERBS[noun])
        raise UsageProblem(
            f'grace {noun} has no verb "{verb}".',
            hint=did_you_mean(near) + f"It has: {', '.join(VERBS[noun])}.",
        )
    module = importlib.import_module(module_of(noun, verb))
    spec: Spec = module.SPEC
    parser = build(spec)
    flagged = rest[: rest.index("--")] if "--" in rest else rest
    if "-h" in flagged or "--help" in flagged:
        raise HelpAsked(help_text(spec, parser))
    values = vars(_parse(parser, _joined(rest), spec))
    flags = _globals(values)
    options = spec.options(**{arg.name: _value(arg, values, read_text) for arg in spec.args})
    return Invocation(spec, options, flags, module.propose if spec.changes else module.run)


def _joined(words: list[str]) -> list[str]:
    """`--sort -a` as argparse wants it, `--sort=-a`: it would take -a for a flag."""
    joined: list[str] = []
    for word in words:
        if joined and joined[-1] == "--sort" and word.startswith("-"):
            joined[-1] = f"--sort={word}"
        else:
            joined.append(word)
    return joined


def build(spec: Spec) -> _Parser:
    parser = _Parser(
        prog=f"grace {spec.words}",
        add_help=False,
        allow_abbrev=False,
        usage=argparse.SUPPRESS,
        formatter_class=lambda prog: argparse.HelpFormatter(prog, max_help_position=28, width=_width()),
    )
    groups: dict[str, Any] = {}
    own = parser.add_argument_group("Arguments and options")
    for arg in spec.args:
        where: Any = own
        if arg.one_of:
            where = groups.setdefault(arg.one_of, own.add_mutually_exclusive_group())
        _add(where, arg)
    taken = {flag for arg in spec.args for flag in arg.flags}
    shared = parser.add_argument_group("Everywhere")

    def add(*names: str, **more: Any) -> None:
        if not taken.intersection(names):
            shared.add_argument(*names, **more)

    formats = (*FORMATS, *spec.formats)
    add("--tenant", metavar="NAME", help="tenant to use")
    add("-o", "--output", metavar="FORMAT", choices=formats, help=" ".join(formats))
    add("--query", metavar="EXPR", help="JMESPath over the JSON form")
    if spec.changes:
        add(
            "--what-if",
            action="store_true",
            help="show the plan and the exact requests, send nothing but GET",
        )
        add("--yes", "-y", action="store_true", help="do not ask (medium risk)")
        add(
            "--force",
            nargs="?",
            const="",
            metavar="NAME|COUNT",
            help="high risk: the name or count that is meant",
        )
        add("--save-plan", metavar="FILE", help="write the plan instead of applying it")
        add(
            "--on-error",
            choices=("stop", "continue"),
            default="stop",
            help="with several targets (default: stop)",
        )
    else:
        add("--select", metavar="A,B", help="only these properties or columns")
        add("--filter", metavar="ODATA", help="as in PowerShell's -Filter: \"name eq 'x' and version gt 2\"")
        add("--search", metavar="TEXT", help="rows that contain this text")
        add("--sort", metavar="A,-B", help="by these properties, - for descending")
        add(
            "--expand",
            metavar="NAV",
            help="bring this navigation property along, as PowerShell's -ExpandProperty",
        )
        add("--top", type=int, metavar="N", help="at most N rows")
        add("--skip", type=int, default=0, metavar="N", help="leave out the first N rows")
    shared.add_argument(_END, dest=_END, action="store_true", help=argparse.SUPPRESS)
    add("--no-input", action="store_true", help="never ask")
    add("-v", "--verbose", action="store_true", help="what is done")
    add("--debug", action="store_true", help="every request and answer, secrets removed")
    add("-q", "--quiet", action="store_true", help="only errors")
    add("--no-color", action="store_true", help="no colour (also NO_COLOR)")
    add("--api-version", choices=("v1.0", "beta"), help="force one version of Graph")
    add("--timeout", type=float, metavar="S", help="seconds for each request")
    add("--max-retries", type=int, metavar="N", help="for each request")
    return parser


def _width() -> int:
    import shutil

    return max(60, min(100, shutil.get_terminal_size((100, 24)).columns))


def help_text(spec: Spec, parser: argparse.ArgumentParser) -> str:
    about = ALONE.get(spec.noun, "") if not spec.verb else VERBS[spec.noun][spec.verb]
    parts = [f"grace {spec.words}: {about}"]
    if spec.about:
        parts.append(spec.about)
    parts.append(f"usage: grace {usage(spec)}")
    parts.append(parser.format_help().strip())
    if spec.examples:
        parts.append("Examples\n" + "\n".join(f"  {example}" for example in spec.examples))
    return "\n\n".join(part for part in parts if part) + "\n"


def usage(spec: Spec) -> str:
    """`action add POLICY... (--email TEMPLATE | --lock) [--after T]`."""
    words = [spec.words]
    seen: set[str] = set()
    for arg in spec.args:
        if arg.one_of:
            if arg.one_of not in seen:
                seen.add(arg.one_of)
                members = " | ".join(_usage_of(a) for a in spec.args if a.one_of == arg.one_of)
                must = any(a.required for a in spec.args if a.one_of == arg.one_of)
                words.append(f"({members})" if must else f"[{members}]")
            continue
        text = _usage_of(arg)
        words.append(text if arg.required else f"[{text}]" + ("..." if arg.many and arg.flags else ""))
    return " ".join(words)


def metavar(arg: Arg) -> str:
    if arg.metavar:
        return arg.metavar
    if arg.choices:
        return "|".join(arg.choices)
    return {
        "count": "N",
        "days": "N",
        "hours": "N",
        "after": "T",
        "content": "TEXT|@FILE",
        "setting": "NAME=VALUE",
    }.get(arg.kind, arg.kind.upper() if arg.kind != "text" else arg.name.upper().replace("_", "-"))


def _usage_of(arg: Arg) -> str:
    if not arg.flags:
        return metavar(arg) + ("..." if arg.many else "")
    if arg.kind == "flag":
        return arg.flags[0]
    if arg.kind == "switch":
        return f"{arg.flags[0]} | --no-{arg.flags[0].removeprefix('--')}"
    return f"{arg.flags[0]} {metavar(arg)}"


def _add(where: Any, arg: Arg) -> None:
    help = arg.help.replace("%", "%%")
    if arg.kind == "flag":
        where.add_argument(*arg.flags, dest=arg.name, action="store_true", help=help)
    elif arg.kind == "switch":
        where.add_argument(*arg.flags, dest=arg.name, action="store_true", default=None, help=help)
        off = [f"--no-{flag.removeprefix('--')}" for flag in arg.flags if flag.startswith("--")]
        where.add_argument(*off, dest=arg.name, action="store_false", default=None, help=argparse.SUPPRESS)
    elif not arg.flags:
        where.add_argument(arg.name, nargs="*" if arg.many else "?", metavar=metavar(arg), help=help)
    else:
        action = "append" if arg.many else "store"
        where.add_argument(
            *arg.flags, dest=arg.name, action=action, default=None, metavar=metavar(arg), help=help
        )


_SHIELD = "\0"
_END = "--\0"


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageProblem(_sentence(message, self), hint=f"{self.prog} --help")


def _parse(parser: _Parser, words: list[str], spec: Spec) -> argparse.Namespace:
    if "--" in words:
        # argparse loses what follows "--" when flags and names mix, so those words are shielded by a NUL,
        # which no argument can hold; the hidden flag keeps --force from taking one of them.
        place = words.index("--")
        words = [*words[:place], _END, *(f"{_SHIELD}{word}" for word in words[place + 1 :])]
    namespace, unknown = parser.parse_known_intermixed_args(words)
    for name, value in vars(namespace).items():
        if isinstance(value, list):
            setattr(namespace, name, [item.removeprefix(_SHIELD) for item in value])
        elif isinstance(value, str):
            setattr(namespace, name, value.removeprefix(_SHIELD))
    if unknown:
        flags = [flag for action in parser._actions for flag in action.option_strings if flag != _END]
        unknown = [word for word in unknown if word != _END]
        near = nearest(unknown[0].partition("=")[0], flags)
        if unknown[0].startswith("-") and unknown[0] != "-":
            hint = did_you_mean(near) + f"grace {spec.words} --help"
            raise UsageProblem(f"grace {spec.words} has no flag {unknown[0].partition('=')[0]}.", hint=hint)
        raise UsageProblem(
            f'grace {spec.words} has no use for "{unknown[0].removeprefix(_SHIELD)}".',
            hint=f"Quote names with blanks. Usage: grace {usage(spec)}",
        )
    return namespace


def _sentence(message: str, parser: _Parser) -> str:
    if message.startswith("argument ") and ": " in message:
        name, _, rest = message.removeprefix("argument ").partition(": ")
        return f"{name}: {rest}."
    return f"{parser.prog}: {message}."


def _globals(values: Mapping[str, Any]) -> Globals:
    given: dict[str, Any] = {name: values[name] for name in Globals.__slots__ if values.get(name) is not None}
    if "select" in given:
        given["select"] = tuple(part.strip() for part in given["select"].split(",") if part.strip())
    for name in ("top", "skip", "max_retries"):
        if given.get(name, 0) < 0:
            raise UsageProblem(f"--{name.replace('_', '-')} must not be negative.")
    if not 0 < given.get("timeout", 1) <= LONGEST_TIMEOUT:  # written so that "nan" fails too
        raise UsageProblem(f"--timeout must be more than 0 and at most {LONGEST_TIMEOUT} seconds.")
    return Globals(**given)


_REFS: dict[str, type[Ref]] = {
    "policy": PolicyRef,
    "template": TemplateRef,
    "group": GroupRef,
    "device": DeviceRef,
}
_KEYS = {
    "policy": ("policyId", "id", "policyName", "displayName", "name"),
    "template": ("templateId", "id", "templateName", "displayName", "name"),
    "group": ("groupId", "id", "displayName", "name"),
    "device": ("deviceId", "managedDeviceId", "id", "deviceName", "name"),
}


def _value(arg: Arg, values: Mapping[str, Any], read_text: Callable[[str], str]) -> Any:
    raw = values[arg.name]
    if arg.many:
        parts = [part for text in raw or () for part in _converted(arg, text, read_text)]
        if not parts and arg.required:
            raise _missing(arg)
        return tuple(parts)
    if raw is None:
        if arg.required and not arg.one_of:
            raise _missing(arg)
        return arg.default
    parts = _converted(arg, raw, read_text)
    if len(parts) != 1:
        raise UsageProblem(f"{_name(arg)} takes one {arg.kind}; standard input holds {len(parts)}.")
    return parts[0]


def _converted(arg: Arg, text: Any, read_text: Callable[[str], str]) -> list[Any]:
    if isinstance(text, bool):
        return [text]
    if arg.kind in _REFS:
        if text == "-":
            return [_REFS[arg.kind](word) for word in refs_from(read_text("-"), _KEYS[arg.kind], arg.kind)]
        if not text.strip():
            raise UsageProblem(f"{_name(arg)} is empty.", hint=f"Give the name of a {arg.kind}.")
        return [_REFS[arg.kind](text)]
    if arg.choices and text not in arg.choices:
        near = nearest(text, arg.choices)
        hint = did_you_mean(near) + f"It is one of: {', '.join(arg.choices)}."
        raise UsageProblem(f'{_name(arg)}: "{text}" is not one of its values.', hint=hint)
    try:
        return [_CONVERT.get(arg.kind, _text)(text, read_text)]
    except (UsageProblem, InvalidContent) as problem:
        if isinstance(problem, BadFile):
            raise
        raise type(problem)(f"{_name(arg)}: {problem.message}", hint=problem.hint) from None


def refs_from(text: str, keys: Sequence[str], noun: str) -> list[str]:
    """Names or ids from standard input: plain lines, JSON, JSONL or a list of objects.

    Raises UsageProblem for an object that names nothing, with its place.
    """
    stripped = text.strip()
    nothing = UsageProblem(f"Standard input holds no {noun}.", hint="Pipe names, ids, JSON or JSONL into it.")
    if not stripped:
        raise nothing
    items: list[Any]
    if stripped[0] in "[{":
        try:
            whole = json.loads(stripped)
            items = list(whole) if isinstance(whole, list) else whole["value"] if _is_page(whole) else [whole]
        except ValueError:
            items = [
                _json_line(line, number)
                for number, line in enumerate(stripped.splitlines(), 1)
                if line.strip()
            ]
    else:
        items = [_plain_line(line.strip()) for line in stripped.splitlines() if line.strip()]
    found = []
    for place, item in enumerate(items, 1):
        if isinstance(item, str) and item:
            found.append(item)
            continue
        value = (
            next((item[key] for key in keys if item.get(key)), None) if isinstance(item, Mapping) else None
        )
        if not isinstance(value, str):
            raise UsageProblem(
                f"Object {place} on standard input names no {noun}.",
                hint=f"It needs one of: {', '.join(keys)}.",
            )
        found.append(value)
    if not found:
        # An empty list is not "all of them".
        raise nothing
    return list(dict.fromkeys(found))


def _is_page(value: Any) -> bool:
    return isinstance(value, Mapping) and isinstance(value.get("value"), list)


def _plain_line(line: str) -> Any:
    """A name as it stands, or the text of a JSON string, as `jq` prints them."""
    if len(line) > 2 and line[0] == line[-1] == '"':
        try:
            return json.loads(line)
        except ValueError:
            return line[1:-1]
    return line


def _json_line(line: str, number: int) -> Any:
    try:
        return json.loads(line)
    except ValueError as problem:
        # "[ios] Baseline" begins like JSON and is a name.
        if not line.lstrip().startswith("{") and "]" in line:
            return _plain_line(line.strip())
        raise UsageProblem(f"Line {number} of standard input is not JSON: {problem}.") from None


def _missing(arg: Arg) -> GraceProblem:
    return MissingValue(f"{_name(arg)} is missing: {arg.help}.", hint="Add it; --help shows an example.")


def _name(arg: Arg) -> str:
    return "/".join(arg.flags[:1]) if arg.flags else metavar(arg)


def _text(text: str, _read: Callable[[str], str]) -> str:
    return text


def _content(text: str, read_text: Callable[[str], str]) -> str:
    """TEXT, @file or - for standard input; @@ begins a text with @."""
    if text == "-":
        return read_text("-")
    if text.startswith("@@"):
        return text[1:]
    return read_text(text[1:]) if text.startswith("@") else text


def _locale(text: str, _read: Callable[[str], str]) -> str:
    from toolkit.planning.intents import locale_of

    return locale_of(text)


def _platform(text: str, _read: Callable[[str], str]) -> str:
    from toolkit.model.data.platforms import PLATFORMS, platform_key

    key = platform_key(text)
    if key is None:
        near = nearest(text, (platform.key for platform in PLATFORMS))
        known = ", ".join(platform.key for platform in PLATFORMS if not platform.retired)
        raise UsageProblem(f'"{text}" is not a platform.', hint=did_you_mean(near) + f"Known: {known}.")
    return key


def _count(text: str, _read: Callable[[str], str]) -> int:
    if not text.isascii() or not text.isdecimal() or len(text) > 9:
        raise UsageProblem(f'"{text}" is not a whole number.')
    return int(text)


def _setting(text: str, _read: Callable[[str], str]) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise UsageProblem(f'"{text}" is not NAME=VALUE.', hint="For example: --set passcodeMinimumLength=6")
    return name.strip(), value


_CONVERT: dict[str, Callable[[str, Callable[[str], str]], Any]] = {
    "content": _content,
    "after": lambda text, _read: grace_hours(text),
    "days": lambda text, _read: days_as_hours(text),
    "hours": lambda text, _read: hours_as_hours(text),
    "locale": _locale,
    "platform": _platform,
    "count": _count,
    "setting": _setting,
}
