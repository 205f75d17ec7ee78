"""What the relay publishes of the receipts when an organisation leaves the directory."""

from __future__ import annotations

import psycopg
from chassis.store.migrations import migrate
from intake.application.receipts_log import ReceiptsLog

RECEIPT = """
    INSERT INTO receipts (position, org, source, event_id, verdict, repetition, body, topic, partition,
                          "offset", recorded_at)
    VALUES (%s, %s, '/agencies/a', 'e', 'accepted', false, '{"verdict":"accepted"}', 't', 0, 0, now())
"""


def test_a_receipt_of_an_organisation_that_left_still_counts_as_stored(postgres_dsn: str) -> None:
    migrate(postgres_dsn)
    with psycopg.connect(postgres_dsn, autocommit=True) as connection:
        for position, org in ((1, "cap-bo-de"), (2, "cap-me-tri")):
            connection.execute(RECEIPT, (position, org))
        before, after = ReceiptsLog(["cap-bo-de", "cap-me-tri"]), ReceiptsLog(["cap-bo-de"])
        published = before.read(connection, 0, 10)[-1].position
        assert after.head(connection) < published, "nothing of it is to be published any more"
        assert after.stored(connection) >= published, "and yet Kafka is not ahead of the database"
        assert [each.topic for each in after.read(connection, 0, 10)] == ["agency.cap-bo-de.receipts.v1"]
