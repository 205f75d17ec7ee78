"""Who calls, what, until when: known to everything that runs on behalf of one RPC."""

from __future__ import annotations

import time
from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a caller is here for; stands in the token. What each may call stands in the rules of a service."""

    AGENCY = "agency"
    OPERATOR = "operator"
    SUPERVISOR = "supervisor"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


@dataclass(frozen=True, slots=True)
class Caller:
    """A caller whose token was verified: subject, organisation, role."""

    subject: str
    org: str
    role: Role

    def __str__(self) -> str:
        return f"{self.org}/{self.subject}"


NOBODY = Caller(subject="anonymous", org="", role=Role.AGENCY)
"""Stands for whoever calls a method that is open to anyone (health). Has no organisation."""


@dataclass(slots=True)
class Call:
    """One RPC under way. `deadline` is on the clock of `time.monotonic()`, None for a stream without one.

    `request_id` is the caller's (`x-request-id`), "" when it gave none; the same again is the same command.
    """

    method: str
    caller: Caller
    correlation_id: str
    request_id: str
    deadline: float | None

    def time_left(self) -> float | None:
        """Return the seconds until the deadline, not below zero; None without one."""
        return None if self.deadline is None else max(0.0, self.deadline - time.monotonic())


_CALL: ContextVar[Call] = ContextVar("reftrack_call")

enter = _CALL.set
"""Make a call the current one of this task. For the server."""


def current_call() -> Call:
    """Return the RPC that this task works for. Raises `LookupError` outside of one."""
    return _CALL.get()


def current_caller() -> Caller:
    """Return whoever called the RPC that this task works for. Raises `LookupError` outside of one."""
    return _CALL.get().caller


def time_left() -> float | None:
    """Return the seconds left to the RPC of this task; None outside of one or without a deadline."""
    call = _CALL.get(None)
    return call.time_left() if call else None
