"""Which communes an event names: every code is read on the day of the event, by the rules of
docs/territory.md.

The fact keeps the code as it was sent. What the code was taken for is told in the receipt, where that is
more than "the commune that bears it": an old code, a code of later, one that two lists give to two communes.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import Any

from chassis.refusal import Refusal
from contracts.base import Payload
from contracts.communes import commune_fields
from reference import Resolution
from reference.communes import Communes, no_commune, worth_telling

__all__ = ["Communes", "read_communes"]


def read_communes(data: Payload, communes: Communes, on: date) -> tuple[dict[str, Any], ...]:
    """What is worth telling of the codes in an event of that day, one entry a field; usually nothing.

    An entry is an item of `Receipt.units`. Raises `Refusal` for the first code that means no commune.
    """
    told = []
    for name in commune_fields(type(data)):
        code, field = getattr(data, name), f"/data/{name}"
        if code is None:
            continue
        resolved = _resolved(communes, code, on)
        if resolved is None:
            continue
        if (why := no_commune(resolved)) is not None:
            raise Refusal(why.code, field=field, detail=why.detail)
        told.append({"field": field, **_told(resolved)})
    return tuple(told)


@lru_cache(maxsize=16_384)
def _resolved(communes: Communes, code: str, on: date) -> Resolution | None:
    """None: the commune that bears the code on that day, as nearly always. One territory never changes."""
    resolved = communes.resolve(code, on)
    return resolved if no_commune(resolved) is not None or worth_telling(resolved) else None


def _told(resolved: Resolution) -> dict[str, Any]:
    unit = resolved.unit
    assert unit is not None, "what means no unit is refused"
    return {
        "code": resolved.code,
        "read_as": resolved.outcome,
        "unit": unit.code,
        "name": {"vi": unit.vi, "en": unit.en},
        "presumed": resolved.presumed,
        "disputed": [other.code for other in resolved.disputed],
    }
