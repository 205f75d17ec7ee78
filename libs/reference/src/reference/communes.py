"""The commune that a code means in an event of a day, or why it means none (rules: docs/territory.md)."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from datetime import date
from typing import NamedTuple, Protocol

from reference.territory import Resolution

_DIGITS_OF_A_COMMUNE = 5
SHOWN = 12
"""So many candidates are named; most old units were divided into fewer."""


class Communes(Hashable, Protocol):
    """The territory, as far as codes are read by it."""

    def resolve(self, code: str, on: date, /) -> Resolution:
        """What a code means in an event of that day."""
        ...


class NoCommune(NamedTuple):
    """Why a code means no commune: a code of the catalogue and what fills its text.

    What is no code of any unit may be anything, so it is not repeated.
    """

    code: str
    detail: Mapping[str, str]


def no_commune(resolved: Resolution) -> NoCommune | None:
    """Why it means none; nothing to say where it means one."""
    if resolved.refusal is not None:
        return NoCommune(resolved.refusal, meant(resolved))
    if resolved.unit is not None and resolved.unit.level != "commune" and not _island(resolved):
        return NoCommune("unit_not_a_commune", meant(resolved))
    return None


def worth_telling(resolved: Resolution) -> bool:
    """Whether there is more to it than the commune that bears the code on that day."""
    return resolved.outcome != "current" or resolved.presumed or bool(resolved.disputed)


def _island(resolved: Resolution) -> bool:
    """Five island districts had no communes: the code that one of them bears as a commune today means it."""
    return resolved.outcome == "carried_back" and len(resolved.code) == _DIGITS_OF_A_COMMUNE


def meant(resolved: Resolution) -> Mapping[str, str]:
    """What fills the text about a code: the code, the day, and by name what it may mean. Of what is no code
    of any unit nothing is repeated: it may be anything."""
    if resolved.outcome == "unknown":
        return {}
    units = resolved.candidates or ((resolved.unit,) if resolved.unit else ())
    named = ", ".join(f"{unit.vi} ({unit.code})" for unit in units[:SHOWN])
    return {"code": resolved.code, "day": resolved.on.isoformat(), "candidates": named or "–"}
