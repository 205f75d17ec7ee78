"""What the door needs to know of organisations and places."""

from __future__ import annotations

from typing import Protocol


class Organisation(Protocol):
    """One organisation of the directory."""

    @property
    def kind(self) -> str: ...

    def offers(self, service: str) -> bool:
        """Whether a referral for that service can be addressed to it."""
        ...


class Organisations(Protocol):
    """The directory of organisations."""

    def get(self, org: str, /) -> Organisation | None:
        """The organisation of that id, or none."""
        ...


class Areas(Protocol):
    """Which organisation answers for which."""

    def answers_for(self, org: str, other: str, /) -> bool:
        """Whether `org` is `other`, or answers for the area in which `other` works."""
        ...


class Directory(Organisations, Areas, Protocol):
    """Both."""
