"""The servers that every other integration test stands on."""

from __future__ import annotations

import psycopg
from kafka.admin import KafkaAdminClient

from tests.conftest import KafkaTopics, PostgresDatabase


def test_each_database_is_fresh_empty_and_on_postgres_18(postgres_database: PostgresDatabase) -> None:
    first, second = postgres_database(), postgres_database()
    assert first != second
    for dsn in (first, second):
        with psycopg.connect(dsn) as connection:
            row = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()
            assert row == (0,)
            assert connection.info.server_version // 10000 == 18


def test_topics_have_unique_names_and_the_partitions_asked_for(
    kafka_bootstrap: str, kafka_topics: KafkaTopics
) -> None:
    one = kafka_topics("events", partitions=6)
    two = kafka_topics("events", pattern="agency.{}.events.v1")
    admin = KafkaAdminClient(bootstrap_servers=kafka_bootstrap)
    try:
        found = {topic["name"]: len(topic["partitions"]) for topic in admin.describe_topics([one, two])}
    finally:
        admin.close()
    assert found == {one: 6, two: 1}
    assert two.startswith("agency.events-")
    assert two.endswith(".events.v1")
