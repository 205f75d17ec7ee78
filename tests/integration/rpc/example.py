"""A small service that lends books over gRPC: every way in which a call can end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import grpc
import psycopg
from chassis.items import Command, Item
from chassis.refusal import Refusal
from chassis.rpc.call import Role, current_call, current_caller
from chassis.rpc.commands import Commands
from chassis.rpc.errors import Busy, InvalidInput, NotFound, Violation
from chassis.rpc.reads import Reads
from chassis.rpc.rules import Rules
from chassis.store.unit_of_work import UnitOfWork
from google.protobuf.wrappers_pb2 import StringValue

from tests.unit.store.books import Book, book_id, meta

NAME = "org.example.Library"
METHODS = ("Lend", "Who", "Fail", "Sleep", "Hidden", "Query")
CANARY = "Nguyễn Thị Canary"

_READERS = frozenset({Role.OPERATOR, Role.SUPERVISOR})
RULES: Rules = {
    f"{NAME}/{method}": _READERS
    for method in ("Lend", "Who", "Fail", "Sleep", "Query", "Count", "Echo", "Flood", "Watch")
}


class Lending:
    """The one use case: `title>reader`."""

    def prepare(self, uow: UnitOfWork, items: Sequence[Item]) -> None:
        uow.load(Book, {book_id(_title(item)) for item in items})

    def case_key(self, uow: UnitOfWork, item: Item) -> str:
        return str(book_id(_title(item)))

    def decide(self, uow: UnitOfWork, item: Item) -> bytes | None:
        assert isinstance(item, Command)
        title, _, reader = item.message.value.partition(">")  # type: ignore[attr-defined]
        if reader == "nobody knows":
            raise RuntimeError(f"broke on {CANARY}")
        book = uow.get(Book, book_id(title)) or uow.add(Book.buy(title, meta(title)))
        book.lend(reader, meta(title))
        return StringValue(value=f"{title} lent to {reader}, lending {book.lendings}").SerializeToString()


class Library:
    """The servicer."""

    def __init__(self, commands: Commands, reads: Reads) -> None:
        self._commands = commands
        self._reads = reads
        self.slept = asyncio.Event()
        self.begun = asyncio.Event()

    def register(self, server: Any) -> None:
        unary = grpc.unary_unary_rpc_method_handler
        read, write = StringValue.FromString, StringValue.SerializeToString
        handlers = {name: unary(getattr(self, name.lower()), read, write) for name in METHODS}
        handlers["Count"] = grpc.unary_stream_rpc_method_handler(self.count, read, write)
        handlers["Watch"] = grpc.unary_stream_rpc_method_handler(self.watch, read, write)
        handlers["Flood"] = grpc.unary_stream_rpc_method_handler(self.flood, read, write)
        handlers["Echo"] = grpc.stream_stream_rpc_method_handler(self.echo, read, write)
        server.add_registered_method_handlers(NAME, handlers)

    async def lend(self, request: StringValue, _context: Any) -> StringValue:
        done = await self._commands.run("lend", request)
        return StringValue.FromString(done.answer)

    async def who(self, _request: StringValue, _context: Any) -> StringValue:
        caller = current_caller()
        return StringValue(value=f"{caller.org}/{caller.subject}/{caller.role}/{current_call().time_left()}")

    async def hidden(self, _request: StringValue, _context: Any) -> StringValue:
        return StringValue(value="nobody may see this")

    async def query(self, request: StringValue, _context: Any) -> StringValue:
        row = await self._reads.one(
            "SELECT pg_sleep(%s)::text, current_setting('statement_timeout')", (request.value,)
        )
        assert row is not None
        return StringValue(value=str(row[1]))

    async def sleep(self, request: StringValue, _context: Any) -> StringValue:
        self.begun.set()
        await asyncio.sleep(float(request.value))
        self.slept.set()
        return StringValue(value="awake")

    async def fail(self, request: StringValue, context: Any) -> StringValue:
        if request.value == "abort":
            await context.abort(grpc.StatusCode.DATA_LOSS, "by hand")
        if request.value == "wrong answer":
            return CANARY  # type: ignore[return-value]
        raise failure(request.value)

    async def count(self, request: StringValue, _context: Any) -> AsyncIterator[StringValue]:
        for n in range(3):
            yield StringValue(value=str(n))
        if request.value:
            raise failure(request.value)

    async def watch(self, _request: StringValue, _context: Any) -> AsyncIterator[StringValue]:
        yield StringValue(value="watching")
        await asyncio.Event().wait()

    async def flood(self, _request: StringValue, _context: Any) -> AsyncIterator[StringValue]:
        while True:
            yield StringValue(value="more")
            await asyncio.sleep(0.002)

    async def echo(self, requests: AsyncIterator[StringValue], _context: Any) -> AsyncIterator[StringValue]:
        async for request in requests:
            yield request


def failure(kind: str) -> Exception:
    return {
        "state": Refusal("book_is_out", state="lent", moves=("return", "lose"), detail={"title": "Kiều"}),
        "field": Refusal("reader_too_young", field="reader.birth_year"),
        "fields": InvalidInput([Violation("reader", "missing"), Violation("title", "too_long")]),
        "missing": NotFound("book_not_found", field="title"),
        "unknown": Refusal("unknown_book", field="title"),
        "no words": Refusal("code_without_words", detail={"title": CANARY}),
        "busy": Busy(retry_after=2.5),
        "bug": RuntimeError(f"no such reader: {CANARY}"),
        "database": psycopg.errors.UniqueViolation(f"Key (name)=({CANARY}) already exists"),
    }[kind]


def texts(code: str, detail: Any) -> dict[str, str]:
    if code == "code_without_words":
        raise KeyError(detail["title"])
    if code == "book_is_out":
        return {
            "vi": f"sách {detail.get('title', '')} đã cho mượn",
            "en": f"{detail.get('title', '')} is lent",
        }
    return {}


def _title(item: Item) -> str:
    assert isinstance(item, Command)
    return str(item.message.value.partition(">")[0])  # type: ignore[attr-defined]
