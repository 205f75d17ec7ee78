"""The reference data of a process with a directory that lives: made once, shared by all its parts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from chassis.service import Parts
from chassis.telemetry import safe_text
from reference import Reference, ReferenceInvalid
from reference.organisations import HeldOrganisations

from directory.feed import DirectoryFeed

safe_text(ReferenceInvalid)
"""Reference data tell of offices and laws, never of people: whoever starts a service reads file and line."""


@dataclass(frozen=True)
class Living:
    """`reading` sees a change at once, `deciding` from its next batch on; `feed` is to be started."""

    reading: Reference
    deciding: Reference
    feed: DirectoryFeed


def living(known: Reference, dsn: str, changed: Callable[[list[str]], None] | None = None) -> Living:
    """Of its own, whoever else begins with the same reference data."""
    live = known.organisations.live(known.country)
    held: HeldOrganisations = live.held()
    feed = DirectoryFeed(dsn, live, changed) if changed else DirectoryFeed(dsn, live)
    return Living(replace(known, organisations=live), replace(known, organisations=held), feed)


@lru_cache(maxsize=16)
def living_of(parts: Parts[Any]) -> Living:
    """That of a service's process, from the folder that its settings name."""
    return living(Reference.load(parts.settings.reference_path), parts.dsn)
