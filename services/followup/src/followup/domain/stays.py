"""A stay: one person in one facility, from admission to the commune that takes the person back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from contracts.vocabulary import DetoxKind


@dataclass(frozen=True)
class Stay:
    """What is known of one stay; `notified_to` is the organisation that was told of the handover."""

    number: str
    facility: str
    kind: DetoxKind
    admitted_on: date
    client: UUID | None = None
    """Of whom the admission tells, where that is not the client of the case."""
    completed_on: date | None = None
    notified_to: str | None = None
    notice: str | None = None
    """The event that told of the handover."""
    told_at: datetime | None = None
    told_of: UUID | None = None
    """Of whom the notice tells, where that is not the client of the case."""
    by_consent: bool = False
    """Whether it was told by the client's consent, and not by a law that the facility named."""
    receipt_from: date | None = None
    """The day from which whoever was told has to confirm it: of the handover, or of the notice if later."""
    received_on: date | None = None
    managed: bool = False

    @property
    def handover_pending(self) -> bool:
        """Told, and not yet confirmed by who was told."""
        return self.notified_to is not None and self.received_on is None

    @property
    def over_on(self) -> date | None:
        """The day on which the person left: of the completion, or of the handover while no completion is
        reported."""
        return self.completed_on or self.received_on

    @property
    def may_be_managed(self) -> bool:
        """Over, or handed over, and no management has begun since."""
        return self.over_on is not None and not self.managed

    def covers(self, day: date) -> bool:
        """Whether the person was in the facility on that day, as far as is reported; not on the last one."""
        if day == self.admitted_on:
            return True
        return self.completed_on is not None and self.admitted_on < day < self.completed_on


@dataclass(frozen=True)
class Stays:
    """All stays of one case, in the order in which they were recorded."""

    all: tuple[Stay, ...] = ()

    def __iter__(self) -> Iterator[Stay]:
        return iter(self.all)

    def numbered(self, number: str) -> Stay | None:
        """The stay of that number."""
        return next((stay for stay in self.all if stay.number == number), None)

    def at(self, facility: str) -> tuple[Stay, ...]:
        """The stays at a facility."""
        return tuple(stay for stay in self.all if stay.facility == facility)

    def open_at(self, facility: str, day: date) -> Stay | None:
        """The last stay at a facility that began by that day, if it is not completed."""
        begun = (one for one in self.at(facility) if one.admitted_on <= day)
        last = max(begun, key=lambda stay: stay.admitted_on, default=None)
        return last if last is not None and last.completed_on is None else None

    def begun_after(self, facility: str, day: date) -> Stay | None:
        """The first stay at a facility that is not completed and began after that day."""
        later = (one for one in self.at(facility) if one.completed_on is None and one.admitted_on > day)
        return min(later, key=lambda stay: stay.admitted_on, default=None)

    def to_notify(self, facility: str) -> Stay | None:
        """The newest stay at a facility whose handover nobody was told of."""
        return next((stay for stay in reversed(self.at(facility)) if stay.notified_to is None), None)

    def to_receive(self, org: str) -> Stay | None:
        """The oldest stay whose handover that organisation was told of and has not confirmed."""
        return next((stay for stay in self.all if stay.handover_pending and stay.notified_to == org), None)

    @property
    def to_manage(self) -> tuple[Stay, ...]:
        """The stays that are over or handed over, and no management has begun since."""
        return tuple(stay for stay in self.all if stay.may_be_managed)

    def with_new(self, stay: Stay) -> Stays:
        """These and one more."""
        return Stays((*self.all, stay))

    def changed(self, one: Stay | None, **changes: Any) -> Stays:
        """These, with one of them changed; none of them where `one` is none."""
        return Stays(tuple(replace(stay, **changes) if stay is one else stay for stay in self.all))

    def now_managed(self) -> Stays:
        """These, all of them followed by a management."""
        return Stays(tuple(replace(stay, managed=True) for stay in self.all))
