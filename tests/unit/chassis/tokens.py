"""Keys and tokens of callers, as the runtime makes them."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from joserfc import jwt
from joserfc.jwk import KeySet, OKPKey


class Issuer:
    """Signs tokens; `jwks` is the file that servers read."""

    def __init__(self, folder: Path) -> None:
        self.jwks = folder / "jwks.json"
        self.keys: list[OKPKey] = []
        self.add_key()

    def add_key(self) -> None:
        self.keys.insert(0, OKPKey.generate_key("Ed25519", {"use": "sig", "alg": "Ed25519"}, auto_kid=True))
        self.publish()

    def publish(self) -> None:
        fresh = self.jwks.with_suffix(".new")
        fresh.write_text(json.dumps(KeySet(list(self.keys)).as_dict(private=False)))
        fresh.replace(self.jwks)

    def token(self, role: str = "operator", **changes: Any) -> str:
        claims = {
            "iss": "reftrack",
            "aud": "reftrack",
            "exp": int(time.time()) + 600,
            "sub": "hoa",
            "org": "cap-bo-de",
            "role": role,
            **changes,
        }
        claims = {name: value for name, value in claims.items() if value is not None}
        header = {"alg": "Ed25519", "kid": self.keys[0].kid}
        return jwt.encode(header, claims, self.keys[0], algorithms=["Ed25519"])

    def bearer(self, role: str = "operator", **changes: Any) -> str:
        return f"Bearer {self.token(role, **changes)}"
