"""Whether an office has a topic for its receipts: asked of Kafka, for the directory cannot know."""

from __future__ import annotations

from chassis.kafka import LIBRDKAFKA, KafkaSettings
from confluent_kafka import Consumer, KafkaError, KafkaException
from directory.on_kafka import receipts_topic

_PATIENCE = 5.0


class ReceiptTopics:
    """Keeps one connection. Raises `KafkaException` while Kafka is away; never makes a topic."""

    def __init__(self, kafka: KafkaSettings) -> None:
        self._kafka = kafka
        self._client: Consumer | None = None

    def has(self, org: str) -> bool:
        """Whether there is one, as far as this service may see it."""
        topic = receipts_topic(org)
        found = self._connected().list_topics(topic, timeout=_PATIENCE).topics.get(topic)
        if found is None:
            return False
        error = found.error
        if error is None:
            return True
        if error.code() in (KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError.TOPIC_AUTHORIZATION_FAILED):
            return False
        raise KafkaException(error)

    def _connected(self) -> Consumer:
        if self._client is None:
            settings = {"group.id": "receipt-topics", "allow.auto.create.topics": False, "log_level": 3}
            self._client = Consumer({**self._kafka.for_confluent(), **settings}, logger=LIBRDKAFKA)
        return self._client
