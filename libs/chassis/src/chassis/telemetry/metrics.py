"""What is counted and timed. Labels name parts, topics and kinds: never people, cases or callers."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_SIZES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)

CONSUMER_LAG = Gauge(
    "reftrack_consumer_lag_records",
    "Records on the partition that are not recorded yet",
    ["topic", "partition"],
)
CONSUMER_POSITION = Gauge(
    "reftrack_consumer_position", "Next offset of the partition, as stored", ["topic", "partition"]
)
CONSUMER_SKIPPED = Counter(
    "reftrack_consumer_repeated_records_total", "Records skipped: their source position was known", ["topic"]
)
CONSUMER_MISSED = Counter(
    "reftrack_consumer_missed_offsets_total",
    "Offsets gone before they could be read (retention, topic made anew)",
    ["topic"],
)
CONSUMER_ANEW = Counter(
    "reftrack_consumer_topics_made_anew_total",
    "Topics that were another one than before under the same name: read from their beginning",
    ["topic"],
)
CONSUMER_STALE = Counter(
    "reftrack_consumer_stale_positions_total",
    "Batches refused because the stored position had moved",
    ["topic"],
)
BATCH_SIZE = Histogram("reftrack_batch_items", "Items handed to the writer at once", ["kind"], buckets=_SIZES)
COMMIT_SECONDS = Histogram(
    "reftrack_commit_seconds", "From handing a batch to the writer to its commit", ["kind"], buckets=_SECONDS
)

RELAY_LAG = Gauge("reftrack_relay_lag_messages", "Messages committed and not yet published", ["log"])
RELAY_POSITION = Gauge("reftrack_relay_position", "Position of the newest published message", ["log"])
RELAY_ACTIVE = Gauge("reftrack_relay_active", "1 in the instance that publishes, 0 in the standby")
RELAY_PAGE = Histogram("reftrack_relay_page_messages", "Messages in one Kafka transaction", buckets=_SIZES)
RELAY_SECONDS = Histogram("reftrack_relay_page_seconds", "Time of one Kafka transaction", buckets=_SECONDS)
RELAY_ABORTED = Counter("reftrack_relay_aborted_pages_total", "Pages aborted and sent again", ["reason"])

PROJECTION_POSITION = Gauge("reftrack_projection_position", "Newest seq that the live view holds", ["view"])
PROJECTION_LAG = Gauge("reftrack_projection_lag_rows", "Rows of the history that the view lacks", ["view"])
PROJECTION_STOPPED = Gauge(
    "reftrack_projection_stopped", "1 if the view stopped on an error of its own", ["view"]
)
PROJECTION_SECONDS = Histogram(
    "reftrack_projection_page_seconds",
    "Time of one page, rows and position committed",
    ["view"],
    buckets=_SECONDS,
)

REWRAPPED = Counter("reftrack_vault_rewrapped_keys_total", "Keys of people wrapped by the newest master key")

PARKED = Gauge("reftrack_parked_records", "Records parked, or waiting behind a parked one")

RPC_SECONDS = Histogram(
    "reftrack_rpc_seconds", "Time of a call until its last message", ["method", "code"], buckets=_SECONDS
)
RPC_ACTIVE = Gauge("reftrack_rpc_active", "Calls under way", ["method"])
LOG_KEYS_DROPPED = Counter(
    "reftrack_log_keys_dropped_total", "Keys of log lines that the allow-list does not have"
)
