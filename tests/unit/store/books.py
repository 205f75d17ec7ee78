"""A small library that lends books: the example aggregate of the chassis' tests."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import ClassVar
from uuid import NAMESPACE_URL, UUID, uuid5

from chassis.aggregate import Aggregate, Voiding, event
from chassis.mapper import Mapper
from chassis.refusal import Refusal
from contracts.base import Payload, Title
from contracts.envelope import Meta

NOON = datetime(2019, 3, 2, 12, tzinfo=UTC)


class BookBought(Payload):
    TYPE: ClassVar[str] = "org.example.book-bought.v1"
    TITLE: ClassVar[Title] = Title("mua sách", "book bought")
    title: str


class BookLent(Payload):
    TYPE: ClassVar[str] = "org.example.book-lent.v1"
    TITLE: ClassVar[Title] = Title("cho mượn sách", "book lent")
    reader: str


class BookReturned(Payload):
    TYPE: ClassVar[str] = "org.example.book-returned.v1"
    TITLE: ClassVar[Title] = Title("trả sách", "book returned")
    pages_missing: int = 0


class BookVoided(Payload):
    TYPE: ClassVar[str] = "org.example.book-voided.v1"
    TITLE: ClassVar[Title] = Title("hủy ghi", "entry voided")
    type: ClassVar[str] = "org.example.book-lent.v1"
    replaced: ClassVar[bool] = False
    event_id: str


class Book(Aggregate):
    """A copy that one reader has at a time."""

    class Created(Aggregate.Created):
        data: BookBought

    class Lent(Aggregate.Event):
        data: BookLent

    class Returned(Aggregate.Event):
        data: BookReturned

    class Voided(Voiding):
        data: BookVoided

    @event(Created)
    def __init__(self, data: BookBought, meta: Meta) -> None:
        self.title = data.title
        self.reader: str | None = None
        self.lendings = 0

    @classmethod
    def buy(cls, title: str, meta: Meta) -> Book:
        return cls._create(cls.Created, id=book_id(title), data=BookBought(title=title), meta=meta)

    def lend(self, to: str, meta: Meta) -> None:
        if self.reader is not None:
            raise Refusal("book_is_out", state="lent", moves=("return",), later=True)
        self._lent(data=BookLent(reader=to), meta=meta)

    def give_back(self, meta: Meta, pages_missing: int = 0) -> None:
        if self.reader is None:
            raise Refusal("book_is_in", state="in", moves=("lend",))
        self._returned(data=BookReturned(pages_missing=pages_missing), meta=meta)

    def void(self, version: int, meta: Meta) -> None:
        self.check_voidable(version)
        self.trigger_event(self.Voided, data=BookVoided(event_id=f"{self.id}:{version}"), meta=meta)

    @event(Lent)
    def _lent(self, data: BookLent, meta: Meta) -> None:
        self.lendings += 1
        if data.reader == "ink on the page":
            raise RuntimeError("breaks off half way")
        self.reader = data.reader

    @event(Returned)
    def _returned(self, data: BookReturned, meta: Meta) -> None:
        self.reader = None


def book_id(title: str) -> UUID:
    return uuid5(NAMESPACE_URL, f"book:{title}")


def meta(title: str = "Kiều", at: datetime = NOON) -> Meta:
    return Meta(
        subject=book_id(title),
        occurred_at=at,
        received_at=at,
        actor="librarian",
        org="library",
        policy_version="1",
        correlation_id="test",
    )


def bought(title: str = "Kiều") -> Book:
    return Book.buy(title, meta(title))


def lent(title: str = "Kiều", to: str = "Lan") -> Book:
    book = bought(title)
    book.lend(to, meta(title))
    return book


MAPPER = Mapper(Book, source="/services/library")
