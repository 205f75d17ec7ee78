"""Who takes part: organisations, where they work, and what providers offer.

`organisations.yaml` is the seed; what the registry says since then is learnt over it while running
(`libs/directory`): a change is seen at once by whoever asks the live directory, and from its next batch on by
who asks a held one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from functools import cached_property
from pathlib import Path
from threading import Lock

from pydantic import Field

from reference.areas import Areas, Country, Seat, unit_of
from reference.entries import Code, Lasting, Name, Slug, Word, read_entries, refuse_duplicates
from reference.errors import ReferenceInvalid
from reference.policy.book import HANOI
from reference.territory import Living, Territory


class Organisation(Lasting):
    """An organisation: its id names its topic (`agency.<id>.events.v1`) and its queue of referrals.

    `commune`, `district`, `province` are codes of the units it answers for, as of the map of `unit_on` (none
    of the three: everywhere); `services` are those it gives, empty for who gives none. `may_post` narrows the
    events that its kind may post (none: no narrowing). While `suspended` it takes no part. `sealed_only`: it
    sends identity sealed, and nothing else is accepted of it.
    """

    id: Slug
    kind: Word
    name: Name
    commune: Code | None = None
    district: Code | None = None
    province: Code | None = None
    unit_on: date | None = None
    services: tuple[Word, ...] = Field(default=(), strict=False)
    may_post: tuple[str, ...] | None = Field(default=None, strict=False)
    sealed_only: bool = False
    suspended: bool = False

    def offers(self, service: str) -> bool:
        """Whether a referral for that service can be addressed to it."""
        return service in self.services

    @cached_property
    def seat(self) -> Seat:
        """The smallest of the units it answers for."""
        return Seat(self.commune or self.district or self.province, self.unit_on or self.since)

    @property
    def policy_province(self) -> str:
        """The province whose policy packs hold for it; the pilot's where none is known."""
        return self.province or HANOI


_MOST_KEPT = 65_536
OF_AN_AREA = frozenset({"district_social", "commune_social", "commune_authority", "supervisor"})
"""Kinds that answer for everybody in their commune, district or province (`domain.md`, who takes part)."""


