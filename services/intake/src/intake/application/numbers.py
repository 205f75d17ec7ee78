"""Which clients are known by which ID number: by keyed hashes, never by the number.

What events told of a client is kept in order, so that a correction replaces what was told before it, and
voiding it brings that back.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import NamedTuple

from chassis.store.unit_of_work import UnitOfWork

from intake.application import keys

NONE = ""
"""Told in the place of a number that was wrong, where the right one is not known."""


class Told(NamedTuple):
    """An event told a number, as keyed hash, or `NONE`; `corrects`: it replaces all that was told before.
    `place`: the version in whose place of its case it stands, where it replaces a voided event."""

    event_id: str
    number: str
    corrects: bool
    place: int | None = None

    @property
    def stands(self) -> tuple[str, int]:
        """Its case, and its place in that."""
        stream, _, version = self.event_id.partition(":")
        return stream, int(version) if self.place is None else self.place


def known_by(uow: UnitOfWork, number: str) -> list[str]:
    """The clients known by a number, first the one whom it links to."""
    return (uow.holder(keys.ID_NUMBER, number) or "").split()


def tell(uow: UnitOfWork, client: str, told: Told) -> None:
    """An event told a client's number: after all that was told before, or in the place of what it
    replaces."""
    if uow.holder(keys.NUMBERS_OF, client) is not None:
        before = _of(uow, client)
        end = _place(before, told)
        _change(uow, client, [*before[:end], told, *before[end:]])
        return
    if told.number == NONE:
        return
    uow.claim(keys.NUMBERS_OF, client, json.dumps([told], separators=(",", ":")))
    known = uow.holder(keys.ID_NUMBER, told.number)
    _put(uow, keys.ID_NUMBER, told.number, f"{known} {client}" if known else client)


def share(uow: UnitOfWork, one: str, other: str) -> bool:
    """Whether two clients are known by the same number."""
    return bool(_counting(_of(uow, one)) & _counting(_of(uow, other)))


def take_back(uow: UnitOfWork, client: str, event_id: str) -> None:
    """The event that told a number was voided; nothing if it told none."""
    _change(uow, client, [one for one in _of(uow, client) if one.event_id != event_id])


def _place(before: Sequence[Told], told: Told) -> int:
    """Before what came later in the case, if it replaces something; else at the end."""
    case, version = told.stands
    later = (n for n, one in enumerate(before) if one.stands[0] == case and one.stands[1] > version)
    return len(before) if told.place is None else next(later, len(before))


def _of(uow: UnitOfWork, client: str) -> list[Told]:
    return [Told(*one) for one in json.loads(uow.holder(keys.NUMBERS_OF, client) or "[]")]


def _change(uow: UnitOfWork, client: str, told: list[Told]) -> None:
    before, after = _counting(_of(uow, client)), _counting(told)
    _put(uow, keys.NUMBERS_OF, client, json.dumps(told, separators=(",", ":")) if told else None)
    for number in before - after:
        left = [one for one in known_by(uow, number) if one != client]
        _put(uow, keys.ID_NUMBER, number, " ".join(left))
    for number in after - before:
        _put(uow, keys.ID_NUMBER, number, " ".join([*known_by(uow, number), client]))


def _counting(told: list[Told]) -> set[str]:
    """What was told from the last correction on."""
    since = max((place for place, one in enumerate(told) if one.corrects), default=0)
    return {one.number for one in told[since:]} - {NONE}


def _put(uow: UnitOfWork, kind: str, key: str, holder: str | None) -> None:
    if uow.holder(kind, key) is not None:
        uow.release(kind, key)
    if holder:
        uow.claim(kind, key, holder)
