"""What is read ahead is what would have been read in its turn."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from chassis.items import Headers, Record
from intake.application.ahead import ReadAhead
from intake.application.reading import Reader, Reading
from intake.application.submissions import Submission, of_record

BEFORE, NOW = datetime(2019, 3, 2, 2, 15, tzinfo=UTC), datetime(2019, 3, 2, 2, 16, tzinfo=UTC)
CONTACTED = "org.reftrack.client-contacted.v1"
GOOD = json.dumps(
    {
        "about": {"agency_ref": "LB-0042"},
        "by": "nv-07",
        "data": {"channel": "street", "commune": "00139", "client_group": "drug_user"},
    }
).encode()


class NoKeys:
    """Nothing here is sealed."""

    def private(self, wanted: str) -> None:
        raise AssertionError(wanted)


class Counting(Reader):
    """Also says how often it read."""

    def __init__(self) -> None:
        super().__init__(b"h" * 32, b"i" * 32, NoKeys())
        self.times = 0

    def read(self, submission: Submission) -> Reading:
        self.times += 1
        return super().read(submission)


def record(value: bytes | None = GOOD, offset: int = 7, type_name: str = CONTACTED) -> Record:
    headers: Headers = {
        "ce_specversion": b"1.0",
        "ce_id": b"e-1",
        "ce_source": b"/agencies/cap-bo-de",
        "ce_type": type_name.encode(),
        "ce_time": b"2019-03-02T09:15:00+07:00",
    }
    return Record("agency.cap-bo-de.events.v1", 0, offset, None, headers, value, 0, after=None)


def fresh(one: Record) -> Reading:
    return Counting().read(of_record(one, NOW))


def test_what_was_read_ahead_is_not_read_again_and_was_received_when_its_batch_began() -> None:
    reader = Counting()
    ahead = ReadAhead(reader)
    ahead.foresee([record(), record(b"no json", 8), record(None, 9)], BEFORE)
    for one in (record(), record(b"no json", 8), record(None, 9)):
        assert ahead.read(one, NOW) == fresh(one)
        assert ahead.read(one, NOW).submission.received_at == NOW
    assert reader.times == 6, "three ahead, and three asked for a second time"


def test_what_stands_there_now_is_read_whatever_was_read_ahead() -> None:
    ahead = ReadAhead(Counting())
    for other in (
        record(GOOD.replace(b"nv-07", b"nv-08")),
        record(type_name="org.reftrack.unknown.v1"),
        record(None),
    ):
        ahead.foresee([record()], BEFORE)
        assert ahead.read(other, NOW) == fresh(other)


def test_what_nobody_asks_for_is_forgotten() -> None:
    reader = Counting()
    ahead = ReadAhead(reader)
    for start in range(0, 21_000, 1_000):
        ahead.foresee([record(offset=start + n) for n in range(1_000)], BEFORE)
    read = reader.times
    ahead.read(record(offset=0), NOW)
    assert reader.times == read + 1
