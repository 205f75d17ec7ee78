"""What intake claims, and what an event can wait for."""

from __future__ import annotations

from functools import lru_cache
from uuid import UUID

from contracts.vocabulary import NumberKind

REFERENCE = "ref"
"""Claim: an agency's own reference (`<org>/<ref>`) → client."""

LATEST_CASE = "case"
"""Claim: client → the case that takes what is reported of the client, open or closed, and after a space the
person where that has more than one case, of one client or of several. Of two who open one at once, one looks
again."""

PERSON = "person"
"""Claim: person → the merges that make it, and the cases of its clients (`intake.domain.person`)."""

MERGE = "merge"
"""Claim: merge → the client who survived it, also after it was undone."""

PAIR = "pair"
"""Claim: two clients (`<client>/<client>`, the lesser first) → what was said of the pair
(`intake.application.pairs`)."""

MATCH = "match"
"""Claim: a place on the work list of matches → the two clients, one space between them, the new one first."""

NUMBER = "number"
"""Claim: a number (`<kind>/<number>`) → the case in which it was given, and after a space the client of whom
that tells, where another service gave it and it is not the case's own."""

ADDRESSED = "addressed"
"""Claim: case → the organisations that its referrals, stays and handovers concern, one space between two;
each with a slash, the client behind it where that is not the case's own, and `@` with the event that says so
(none before that was kept), `VOIDED` where that does not stand any more."""

VOIDED = "!"

ID_NUMBER = "id_number"
"""Claim: keyed hash of an ID number → the clients known by it, one space between two; the first is the one
whom exactly the same number links to."""

NUMBERS_OF = "id_numbers_of"
"""Claim: client → the keyed hashes of ID numbers that were told, each with the event that told it."""

FORM = "form"
"""Claim: a paper form of consent (`<org>/<number>`) → the clients for whom the office gave it, one space
between two."""

PREFIX = {NumberKind.INTRODUCTION: "GT", NumberKind.REFERRAL: "CG", NumberKind.STAY: "LT"}
"""Letters that a number of each kind begins with: giấy giới thiệu, chuyển gửi, lần ở cơ sở."""

REFUSED_LOOKS = "refused_looks"
"""Claim: an office and a day (`<org>/<day>`) → how many refused looks at identities were recorded of it."""

UNTIL_EVENT = "event:"
"""What waits for another event begins so."""

as_id = lru_cache(maxsize=65_536)(UUID)
"""The id that the holder of a claim stands for."""

as_text = lru_cache(maxsize=65_536)(UUID.__str__)
"""An id as a claim or a key has it."""


def reference_key(org: str, agency_ref: str) -> str:
    """Key of the claim `REFERENCE`."""
    return f"{org}/{agency_ref}"


def number_key(kind: str, number: str) -> str:
    """Key of the claim `NUMBER`."""
    return f"{kind}/{number}"


def number_of(holder: str | None) -> tuple[UUID | None, UUID | None]:
    """The case and the client that the holder of a claim `NUMBER` names, as far as it does."""
    case, _, client = (holder or "").partition(" ")
    return as_id(case) if case else None, as_id(client) if client else None


def pair_key(one: str, other: str) -> str:
    """Key of the claim `PAIR`, whoever is named first."""
    return "/".join(sorted((one, other)))


def form_key(org: str, number: str) -> str:
    """Key of the claim `FORM`; capitals and blanks make no other number."""
    return f"{org}/{''.join(number.split()).casefold()}"


def until_reference(org: str, agency_ref: str) -> str:
    """Waits for an agency's reference to be bound."""
    return f"ref:{org}/{agency_ref}"


def until_number(kind: str, number: str) -> str:
    """Waits for a number to be given."""
    return f"number:{kind}/{number}"


def until_event(source: str, event_id: str) -> str:
    """Waits for an event of that source to be recorded or refused: it is voided or corrected."""
    return f"{UNTIL_EVENT}{source} {event_id}"


def until_agency(org: str) -> str:
    """Waits for an agency to be entered in the directory, which is read at start."""
    return f"agency:{org}"


@lru_cache(maxsize=65_536)
def until_case(case_id: UUID) -> str:
    """Waits for the next fact of a case."""
    return f"case:{case_id}"
