"""Two instances on one database: who was faster counts, and the other one finds out before it writes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import ClassVar

import pytest
from chassis.items import Command, Item, Woken
from chassis.store.decider import Result
from chassis.store.parking import NotParked, Parking
from chassis.store.rows import Wait
from chassis.store.store import Store
from chassis.store.unit_of_work import UnitOfWork
from chassis.store.writer import Writer

from tests.integration.store.conftest import MakeStore, Query
from tests.integration.store.lending import SOURCE, TOPIC, Feed, LendingDesk, command

Log = Callable[[], list[str]]


class OvertakenDesk(LendingDesk):
    """Lets another instance write after this one has read and before it commits, the first time."""

    def __init__(self, overtake: Callable[[], object]) -> None:
        super().__init__()
        self._overtake: list[Callable[[], object]] = [overtake]

    def prepare(self, uow: UnitOfWork, items: Sequence[Item]) -> None:
        super().prepare(uow, items)
        uow.load_claims("place", ["A1"])
        uow.load_inbox([(SOURCE, "e-1")])
        if self._overtake:
            self._overtake.pop()()


def overtaken(store: Store, by: Callable[[], object]) -> tuple[Writer, OvertakenDesk]:
    desk = OvertakenDesk(by)
    return Writer(store, desk), desk


@pytest.fixture
def other(make_store: MakeStore) -> Writer:
    return Writer(make_store(), LendingDesk())


def test_an_aggregate_that_another_instance_moved_is_read_again_and_decided_again(
    store: Store, other: Writer, log: Log
) -> None:
    other.run([command("buy", "Kiều")])
    writer, desk = overtaken(store, lambda: other.run([command("lend", "Kiều", "Lan")]))
    (result,) = writer.run([command("lend", "Kiều", "Minh")])
    assert result.refusal is not None
    assert result.refusal.code == "book_is_out"
    assert log() == ["book-bought Kiều", "book-lent Lan"]
    assert desk.attempts == {"lend": 2}


def test_a_claim_that_another_instance_made_is_seen_the_second_time(
    store: Store, other: Writer, query: Query
) -> None:
    class Shelf(OvertakenDesk):
        def decide(self, uow: UnitOfWork, item: Item) -> bytes | None:
            if (holder := uow.holder("place", "A1")) is None:
                uow.claim("place", "A1", "this one")
            return holder.encode() if holder else None

    def claims() -> None:
        query("INSERT INTO claims (kind, key, holder) VALUES ('place', 'A1', 'the other')")

    (result,) = Writer(store, Shelf(claims)).run([command("shelve", "Kiều")])
    assert result.answer == b"the other"
    assert query("SELECT holder FROM claims WHERE kind = 'place'") == ["the other"]


def test_a_claim_that_another_instance_replaced_is_not_replaced_unseen(
    store: Store, other: Writer, query: Query
) -> None:
    """Both found the same holder and give the key another one: the second must see what the first did."""

    class Shelf(OvertakenDesk):
        seen: ClassVar[list[str | None]] = []

        def decide(self, uow: UnitOfWork, item: Item) -> bytes | None:
            self.seen.append(uow.holder("place", "A1"))
            uow.release("place", "A1")
            uow.claim("place", "A1", "this one")
            return None

    query("INSERT INTO claims (kind, key, holder) VALUES ('place', 'A1', 'the first')")

    def replace() -> None:
        query("UPDATE claims SET holder = 'the other' WHERE kind = 'place'")

    desk = Shelf(replace)
    Writer(store, desk).run([command("shelve", "Kiều")])
    assert desk.seen == ["the first", "the other"]
    assert query("SELECT holder FROM claims WHERE kind = 'place'") == ["this one"]


def test_a_word_that_another_instance_gave_on_an_event_is_not_overwritten_unseen(
    store: Store, query: Query
) -> None:
    """One notes a repetition of what is under way while the other writes down the verdict."""

    class Notes(OvertakenDesk):
        def decide(self, uow: UnitOfWork, item: Item) -> bytes | None:
            row = uow.received(SOURCE, "e-1")
            assert row is not None
            held = [*(row.detail or {}).get("held", []), 7]
            uow.settle(row._replace(detail={**(row.detail or {}), "held": held}))
            return row.verdict.encode()

    query(
        "INSERT INTO inbox (source, event_id, content_hash, verdict, received_at, topic, partition,"
        """ "offset", detail) VALUES (%s, 'e-1', '', 'routed', now(), '', 0, 0, '{"type": "t"}')""",
        SOURCE,
    )

    def accept() -> None:
        query("""UPDATE inbox SET verdict = 'accepted', detail = '{"numbers": {"referral": "CG"}}'""")

    (result,) = Writer(store, Notes(accept)).run([command("note", "Kiều")])
    assert result.answer == b"accepted"
    assert query("SELECT verdict, detail FROM inbox") == [
        ("accepted", {"numbers": {"referral": "CG"}, "held": [7]})
    ]


def test_what_another_instance_woke_does_not_go_on_waiting(
    store: Store, make_store: MakeStore, log: Log, query: Query
) -> None:
    """Both wake the same event; here it would wait once more, there it went on."""
    desk = LendingDesk()
    Writer(make_store(), desk).run([Feed().note("lend", "Kiều", "Lan", id="e-1")])

    class Waker(OvertakenDesk):
        woken: ClassVar[list[int]] = []

        def decide(self, uow: UnitOfWork, item: Item) -> bytes | None:
            if isinstance(item, Command):
                self.woken.append(uow.wake("book:Kiều"))
                return None
            assert isinstance(item, Woken)
            uow.wait(Wait("book:Kiều", *(getattr(item, name) for name in Wait._fields[1:])))
            return None

    waker = Waker(lambda: Writer(make_store(), desk).run([command("buy", "Kiều")]))
    Writer(store, waker).run([command("wake", "Kiều")])
    assert waker.woken == [1, 0]
    assert query("SELECT count(*) FROM waits") == [0]
    assert log() == ["book-bought Kiều", "book-lent Lan"]


def test_an_event_that_came_in_by_two_ways_counts_once(
    store: Store, other: Writer, log: Log, query: Query
) -> None:
    elsewhere = Feed(topic="agency.other.events.v1")
    writer, _ = overtaken(store, lambda: other.run([elsewhere.note("buy", "Kiều", id="same")]))
    writer.run([Feed().note("buy", "Kiều", id="same")])
    assert log() == ["book-bought Kiều"]
    assert query("SELECT repetition FROM receipts ORDER BY position") == [False, True]


def test_a_partition_that_another_instance_has_taken_over_is_dropped_and_the_rest_written(
    store: Store, other: Writer, log: Log, query: Query
) -> None:
    mine, lost = Feed(partition=0), Feed(partition=1)
    writer = Writer(store, LendingDesk())
    writer.run([mine.note("buy", "Kiều"), lost.note("buy", "Số đỏ")])
    other.run([Feed(partition=1, after=1).note("lend", "Số đỏ", "Lan")])
    results = writer.run(
        [mine.note("lend", "Kiều", "Lan"), lost.note("lend", "Số đỏ", "Minh"), mine.note("return", "Kiều")]
    )
    assert [result.dropped for result in results] == [False, True, False]
    assert log() == [
        *("book-bought Kiều", "book-bought Số đỏ", "book-lent Lan", "book-lent Lan", "book-returned 0")
    ]
    assert query("SELECT partition, next_offset FROM positions ORDER BY 1") == [(0, 3), (1, 2)]


def test_of_two_instances_that_begin_a_partition_one_writes(
    store: Store, other: Writer, query: Query
) -> None:
    other.run([Feed().note("buy", "Kiều")])
    (late,) = Writer(store, LendingDesk()).run([Feed().note("buy", "Số đỏ")])
    assert late.dropped
    assert query("SELECT topic, partition, next_offset FROM positions") == [(TOPIC, 0, 1)]
    assert query("SELECT count(*) FROM stored_events") == [1]


def test_eight_instances_write_one_gapless_history(make_store: MakeStore, log: Log, query: Query) -> None:
    def lend_and_return(instance: int) -> list[Result]:
        writer = Writer(make_store(), LendingDesk())
        feed = Feed(partition=instance)
        own = f"book {instance}"
        results = writer.run([feed.note("buy", own)])
        for _ in range(6):
            results += writer.run([feed.note("lend", own, str(instance)), feed.note("return", own)])
        return results

    with ThreadPoolExecutor(8) as pool:
        results = [result for each in pool.map(lend_and_return, range(8)) for result in each]
    assert not any(result.parked or result.dropped for result in results)
    assert len(log()) == 8 * 13
    order = query("SELECT originator_version FROM stored_events ORDER BY originator_id, notification_id")
    assert order == [*range(1, 14)] * 8


def test_two_instances_that_race_for_one_book_lend_it_once(make_store: MakeStore, log: Log) -> None:
    writers = [Writer(make_store(), LendingDesk()) for _ in range(4)]
    writers[0].run([command("buy", "Kiều")])

    def lend(reader: int) -> bytes | None:
        return writers[reader].run([command("lend", "Kiều", str(reader))])[0].answer

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lend, range(4)))
    assert sorted(filter(None, answers)) == [b"lend: 2"]
    assert len(log()) == 2


def test_what_would_wait_behind_an_item_that_was_settled_meanwhile_is_decided(
    store: Store, make_store: MakeStore, log: Log
) -> None:
    desk = LendingDesk()
    other = Writer(make_store(), desk)
    desk.broken.add("buy")
    other.run([Feed(partition=1).note("buy", "Kiều")])
    desk.broken.clear()
    parking = Parking(make_store(), desk, other)
    writer, _ = overtaken(store, lambda: parking.retry("Kiều", by="operator"))
    (result,) = writer.run([Feed(partition=2).note("lend", "Kiều", "Lan")])
    assert not result.parked
    assert log() == ["book-bought Kiều", "book-lent Lan"]


def test_what_another_instance_parks_behind_during_a_retry_is_decided_by_that_retry(
    store: Store, make_store: MakeStore, log: Log
) -> None:
    broken = LendingDesk()
    broken.broken.add("buy")
    other = Writer(make_store(), broken)
    other.run([Feed().note("buy", "Kiều")])
    late = Feed(after=1).note("lend", "Kiều", "Lan")
    desk = OvertakenDesk(lambda: other.run([late]))
    told = Parking(store, desk, Writer(store, desk)).retry("Kiều", by="operator")
    assert (told.done, told.left) == (2, 0)
    assert store.parked.list() == []
    assert log() == ["book-bought Kiều", "book-lent Lan"]


def test_two_operators_who_retry_at_once_settle_it_once(
    make_store: MakeStore, query: Query, log: Log
) -> None:
    desk = LendingDesk()
    desk.broken.add("buy")
    Writer(make_store(), desk).run([Feed().note("buy", "Kiều"), Feed(after=1).note("lend", "Kiều", "Lan")])
    desk.broken.clear()

    def retry(operator: int) -> int:
        own = make_store()
        try:
            return Parking(own, desk, Writer(own, desk)).retry("Kiều", by=str(operator)).done
        except NotParked:
            return 0

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(retry, range(4))) == [0, 0, 0, 2]
    assert log() == ["book-bought Kiều", "book-lent Lan"]
    assert query("SELECT count(*) FROM parked WHERE resolution = 'retried'") == [2]
