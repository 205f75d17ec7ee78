"""Codes as people read them, by the catalogue; what may not be seen says so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from contracts import catalogue
from reference.territory import whole_country

from reftrack_cli.session import word

LISTS: Mapping[str, str] = {
    "client_group": "ClientGroup",
    "stage": "Step",
    "followup_state": "FollowupStage",
    "service": "Service",
    "state": "ReferralState",
}
"""Field of a case or referral → the list that its codes are of."""


PLACES = frozenset({"commune", "district", "moved_to"})
"""Fields of a case that hold the code of a unit."""


NO_CODES = frozenset({"withheld", "none"})


def code(list_name: str, said: str, language: str) -> str:
    """A code of that list; `withheld` and `none` in words."""
    return word(said, language) if said in NO_CODES else catalogue.name_in(list_name, said, language)


def service(said: str, language: str) -> str:
    return code("Service", said, language)


def state(said: str, language: str) -> str:
    return code("ReferralState", said, language)


def place(code: str, language: str) -> str:
    """A commune or district as code and name; of a code that several units had in turn, the names of all."""
    if code in NO_CODES:
        return word(code, language)
    lives = whole_country().lives(code)
    names = dict.fromkeys(each.vi if language == "vi" else each.en for each in lives)
    return f"{code} {' / '.join(names)}".rstrip()


def event(type_name: str, language: str) -> str:
    """The title of an event type."""
    return catalogue.event_title(type_name, language)


def value(field: str, said: Any, language: str) -> str:
    """The value of a field of a case, as JSON has it."""
    if field in PLACES:
        return place(str(said), language)
    if field in LISTS:
        return code(LISTS[field], str(said), language)
    if field == "plan":
        return "; ".join(_planned(item, language) for item in said)
    return (
        ", ".join(map(str, said)) if isinstance(said, Sequence) and not isinstance(said, str) else str(said)
    )


def _planned(item: Mapping[str, str], language: str) -> str:
    named = service(item.get("service", ""), language)
    more = ", ".join(part for part in (item.get("goal"), item.get("due_on")) if part)
    return f"{named} ({more})" if more else named
