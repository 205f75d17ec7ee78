"""Aggregates with payloads of the contracts, and the bytes that their events become."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import uuid4

import pytest
from chassis.aggregate import Aggregate, event, event_id
from chassis.mapper import Mapper
from chassis.store.recorder import Row
from contracts import upcast
from contracts.base import Payload, Title
from contracts.envelope import Meta, NotRecorded, Recorded, UnknownType
from eventsourcing.domain import OriginatorIDError
from pydantic_core import from_json, to_json

from tests.unit.store.books import MAPPER, NOON, Book, BookBought, BookLent, bought, lent, meta


def row_of(happened: Any, traceparent: str | None = None) -> Row:
    (row,) = MAPPER.rows(happened.originator_id, [happened], traceparent)
    return row


def replay(rows: list[Any]) -> Book:
    book = None
    for row in rows:
        book = MAPPER.event(row.originator_id, row.originator_version, row.state).mutate(book)
    assert isinstance(book, Book)
    return book


def test_the_time_of_an_event_is_when_it_was_received() -> None:
    assert [happened.timestamp for happened in lent().pending_events] == [NOON, NOON]


def test_an_aggregate_without_an_id_is_not_made() -> None:
    with pytest.raises(TypeError, match="needs id="):
        Book._create(Book.Created, data=BookBought(title="Kiều"), meta=meta())


def test_the_id_of_an_event_is_stream_and_version() -> None:
    book = lent()
    assert [event_id(happened) for happened in book.pending_events] == [f"{book.id}:1", f"{book.id}:2"]


def test_a_row_holds_the_recorded_bytes_of_the_contract() -> None:
    book = lent(to="Lan")
    row = row_of(book.pending_events[1], traceparent="00-ab-cd-01")
    assert from_json(row.state) == {
        "id": f"{book.id}:2",
        "type": "org.example.book-lent.v1",
        "source": "/services/library",
        "meta": from_json(meta().model_dump_json()),
        "data": {"reader": "Lan"},
    }
    assert (row.topic, row.subject, row.occurred_at) == (BookLent.TYPE, meta().subject, NOON)
    assert row.traceparent == "00-ab-cd-01"


def test_what_is_written_is_read_back_as_the_same_aggregate() -> None:
    book = lent()
    events = book.collect_events()
    again = replay(MAPPER.rows(book.id, events))
    assert again == book
    assert again.version == 2


def test_what_is_read_back_is_written_as_the_same_bytes() -> None:
    row = row_of(lent().pending_events[1])
    again = MAPPER.event(row.originator_id, row.originator_version, row.state)
    assert row_of(again).state == row.state


def test_an_unknown_type_is_named() -> None:
    row = row_of(bought().pending_events[0])
    with pytest.raises(UnknownType, match=r"org\.example\.book-burnt\.v1"):
        MAPPER.event(row.originator_id, 1, row.state.replace(b"book-bought", b"book-burnt"))


def test_bytes_that_are_no_event_name_the_field_and_not_what_stands_there() -> None:
    row = row_of(bought("Secret title").pending_events[0])
    with pytest.raises(NotRecorded, match="/data/title") as caught:
        MAPPER.event(row.originator_id, 1, row.state.replace(b'"title":"Secret title"', b'"title":7'))
    assert "Secret" not in str(caught.value)


def test_an_old_version_is_read_as_the_newest() -> None:
    steps = {
        "org.example.book-purchased.v1": upcast.Step(
            "org.example.book-bought.v1", lambda data: {"title": data["name"]}
        )
    }
    row = row_of(bought("Kiều").pending_events[0])
    old = from_json(row.state) | {"type": "org.example.book-purchased.v1", "data": {"name": "Số đỏ"}}
    happened = Mapper(Book, "/services/library", steps=steps).event(row.originator_id, 1, to_json(old))
    book = happened.mutate(None)
    assert isinstance(book, Book)
    assert book.title == "Số đỏ"


class Stamped(Payload):
    TYPE: ClassVar[str] = "org.example.stamped.v1"
    TITLE: ClassVar[Title] = Title("đóng dấu", "stamped")


class Ambiguous(Aggregate):
    class Created(Aggregate.Created):
        data: Stamped

    class StampedAgain(Aggregate.Event):
        data: Stamped

    @event(Created)
    def __init__(self, data: Stamped, meta: Meta) -> None:
        self.stamps = 1

    @event(StampedAgain)
    def _again(self) -> None:
        self.stamps += 1


class WithoutPayload(Aggregate):
    class Created(Aggregate.Created):
        pass

    @event(Created)
    def __init__(self, meta: Meta) -> None:
        self.nothing = True


def test_two_event_classes_with_one_payload_are_refused() -> None:
    with pytest.raises(TypeError, match=r"two event classes record org\.example\.stamped\.v1"):
        Mapper(Ambiguous, "/services/library")


def test_an_event_class_without_payload_is_refused() -> None:
    with pytest.raises(TypeError, match=r"WithoutPayload\.Created needs `data"):
        Mapper(WithoutPayload, "/services/library")


def test_recorded_bytes_are_what_the_contract_encodes() -> None:
    book = bought()
    happened: Any = book.pending_events[0]
    recorded = Recorded(
        id=f"{book.id}:1",
        type=happened.data.TYPE,
        source="/services/library",
        meta=happened.meta,
        data=happened.data,
    )
    assert row_of(happened).state == recorded.to_bytes()


def test_an_event_of_another_stream_does_not_fit() -> None:
    row = row_of(lent().pending_events[1])
    with pytest.raises(OriginatorIDError):
        MAPPER.event(uuid4(), 2, row.state).mutate(bought())
