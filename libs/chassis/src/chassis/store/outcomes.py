"""Answers to request ids, given again when a caller asks again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime

from chassis.items import Command
from chassis.refusal import Refusal
from chassis.store.datastore import Datastore
from chassis.store.rows import Outcome
from chassis.store.together import Ask, Rows
from chassis.store.unnest import Lookup

Name = tuple[str, str]
"""(caller, request_id)."""

_READ = Lookup(
    """
    SELECT o.request_id, o.caller, o.digest, o.body
    FROM unnest({callers}, {request_ids}) AS r (caller, request_id)
        JOIN outcomes AS o USING (caller, request_id)
    """,
    callers="text",
    request_ids="text",
)


class Outcomes:
    """The stored answers."""

    def __init__(self, datastore: Datastore) -> None:
        self._datastore = datastore

    def asks(self, commands: Iterable[Command], into: dict[Name, Outcome]) -> list[Ask]:
        """Ask for the answers already given to these commands' request ids."""
        names = list({(command.caller, command.request_id) for command in commands if command.request_id})
        if not names:
            return []

        def take(rows: Rows) -> None:
            into.update({(row[1], row[0]): Outcome(*row) for row in rows})

        callers, request_ids = zip(*names, strict=True)
        return [Ask(_READ, {"callers": callers, "request_ids": request_ids}, take)]

    def forget(self, before: datetime, limit: int = 10_000) -> int:
        """Delete answers given before an instant, at most `limit`; how many were deleted."""
        with self._datastore.get_connection() as connection:
            cursor = connection.execute(
                "DELETE FROM outcomes WHERE (caller, request_id) IN"
                " (SELECT caller, request_id FROM outcomes WHERE answered_at < %s LIMIT %s)",
                (before, limit),
            )
            return cursor.rowcount


def digest(command: Command) -> bytes:
    """SHA-256 of the command: another command under the same request id is told apart from a repetition."""
    said = command.message.SerializeToString(deterministic=True)
    return hashlib.sha256(command.name.encode() + b"\0" + said).digest()


def answer_again(outcome: Outcome, command: Command) -> bytes | None:
    """The first answer. Raises `Refusal` (`request_id_reused`) when it was given to another command."""
    if outcome.digest != digest(command):
        raise Refusal("request_id_reused", field="x-request-id")
    return outcome.body
