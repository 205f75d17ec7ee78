"""A service's history written straight into `stored_events`, for works that begin where the store ends."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import psycopg
from contracts.envelope import Meta, encode
from contracts.events.intake import CounsellingProvided
from contracts.vocabulary import CounsellingMode, CounsellingTopic

COPY = (
    b"COPY stored_events (originator_id, originator_version, topic, state, notification_id, subject,"
    b" occurred_at, recorded_at) FROM STDIN (FORMAT binary)"
)
TYPES = ("uuid", "int8", "text", "bytea", "int8", "uuid", "timestamptz", "timestamptz")
START = datetime(2024, 1, 2, 1, tzinfo=UTC)


def insert_events(dsn: str, count: int) -> None:
    """Put that many events of intake into the table, byte for byte as intake would, a case each ten."""
    data = CounsellingProvided(
        topic=CounsellingTopic.TREATMENT_OPTIONS, mode=CounsellingMode.OFFICE, minutes=30
    )
    with psycopg.connect(dsn) as connection, connection.cursor().copy(COPY) as copy:
        copy.set_types(TYPES)
        for number in range(1, count + 1):
            if number % 10 == 1:
                case = uuid.uuid4()
            version, at = (number - 1) % 10 + 1, START + timedelta(seconds=number)
            state = encode(f"{case}:{version}", data.TYPE, "/services/intake", _meta(case, at), data)
            copy.write_row((case, version, data.TYPE, state, number, case, at, at))


def _meta(case: uuid.UUID, at: datetime) -> Meta:
    return Meta(
        subject=case,
        occurred_at=at,
        received_at=at,
        actor="nv-07",
        org="ldtbxh-bo-de",
        policy_version="vn-law-2021@1",
        correlation_id="0123456789abcdef",
        causation_id="/agencies/ldtbxh-bo-de#e-1",
    )
