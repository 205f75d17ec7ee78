"""Cursors of pages: opaque to the caller, signed, and good only for the query they came from."""

from __future__ import annotations

import base64
import binascii
import hmac
import json
from collections.abc import Sequence

from chassis.ids import framed
from chassis.rpc.errors import InvalidInput, Violation

Place = Sequence[str | int]
_TAG = 16


class Cursors:
    """Makes and reads cursors under a key of the service: `secrets.subkey("cursor")`."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def after(self, place: Place, *query: str) -> str:
        """Return the cursor that goes on after `place` in `query` (method, filters, organisation)."""
        body = json.dumps(list(place), separators=(",", ":")).encode()
        return base64.urlsafe_b64encode(self._tag(body, query) + body).rstrip(b"=").decode()

    def place(self, cursor: str, *query: str, field: str = "page_token") -> list[str | int] | None:
        """Return the place of a cursor, None for "". Raises `InvalidInput`: it is not of this query."""
        if not cursor:
            return None
        try:
            raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            raw = b""
        tag, body = raw[:_TAG], raw[_TAG:]
        if not hmac.compare_digest(tag, self._tag(body, query)):
            raise InvalidInput([Violation(field, "cursor_not_of_this_query")])
        place: list[str | int] = json.loads(body)
        return place

    def _tag(self, body: bytes, query: tuple[str, ...]) -> bytes:
        return hmac.digest(self._key, framed("cursor", *query) + body, "sha256")[:_TAG]
