"""`reftrack keys list|rotate`: the public keys that agencies seal identities to."""

from __future__ import annotations

import json as jsonlib
from typing import Annotated

import grpc
import typer
from contracts.sealing import SealingKey, encoded
from reftrack.intake.v1 import identity_pb2, identity_pb2_grpc

from reftrack_cli import session
from reftrack_cli.session import As, Json, Language, State, out, word

app = typer.Typer(no_args_is_help=True, help="Keys that identities are sealed to.")
HEADINGS = ("key", "valid_from", "accepted_until")
MOST_DAYS = 366
"""Longer than that no key is accepted beside another; intake says the same."""


@app.command(name="list")
def list_(state: State = None, as_: As = None, json: Json = False, lang: Language = None) -> None:
    """List intake's public keys, the one to seal to first; with --json as JSON Web Keys (RFC 8037)."""
    who = session.speaker(as_, role="administrator")
    with session.calling("intake", who, state, lang=lang, json=json) as channel:
        keys = _keys(channel)
    if json:
        for key in keys:
            out.print(jsonlib.dumps(_as_jwk(key)), soft_wrap=True, markup=False)
        return
    _show(keys, session.language(lang))


@app.command()
def rotate(
    overlap_days: Annotated[
        int,
        typer.Option(
            min=1, max=MOST_DAYS, metavar="N", help="Days for which the key before is accepted yet."
        ),
    ] = 30,
    state: State = None,
    as_: As = None,
    json: Json = False,
    lang: Language = None,
) -> None:
    """Make a new key, which is sealed to from now on. Older ones go on opening what came in their time."""
    request = identity_pb2.RotateSealingKeyRequest(overlap_days=overlap_days)
    who = session.speaker(as_, role="administrator")
    with session.calling("intake", who, state, lang=lang, json=json) as channel:
        key = identity_pb2_grpc.SealingServiceStub(channel).RotateSealingKey(request).key
    if json:
        out.print(jsonlib.dumps(_as_jwk(key)), soft_wrap=True, markup=False)
    else:
        _show([key], session.language(lang))


def first_key(channel: grpc.Channel) -> SealingKey:
    """The key to seal to now. Raises grpc.RpcError."""
    return SealingKey.of_jwk(_as_jwk(_keys(channel)[0]))


def _keys(channel: grpc.Channel) -> list[identity_pb2.SealingKey]:
    request = identity_pb2.ListSealingKeysRequest()
    return list(identity_pb2_grpc.SealingServiceStub(channel).ListSealingKeys(request).keys)


def _as_jwk(key: identity_pb2.SealingKey) -> dict[str, str | int]:
    """With `nbf` and `exp`, as tokens have them, for when it is valid."""
    jwk: dict[str, str | int] = {
        "kty": "OKP",
        "crv": "X25519",
        "kid": key.key_id,
        "x": encoded(key.public_key),
        "use": "enc",
        "nbf": key.valid_from.seconds,
    }
    return {**jwk, "exp": key.valid_until.seconds} if key.HasField("valid_until") else jwk


def _show(keys: list[identity_pb2.SealingKey], language: str) -> None:
    table = session.table(*session.words(HEADINGS, language))
    for key in keys:
        until = (
            session.local(key.valid_until) if key.HasField("valid_until") else word("seal_to_this", language)
        )
        table.add_row(key.key_id, session.local(key.valid_from), until)
    session.show(table, language)
