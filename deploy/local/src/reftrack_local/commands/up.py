"""`reftrack up`: start everything; in the foreground until Ctrl-C, or detached until `reftrack down`."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import threading
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from reftrack_local.clock import parse_setting
from reftrack_local.commands.answering import (
    Json,
    Language,
    State,
    answer,
    answer_json,
    app,
    console,
    folder,
    troubles_told,
)
from reftrack_local.folder import StateFolder
from reftrack_local.processes import await_true, tail
from reftrack_local.progress import for_console
from reftrack_local.speaking import told
from reftrack_local.trouble import Trouble

if TYPE_CHECKING:
    from reftrack_local.plan import Wanted

DETACHED_WITHIN = 900.0
"""A first start downloads Kafka; slow networks are slow."""

Instances = Annotated[
    list[str] | None, typer.Option(help="Instances of a service, e.g. intake=2. Can be repeated.")
]
Port = Annotated[int | None, typer.Option(min=1, max=65535, help="Default: a free one.", show_default=False)]
Variables = Annotated[
    list[str] | None,
    typer.Option(
        "--env", help="A variable for one service, e.g. intake.REFTRACK_LOG_LEVEL=DEBUG. Repeatable."
    ),
]


@app.command()
def up(
    state: State = None,
    ephemeral: Annotated[bool, typer.Option(help="Keep nothing: a folder that vanishes.")] = False,
    detach: Annotated[bool, typer.Option(help="Leave it running; `reftrack down` stops it.")] = False,
    instances: Instances = None,
    env: Variables = None,
    clock: Annotated[
        str | None,
        typer.Option(
            help="`real`, or simulated:<RFC 3339 instant>; default: as last time.", show_default=False
        ),
    ] = None,
    postgres_port: Port = None,
    kafka_port: Port = None,
    secure: Annotated[
        bool, typer.Option(help="Kafka asks for credentials and keeps everybody to what is theirs.")
    ] = False,
    as_json: Json = False,
    lang: Language = None,
) -> None:
    """Start PostgreSQL, Kafka and the four services, and keep them running."""
    from reftrack_local.plan import Wanted

    with troubles_told(as_json, lang):
        if detach and ephemeral:
            raise Trouble(
                "--detach and --ephemeral do not go together.", "A detached system needs its folder."
            )
        wanted = Wanted(
            instances=dict(_instances(each) for each in instances or []),
            env=_variables(env or []),
            clock=parse_setting(clock) if clock else None,
            keep_clock=clock is None,
            postgres_port=postgres_port,
            kafka_port=kafka_port,
            secure=secure,
        )
        if detach:
            _detached(folder(state), as_json)
        else:
            run_in_foreground(None if ephemeral else folder(state).path, wanted, as_json)


def run_in_foreground(state: Path | None, wanted: Wanted, as_json: bool) -> None:
    """Be the runtime until Ctrl-C, SIGTERM or the end of the terminal; then stop everything."""
    from reftrack_local.runtime import LocalRuntime

    shown = console()
    over = threading.Event()
    _take_signals()
    try:
        with LocalRuntime(state, wanted, reporter=for_console(shown)) as runtime:
            if as_json:
                answer_json(runtime.folder.read())
            else:
                show(runtime.folder, answer())
                shown.print("Ctrl-C stops it.")
            while not over.wait(3600):
                pass
    except KeyboardInterrupt:
        _ignore_signals()
        shown.print("Stopped: everything that was started has ended.")


def _take_signals() -> None:
    """SIGTERM and a closed terminal end the runtime as Ctrl-C does."""

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    for each in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, interrupt)


def _ignore_signals() -> None:
    """Everything has ended: what comes now must not spoil the last words."""
    for each in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(each, signal.SIG_IGN)


def _detached(where: StateFolder, as_json: bool) -> None:
    """Run `up` again in a session of its own, and wait until it is ready."""
    where.prepare()
    where.refuse_if_held()
    log = where.logs / "runtime.log"
    arguments = [each for each in sys.argv[1:] if each not in ("--detach", "--json")]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "reftrack_cli", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def settled() -> bool:
        return process.poll() is not None or _is_ready(where.read(), process.pid)

    with for_console(console()).step("Starting"):
        await_true("the start", settled, DETACHED_WITHIN, every=0.2)
    if process.poll() is not None:
        raise Trouble(f"It ended again:\n{tail(log)}", f"Logs: {where.logs}")
    if as_json:
        answer_json(where.read())
    else:
        show(where, answer())
        console().print(f"It goes on running; `{where.command('down')}` stops it.", soft_wrap=True)


def _is_ready(record: dict[str, Any], pid: int) -> bool:
    return record.get("phase") == "ready" and bool(record.get("runtime", {}).get("pid") == pid)


def show(where: StateFolder, shown: Console) -> None:
    """What runs where."""
    record = where.read()
    headings = map(told, ("part", "address", "health and metrics"))
    table = Table(*headings, title=told(f"reftrack on {where.path}"), title_justify="left")
    for server, address in (("postgres", "dsn"), ("kafka", "bootstrap")):
        value, own = record[server][address], record[server]["embedded"]
        table.add_row(server, _address(value), "" if own else told("yours, not started here"))
    for instances in record["services"].values():
        for each in instances:
            table.add_row(each["name"], each["grpc"], each["http"])
    shown.print(table)
    shown.print(f"Logs: {where.logs}", soft_wrap=True)
    if record["clock"] != "real":
        now, moves = where.clock.read_text().strip(), where.command("clock set")
        shown.print(f"Simulated clock: {now} (`{moves}` moves it).", soft_wrap=True)


def _address(value: str) -> str:
    """Without the user and password of a DSN; `runtime.json` has the whole."""
    return value.rpartition("@")[2]


def _instances(text: str) -> tuple[str, int]:
    name, _, number = text.partition("=")
    if not re.fullmatch("[1-9][0-9]?", number):
        raise Trouble(f"{text!r} does not say how many instances.", "Give for instance --instances intake=2.")
    return name, int(number)


def _variables(texts: list[str]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for text in texts:
        service, dot, assignment = text.partition(".")
        name, equals, value = assignment.partition("=")
        if not (dot and equals and name):
            raise Trouble(f"{text!r} is no variable of a service.", "Give --env intake.NAME=value.")
        found.setdefault(service, {})[name] = value
    return found
