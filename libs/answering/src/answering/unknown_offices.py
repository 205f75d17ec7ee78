"""Events that name an office of which this service has not learned yet.

Intake passes on only what names offices that it knows, and order is not kept between the events of a case
and those of the registry. So such an event waits and is tried again until the office is known; as all that
waits, it stands on intake's list of what is overdue after the policy's term.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from chassis.refusal import Refusal
from chassis.store.unit_of_work import UnitOfWork
from chassis.timers import Timer, set_timer

OFFICE_UNKNOWN = "office_unknown"
"""The kind of timer that tries again; its stream is the case, its key the event that waits."""

FIRST_LOOKS = (timedelta(seconds=2), timedelta(seconds=60))
"""When, after it was put off: the registry is usually a second behind."""

LATER_LOOKS = timedelta(hours=1)
AWAITS = "agency_registered"


def unknown(code: str, field: str) -> Refusal:
    """For now: that office may still be told of."""
    return Refusal(code, field=field, detail={"awaits": AWAITS}, later=True)


def is_unknown(refusal: Refusal) -> bool:
    """Whether something waits for an office to be told of."""
    return refusal.detail.get("awaits") == AWAITS


def try_soon(uow: UnitOfWork, case_id: UUID, cause: str) -> None:
    """Let an event that was put off just now be tried again."""
    for wait in FIRST_LOOKS:
        _set(uow, case_id, f"{cause}/{wait.seconds}", wait)


def try_later(uow: UnitOfWork, case_id: UUID, cause: str) -> None:
    """Let an event that still waits be tried once more."""
    _set(uow, case_id, f"{cause}/later", LATER_LOOKS)


def _set(uow: UnitOfWork, case_id: UUID, key: str, wait: timedelta) -> None:
    set_timer(uow, Timer(OFFICE_UNKNOWN, case_id, key, uow.now + wait))
