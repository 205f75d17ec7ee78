"""`reftrack health`: what runs on a state folder and whether it is ready."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import typer
from rich.table import Table

from reftrack_local import leftovers
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
from reftrack_local.keys import Keys
from reftrack_local.login import Login
from reftrack_local.speaking import told
from reftrack_local.trouble import Trouble


@dataclass(frozen=True)
class PartHealth:
    """One part: where it is, whether it is ready, and what it says if it is not."""

    name: str
    where: str
    ready: bool
    says: str = ""


@app.command()
def health(state: State = None, as_json: Json = False, lang: Language = None) -> None:
    """Show each part and whether it is ready; status 1 if one is not."""
    with troubles_told(as_json, lang):
        where = folder(state)
        parts = look(where)
        ready = all(part.ready for part in parts)
        if as_json:
            answer_json({"state": str(where.path), "ready": ready, "parts": [asdict(part) for part in parts]})
        else:
            _show(where, parts)
    if not ready:
        raise typer.Exit(1)


def look(where: StateFolder) -> list[PartHealth]:
    """Ask every part. Raises Trouble when nothing runs on the folder."""
    from reftrack_local import kafka, postgres

    record = where.read()
    if not where.is_held():
        raise _not_running(where)
    if "services" not in record:
        raise Trouble(f"reftrack on {where.path} is only just starting.", "Try again in a moment.")
    dsn, bootstrap = record["postgres"]["dsn"], record["kafka"]["bootstrap"]
    return [
        PartHealth("postgres", dsn.rpartition("@")[2], postgres.answers(dsn)),
        PartHealth("kafka", bootstrap, kafka.answers(bootstrap, _login(where, record))),
        *(_service(each) for instances in record["services"].values() for each in instances),
    ]


def _login(where: StateFolder, record: dict[str, Any]) -> Login | None:
    from reftrack_local.secure import ADMIN, KafkaUsers

    if not record["kafka"].get("secure"):
        return None
    return KafkaUsers.made(Keys(where.keys).kafka, ()).login(ADMIN)


def _not_running(where: StateFolder) -> Trouble:
    left = [name for name, identity in leftovers.parts(where.read()) if identity.process()]
    if left:
        return Trouble(
            f"The runtime on {where.path} ended badly and left behind: {', '.join(left)}.",
            f"`{where.command('down')}` stops them; `{where.command('up')}` stops them and starts anew.",
        )
    return Trouble(f"Nothing is running on {where.path}.", f"Start it with `{where.command('up')}`.")


def _service(each: dict[str, Any]) -> PartHealth:
    import httpx

    try:
        answer = httpx.get(f"{each['http']}/readyz", timeout=5, trust_env=False)
    except httpx.HTTPError as error:
        return PartHealth(each["name"], each["grpc"], False, f"does not answer ({type(error).__name__})")
    ready = answer.status_code == 200
    return PartHealth(each["name"], each["grpc"], ready, "" if ready else answer.text.strip()[:500])


def _show(where: StateFolder, parts: list[PartHealth]) -> None:
    headings = map(told, ("part", "where", "ready", "says"))
    table = Table(*headings, title=told(f"reftrack on {where.path}"))
    for part in parts:
        ready = f"[green]{told('yes')}" if part.ready else f"[red]{told('no')}"
        table.add_row(part.name, part.where, ready, told(part.says))
    answer().print(table)
