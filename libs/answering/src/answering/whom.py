"""Of whom something tells that stands in a case: its client, or another who was one person with that one."""

from __future__ import annotations

from typing import NamedTuple, Protocol
from uuid import UUID


class Telling(Protocol):
    """What tells of somebody: `Meta`, or `Whom`."""

    @property
    def subject(self) -> UUID:
        """The case in which it stands."""
        ...

    @property
    def client(self) -> UUID | None:
        """Of whom it tells; none: of the case's own client."""
        ...


class Whom(NamedTuple):
    """Of whom something tells, by itself."""

    subject: UUID
    client: UUID | None = None
