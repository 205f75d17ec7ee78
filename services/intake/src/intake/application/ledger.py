"""Writes down what became of an event and tells its agency: inbox row, receipt, kept bytes, wait."""

from __future__ import annotations

from chassis.box import Box
from chassis.refusal import Refusal
from chassis.store.commit import TableWrite
from chassis.store.rows import InboxRow, OtherContent, Wait
from chassis.store.unit_of_work import UnitOfWork
from contracts.vocabulary import Verdict

from intake.application.kept import KEPT, KEPT_DELIVERIES, Kept
from intake.application.outcome import ACCEPTED, ROUTED, Outcome, from_row, rejected
from intake.application.reading import Reading
from intake.application.receipts import Delivery, Remedy, receipt
from intake.domain.front_door import agency_of_source

_BYTES_NEEDED = frozenset({Verdict.WAITING, Verdict.QUARANTINED, Verdict.REJECTED, Verdict.DISCARDED})


class Ledger:
    """One verdict for each (source, id), one receipt for each delivery."""

    def __init__(self, box: Box, remedy: Remedy) -> None:
        self._box = box
        self._remedy = remedy

    def first(self, uow: UnitOfWork, reading: Reading, outcome: Outcome) -> bytes:
        """The first word on an event that was never received before."""
        submission = reading.submission
        uow.receive(
            InboxRow(
                reading.source,
                reading.event_id,
                reading.content_hash,
                outcome.verdict,
                submission.received_at,
                submission.topic,
                submission.partition,
                submission.offset,
                outcome.code,
                outcome.field,
                outcome.as_detail() if outcome.verdict == ACCEPTED else _detail(reading, outcome),
                outcome.routed_id,
                outcome.case_key,
            )
        )
        self._keep(uow, reading, outcome)
        return self._tell(uow, outcome, _delivery(reading))

    def later(self, uow: UnitOfWork, reading: Reading, row: InboxRow, outcome: Outcome) -> bytes:
        """A further word on an event whose bytes are at hand: it had been waiting or in quarantine."""
        told = row.verdict != outcome.verdict
        waits = outcome.verdict == Verdict.WAITING
        self._settle(uow, row, outcome, type_name=reading.type if waits else None)
        self._keep(uow, reading, outcome)
        return self._tell(uow, outcome, _delivery(reading), silent=not told)

    def answered(self, uow: UnitOfWork, row: InboxRow, outcome: Outcome) -> None:
        """The owner's word on a routed event, told for its first delivery and those held meanwhile."""
        held = (row.detail or {}).get("held", [])
        outcome = outcome._replace(units=(row.detail or {}).get("units", ()))
        self._settle(uow, row, outcome, type_name=_type(row))
        if row.verdict == outcome.verdict:
            return
        place = (row.topic, row.partition, row.offset)
        for n, (topic, partition, offset) in enumerate([place, *held]):
            delivery = Delivery(
                agency_of_source(row.source), row.source, row.event_id, _type(row), topic, partition, offset
            )
            self._tell(uow, outcome, delivery, repetition=n > 0)

    def repeated(self, uow: UnitOfWork, reading: Reading, row: InboxRow) -> bytes:
        """The same content again: the same verdict again. While its owner decides, the delivery is held."""
        outcome, submission = from_row(row), reading.submission
        if row.verdict == ROUTED and submission.topic:
            detail = dict(row.detail or {})
            place = [submission.topic, submission.partition, submission.offset]
            detail["held"] = [*detail.get("held", []), place]
            uow.settle(row._replace(detail=detail))
        return self._tell(uow, outcome, _delivery(reading), repetition=True)

    def reused(self, uow: UnitOfWork, reading: Reading) -> bytes:
        """Other content under an id already used: rejected by itself, kept beside the first."""
        submission = reading.submission
        uow.commit.other_contents.append(
            OtherContent(
                reading.source,
                reading.event_id,
                reading.content_hash,
                self.seal(reading),
                submission.topic,
                submission.partition,
                submission.offset,
                submission.received_at,
            )
        )
        return self._tell(uow, rejected(Refusal("id_reused", field="ce_id")), _delivery(reading))

    def seal(self, reading: Reading) -> bytes:
        """The submission, for nobody but this service to open."""
        return self._box.seal(reading.submission.keep(), KEPT, reading.source, reading.event_id)

    def _keep(self, uow: UnitOfWork, reading: Reading, outcome: Outcome) -> None:
        if outcome.verdict not in _BYTES_NEEDED:
            return
        submission = reading.submission
        place = (submission.topic, submission.partition, submission.offset, submission.received_at)
        if outcome.verdict == Verdict.WAITING:
            assert outcome.wait_key is not None
            sealed = self.seal(reading)
            uow.wait(Wait(outcome.wait_key, reading.source, reading.event_id, sealed, *place, outcome.until))
        else:
            kept = Kept(
                *(reading.source, reading.event_id, submission.agency, reading.type, outcome.verdict),
                *place,
                len(submission.value or b""),
                self.seal(reading),
            )
            uow.commit.extra.append(TableWrite(KEPT_DELIVERIES, kept))

    def _settle(
        self, uow: UnitOfWork, row: InboxRow, outcome: Outcome, *, type_name: str | None = None
    ) -> None:
        detail = outcome.as_detail()
        if outcome.verdict == ROUTED or type_name:
            detail = {**(detail or {}), "type": type_name or _type(row)}
        uow.settle(
            row._replace(
                verdict=outcome.verdict,
                code=outcome.code,
                field=outcome.field,
                detail=detail,
                routed_id=outcome.routed_id or row.routed_id,
                case_key=outcome.case_key or row.case_key,
            )
        )

    def _tell(
        self,
        uow: UnitOfWork,
        outcome: Outcome,
        delivery: Delivery,
        *,
        repetition: bool = False,
        silent: bool = False,
    ) -> bytes:
        """The event's id and the receipt's body; written unless there is no verdict yet, or nothing new."""
        told = receipt(outcome, delivery, self._remedy, repetition=repetition)
        if outcome.verdict != ROUTED and not silent:
            uow.commit.receipts.append(told)
        return delivery.event_id.encode() + b"\n" + told.body


def _detail(reading: Reading, outcome: Outcome) -> dict[str, object]:
    return {**(outcome.as_detail() or {}), "type": reading.type}


def _type(row: InboxRow) -> str | None:
    return (row.detail or {}).get("type")


def _delivery(reading: Reading) -> Delivery:
    submission = reading.submission
    return Delivery(
        submission.agency,
        reading.source,
        reading.event_id,
        reading.type,
        submission.topic,
        submission.partition,
        submission.offset,
    )
