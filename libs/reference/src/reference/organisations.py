"""Who takes part: organisations, where they work, and what providers offer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from pydantic import Field

from reference.entries import Code, Lasting, Name, Slug, Word, read_entries, refuse_duplicates
from reference.errors import ReferenceInvalid
from reference.territory import Territory


class Organisation(Lasting):
    """An organisation: its id names its topic (`agency.<id>.events.v1`) and its queue of referrals.

    `commune` and `district` are codes of the units it answers for (none: the whole province); `services` are
    those it gives, empty for who gives none.
    """

    id: Slug
    kind: Word
    name: Name
    commune: Code | None = None
    district: Code | None = None
    services: tuple[Word, ...] = Field(default=(), strict=False)

    def offers(self, service: str) -> bool:
        """Whether a referral for that service can be addressed to it."""
        return service in self.services


OF_AN_AREA = frozenset({"district_social", "commune_social", "commune_authority", "supervisor"})
"""Kinds that answer for everybody in their commune, district or province (`domain.md`, who takes part)."""


class Organisations:
    """All organisations by id."""

    def __init__(self, organisations: Iterable[Organisation]) -> None:
        self._by_id = {organisation.id: organisation for organisation in organisations}

    @classmethod
    def load(cls, file: Path, territory: Territory) -> Organisations:
        """Reads `organisations.yaml`; raises `ReferenceInvalid` for a place the territory lacks."""
        entries = read_entries(file, "organisations", Organisation, "id")
        refuse_duplicates(file, "organisation", (entry.id for entry in entries))
        return cls(_placed(file, entry, territory) for entry in entries)

    def get(self, org: str) -> Organisation | None:
        """The organisation of that id, or none."""
        return self._by_id.get(org)

    def of_kind(self, kind: str) -> list[Organisation]:
        """All organisations of a kind, in the order of the file."""
        return [organisation for organisation in self if organisation.kind == kind]

    def offering(self, service: str, *, district: str | None = None) -> list[Organisation]:
        """Who offers the service; with a district, only who works in it or in the whole province."""
        return [
            organisation
            for organisation in self
            if organisation.offers(service)
            and (district is None or organisation.district in (None, district))
        ]

    def answers_for(self, org: str, other: str) -> bool:
        """Whether `org` is `other`, or answers for the area in which `other` works."""
        one, placed = self.get(org), self.get(other)
        if one is None or placed is None:
            return False
        if one.id == placed.id:
            return True
        if one.kind not in OF_AN_AREA:
            return False
        if one.commune is not None:
            return one.commune == placed.commune
        return one.district is None or one.district == placed.district

    def answered_for_by(self, org: str) -> list[str]:
        """The ids of all organisations that `org` answers for, in the order of the file."""
        return [other.id for other in self if self.answers_for(org, other.id)]

    def __getitem__(self, org: str) -> Organisation:
        return self._by_id[org]

    def __contains__(self, org: object) -> bool:
        return org in self._by_id

    def __iter__(self) -> Iterator[Organisation]:
        return iter(self._by_id.values())

    def __len__(self) -> int:
        return len(self._by_id)


def _placed(file: Path, entry: Organisation, territory: Territory) -> Organisation:
    """The entry with the district that its commune lay in when the entry, or the commune, began."""
    name = f"organisation {entry.id}"
    for code in (entry.commune, entry.district):
        if code is not None and not territory.knows(code):
            raise ReferenceInvalid(
                file, name, f"unit {code} is not in the territory: correct it (docs/territory.md)"
            )
    if entry.commune is None:
        return entry
    parent = _district(entry.commune, entry, territory)
    if entry.district not in (None, parent):
        raise ReferenceInvalid(
            file, name, f"commune {entry.commune} lies in {parent}, not in {entry.district}"
        )
    return entry.model_copy(update={"district": parent})


def _district(commune: str, entry: Organisation, territory: Territory) -> str | None:
    unit = territory.unit(commune, entry.first_day) or territory.first(commune)
    district = territory.district_of(commune, unit.attested)
    return district.code if district else None
