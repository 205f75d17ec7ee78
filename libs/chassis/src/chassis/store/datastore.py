"""The pool of connections to a service's own database."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from eventsourcing.postgres import PostgresDatastore
from psycopg import Connection
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import dict_row
from psycopg.types.numeric import Int8BinaryDumper, Int8Dumper

_FROZEN = 20.0
"""Seconds after which PostgreSQL takes the lock from an instance that froze between writing and COMMIT.

Twice, for PostgreSQL counts a client that froze half-way through a pipeline as active, not as idle: such a
transaction ends by its own age.
"""
_BY_KEY = "SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off"
"""Statements of the write side look rows up by key. They are planned once, maybe while a table is empty:
without this the plan goes on reading all of it, batch after batch, as it grows."""
_SENSIBLE = {
    "application_name": "reftrack",
    "connect_timeout": "5",
    "keepalives_idle": "5",
    "keepalives_interval": "2",
    "keepalives_count": "3",
    "tcp_user_timeout": "15000",
}
"""A server that vanishes without a word is noticed within seconds; whatever the DSN says counts more."""


class Datastore(PostgresDatastore):
    """The library's pool, opened by a DSN (URL or `key=value`), as many connections as `size` at most.

    Connections are opened when they are needed: constructing one asks nothing of the server.
    """

    def __init__(self, dsn: str, *, size: int = 4, connect_timeout: float = 5.0) -> None:
        given = conninfo_to_dict(dsn)
        super().__init__(
            *("", "", "", "", ""),
            connect_timeout=connect_timeout,
            idle_in_transaction_session_timeout=_FROZEN,
            pool_size=1,
            max_overflow=size - 1,
        )
        self.pool.kwargs = {**_SENSIBLE, **given, "row_factory": dict_row}
        self.pool.reconnect_timeout = 3.0  # then whoever needs a connection tries anew, without a long pause
        self.dsn = dsn

    def after_connect_func(self) -> Callable[[Connection[Any]], None]:
        configure = super().after_connect_func()

        def after_connect(connection: Connection[Any]) -> None:
            configure(connection)
            connection.execute(f"SET transaction_timeout = {int(_FROZEN * 1000)}".encode())
            connection.execute(_BY_KEY.encode())
            # One width for all integers: otherwise each mix of widths in the arrays is a statement to
            # prepare.
            connection.adapters.register_dumper(int, Int8Dumper)
            connection.adapters.register_dumper(int, Int8BinaryDumper)

        return after_connect

    def register_type_adapters(self) -> None:
        """Nothing to register: rows go as arrays, not as composites."""
