"""Content that cannot be decided or committed: found, set aside, and everything else goes on."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from chassis.store.parking import NotParked, Parking, Retried
from chassis.store.store import Store
from chassis.store.writer import Writer

from tests.integration.store.conftest import Query
from tests.integration.store.lending import Feed, LendingDesk, command

Log = Callable[[], list[str]]


@pytest.fixture
def desk() -> LendingDesk:
    return LendingDesk()


@pytest.fixture
def writer(store: Store, desk: LendingDesk) -> Writer:
    return Writer(store, desk)


@pytest.fixture
def parking(store: Store, desk: LendingDesk, writer: Writer) -> Parking:
    return Parking(store, desk, writer)


def test_a_record_that_cannot_be_decided_is_parked_and_its_case_waits_behind_it(
    writer: Writer, desk: LendingDesk, store: Store, log: Log, query: Query
) -> None:
    feed = Feed()
    desk.broken.add("buy")
    records = [feed.note("buy", "Kiều"), feed.note("lend", "Kiều", "Lan"), feed.note("lend", "Số đỏ", "Lan")]
    results = writer.run(records)
    assert [result.parked for result in results] == [True, True, False]
    assert query("SELECT next_offset FROM positions") == [3]
    parked = store.parked.list()
    assert [(item.case_key, item.behind, item.offset) for item in parked] == [
        ("Kiều", False, 0),
        ("Kiều", True, 1),
    ]
    assert parked[0].reason == "RuntimeError in tests.integration.store.lending.decide"
    assert parked[1].reason == "behind"


def test_a_later_batch_waits_behind_it_too(writer: Writer, desk: LendingDesk, store: Store, log: Log) -> None:
    feed = Feed()
    desk.broken.add("buy")
    writer.run([feed.note("buy", "Kiều")])
    desk.broken.clear()
    (result,) = writer.run([feed.note("lend", "Kiều", "Lan")])
    assert result.parked
    assert [item.behind for item in store.parked.list(case_key="Kiều")] == [False, True]


def test_a_command_on_a_parked_case_is_refused_and_says_why(writer: Writer, desk: LendingDesk) -> None:
    desk.broken.add("buy")
    writer.run([Feed().note("buy", "Kiều")])
    (result,) = writer.run([command("lend", "Kiều", "Lan")])
    assert result.refusal is not None
    assert result.refusal.code == "case_parked"


def test_a_poisonous_record_among_many_is_found_by_halving(
    writer: Writer, store: Store, log: Log, query: Query
) -> None:
    feed = Feed()
    records = [feed.note("buy", f"book {n}", id="poison" if n == 37 else None) for n in range(100)]
    results = writer.run(records)
    assert [n for n, result in enumerate(results) if result.parked] == [37]
    assert log() == [f"book-bought book {n}" for n in range(100) if n != 37]
    assert query("SELECT next_offset FROM positions") == [100]
    (parked,) = store.parked.list()
    assert (parked.case_key, parked.offset) == ("book 37", 37)
    assert "DataError" in parked.reason


def test_bytes_that_name_no_case_are_parked_under_their_place(writer: Writer, store: Store) -> None:
    feed = Feed()
    writer.run([feed.bytes(b"\xff\x00 not json"), feed.bytes(None), feed.note("buy", "Kiều")])
    assert [item.case_key for item in store.parked.list()] == [
        "agency.branch.events.v1/0/0",
        "agency.branch.events.v1/0/1",
    ]


def test_what_is_parked_is_sealed_and_tells_nothing(writer: Writer, desk: LendingDesk, query: Query) -> None:
    desk.broken.add("buy")
    writer.run([Feed().note("buy", "Kiều", to="Nguyễn Thị Canary")])
    row = query("SELECT to_jsonb(parked)::text, sealed FROM parked")[0]
    assert "Canary" not in row[0]
    assert b"Canary" not in row[1]


def test_a_retry_decides_them_in_order_and_the_case_goes_on(
    writer: Writer, desk: LendingDesk, parking: Parking, log: Log, query: Query
) -> None:
    feed = Feed()
    desk.broken.add("buy")
    writer.run([feed.note("buy", "Kiều"), feed.note("lend", "Kiều", "Lan"), feed.note("return", "Kiều")])
    assert parking.retry("Kiều", by="operator") == Retried(
        0, 3, "RuntimeError in tests.integration.store.lending.decide"
    )
    desk.broken.clear()
    assert parking.retry("Kiều", by="operator") == Retried(3, 0, None)
    writer.run([feed.note("lend", "Kiều", "Minh")])
    assert log() == ["book-bought Kiều", "book-lent Lan", "book-returned 0", "book-lent Minh"]
    assert query("SELECT resolution, resolved_by, attempts, sealed IS NULL FROM parked ORDER BY id") == [
        ("retried", "operator", 1, True),
        ("retried", "operator", 0, True),
        ("retried", "operator", 0, True),
    ]


def test_a_retry_that_fails_half_way_keeps_what_succeeded(
    writer: Writer, desk: LendingDesk, parking: Parking, store: Store, log: Log
) -> None:
    feed = Feed()
    desk.broken.add("buy")
    writer.run([feed.note("buy", "Kiều"), feed.note("lend", "Kiều", "Lan"), feed.note("return", "Kiều")])
    desk.broken = {"lend"}
    retried = parking.retry("Kiều", by="operator")
    assert (retried.done, retried.left) == (1, 2)
    assert log() == ["book-bought Kiều"]
    assert [(item.behind, item.attempts) for item in store.parked.list()] == [(False, 1), (True, 0)]


def test_one_is_skipped_with_a_reason_and_what_waited_behind_it_goes_on(
    writer: Writer, desk: LendingDesk, parking: Parking, store: Store, log: Log, query: Query
) -> None:
    feed = Feed()
    writer.run([feed.note("buy", "Kiều")])
    desk.broken.add("lend")
    writer.run([feed.note("lend", "Kiều", "Lan"), feed.note("buy", "Kiều"), feed.note("return", "Kiều")])
    (head, *_) = store.parked.list()
    with pytest.raises(ValueError, match="reason"):
        parking.skip(head.id, by="operator", why="  ")
    desk.broken.clear()
    skipped = parking.skip(head.id, by="operator", why="posted by mistake")
    assert (skipped.done, skipped.left) == (0, 2)  # the book cannot be bought twice: parked for that now
    assert query(
        "SELECT resolution, resolved_why, sealed IS NOT NULL FROM parked WHERE id = %s", head.id
    ) == [("skipped", "posted by mistake", True)]
    assert log() == ["book-bought Kiều"]


def test_what_is_not_parked_cannot_be_retried_or_skipped(parking: Parking) -> None:
    with pytest.raises(NotParked):
        parking.retry("Kiều", by="operator")
    with pytest.raises(NotParked):
        parking.skip(7, by="operator", why="because")


def test_what_was_woken_and_breaks_is_parked_and_waits_no_more(
    writer: Writer, desk: LendingDesk, parking: Parking, store: Store, log: Log, query: Query
) -> None:
    feed = Feed()
    writer.run([feed.note("lend", "Kiều", "Lan", id="early")])
    desk.broken.add("lend")
    bought, behind = writer.run([feed.note("buy", "Kiều"), feed.note("return", "Kiều")])
    assert (bought.parked, behind.parked) == (False, True)
    assert query("SELECT count(*) FROM waits") == [0]
    desk.broken.clear()
    assert parking.retry("Kiều", by="operator") == Retried(2, 0, None)
    assert log() == ["book-bought Kiều", "book-lent Lan", "book-returned 0"]


def test_a_refusal_that_a_record_is_not_answered_with_is_parked_not_lost(
    store: Store, writer: Writer, desk: LendingDesk
) -> None:
    class Careless(LendingDesk):
        def _decide_event(self, uow, item, note) -> None:  # type: ignore[no-untyped-def]
            self._do(uow, note)

    (result,) = Writer(store, Careless()).run([Feed().note("lend", "Kiều", "Lan")])
    assert result.parked
    assert store.parked.list()[0].reason == "refused: no_such_book"


def test_a_record_that_tells_no_case_is_parked_by_its_place_and_holds_up_nothing_else(
    writer: Writer, desk: LendingDesk, store: Store
) -> None:
    """A command that names no case must not be taken for one of the same case."""
    feed = Feed()
    desk.broken.add("lose")
    record = feed.note("lose", "")
    assert writer.run([record])[0].parked
    assert [item.case_key for item in store.parked.list()] == ["agency.branch.events.v1/0/0"]
    (result,) = writer.run([command("buy", "")])
    assert result.refusal is None
