"""Intake's own keys for what agencies seal to it: made here, kept under the master key, never given up.

What waits or lies in quarantine stays sealed as it came, so an older key opens what came while it was valid.
"""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from chassis.store.recorder import COMMIT_LOCK
from chassis.vault import Vault
from contracts.sealing import SealingKey, key_id
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from psycopg import Connection, Cursor
from psycopg.rows import tuple_row

from intake.application.identity import Connect

OWNER = UUID("5ea1ed1d-0000-8000-8000-000000000001")
"""Whom the vault keeps them for: nobody's client id, those are derived by a key."""

OVERLAP = timedelta(days=30)
LOOKED_UP_AGAIN = 30.0
"""Seconds after which an end that another instance may have set is seen here."""


class PublicKey(NamedTuple):
    """A key to seal to; `valid_until` None: the one to seal to now."""

    key: SealingKey
    valid_from: datetime
    valid_until: datetime | None


class PrivateKey(NamedTuple):
    """What opens, and until when it was sealed to."""

    key: X25519PrivateKey
    valid_until: datetime | None


class SealingKeys:
    """The keys in the database; private ones are remembered once they were asked for."""

    def __init__(self, vault: Vault, connect: Connect) -> None:
        self._vault = vault
        self._connect = connect
        self._known: dict[str, PrivateKey] = {}
        self._looked_at = 0.0

    def private(self, wanted: str) -> PrivateKey | None:
        """The private key of that id, or none."""
        stale = time.monotonic() - self._looked_at > LOOKED_UP_AGAIN
        if stale or wanted not in self._known:
            self._known, self._looked_at = self._read(), time.monotonic()
        return self._known.get(wanted)

    def public(self, now: datetime) -> list[PublicKey]:
        """All public keys, the one to seal to first; the very first is made when it is asked for."""
        with self._connect() as connection:
            found = _public(connection)
            if not found:
                self._make(connection, now, now)
                found = _public(connection)
        return found

    def rotate(self, now: datetime, overlap: timedelta = OVERLAP) -> PublicKey:
        """Make a key to seal to from now on; the one before is accepted for `overlap` yet."""
        with self._connect() as connection:
            self._make(connection, now, now + overlap, anew=True)
            return _public(connection)[0]

    def _make(
        self, connection: Connection[Any], now: datetime, until: datetime, *, anew: bool = False
    ) -> None:
        """Of two who make one at once, the second finds it made."""
        private = X25519PrivateKey.generate()
        raw = private.public_key().public_bytes_raw()
        with connection.transaction(), connection.cursor(row_factory=tuple_row) as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", (COMMIT_LOCK,))
            if not anew and cursor.execute("SELECT FROM sealing_keys").fetchone() is not None:
                return
            self._vault.add_key(cursor, OWNER, _group(key_id(raw)), private.private_bytes_raw())
            cursor.execute("UPDATE sealing_keys SET valid_until = %s WHERE valid_until IS NULL", (until,))
            cursor.execute(
                "INSERT INTO sealing_keys (key_id, public_key, valid_from) VALUES (%s, %s, %s)",
                (key_id(raw), raw, now),
            )

    def _read(self) -> dict[str, PrivateKey]:
        with self._connect() as connection, connection.cursor(row_factory=tuple_row) as cursor:
            ends = _ends(cursor)
            ring = self._vault.keyring(cursor, [OWNER]) if ends else None
        if ring is None:
            return {}
        plain = {key.group: key.plain for key in ring.keys if key.plain is not None}
        return {
            name: PrivateKey(X25519PrivateKey.from_private_bytes(plain[_group(name)]), until)
            for name, until in ends.items()
            if _group(name) in plain
        }


def _ends(cursor: Cursor[Any]) -> dict[str, datetime | None]:
    return dict(cursor.execute("SELECT key_id, valid_until FROM sealing_keys").fetchall())


def _public(connection: Connection[Any]) -> list[PublicKey]:
    rows = connection.cursor(row_factory=tuple_row).execute(_PUBLIC).fetchall()
    return [
        PublicKey(SealingKey(name, X25519PublicKey.from_public_bytes(bytes(raw))), since, until)
        for name, raw, since, until in rows
    ]


def _group(name: str) -> str:
    return f"sealing/{name}"


_PUBLIC = """
    SELECT key_id, public_key, valid_from, valid_until FROM sealing_keys
    ORDER BY valid_until IS NULL DESC, valid_from DESC, key_id
"""
