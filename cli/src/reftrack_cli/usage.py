"""Wrong use of the command line, told in the language of who uses it.

Typer tells it in English only, partly in the words of the library that reads its values, and lets nothing be
put in their place: so they are found in the catalogue (`usage.yaml`). Help is `helping`'s.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from io import TextIOWrapper
from typing import Any

import typer
from contracts import catalogue, phrases
from rich.console import Console
from rich.panel import Panel
from rich.text import Text
from typer.exceptions import TyperException

from reftrack_cli import helping, session


def run(app: typer.Typer, name: str, arguments: Sequence[str]) -> int:
    """Run a command; the exit status. Wrong use is told in the language that is spoken: status 2. What the
    machine will not do, with a path or without, and a reader that went away, end it with status 1."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a screen without Vietnamese ends nothing
    language = spoken(arguments)
    if not all(map(_is_text, arguments)):
        typer.echo(_say("frame", "not_utf8", language), err=True)
        return 2
    try:
        status = helping.command(app, language)(arguments, prog_name=name, standalone_mode=False)
    except TyperException as error:
        _tell(Console(stderr=True, highlight=False), error, language)
        return error.exit_code
    except typer.Abort:
        typer.echo(_say("frame", "aborted", language), err=True)
        return 1
    except BrokenPipeError:
        _stop_writing()
        return 1
    except OSError as error:
        typer.echo(_not_possible(error, language), err=True)
        return 1
    return status if isinstance(status, int) else 0


def spoken(arguments: Sequence[str]) -> str:
    """The language of a command line that may be wrong: what `--lang` says, if that is one, else LANG."""
    given = None
    for place, argument in enumerate(arguments):
        option, _, value = argument.partition("=")
        if option == "--lang":
            given = value or next(iter(arguments[place + 1 :]), None)
    return session.language(given if given in catalogue.LANGS else None)


def told(message: str, language: str = "vi") -> str:
    """What Typer says, in that language and in plain words; unchanged if the catalogue does not have it."""
    plain = phrases.usage_plainly().instead_of(message) or message
    return (phrases.usage().instead_of(plain) or plain) if language == "vi" else plain


def _not_possible(error: OSError, language: str) -> str:
    """What the machine said, of which path where it says that."""
    why = error.strerror or type(error).__name__
    if error.filename is None:
        return _say("frame", "not_possible", language, why=why)
    return _say("frame", "no_such_path", language, path=_short(str(error.filename)), why=why)


def _stop_writing() -> None:
    """Nobody reads on: Python would complain at its end of what is left."""
    with suppress(OSError, ValueError):
        out = sys.stdout.fileno()
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, out)
        os.close(nowhere)


def _short(path: str) -> str:
    """The beginning of a path, on one line."""
    seen = "".join(letter if letter.isprintable() else "?" for letter in path[:200])
    return f"{seen}…" if len(path) > len(seen) else seen or "–"


def _is_text(argument: str) -> bool:
    """Whether it came as UTF-8: nothing else can be written into a message or a path."""
    try:
        argument.encode()
    except UnicodeEncodeError:
        return False
    return True


def _tell(console: Console, error: TyperException, language: str) -> None:
    if type(error).__name__ == "NoArgsIsHelpError":
        return  # the help is the message, and was shown
    context: Any = getattr(error, "ctx", None)
    if context is not None:
        before = catalogue.in_lang(catalogue.helps()["frame"]["usage"], language)
        how = context.get_usage().removeprefix(before)
        console.print(_say("frame", "usage", language, how=how), style="yellow", markup=False)
        command = f"{context.command_path} {context.help_option_names[0]}"
        console.print(_say("frame", "help", language, command=command), style="dim", markup=False)
    said = Text(told(error.format_message(), language))
    console.print(Panel(said, title=_say("frame", "title", language), title_align="left"), style="red")


def _say(group: str, code: str, language: str, **detail: str) -> str:
    return catalogue.in_lang(catalogue.usage()[group][code], language).format(**detail)
