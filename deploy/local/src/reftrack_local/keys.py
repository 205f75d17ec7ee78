"""The keys of one installation, made once and kept: who loses `keys/` loses what they sealed."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from chassis import masterkey
from chassis.masterkey import MasterKeyUnusable, write_master_key
from joserfc import jwt
from joserfc.jwk import KeySet, OKPKey

from reftrack_local.folder import write_private
from reftrack_local.roles import ROLES
from reftrack_local.trouble import Trouble

ISSUER = "reftrack"
AUDIENCE = "reftrack"
ALGORITHM = "Ed25519"


class Keys:
    """Paths of the keys: `jwks.json` is public, everything else only its owner reads (mode 0600)."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.jwks = folder / "jwks.json"
        self.signing = folder / "signing.jwk"
        self.master = folder / "master.key"
        self.kafka = folder / "kafka.json"

    def secrets_of(self, service: str) -> Path:
        """File with a service's own keys: `ids_key` and `box_key`, 32 bytes in base64 each."""
        return self.folder / f"secrets-{service}.json"

    def make(self, services: Iterable[str]) -> None:
        """Make what is missing; never replaces a key."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not self.signing.exists():
            self._make_signing()
        if not self.master.exists():
            write_master_key(self.master)
        for service in services:
            if not self.secrets_of(service).exists():
                content = {"ids_key": _random(), "box_key": _random()}
                write_private(self.secrets_of(service), json.dumps(content) + "\n")

    def token(
        self,
        *,
        role: str,
        org: str,
        subject: str,
        ttl: timedelta = timedelta(hours=12),
        at: datetime | None = None,
    ) -> str:
        """A signed token of a caller: JWT, EdDSA, with `sub`, `org`, `role` and an end.

        Raises Trouble for an unknown role, an empty name, an end beyond the calendar, or without keys.
        """
        if role not in ROLES:
            raise Trouble(f"There is no role {role!r}.", f"Roles: {', '.join(ROLES)}.")
        if not (org.strip() and subject.strip()):
            raise Trouble("A token needs an organisation and a subject.", "Give both --org and --subject.")
        key = self._signing_key()
        now = at or datetime.now(UTC)
        claims: dict[str, Any] = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": subject,
            "org": org,
            "role": role,
            "iat": int(now.timestamp()),
            "exp": int(_end(now, ttl).timestamp()),
            "jti": secrets.token_urlsafe(12),
        }
        return jwt.encode({"alg": ALGORITHM, "kid": key.kid}, claims, key, algorithms=[ALGORITHM])

    def _make_signing(self) -> None:
        key = OKPKey.generate_key("Ed25519", {"use": "sig", "alg": ALGORITHM}, auto_kid=True)
        write_private(self.signing, json.dumps(key.as_dict(private=True)) + "\n")
        self.jwks.write_text(json.dumps(KeySet([key]).as_dict(private=False), indent=2) + "\n")

    def _signing_key(self) -> OKPKey:
        try:
            return OKPKey.import_key(json.loads(self.signing.read_text()))
        except (FileNotFoundError, NotADirectoryError):
            raise Trouble(
                f"There are no keys in {self.folder}.",
                "Start the system once with `reftrack up`, or give --state.",
            ) from None
        except PermissionError as error:
            raise Trouble(
                f"You may not read {self.signing}.", "Only the owner of the state folder may."
            ) from error


def add_master_key(file: Path) -> str:
    """Add a new master key to a file; its id. It wraps nothing yet. Raises Trouble."""
    try:
        return masterkey.add_master_key(file)
    except MasterKeyUnusable as unusable:
        raise _file_trouble(unusable) from None


def remove_master_key(file: Path, key_id: str) -> None:
    """Take a master key out of a file. Raises Trouble. Ask the vault's status first whether it is needed."""
    try:
        masterkey.remove_master_key(file, key_id)
    except MasterKeyUnusable as unusable:
        raise _file_trouble(unusable) from None


def _file_trouble(unusable: MasterKeyUnusable) -> Trouble:
    return Trouble(
        str(unusable), "Name the file of master keys with --file, or the state folder with --state."
    )


def _end(now: datetime, ttl: timedelta) -> datetime:
    try:
        return now + ttl
    except OverflowError:
        raise Trouble(
            "No calendar reaches to the end of that token.", "Give for instance 12h or 7d."
        ) from None


def _random() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()
