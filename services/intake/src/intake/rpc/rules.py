"""Who may call what in intake."""

from __future__ import annotations

from chassis.admin.vault import VAULT_RULES
from chassis.rpc.call import Role
from chassis.rpc.rules import Rules

from intake.cases.desk import COMMANDS

_INTAKE = "reftrack.intake.v1.IntakeService"
_QUARANTINE = "reftrack.intake.v1.QuarantineService"
_IDENTITY = "reftrack.intake.v1.IdentityService"
_SEALING = "reftrack.intake.v1.SealingService"
_POLICY = "reftrack.intake.v1.PolicyService"
_TERRITORY = "reftrack.intake.v1.TerritoryService"

_CASES = "reftrack.intake.v1.CaseService"
_MATCHING = "reftrack.intake.v1.MatchingService"
_PEOPLE = frozenset({Role.OPERATOR, Role.SUPERVISOR})
"""No system decides who is who."""

_POSTS = frozenset({Role.AGENCY, Role.OPERATOR, Role.SUPERVISOR})
_SUPERVISES = frozenset({Role.SUPERVISOR, Role.ADMINISTRATOR})
_AGENCIES = "reftrack.intake.v1.AgencyService"
_EVERYBODY = frozenset(Role)

OF_ITS_OWN = frozenset({f"{_INTAKE}/{name}" for name in ("SubmitEvents", "ListReceipts", "WatchReceipts")})
"""What answers a suspended office, and one whose life ended, all the same: with receipts, and those its own
(docs/offices.md)."""

_OF_TODAY = frozenset({"ReviewScreening"})
"""Commands that report nothing that happened on a day: somebody says now what they found."""

BY_DAY = frozenset({*(f"{_CASES}/{name}" for name in COMMANDS - _OF_TODAY), f"{_SEALING}/ListSealingKeys"})
"""What is judged by the day of what is reported, and what reporting needs."""

RULES: Rules = {
    f"{_INTAKE}/SubmitEvents": _POSTS,
    f"{_INTAKE}/ListReceipts": _POSTS,
    f"{_INTAKE}/WatchReceipts": _POSTS,
    f"{_INTAKE}/ListWaiting": _POSTS,
    f"{_QUARANTINE}/ListQuarantined": _SUPERVISES,
    f"{_QUARANTINE}/ShowQuarantined": frozenset({Role.SUPERVISOR}),
    f"{_QUARANTINE}/ReleaseQuarantined": _SUPERVISES,
    f"{_QUARANTINE}/DiscardQuarantined": _SUPERVISES,
    f"{_IDENTITY}/ReadIdentity": frozenset({Role.OPERATOR, Role.SUPERVISOR, Role.AUDITOR}),
    f"{_IDENTITY}/ListIdentityReads": frozenset({Role.SUPERVISOR, Role.AUDITOR}),
    f"{_SEALING}/ListSealingKeys": _POSTS | {Role.ADMINISTRATOR},
    f"{_SEALING}/RotateSealingKey": frozenset({Role.ADMINISTRATOR}),
    **VAULT_RULES,
    **{
        f"{_MATCHING}/{method}": _PEOPLE
        for method in ("ListMatches", "DecideMatch", "MergeClients", "UnmergeClients", "ListMerges")
    },
    **{
        f"{_CASES}/{method}": _PEOPLE
        for method in (
            *("VoidEvent", "CloseCase", "ReopenCase", "MoveClient", "AcknowledgeMove"),
            *("RevisePlan", "DeclineScreening", "ReviewScreening"),
        )
    },
    f"{_CASES}/ListScreeningConflicts": _POSTS,
    f"{_CASES}/ListDeadlines": _PEOPLE,
    f"{_POLICY}/ShowPolicy": _EVERYBODY,
    f"{_TERRITORY}/ShowUnit": _EVERYBODY,
    f"{_TERRITORY}/SearchUnits": _EVERYBODY,
    f"{_TERRITORY}/LoadTerritory": _SUPERVISES,
    **{
        f"{_AGENCIES}/{method}": frozenset({Role.SUPERVISOR})
        for method in (
            "RegisterAgency",
            "ChangeAgency",
            "SuspendAgency",
            "ReinstateAgency",
            "RenewCredentials",
        )
    },
    f"{_AGENCIES}/ListAgencies": _SUPERVISES,
    f"{_AGENCIES}/GetAgency": _SUPERVISES,
}
"""Everybody posts as their own organisation and reads its receipts.

Content is opened by supervisors alone; `intake.rpc.reach` asks what kind of organisation they come from.
"""
