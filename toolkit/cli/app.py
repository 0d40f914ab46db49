"""From words to an exit code: the only place that catches everything."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, TextIO

from toolkit.cli.environment import Environment, what_if_is_set
from toolkit.cli.parser import Globals, HelpAsked, Invocation, parse
from toolkit.cli.tools import ToolBox
from toolkit.errors import Cancelled, GraceProblem, StorageProblem, UsageProblem
from toolkit.outcome import FORMATS, Outcome

if TYPE_CHECKING:
    from toolkit.render.theme import Look


def main(argv: Sequence[str], environment: Environment | None = None) -> int:
    """Runs one command line of a real process and gives its exit code."""
    environment = environment if environment is not None else Environment()
    for stream in (environment.stdout, environment.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            # A name that the terminal's encoding lacks is shown escaped; it must not end the command.
            reconfigure(errors="backslashreplace")
    try:
        code = run(argv, environment)
        environment.stdout.flush()
        return code
    except BrokenPipeError:
        # The reader has gone (`| head`): silent, as everywhere. Python must not find the pipe again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def run(argv: Sequence[str], environment: Environment) -> int:
    """One command line; every problem becomes one clear sentence and its exit code."""
    stderr = environment.stderr
    output, color = _early(argv, environment)
    try:
        return _run(argv, environment)
    except BrokenPipeError:
        raise
    except HelpAsked as asked:
        environment.stdout.write(asked.text)
        return 0
    except KeyboardInterrupt:
        problem: GraceProblem = Cancelled("Cancelled.")
    except GraceProblem as known:
        problem = known
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        problem = StorageProblem(f"The system refused a file{where}: {error.strerror or error}.")
    except RecursionError:
        problem = UsageProblem("The input is nested too deeply.")
    except Exception as error:
        # The edge: a bug is one sentence too, and says that it is one.
        if os.environ.get("GRACE_TRACEBACK"):
            raise
        problem = GraceProblem(
            f"Grace has a bug here: {type(error).__name__}: {error}.",
            hint="Please report it with the command. GRACE_TRACEBACK=1 shows where it happened.",
        )
    _say_problem(problem, output, stderr, environment, color)
    return problem.exit_code


def _run(argv: Sequence[str], environment: Environment) -> int:
    box: list[ToolBox] = []

    def read_text(source: str) -> str:
        if not box:
            box.append(ToolBox(environment, Globals()))
        return box[0].read_text(source)

    invocation = parse(argv, read_text)
    output = _output(invocation, environment)
    tools = ToolBox(environment, invocation.flags)
    if box:
        tools._stdin = box[0]._stdin  # read once, by whichever argument came first
    try:
        outcome = _execute(invocation, tools, environment)
    except (KeyboardInterrupt, EOFError):
        # Ctrl-C and Ctrl-D. Where something was being applied, apply.run has said how far it came.
        raise Cancelled(_cancelled(invocation)) from None
    return _write(outcome, invocation, output, environment)


def _execute(invocation: Invocation, tools: ToolBox, environment: Environment) -> Outcome:
    flags = invocation.flags
    if what_if_is_set(environment) and _moves_a_lab(invocation):
        raise UsageProblem(
            f"GRACE_WHAT_IF is set, and grace {invocation.spec.words} changes the lab at once.",
            hint="Unset GRACE_WHAT_IF; grace lab reset puts a lab back.",
        )
    if invocation.spec.changes:
        from toolkit.cli.conduct import Prospect, conduct

        def show(prospect: Prospect, with_requests: bool) -> None:
            if flags.quiet:
                return
            from toolkit.planning.change import REQUEST
            from toolkit.render.impact import impact_lines
            from toolkit.render.plan import plan_text

            is_raw = any(change.target.kind == REQUEST for change in prospect.plan.changes)
            requests = prospect.requests if with_requests or flags.verbose or is_raw else ()
            look = look_at(environment.stderr, environment, flags)
            names = {change.target.id: change.target.name for change in prospect.plan.changes}
            lines = impact_lines(prospect.impact, look, names) if prospect.impact is not None else ()
            environment.stderr.write(plan_text(prospect.plan, requests, look, lines, full=with_requests))
            environment.stderr.flush()

        proposed = invocation.run(invocation.options, tools)
        # `grace graph GET` only reads; every other method is a plan.
        outcome = (
            proposed if isinstance(proposed, Outcome) else conduct(proposed, tools, flags, environment, show)
        )
    else:
        outcome = invocation.run(invocation.options, tools)
    if flags.verbose and tools._tenant is not None:
        for method, url, status in tools._tenant.session.sent:
            tools.say(f"{method} {url} {status}")
    return outcome


def _moves_a_lab(invocation: Invocation) -> bool:
    """Whether it changes the lab itself, for which there is no plan: nothing of it leaves this computer."""
    spec = invocation.spec
    if spec.noun != "lab":
        return False
    options = invocation.options
    return (
        spec.verb in ("init", "import", "reset", "advance", "device")
        or (spec.verb == "app" and getattr(options, "verb", "list") != "list")
        or any(getattr(options, name, None) for name in ("set", "clear", "smtp"))
    )


def _write(outcome: Outcome, invocation: Invocation, output: str, environment: Environment) -> int:
    from toolkit.cli.shape import shaped
    from toolkit.render.theme import fold, plain
    from toolkit.render.write import chunks, empty_note

    flags = invocation.flags
    outcome = shaped(outcome, flags)
    if output == "html" and outcome.html is None:
        raise UsageProblem(
            "There is no -o html of this.", hint="It is for one thing as a page: show it alone."
        )
    look = look_at(environment.stdout, environment, flags)
    # A person who has just seen the plan of one change needs no table with one row.
    silent = (
        invocation.spec.changes
        and output == "table"
        and environment.stdout_is_terminal
        and len(outcome.rows or ()) <= 1
        and flags.query is None
    )
    if not silent:
        pieces = iter((outcome.html or "",)) if output == "html" else chunks(outcome, output, look)
        for chunk in pieces:
            environment.stdout.write(chunk)
        note = empty_note(outcome, output)
        if note and not flags.quiet:
            environment.stderr.write(note + "\n")
    if not flags.quiet:
        for text in outcome.notes:
            width = look_at(environment.stderr, environment, flags).width
            environment.stderr.write(fold(plain(text), width) + "\n")
    for problem in outcome.problems:
        _say_problem(problem, output, environment.stderr, environment, not flags.no_color)
    return outcome.exit_code


def _say_problem(
    problem: GraceProblem, output: str, stderr: TextIO, environment: Environment, color: bool
) -> None:
    from toolkit.render.problem import problem_json, problem_text

    look = look_at(stderr, environment, Globals(no_color=not color))
    if output in ("json", "jsonl"):
        stderr.write(problem_json(problem))
        return
    stderr.write(problem_text(problem, look))
    states = problem.detail.get("states")
    if states:
        from toolkit.render.problem import states_text

        stderr.write(states_text(states, look))


def look_at(stream: TextIO, environment: Environment, flags: Globals) -> Look:
    from toolkit.render.theme import Look

    try:
        terminal = stream.isatty()
    except ValueError:
        terminal = False
    no_color = (
        flags.no_color
        or bool(environment.variables.get("NO_COLOR"))
        or environment.variables.get("TERM") == "dumb"
    )
    return Look(
        width=environment.width if terminal else None,
        color=terminal and not no_color,
        unicode=environment.unicode(stream),
    )


def _output(invocation: Invocation, environment: Environment) -> str:
    given = invocation.flags.output
    if given is not None:
        return given  # the parser has looked at it
    output = environment.variables.get("GRACE_OUTPUT") or "table"
    if output not in FORMATS:
        raise UsageProblem(f'GRACE_OUTPUT is "{output}".', hint=f"It is one of: {', '.join(FORMATS)}.")
    return output


def _cancelled(invocation: Invocation) -> str:
    if invocation.spec.changes:
        return "Cancelled. Nothing was changed."
    if invocation.spec.noun == "lab":
        return "Cancelled. The lab may have moved all the same: grace lab clock"
    return "Cancelled."


def _early(argv: Sequence[str], environment: Environment) -> tuple[str, bool]:
    """The output format and colour before anything is parsed: a bad command line still answers in JSON."""
    output = environment.variables.get("GRACE_OUTPUT") or "table"
    words = list(argv)
    for index, word in enumerate(words):
        if word in ("-o", "--output") and index + 1 < len(words):
            output = words[index + 1]
        elif word.startswith("--output="):
            output = word.partition("=")[2]
        elif word.startswith("-o") and len(word) > 2:
            output = word[2:].lstrip("=")
    return output, "--no-color" not in words
