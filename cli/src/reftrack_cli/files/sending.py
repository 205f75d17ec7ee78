"""The rows of a checked file go to intake in one stream, some messages ahead of their answers."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import grpc
from reftrack.intake.v1 import intake_pb2, intake_pb2_grpc

from reftrack_cli.files.entries import Entry
from reftrack_cli.files.journal import Journal, Outcome
from reftrack_cli.files.sealing import Seal
from reftrack_cli.files.source import Unusable

BATCH = 200
MOST_BYTES = 1_000_000
AHEAD = 4
"""Messages under way: enough to keep intake at work, few enough to hold in memory."""

ATTEMPTS = 6
"""How often the stream is begun anew after the connection was lost or rows were not taken."""

_PASSING = frozenset(
    {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.ABORTED}
)


class Interrupted(Exception):
    """Some rows were not taken after all attempts; what was, is kept. Sending again goes on."""


@dataclass
class Sending:
    """One file on its way. `rows` begins the file anew each time it is called."""

    intake: intake_pb2_grpc.IntakeServiceStub
    source: str
    rows: Callable[[], Iterator[Entry]]
    journal: Journal
    seal: Seal
    tell: Callable[[int], None]
    pause: float = 0.5

    def run(self) -> None:
        """Send what has no verdict yet, until all has one.

        Raises:
            grpc.RpcError: for an answer that trying again would not change.
            Interrupted: if some rows were not taken.
            Unusable: if the file is not what was checked any more.
        """
        for attempt in range(ATTEMPTS):
            if attempt:
                time.sleep(self.pause * 2 ** (attempt - 1))
            try:
                if _Stream(self).run():
                    return
            except grpc.RpcError as error:
                passing = isinstance(error, grpc.Call) and error.code() in _PASSING
                if not passing or attempt + 1 == ATTEMPTS:
                    raise
        raise Interrupted


class _Stream:
    """One stream of rows without a verdict. gRPC reads requests in a thread of its own."""

    def __init__(self, sending: Sending) -> None:
        self._sending = sending
        self._room = threading.Semaphore(AHEAD)
        self._over = threading.Event()
        self._under_way: dict[int, Entry] = {}
        self._failure: Exception | None = None

    def run(self) -> bool:
        """Whether every row was taken."""
        taken = True
        answers = self._sending.intake.SubmitEvents(self._requests())
        try:
            for answer in answers:
                outcomes = [self._outcome(status) for status in answer.statuses]
                known = [each for each in outcomes if each is not None]
                self._sending.journal.keep(known)
                taken = taken and len(known) == len(outcomes)
                self._sending.tell(len(self._sending.journal))
                self._room.release()
        except grpc.RpcError:
            if self._failure is not None:
                raise self._failure from None
            raise
        finally:
            self._over.set()
            answers.cancel()  # type: ignore[no-untyped-call]
        if self._failure is not None:
            raise self._failure
        return taken and not self._under_way

    def _outcome(self, status: intake_pb2.ItemStatus) -> Outcome | None:
        """What became of a row; none if nothing is known of it."""
        entry = self._under_way.pop(status.index)
        return outcome(entry, status.receipt) if status.receipt.verdict else None

    def _requests(self) -> Iterator[intake_pb2.SubmitEventsRequest]:
        try:
            yield from self._messages()
        except Exception as error:  # told by the thread that waits for answers
            self._failure = error

    def _messages(self) -> Iterator[intake_pb2.SubmitEventsRequest]:
        events: list[intake_pb2.SubmittedEvent] = []
        size = 0
        for index, entry in enumerate(self._left(), 1):
            event = self._event(index, entry)
            if events and (len(events) == BATCH or size + event.ByteSize() > MOST_BYTES):
                if not self._may_go():
                    return
                yield intake_pb2.SubmitEventsRequest(events=events)
                events, size = [], 0
            events.append(event)
            size += event.ByteSize()
            self._under_way[index] = entry
        if events and self._may_go():
            yield intake_pb2.SubmitEventsRequest(events=events)

    def _left(self) -> Iterator[Entry]:
        journal = self._sending.journal
        for entry in self._sending.rows():
            if entry.event is None:
                raise Unusable("file_changed")
            if not journal.done(entry.place.sheet, entry.place.row or 0):
                yield entry

    def _event(self, index: int, entry: Entry) -> intake_pb2.SubmittedEvent:
        event = entry.event
        assert event is not None
        attributed = intake_pb2.Attributed(
            id=event.id,
            source=self._sending.source,
            type=event.type,
            time=event.time,
            data=self._sending.seal(event),
        )
        return intake_pb2.SubmittedEvent(index=index, attributed=attributed)

    def _may_go(self) -> bool:
        """Wait until a message may follow; false if the stream is over."""
        while not self._room.acquire(timeout=0.5):
            if self._over.is_set():
                return False
        return not self._over.is_set()


def outcome(entry: Entry, receipt: intake_pb2.Receipt) -> Outcome:
    """What a receipt says of a row."""
    event = entry.event
    assert event is not None
    return Outcome(
        entry.place.sheet,
        entry.place.row or 0,
        event.id,
        event.type,
        receipt.verdict,
        receipt.repetition,
        dict(receipt.numbers),
        problems(receipt),
        receipt.waiting_for,
    )


def problems(receipt: intake_pb2.Receipt) -> list[tuple[str, str, str, str]]:
    """Code, field, remedy in Vietnamese and English of each problem."""
    told = [(each.code, each.field, each.remedy.vi, each.remedy.en) for each in receipt.problems]
    if not told and receipt.code:
        told = [(receipt.code, receipt.field, receipt.remedy.vi, receipt.remedy.en)]
    return told
