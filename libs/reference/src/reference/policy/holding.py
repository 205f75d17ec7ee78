"""What holds in a province on a day: every value of the pack in force, and where each comes from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from reference.policy.pack import Pack, Said, latest_day
from reference.policy.statements import TERM_NAMES, LegalBasis, Terms
from reference.policy.words import ALL


@dataclass(frozen=True)
class Row:
    """One value that holds, for people to read: `reftrack policy show` prints these.

    `name`: `<section>.<name>`; `origin`: the pack or part that says so; `since`, `until`: the value's own
    days, none where it holds as long as its pack.
    """

    name: str
    value: Any
    law: str
    article: str | None
    since: date | None
    until: date | None
    province: str
    source: str
    confirmed: bool
    origin: str


class Holding:
    """The values of one pack on one day in one province; a value of the province goes before one of all."""

    def __init__(self, pack: Pack, day: date, province: str) -> None:
        self.pack = pack
        self.province = province
        self.day = latest_day(pack, day)
        self._said: dict[tuple[str, str], Said] = {}
        for said in pack.statements():
            self._take(said)

    @property
    def version(self) -> str:
        """What an event keeps: `<pack>@<version>` names these values exactly, with the event's day."""
        return self.pack.reference

    @cached_property
    def terms(self) -> Terms:
        """The terms, under their version."""
        values = {name: value for name in TERM_NAMES if (value := self.value("terms", name)) is not None}
        return Terms(version=self.version, **values)

    def value(self, section: str, name: str) -> Any:
        """One value, none where nothing is laid down."""
        said = self._said.get((section, name))
        return None if said is None else said.statement.value

    def age(self, name: str) -> int | None:
        """An age limit in years."""
        age: int | None = self.value("ages", name)
        return age

    def instrument(self, use: str) -> str | None:
        """The instrument for a use (`screening`), as `<id>@<version>`."""
        instrument: str | None = self.value("instruments", use)
        return instrument

    def may_post(self, event: str) -> frozenset[str]:
        """Kinds of organisation that may post an event (`client-contacted`); none for one nobody may."""
        return frozenset(self.value("may_post", event) or ())

    def may_know(self, label: str) -> frozenset[str] | None:
        """The closed list of kinds of organisation that the law lets know what a label protects; none where
        the law closes no list."""
        known = self.value("may_know", label)
        return None if known is None else frozenset(known)

    def legal_basis(self, code: str) -> LegalBasis | None:
        """A ground other than consent, none where the law of the day has no such ground."""
        basis: LegalBasis | None = self.value("legal_bases", code)
        return basis

    def legal_basis_until(self, code: str) -> date | None:
        """The last day on which a ground holds by this pack, none where it has no end or is not there."""
        said = self._said.get(("legal_bases", code))
        ends = [] if said is None else [d for d in (said.statement.until, self.pack.until) if d is not None]
        return min(ends, default=None)

    def legal_bases(self) -> dict[str, LegalBasis]:
        """All of them by code."""
        return {n: said.statement.value for (s, n), said in self._said.items() if s == "legal_bases"}

    def priorities(self, queue: str) -> tuple[tuple[str, ...], ...]:
        """Classes of a queue, the first served first."""
        return self.value("priorities", queue) or ()

    def rows(self) -> tuple[Row, ...]:
        """Every value that holds, by section and name, then the exchanged working days of the year."""
        named = [_row(said) for _, said in sorted(self._said.items(), key=lambda pair: pair[0])]
        return (*named, *self._swaps())

    def _take(self, said: Said) -> None:
        statement, key = said.statement, (said.section, said.name)
        if statement.province not in (ALL, self.province) or not statement.holds(self.day):
            return
        if key not in self._said or statement.province != ALL:
            self._said[key] = said

    def _swaps(self) -> list[Row]:
        return [
            Row(
                name=f"swaps.{swap.free}",
                value=swap.worked,
                law=swap.law or body.law,
                article=None,
                since=swap.free,
                until=swap.free,
                province=swap.province,
                source=swap.source,
                confirmed=swap.confirmed,
                origin=body.reference,
            )
            for body in self.pack.bodies
            for swap in body.swaps
            if self.day.year in (swap.free.year, swap.worked.year) and swap.province in (ALL, self.province)
        ]


def _row(said: Said) -> Row:
    statement, body = said.statement, said.body
    return Row(
        name=f"{said.section}.{said.name}",
        value=statement.value,
        law=statement.law or body.law,
        article=statement.article,
        since=statement.since,
        until=statement.until,
        province=statement.province,
        source=statement.source or body.source,
        confirmed=statement.confirmed,
        origin=body.reference,
    )
