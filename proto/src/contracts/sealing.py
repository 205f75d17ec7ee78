"""Seals what tells who somebody is to intake's public key: HPKE (RFC 9180) of `cryptography`.

An agency's client needs `SealingKey.of_jwk` and `seal_event`, and nothing else of ours. What is sealed opens
in the event for which it was sealed (agency, id, type, field) and in no other. Its length tells the length of
a name only to 256 bytes.
"""

from __future__ import annotations

import hashlib
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from pydantic import BaseModel

from contracts.events.sealed import Sealed, Seals
from contracts.registry import POSTABLE

SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
_ENC = 32
_PADDED_TO = 256
_NONE: Mapping[str, str] = MappingProxyType({})


class NotOpened(ValueError):
    """Sealed for another event or key, or changed on its way. Never says what stands in it."""


class NoSealingKey(ValueError):
    """This is no public key that identities can be sealed to."""


class Place(NamedTuple):
    """Where a sealed value belongs: the CloudEvents attributes of its event, and the field it stands for."""

    source: str
    event_id: str
    type: str
    field: str

    def info(self) -> bytes:
        """HPKE's `info`: a JSON array of texts, escaped to ASCII, without spaces."""
        return json.dumps(["reftrack sealed field v1", *self], separators=(",", ":")).encode("ascii")


@dataclass(frozen=True)
class SealingKey:
    """A public key of intake's; `key_id` follows from it."""

    key_id: str
    key: X25519PublicKey = field(repr=False)

    @classmethod
    def of_jwk(cls, jwk: Mapping[str, Any]) -> SealingKey:
        """Read a key as `reftrack keys list --json` gives it (RFC 8037). Raises `NoSealingKey`."""
        try:
            raw = decoded(str(jwk["x"]))
            if (jwk["kty"], jwk["crv"]) != ("OKP", "X25519") or jwk["kid"] != key_id(raw):
                raise NoSealingKey("kty, crv or kid do not fit: fetch the key again with reftrack keys list")
            return cls(key_id(raw), X25519PublicKey.from_public_bytes(raw))
        except (KeyError, TypeError, ValueError):
            raise NoSealingKey(
                "a key is a JSON object with kty OKP, crv X25519, kid and x: see reftrack keys list --json"
            ) from None

    def as_jwk(self) -> dict[str, str]:
        """The key as JSON Web Key (RFC 8037)."""
        return {
            "kty": "OKP",
            "crv": "X25519",
            "kid": self.key_id,
            "x": encoded(self.key.public_bytes_raw()),
            "use": "enc",
        }


def seal_event(key: SealingKey, event: Mapping[str, Any]) -> dict[str, Any]:
    """A structured CloudEvent (`id`, `source`, `type`, `data`: the posted value) with its identities sealed.

    What bears none, bears it sealed already, or is no event of ours, comes back as it is.
    """
    data, places = event.get("data"), [event.get(name) for name in ("source", "id", "type")]
    if not isinstance(data, dict) or not all(isinstance(place, str) for place in places):
        return dict(event)
    source, event_id, type_name = map(str, places)
    sealed = seal_posted(key, data, source=source, event_id=event_id, type_name=type_name)
    return {**event, "data": sealed}


def seal_posted(
    key: SealingKey, posted: Mapping[str, Any], *, source: str, event_id: str, type_name: str
) -> dict[str, Any]:
    """The same for the value alone, `{"about": …, "by": …, "data": …}`, and the attributes of its event."""
    data = posted.get("data")
    names = sealed_names(type_name)
    if not isinstance(data, dict) or names.keys().isdisjoint(data):
        return dict(posted)
    told: dict[str, Any] = {}
    for name, value in data.items():
        if name in names and value is not None:
            place = Place(source, event_id, type_name, name)
            told[names[name]] = seal(key, value, place).model_dump()
        else:
            told[name] = value
    return {**posted, "data": told}


def seal(key: SealingKey, value: Any, place: Place) -> Sealed:
    """Seal one value of JSON for its place. Never twice the same bytes."""
    plain = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    plain += b" " * (-len(plain) % _PADDED_TO)
    box = SUITE.encrypt(plain, key.key, place.info())
    return Sealed(key_id=key.key_id, enc=encoded(box[:_ENC]), ciphertext=encoded(box[_ENC:]))


def open_sealed(key: X25519PrivateKey, sealed: Sealed, place: Place) -> Any:
    """The value of JSON that was sealed for this place. Raises `NotOpened`."""
    try:
        box = decoded(sealed.enc) + decoded(sealed.ciphertext)
        return json.loads(SUITE.decrypt(box, key, place.info()))
    except (InvalidTag, ValueError, RecursionError):
        raise NotOpened("sealed for another event or key, or changed on its way") from None


@cache
def sealed_names(type_name: str) -> Mapping[str, str]:
    """The fields of a posted event that may come sealed, each with the name that it then has."""
    postable = POSTABLE.get(type_name)
    return _NONE if postable is None else MappingProxyType(_sealed_of(postable.model))


def key_id(raw: bytes) -> str:
    """Name a public key (its 32 bytes) by its content: 16 hexadecimal digits of SHA-256."""
    return hashlib.sha256(b"reftrack sealing key" + raw).hexdigest()[:16]


def encoded(raw: bytes) -> str:
    """Base64url without padding."""
    return urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def decoded(text: str) -> bytes:
    """Read base64url without padding. Raises ValueError."""
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _sealed_of(model: type[BaseModel]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, info in model.model_fields.items():
        for mark in info.metadata:
            if isinstance(mark, Seals):
                found[mark.field] = name
    return found
