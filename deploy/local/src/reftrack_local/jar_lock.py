"""Make `kafka.lock.toml` anew: resolve Kafka and its logging with jgo and write down every jar's SHA-256.

    python -m reftrack_local.jar_lock [KAFKA_VERSION]

A new Kafka is a decision: `make lock` leaves this file alone.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import jgo
from jgo.env import LockFile

LOCK = Path(__file__).with_name("kafka.lock.toml")


def lock(kafka: str) -> None:
    """Resolve from Maven Central and replace the committed lock, without dates and addresses."""
    found = _resolved(f"org.apache.kafka:kafka_2.13:{kafka}+org.apache.kafka:kafka-tools:{kafka}")
    versions = {each.artifactId: each.version for each in found.dependencies}
    # resolved by itself: together, its parent's managed versions would replace some of Kafka's
    logging = _resolved(f"org.apache.logging.log4j:log4j-slf4j-impl:{versions['log4j-core']}")
    found.dependencies += [each for each in logging.dependencies if each.artifactId not in versions]
    found.save(LOCK)
    lines = LOCK.read_text().splitlines(keepends=True)
    LOCK.write_text("".join(line for line in lines if not line.startswith("generated")))


def _resolved(endpoint: str) -> LockFile:
    with tempfile.TemporaryDirectory() as cache:
        jgo.build(endpoint, cache_dir=Path(cache))
        (made,) = Path(cache).rglob("jgo.lock.toml")
        return LockFile.load(made)


if __name__ == "__main__":
    lock(*(sys.argv[1:] or ["4.2.1"]))
