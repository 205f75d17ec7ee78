"""`reftrack vault status|add-key|rotate|remove-key`: the master key that wraps the keys of people.

The steps of docs/runbook.md, "The master key": first every instance's file has the new key, then it wraps.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from contracts import catalogue
from reftrack.admin.v1 import vault_pb2, vault_pb2_grpc
from reftrack_local import paths
from reftrack_local.keys import add_master_key, remove_master_key
from reftrack_local.trouble import Trouble

from reftrack_cli import refusals, session
from reftrack_cli.session import As, Json, Language, State, err, out, word

app = typer.Typer(no_args_is_help=True, help="The master key of the vault.")
File = Annotated[
    Path | None,
    typer.Option(
        "--file", help="File of master keys; that of the local runtime if left out.", show_default=False
    ),
]
KeyId = Annotated[str, typer.Argument(help="16 hexadecimal digits, as `reftrack vault status` shows them.")]
LOOK_EVERY = 1.0


@app.command()
def status(state: State = None, as_: As = None, json: Json = False, lang: Language = None) -> None:
    """Show which master key wraps, who holds which, and how far a change of it has come."""
    language = session.language(lang)
    with session.calling(
        "intake", session.speaker(as_, role="administrator"), state, lang=lang, json=json
    ) as channel:
        told = vault_pb2_grpc.VaultServiceStub(channel).GetVaultStatus(vault_pb2.GetVaultStatusRequest())
    if json:
        session.as_json(told)
        return
    table = session.table(*session.words(("key", "state", "wraps_keys", "held_by"), language))
    for key in told.keys:
        table.add_row(key.key_id, word(standing(key, told), language), str(key.wraps), ", ".join(key.held_by))
    session.show(table, language)
    for one in told.instances:
        if one.trouble:
            err.print(f"{one.instance}: {catalogue.text(one.trouble, language)}", markup=False)
    if told.HasField("rotation"):
        _tell(told.rotation, language)


def standing(key: vault_pb2.MasterKeyStatus, told: vault_pb2.GetVaultStatusResponse) -> str:
    """What a master key is for now, a word of the catalogue: one that wraps nothing may be about to."""
    if key.current:
        return "wraps_now"
    if key.wraps:
        return "still_needed"
    return "removable" if key.key_id == told.rotation.from_key_id else "wraps_nothing"


@app.command(name="add-key")
def add_key(file: File = None, state: State = None, json: Json = False) -> None:
    """Add a new key to the file of master keys of this machine; its id. It wraps nothing yet."""
    try:
        key_id = add_master_key(_file(file, state))
    except Trouble as trouble:
        _fail(trouble, json)
    out.print(f'{{"key_id": "{key_id}"}}' if json else key_id, markup=False)


@app.command()
def rotate(
    key_id: KeyId,
    wait: Annotated[bool, typer.Option(help="Stay until every key is wrapped anew.")] = True,
    state: State = None,
    as_: As = None,
    json: Json = False,
    lang: Language = None,
) -> None:
    """Let a key wrap that every running instance holds; all keys are wrapped anew meanwhile."""
    language = session.language(lang)
    with session.calling(
        "intake", session.speaker(as_, role="administrator"), state, lang=lang, json=json
    ) as channel:
        stub = vault_pb2_grpc.VaultServiceStub(channel)
        told = stub.RotateMasterKey(vault_pb2.RotateMasterKeyRequest(key_id=key_id)).rotation
        while wait and not told.HasField("finished_at"):
            _tell(told, language)
            time.sleep(LOOK_EVERY)
            told = stub.GetVaultStatus(vault_pb2.GetVaultStatusRequest()).rotation
    if json:
        session.as_json(told)
    else:
        _tell(told, language)


@app.command(name="remove-key")
def remove_key(
    key_id: KeyId,
    file: File = None,
    state: State = None,
    as_: As = None,
    json: Json = False,
    lang: Language = None,
) -> None:
    """Take a key that wraps nothing any more out of this machine's file. Ends with status 1 if it does."""
    language = session.language(lang)
    with session.calling(
        "intake", session.speaker(as_, role="administrator"), state, lang=lang, json=json
    ) as channel:
        told = vault_pb2_grpc.VaultServiceStub(channel).GetVaultStatus(vault_pb2.GetVaultStatusRequest())
    try:
        if any(key.key_id == key_id and (key.current or key.wraps) for key in told.keys):
            raise Trouble(word("key_needed", language), word("rotate_first", language))
        remove_master_key(_file(file, state), key_id)
    except Trouble as trouble:
        _fail(trouble, json)


def _fail(trouble: Trouble, json: bool) -> NoReturn:
    refusals.tell_trouble(err, trouble, json=json)
    raise typer.Exit(1) from None


def _file(given: Path | None, state: Path | None) -> Path:
    return given or (state or paths.default_state()) / "keys" / "master.key"


def _tell(told: vault_pb2.MasterKeyRotation, language: str) -> None:
    code = "rotation_finished" if told.HasField("finished_at") else "rotation_under_way"
    since = session.local(told.started_at)
    err.print(
        f"{since} {told.from_key_id or '-'} → {told.to_key_id}: {word(code, language)}"
        f" ({told.done} / {told.done + told.left})",
        markup=False,
    )
