"""Page cursors: signed, so that nobody makes one up, and bound to the question that they continue."""

from __future__ import annotations

import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from dataclasses import dataclass
from hashlib import sha256

_TAG_BYTES = 16


class InvalidCursor(ValueError):
    """The cursor was not given by this service, or it belongs to another question."""


@dataclass(frozen=True)
class Cursors:
    """Makes and reads cursors with one key; `key` is a secret of the service."""

    key: bytes

    def make(self, question: str, place: list[str | int]) -> str:
        """A cursor going on with `question` (filters and reader) after `place` (the last row's keys)."""
        body = json.dumps(place, separators=(",", ":"), ensure_ascii=False).encode()
        return urlsafe_b64encode(self._tag(question, body) + body).decode().rstrip("=")

    def read(self, question: str, cursor: str) -> list[str | int]:
        """The place after which to go on; raises `InvalidCursor`."""
        raw = _decoded(cursor)
        tag, body = raw[:_TAG_BYTES], raw[_TAG_BYTES:]
        if not hmac.compare_digest(tag, self._tag(question, body)):
            raise InvalidCursor("cursor: not given for this question; ask again from the first page")
        place: list[str | int] = json.loads(body)
        return place

    def _tag(self, question: str, body: bytes) -> bytes:
        asked = sha256(question.encode()).digest()
        return hmac.new(self.key, b"cursor:" + asked + body, sha256).digest()[:_TAG_BYTES]


def _decoded(cursor: str) -> bytes:
    try:
        return urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    except (NotBase64, ValueError):
        raise InvalidCursor("cursor: not one of ours; ask again from the first page") from None
