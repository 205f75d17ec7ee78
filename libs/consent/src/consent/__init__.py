"""Consent: one pure decision whether something may be shared, and what withdrawing and expiry change."""

from consent.changes import (
    Effects,
    Share,
    after_change,
    ended_at,
    expires_at,
    expires_on_at,
    next_expiry,
    why_ended,
)
from consent.deciding import Allowed, Decision, Ground, Missing, Refused, What, decide, who_agrees
from consent.model import (
    Client,
    Consent,
    Evidence,
    Guardian,
    Recipient,
    Recipients,
    Request,
    Scope,
    Withdrawal,
)
from consent.told import NOTHING_KNOWN, Known, changes, known_of, read, tells

__all__ = [
    "NOTHING_KNOWN",
    "Allowed",
    "Client",
    "Consent",
    "Decision",
    "Effects",
    "Evidence",
    "Ground",
    "Guardian",
    "Known",
    "Missing",
    "Recipient",
    "Recipients",
    "Refused",
    "Request",
    "Scope",
    "Share",
    "What",
    "Withdrawal",
    "after_change",
    "changes",
    "decide",
    "ended_at",
    "expires_at",
    "expires_on_at",
    "known_of",
    "next_expiry",
    "read",
    "tells",
    "who_agrees",
    "why_ended",
]
