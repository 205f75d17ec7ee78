"""`reftrack down`: stop what `reftrack up` started on a state folder, and nothing else."""

from __future__ import annotations

import signal

from reftrack_local import leftovers
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
from reftrack_local.processes import Identity, await_true
from reftrack_local.progress import Reporter, for_console
from reftrack_local.trouble import Trouble

WITHIN = 90.0


@app.command()
def down(state: State = None, as_json: Json = False, lang: Language = None) -> None:
    """Stop what runs on the state folder; its data stays."""
    shown = console()
    with troubles_told(as_json, lang):
        where = folder(state)
        stopped = stop(where, for_console(shown))
        if as_json:
            answer_json({"state": str(where.path), "stopped": stopped})
        elif not stopped:
            answer().print(f"Nothing was running on {where.path}.", soft_wrap=True)
        else:
            answer().print(f"Stopped on {where.path}: {', '.join(stopped)}.", soft_wrap=True)


def stop(where: StateFolder, reporter: Reporter) -> list[str]:
    """Stop the runtime that holds the folder, then whatever it may have left; gives the names.

    A process is known by its id and its time of creation: one that only has the same id is left alone.
    """
    record = where.read()
    running = [name for name, identity in leftovers.parts(record) if identity.process()]
    runtime = Identity.read(record["runtime"]) if "runtime" in record else None
    if runtime and runtime.process():
        with reporter.step("Stopping"):
            _ask(runtime, where)
    leftovers.stop(record, reporter)
    if where.is_held():
        raise Trouble(
            f"Another process holds {where.path}, but its runtime.json does not say which.",
            "It may just be starting: try again in a moment.",
        )
    return running


def _ask(runtime: Identity, where: StateFolder) -> None:
    process = runtime.process()
    if process is None:
        return
    process.send_signal(signal.SIGTERM)
    await_true(
        f"the runtime (pid {runtime.pid}) to stop everything",
        lambda: runtime.process() is None or not where.is_held(),
        WITHIN,
    )
