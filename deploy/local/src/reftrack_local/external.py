"""Servers that exist already, named by the environment: then nothing of that kind is embedded."""

from __future__ import annotations

import os
from dataclasses import dataclass

from reftrack_local import kafka, postgres
from reftrack_local.trouble import Trouble


@dataclass(frozen=True)
class ExternalPostgres:
    """A server of somebody else's. We never stop it."""

    server_dsn: str
    name: str = "postgres"

    def dsn(self, database: str | None = None) -> str:
        if database is None:
            return self.server_dsn
        return postgres.with_database(self.server_dsn, database)

    def start(self) -> None:
        """See that it answers. Raises Trouble."""
        if not postgres.answers(self.server_dsn):
            raise Trouble(
                f"No PostgreSQL answers at {postgres.without_password(self.server_dsn)}.",
                "Check REFTRACK_POSTGRES_DSN; without it, a PostgreSQL is started for you.",
            )

    def stop(self) -> None:
        """Not ours to stop."""

    def kill9(self) -> None:
        """Not ours to kill. Raises Trouble."""
        raise Trouble(f"{self.name} is not ours: it was there before us.")

    def restart(self) -> None:
        """Not ours to restart. Raises Trouble."""
        self.kill9()

    def alive(self) -> bool:
        return postgres.answers(self.server_dsn)


@dataclass(frozen=True)
class ExternalKafka:
    """A cluster of somebody else's. We never stop it."""

    bootstrap: str
    name: str = "kafka"

    def start(self) -> None:
        """See that it answers. Raises Trouble."""
        if not kafka.answers(self.bootstrap):
            raise Trouble(
                f"No Kafka answers at {self.bootstrap}.",
                "Check REFTRACK_KAFKA_BOOTSTRAP; without it, a Kafka is started for you.",
            )

    def stop(self) -> None:
        """Not ours to stop."""

    def kill9(self) -> None:
        """Not ours to kill. Raises Trouble."""
        raise Trouble(f"{self.name} is not ours: it was there before us.")

    def restart(self) -> None:
        """Not ours to restart. Raises Trouble."""
        self.kill9()

    def alive(self) -> bool:
        return kafka.answers(self.bootstrap)


def postgres_given() -> ExternalPostgres | None:
    """What `REFTRACK_POSTGRES_DSN` points at."""
    given = os.environ.get("REFTRACK_POSTGRES_DSN")
    return ExternalPostgres(given) if given else None


def kafka_given() -> ExternalKafka | None:
    """What `REFTRACK_KAFKA_BOOTSTRAP` points at."""
    given = os.environ.get("REFTRACK_KAFKA_BOOTSTRAP")
    return ExternalKafka(given) if given else None
