"""The territory as it is known now: the committed list, and whatever was decreed and told since.

Processes begin with the committed table. Events that they are told later and that the list does not have (a
decree of next year) are folded together with it; the territory is then another one, and who holds the old one
keeps an answer that was true.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from functools import cache

from territory.errors import TerritoryInvalid
from territory.events import Event
from territory.fold import fold
from territory.loading import committed_digests, digest, load_events
from territory.table import load
from territory.territory import Territory


@cache
def committed() -> Territory:
    """The committed territory; it never changes, so that everybody in a process may share it."""
    return load()


def beyond_the_list(events: Iterable[Event]) -> dict[bytes, Event]:
    """Those events that the committed list does not have, each once, by their digest."""
    listed = committed_digests()
    return {key: event for event in events if (key := digest(event)) not in listed}


def with_the_list(told: Iterable[Event]) -> Territory:
    """The territory of the committed list and of these events together; raises `TerritoryInvalid`."""
    return fold([*load_events(), *told])


class Living:
    """Safe to share between threads. `now` is the territory of everything told so far that holds together."""

    def __init__(self) -> None:
        self.now = committed()
        self.contradiction: str | None = None
        """Why the latest events are not in `now`: part of a decree is still to come, or it is wrong."""
        self._told: dict[bytes, Event] = {}
        self._learning = threading.Lock()

    def learn(self, events: Iterable[Event]) -> None:
        """Take in what is new, in any order and however often; half a second where there is anything."""
        with self._learning:
            new = {key: event for key, event in beyond_the_list(events).items() if key not in self._told}
            if not new:
                return
            self._told |= new
            try:
                self.now, self.contradiction = with_the_list(self._told.values()), None
            except TerritoryInvalid as invalid:
                self.contradiction = str(invalid)
