"""What counts of a history: without the events that were voided, and with what corrects one in its place.

A service records `EventVoided` on its own log, in the same case, after the event voided; what replaces it
comes after that. So within one log the three are in order, and nothing here needs an order between logs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from contracts.events.common import EventVoided

from reporting.pathway.entry import INTAKE, Entry


@dataclass(frozen=True)
class Correction:
    """One voiding: the event that counts no more, the one that says so, and what stands in its place, if
    anything does."""

    voided: Entry
    by: Entry
    replacement: Entry | None = None


VOID = EventVoided.TYPE


def is_void(entry: Entry) -> bool:
    """Whether the entry voids an earlier one."""
    return entry.type == VOID


def corrections(entries: Iterable[Entry]) -> dict[str, Correction]:
    """Every voiding among the entries of a case, by the id of the event voided; what voids is not voided."""
    found: dict[str, Correction] = {}
    for _, told in _by_source(entries):
        found |= {each.voided.event_id: each for each in _of_one_log(list(told))}
    return found


def standing(entries: Sequence[Entry]) -> list[Entry]:
    """The entries of a case that count, those of each log in the order in which they are to be folded."""
    if not any(map(is_void, entries)):
        return list(entries)
    return [each for _, told in _by_source(entries) for each in _in_place(list(told))]


def _by_source(entries: Iterable[Entry]) -> Iterator[tuple[str, Iterator[Entry]]]:
    ordered = sorted(entries, key=lambda entry: (entry.source, entry.position))
    return groupby(ordered, key=lambda entry: entry.source)


def _of_one_log(told: Sequence[Entry]) -> Iterator[Correction]:
    known = {entry.event_id: entry for entry in told if not is_void(entry)}
    for place, entry in enumerate(told):
        if is_void(entry) and (voided := known.get(entry.data.event_id)) is not None:
            yield Correction(voided, entry, _replacement(entry, told[place + 1 :]))


def _replacement(void: Entry, later: Iterable[Entry]) -> Entry | None:
    """The next event of the type voided that the same correction caused."""
    said = void.data
    if not said.replaced:
        return None
    return next((each for each in later if each.type == said.type and _caused_together(void, each)), None)


def _caused_together(void: Entry, other: Entry) -> bool:
    """In intake's log both have one cause. An owner answers two events of intake, each with its own cause:
    the voiding, and the routed event that intake records right after it."""
    one, two = void.caused_by, other.caused_by
    if one is None or two is None:
        return False
    return one == two or (void.source != INTAKE and two == _next(one))


def _next(event_id: str) -> str | None:
    """The id of the event after one of intake's: `<stream>:<version>`."""
    stream, _, version = event_id.rpartition(":")
    return f"{stream}:{int(version) + 1}" if version.isdecimal() else None


def _in_place(told: Sequence[Entry]) -> list[Entry]:
    """One log's entries that count, each at its position, or at that of the event which it replaces."""
    made = {each.voided.event_id: each for each in _of_one_log(told)}
    places = _places(told, made)
    counting = (entry for entry in told if entry.event_id not in made)
    return sorted(counting, key=lambda entry: (places[entry.event_id], entry.position))


def _places(told: Sequence[Entry], made: Mapping[str, Correction]) -> dict[str, int]:
    places = {entry.event_id: entry.position for entry in told}
    for entry in told:  # in their order: what replaces a replacement finds that one's place settled
        correction = made.get(entry.event_id)
        if correction is not None and correction.replacement is not None:
            places[correction.replacement.event_id] = places[entry.event_id]
    return places
