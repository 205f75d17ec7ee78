"""One entry of the history, as the folds read it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from contracts.envelope import Recorded, UnknownType

INTAKE = "/services/intake"
REFERRAL = "/services/referral"
FOLLOWUP = "/services/followup"


class Moment(NamedTuple):
    """When something happened, with what breaks ties: the same order whatever order the logs arrived in."""

    occurred_at: datetime
    recorded_at: datetime
    event_id: str


NAMES_A_CLIENT = b'"client":"'
"""Stands in the bytes of whatever names a client: most need not be read to know that they do not."""
_UNASKED = UUID(int=0)
"""Of whom an entry tells is not looked for yet."""


@dataclass(slots=True)
class Entry:
    """A message of a service's log. `position` orders the entries of one source; nothing orders two sources.

    What most folds need stands beside the bytes; the bytes are read only when `data` is asked for, once for
    all views that share a page. Never changed; not frozen only because pages of thousands are made.
    """

    source: str
    position: int
    event_id: str
    type: str
    case_id: UUID
    org: str
    occurred_at: datetime
    recorded_at: datetime
    value: bytes
    seq: int = field(default=0, compare=False)
    """Its place in the history: where pages and cursors go on. No fold may depend on it."""
    _recorded: Recorded[Any] | None = field(default=None, compare=False, repr=False)
    _data: Any = field(default=None, compare=False, repr=False)
    _whom: UUID | None = field(default=_UNASKED, compare=False, repr=False)

    @property
    def recorded(self) -> Recorded[Any]:
        """The event with its envelope, of the newest version of its type; raises `UnknownType`."""
        if self._recorded is None:
            self._recorded = Recorded.parse(self.value)
        return self._recorded

    @property
    def data(self) -> Any:
        """The payload; raises `UnknownType`."""
        if self._data is None:
            self._data = Recorded.payload(self.value) if self._recorded is None else self._recorded.data
        return self._data

    @property
    def caused_by(self) -> str | None:
        """The event that caused it, an id of a service's log or of an agency; None if none is named."""
        try:
            return self.recorded.meta.causation_id
        except UnknownType:
            return None

    @property
    def told_of(self) -> UUID | None:
        """The client of whom it tells, where that is not the case's own; looked for once for all views."""
        if self._whom is _UNASKED:
            self._whom = self.recorded.meta.client if NAMES_A_CLIENT in self.value else None
        return self._whom

    @property
    def stream(self) -> UUID:
        """The aggregate that the event belongs to: event ids are `<stream>:<version>`."""
        return UUID(self.event_id[:36])

    @property
    def version(self) -> int:
        """The place of the event in its stream, from 1."""
        return int(self.event_id[37:])

    @property
    def moment(self) -> Moment:
        """When it happened."""
        return Moment(self.occurred_at, self.recorded_at, self.event_id)
