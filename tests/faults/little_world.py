"""A whole system that never ran: what was sent, and everything that it would have led to."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.faults.causes import REFUSED, ROUTED
from tests.faults.journal import Journal, Sent
from tests.faults.seen import (
    READS,
    WRITERS,
    HistoryRow,
    InboxRow,
    Message,
    Position,
    ReceiptRow,
    Seen,
    Store,
    StoredEvent,
    View,
    log_topic,
)

TOPIC = "agency.cap-bo-de.events.v1"
SOURCE = "/agencies/cap-bo-de"
CASES = ("00000000-0000-8000-8000-00000000000a", "00000000-0000-8000-8000-00000000000b")
START = datetime(2019, 3, 20, 3, tzinfo=UTC)


class LittleWorld:
    """Two cases. `contact` is decided by intake, `refer` by referral; `all()` is what one would see."""

    def __init__(self) -> None:
        self.journal = Journal()
        self.events: dict[str, list[StoredEvent]] = {service: [] for service in WRITERS}
        self.inbox: list[InboxRow] = []
        self.receipts: list[ReceiptRow] = []

    def contact(self, id_: str, case: str) -> None:
        """An event that intake accepts."""
        offset = self._send(id_)
        self._record("intake", case, "org.reftrack.client-contacted.v1", {}, cause=id_)
        self._settle(id_, "accepted", offset)

    def refer(self, id_: str, case: str, *, refused: bool = False) -> None:
        """An event that referral owns, and its answer."""
        offset = self._send(id_)
        data = {"type": "org.reftrack.referral-requested.v1", "event_id": id_}
        routed = self._record("intake", case, ROUTED, data, cause=id_)
        answer = REFUSED if refused else "org.reftrack.referral-requested.v1"
        self._record("referral", case, answer, {}, cause=routed)
        self._settle(id_, "rejected" if refused else "accepted", offset, routed)

    def again(self, id_: str) -> None:
        """The same delivery once more: the same verdict, marked as a repetition."""
        first = next(sent for _, sent in self.journal if sent.id == id_)
        self.journal.note(first)
        verdict = next(row.verdict for row in self.inbox if row.id == id_)
        self._tell(id_, verdict, len(self.journal) - 1, repetition=True)

    def all(self) -> Seen:
        """What the checker would be given."""
        messages = {log_topic(service): self._published(service) for service in WRITERS}
        messages[TOPIC] = [
            Message(TOPIC, 0, at, sent.key, sent.value, sent.headers) for at, sent in self.journal
        ]
        receipts = "agency.cap-bo-de.receipts.v1"
        messages[receipts] = [
            Message(receipts, 0, n, row.id.encode(), _told(row), ()) for n, row in enumerate(self.receipts)
        ]
        stores = {
            service: Store(self.events.get(service, []), self._positions(service, messages))
            for service in READS
        }
        history = self._history()
        views = [View("cases", len(history), True, 0)]
        return Seen(messages, stores, list(self.inbox), list(self.receipts), history, views)

    def _send(self, id_: str) -> int:
        self.journal.note(Sent(TOPIC, SOURCE, id_, b"k", b"{}", (("ce_id", id_.encode()),)))
        return len(self.journal) - 1

    def _record(self, service: str, case: str, type_: str, data: dict[str, Any], *, cause: str) -> str:
        log = self.events[service]
        version = sum(row.subject == case for row in log) + 1
        meta = {"org": "cap-bo-de", "causation_id": cause, "subject": case}
        state = json.dumps({"type": type_, "meta": meta, "data": data, "n": len(log)}).encode()
        at = START + timedelta(microseconds=len(log))
        log.append(StoredEvent(len(log) + 1, case, version, type_, state, case, at))
        return log[-1].id

    def _settle(self, id_: str, verdict: str, offset: int, routed: str | None = None) -> None:
        self.inbox.append(InboxRow(SOURCE, id_, verdict, None, TOPIC, offset, routed))
        self._tell(id_, verdict, offset)

    def _tell(self, id_: str, verdict: str, offset: int, *, repetition: bool = False) -> None:
        position = len(self.receipts) + 1
        body = json.dumps({"id": id_, "verdict": verdict}).encode()
        at = START + timedelta(microseconds=position)
        self.receipts.append(
            ReceiptRow(position, "cap-bo-de", SOURCE, id_, verdict, repetition, TOPIC, offset, body, at)
        )

    def _published(self, service: str) -> list[Message]:
        ends: dict[int, int] = {}
        found = []
        for row in self.events[service]:
            partition = CASES.index(row.subject)
            offset = ends[partition] = ends.get(partition, -1) + 1
            headers = {"ce_id": row.id, "ce_type": row.type, "ce_position": str(row.position)}
            headers["ce_recordedat"] = row.recorded_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
            encoded = tuple((name, text.encode()) for name, text in headers.items())
            found.append(
                Message(log_topic(service), partition, offset, row.subject.encode(), row.state, encoded)
            )
        return found

    def _history(self) -> list[HistoryRow]:
        rows = [(f"/services/{service}", row) for service in WRITERS for row in self.events[service]]
        return [
            HistoryRow(seq, source, row.position, row.id, row.subject, row.state)
            for seq, (source, row) in enumerate(rows, start=1)
        ]

    def _positions(self, service: str, messages: dict[str, list[Message]]) -> list[Position]:
        topics = [log_topic(each) for each in READS[service]]
        ends = {(each.topic, each.partition): each for topic in [*topics, TOPIC] for each in messages[topic]}
        return [
            Position(topic, partition, last.offset + 1, last.position if last.position >= 0 else None)
            for (topic, partition), last in ends.items()
        ]


def _told(row: ReceiptRow) -> bytes:
    at = row.recorded_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return f'{{"position":{row.position},"recorded_at":"{at}",'.encode() + row.body[1:]
