"""Wrong use of the command line, told in the language of who uses it.

Typer tells it in English only and lets nothing be put in its place, so its words are found in the catalogue
(`usage.yaml`). Help is `helping`'s.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import typer
from contracts import catalogue, phrases
from rich.console import Console
from rich.panel import Panel
from rich.text import Text
from typer.exceptions import TyperException

from reftrack_cli import helping, session


def run(app: typer.Typer, name: str, arguments: Sequence[str]) -> int:
    """Run a command; the exit status. Wrong use is told in Vietnamese where that is spoken: status 2."""
    if not all(map(_is_text, arguments)):
        typer.echo(catalogue.in_lang(catalogue.usage()["frame"]["not_utf8"], spoken(arguments)), err=True)
        return 2
    try:
        if spoken(arguments) == "en":
            helping.speak("en")
            app(arguments, prog_name=name)
        status = helping.command(app, "vi")(arguments, prog_name=name, standalone_mode=False)
    except TyperException as error:
        _tell(Console(stderr=True, highlight=False), error)
        return error.exit_code
    except typer.Abort:
        typer.echo(_say("frame", "aborted"), err=True)
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


def told(message: str) -> str:
    """What Typer says, in Vietnamese; unchanged if the catalogue does not have it."""
    return phrases.usage().vietnamese(message) or message


def _is_text(argument: str) -> bool:
    """Whether it came as UTF-8: nothing else can be written into a message or a path."""
    try:
        argument.encode()
    except UnicodeEncodeError:
        return False
    return True


def _tell(console: Console, error: TyperException) -> None:
    if type(error).__name__ == "NoArgsIsHelpError":
        return  # the help is the message, and was shown
    context: Any = getattr(error, "ctx", None)
    if context is not None:
        how = context.get_usage().removeprefix(catalogue.helps()["frame"]["usage"].vi)
        console.print(_say("frame", "usage", how=how), style="yellow", markup=False)
        command = f"{context.command_path} {context.help_option_names[0]}"
        console.print(_say("frame", "help", command=command), style="dim", markup=False)
    panel = Panel(Text(told(error.format_message())), title=_say("frame", "title"), title_align="left")
    console.print(panel, style="red")


def _say(group: str, code: str, **detail: str) -> str:
    return catalogue.usage()[group][code].vi.format(**detail)
