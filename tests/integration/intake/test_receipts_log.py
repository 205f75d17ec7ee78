"""What the relay publishes of the receipts: those of whoever has a topic."""

from __future__ import annotations

import psycopg
import pytest
from chassis.store.migrations import migrate
from intake.application import receipts_log
from intake.application.receipts_log import ReceiptsLog

RECEIPT = """
    INSERT INTO receipts (position, org, source, event_id, verdict, repetition, body, topic, partition,
                          "offset", recorded_at)
    VALUES (%s, %s, '/agencies/a', 'e', 'accepted', false, '{"verdict":"accepted"}', 't', 0, 0, now())
"""


def test_a_receipt_of_an_organisation_without_a_topic_still_counts_as_stored(postgres_dsn: str) -> None:
    migrate(postgres_dsn, "intake")
    with psycopg.connect(postgres_dsn, autocommit=True) as connection:
        for position, org in ((1, "cap-bo-de"), (2, "cap-me-tri")):
            connection.execute(RECEIPT, (position, org))
        before, after = (
            ReceiptsLog({"cap-bo-de", "cap-me-tri"}.__contains__),
            ReceiptsLog({"cap-bo-de"}.__contains__),
        )
        published = before.read(connection, 0, 10)[-1].position
        assert after.head(connection) < published, "nothing of it is to be published any more"
        assert after.stored(connection) >= published, "and yet Kafka is not ahead of the database"
        assert [each.topic for each in after.read(connection, 0, 10)] == ["agency.cap-bo-de.receipts.v1"]


def test_what_is_answered_after_a_topic_was_made_goes_there_also_between_receipts_of_those_who_have_none(
    postgres_dsn: str,
) -> None:
    migrate(postgres_dsn, "intake")
    topics = {"cap-bo-de"}
    log = ReceiptsLog(topics.__contains__)
    with psycopg.connect(postgres_dsn, autocommit=True) as connection:
        for position, org in ((1, "cap-moi"), (2, "nobody"), (3, "cap-bo-de")):
            connection.execute(RECEIPT, (position, org))
        assert log.read(connection, 0, 1)[0].position == 3, "a page of nothing but strangers' does not end it"
        topics.add("cap-moi")
        for position, org in ((4, "nobody"), (5, "cap-moi")):
            connection.execute(RECEIPT, (position, org))
        assert [each.topic for each in log.read(connection, 3, 10)] == ["agency.cap-moi.receipts.v1"]
        assert log.read(connection, 5, 10) == []
        assert log.head(connection) == 5


def test_receipts_of_an_office_that_was_just_registered_wait_for_its_topic_and_no_longer(
    postgres_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    migrate(postgres_dsn, "intake")
    topics = {"cap-bo-de"}
    log = ReceiptsLog(topics.__contains__)
    with psycopg.connect(postgres_dsn, autocommit=True) as connection:
        for seq, org in enumerate(("cap-moi", "cap-ket")):
            connection.execute("INSERT INTO agencies VALUES (%s, %s, 1, '{}', NULL, now())", (org, seq))
        for position, org in ((1, "cap-bo-de"), (2, "cap-moi"), (3, "cap-bo-de")):
            connection.execute(RECEIPT, (position, org))
        assert [each.position for each in log.read(connection, 0, 10)] == [1]
        assert log.read(connection, 1, 10) == []
        topics.add("cap-moi")
        assert [each.position for each in log.read(connection, 1, 10)] == [2, 3]
        monkeypatch.setattr(receipts_log, "AWAITED_SECONDS", -1.0)
        for position, org in ((4, "cap-ket"), (5, "cap-bo-de")):
            connection.execute(RECEIPT, (position, org))
        assert [each.position for each in log.read(connection, 3, 10)] == [5], "nobody waits for ever"
