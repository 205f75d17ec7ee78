"""Whom the state of a case is told to: nobody learns from an answer of intake what reporting would not show.

The table is `domain.md`, "Who takes part", as `reporting.access` has it: the cases of its area, and those in
which it took the client up. Everybody else acts all the same, and is told of its own doing alone: which rule
stood against it, and what its event waits for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any, Protocol

from chassis.refusal import Refusal
from contracts.vocabulary import OrgKind
from reference.days import local_day

from intake.domain.case import Case

TAKES_UP = frozenset({OrgKind.DISTRICT_SOCIAL, OrgKind.COMMUNE_SOCIAL})
"""Kinds that see the whole of a case in which they met or registered the client."""

SEE_THE_CASE = TAKES_UP | {OrgKind.SUPERVISOR, OrgKind.COMMUNE_AUTHORITY}
"""Kinds that see the whole of a case of their area, or whose client was sent to them."""


class Office(Protocol):
    """What of an office is asked."""

    @property
    def id(self) -> str: ...

    @property
    def kind(self) -> str: ...


class Places(Protocol):
    """The directory, as far as this needs it."""

    def sees_place(self, org: str, commune: str, day: date, /) -> bool:
        """Whether the organisation answers for all of what that code meant on that day."""
        ...


def sees_the_case(case: Case, office: Office | None, places: Places) -> bool:
    """Whether an office may know where a case stands, and what others did in it."""
    if office is None or office.kind not in SEE_THE_CASE:
        return False
    if office.id in _taken_up_by(case, office.kind):
        return True
    place = case.place
    return place is not None and places.sees_place(office.id, place.commune, local_day(place.told_at))


def own_of(events: Iterable[Any], org: str) -> list[Any]:
    """What an organisation recorded itself: its versions count these alone where it does not see the case."""
    return [one for one in events if one.meta.org == org]


def _taken_up_by(case: Case, kind: str) -> frozenset[str]:
    """Which offices of a kind see the whole of it for what they did, or were sent."""
    if kind in TAKES_UP:
        return case.parties_of({case.client_id})
    if kind == OrgKind.COMMUNE_AUTHORITY:
        return frozenset(move.to_org for move in case.moves_of({case.client_id}) if move.to_org)
    return frozenset()


@contextmanager
def told_as_seen(case: Case, office: Office | None, places: Places) -> Iterator[None]:
    """Whatever is refused within says the state met and the moves it allows to who may know them alone."""
    try:
        yield
    except Refusal as refusal:
        if not sees_the_case(case, office, places):
            refusal.state, refusal.moves = None, ()
        raise
