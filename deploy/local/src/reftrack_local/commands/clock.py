"""`reftrack clock`: look at and move the simulated clock of a local runtime."""

from __future__ import annotations

from typing import Annotated

import typer

from reftrack_local.clock import RuntimeClock, parse_setting
from reftrack_local.commands.answering import (
    Json,
    Language,
    State,
    answer,
    answer_json,
    app,
    folder,
    troubles_told,
)
from reftrack_local.folder import StateFolder
from reftrack_local.trouble import Trouble

clock = typer.Typer(no_args_is_help=True, help="The simulated clock.")
app.add_typer(clock, name="clock")


@clock.command()
def show(state: State = None, as_json: Json = False, lang: Language = None) -> None:
    """Print what time the services think it is."""
    with troubles_told(as_json, lang):
        _tell(_clock(folder(state)), as_json)


@clock.command("set")
def set_(
    instant: Annotated[str, typer.Argument(help="RFC 3339, e.g. 2019-12-10T08:00:00+07:00.")],
    state: State = None,
    as_json: Json = False,
    lang: Language = None,
) -> None:
    """Move the simulated clock."""
    with troubles_told(as_json, lang):
        moved = _clock(folder(state))
        at = parse_setting(f"simulated:{instant}")
        if at is not None:
            moved.set(at)
        _tell(moved, as_json)


def _clock(where: StateFolder) -> RuntimeClock:
    setting = where.read().get("clock")
    if setting is None:
        raise Trouble(
            f"reftrack never ran on {where.path}.", "Start it with `reftrack up --clock simulated:…`."
        )
    return RuntimeClock(where.clock, simulated=setting != "real")


def _tell(shown: RuntimeClock, as_json: bool) -> None:
    now = shown.now().isoformat(timespec="seconds")
    if as_json:
        answer_json({"now": now, "simulated": shown.simulated})
    else:
        answer().print(f"{now} ({'simulated' if shown.simulated else 'real'})")
