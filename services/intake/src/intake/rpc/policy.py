"""PolicyService: what the law and the programme lay down, where it stands, and what nobody has confirmed."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from chassis.clock import Clock
from chassis.rpc.errors import InvalidInput, NotFound, Violation
from contracts import catalogue
from reference import Living, Policy
from reference.days import local_day
from reference.instruments import Instruments
from reference.policy import Holding, LegalBasis, Pack, Row, latest_day
from reference.policy.texts import Texts
from reftrack.intake.v1 import policy_pb2 as pb
from reftrack.intake.v1 import policy_pb2_grpc as grpc

from intake.rpc.asked import day_asked
from intake.rpc.bands import bands_in_force

HANOI = "01"


class PolicyServicer(grpc.PolicyServiceServicer):
    """Answers from the packs and instruments that this service judges by."""

    def __init__(self, policy: Policy, instruments: Instruments, country: Living, clock: Clock) -> None:
        self._policy = policy
        self._instruments = instruments
        self._country = country
        self._clock = clock

    async def ShowPolicy(self, request: pb.ShowPolicyRequest, _context: Any) -> pb.ShowPolicyResponse:  # noqa: N802
        """Every value that holds. Raises `InvalidInput`, or `NotFound` for a version that nobody knows."""
        asked, today = day_asked(request.on, "on"), local_day(self._clock.now())
        province = request.province or HANOI
        if not any(unit.level == "province" for unit in self._country.now.lives(province)):
            raise InvalidInput([Violation("province", "no_such_province")])
        pack = self._named(request.version) if request.version else None
        on = asked or (latest_day(pack, today) if pack else today)
        holding = self._judged(pack, on, province) if pack else self._policy.holding(on, province)
        return pb.ShowPolicyResponse(
            version=holding.version,
            on=on.isoformat(),
            province=province,
            since=_day(holding.pack.since),
            until=_day(holding.pack.until),
            values=[
                *(_value(row, self._policy.texts) for row in holding.rows()),
                *bands_in_force(self._instruments, on, self._policy.texts),
            ],
        )

    def _named(self, version: str) -> Pack:
        pack = self._policy.get(version)
        if pack is None:
            known = {"known": ", ".join(sorted(self._policy.versions()))}
            raise NotFound("policy_version_unknown", field="version", detail=known)
        return pack

    def _judged(self, pack: Pack, on: date, province: str) -> Holding:
        holding = self._policy.judged_by(pack.reference, on, province)
        if holding is None:
            since, until = _day(pack.since) or "…", _day(pack.until) or "…"
            life = {"version": pack.reference, "since": since, "until": until}
            raise InvalidInput([Violation("on", "policy_version_not_then", life)])
        return holding


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""


def _value(row: Row, texts: Texts) -> pb.PolicyValue:
    return pb.PolicyValue(
        name=row.name,
        title_vi=_title(row, "vi"),
        title_en=_title(row, "en"),
        value_json=json.dumps(_plain(row.value), ensure_ascii=False, default=str),
        text_vi=_text(row, texts, "vi"),
        text_en=_text(row, texts, "en"),
        law=row.law,
        article=row.article or "",
        since=_day(row.since),
        until=_day(row.until),
        province=row.province,
        source=row.source,
        confirmed=row.confirmed,
        origin=row.origin,
        **_in_both(row, texts),
    )


def _in_both(row: Row, texts: Texts) -> dict[str, str]:
    said = {"law": row.law, "article": row.article or "", "source": row.source}
    return {f"{name}_{lang}": texts.said(text, lang) for name, text in said.items() for lang in ("vi", "en")}


def _plain(value: Any) -> Any:
    return value.model_dump(mode="json") if isinstance(value, LegalBasis) else value


def _title(row: Row, lang: str) -> str:
    section, name = row.name.split(".", 1)
    if section == "may_post":
        return catalogue.event_title(f"org.reftrack.{name}.v1", lang)
    if section == "may_know":
        return catalogue.name_in("Label", name, lang)
    if isinstance(row.value, LegalBasis):
        return row.value.title.vi if lang == "vi" else row.value.title.en
    return name if section == "swaps" else catalogue.name_in("PolicyValue", row.name, lang)


def _text(row: Row, texts: Texts, lang: str) -> str:
    """The value in words: kinds of organisation by their names, classes of a queue in their order."""
    value = row.value
    if isinstance(value, LegalBasis):
        labels = ", ".join(catalogue.name_in("Label", label, lang) for label in value.labels)
        return f"{_kinds(value.recipients, lang)} ({labels})"
    if row.name.startswith("priorities."):
        classes = (", ".join(catalogue.name_in("PriorityClass", one, lang) for one in some) for some in value)
        return " > ".join(classes)
    if isinstance(value, tuple):
        return _kinds(value, lang)
    if row.name.startswith("swaps."):
        return catalogue.name_in("PolicyValue", "worked_instead", lang).format(day=value)
    return texts.said(value, lang) if isinstance(value, str) else str(value)


def _kinds(kinds: tuple[str, ...], lang: str) -> str:
    return ", ".join(catalogue.name_in("OrgKind", kind, lang) for kind in kinds)
