"""What went wrong decides what follows."""

from __future__ import annotations

import pytest
from chassis.store.commit import NobodyAhead
from chassis.store.failures import Failure, classify, is_nobodys, reason
from chassis.store.positions import StalePosition
from chassis.store.recorder import CommitUnknown
from eventsourcing import persistence
from psycopg import DataError, InterfaceError, OperationalError, ProgrammingError, errors
from psycopg_pool import PoolTimeout


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (OperationalError("server closed the connection unexpectedly"), Failure.CONNECTION),
        (InterfaceError("the connection is closed"), Failure.CONNECTION),
        (errors.AdminShutdown("terminating connection"), Failure.CONNECTION),
        (errors.CannotConnectNow("the database system is starting up"), Failure.CONNECTION),
        (errors.ReadOnlySqlTransaction("cannot execute INSERT"), Failure.CONNECTION),
        (errors.DiskFull("no space left"), Failure.CONNECTION),
        (errors.QueryCanceled("statement timeout"), Failure.CONNECTION),
        (errors.IdleInTransactionSessionTimeout("frozen"), Failure.CONNECTION),
        (PoolTimeout("no connection within 5 s"), Failure.CONNECTION),
        (CommitUnknown(7), Failure.CONNECTION),
        (StalePosition([("topic", 0)]), Failure.STALE),
        (errors.UniqueViolation("duplicate key"), Failure.CONFLICT),
        (NobodyAhead("settled"), Failure.CONFLICT),
        (DataError("PostgreSQL text fields cannot contain NUL (0x00) bytes"), Failure.CONTENT),
        (errors.StringDataRightTruncation("too long"), Failure.CONTENT),
        (errors.NotNullViolation("null"), Failure.CONTENT),
        (errors.CheckViolation("check"), Failure.CONTENT),
        (errors.ProgramLimitExceeded("index row size exceeds maximum"), Failure.CONTENT),
        (UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates not allowed"), Failure.CONTENT),
        (errors.UndefinedTable("no such table"), Failure.BROKEN),
        (errors.InsufficientPrivilege("permission denied"), Failure.BROKEN),
        (RuntimeError("no mapper"), Failure.BROKEN),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else str(value.value),
)
def test_each_kind_of_failure_is_known(error: Exception, failure: Failure) -> None:
    assert classify(error) is failure


@pytest.mark.parametrize(
    ("error", "nobodys"),
    [
        (OperationalError("server closed the connection unexpectedly"), True),
        (errors.UndefinedTable("no such table"), True),
        (errors.InsufficientPrivilege("permission denied"), True),
        (ProgrammingError("cannot adapt type 'dict'"), False),
        (DataError("NUL"), False),
        (RuntimeError("no mapper"), False),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_the_database_says_of_itself_is_no_items_fault(error: Exception, nobodys: bool) -> None:
    assert is_nobodys(error) is nobodys


def test_the_library_wraps_and_the_kind_stays() -> None:
    wrapped = persistence.OperationalError("index row size")
    wrapped.__cause__ = errors.ProgramLimitExceeded("index row size")
    assert classify(wrapped) is Failure.CONTENT
    conflict = persistence.IntegrityError("duplicate key")
    conflict.__cause__ = errors.UniqueViolation("duplicate key")
    assert classify(conflict) is Failure.CONFLICT


def test_a_reason_names_kind_and_place_and_not_the_content() -> None:
    try:
        int("Nguyễn Thị Canary")
    except ValueError as error:
        told = reason(error)
    assert told == f"ValueError in {__name__}.test_a_reason_names_kind_and_place_and_not_the_content"
