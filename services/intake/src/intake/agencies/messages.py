"""Offices as protobuf."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp
from reference import Organisation
from reference.areas import Areas, Seat
from reftrack.intake.v1 import agencies_pb2 as pb

from intake.agencies.agency import Agency, State

_TEXTS = ("org", "kind", "name_vi", "name_en", "commune", "district", "province", "unit_on", "since", "until")


def described(agency: Agency) -> pb.Agency:
    """An office as its own history has it."""
    message = _of(agency.described.model_dump(mode="json"))
    _turn(message, str(agency.suspended) if agency.suspended else None)
    message.version = agency.version
    message.changed_at.CopyFrom(_timestamp(agency.changed_at))
    return message


def of_row(
    version: int,
    said: dict[str, Any],
    suspended: str | None,
    changed_at: datetime,
    done: int | None,
    why: str,
) -> pb.Agency:
    """An office as the table has it. `done`: the version up to which Kafka follows it, `why` it does not."""
    message = _of(said)
    _turn(message, suspended)
    message.version = version
    message.changed_at.CopyFrom(_timestamp(changed_at))
    message.provisioned = done is not None and done >= version
    message.provisioning_problem = "" if message.provisioned else why
    return message


def of_reference(organisation: Organisation, seen_to: bool, why: str) -> pb.Agency:
    """An office that only the reference data name. `seen_to`: whether intake has looked for it on Kafka, and
    `why` what it found there is not all; until then its topics are the business of whoever set up Kafka."""
    level = next((one for one in ("commune", "district", "province") if getattr(organisation, one)), "")
    said = {
        "org": organisation.id,
        "kind": organisation.kind,
        "name_vi": organisation.name.vi,
        "name_en": organisation.name.en,
        "services": list(organisation.services),
        "may_post": organisation.may_post,
        "sealed_only": organisation.sealed_only,
        "since": organisation.since and organisation.since.isoformat(),
        "until": organisation.until and organisation.until.isoformat(),
        "unit_on": organisation.seat.on and organisation.seat.on.isoformat(),
        **({level: getattr(organisation, level)} if level else {}),
    }
    message = _of(said)
    _turn(message, None)
    message.provisioned = seen_to and not why
    message.provisioning_problem = why if seen_to else "seed_not_asked"
    return message


def as_of(today: date, message: pb.Agency, areas: Areas) -> pb.Agency:
    """The same with the names of the unit that the office answers for, and whether it is in force today."""
    on = date.fromisoformat(message.unit_on) if message.unit_on else None
    unit = areas.unit(Seat(message.commune or message.district or message.province or None, on))
    if unit is not None:
        message.territory_vi, message.territory_en = unit.vi, unit.en
    message.life = _life(message, today.isoformat())
    return message


def _life(message: pb.Agency, today: str) -> str:
    if message.until and message.until < today:
        return "ended"
    return "not_begun" if message.since > today else ""


def _of(said: dict[str, Any]) -> pb.Agency:
    message = pb.Agency(**{name: said[name] for name in _TEXTS if said.get(name)})
    message.services.extend(said.get("services") or ())
    message.sealed_only = bool(said.get("sealed_only"))
    if said.get("may_post") is not None:
        message.may_post.CopyFrom(pb.MayPost(events=said["may_post"]))
    contact = {name: value for name, value in (said.get("contact") or {}).items() if value}
    if contact:
        message.contact.CopyFrom(pb.AgencyContact(**contact))
    return message


def _turn(message: pb.Agency, suspended: str | None) -> None:
    message.state = State.SUSPENDED if suspended else State.ACTIVE
    message.suspend_reason = suspended or ""


def _timestamp(at: datetime) -> Timestamp:
    message = Timestamp()
    message.FromDatetime(at)
    return message
