"""Batches of Kafka records to the writer: each record once, in the order of its partition."""

from chassis.consumer.consumer import BatchConsumer, ItemWriter, PositionStore

__all__ = ["BatchConsumer", "ItemWriter", "PositionStore"]
