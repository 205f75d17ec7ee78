"""What agencies post of a case beside the usual way: voids, moves, reopenings, declined screenings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.integration.intake.posts import WHERE, Post


def void(
    agency: str, ref: str | Mapping[str, str], event_id: str, reason: str = "wrong_data", **more: Any
) -> Post:
    about = {"agency_ref": ref} if isinstance(ref, str) else ref
    data = {"event_id": event_id, "reason": reason}
    if "source" in more:
        data["source"] = f"/agencies/{more.pop('source')}"
    return Post(agency, "event-voided", about, data, **more)


def reopening(agency: str, ref: str, reason: str = "came_back", **more: Any) -> Post:
    return Post(agency, "case-reopened", {"agency_ref": ref}, {"reason": reason}, **more)


def move(
    agency: str,
    ref: str,
    to_commune: str,
    to_org: str | None = None,
    notified_on: str = "2019-03-10",
    **more: Any,
) -> Post:
    data = {"to_commune": to_commune, "notified_on": notified_on, "to_org": to_org}
    return Post(agency, "client-moved", {"agency_ref": ref}, data, **more)


def acknowledgement(agency: str, about: Mapping[str, str], **more: Any) -> Post:
    return Post(agency, "move-acknowledged", about, {}, **more)


def declined(agency: str, ref: str, **more: Any) -> Post:
    return Post(agency, "screening-declined", {"agency_ref": ref}, {"reason": "no_time"}, **more)


def revision(agency: str, ref: str, *services: str, **more: Any) -> Post:
    data = {"items": [{"service": service} for service in services]}
    return Post(agency, "plan-revised", {"agency_ref": ref}, data, **more)


def withdrawal(agency: str, ref: str, consent: str | None = None, **more: Any) -> Post:
    return Post(agency, "consent-withdrawn", {"agency_ref": ref}, {"consent": consent}, **more)


def of_group(agency: str, ref: str, group: str, **more: Any) -> Post:
    """A registration of a client of that group."""
    data = {
        "client_group": group,
        "residence_commune": WHERE.get(agency, "00139"),
        "identity": {"full_name": "Nguyễn Văn Thử"},
    }
    return Post(agency, "client-registered", {"agency_ref": ref}, data, **more)
