"""The PostgreSQL and the Kafka that all workers of a session of tests share; the keeper ends them.

`python -m tests.servers postgres|kafka FOLDER` starts one, writes its address, and leaves it running.
"""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import psycopg
from reftrack_local.kafka import KafkaServer
from reftrack_local.postgres import PostgresServer

from tests import keeper

WITHOUT_WAITING_FOR_DISKS = ("fsync", "synchronous_commit", "full_page_writes")
"""Nothing that this server keeps has to survive the machine; those that tests kill are others."""


def shared(name: str) -> str:
    """`postgres`: DSN of a superuser's connection; `kafka`: `host:port`. Whoever asks first starts it."""
    address = keeper.folder() / f"{name}.address"
    with address.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not address.exists():
            _start(name, address)
        return address.read_text()


def _start(name: str, address: Path) -> None:
    # not a child of this worker, which ends before the others do
    command = [sys.executable, "-m", "tests.servers", name, str(address)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{name} did not start:\n{done.stderr}"


def _postgres(folder: Path) -> str:
    server = PostgresServer(folder)
    server.start()
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        for setting in WITHOUT_WAITING_FOR_DISKS:
            connection.execute(f"ALTER SYSTEM SET {setting} = off")
        connection.execute("SELECT pg_reload_conf()")
    return server.dsn()


def _kafka(folder: Path) -> str:
    server = KafkaServer(folder)
    server.start()
    return server.bootstrap


def main(name: str, path: str) -> None:
    address = Path(path)
    begin = {"postgres": _postgres, "kafka": _kafka}[name]
    address.write_text(begin(address.with_suffix("")))
    # at once: Python would warn of the process that goes on
    os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
