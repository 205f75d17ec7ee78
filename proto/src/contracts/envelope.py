"""The envelope of every recorded event. Knows no word of the domain."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from pydantic import AwareDatetime

from contracts.base import Contract


class Meta(Contract):
    """Who did what, when, on which ground.

    `subject` is the case: partition key and CloudEvents subject. `occurred_at` is when it happened, as the one who
    posted says (with `precision` "day": the start of that day in Asia/Ho_Chi_Minh); `received_at` is by our clock.
    `recorded_at` is not here: it is given under the store's lock, kept in a column and sent as a header.
    """

    subject: UUID
    occurred_at: AwareDatetime
    precision: Literal["instant", "day"] = "instant"
    received_at: AwareDatetime
    actor: str
    org: str
    legal_basis: str | None = None
    policy_version: str
    correlation_id: str
    causation_id: str | None = None
