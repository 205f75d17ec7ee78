"""Looks for people like those just registered, beside the front door and never in its way.

A registration leaves a row of `likeness_due` in its commit. Here such rows are taken, what the vault and the
history know of the person now (nothing that was voided, nothing that was corrected) is made findable, and who
is like it becomes a command (`intake.application.likely`). Whatever breaks off is done again: the keys are
made anew as a whole, and a proposal is recorded once.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any, NamedTuple
from uuid import UUID

from chassis.rpc.errors import Unavailable
from chassis.store.failures import Failure, classify
from chassis.vault import Vault
from google.protobuf.message import Message
from psycopg import Connection, Cursor
from psycopg.rows import tuple_row

from intake.application.likely import Looked
from intake.application.proposing import Found
from intake.likeness.candidates import Candidate, Likenesses
from intake.likeness.profile import Profile
from intake.likeness.proposing import proposing
from intake.profiles import profiles_of

PAGE, LEASE = 20, 60
"""Rows taken at a time, and for how many seconds: then another instance may take them."""

MOST_SHARE = 9.0
"""While the process is busy with other things, it rests so many times as long as a lookup took."""

Connect = Callable[[], AbstractContextManager[Connection[Any]]]

_TAKE = """
    UPDATE likeness_due SET taken_until = clock_timestamp() + %s * interval '1 second'
    WHERE seq IN (
        SELECT seq FROM likeness_due
        WHERE taken_until IS NULL OR taken_until < clock_timestamp()
        ORDER BY seq LIMIT %s FOR UPDATE SKIP LOCKED
    )
    RETURNING seq, person, case_id
"""
_ALONE = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0x6c696b65))"
"""Two rows of one person may be in two hands: the second waits, and makes anew what the first made."""


class Due(NamedTuple):
    """A person to be looked for, and the case in which that is told."""

    seq: int
    person: UUID
    case_id: UUID


class Looking:
    """Takes what is due, a page at a time."""

    def __init__(self, connect: Connect, vault: Vault, likenesses: Likenesses) -> None:
        self._connect = connect
        self._vault = vault
        self._likenesses = likenesses

    async def due(self) -> Sequence[Message]:
        """What was found, a message for each row taken; none if nothing is due."""
        try:
            taken = await asyncio.to_thread(self.take)
            return [await asyncio.to_thread(self._look, one) for one in taken]
        except Exception as error:
            if classify(error) is Failure.CONNECTION:
                raise Unavailable("unavailable") from None
            raise

    def take(self, most: int = PAGE) -> list[Due]:
        """The oldest rows that nobody has taken."""
        with self._connect() as connection, connection.transaction():
            cursor = connection.cursor(row_factory=tuple_row)
            return sorted(Due(*row) for row in cursor.execute(_TAKE, (LEASE, most)))

    def look(self, due: Due) -> Looked:
        """Make a person findable, and find who is like. One transaction."""
        with self._connect() as connection, connection.transaction():
            cursor: Cursor[Any] = connection.cursor(row_factory=tuple_row)
            cursor.execute(_ALONE, (str(due.person),))
            profiles = profiles_of(cursor, self._vault, due.person)
            self._likenesses.renew(cursor, due.person, profiles)
            found = self._found(cursor, due, [profile for _, profile in profiles])
        return Looked(due.seq, due.person, due.case_id, found)

    def _look(self, due: Due) -> Message:
        """With a rest after it that is the longer the busier the rest of the process was."""
        began, used, mine = time.monotonic(), time.process_time(), time.thread_time()
        looked = self.look(due)
        took = time.monotonic() - began
        others = (time.process_time() - used) - (time.thread_time() - mine)
        time.sleep(min(MOST_SHARE * took * min(others / max(took, 1e-6), 1.0), 0.5))
        return looked.message()

    def _found(self, cursor: Cursor[Any], due: Due, profiles: Sequence[Profile]) -> tuple[Found, ...]:
        """Those likely enough, by the newest profile."""
        if not profiles:
            return ()
        rule = proposing()
        asked = self._likenesses.candidates(cursor, profiles[-1], but=[due.person], best=rule.most)
        found = [_told(candidate) for candidate in asked]
        return tuple(one for one in found if one.likely >= rule.likely_from)


def _told(candidate: Candidate) -> Found:
    codes = tuple(reason.code for reason in candidate.reasons)
    return Found(candidate.person, round(100 * candidate.likely), codes)
