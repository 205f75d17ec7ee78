"""Batches of records and commands on a real PostgreSQL: what is decided, refused, repeated and woken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from chassis.items import Item
from chassis.store.batch import DeadlinePassed
from chassis.store.rows import Wait
from chassis.store.store import Store
from chassis.store.unit_of_work import UnitOfWork
from chassis.store.writer import Writer
from eventsourcing.persistence import ProgrammingError

from tests.integration.store.conftest import MakeStore, Query
from tests.integration.store.lending import SOURCE, TOPIC, Feed, LendingDesk, command
from tests.unit.store.books import NOON, Book, book_id

Log = Callable[[], list[str]]


@pytest.fixture
def desk() -> LendingDesk:
    return LendingDesk()


@pytest.fixture
def writer(store: Store, desk: LendingDesk) -> Writer:
    return Writer(store, desk)


def test_events_inbox_receipts_and_position_are_there_after_one_batch(
    writer: Writer, log: Log, query: Query
) -> None:
    feed = Feed()
    results = writer.run([feed.note("buy", "Kiều"), feed.note("lend", "Kiều", "Lan")])
    assert [(result.parked, result.dropped, result.refusal) for result in results] == [
        (False, False, None)
    ] * 2
    assert [result.last_event for result in results] == [f"{book_id('Kiều')}:{version}" for version in (1, 2)]
    assert log() == ["book-bought Kiều", "book-lent Lan"]
    assert query("SELECT verdict FROM inbox ORDER BY event_id") == ["accepted", "accepted"]
    assert query("SELECT position, verdict FROM receipts ORDER BY 1") == [(1, "accepted"), (2, "accepted")]
    assert query("SELECT topic, partition, next_offset FROM positions") == [(TOPIC, 0, 2)]


def test_an_aggregate_of_an_earlier_batch_is_found_from_the_cache_and_from_the_database(
    writer: Writer, make_store: MakeStore, log: Log
) -> None:
    feed = Feed()
    writer.run([feed.note("buy", "Kiều")])
    writer.run([feed.note("lend", "Kiều", "Lan")])
    Writer(make_store(), LendingDesk()).run([feed.note("return", "Kiều")])
    writer.run([feed.note("lend", "Kiều", "Minh")])  # its cache is one event behind
    assert log() == ["book-bought Kiều", "book-lent Lan", "book-returned 0", "book-lent Minh"]


def test_an_event_sent_again_gets_the_same_verdict_and_changes_nothing(
    writer: Writer, log: Log, query: Query
) -> None:
    feed = Feed()
    writer.run([feed.note("buy", "Kiều", id="a"), feed.note("buy", "Kiều", id="a")])
    writer.run([feed.note("buy", "Kiều", id="a")])
    assert log() == ["book-bought Kiều"]
    told = query("SELECT verdict, repetition FROM receipts ORDER BY position")
    assert told == [("accepted", False), ("accepted", True), ("accepted", True)]


def test_a_refused_event_leaves_no_trace_on_the_aggregate_that_others_share(
    writer: Writer, log: Log, query: Query
) -> None:
    feed = Feed()
    notes = [feed.note("buy", "Kiều"), feed.note("return", "Kiều", id="no"), feed.note("lend", "Kiều", "Lan")]
    writer.run(notes)
    assert log() == ["book-bought Kiều", "book-lent Lan"]
    assert query("SELECT verdict, code, detail FROM inbox WHERE event_id = 'no'") == [
        ("rejected", "book_is_in", {"do": "return"})
    ]


def test_half_of_a_decision_is_taken_back_in_the_batch_that_made_the_aggregate(
    writer: Writer, log: Log, query: Query
) -> None:
    feed = Feed()
    writer.run(
        [feed.note("buy", "Kiều"), feed.note("lend_twice", "Kiều", "Lan"), feed.note("lend", "Kiều", "Minh")]
    )
    assert log() == ["book-bought Kiều", "book-lent Minh"]


def test_half_of_a_decision_is_taken_back_on_an_aggregate_that_was_loaded(
    writer: Writer, store: Store, log: Log
) -> None:
    feed = Feed()
    writer.run([feed.note("buy", "Kiều")])
    writer.run([feed.note("lend_twice", "Kiều", "Lan"), feed.note("lend", "Kiều", "Minh")])
    writer.run([feed.note("return", "Kiều"), feed.note("lend_twice", "Kiều", "Lan")])
    assert log() == ["book-bought Kiều", "book-lent Minh", "book-returned 0"]
    book = store.history.read(Book, [book_id("Kiều")])[book_id("Kiều")]
    assert isinstance(book, Book)
    assert (book.version, book.reader, book.lendings) == (3, None, 1)


def test_what_waits_is_decided_right_after_what_it_waited_for(writer: Writer, log: Log, query: Query) -> None:
    feed = Feed()
    writer.run([feed.note("lend", "Kiều", "Lan", id="early"), feed.note("return", "Kiều", id="early 2")])
    assert query("SELECT event_id, key FROM waits ORDER BY seq") == [
        ("early", "book:Kiều"),
        ("early 2", "book:Kiều"),
    ]
    writer.run([feed.note("buy", "Kiều"), feed.note("lend", "Kiều", "Minh")])
    assert log() == ["book-bought Kiều", "book-lent Lan", "book-returned 0", "book-lent Minh"]
    assert query("SELECT count(*) FROM waits") == [0]
    assert query(
        "SELECT event_id, verdict FROM receipts WHERE event_id LIKE 'early%%' ORDER BY position"
    ) == [
        ("early", "waiting"),
        ("early 2", "waiting"),
        ("early", "accepted"),
        ("early 2", "accepted"),
    ]


def test_what_waits_and_is_woken_in_one_batch_never_reaches_the_table(
    writer: Writer, log: Log, query: Query
) -> None:
    feed = Feed()
    writer.run([feed.note("lend", "Kiều", "Lan", id="early"), feed.note("buy", "Kiều")])
    assert log() == ["book-bought Kiều", "book-lent Lan"]
    assert query("SELECT max(seq) FROM waits") == [None]
    assert query("SELECT verdict FROM inbox WHERE event_id = 'early'") == ["accepted"]


def test_what_is_woken_too_early_waits_again(writer: Writer, log: Log, query: Query) -> None:
    feed = Feed()
    writer.run([feed.note("lend", "Kiều", "Lan"), feed.note("lend", "Kiều", "Minh", id="second")])
    writer.run([feed.note("buy", "Kiều")])
    assert log() == ["book-bought Kiều", "book-lent Lan"]
    assert query("SELECT event_id FROM waits") == ["second"]


def test_a_command_is_answered_or_refused_each_for_itself(writer: Writer, log: Log) -> None:
    bought, lent, refused = writer.run(
        [command("buy", "Kiều"), command("lend", "Kiều", "Lan"), command("lend", "Kiều", "Minh")]
    )
    assert (bought.answer, lent.answer) == (b"buy: 1", b"lend: 2")
    assert refused.refusal is not None
    assert (refused.refusal.code, refused.refusal.moves) == ("book_is_out", ("return",))
    assert log() == ["book-bought Kiều", "book-lent Lan"]


def test_a_command_is_told_where_its_last_event_stands_in_the_log(writer: Writer, query: Query) -> None:
    first = writer.run([command("buy", "Kiều")])
    asked = [
        command("lend", "Kiều", "Lan"),
        command("lend", "Kiều", "Minh"),
        command("buy", "Tắt đèn", request_id="r-1"),
    ]
    results = [*first, *writer.run([*asked, asked[-1]])]
    position = (
        "SELECT notification_id FROM stored_events WHERE originator_id || ':' || originator_version = %s"
    )
    stands = [query(position, result.last_event) if result.last_event else [] for result in results]
    assert stands == [[1], [2], [], [3], []]
    assert [result.position for result in results] == [1, 2, None, 3, None]


def test_a_request_id_gets_the_first_answer_again(
    writer: Writer, make_store: MakeStore, desk: LendingDesk, log: Log
) -> None:
    writer.run([command("buy", "Kiều")])
    asked = command("lend", "Kiều", "Lan", request_id="r-1")
    same_batch = writer.run([asked, asked])
    elsewhere = Writer(make_store(), LendingDesk()).run([asked])
    assert [result.answer for result in [*same_batch, *elsewhere]] == [b"lend: 2"] * 3
    assert log() == ["book-bought Kiều", "book-lent Lan"]


def test_a_request_id_of_another_command_is_refused(writer: Writer, log: Log) -> None:
    writer.run([command("buy", "Kiều"), command("lend", "Kiều", "Lan", request_id="r-1")])
    (reused,) = writer.run([command("return", "Kiều", request_id="r-1")])
    assert reused.refusal is not None
    assert reused.refusal.code == "request_id_reused"
    assert log() == ["book-bought Kiều", "book-lent Lan"]


def test_a_command_that_breaks_is_alone_in_it(
    writer: Writer, desk: LendingDesk, log: Log, query: Query
) -> None:
    desk.broken.add("Số đỏ")
    broken, good = writer.run([command("buy", "Số đỏ"), command("buy", "Kiều")])
    assert isinstance(broken.error, RuntimeError)
    assert good.answer == b"buy: 1"
    assert query("SELECT count(*) FROM parked") == [0]


def test_an_event_method_that_breaks_off_half_way_leaves_no_trace(
    writer: Writer, store: Store, log: Log
) -> None:
    writer.run([command("buy", "Kiều")])
    broken, good = writer.run([command("lend", "Kiều", "ink on the page"), command("lend", "Kiều", "Lan")])
    assert isinstance(broken.error, RuntimeError)
    assert good.answer == b"lend: 2"
    book = store.history.read(Book, [book_id("Kiều")])[book_id("Kiều")]
    assert isinstance(book, Book)
    assert book.lendings == 1


def test_a_batch_of_refusals_opens_no_transaction(
    writer: Writer, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[object] = []
    monkeypatch.setattr(store.recorder, "write", lambda *rows: written.append(rows))
    (refused,) = writer.run([command("return", "Kiều", request_id="r-9")])
    assert refused.refusal is not None
    assert written == []


def test_waits_whose_term_is_over_are_found_longest_first(store: Store) -> None:
    with_terms = [(3, "c"), (1, "a"), (2, "b"), (9, "later")]
    uow = store.unit_of_work()
    for days, name in with_terms:
        until = NOON + timedelta(days=days - 5)
        uow.wait(Wait("key", SOURCE, name, b"sealed", TOPIC, 0, 0, NOON, until))
    store.recorder.write(*uow.seal())
    uow = store.unit_of_work()
    assert [wait.event_id for wait in uow.overdue()] == ["a", "b", "c"]
    uow.stop_waiting(uow.overdue()[0])
    assert [wait.event_id for wait in uow.overdue()] == ["b", "c"]
    store.recorder.write(*uow.seal())
    assert [wait.event_id for wait in store.unit_of_work().waiting("key")] == ["c", "b", "later"]


def test_old_answers_are_forgotten_and_new_ones_kept(writer: Writer, store: Store, query: Query) -> None:
    writer.run([command("buy", "Kiều", request_id="r-1")])
    assert store.outcomes.forget(before=NOON) == 0
    assert store.outcomes.forget(before=NOON + timedelta(seconds=1)) == 1
    assert query("SELECT count(*) FROM outcomes") == [0]


def test_a_command_that_comes_after_its_deadline_is_not_begun(writer: Writer, log: Log) -> None:
    late = replace(command("buy", "Kiều"), deadline=datetime(2019, 1, 1, tzinfo=UTC))
    (result,) = writer.run([late])
    assert isinstance(result.error, DeadlinePassed)
    assert log() == []


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", True),
        (b"Nguyen Van A", False),
        (b"\0", False),
        (b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\n", False),
    ],
)
def test_a_trace_is_carried_on_only_in_its_proper_form_and_never_parks_a_case(
    writer: Writer, query: Query, sent: bytes, kept: bool
) -> None:
    bought = Feed().note("buy", "Kiều")
    (result,) = writer.run([bought._replace(headers={**bought.headers, "traceparent": sent})])
    assert not result.parked
    assert query("SELECT traceparent FROM stored_events") == [sent.decode() if kept else None]


def test_a_table_that_is_not_there_parks_nothing(store: Store, query: Query) -> None:
    """The database says that the software does not fit it: that is no record's own fault."""

    class Lost(LendingDesk):
        def decide(self, uow: UnitOfWork, item: Item) -> bytes | None:
            with store.datastore.get_connection() as connection:
                connection.execute("SELECT * FROM no_such_table")
            return None

    with pytest.raises(ProgrammingError):
        Writer(store, Lost()).run([Feed().note("buy", "Kiều"), Feed(after=1).note("buy", "Số đỏ")])
    assert query("SELECT count(*) FROM parked") == [0]
    assert query("SELECT count(*) FROM positions") == [0]
