"""Voided events and everything that reads aggregates: caches, other instances, attempts that fail."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from chassis.items import Command
from chassis.refusal import Refusal
from chassis.store.store import Store
from chassis.store.writer import Writer
from google.protobuf.struct_pb2 import Struct

from tests.integration.store.conftest import MakeStore
from tests.integration.store.lending import LendingDesk
from tests.unit.store.books import Book, book_id, lent, meta


def command(do: str, n: int, **note: str) -> Command:
    struct = Struct()
    struct.update({"title": "Kiều", **note})
    return Command(f"request-{do}-{n}", "library/lan", do, struct, None, f"request-{n}")


def run(store: Store, *commands: Command) -> list[str]:
    """The codes of what was refused, or "" for each command."""
    results = Writer(store, LendingDesk()).run(list(commands))
    assert all(result.error is None for result in results)
    return [result.refusal.code if result.refusal else "" for result in results]


def now(store: Store) -> tuple[str | None, int, int]:
    book = store.unit_of_work().get(Book, book_id("Kiều"))
    assert book is not None
    return book.reader, book.lendings, book.version


def test_a_void_in_a_later_batch_a_cache_and_a_new_instance_give_the_same_state(
    make_store: MakeStore, log: Callable[[], list[str]]
) -> None:
    one, other = make_store(), make_store()
    run(one, command("buy", 1), command("lend", 2, to="Lan"))
    assert now(other) == ("Lan", 1, 2)
    assert run(one, command("void", 3, version="2")) == [""]
    assert now(one) == now(other) == now(make_store()) == (None, 0, 3)
    assert log() == ["book-bought Kiều", "book-lent Lan", f"book-voided {book_id('Kiều')}:2"]


def test_all_in_one_batch_is_as_in_many(make_store: MakeStore) -> None:
    store = make_store()
    commands = [command("buy", 1), command("lend", 2, to="Lan"), command("void", 3, version="2")]
    assert run(store, *commands, command("lend", 4, to="Minh")) == ["", "", "", ""]
    assert now(store) == now(make_store()) == ("Minh", 1, 4)


def test_a_void_and_what_stands_in_its_place_are_one_item(make_store: MakeStore) -> None:
    store = make_store()
    run(store, command("buy", 1), command("lend", 2, to="Lan"))
    assert run(store, command("lend_instead", 3, version="2", to="Minh")) == [""]
    assert now(store) == now(make_store()) == ("Minh", 1, 4)


def test_what_is_refused_after_a_void_takes_the_void_back(make_store: MakeStore) -> None:
    store = make_store()
    run(store, command("buy", 1), command("lend", 2, to="Lan"), command("return", 3))
    run(store, command("lend", 4, to="Minh"))
    assert run(store, command("lend_instead", 5, version="2", to="Hoa")) == ["book_is_out"]
    assert now(store) == now(make_store()) == ("Minh", 2, 4)
    assert run(store, command("void", 6, version="2")) == [""]
    assert now(store) == now(make_store()) == ("Minh", 1, 5)


def test_an_attempt_that_fails_after_an_earlier_void_keeps_that_void(make_store: MakeStore) -> None:
    store = make_store()
    steps = [command("buy", 1), command("lend", 2, to="Lan"), command("void", 3, version="2")]
    assert run(store, *steps, command("lend_twice", 4, to="Minh")) == ["", "", "", "book_is_out"]
    assert now(store) == now(make_store()) == (None, 0, 3)


def test_an_attempt_within_an_item_takes_back_what_it_did_to_an_aggregate_that_the_item_had_found_before(
    store: Store,
) -> None:
    run(store, command("buy", 1), command("lend", 2, to="Lan"))
    uow = store.unit_of_work()
    book = uow.get(Book, book_id("Kiều"))
    assert book is not None
    with suppress(Refusal), uow.attempt():
        book.give_back(meta())
        raise Refusal("book_is_out")
    assert (book.reader, book.version, list(book.pending_events)) == ("Lan", 2, [])


def test_an_event_voided_by_another_instance_is_refused_as_voided_already(make_store: MakeStore) -> None:
    one, other = make_store(), make_store()
    run(one, command("buy", 1), command("lend", 2, to="Lan"))
    assert now(other) == ("Lan", 1, 2)
    run(one, command("void", 3, version="2"))
    assert run(other, command("void", 4, version="2")) == ["already_voided"]
    assert run(other, command("void", 5, version="3")) == ["void_of_a_void"]


def test_a_stale_aggregate_is_folded_when_its_item_is_decided(store: Store) -> None:
    uow = store.unit_of_work()
    book = uow.add(lent(to="Lan"))
    book.void(2, meta())
    uow.collect()
    assert (book.stale, book.reader, book.version) == (False, None, 3)


def test_all_events_of_a_stream_can_be_read_in_the_middle_of_a_batch(store: Store) -> None:
    run(store, command("buy", 1), command("lend", 2, to="Lan"))
    uow = store.unit_of_work()
    book = uow.get(Book, book_id("Kiều"))
    assert book is not None
    book.give_back(meta())
    uow.collect()
    book.lend("Minh", meta())
    assert [happened.originator_version for happened in uow.events(book)] == [1, 2, 3, 4]
