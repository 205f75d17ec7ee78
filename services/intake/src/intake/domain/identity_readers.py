"""Who may be shown who a client is. A table of data; default deny.

Source: domain.md, "Who takes part": those who serve the person or answer for the area in which the person is
served, supervisors of the territory, auditors ("identities only with a reason"). Police, border guards, the
hotline, volunteers and clubs know the people whom they meet themselves; the vault tells them nothing more.
Nobody reads an identity for statistics. Our reading of domain.md: no law was consulted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple, Protocol

from chassis.refusal import Refusal
from contracts.vocabulary import OrgKind, PurposeOfUse


class Sight(NamedTuple):
    """For which purposes, the usual one first; with which `role` in the token. `area`: also of those whom
    others serve in its area."""

    purposes: tuple[PurposeOfUse, ...]
    role: str = "operator"
    area: bool = False


_CARE = Sight((PurposeOfUse.TREATMENT, PurposeOfUse.CLIENT_REQUEST))
_SOCIAL = Sight((PurposeOfUse.COORDINATION, PurposeOfUse.TREATMENT, PurposeOfUse.CLIENT_REQUEST), area=True)

READERS: Mapping[str, Sight] = MappingProxyType(
    {
        OrgKind.DISTRICT_SOCIAL: _SOCIAL,
        OrgKind.COMMUNE_SOCIAL: _SOCIAL,
        OrgKind.COMMUNE_AUTHORITY: Sight((PurposeOfUse.COORDINATION, PurposeOfUse.CLIENT_REQUEST), area=True),
        OrgKind.HEALTH_STATION: _CARE,
        OrgKind.PROVIDER: _CARE,
        OrgKind.DETOX_FACILITY: _CARE,
        OrgKind.METHADONE_CLINIC: _CARE,
        OrgKind.SUPERVISOR: Sight(
            (PurposeOfUse.SUPERVISION, PurposeOfUse.CLIENT_REQUEST), role="supervisor", area=True
        ),
        OrgKind.AUDITOR: Sight((PurposeOfUse.AUDIT,), role="auditor", area=True),
    }
)
"""Kind of organisation → for what it may read identities, of whom."""

OVERSEERS = frozenset({OrgKind.SUPERVISOR, OrgKind.AUDITOR})
"""Who may see who has read identities."""


class Places(Protocol):
    """Which organisation works where."""

    def within(self, org: str, other: str, /) -> bool:
        """Whether `other` works in the area of `org`."""
        ...


def sight_of(kind: str, role: str) -> Sight | None:
    """What a kind of organisation may read with a token of that role; None: nothing."""
    sight = READERS.get(kind)
    return sight if sight is not None and sight.role == role else None


def purpose_of(sight: Sight, asked: str) -> PurposeOfUse:
    """The purpose that counts: the one asked for, else the usual one. Raises `Refusal`."""
    if not asked:
        return sight.purposes[0]
    if asked not in sight.purposes:
        detail = {"allowed": ", ".join(sight.purposes)}
        raise Refusal("purpose_not_yours", field="purpose", detail=detail)
    return PurposeOfUse(asked)


def has_to_do_with(org: str, sight: Sight, concerned: Iterable[str], places: Places) -> bool:
    """Whether an organisation serves the client of a case that concerns these, or answers for one of them."""
    return any(org == one or (sight.area and places.within(org, one)) for one in concerned)
