"""What was posted, into what is recorded, or why not."""

from __future__ import annotations

from datetime import date
from typing import TypeVar

from chassis.refusal import Refusal
from contracts.base import Payload

R = TypeVar("R", bound=Payload)


def before_known(code: str, **day: date) -> Refusal:
    """The time given is before a day that is known."""
    return Refusal(code, field="time", detail={name: on.isoformat() for name, on in day.items()})


def as_recorded(model: type[R], posted: Payload, **added: str) -> R:
    """The recorded form of a posted payload: the same fields, and what we add."""
    return model(**{name: getattr(posted, name) for name in type(posted).model_fields}, **added)
