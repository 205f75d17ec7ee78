"""Sealing by HPKE: bound to its event, the same for every program that follows RFC 9180, and silent."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

import pytest
from contracts.events.sealed import Sealed
from contracts.sealing import (
    NoSealingKey,
    NotOpened,
    Place,
    SealingKey,
    decoded,
    encoded,
    key_id,
    open_sealed,
    seal,
    seal_event,
    seal_posted,
    sealed_names,
)
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

PRIVATE = X25519PrivateKey.from_private_bytes(bytes(range(32)))
RAW = PRIVATE.public_key().public_bytes_raw()
KEY = SealingKey(key_id(RAW), PRIVATE.public_key())
REGISTERED = "org.reftrack.client-registered.v1"
PLACE = Place("/agencies/ldtbxh-bo-de", "e-1", REGISTERED, "identity")
WHO = {"full_name": "Nguyễn Văn Thử", "id_number": "001088000017"}

EXAMPLE = Sealed(
    key_id="a616074e1c868deb",
    enc="mDC-e2SYLmAoVoR_qQVXe5vcACbeP4TNioE-vMiiESY",
    ciphertext=(
        "PbB-Zh3sCu56J32UVu8b08CKaCaKweFg--u8CPnzikmBn_NjJYcxowSWaC99daDFD-4hS6xy8yIhHTV-dvVsWw2JvL"
        "6tp6VObWLdtR4A3aFFc0OY7mJ3Gr_-8NQpH6DkhZHXj4DyEucRYLw9J_XKrA_VVjL15EkmSFAhTvrJWd4TjYiN68gW"
        "R5qf8KLd36LYk-w9w-5ZrEWGvcmhyorYLBPq1msYshZsAFLw_WtYM9kf7ppXfhmJ-A4H9WxYjvzErIg0AdohGNhRh1"
        "iTDx1NV7vLDSifpMRBz_xqYNgKsGxBP4UKNL1fExLGmpvNrNErZM7yqhEkq3yww-mdKvwj2_T6HgsS6fY_MxlejLv8"
        "Yqs"
    ),
)
"""`WHO` sealed once for `PLACE` to the key whose private half is 00 01 … 1f: any program must open it."""


def test_what_was_sealed_opens_in_its_place() -> None:
    assert open_sealed(PRIVATE, seal(KEY, WHO, PLACE), PLACE) == WHO


def test_the_example_of_the_documents_opens_for_ever() -> None:
    assert open_sealed(PRIVATE, EXAMPLE, PLACE) == WHO


def test_a_program_that_follows_the_rfc_by_hand_opens_it_and_is_opened() -> None:
    sealed = seal(KEY, WHO, PLACE)
    assert json.loads(by_hand(PRIVATE, decoded(sealed.enc), PLACE.info()).decrypt(*last(sealed))) == WHO
    once = X25519PrivateKey.from_private_bytes(bytes(32))
    enc = once.public_key().public_bytes_raw()
    shared = once.exchange(PRIVATE.public_key())
    aead, nonce = schedule(shared, enc, RAW, PLACE.info())
    theirs = aead.encrypt(nonce, json.dumps(WHO).encode(), b"")
    box = Sealed(key_id=KEY.key_id, enc=encoded(enc), ciphertext=encoded(theirs))
    assert open_sealed(PRIVATE, box, PLACE) == WHO


@pytest.mark.parametrize("field", Place._fields)
def test_it_opens_nowhere_else(field: str) -> None:
    with pytest.raises(NotOpened) as refused:
        open_sealed(PRIVATE, seal(KEY, WHO, PLACE), PLACE._replace(**{field: "other"}))
    assert "Nguyễn" not in str(refused.value)


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_a_changed_byte_keeps_it_shut(place: int, by: int) -> None:
    sealed = seal(KEY, WHO, PLACE)
    raw = bytearray(decoded(sealed.ciphertext))
    raw[place % len(raw)] ^= by
    with pytest.raises(NotOpened):
        open_sealed(PRIVATE, sealed.model_copy(update={"ciphertext": encoded(bytes(raw))}), PLACE)


@given(st.text(max_size=60))
def test_its_length_tells_nothing_of_a_name(name: str) -> None:
    sealed = seal(KEY, {"full_name": name[:30]}, PLACE)
    assert len(decoded(sealed.ciphertext)) == 256 + 16


def test_no_two_of_the_same_are_alike() -> None:
    assert seal(KEY, WHO, PLACE) != seal(KEY, WHO, PLACE)


def test_an_event_is_sealed_where_it_bears_an_identity_and_is_itself_otherwise() -> None:
    event = posted({"identity": WHO, "sex": "male"})
    sealed = seal_event(KEY, event)
    assert set(sealed["data"]["data"]) == {"sealed_identity", "sex"}
    box = Sealed.model_validate(sealed["data"]["data"]["sealed_identity"])
    assert open_sealed(PRIVATE, box, PLACE) == WHO
    assert seal_event(KEY, sealed) == sealed
    assert seal_event(KEY, {**event, "type": "org.reftrack.client-contacted.v1"})["data"] == event["data"]


@pytest.mark.parametrize("odd", [{}, {"data": 1}, {"data": {"data": []}}, {"id": 1, "data": {}}])
def test_what_is_no_event_is_left_to_the_service_to_refuse(odd: dict[str, Any]) -> None:
    assert seal_event(KEY, odd) == odd


def test_an_identity_that_is_null_is_nothing_to_seal() -> None:
    value = {"data": {"guardian_identity": None, "purposes": ["treatment"]}}
    told = seal_posted(KEY, value, source="s", event_id="1", type_name="org.reftrack.consent-given.v1")
    assert told == value


def test_every_field_that_tells_who_somebody_is_can_be_sealed() -> None:
    assert sealed_names(REGISTERED) == {"identity": "sealed_identity"}
    assert sealed_names("org.reftrack.identity-corrected.v1") == {"identity": "sealed_identity"}
    assert sealed_names("org.reftrack.consent-given.v1") == {"guardian_identity": "sealed_guardian_identity"}


def test_a_key_is_read_as_it_is_written_and_only_if_its_name_fits_it() -> None:
    assert SealingKey.of_jwk(KEY.as_jwk()).key.public_bytes_raw() == RAW
    for wrong in ({"kid": "0" * 16}, {"crv": "P-256"}, {"x": "AA"}, {"kty": None}):
        with pytest.raises(NoSealingKey):
            SealingKey.of_jwk({**KEY.as_jwk(), **wrong})
    with pytest.raises(NoSealingKey):
        SealingKey.of_jwk({})


def posted(data: dict[str, Any]) -> dict[str, Any]:
    value = {"about": {"agency_ref": "T-1"}, "by": "nv-07", "data": data}
    return {"id": PLACE.event_id, "source": PLACE.source, "type": PLACE.type, "data": value}


# RFC 9180 written out: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM, base mode

KEM_SUITE = b"KEM" + b"\x00\x20"
SUITE = b"HPKE" + b"\x00\x20" + b"\x00\x01" + b"\x00\x02"


def last(sealed: Sealed) -> tuple[bytes, bytes, bytes]:
    shared = PRIVATE.exchange(X25519PublicKey.from_public_bytes(decoded(sealed.enc)))
    _, nonce = schedule(shared, decoded(sealed.enc), RAW, PLACE.info())
    return nonce, decoded(sealed.ciphertext), b""


def by_hand(private: X25519PrivateKey, enc: bytes, info: bytes) -> AESGCM:
    shared = private.exchange(X25519PublicKey.from_public_bytes(enc))
    return schedule(shared, enc, private.public_key().public_bytes_raw(), info)[0]


def schedule(shared: bytes, enc: bytes, public: bytes, info: bytes) -> tuple[AESGCM, bytes]:
    """Sections 4.1 and 5.1 of the RFC."""
    eae = extract(KEM_SUITE, b"", b"eae_prk", shared)
    secret = expand(KEM_SUITE, eae, b"shared_secret", enc + public, 32)
    context = b"\0" + extract(SUITE, b"", b"psk_id_hash", b"") + extract(SUITE, b"", b"info_hash", info)
    prk = extract(SUITE, secret, b"secret", b"")
    return AESGCM(expand(SUITE, prk, b"key", context, 32)), expand(SUITE, prk, b"base_nonce", context, 12)


def extract(suite: bytes, salt: bytes, label: bytes, ikm: bytes) -> bytes:
    return hmac.digest(salt or bytes(32), b"HPKE-v1" + suite + label + ikm, hashlib.sha256)


def expand(suite: bytes, prk: bytes, label: bytes, info: bytes, length: int) -> bytes:
    labeled = length.to_bytes(2, "big") + b"HPKE-v1" + suite + label + info
    return hmac.digest(prk, labeled + b"\x01", hashlib.sha256)[:length]
