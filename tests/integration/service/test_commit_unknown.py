"""Killed after the commit and before the answer: the retry gets the first answer, nothing is done twice."""

from __future__ import annotations

import psycopg
from grpc import StatusCode

from tests.integration.service.conftest import Start
from tests.integration.service.test_database_away import lend


def test_a_retry_after_a_kill_gets_the_first_answer(start: Start, postgres_dsn: str) -> None:
    first = start(REFTRACK_CRASH_AT="command_commit_unknown")
    first.await_ready()
    assert lend(first, "Kiều>Lan", "r-1", 10) is StatusCode.UNAVAILABLE
    assert first.process.wait(timeout=10) == -9
    second = start()
    second.await_ready()
    assert lend(second, "Kiều>Lan", "r-1", 10) == "Kiều: 1"
    with psycopg.connect(postgres_dsn) as connection:
        assert connection.execute("SELECT count(*) FROM stored_events").fetchone() == (2,)
