"""What the door needs to know of organisations and places."""

from __future__ import annotations

from datetime import date
from typing import Protocol

from reference.rights import Office


class Organisation(Office, Protocol):
    """One organisation of the directory."""

    @property
    def sealed_only(self) -> bool:
        """Whether it may send who somebody is only sealed."""
        ...

    def offers(self, service: str) -> bool:
        """Whether a referral for that service can be addressed to it."""
        ...


class Organisations(Protocol):
    """The directory of organisations."""

    def get(self, org: str, /) -> Organisation | None:
        """The organisation of that id, or none."""
        ...

    def works_in(self, org: str, commune: str, day: date, /) -> bool:
        """Whether what happened on that day in that commune happened where the organisation works."""
        ...

    def area_of(self, org: str, /) -> str:
        """The unit that it answers for, with name and code, to be told."""
        ...


class Areas(Protocol):
    """Which organisation answers for which."""

    def answers_for(self, org: str, other: str, /) -> bool:
        """Whether `org` is `other`, or answers for the area in which `other` works."""
        ...


class Directory(Organisations, Areas, Protocol):
    """Both."""
