"""The help of every command, and what stands around it, in Vietnamese: found by its English in the catalogue.

Typer writes help in English only; its fixed words are its module's constants, the rest are attributes of the
commands that it makes out of an app.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import typer
from contracts import catalogue, phrases
from typer import rich_utils

CONSTANTS = ("OPTIONS_PANEL_TITLE", "COMMANDS_PANEL_TITLE", "ARGUMENTS_PANEL_TITLE",
             "DEFAULT_STRING", "REQUIRED_LONG_STRING", "ENVVAR_STRING")  # fmt: skip
"""What Typer writes around every help, by the name of its constant."""

_IN_ENGLISH = {name: getattr(rich_utils, name) for name in CONSTANTS}


def command(app: typer.Typer, lang: str) -> Any:
    """The command line of an app, with its help in that language."""
    made = typer.main.get_command(app)
    speak(lang)
    if lang == "vi":
        for _, each in walk(made):
            _translate(each)
    return made


def speak(lang: str) -> None:
    """Let what Typer writes around help be in that language."""
    for name, english in _IN_ENGLISH.items():
        setattr(rich_utils, name, _said(english) if lang == "vi" else english)


def walk(made: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every command with the words that name it; groups first."""
    yield path, made
    for name, inner in getattr(made, "commands", {}).items():
        yield from walk(inner, f"{path} {name}".strip())


def texts(made: Any) -> Iterator[str]:
    """What the help of one command says, its arguments and options included."""
    said = [made.help, *(getattr(each, "help", None) for each in made.params)]
    yield from filter(None, said)


def _translate(made: Any) -> None:
    made.help = _said(made.help)
    if made.short_help:
        made.short_help = _said(made.short_help)
    for each in made.params:
        if getattr(each, "help", None):
            each.help = _said(each.help)
    made.get_usage = partial(_usage, made.get_usage)
    made.get_help_option = partial(_help_option, made.get_help_option)


def _usage(in_english: Any, context: Any) -> str:
    said: str = in_english(context)
    before = catalogue.helps()["frame"]["usage"]
    return said.replace(before.en, before.vi, 1)


def _help_option(in_english: Any, context: Any) -> Any:
    option = in_english(context)
    if option is not None:
        option.help = _said(option.help)
    return option


def _said(english: str | None) -> str:
    return (phrases.help_in_vietnamese(english) or english) if english else ""
