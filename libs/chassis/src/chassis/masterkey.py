"""The master key that wraps the data keys of people: an interface, and a file for where there is no KMS."""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import stat
from pathlib import Path
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE = 12


class CannotOpen(Exception):
    """A sealed value cannot be opened: its key is gone, or it is not what was sealed for this place."""


class MasterKeyUnusable(RuntimeError):
    """The file of the master key is missing, badly formed, or readable by everybody."""


class MasterKey(Protocol):
    """Wraps data keys. A KMS would be another implementation."""

    @property
    def key_id(self) -> str:
        """Name the key that `wrap` uses now."""
        ...

    def wrap(self, data_key: bytes, about: bytes) -> bytes:
        """Encrypt a data key, bound to `about`."""
        ...

    def unwrap(self, wrapped: bytes, about: bytes, key_id: str) -> bytes:
        """Decrypt what `wrap` gave under the key named. Raises `CannotOpen`."""
        ...


class FileMasterKey:
    """Master keys from a file: one a line, 32 bytes in base64. The first wraps, the others unwrap.

    The file must not be readable by everybody (mode 0600 or 0640). Raises `MasterKeyUnusable`.
    """

    def __init__(self, path: Path) -> None:
        keys = [_decode(path, line) for line in _lines(path)]
        if not keys:
            raise MasterKeyUnusable(f"master key {path}: no key in it; one a line, 32 bytes in base64")
        self._ciphers = {fingerprint(key): AESGCM(key) for key in keys}
        self.key_id = fingerprint(keys[0])

    def __repr__(self) -> str:
        return f"FileMasterKey(key_id={self.key_id!r})"

    def wrap(self, data_key: bytes, about: bytes) -> bytes:
        nonce = os.urandom(NONCE)
        return nonce + self._ciphers[self.key_id].encrypt(nonce, data_key, about)

    def unwrap(self, wrapped: bytes, about: bytes, key_id: str) -> bytes:
        cipher = self._ciphers.get(key_id)
        if cipher is None:
            raise CannotOpen(f"master key {key_id} is not in the file: add it as a further line")
        try:
            return cipher.decrypt(wrapped[:NONCE], wrapped[NONCE:], about)
        except (InvalidTag, ValueError):
            raise CannotOpen(f"a data key does not open under master key {key_id}") from None


def write_master_key(path: Path) -> None:
    """Make a master key in a new file that only its owner reads. Raises `FileExistsError`."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(base64.b64encode(os.urandom(32)) + b"\n")


def fingerprint(key: bytes) -> str:
    """Name a key without giving anything of it away: 16 hexadecimal digits."""
    return hashlib.sha256(b"reftrack key id" + key).hexdigest()[:16]


def _lines(path: Path) -> list[str]:
    try:
        if stat.S_IMODE(path.stat().st_mode) & 0o007:
            raise MasterKeyUnusable(f"master key {path}: everybody can read it; chmod 600 {path}")
        text = path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "is not text"
        raise MasterKeyUnusable(f"master key {path}: {why}; one key a line, 32 bytes in base64") from None
    return [line for line in text.split() if line]


def _decode(path: Path, line: str) -> bytes:
    try:
        key = base64.b64decode(line, validate=True)
    except binascii.Error:
        key = b""
    if len(key) != 32:
        raise MasterKeyUnusable(f"master key {path}: each line must be 32 bytes in base64")
    return key
