"""A field of an event that only intake can open: what agencies post in the place of an identity in clear."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import StringConstraints

from contracts.base import Contract, Title
from contracts.fields import PATTERNS

KeyId = Annotated[str, StringConstraints(pattern=PATTERNS["key_id"])]
"""Names a public key by its content: 16 hexadecimal digits (`contracts.sealing.key_id`)."""


class Sealed(Contract):
    """Made by `contracts.sealing`: HPKE (RFC 9180), base mode, DHKEM(X25519, HKDF-SHA256), HKDF-SHA256,
    AES-256-GCM; `enc` and `ciphertext` as the RFC names them, in base64url without padding.

    Bound to agency, event id, type and field: in another event it does not open.
    """

    key_id: Annotated[KeyId, Title("Mã khóa", "Key")]
    enc: Annotated[
        str,
        StringConstraints(pattern=PATTERNS["base64url"], min_length=43, max_length=43),
        Title("Khóa đóng gói", "Encapsulated key"),
    ]
    ciphertext: Annotated[
        str,
        StringConstraints(pattern=PATTERNS["base64url"], min_length=22, max_length=20_000),
        Title("Nội dung mã hóa", "Ciphertext"),
    ]


@dataclass(frozen=True)
class Seals:
    """Marks a field that bears another one sealed: `Annotated[Sealed | None, Seals("identity")]`.

    Of the two an event has one. Whatever bears this mark `contracts.sealing` seals and intake opens.
    """

    field: str


def once(clear: object, sealed: object, *, needed: bool = True) -> None:
    """Raise ValueError `identity_once` unless one of the two is there (at most one, if not `needed`)."""
    given = (clear is not None) + (sealed is not None)
    if given > 1 or (needed and not given):
        raise ValueError("identity_once")
