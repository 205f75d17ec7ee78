"""Where an event stands that replaces a voided one: in that one's place, also where others came between."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def in_place(events: Sequence[Any]) -> list[Any]:
    """The events of a stream in the order in which they are folded, those voided among them.

    What replaces an event is the next one of its type that has the same cause as the voiding.
    """
    places = {happened.originator_version: happened.originator_version for happened in events}
    replacing = _replacements(events)
    for happened in events:  # in their order: what replaces a replacement finds that one's place settled
        if (version := replacing.get(happened.originator_version)) is not None:
            places[version] = places[happened.originator_version]
    return sorted(events, key=lambda one: (places[one.originator_version], one.originator_version))


def _replacements(events: Sequence[Any]) -> dict[int, int]:
    """Version of what was voided → version of what replaces it."""
    found: dict[int, int] = {}
    for place, void in enumerate(events):
        if void.voids is None or not void.data.replaced:
            continue
        later = (
            each.originator_version
            for each in events[place + 1 :]
            if each.voids is None
            and void.data.type == each.data.TYPE
            and each.meta.causation_id == void.meta.causation_id
        )
        if (version := next(later, None)) is not None:
            found[void.voids] = version
    return found
