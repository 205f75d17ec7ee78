"""What intake's log tells of consents, folded into what a decision needs: the same in whatever order it came.

A withdrawal that comes before the consent it takes back, or a correction that comes late, counts just as if
it had come in time: what is known is a function of the set of events.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from typing import Any, NamedTuple

from contracts.base import Payload
from contracts.envelope import Meta, Recorded
from contracts.events.common import EventVoided
from contracts.events.consent import ConsentExpired, ConsentGiven, ConsentWithdrawn
from contracts.events.intake import ClientRegistered
from contracts.events.people import IdentityCorrected
from contracts.in_place import Told, stands_for
from contracts.vocabulary import IdentityField
from reference.days import local_day

from consent.model import Client, Consent, Evidence, Guardian, Recipients, Scope, Withdrawal

TELLS: tuple[type[Payload], ...] = (
    ConsentGiven,
    ConsentWithdrawn,
    EventVoided,
    ClientRegistered,
    IdentityCorrected,
)
"""The events that a decision depends on. Who decides keeps them as they are; `known_of` folds them."""

CHANGES: tuple[type[Payload], ...] = (ConsentGiven, ConsentWithdrawn, ConsentExpired, EventVoided)
"""The events after which something may be covered that was not, or no more what was."""

Place = tuple[date, bool, datetime, str, int]
"""See `place_of`."""

_TELLING = frozenset(model.TYPE for model in TELLS)
_VOIDABLE = _TELLING - {EventVoided.TYPE}

Firsts = Mapping[str, Recorded[Any]]
"""Of each event that replaces another, by its id: the first in whose place it stands."""


class Taken(NamedTuple):
    """A withdrawal as it was recorded, and what it takes of a consent."""

    told: Recorded[ConsentWithdrawn]
    takes: Withdrawal


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a client: consents that count, who recorded each, how old the client may be; consents
    whose record was voided, by the id of their event. `taken`: of each consent, voided or not, by that id,
    the withdrawals that count and take something of it, in their order."""

    consents: tuple[Consent, ...] = ()
    by: Mapping[str, str] = field(default_factory=dict)
    client: Client = field(default_factory=Client)
    voided: frozenset[str] = frozenset()
    taken: Mapping[str, tuple[Taken, ...]] = field(default_factory=dict)

    def told_to(self, org: str) -> tuple[Consent, ...]:
        """The consents that an organisation recorded itself."""
        return tuple(one for one in self.consents if self.by[one.id] == org)


NOTHING_KNOWN = Known()


def tells(recorded: Recorded[Payload]) -> bool:
    """Whether a decision depends on an event of intake's log."""
    if isinstance(recorded.data, EventVoided):
        return recorded.data.type in _VOIDABLE
    return recorded.type in _TELLING


def changes(recorded: Recorded[Payload]) -> bool:
    """Whether after an event of intake's log something may be covered that was not, or no more what was."""
    if isinstance(recorded.data, EventVoided):
        return recorded.data.type in _VOIDABLE
    return isinstance(recorded.data, CHANGES)


def known_of(told: Iterable[Recorded[Any]]) -> Known:
    """What is known, from all events about one person for which `tells` holds; each may come many times."""
    events = sorted({one.id: one for one in told}.values(), key=_order)
    voided = frozenset(one.data.event_id for one in events if isinstance(one.data, EventVoided))
    left = [one for one in events if one.id not in voided]
    given = [one for one in events if isinstance(one.data, ConsentGiven)]
    counting = [one for one in given if one.id not in voided]
    firsts = _firsts(events)
    taken = _taken(given, [one for one in left if isinstance(one.data, ConsentWithdrawn)], firsts)
    return Known(
        tuple(_consent(one, taken[one.id]) for one in counting),
        {one.id: one.meta.org for one in counting},
        _client(left, firsts),
        frozenset(one.id for one in given) & voided,
        taken,
    )


@lru_cache(maxsize=4096)
def read(value: bytes) -> Recorded[Any]:
    """An event from its bytes, each read once."""
    return Recorded.parse(value)


def scope_of(data: ConsentGiven) -> Scope:
    """What a consent covers, as it was given."""
    recipients = Recipients(frozenset(data.recipients), frozenset(data.recipient_orgs))
    return Scope(frozenset(data.purposes), recipients, frozenset(data.labels))


def given_until(withdrawn: Meta, first: Meta) -> datetime:
    """Until when a consent was given that a withdrawal of all takes back: up to the withdrawal; where only
    its day is known up to the end of that, in doubt it is withdrawn. What puts one right that was told
    `first`, counts as if it had been told then: to what was given since the client did not refer."""
    return min(withdrawn.latest_at, max(first.latest_at, first.received_at))


