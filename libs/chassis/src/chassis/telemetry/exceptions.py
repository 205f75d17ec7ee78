"""Exceptions without their texts: what went wrong and where, never with whose data."""

from __future__ import annotations

import traceback
from typing import TypeVar

_SAFE: set[type[BaseException]] = set()
_DEEPEST = 5

E = TypeVar("E", bound=type[BaseException])


def safe_text(kind: E) -> E:
    """Declare (as a class decorator) that the text of this exception can never hold personal data."""
    _SAFE.add(kind)
    return kind


def described(error: BaseException) -> dict[str, object]:
    """Return type, place and the same of its causes; the text only if the class itself was declared safe."""
    found: dict[str, object] = {
        "type": f"{type(error).__module__}.{type(error).__qualname__}",
        "at": _places(error),
    }
    if type(error) in _SAFE:
        found["text"] = str(error)
    sqlstate = getattr(error, "sqlstate", None)
    if isinstance(sqlstate, str):
        found["sqlstate"] = sqlstate
    causes = _causes(error)
    if causes:
        found["causes"] = causes
    return found


def _places(error: BaseException) -> list[str]:
    frames = traceback.extract_tb(error.__traceback__)
    return [
        f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno} {frame.name}" for frame in frames[-_DEEPEST:]
    ]


def _causes(error: BaseException) -> list[str]:
    found: list[str] = []
    cause = error.__cause__ or error.__context__
    while cause is not None and len(found) < _DEEPEST:
        found.append(type(cause).__qualname__)
        cause = cause.__cause__ or cause.__context__
    return found
