"""May an office report an event of a day? Its kind by the policy pack of that day, narrowed by the registry
of offices.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple, Protocol

_MOST_KEPT = 65_536
NOTHING: Mapping[str, str] = MappingProxyType({})


class Denied(NamedTuple):
    """Why not: a code of the catalogue, and what fills its text."""

    code: str
    detail: Mapping[str, str] = NOTHING


class Office(Protocol):
    """What of an office is asked."""

    @property
    def id(self) -> str: ...

    @property
    def kind(self) -> str: ...

    @property
    def policy_province(self) -> str: ...

    @property
    def may_post(self) -> tuple[str, ...] | None: ...

    @property
    def suspended(self) -> bool: ...

    @property
    def since(self) -> date | None: ...

    @property
    def until(self) -> date | None: ...


class Holdings(Protocol):
    """The policy packs (`reference.Policy`)."""

    def holding(self, day: date, province: str, /) -> Values: ...


class Values(Protocol):
    """One pack on one day."""

    def may_post(self, event: str, /) -> frozenset[str]: ...


class Rights:
    """Asks suspension first, then the office's life, then its kind, then its own list."""

    def __init__(self, policy: Holdings) -> None:
        self._policy = policy
        self.kinds = lru_cache(maxsize=8192)(self._kinds)
        self._answered: dict[tuple[str, str, date], tuple[Office, Denied | None]] = {}

    def why_not(self, office: Office, event: str, day: date) -> Denied | None:
        """None if an office may report an event (`client-contacted`) that happened on that day.

        Remembered for as long as the directory gives the same office for its id: what was learnt of it since
        is another object.
        """
        asked = (office.id, event, day)
        known = self._answered.get(asked)
        if known is not None and known[0] is office:
            return known[1]
        if len(self._answered) >= _MOST_KEPT:
            self._answered.clear()
        answer = self._why_not(office, event, day)
        self._answered[asked] = (office, answer)
        return answer

    def _why_not(self, office: Office, event: str, day: date) -> Denied | None:
        if office.suspended:
            return Denied("agency_suspended")
        if not _in_force(office, day):
            life = {"since": str(office.since or "…"), "until": str(office.until or "…"), "day": str(day)}
            return Denied("agency_not_in_force", life)
        kinds = self.kinds(event, day, office.policy_province)
        if office.kind not in kinds:
            return Denied("not_yours_to_report", {"kind": office.kind, "allowed": ", ".join(sorted(kinds))})
        if office.may_post is not None and event not in office.may_post:
            return Denied("not_in_your_registration", {"allowed": ", ".join(sorted(office.may_post)) or "–"})
        return None

    def _kinds(self, event: str, day: date, province: str) -> frozenset[str]:
        return self._policy.holding(day, province).may_post(event)


@lru_cache(maxsize=512)
def event_name(type_name: str) -> str:
    """`org.reftrack.client-contacted.v1` → `client-contacted`, as packs and the registry name it."""
    return type_name.removeprefix("org.reftrack.").rpartition(".")[0]


def _in_force(office: Office, day: date) -> bool:
    return (office.since is None or office.since <= day) and (office.until is None or day <= office.until)
