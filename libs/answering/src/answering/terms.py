"""Terms that run: when they end, and by which policy.

A term runs from the day on which we received what it is counted from: nobody can answer what they were not
told yet, so that news which comes late (or a whole year entered at once) makes nobody late. Its length
is that of the policy in force on that day, in the province of who must act; a law that changes afterwards
changes nothing in a term that runs. It ends with its last day, in Asia/Ho_Chi_Minh.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

from contracts.envelope import Meta
from contracts.events.common import DeadlinePassed
from contracts.vocabulary import Deadline
from reference import Organisations, Policy
from reference import Terms as PolicyTerms
from reference.days import start_of

from answering.clock import by_the_clock
from answering.whom import Telling

_PILOT = "01"


class Term(NamedTuple):
    """Which value of the policy is the length of a deadline, and whether it counts working days only."""

    name: str
    working: bool


TERMS: Mapping[Deadline, Term] = MappingProxyType(
    {
        Deadline.ACKNOWLEDGE: Term("acknowledge_working_days", working=True),
        Deadline.ANSWER: Term("answer_working_days", working=True),
        Deadline.FIRST_APPOINTMENT: Term("first_appointment_days", working=False),
        Deadline.INTERIM_REPORT: Term("interim_report_days", working=False),
        Deadline.CONFIRM_LOOP: Term("confirm_loop_working_days", working=True),
        Deadline.CONFIRM_CANCELLATION: Term("confirm_cancellation_working_days", working=True),
        Deadline.HANDOVER_RECEIPT: Term("handover_receipt_working_days", working=True),
    }
)


class Running(NamedTuple):
    """A term that runs: `about` is the event it is counted from, `since` the day, `org` who must act, `other`
    who waits for it, `number` by which both know what it is about."""

    which: Deadline
    about: str
    since: date
    org: str
    other: str
    number: str

    @property
    def key(self) -> str:
        """Tells it from every other of its stream."""
        return f"{self.which}/{self.about}"


class Terms:
    """How long terms are: by the policy of the day from which they run, in the province of who must act."""

    def __init__(self, policy: Policy, organisations: Organisations) -> None:
        self._policy = policy
        self._organisations = organisations
        self._end = lru_cache(maxsize=4096)(self._end_of)

    def ends(self, running: Running) -> datetime:
        """The first instant after its last day."""
        return self._end(running.which, running.since, self._province(running.org))

    def _end_of(self, which: Deadline, since: date, province: str) -> datetime:
        try:
            return self._end_within_time(which, since, province)
        except OverflowError:  # counted from a day mistyped as one of the year 9999
            return start_of(date.max)

    def _end_within_time(self, which: Deadline, since: date, province: str) -> datetime:
        term = TERMS[which]
        length = getattr(self._policy.on(since, province), term.name)
        if term.working:
            last = self._policy.working_days_after(since, length, province)
        else:
            last = since + timedelta(days=length)
        return start_of(last + timedelta(days=1))

    def passed(self, running: Running) -> DeadlinePassed:
        """What is recorded when it has ended and nothing came."""
        return DeadlinePassed(which=running.which, due_at=self.ends(running), about=running.about)

    def meta(self, service: str, whom: Telling, running: Running, now: datetime) -> Meta:
        """The envelope of that, of whom it tells: judged by the policy of the day from which the term ran."""
        meta = by_the_clock(
            service,
            whom,
            self._policy,
            now=now,
            occurred_at=self.ends(running),
            cause=running.about,
        )
        return meta.model_copy(update={"policy_version": self._of(running).version})

    def _of(self, running: Running) -> PolicyTerms:
        return self._policy.on(running.since, self._province(running.org))

    def _province(self, org: str) -> str:
        organisation = self._organisations.get(org)
        return organisation.policy_province if organisation else _PILOT