def _withdrawal_of(one: Recorded[ConsentWithdrawn], first: Meta) -> Withdrawal:
    """What a withdrawal takes back. It acts from when it was said, and at the latest from when it came to us,
    it or what it puts right: no clock that runs ahead puts it off."""
    data = one.data
    recipients = Recipients(frozenset(data.recipients), frozenset(data.recipient_orgs))
    at = min(one.meta.occurred_at, first.received_at)
    return Withdrawal(at, frozenset(data.purposes), frozenset(data.labels), recipients)


def _taken(
    given: Iterable[Recorded[ConsentGiven]], withdrawn: Iterable[Recorded[ConsentWithdrawn]], firsts: Firsts
) -> Mapping[str, tuple[Taken, ...]]:
    told = [(one, firsts.get(one.id, one).meta) for one in withdrawn]
    taken = [(Taken(one, _withdrawal_of(one, first)), given_until(one.meta, first)) for one, first in told]
    return {
        one.id: tuple(each for each, until in taken if _is_meant(one, each.told, until, firsts))
        for one in given
    }


def _is_meant(
    given: Recorded[ConsentGiven], withdrawn: Recorded[ConsentWithdrawn], until: datetime, firsts: Firsts
) -> bool:
    """Whether a withdrawal is of that consent: it names it, or one in whose place it stands or that stands in
    its place, or it is of all that was given until then."""
    if (named := withdrawn.data.consent) is None:
        return given.meta.occurred_at <= until
    return _first(named, firsts) == _first(given.id, firsts)


def _first(event_id: str, firsts: Firsts) -> str:
    return firsts[event_id].id if event_id in firsts else event_id


def _consent(given: Recorded[ConsentGiven], taken: Iterable[Taken]) -> Consent:
    data = given.data
    return Consent(
        id=given.id,
        given_at=given.meta.occurred_at,
        scope=scope_of(data),
        expires_on=data.expires_on,
        by_client=data.by_client,
        guardian=None if data.guardian is None else Guardian(data.guardian),
        represented=data.represented,
        evidence=_evidence(data),
        withdrawals=tuple(one.takes for one in taken),
    )


def _evidence(data: ConsentGiven) -> Evidence | None:
    if data.form_number is None and data.file_sha256 is None:
        return None
    return Evidence(data.form_number, data.file_sha256)


def _client(told: Iterable[Recorded[Any]], firsts: Firsts) -> Client:
    """The year of birth that was told last, unless it was taken away since."""
    born = None
    who = [one for one in told if isinstance(one.data, ClientRegistered | IdentityCorrected)]
    for one in sorted(who, key=lambda one: _place(one, firsts.get(one.id, one))):
        if one.data.birth_year is not None:
            born = one.data.birth_year
        elif isinstance(one.data, IdentityCorrected) and IdentityField.BIRTH_YEAR in one.data.cleared:
            born = None
    return Client(born)


def _firsts(told: Iterable[Recorded[Any]]) -> Firsts:
    told = list(told)
    if not any(_voids(one) and one.data.replaced for one in told):
        return {}
    by_id = {one.id: one for one in sorted(told, key=lambda one: _came(one.id))}
    stands = stands_for([told_of(one) for one in by_id.values()])
    return {new: by_id[old] for new, old in stands.items() if old in by_id}


def told_of(one: Recorded[Any]) -> Told[str]:
    """What of a recorded event says where it stands."""
    cause, data = one.meta.causation_id, one.data
    if not _voids(one):
        return Told(one.id, one.type, cause)
    return Told(one.id, one.type, cause, data.event_id, data.type if data.replaced else None)


def _voids(one: Recorded[Any]) -> bool:
    return isinstance(one.data, EventVoided)


def _place(one: Recorded[Any], first: Recorded[Any]) -> Place:
    return place_of(one.meta, one.id, one.data, (first.meta, first.id))


def place_of(
    meta: Meta,
    event_id: str,
    data: ClientRegistered | IdentityCorrected,
    first: tuple[Meta, str] | None = None,
) -> Place:
    """The place of what an event tells of a person among all that was told: the greatest counts.

    It goes by the day on which it happened; on one day, what is put right comes after what was registered,
    else what came to us later. What replaces a voided event came when that came: `first`, envelope and id.
    The same in whatever order the events are read.
    """
    came, told_by = first or (meta, event_id)
    corrects = isinstance(data, IdentityCorrected)
    return local_day(meta.occurred_at), corrects, came.received_at, *_came(told_by)


def _came(event_id: str) -> tuple[str, int]:
    """An event's stream and its version in that."""
    stream, _, version = event_id.partition(":")
    return stream, int(version)


def _order(one: Recorded[Any]) -> tuple[datetime, str]:
    return one.meta.occurred_at, one.id
