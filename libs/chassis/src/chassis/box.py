"""Service-level sealing: quarantined bytes, waits, parked records. One key of the service, not a person's."""

from __future__ import annotations

import os
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from chassis.ids import framed
from chassis.masterkey import NONCE, CannotOpen, fingerprint

_VERSION = b"\x01"
_KEY_ID = slice(1, 9)
_HEAD = 9


class Box:
    """Seals bytes with AES-256-GCM under the first of `keys`; opens what any of them sealed.

    A sealed value is version (1 byte), key id (8), nonce (12), ciphertext with tag (plaintext + 16).
    `about` names the place it belongs to (e.g. `"quarantine", source, id`): it opens there and nowhere else.
    """

    def __init__(self, keys: Sequence[bytes]) -> None:
        if not keys or any(len(key) != 32 for key in keys):
            raise ValueError("a box needs one key or more, 32 bytes each")
        self._ciphers = {bytes.fromhex(fingerprint(key)): AESGCM(key) for key in keys}
        self._current = bytes.fromhex(fingerprint(keys[0]))

    def __repr__(self) -> str:
        return f"Box(key_id={self._current.hex()!r})"

    def seal(self, plaintext: bytes, *about: str) -> bytes:
        """Encrypt `plaintext` for the place that `about` names."""
        head, nonce = _VERSION + self._current, os.urandom(NONCE)
        return head + nonce + self._ciphers[self._current].encrypt(nonce, plaintext, head + framed(*about))

    def open(self, sealed: bytes, *about: str) -> bytes:
        """Decrypt what `seal` gave for the same place. Raises `CannotOpen`."""
        head, nonce = sealed[:_HEAD], sealed[_HEAD : _HEAD + NONCE]
        if head[:1] != _VERSION or len(nonce) < NONCE:
            raise CannotOpen("these bytes are not a sealed box of this version")
        cipher = self._ciphers.get(sealed[_KEY_ID])
        if cipher is None:
            raise CannotOpen(f"box key {sealed[_KEY_ID].hex()} is unknown here: add it to older_box_keys")
        try:
            return cipher.decrypt(nonce, sealed[_HEAD + NONCE :], head + framed(*about))
        except (InvalidTag, ValueError):
            raise CannotOpen("sealed bytes were changed or belong to another place") from None
