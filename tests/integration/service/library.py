"""A whole small service: lends books by gRPC and by records of a topic, publishes what it recorded."""

from __future__ import annotations

from collections.abc import Sequence

import psycopg
from chassis.items import Command, Item, Record
from chassis.relay import EventsLog
from chassis.service import Consume, Parts, Service, Ticker, run, running
from chassis.settings import ServiceSettings
from chassis.store.unit_of_work import UnitOfWork
from chassis.telemetry import Check
from google.protobuf.message import Message
from google.protobuf.wrappers_pb2 import StringValue
from pydantic import Field

from tests.integration.rpc.example import RULES, Library, texts
from tests.unit.store.books import MAPPER, Book, book_id, meta


class LibrarySettings(ServiceSettings):
    """Which topic tells of lendings."""

    topic: str = Field(description="topic of lendings")
    name: str = Field(description="name of the log")
    breaks: str = Field(default="", description="whether a part breaks at the `start`, or is found to `hang`")


class Lending:
    """`title>reader`, `title<` gives back."""

    def prepare(self, uow: UnitOfWork, items: Sequence[Item]) -> None:
        uow.load(Book, {book_id(_said(item)[0]) for item in items})

    def case_key(self, uow: UnitOfWork, item: Item) -> str:
        return _said(item)[0]

    def decide(self, uow: UnitOfWork, item: Item) -> bytes | None:
        title, reader = _said(item)
        if reader == "poison":
            raise RuntimeError("Canary in an exception")
        book = uow.get(Book, book_id(title)) or uow.add(Book.buy(title, meta(title)))
        if isinstance(item, Command) and item.name == "overdue":
            book.give_back(meta(title))
        else:
            book.lend(reader, meta(title))
        return StringValue(value=f"{title}: {book.lendings}").SerializeToString()


async def overdue(parts: Parts[LibrarySettings]) -> Sequence[Message]:
    """Whatever is called `overdue…` comes back by the clock."""
    rows = await parts.reads.all(
        "SELECT convert_from(state, 'utf8')::json->'data'->>'title' FROM stored_events"
        " WHERE topic = 'org.example.book-bought.v1' AND convert_from(state, 'utf8') LIKE '%%\"overdue%%'"
    )
    return [StringValue(value=f"{title}<") for (title,) in rows]


def _said(item: Item) -> tuple[str, str]:
    if isinstance(item, Record):
        text = (item.value or b"").decode()
    else:
        assert isinstance(item, Command)
        text = item.message.value  # type: ignore[attr-defined]
    title, _, reader = text.replace("<", ">").partition(">")
    return title, reader


def main() -> None:
    """Run it as a process."""
    settings = LibrarySettings.read()
    run(
        Service(
            name=settings.name,
            package="chassis",
            settings=LibrarySettings,
            decider=lambda _parts: Lending(),
            mappers=(MAPPER,),
            consumers=(Consume(topics=(settings.topic,)),),
            logs=lambda _parts: (EventsLog(settings.name),),
            servicers=lambda parts: [Library(parts.commands, parts.reads).register],
            rules=RULES,
            texts=texts,
            tickers=(Ticker("overdue", 0.2, overdue),),
            others=lambda _parts: [Broken(settings.breaks)] if settings.breaks else [],
        )
    )


class Broken:
    """A part that cannot start, or hangs."""

    def __init__(self, how: str) -> None:
        self._how = how

    def start(self) -> None:
        running.HUNG_SECONDS = 1.0
        if self._how == "start":
            raise psycopg.DataError("Canary in a start")

    def stop(self) -> None: ...

    def check(self) -> Check:
        return Check("broken", live=lambda: "has not turned for an hour" if self._how == "hang" else None)


if __name__ == "__main__":
    main()
