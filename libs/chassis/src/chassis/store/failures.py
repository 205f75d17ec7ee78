"""The kinds of failure, and what follows from each."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum

import psycopg
from eventsourcing import persistence
from psycopg import errors

from chassis.store.commit import Overtaken
from chassis.store.positions import StalePosition


class Failure(Enum):
    """What went wrong decides what follows (`architecture.md`, The write path, 4)."""

    CONNECTION = "connection"
    """The database is away or busy: try again for ever, park nothing."""
    STALE = "stale"
    """Another instance has the partition: drop that partition's part."""
    CONFLICT = "conflict"
    """Another writer was faster: read again, decide again."""
    CONTENT = "content"
    """The content itself: halve down to the item, park its case."""
    BROKEN = "broken"
    """The software or the schema: nothing is written, the process stops and says so."""


_CONNECTION = (
    psycopg.OperationalError,
    psycopg.InterfaceError,
    persistence.OperationalError,
    persistence.InterfaceError,
    errors.ReadOnlySqlTransaction,  # the standby we were still connected to, during a failover
    errors.IdleInTransactionSessionTimeout,
    errors.TransactionTimeout,
    ConnectionError,
    TimeoutError,
)
_CONTENT = (
    psycopg.DataError,
    errors.NotNullViolation,
    errors.CheckViolation,
    errors.ForeignKeyViolation,
    errors.ProgramLimitExceeded,
    persistence.DataError,
    UnicodeError,
    ValueError,
    TypeError,
    ArithmeticError,
    LookupError,
    AttributeError,
    AssertionError,
    RecursionError,
)


_CONFLICT = (errors.UniqueViolation, errors.ExclusionViolation, errors.SerializationFailure, Overtaken)


def classify(error: BaseException) -> Failure:
    """The kind of a failure at commit or at a bulk read.

    The library wraps psycopg's errors: both are looked at.
    """
    chain = list(_causes(error))
    if any(isinstance(cause, StalePosition) for cause in chain):
        return Failure.STALE
    if any(isinstance(cause, _CONFLICT) for cause in chain):
        return Failure.CONFLICT
    if any(isinstance(cause, errors.ProgramLimitExceeded) for cause in chain):
        return (
            Failure.CONTENT
        )  # psycopg counts it among the operational errors, but the value is too long for ever
    if any(isinstance(cause, _CONNECTION) for cause in chain):
        return Failure.CONNECTION
    return Failure.CONTENT if any(isinstance(cause, _CONTENT) for cause in chain) else Failure.BROKEN


def is_nobodys(error: BaseException) -> bool:
    """Whether it is no item's own fault: the database is away, or says that the software does not fit it."""
    failure = classify(error)
    if failure is Failure.BROKEN:
        return any(isinstance(cause, psycopg.Error) and cause.sqlstate for cause in _causes(error))
    return failure is Failure.CONNECTION


def conflict(error: BaseException) -> str:
    """What the other writer had first: the name of the constraint, e.g. `claims_pkey`."""
    for cause in _causes(error):
        if isinstance(cause, psycopg.Error) and cause.diag.constraint_name:
            return cause.diag.constraint_name
    return "unknown"


def reason(error: BaseException) -> str:
    """The kind of error and the place in the code. Never its text: that may quote the content."""
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    if place is None:
        return type(error).__name__
    code = place.tb_frame.f_code
    return f"{type(error).__name__} in {place.tb_frame.f_globals.get('__name__', '?')}.{code.co_name}"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__
