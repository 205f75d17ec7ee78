"""What waited and cannot be committed: it is set aside alone, not what woke it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from chassis.items import Record, Woken
from chassis.store.parking import Parking, Retried
from chassis.store.rows import InboxRow
from chassis.store.store import Store
from chassis.store.unit_of_work import UnitOfWork
from chassis.store.writer import Writer

from tests.integration.store.conftest import Query
from tests.integration.store.lending import Feed, LendingDesk, command

Log = Callable[[], list[str]]


class PoisonWhenWoken(LendingDesk):
    """Decides everything; what it writes for a woken event named `bad …` PostgreSQL does not take."""

    cured = False

    def _tell(self, uow: UnitOfWork, item: Record | Woken, row: InboxRow, *, repetition: bool) -> None:
        poison = isinstance(item, Woken) and row.event_id.startswith("bad") and not self.cured
        told = row._replace(event_id="poison") if poison else row
        super()._tell(uow, item, told, repetition=repetition)


@pytest.fixture
def desk() -> PoisonWhenWoken:
    return PoisonWhenWoken()


@pytest.fixture
def writer(store: Store, desk: PoisonWhenWoken) -> Writer:
    return Writer(store, desk)


def test_it_is_parked_alone_and_the_record_that_woke_it_counts(
    writer: Writer, store: Store, log: Log, query: Query
) -> None:
    feed = Feed()
    early = ["good 1", "good 2", "bad 1", "good 3"]
    writer.run([feed.note("lend", "Kiều", "Lan", id=id) for id in early])
    other, bought, after = writer.run(
        [feed.note("buy", "Số đỏ"), feed.note("buy", "Kiều"), feed.note("buy", "Tắt đèn")]
    )
    assert [other.parked, bought.parked, after.parked] == [False] * 3
    assert log() == ["book-bought Số đỏ", "book-bought Kiều", "book-lent Lan", "book-bought Tắt đèn"]
    parked = [(item.case_key, item.offset, item.behind) for item in store.parked.list()]
    assert parked == [("Kiều", 2, False), ("Kiều", 3, True)]
    assert "DataError" in store.parked.list()[0].reason
    assert query("SELECT event_id FROM waits") == ["good 2"]
    assert query("SELECT next_offset FROM positions") == [7]


def test_two_of_them_under_different_cases_are_both_found(store: Store, query: Query) -> None:
    class TwoShelves(PoisonWhenWoken):
        def _do(self, uow: UnitOfWork, note: dict[str, str]) -> str:
            if note["do"] == "open":
                return str(uow.wake("book:Kiều") + uow.wake("book:Số đỏ"))
            return super()._do(uow, note)

    writer = Writer(store, TwoShelves())
    feed = Feed()
    early = [("Kiều", "good 1"), ("Kiều", "bad 1"), ("Số đỏ", "good 2"), ("Số đỏ", "bad 2")]
    writer.run([feed.note("lend", title, "Lan", id=id) for title, id in early])
    (opened,) = writer.run([command("open", "Chí Phèo")])
    assert opened.answer is not None
    assert [(item.case_key, item.offset) for item in store.parked.list()] == [("Kiều", 1), ("Số đỏ", 3)]
    assert query("SELECT event_id FROM waits ORDER BY seq") == ["good 1", "good 2"]


def test_a_command_that_wakes_it_is_answered(writer: Writer, store: Store, log: Log) -> None:
    writer.run([Feed().note("lend", "Kiều", "Lan", id="bad 1")])
    (bought,) = writer.run([command("buy", "Kiều", request_id="r-1")])
    assert bought.answer == b"buy: 1"
    assert log() == ["book-bought Kiều"]
    assert [item.offset for item in store.parked.list()] == [0]
    (again,) = writer.run([command("buy", "Kiều", request_id="r-1")])
    assert again.answer == b"buy: 1"


def test_a_retry_takes_it_up_once_it_can_be_committed(
    writer: Writer, store: Store, desk: PoisonWhenWoken, log: Log
) -> None:
    feed = Feed()
    writer.run([feed.note("lend", "Kiều", "Lan", id="bad 1")])
    writer.run([feed.note("buy", "Kiều"), feed.note("return", "Kiều")])
    desk.cured = True
    assert Parking(store, desk, writer).retry("Kiều", by="operator") == Retried(2, 0, None)
    assert log() == ["book-bought Kiều", "book-lent Lan", "book-returned 0"]


def test_what_is_poison_itself_is_parked_and_what_waits_for_it_goes_on_waiting(
    writer: Writer, store: Store, log: Log, query: Query
) -> None:
    feed = Feed()
    writer.run([feed.note("lend", "Kiều", "Lan", id="good")])
    (bought,) = writer.run([feed.note("buy", "Kiều", id="poison")])
    assert bought.parked
    assert log() == []
    assert query("SELECT event_id FROM waits") == ["good"]
