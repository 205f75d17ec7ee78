"""What is known of a person by now, for being found: from the vault and the history of the person's cases."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from chassis.vault import Vault
from contracts.base import Payload
from contracts.envelope import Recorded
from contracts.events.common import EventVoided
from contracts.events.intake import CaseOpened, ClientRegistered
from contracts.events.people import IdentityCorrected
from psycopg import Cursor

from intake.application import keys
from intake.application.identity import opened, texts_of
from intake.likeness.profile import Profile

_NAMES = ("full_name", "birth_date", "aliases")
_TYPES = (CaseOpened.TYPE, ClientRegistered.TYPE, IdentityCorrected.TYPE, EventVoided.TYPE)

_TOLD = """
    SELECT state FROM stored_events WHERE originator_id = ANY(%s) AND topic = ANY(%s) ORDER BY notification_id
"""

_ELSEWHERE = "SELECT key FROM claims WHERE kind = %s AND holder = %s"
"""What was told of a person in the cases of others with whom the person was one."""

_OF_OTHERS = "SELECT key FROM claims WHERE kind = %s AND key = ANY(%s) AND holder <> %s"

Values = Mapping[str, str]


def profiles_of(cursor: Cursor[Any], vault: Vault, person: UUID) -> list[tuple[str, Profile]]:
    """(event, profile) of each registration that counts, oldest first; a correction stands for all before it.

    What was voided does not count, nor what opens no more because the person's keys were destroyed.
    """
    values = _opened(cursor, vault, person)
    elsewhere = {record for (record,) in cursor.execute(_ELSEWHERE, (keys.TOLD_OF, str(person)))}
    cases = {UUID(record.rpartition(":")[0]) for record in values.keys() | elsewhere}
    cursor.execute(_TOLD, (list(cases), list(_TYPES)))
    told = [Recorded.parse(bytes(state)) for (state,) in cursor.fetchall()]
    voided = {one.data.event_id for one in told if isinstance(one.data, EventVoided)}
    own = {
        one.meta.subject for one in told if isinstance(one.data, CaseOpened) and one.data.client_id == person
    }
    beside = [one.id for one in told if one.meta.subject in own]
    others = {record for (record,) in cursor.execute(_OF_OTHERS, (keys.TOLD_OF, beside, str(person)))}
    mine = [one for one in told if one.id in elsewhere or (one.meta.subject in own and one.id not in others)]
    return _folded([one for one in mine if one.id not in voided], values)


def _folded(told: Iterable[Recorded[Payload]], values: Mapping[str, Values]) -> list[tuple[str, Profile]]:
    profiles: list[tuple[str, Profile]] = []
    for one in told:
        known = values.get(one.id, {})
        if isinstance(one.data, ClientRegistered) and "full_name" in known:
            year = one.data.birth_year or _year(known)
            profile = Profile(_called(known), year, one.data.sex, one.data.residence_commune)
            profiles.append((one.id, profile))
        elif isinstance(one.data, IdentityCorrected) and profiles:
            profiles = [(one.id, _corrected(profiles[-1][1], one.data, known))]
    return profiles


def _corrected(profile: Profile, data: IdentityCorrected, known: Values) -> Profile:
    return replace(
        profile,
        full_name=_called(known) if "full_name" in known else profile.full_name,
        birth_year=data.birth_year or _year(known) or profile.birth_year,
        sex=data.sex or profile.sex,
    )


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
