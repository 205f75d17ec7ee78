"""Identities leave this machine sealed to intake's public key, unless an office says otherwise."""

from __future__ import annotations

from collections.abc import Callable

import grpc
from contracts.sealing import SealingKey, seal_posted, sealed_names
from pydantic_core import to_json

from reftrack_cli.files.entries import Event
from reftrack_cli.operators.keys import first_key

Seal = Callable[[Event], bytes]
"""The posted value of an event as it is sent."""


def in_clear(event: Event) -> bytes:
    """As it is: on an agency's own topic an identity may stand in clear, and over TLS."""
    return event.data


def to_intake(channel: grpc.Channel, source: str) -> Seal:
    """Seals to the key that intake names first; asks for it when the first identity comes.

    Each call raises grpc.RpcError if intake does not answer: nothing is ever sent in clear instead.
    """
    keys: list[SealingKey] = []

    def seal(event: Event) -> bytes:
        data = event.posted.get("data")
        if not isinstance(data, dict) or sealed_names(event.type).keys().isdisjoint(data):
            return event.data
        if not keys:
            keys.append(first_key(channel))
        sealed = seal_posted(keys[0], event.posted, source=source, event_id=event.id, type_name=event.type)
        return to_json(sealed)

    return seal
