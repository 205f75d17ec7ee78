"""How these commands take their options and give their answers: text for people, JSON for programs."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from reftrack_local import paths
from reftrack_local.folder import StateFolder
from reftrack_local.speaking import LANGS, Speaking, choose
from reftrack_local.trouble import Trouble

app = typer.Typer(no_args_is_help=True)

State = Annotated[
    Path | None,
    typer.Option(
        help="State folder; default: REFTRACK_STATE, or .reftrack in the checkout.", show_default=False
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]
Language = Annotated[
    str | None, typer.Option("--lang", help="vi or en; LANG decides if left out.", show_default=False)
]


def folder(state: Path | None) -> StateFolder:
    """The state folder that the caller means."""
    return StateFolder(state or paths.default_state())


def console() -> Console:
    """For people, while something goes on: standard error, so that standard output holds only the answer."""
    return Speaking(stderr=True, highlight=False)


def answer() -> Console:
    """For people: the answer itself, on standard output."""
    return Speaking(highlight=False)


def answer_json(data: Any) -> None:
    """One JSON document on standard output."""
    sys.stdout.write(json.dumps(data, ensure_ascii=False) + "\n")
    sys.stdout.flush()


@contextmanager
def troubles_told(as_json: bool, lang: str | None = None) -> Iterator[None]:
    """Speak that language; say a Trouble and end with status 1, instead of a traceback."""
    if lang is not None:
        if lang not in LANGS:
            raise typer.BadParameter("give vi or en", param_hint="--lang")
        choose(lang)
    try:
        yield
    except Trouble as trouble:
        if as_json:
            answer_json({"error": {"what": trouble.what, "remedy": trouble.remedy}})
        else:
            shown = console()
            shown.print(trouble.what, style="bold red", markup=False, soft_wrap=True)
            if trouble.remedy:
                shown.print(trouble.remedy, markup=False, soft_wrap=True)
        raise typer.Exit(1) from None


UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def duration(text: str) -> timedelta:
    """`90s`, `30m`, `12h`, `7d`. Raises Trouble."""
    number, unit = text[:-1], text[-1:]
    if not re.fullmatch("0*[1-9][0-9]{0,8}", number) or unit not in UNITS:
        raise Trouble(f"{text!r} is not a duration.", "Give for instance 30m, 12h or 7d.")
    return timedelta(**{UNITS[unit]: int(number)})
