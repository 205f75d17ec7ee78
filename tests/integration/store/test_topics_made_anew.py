"""A topic is known by the id that Kafka gave it; another one under its name begins from its beginning."""

from __future__ import annotations

from chassis.store.store import Store
from chassis.store.writer import Writer

from tests.integration.store.conftest import MakeStore, Query
from tests.integration.store.lending import TOPIC, Feed, LendingDesk

OTHER = "agency.other.events.v1"


def test_a_topic_met_for_the_first_time_keeps_its_position(store: Store) -> None:
    Writer(store, LendingDesk()).run([Feed().note("buy", "Kiều")])
    assert store.positions.recognise({TOPIC: "id-1"}) == []
    assert store.positions.recognise({TOPIC: "id-1"}) == []
    assert store.positions.read([(TOPIC, 0)])[TOPIC, 0] == (1, None)


def test_another_topic_under_its_name_begins_anew_and_is_told_once(
    store: Store, make_store: MakeStore, query: Query
) -> None:
    writer = Writer(store, LendingDesk())
    feeds = [Feed(), Feed(partition=1), Feed(OTHER)]
    writer.run([feed.note("buy", f"book {n}") for n, feed in enumerate(feeds)])
    query("UPDATE positions SET source_position = 7")
    store.positions.recognise({TOPIC: "id-1", OTHER: "id-2"})
    assert store.positions.recognise({TOPIC: "id-3", OTHER: "id-2"}) == [TOPIC]
    assert make_store().positions.recognise({TOPIC: "id-3"}) == []
    assert query("SELECT topic, partition, next_offset, source_position FROM positions ORDER BY 1, 2") == [
        (TOPIC, 0, 0, 7),
        (TOPIC, 1, 0, 7),
        (OTHER, 0, 1, 7),
    ]


def test_a_batch_that_was_read_before_it_was_noticed_is_dropped(store: Store, query: Query) -> None:
    feed = Feed()
    writer = Writer(store, LendingDesk())
    writer.run([feed.note("buy", "Kiều")])
    store.positions.recognise({TOPIC: "id-1"})
    store.positions.recognise({TOPIC: "id-2"})
    (dropped,) = writer.run([feed.note("lend", "Kiều", "Lan")])
    assert dropped.dropped
    (bought,) = writer.run([Feed(after=0).note("buy", "Số đỏ", id="new")])
    assert not bought.dropped
    assert query("SELECT next_offset FROM positions") == [1]
