"""What the service that decides about an event answers to what intake passed on to it."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

from chassis.items import Record
from contracts.base import Payload
from contracts.envelope import Meta
from contracts.events.referral import ReferralReceived

from tests.integration.intake.desk import Desk


def answer_of(desk: Desk, routed: dict[str, Any], data: Payload | None = None) -> Record:
    """Referral's event that this one caused: that it received a referral, if nothing else is said."""
    meta = {**routed["meta"], "causation_id": routed["id"]}
    told = Meta.model_validate_json(json.dumps(meta))
    return desk.owner_says("referral", uuid4(), 1, data or ReferralReceived(), told)
