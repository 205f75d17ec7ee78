"""Cursors of pages: sealed, so that they tell the caller nothing, and good only for the query they came from.

A place can hold what the caller may not see of the last row (its id counts what stands before it). AES-SIV
needs no nonce: the same place of the same query is the same cursor.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from chassis.ids import framed
from chassis.rpc.errors import InvalidInput, Violation

Place = Sequence[str | int]


class Cursors:
    """Makes and reads cursors under a key of the service: `secrets.subkey("cursor")`."""

    def __init__(self, key: bytes) -> None:
        self._box = AESSIV(hashlib.sha512(b"cursor" + key).digest())

    def after(self, place: Place, *query: str) -> str:
        """Return the cursor that goes on after `place` in `query` (method, filters, organisation)."""
        body = json.dumps(list(place), separators=(",", ":")).encode()
        sealed = self._box.encrypt(body, [framed("cursor", *query)])
        return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()

    def place(self, cursor: str, *query: str, field: str = "page_token") -> list[str | int] | None:
        """Return the place of a cursor, None for "". Raises `InvalidInput`: it is not of this query."""
        if not cursor:
            return None
        try:
            raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
            body = self._box.decrypt(raw, [framed("cursor", *query)])
        except (binascii.Error, ValueError, InvalidTag):
            raise InvalidInput([Violation(field, "cursor_not_of_this_query")]) from None
        place: list[str | int] = json.loads(body)
        return place
