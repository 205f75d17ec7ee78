"""People type ids: one that belongs to an aggregate of another class is as good as none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import pytest
from chassis.aggregate import Aggregate, event
from chassis.clock import FixedClock
from chassis.mapper import Mapper
from chassis.store.store import Store
from contracts.base import Payload, Title
from contracts.envelope import Meta, UnknownType

from tests.integration.store.conftest import BOX
from tests.integration.store.test_voiding import command, run
from tests.unit.store.books import MAPPER, NOON, Book, book_id


class ShelfBuilt(Payload):
    TYPE: ClassVar[str] = "org.example.shelf-built.v1"
    TITLE: ClassVar[Title] = Title("đóng kệ", "shelf built")


class Shelf(Aggregate):
    class Created(Aggregate.Created):
        data: ShelfBuilt

    @event(Created)
    def __init__(self, data: ShelfBuilt, meta: Meta) -> None:
        self.books = 0


@pytest.fixture
def store(library_dsn: str) -> Iterator[Store]:
    mappers: list[Mapper[Any]] = [MAPPER, Mapper(Shelf, source="/services/library")]
    with Store(library_dsn, clock=FixedClock(NOON), box=BOX, mappers=mappers) as store:
        run(store, command("buy", 1), command("lend", 2, to="Lan"))
        yield store


def test_it_is_not_found_whether_the_other_one_is_kept_in_memory_or_not(store: Store) -> None:
    assert store.unit_of_work().get(Shelf, book_id("Kiều")) is None
    assert store.unit_of_work().get(Shelf, book_id("Kiều")) is None


def test_asking_for_the_wrong_one_first_hides_nothing_from_the_right_one(store: Store) -> None:
    uow = store.unit_of_work()
    uow.load(Shelf, [book_id("Kiều")])
    book = uow.get(Book, book_id("Kiều"))
    assert book is not None
    assert (book.reader, uow.get(Shelf, book.id)) == ("Lan", None)


def test_an_event_that_no_class_knows_is_a_fault_of_the_software_still(
    library_dsn: str, store: Store
) -> None:
    shelves = [Mapper(Shelf, source="/s")]
    with (
        Store(library_dsn, clock=FixedClock(NOON), box=BOX, mappers=shelves) as other,
        pytest.raises(UnknownType),
    ):
        other.unit_of_work().get(Shelf, book_id("Kiều"))
