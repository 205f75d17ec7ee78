"""Reads `cases.yaml`: the table of cases in the words of whoever has to agree with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import yaml
from consent import (
    Allowed,
    Client,
    Consent,
    Decision,
    Evidence,
    Guardian,
    Recipient,
    Recipients,
    Refused,
    Request,
    Scope,
    Withdrawal,
)
from contracts.base import Label
from contracts.vocabulary import OrgKind, PurposeOfUse


@dataclass(frozen=True)
class Case:
    """One line of the table."""

    name: str
    consents: tuple[Consent, ...]
    request: Request
    at: datetime
    then: dict[str, Any]


def cases() -> list[Case]:
    """All of them, in the order of the file."""
    table = yaml.safe_load((Path(__file__).parent / "cases.yaml").read_text(encoding="utf-8"))
    return [
        Case(
            row["case"],
            tuple(_consent(one) for one in row.get("consents", table["usual"])),
            _request(row["ask"]),
            noon(row["ask"]["day"]),
            row["then"],
        )
        for row in table["cases"]
    ]


def told(decision: Decision) -> dict[str, Any]:
    """A decision in the words of the table; what is usual is left out."""
    if isinstance(decision, Refused):
        missing = {one.what.value: list(one.values) for one in decision.missing}
        return {"missing": missing} | ({"nearest": decision.nearest} if decision.nearest else {})
    return _allowed(decision)


def noon(day: date) -> datetime:
    """Noon of a day in Viet Nam."""
    return datetime(day.year, day.month, day.day, 5, tzinfo=UTC)


def _allowed(decision: Allowed) -> dict[str, Any]:
    found: dict[str, Any] = {"allowed": decision.reference}
    found |= {} if decision.ground == "consent" else {"by": decision.ground.value}
    found |= {} if decision.until is None else {"until": decision.until}
    found |= {} if decision.proven else {"proven": False}
    return found | ({"age_unknown": True} if decision.age_unknown else {})


def _consent(row: dict[str, Any]) -> Consent:
    by = row.get("by", "client")
    taken = row.get("withdrawn")
    return Consent(
        id=row["id"],
        given_at=noon(row["given"]),
        scope=Scope(frozenset(PurposeOfUse(one) for one in row["purposes"]), _recipients(row), _labels(row)),
        expires_on=row.get("until"),
        by_client=by != "guardian",
        guardian=None if by == "client" else Guardian("parent"),
        represented=row.get("represented", False),
        evidence=Evidence(form_number=row["form"]) if "form" in row else None,
        withdrawals=() if taken is None else (_withdrawal(taken),),
    )


def _withdrawal(row: dict[str, Any]) -> Withdrawal:
    return Withdrawal(noon(row["day"]), labels=_labels(row), recipients=_recipients(row))


def _request(row: dict[str, Any]) -> Request:
    born = row.get("born", 1990)
    return Request(
        purpose=PurposeOfUse(row["for"]),
        recipient=Recipient(row.get("org", "any-office"), OrgKind(row["to"])),
        labels=_labels(row),
        client=Client(None if born == "unknown" else born, row.get("represented", False)),
        legal_basis=row.get("basis"),
    )


def _recipients(row: dict[str, Any]) -> Recipients:
    kinds = frozenset(OrgKind(one) for one in row.get("to", ()))
    return Recipients(kinds, frozenset([row["org"]] if "org" in row else []))


def _labels(row: dict[str, Any]) -> frozenset[Label]:
    return frozenset(Label(one) for one in row.get("labels", ()))
