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
    """For which purposes, the usual one first; on what `ground`; with which `role` in the token. `area`: also
    of those whom others serve in its area."""

    purposes: tuple[PurposeOfUse, ...]
    ground: str
    role: str = "operator"
    area: bool = False


_TREATMENT, _COORDINATION = PurposeOfUse.TREATMENT, PurposeOfUse.COORDINATION
_ASKED = PurposeOfUse.CLIENT_REQUEST
_CARE = (_TREATMENT, _ASKED)
_SOCIAL = (_COORDINATION, _TREATMENT, _ASKED)

READERS: Mapping[str, Sight] = MappingProxyType(
    {
        OrgKind.DISTRICT_SOCIAL: Sight(_SOCIAL, "domain.md: the cases of its district", area=True),
        OrgKind.COMMUNE_SOCIAL: Sight(_SOCIAL, "domain.md: the cases of its commune", area=True),
        OrgKind.COMMUNE_AUTHORITY: Sight(
            (_COORDINATION, _ASKED),
            "domain.md: the cases of its commune; who is handed over to it, it manages by name",
            area=True,
        ),
        OrgKind.HEALTH_STATION: Sight(_CARE, "domain.md: screening, health referrals; whom it treats"),
        OrgKind.PROVIDER: Sight(_CARE, "domain.md: referrals addressed to it; whom it serves"),
        OrgKind.DETOX_FACILITY: Sight(_CARE, "domain.md: its residents"),
        OrgKind.METHADONE_CLINIC: Sight(_CARE, "domain.md: its patients"),
        OrgKind.SUPERVISOR: Sight(
            (PurposeOfUse.SUPERVISION, _ASKED), "domain.md: its territory", role="supervisor", area=True
        ),
        OrgKind.AUDITOR: Sight(
            (PurposeOfUse.AUDIT,), "domain.md: identities only with a reason", role="auditor", area=True
        ),
    }
)
"""Kind of organisation → for what it may read identities, of whom, on what ground."""

NO_READERS: Mapping[str, str] = MappingProxyType(
    {
        OrgKind.WARD_POLICE: "domain.md: own contacts, and whether the person reached a social worker",
        OrgKind.BORDER_GUARD: "domain.md: own contacts",
        OrgKind.HOTLINE: "domain.md: own contacts",
        OrgKind.VOLUNTEER_TEAM: "domain.md: people assigned to it; who assigns them says who they are",
        OrgKind.CLUB: "domain.md: its members, who come themselves",
    }
)
"""Kinds that read none, each with the ground: they know whom they meet."""

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
