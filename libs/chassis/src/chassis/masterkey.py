"""The master keys that wrap the data keys of people: an interface, and a file for where there is no KMS."""

from __future__ import annotations

import base64
import binascii
import fcntl
import hashlib
import os
import stat
import tempfile
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from chassis.telemetry.exceptions import safe_text

NONCE = 12


class CannotOpen(Exception):
    """A sealed value cannot be opened: its key is gone, or it is not what was sealed for this place."""


@safe_text
class MasterKeyAway(CannotOpen, ConnectionError):
    """The master key named cannot be had now, here: the file lacks it, or the KMS is away.

    Nobody's record is at fault: whoever meets this tries again, as when the database is away.
    """


@safe_text
class MasterKeyUnusable(RuntimeError):
    """The file of the master key is missing, badly formed, readable by everybody, or lacks what is needed."""


class MasterKey(Protocol):
    """Wraps and unwraps data keys under master keys named by id. A KMS would be another implementation.

    Which of its keys wraps is not its business: `chassis.vault` says it, for all instances at once.
    """

    @property
    def key_id(self) -> str:
        """Name the key that a new installation begins with."""
        ...

    @property
    def key_ids(self) -> Collection[str]:
        """Name every key that can wrap and unwrap here."""
        ...

    def wrap(self, data_key: bytes, about: bytes, key_id: str) -> bytes:
        """Encrypt a data key under the key named, bound to `about`. Raises `MasterKeyAway`."""
        ...

    def unwrap(self, wrapped: bytes, about: bytes, key_id: str) -> bytes:
        """Decrypt what `wrap` gave under the key named. Raises `CannotOpen`, `MasterKeyAway`."""
        ...

    def reload(self, needed: Collection[str]) -> None:
        """Look again which keys there are; give up none of those `needed`. Raises `MasterKeyUnusable`."""
        ...


class FileMasterKey:
    """Master keys from a file: one a line, 32 bytes in base64. A new installation begins with the first.

    The file must not be readable by everybody (mode 0600 or 0640). Raises `MasterKeyUnusable`. It is read
    again by `reload`, and when a key is asked for that it lacked: a line can be added while the service runs.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._ciphers: Mapping[str, AESGCM] = _read(path)

    def __repr__(self) -> str:
        return f"FileMasterKey(key_id={self.key_id!r})"

    @property
    def key_id(self) -> str:
        return next(iter(self._ciphers))

    @property
    def key_ids(self) -> Collection[str]:
        return tuple(self._ciphers)

    def wrap(self, data_key: bytes, about: bytes, key_id: str) -> bytes:
        nonce = os.urandom(NONCE)
        return nonce + self._cipher(key_id).encrypt(nonce, data_key, about)

    def unwrap(self, wrapped: bytes, about: bytes, key_id: str) -> bytes:
        cipher = self._cipher(key_id)
        try:
            return cipher.decrypt(wrapped[:NONCE], wrapped[NONCE:], about)
        except (InvalidTag, ValueError):
            raise CannotOpen(f"a data key does not open under master key {key_id}") from None

    def reload(self, needed: Collection[str]) -> None:
        """Take up the file as it is now, unless it lacks a key that is held and `needed`: then it is kept."""
        found = _read(self._path)
        lost = (self._ciphers.keys() & set(needed)) - found.keys()
        if lost:
            raise MasterKeyUnusable(
                f"master key {self._path}: key {min(lost)} is gone from the file, but still wraps data keys; "
                "put its line back"
            )
        self._ciphers = found

    def _cipher(self, key_id: str) -> AESGCM:
        cipher = self._ciphers.get(key_id)
        if cipher is None:
            try:
                self._ciphers = {**self._ciphers, **_read(self._path)}
            except MasterKeyUnusable as unusable:
                raise MasterKeyAway(str(unusable)) from None
            cipher = self._ciphers.get(key_id)
        if cipher is None:
            raise MasterKeyAway(f"master key {key_id} is not in the file: add it as a further line")
        return cipher


def write_master_key(path: Path) -> None:
    """Make a master key in a new file that only its owner reads. Raises `FileExistsError`."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(base64.b64encode(os.urandom(32)) + b"\n")


def add_master_key(path: Path) -> str:
    """Append a new key to the file, whole or not at all; its id. Raises `MasterKeyUnusable`."""
    key = os.urandom(32)
    with _alone(path):
        _replace(path, [*_keys(path), key])
    return fingerprint(key)


def remove_master_key(path: Path, key_id: str) -> None:
    """Take a key out of the file for good. Raises `MasterKeyUnusable` if it is not there, or the only one.

    Whether anything is wrapped by it yet is told by the vault's status: ask that first.
    """
    with _alone(path):
        keys = _keys(path)
        left = [key for key in keys if fingerprint(key) != key_id]
        if len(left) == len(keys) or not left:
            raise MasterKeyUnusable(f"master key {path}: {key_id} is not in the file, or the only key there")
        _replace(path, left)


def fingerprint(key: bytes) -> str:
    """Name a key without giving anything of it away: 16 hexadecimal digits."""
    return hashlib.sha256(b"reftrack key id" + key).hexdigest()[:16]


def _read(path: Path) -> dict[str, AESGCM]:
    return {fingerprint(key): AESGCM(key) for key in _keys(path)}


def _keys(path: Path) -> list[bytes]:
    keys = [_decode(path, line) for line in _lines(path)]
    if not keys:
        raise MasterKeyUnusable(f"master key {path}: no key in it; one a line, 32 bytes in base64")
    return keys


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


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Of two who change the file at once, the second waits."""
    try:
        folder = os.open(path.parent, os.O_RDONLY)
    except OSError as error:
        raise MasterKeyUnusable(f"master key {path}: {error.strerror}") from None
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def _replace(path: Path, keys: list[bytes]) -> None:
    """Whoever reads sees the old file or the new one; after a crash, too."""
    mode = stat.S_IMODE(path.stat().st_mode)
    descriptor, name = tempfile.mkstemp(prefix=f"{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(b"".join(base64.b64encode(key) + b"\n" for key in keys))
            file.flush()
            os.fchmod(descriptor, mode)
            os.fsync(descriptor)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
