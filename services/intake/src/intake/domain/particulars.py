"""What events tell of a person, by the client of whom they tell it.

Two who were found to be one person are told of in one case. What is told of either stays told of that client:
while they are one, what was told last of any of them counts; when they are two again, each has its own.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from chassis.refusal import Refusal
from consent import Place, place_of
from contracts.envelope import Meta
from contracts.events.intake import ClientRegistered
from contracts.events.people import IdentityCorrected
from contracts.vocabulary import IdentityField


class Particulars(NamedTuple):
    """Year of birth and sex as they are known; none where nobody told it, or it was taken away."""

    birth_year: int | None = None
    sex: str | None = None


class Telling(NamedTuple):
    """What one event tells of a client. `place`: the greatest counts, of each field by itself; `cleared`:
    fields of which everything told before was wrong and nothing right is known."""

    place: Place
    told_by: str
    client: UUID
    told: Particulars
    cleared: frozenset[IdentityField] = frozenset()

    @classmethod
    def of(
        cls,
        client: UUID,
        data: ClientRegistered | IdentityCorrected,
        meta: Meta,
        event_id: str,
        first: tuple[Meta, str] | None = None,
    ) -> Telling:
        """What a registration or a correction tells; `first`: the event in whose place it stands."""
        cleared = frozenset(data.cleared) if isinstance(data, IdentityCorrected) else frozenset()
        told = Particulars(data.birth_year, data.sex)
        return cls(place_of(meta, event_id, data, first), event_id, client, told, cleared)


def counts(tellings: Sequence[Telling], told_by: str, field: str) -> bool:
    """Whether what an event told of a field of the identity counts: neither voided nor taken away since."""
    stands = any(one.told_by == told_by for one in tellings)
    return stands and not taken_away(tellings, told_by, field)


def taken_away(tellings: Sequence[Telling], told_by: str, field: str) -> bool:
    """Whether what an event told of a field was wrong by a later word, with nothing right in its place."""
    place = next((one.place for one in tellings if one.told_by == told_by), None)
    return place is not None and any(field in one.cleared and one.place > place for one in tellings)


def check_cleared(cleared: Collection[IdentityField], given: Collection[IdentityField]) -> None:
    """Raises `Refusal` where a field is both put right and taken away."""
    if both := sorted(set(cleared) & set(given)):
        raise Refusal("cleared_and_given", field="/data/cleared", detail={"fields": ", ".join(both)})


def known(tellings: Iterable[Telling], clients: Collection[UUID]) -> Particulars:
    """What is known of somebody who is these clients."""
    found: dict[str, Any] = {}
    for one in sorted(one for one in tellings if one.client in clients):
        found |= dict.fromkeys(one.cleared)
        found |= {name: value for name, value in one.told._asdict().items() if value is not None}
    return Particulars(*(found.get(name) for name in Particulars._fields))
