"""The lending desk: a small service on the chassis' write side, with every kind of row."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from chassis.items import Command, Item, Record, Woken
from chassis.refusal import Refusal
from chassis.store.rows import InboxRow, Receipt, Wait
from chassis.store.unit_of_work import UnitOfWork
from google.protobuf.struct_pb2 import Struct

from tests.unit.store.books import Book, book_id, meta

SOURCE = "/agencies/branch"
TOPIC = "agency.branch.events.v1"


class LendingDesk:
    """Decides notes such as `{"do": "lend", "title": "Kiều", "to": "Lan"}`; commands are named after `do`.

    A book that nobody bought yet lets its event wait. `attempts` counts how often each note was decided.
    """

    def __init__(self) -> None:
        self.broken: set[str] = set()
        self.attempts: dict[str, int] = {}

    def prepare(self, uow: UnitOfWork, items: Sequence[Item]) -> None:
        titles = {note["title"] for item in items if (note := self._peek(item))}
        uow.load(Book, map(book_id, titles))
        uow.load_claims("shelf", titles)
        uow.load_waits(f"book:{title}" for title in titles)
        uow.load_inbox((SOURCE, name(item)) for item in items if not isinstance(item, Command))

    def case_key(self, uow: UnitOfWork, item: Item) -> str:
        return str(read(item)["title"])

    def decide(self, uow: UnitOfWork, item: Item) -> bytes | None:
        note = read(item)
        self.attempts[note["do"]] = self.attempts.get(note["do"], 0) + 1
        if note["do"] in self.broken or note["title"] in self.broken:
            raise RuntimeError(f"cannot decide {note}")
        if isinstance(item, Command):
            return f"{note['do']}: {self._do(uow, note)}".encode()
        self._decide_event(uow, item, note)
        return None

    def _decide_event(self, uow: UnitOfWork, item: Record | Woken, note: dict[str, Any]) -> None:
        row = uow.received(SOURCE, name(item))
        if row is not None and not isinstance(item, Woken):
            self._tell(uow, item, row, repetition=True)
            return
        verdict, code = self._verdict(uow, item, note)
        settled = InboxRow(
            source=SOURCE,
            event_id=name(item),
            content_hash=hashlib.sha256(str(note).encode()).digest(),
            verdict=verdict,
            received_at=uow.now,
            topic=item.topic,
            partition=item.partition,
            offset=item.offset,
            code=code,
            detail={"do": note["do"]},
            case_key=note["title"],
        )
        uow.receive(settled)
        self._tell(uow, item, settled, repetition=False)

    def _verdict(self, uow: UnitOfWork, item: Record | Woken, note: dict[str, Any]) -> tuple[str, str | None]:
        try:
            with uow.attempt():
                self._do(uow, note)
        except Refusal as refusal:
            if not refusal.later:
                return "rejected", refusal.code
            sealed = json.dumps(note).encode()
            key = f"book:{note['title']}"
            uow.wait(
                Wait(key, SOURCE, name(item), sealed, item.topic, item.partition, item.offset, uow.now, None)
            )
            return "waiting", refusal.code
        return "accepted", None

    def _do(self, uow: UnitOfWork, note: dict[str, Any]) -> str:
        title = note["title"]
        if note["do"] == "buy":
            uow.claim("shelf", title, "library")
            book = uow.add(Book.buy(title, meta(title)))
            uow.wake(f"book:{title}")
            return str(book.version)
        found = uow.get(Book, book_id(title))
        if found is None:
            raise Refusal("no_such_book", later=True)
        if note["do"] == "lend":
            found.lend(note["to"], meta(title))
        elif note["do"] == "lend_twice":
            found.lend(note["to"], meta(title))
            found.lend(note["to"], meta(title))
        elif note["do"] in ("void", "lend_instead"):
            found.void(int(note["version"]), meta(title))
            if note["do"] == "lend_instead":
                uow.refold(found)
                found.lend(note["to"], meta(title))
        else:
            found.give_back(meta(title))
        return str(found.version)

    def _tell(self, uow: UnitOfWork, item: Record | Woken, row: InboxRow, *, repetition: bool) -> None:
        org = "bad\0org" if "poison" in row.event_id else "branch"
        uow.commit.receipts.append(
            Receipt(
                *(org, SOURCE, row.event_id, row.verdict, repetition, b"{}"),
                *(item.topic, item.partition, item.offset),
            )
        )

    def _peek(self, item: Item) -> dict[str, Any] | None:
        try:
            return read(item)
        except (ValueError, KeyError):
            return None


def read(item: Item) -> dict[str, Any]:
    if isinstance(item, Command):
        return {"do": item.name, **dict(item.message)}  # type: ignore[call-overload]
    value = item.sealed if isinstance(item, Woken) else item.value or b""
    note: dict[str, Any] = json.loads(value)
    note["title"], note["do"]
    return note


def name(item: Record | Woken) -> str:
    return item.event_id if isinstance(item, Woken) else (item.headers["ce_id"] or b"").decode()


class Feed:
    """Records of one partition in their order, with offsets and the position that stands before each."""

    def __init__(self, topic: str = TOPIC, partition: int = 0, after: int | None = None) -> None:
        self._topic, self._partition, self._after = topic, partition, after

    def note(self, do: str, title: str, to: str | None = None, *, id: str | None = None) -> Record:
        note = {"do": do, "title": title} | ({"to": to} if to else {})
        return self.bytes(json.dumps(note).encode(), id=id)

    def bytes(self, value: bytes | None, *, id: str | None = None) -> Record:
        offset = self._after or 0
        event_id = id or f"{self._topic}-{self._partition}-{offset}"
        headers: dict[str, bytes | None] = {"ce_id": event_id.encode()}
        record = Record(self._topic, self._partition, offset, None, headers, value, 0, self._after)
        self._after = offset + 1
        return record


def command(do: str, title: str, to: str | None = None, *, request_id: str = "") -> Command:
    message = Struct()
    message.update({"title": title} | ({"to": to} if to else {}))
    return Command(request_id, "operator", do, message, None, "corr-1")