class Organisations:
    """All organisations by id. What is learnt replaces the whole table: readers on any thread see either the
    one before or the one after."""

    def __init__(self, organisations: Iterable[Organisation], country: Country | None = None) -> None:
        self._by_id = {organisation.id: organisation for organisation in organisations}
        self._country = country or Living()
        self._learning = Lock()
        self.areas = Areas(self._country)
        self._places: dict[tuple[str, str, date], tuple[Organisation, Territory, bool]] = {}
        self.version = 0
        """Rises with whatever is learnt: who keeps what follows from the directory asks it again then."""

    @classmethod
    def load(cls, file: Path, territory: Territory) -> Organisations:
        """Reads `organisations.yaml`; raises `ReferenceInvalid` for a place the territory lacks."""
        entries = read_entries(file, "organisations", Organisation, "id")
        refuse_duplicates(file, "organisation", (entry.id for entry in entries))
        return cls(_checked(file, entry, territory) for entry in entries)

    def live(self, country: Country) -> Organisations:
        """A directory of one's own that begins with what this one has now: what it learns stays in it."""
        return Organisations(self, country)

    def held(self) -> HeldOrganisations:
        """A view that changes when it is told to, and not in the middle of a batch."""
        return HeldOrganisations(self)

    def renew(self) -> None:
        """Begin a batch; see `held`."""

    def can_place(self, organisation: Organisation) -> bool:
        """Whether the unit that it answers for is known: one of a decree may still be on its way here."""
        code = organisation.seat.code
        return code is None or self._country.now.knows(code)

    def learn(self, organisations: Iterable[Organisation]) -> list[str]:
        """Take in new and changed ones; returns the ids of those that differ from what was known. Raises
        `KeyError` for one that nobody `can_place`."""
        with self._learning:
            fresh = {each.id: placed(each, self._country.now) for each in organisations}
            changed = [each for each in fresh if self._by_id.get(each) != fresh[each]]
            if changed:
                self._by_id = {**self._by_id, **fresh}
                self.version += 1
            return changed

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
            and not organisation.suspended
            and (district is None or organisation.district in (None, district))
        ]

    def answers_for(self, org: str, other: str) -> bool:
        """Whether `org` is `other`, or answers for the area in which `other` works."""
        one, placed = self.get(org), self.get(other)
        if one is None or placed is None:
            return False
        if one.id == placed.id:
            return True
        return one.kind in OF_AN_AREA and self.areas.covers(one.seat, placed.seat)

    def within(self, org: str, other: str) -> bool:
        """Whether `other` works in the area of `org`, whatever the kinds of both."""
        one, placed = self.get(org), self.get(other)
        return one is not None and placed is not None and self.areas.covers(one.seat, placed.seat)

    def answered_for_by(self, org: str) -> list[str]:
        """The ids of all organisations that `org` answers for, in the order of the file."""
        return [other.id for other in self if self.answers_for(org, other.id)]

    def area_of(self, org: str) -> str:
        """The unit that an organisation answers for as people are told it: its Vietnamese name, and its code;
        a dash for none."""
        one = self.get(org)
        unit = self.areas.unit(one.seat) if one is not None else None
        return f"{unit.vi} ({unit.code})" if unit is not None else "–"

    def works_in(self, org: str, commune: str, day: date) -> bool:
        """Whether what happened on that day in that commune happened where the organisation works; of a code
        that means no unit on that day, and of who is not in the directory, this has nothing to say: true."""
        organisation = self._by_id.get(org)
        if organisation is None:
            return True
        asked, territory = (org, commune, day), self._country.now
        known = self._places.get(asked)
        if known is not None and known[0] is organisation and known[1] is territory:
            return known[2]
        if len(self._places) >= _MOST_KEPT:
            self._places.clear()
        found = self.areas.holds(organisation.seat, commune, day)
        self._places[asked] = (organisation, territory, found)
        return found

    def taking_part(self, today: date) -> Callable[[str], bool]:
        """Says of an organisation whether it is known, and its life neither ended nor yet to begin."""
        return lambda org: (office := self.get(org)) is not None and office.holds(today)

    def sees_place(self, org: str, commune: str, day: date) -> bool:
        """Whether the organisation answers for all of what that code meant on that day (`Areas.encloses`)."""
        organisation = self._by_id.get(org)
        return organisation is not None and self.areas.encloses(organisation.seat, commune, day)

    def __getitem__(self, org: str) -> Organisation:
        return self._by_id[org]

    def __contains__(self, org: object) -> bool:
        return org in self._by_id

    def __iter__(self) -> Iterator[Organisation]:
        return iter(self._by_id.values())

    def __len__(self) -> int:
        return len(self._by_id)


class HeldOrganisations(Organisations):
    """The directory as of the last `renew`: what a batch decides by."""

    def __init__(self, live: Organisations) -> None:
        super().__init__((), live._country)
        self._live = live
        self.areas = live.areas
        self.renew()

    def renew(self) -> None:
        """From here on the directory is what the live one is now."""
        self.version, self._by_id = self._live.version, self._live._by_id


def placed(entry: Organisation, territory: Territory) -> Organisation:
    """The entry with the district and province that its unit lay in on the map that its code is of.

    Raises `KeyError` for a code that the territory lacks.
    """
    given = entry.commune or entry.district
    if given is None:
        return entry
    unit = unit_of(territory, given, entry.unit_on or entry.since)
    above = {each.level: each.code for each in territory.parents_of(unit, unit.attested)}
    district = above.get("district") if entry.commune else entry.district
    return entry.model_copy(update={"district": district, "province": above.get("province")})


def _checked(file: Path, entry: Organisation, territory: Territory) -> Organisation:
    name = f"organisation {entry.id}"
    for code in (entry.commune, entry.district, entry.province):
        if code is not None and not territory.knows(code):
            raise ReferenceInvalid(
                file, name, f"unit {code} is not in the territory: correct it (docs/territory.md)"
            )
    found = placed(entry, territory)
    if entry.commune is not None and entry.district not in (None, found.district):
        raise ReferenceInvalid(
            file, name, f"commune {entry.commune} lies in {found.district}, not in {entry.district}"
        )
    return found
