"""What agencies post, for the tests of intake: CloudEvents in binary mode as a plain client sends them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

NOW = datetime(2019, 3, 20, 3, tzinfo=UTC)
"""What the clock of these tests shows."""

WHERE = {"ldtbxh-ngoc-lam": "00133", "ldtbxh-duc-giang": "00124", "ldtbxh-cau-dien": "00592",
         "ldtbxh-my-dinh-1": "00625", "ldtbxh-me-tri": "00631", "dpv-nam-tu-liem": "00592"}  # fmt: skip
"""Whom these offices register lives in their own commune; with all others in Bồ Đề."""

_ids = count(1)

Headers = dict[str, bytes | None]


@dataclass(frozen=True)
class Post:
    """One event of one agency: `headers()` and `value()` are what goes onto its topic."""

    agency: str
    kind: str
    about: Mapping[str, str]
    data: Mapping[str, Any]
    at: datetime = NOW - timedelta(days=10)
    id: str = field(default_factory=lambda: f"e-{next(_ids)}")
    corrects: str | None = None

    @property
    def type(self) -> str:
        return f"org.reftrack.{self.kind}.v1"

    def headers(self, **changed: bytes | None) -> Headers:
        headers: Headers = {
            "ce_specversion": b"1.0",
            "ce_id": self.id.encode(),
            "ce_source": f"/agencies/{self.agency}".encode(),
            "ce_type": self.type.encode(),
            "ce_time": self.at.isoformat().encode(),
        }
        return {**headers, **changed}

    def value(self) -> bytes:
        said = {"about": self.about, "by": "nv-07", "data": self.data}
        if self.corrects is not None:
            said["corrects"] = self.corrects
        return json.dumps(said).encode()


def contact(agency: str, ref: str, *, commune: str = "00139", **more: Any) -> Post:
    data = {"channel": "street", "commune": commune, "client_group": "drug_user"}
    return Post(agency, "client-contacted", {"agency_ref": ref}, data, **more)


def introduction(agency: str, ref: str, to_org: str, **more: Any) -> Post:
    data = {"to_org": to_org, "instead_of_administrative_file": True}
    return Post(agency, "client-introduced", {"agency_ref": ref}, data, **more)


def registration(
    agency: str,
    about: Mapping[str, str],
    *,
    name: str = "Nguyễn Văn Thử",
    id_number: str | None = None,
    **more: Any,
) -> Post:
    data = {
        "client_group": "drug_user",
        "birth_year": 1990,
        "sex": "male",
        "residence_commune": WHERE.get(agency, "00139"),
        "identity": {"full_name": name, "id_number": id_number, "address": "12 ngõ Thử"},
    }
    return Post(agency, "client-registered", about, data, **more)


def counselling(agency: str, ref: str, **more: Any) -> Post:
    data = {"topic": "treatment_options", "mode": "office", "minutes": 30}
    return Post(agency, "counselling-provided", {"agency_ref": ref}, data, **more)


def screening(agency: str, ref: str, **more: Any) -> Post:
    data = {"instrument": "who_assist", "scores": [{"substance": "opioids", "score": 30}], "risk": "high"}
    return Post(agency, "client-screened", {"agency_ref": ref}, data, **more)


def intervention(agency: str, ref: str, **more: Any) -> Post:
    return Post(agency, "brief-intervention-given", {"agency_ref": ref}, {"minutes": 15}, **more)


def plan(agency: str, ref: str, **more: Any) -> Post:
    return Post(agency, "plan-agreed", {"agency_ref": ref}, {"items": [{"service": "methadone"}]}, **more)


def closing(agency: str, ref: str, **more: Any) -> Post:
    return Post(agency, "case-closed", {"agency_ref": ref}, {"reason": "goals_met"}, **more)


def referral(agency: str, ref: str, provider: str, service: str = "methadone", **more: Any) -> Post:
    data = {"service": service, "provider": provider}
    return Post(agency, "referral-requested", {"agency_ref": ref}, data, **more)


def answer(
    agency: str, number: str, kind: str = "referral-received", data: dict[str, Any] | None = None, **more: Any
) -> Post:
    return Post(agency, kind, {"referral": number}, data or {}, **more)
