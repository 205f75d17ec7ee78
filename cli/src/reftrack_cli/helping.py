"""The help of every command, and what stands around it, in Vietnamese: found by its English in the catalogue.

Typer writes help in English only; its fixed words are its module's constants, the rest are attributes of the
commands that it makes out of an app. Where a code is expected, help names its list of the catalogue in
braces, `{VoidReason}`, and shows the codes with what people call them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from typing import Any

import typer
from contracts import catalogue, phrases
from typer import rich_utils

CONSTANTS = ("OPTIONS_PANEL_TITLE", "COMMANDS_PANEL_TITLE", "ARGUMENTS_PANEL_TITLE",
             "DEFAULT_STRING", "REQUIRED_LONG_STRING", "ENVVAR_STRING")  # fmt: skip
"""What Typer writes around every help, by the name of its constant."""

_LIST = re.compile(r"\{([A-Z]\w+)((?:-\w+)*)\}")

_IN_ENGLISH = {name: getattr(rich_utils, name) for name in CONSTANTS}


def command(app: typer.Typer, lang: str) -> Any:
    """The command line of an app, with its help in that language."""
    made = typer.main.get_command(app)
    speak(lang)
    for _, each in walk(made):
        _say_in(each, lang)
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


def _say_in(made: Any, lang: str) -> None:
    for each in (made, *made.params):
        if getattr(each, "help", None):
            each.help = with_codes(_said(each.help) if lang == "vi" else each.help, lang)
    if lang == "vi":
        if made.short_help:
            made.short_help = _said(made.short_help)
        made.get_usage = partial(_usage, made.get_usage)
        made.get_help_option = partial(_help_option, made.get_help_option)


def with_codes(text: str, lang: str) -> str:
    """`{List}` as the codes of that list of the catalogue with their names; `{List-code}` without one."""
    return _LIST.sub(lambda found: _codes(found[1], found[2].split("-"), lang), text)


def _codes(list_name: str, but: list[str], lang: str) -> str:
    names = catalogue.lists()[list_name]
    told = ((code, catalogue.in_lang(title, lang)) for code, title in names.items() if code not in but)
    return ", ".join(f"{code} ({name})" for code, name in told)


def _usage(in_english: Any, context: Any) -> str:
    said: str = in_english(context)
    for part in ("usage", "any_options", "any_command"):
        words = catalogue.helps()["frame"][part]
        said = said.replace(words.en, words.vi, 1)
    return said


def _help_option(in_english: Any, context: Any) -> Any:
    option = in_english(context)
    if option is not None:
        option.help = _said(option.help)
    return option


def _said(english: str | None) -> str:
    return (phrases.help_in_vietnamese(english) or english) if english else ""
