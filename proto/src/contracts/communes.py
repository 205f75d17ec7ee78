"""Which fields of a payload hold the code of a commune: found by their type, so none can be forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, get_args, get_type_hints

from pydantic import StringConstraints

from contracts.base import Payload
from contracts.fields import PATTERNS


@cache
def commune_fields(model: type[Payload]) -> tuple[str, ...]:
    """The fields of type `CommuneCode`, in the order of the payload; those within lists are not looked at."""
    hints = get_type_hints(model, include_extras=True)
    return tuple(name for name in model.model_fields if any(map(_is_commune, _within(hints[name]))))


def _within(hint: Any) -> Iterator[Any]:
    yield hint
    for part in get_args(hint):
        yield from _within(part)


def _is_commune(part: Any) -> bool:
    return isinstance(part, StringConstraints) and part.pattern == PATTERNS["commune"]
