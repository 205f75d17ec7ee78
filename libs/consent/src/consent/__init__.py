"""Consent: one pure decision whether something may be shared, and what withdrawing and expiry change."""

from consent.changes import Effects, Share, after_change, expires_at, next_expiry
from consent.deciding import Allowed, Decision, Ground, Missing, Refused, What, decide
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

__all__ = [
    "Allowed",
    "Client",
    "Consent",
    "Decision",
    "Effects",
    "Evidence",
    "Ground",
    "Guardian",
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
    "decide",
    "expires_at",
    "next_expiry",
]
