"""What a person does with quarantined bytes: decide them again, or give them up."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from chassis.box import Box
from chassis.refusal import Refusal
from chassis.rpc.errors import NotFound
from chassis.store.commit import TableWrite
from chassis.store.rows import InboxRow
from chassis.store.unit_of_work import UnitOfWork
from contracts.vocabulary import Verdict
from psycopg.rows import tuple_row

from intake.application.door import FrontDoor
from intake.application.identity import Connect
from intake.application.kept import ACTS, GONE_DELIVERIES, KEPT, REASON, Act, Gone
from intake.application.ledger import Ledger
from intake.application.outcome import Outcome
from intake.application.reading import Reader, Reading
from intake.application.submissions import kept

_READ = """
    SELECT quarantine_id, source, event_id, sealed FROM kept_deliveries WHERE quarantine_id = ANY(%s)
"""


class NotQuarantined(NotFound):
    """There is no such delivery in quarantine, or not any more."""

    def __init__(self) -> None:
        super().__init__("not_found")


class Held(NamedTuple):
    """A delivery taken out of the table, read again."""

    quarantine_id: int
    reading: Reading


class QuarantineDesk:
    """Decides on kept bytes through the same door; what a person did is recorded with the verdict."""

    def __init__(self, door: FrontDoor, ledger: Ledger, box: Box, reader: Reader, connect: Connect) -> None:
        self._door = door
        self._ledger = ledger
        self._box = box
        self._reader = reader
        self._connect = connect

    def load(self, uow: UnitOfWork, ids: Iterable[int]) -> dict[int, Held]:
        """Read the deliveries and all that deciding them needs."""
        with self._connect() as connection, connection.cursor(row_factory=tuple_row) as cursor:
            found = cursor.execute(_READ, (list(ids),)).fetchall()
        held = {row[0]: Held(row[0], self._opened(*row[1:])) for row in found}
        self._door.load(uow, [one.reading for one in held.values()])
        return held

    def release(self, uow: UnitOfWork, held: Held | None, *, by: str, reason: str) -> bytes:
        """Decide the bytes again. Raises `Refusal` if they are not in quarantine, or still cannot be read."""
        reading = _in_quarantine(uow, held)[1].reading
        if reading.event is None:
            first = reading.problems[0]
            raise Refusal(first.code, field=first.field, detail=first.detail, state=Verdict.QUARANTINED)
        body = self._door.again(uow, reading)
        row = uow.received(reading.source, reading.event_id)
        if row is not None and row.verdict != Verdict.REJECTED:
            uow.commit.extra.append(TableWrite(GONE_DELIVERIES, Gone(reading.source, reading.event_id)))
        self._record(uow, held, "released", by, reason)
        return body

    def discard(self, uow: UnitOfWork, held: Held | None, *, by: str, reason: str) -> bytes:
        """Give the bytes up: the verdict is `discarded`. Raises `Refusal` if they are not in quarantine."""
        row, found = _in_quarantine(uow, held)
        outcome = Outcome(Verdict.DISCARDED, code="discarded_by_person")
        body = self._ledger.later(uow, found.reading, row, outcome)
        self._record(uow, held, "discarded", by, reason)
        return body

    def _record(self, uow: UnitOfWork, held: Held | None, act: str, by: str, reason: str) -> None:
        assert held is not None
        reading = held.reading
        sealed = self._box.seal(reason.encode(), REASON, act, str(held.quarantine_id))
        done = Act(uow.now, held.quarantine_id, reading.source, reading.event_id, act, by, sealed)
        uow.commit.extra.append(TableWrite(ACTS, done))

    def _opened(self, source: str, event_id: str, sealed: Any) -> Reading:
        return self._reader.read(kept(self._box.open(bytes(sealed), KEPT, source, event_id)))


def _in_quarantine(uow: UnitOfWork, held: Held | None) -> tuple[InboxRow, Held]:
    row = uow.received(held.reading.source, held.reading.event_id) if held is not None else None
    if held is None or row is None or row.verdict != Verdict.QUARANTINED:
        raise NotQuarantined
    return row, held
