"""What an owner does when consents end, besides asking: a second look, and the envelope of what it records.

A request or a notice that another instance decides at that very moment may not have seen it yet. So a second
look is taken shortly after, when whatever was under way has been committed.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from chassis.store.unit_of_work import UnitOfWork
from chassis.timers import Timer, set_timer
from contracts.base import Payload
from contracts.envelope import Meta, Recorded
from contracts.events.common import EventVoided
from contracts.events.consent import ConsentGiven
from reference import Policy

from answering.clock import by_the_clock
from answering.whom import Telling

RECHECK = "consent_recheck"
"""The kind of timer of a second look; its stream is the case, its key the event that ended something."""

SECOND_LOOKS = (timedelta(seconds=2), timedelta(seconds=60))
ACTOR = "consent"


def is_put_right(told: Recorded[Payload]) -> bool:
    """Whether it voids what the next event replaces: only after that is known what is covered, which the
    event itself or the second look asks."""
    return isinstance(told.data, EventVoided) and told.data.replaced


def look_again(uow: UnitOfWork, told: Recorded[Payload], case_id: UUID | None = None) -> None:
    """Set the second looks after a change in the consents of a case, the one in which that is told if no
    other is named; one that was given ends nothing."""
    if isinstance(told.data, ConsentGiven):
        return
    for wait in SECOND_LOOKS:
        key = f"{told.id}/{wait.seconds}"
        set_timer(uow, Timer(RECHECK, case_id or told.meta.subject, key, uow.now + wait))


def looked_for(timer: Timer) -> str:
    """The event because of which a second look is taken."""
    return timer.key.rpartition("/")[0]


def known_at(uow: UnitOfWork, told: Recorded[Payload]) -> datetime:
    """The instant at which an event of intake's log finds the consents: whatever it tells has happened."""
    return max(uow.now, told.meta.received_at, told.meta.occurred_at)


def because_of_consent(
    service: str, whom: Telling, policy: Policy, *, now: datetime, since: datetime, cause: str | None
) -> Meta:
    """The envelope of what happens because a consent of whom it tells holds no more since an instant,
    caused by an event."""
    meta = by_the_clock(service, whom, policy, now=now, occurred_at=min(now, since), cause=cause)
    return meta.model_copy(update={"actor": ACTOR})
