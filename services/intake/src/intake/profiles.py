"""What is known of a person by now, for being found: from the vault and the history of the person's cases."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from chassis.vault import Vault
from consent import told_of as told_of_event
from contracts.envelope import Recorded
from contracts.events.common import EventVoided
from contracts.events.intake import CaseOpened, ClientRegistered
from contracts.events.people import IdentityCorrected
from contracts.in_place import stands_for
from psycopg import Cursor

from intake.application import keys
from intake.application.identity import opened, texts_of
from intake.domain.person import Person
from intake.likeness.profile import Profile

_NAMES = ("full_name", "birth_date", "aliases")
_TELL = (ClientRegistered, IdentityCorrected)
_TYPES = (CaseOpened.TYPE, ClientRegistered.TYPE, IdentityCorrected.TYPE, EventVoided.TYPE)

_TOLD = """
    SELECT state FROM stored_events WHERE originator_id = ANY(%s) AND topic = ANY(%s) ORDER BY notification_id
"""

_PERSON = """
    SELECT p.holder FROM claims c JOIN claims p ON p.kind = %s AND p.key = split_part(c.holder, ' ', 2)
    WHERE c.kind = %s AND c.key = %s
"""

Values = Mapping[str, str]


def profiles_of(cursor: Cursor[Any], vault: Vault, person: UUID) -> list[tuple[str, Profile]]:
    """(event, profile) of each registration that counts, oldest first; a correction stands for all before it.

    What was voided does not count, nor what opens no more because the person's keys were destroyed.
    """
    values = _opened(cursor, vault, person)
    return _folded(told_of(cursor, person, values), values)


def told_of(cursor: Cursor[Any], person: UUID, records: Iterable[str]) -> list[Recorded[Any]]:
    """The registrations and corrections that count of what was told of a person, in the order of recording,
    what replaces one in its place.
    `records`: events that are known to tell of the person.
    """
    cases = {UUID(record.rpartition(":")[0]) for record in records} | _telling(cursor, person)
    cursor.execute(_TOLD, (list(cases), list(_TYPES)))
    told = in_place([Recorded.parse(bytes(state)) for (state,) in cursor.fetchall()])
    voided = {one.data.event_id for one in told if isinstance(one.data, EventVoided)}
    whose = {one.meta.subject: one.data.client_id for one in told if isinstance(one.data, CaseOpened)}
    counting = [one for one in told if one.id not in voided and isinstance(one.data, _TELL)]
    return [one for one in counting if (one.meta.client or whose[one.meta.subject]) == person]


def in_place(told: Sequence[Recorded[Any]]) -> list[Recorded[Any]]:
    """Events in the order in which they count, of which they were recorded in this one."""
    stands = stands_for(list(map(told_of_event, told)))
    places = {one.id: place for place, one in enumerate(told)}
    return sorted(told, key=lambda one: places[stands.get(one.id, one.id)])


def _telling(cursor: Cursor[Any], person: UUID) -> set[UUID]:
    """The cases in which something was told of one who was found to be one person with others."""
    cursor.execute(_PERSON, (keys.PERSON, keys.LATEST_CASE, str(person)))
    return {UUID(case) for (text,) in cursor for case in Person.of_text(text).telling_of({str(person)})}


def _folded(told: Iterable[Recorded[Any]], values: Mapping[str, Values]) -> list[tuple[str, Profile]]:
    """Of each registration what is left of it; a correction stands for all before it."""
    kept: list[tuple[str, dict[str, Any]]] = []
    for one in told:
        known = values.get(one.id, {})
        if isinstance(one.data, ClientRegistered) and "full_name" in known:
            beside = {name: getattr(one.data, name) for name in ("birth_year", "sex", "residence_commune")}
            kept.append((one.id, {**known, **beside}))
        elif isinstance(one.data, IdentityCorrected) and kept:
            kept = [(one.id, _corrected(kept[-1][1], one.data, known))]
    return [(event, _profile(fields)) for event, fields in kept if "full_name" in fields]


def _corrected(before: Mapping[str, Any], data: IdentityCorrected, known: Values) -> dict[str, Any]:
    """A birth date that is put right stands for the year that was told before."""
    left = {name: value for name, value in before.items() if name not in data.cleared}
    if "birth_date" in known:
        left.pop("birth_year", None)
    given = {"birth_year": data.birth_year, "sex": data.sex}
    return {**left, **known, **{name: value for name, value in given.items() if value is not None}}


def _profile(fields: Mapping[str, Any]) -> Profile:
    year = fields.get("birth_year") or _year(fields)
    return Profile(_called(fields), year, fields.get("sex"), fields.get("residence_commune"))


def _called(known: Values) -> str:
    """The name with the aliases behind it, as people write them."""
    aliases = texts_of("aliases", known["aliases"]) if "aliases" in known else []
    return " ".join([known["full_name"], *(f"({alias})" for alias in aliases)])


def _year(known: Values) -> int | None:
    return date.fromisoformat(known["birth_date"]).year if "birth_date" in known else None


def _opened(cursor: Cursor[Any], vault: Vault, person: UUID) -> dict[str, dict[str, str]]:
    """Event → field → value."""
    ring = vault.keyring(cursor, [person])
    found: dict[str, dict[str, str]] = {}
    for name in _NAMES:
        for sealed in vault.fields_of(cursor, [person], name):
            value = opened(ring, sealed)
            if value is not None:
                found.setdefault(sealed.record_id, {})[name] = value
    return found
