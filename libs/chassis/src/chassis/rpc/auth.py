"""Callers' tokens: JWTs signed with Ed25519, checked against a JWKS file of public keys.

Header: `alg` Ed25519, `kid`. Claims: `iss` (as configured), `aud` = "reftrack", `exp`, `sub` (who), `org`
(whose), `role` (`Role`). Times are by the machine's clock, never by a simulated one.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections import OrderedDict
from pathlib import Path
from typing import Any

from joserfc import jwt
from joserfc.errors import ExpiredTokenError, InvalidKeyIdError, JoseError
from joserfc.jwk import Key, KeySet, OKPKey
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from chassis.rpc.call import Caller, Role
from chassis.telemetry import get_logger

LOG = get_logger("rpc")
AUDIENCE = "reftrack"
ALGORITHMS = ("Ed25519",)
"""RFC 9864; the older name `EdDSA` for the same is refused."""
SKEW_SECONDS = 60
REREAD_SECONDS = 5.0
CACHED_TOKENS = 10_000
LONGEST_TOKEN = 4096
EXPIRED = "the token has expired: get a new one (reftrack token issue)"


class NotAuthenticated(Exception):
    """The caller is not known. The text says what to do; it repeats nothing of the token."""


class KeysUnusable(RuntimeError):
    """The JWKS file is missing or holds no usable public key."""


class _Claims(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=False, hide_input_in_errors=True)

    sub: str = Field(min_length=1, max_length=200)
    org: str = Field(min_length=1, max_length=200)
    role: Role
    exp: float = Field(allow_inf_nan=False)


class Authenticator:
    """Turns the `authorization` of a call into a `Caller`; what was verified is remembered until it ends.

    The file is read again when it changed: looked at every five seconds, and at once for a key id not known.
    Then what was remembered is forgotten, so that a key taken out of it is refused within that time.
    """

    def __init__(self, jwks_path: Path, *, issuer: str = "reftrack") -> None:
        self._path = jwks_path
        self._registry = jwt.JWTClaimsRegistry(
            leeway=SKEW_SECONDS,
            iss={"essential": True, "value": issuer},
            aud={"essential": True, "value": AUDIENCE},
            exp={"essential": True},
        )
        self._known: OrderedDict[bytes, tuple[float, Caller]] = OrderedDict()
        self._stamp: tuple[int, int, int] | None = None
        self._looked_at = time.monotonic()
        self._keys = self._read()

    def caller(self, authorization: str | None) -> Caller:
        """Return who sent this `authorization` value (`Bearer <token>`). Raises `NotAuthenticated`."""
        return self.admitted(authorization)[1]

    def admitted(self, authorization: str | None) -> tuple[float, Caller]:
        """Return until when it is good (seconds since 1970, the allowed skew included), and who sent it."""
        if not authorization:
            raise NotAuthenticated("no token: send 'authorization: Bearer <token>' (reftrack token issue)")
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise NotAuthenticated("authorization must read 'Bearer <token>'")
        self._look_for_new_keys()
        digest = hashlib.sha256(token.encode()).digest()
        known = self._known.get(digest)
        if known is not None and time.time() < known[0]:
            return known
        return self._remember(digest, self._verify(token))

    def _remember(self, digest: bytes, found: tuple[float, Caller]) -> tuple[float, Caller]:
        self._known[digest] = found
        while len(self._known) > CACHED_TOKENS:
            self._known.popitem(last=False)
        return found

    def _verify(self, token: str) -> tuple[float, Caller]:
        if len(token) > LONGEST_TOKEN:
            raise NotAuthenticated("the token is too long to be one of ours")
        try:
            claims = self._decode(token)
            self._registry.validate(claims)
            found = _Claims.model_validate(claims)
        except ExpiredTokenError:
            raise NotAuthenticated(EXPIRED) from None
        except InvalidKeyIdError:
            raise NotAuthenticated("the token is signed with a key that is not trusted here") from None
        except ValidationError as error:
            names = ", ".join(str(problem["loc"][0]) for problem in error.errors() if problem["loc"])
            raise NotAuthenticated(f"the token lacks a proper claim: {names}") from None
        except (JoseError, ValueError) as error:
            raise NotAuthenticated(f"the token is not valid here: {_why(error)}") from None
        return found.exp + SKEW_SECONDS, Caller(found.sub, found.org, found.role)

    def _decode(self, token: str) -> dict[str, Any]:
        try:
            return jwt.decode(token, self._keys, algorithms=ALGORITHMS).claims
        except InvalidKeyIdError:
            if not self._take_new_keys():
                raise
            return jwt.decode(token, self._keys, algorithms=ALGORITHMS).claims

    def _look_for_new_keys(self) -> None:
        now = time.monotonic()
        if now - self._looked_at >= REREAD_SECONDS:
            self._looked_at = now
            self._take_new_keys()

    def _take_new_keys(self) -> bool:
        """Read the file if it changed. One that cannot be read leaves the keys as they are."""
        if _stamp(self._path) in (None, self._stamp):
            return False
        try:
            self._keys = self._read()
        except KeysUnusable:
            LOG.warning("jwks_unusable", path=self._path)
            return False
        self._known.clear()
        return True

    def _read(self) -> KeySet:
        stamp = _stamp(self._path)
        try:
            found = json.loads(self._path.read_text(encoding="utf-8"))
            keys: list[Key] = [_public(key) for key in found["keys"]]
        except (OSError, ValueError, KeyError, TypeError, JoseError) as error:
            why = f"REFTRACK_JWKS_PATH {self._path}: {type(error).__name__}; wants public Ed25519 keys"
            raise KeysUnusable(why) from None
        self._stamp = stamp
        return KeySet(keys)


def _public(key: dict[str, Any]) -> OKPKey:
    if "d" in key:
        raise ValueError("a private key is in the file of public keys")
    return OKPKey.import_key(key)


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino, found.st_size


def _why(error: Exception) -> str:
    if isinstance(error, JoseError) and error.error == "bad_signature":
        return "its signature does not fit"
    claim = getattr(error, "claim", None)
    return f"claim {claim}" if claim else "it is not a token of the kind that is used here"
