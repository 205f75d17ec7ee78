"""What every handler begins with: who asks, and what the fields of the request mean."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from types import MappingProxyType
from typing import Any, TypeVar
from uuid import UUID

from chassis.clock import Clock
from chassis.ids import NotANumber, parse_number
from chassis.rpc.call import Caller, current_caller
from chassis.rpc.errors import InvalidInput, Violation
from google.protobuf.timestamp_pb2 import Timestamp
from reference import Organisation, Organisations, Policy
from reference.days import local_day
from reference.policy.book import HANOI

from reporting.access import (
    OF_THE_PROVINCE,
    TABLE,
    Reader,
    labels_of_kind,
    role_that_counts,
    told_by_name,
    within_the_law,
)

LARGEST_PAGE = 500
MOST_KNOWN = 10_000
_FIRST_YEAR, _LAST_YEAR = 1900, 2200
"""Beyond them the arithmetic of days would overflow."""

NOWHERE: tuple[frozenset[str], Mapping[str, Any]] = (frozenset(), MappingProxyType({}))

D = TypeVar("D", date, datetime)


class Readers:
    """Who asks: the caller of the current RPC with its organisation's kind, as the reference data has it.

    That its office takes part today was asked before (`directory.standing`).
    """

    def __init__(self, organisations: Organisations, policy: Policy, clock: Clock) -> None:
        self._policy = policy
        self._organisations = organisations
        self._clock = clock
        self._look_again()

    def _look_again(self) -> None:
        """Forget what followed from an earlier directory, or from the law of an earlier day."""
        organisations = self._organisations
        self._today = local_day(self._clock.now())
        self._version = organisations.version, organisations.areas.map
        self._known: dict[Caller, Reader] = {}
        self._told_by_name = {each.id: told_by_name(each.services) for each in organisations}

    def current(self) -> Reader:
        """The reader; an organisation that nobody knows is of no kind, and sees nothing."""
        caller = current_caller()
        there = self._organisations.version, self._organisations.areas.map
        if (there, local_day(self._clock.now())) != (self._version, self._today):
            self._look_again()
        known = self._known.get(caller)
        if known is None:
            known = self._remember(caller)
        return known

    def _remember(self, caller: Caller) -> Reader:
        reader = self._reader(caller.org, str(caller.role))
        if len(self._known) < MOST_KNOWN:
            self._known[caller] = reader
        return reader

    def _reader(self, org: str, role: str) -> Reader:
        organisation = self._organisations.get(org)
        if organisation is None:
            return Reader(org)
        kind, role = organisation.kind, role_that_counts(organisation.kind, role)
        law = self._policy.holding(self._today, organisation.policy_province)
        labels = within_the_law(labels_of_kind(kind, organisation.services), kind, law)
        answers = kind in TABLE and TABLE[kind].area_as == role
        area, at_times = self._area(organisation) if answers else NOWHERE
        hidden = (other for other, told in self._told_by_name.items() if not told <= labels and other != org)
        return Reader(org, kind, role, labels, area, at_times, frozenset(hidden))

    def _area(self, organisation: Organisation) -> tuple[frozenset[str] | None, Mapping[str, Any]]:
        """Whose cases it sees: all that lies in its unit, under whatever code it was told (docs/offices.md).
        Who supervises or audits the province in which the system is kept sees every case."""
        seat = organisation.seat
        if organisation.kind in OF_THE_PROVINCE and seat.code in (None, HANOI):
            return None, NOWHERE[1]
        return NOWHERE if seat.code is None else self._organisations.areas.codes(seat)


def number(text: str, prefix: str, field: str) -> str:
    """A number as people type it, in the form in which it is kept. Raises `InvalidInput`."""
    try:
        return parse_number(text, {prefix})
    except NotANumber as error:
        raise InvalidInput([Violation(field, error.reason)]) from None


def case_id(text: str, field: str = "case_id") -> UUID:
    """The id of a case. Raises `InvalidInput`."""
    try:
        return UUID(text)
    except ValueError:
        raise InvalidInput([Violation(field, "wrong_type", {"expected": "uuid"})]) from None


def day(text: str, field: str) -> date:
    """A day, YYYY-MM-DD, of a year in which something can have happened. Raises `InvalidInput`."""
    try:
        read = date.fromisoformat(text)
        return _within_reason(read, field)
    except ValueError:
        raise InvalidInput([Violation(field, "wrong_type", {"expected": "date"})]) from None


def moment(message: Timestamp, field: str) -> datetime:
    """An instant, aware, in UTC; protobuf lets any number pass. Raises `InvalidInput`."""
    try:
        read = message.ToDatetime(UTC)
    except (ValueError, OverflowError):
        raise InvalidInput([Violation(field, "out_of_range")]) from None
    return _within_reason(read, field)


def _within_reason(read: D, field: str) -> D:
    if not _FIRST_YEAR <= read.year <= _LAST_YEAR:
        raise InvalidInput([Violation(field, "out_of_range")])
    return read


def page_size(asked: int, usual: int) -> int:
    """How many to give. Raises `InvalidInput` for a negative number."""
    if asked < 0:
        raise InvalidInput([Violation("page_size", "out_of_range")])
    return min(asked or usual, LARGEST_PAGE)
