"""What intake would refuse of an office by who it is: asked here too, before anything is sent.

The list of offices and the policy packs on this machine answer. What the law lays down is an error; what the
registry of offices may have changed since (its territory, its life, its own list of events), or a decree of
later (what a commune's code means), is a note, as a list that is out of date must not keep a right file from
being sent.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from contracts.communes import commune_fields
from contracts.places import BOUND
from contracts.registry import POSTABLE
from reference.communes import no_commune
from reference.rights import Rights, event_name
from reference.territory import whole_country

from reftrack_cli.files.directory import Directory
from reftrack_cli.files.entries import Entry, Event
from reftrack_cli.files.findings import Finding, Place
from reftrack_cli.files.forms import column_named
from reftrack_cli.files.values import day_of

OF_THE_LAW = frozenset({"not_yours_to_report"})
"""What no entry in the registry of offices changes."""


class Rules:
    """The rules for the rows of one office; for who is not in the list, what communes there are."""

    def __init__(self, directory: Directory, org: str) -> None:
        self._offices, self._org = directory.organisations if org else None, org
        self._office = self._offices.get(org) if self._offices else None
        policy = directory.policy if self._office is not None else None
        self._rights = Rights(policy) if policy is not None else None

    def broken(self, entry: Entry, *, met: bool) -> Iterator[Finding]:
        """What intake would find: where it happened, and whether the office may report that event from there.

        `met`: whether the file has told before how the office came to that person.
        """
        if entry.event is None:
            return
        day = _day(entry.event)
        yield from _no_communes(entry, entry.event, day)
        if self._office is None:
            return
        if self._rights is not None:
            denied = self._rights.why_not(self._office, event_name(entry.event.type), day)
            if denied is not None:
                yield Finding(denied.code, entry.place, denied.detail)
        yield from self._elsewhere(entry, entry.event, day, met=met)

    def _elsewhere(self, entry: Entry, event: Event, day: date, *, met: bool) -> Iterator[Finding]:
        bound, data = BOUND.get(POSTABLE[event.type].model), event.posted["data"]
        if bound is None or (bound.before_taken_up and met) or self._offices is None:
            return
        commune, whose = data.get(bound.commune), data.get(bound.of) if bound.of else self._org
        if commune is None or whose is None or self._offices.works_in(whose, commune, day):
            return
        code = "lives_outside_territory" if bound.before_taken_up else "outside_territory"
        code, field = ("to_org_elsewhere", bound.of) if bound.of else (code, bound.commune)
        yield Finding(code, _at(entry, event, field), {"area": self._offices.area_of(self._org)})


def _no_communes(entry: Entry, event: Event, day: date) -> Iterator[Finding]:
    """Codes that mean no commune on that day by the territory of this machine: sheets are read by it, lines
    of JSON are taken as they are."""
    for name in commune_fields(POSTABLE[event.type].model):
        code = event.posted["data"].get(name)
        if code is not None and (why := no_commune(whole_country().resolve(code, day))) is not None:
            yield Finding(why.code, _at(entry, event, name), why.detail)


def _at(entry: Entry, event: Event, field: str) -> Place:
    return entry.place._replace(column=f'"{column_named(event.type, f"/data/{field}", "vi")}"')


def _day(event: Event) -> date:
    told = event.posted.get("occurred_on")
    return date.fromisoformat(told) if told else day_of(event.time)
