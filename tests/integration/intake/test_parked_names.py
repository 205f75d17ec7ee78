"""A name in a record that the software cannot handle: parked, logged, retried, given up; nowhere in clear."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest
from chassis.telemetry import configure

from tests.faults.doors import BIRD
from tests.faults.traces import found, in_dump, in_tables
from tests.integration.intake.desk import SOCIAL, Desk, park
from tests.integration.intake.posts import Post, registration
from tests.integration.intake.sealed_posts import key_of, sealed

NUMBER = "000777000444"


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Everything that is logged."""
    out = io.StringIO()
    configure(service="intake", instance="test", level="DEBUG", out=out)
    yield out
    configure(service="tests", instance="test")


@pytest.mark.parametrize("in_clear", [True, False], ids=["in clear", "sealed"])
def test_what_is_parked_keeps_its_names_sealed_until_it_is_handled(
    desk: Desk, log: io.StringIO, monkeypatch: pytest.MonkeyPatch, in_clear: bool
) -> None:
    post: Post = registration(SOCIAL, {"agency_ref": "T-1"}, name=f"{BIRD} Thử", id_number=NUMBER)
    if not in_clear:
        post = sealed(post, key_of(desk))
    with monkeypatch.context() as broken:
        park(desk, broken, post)
    ((key,),) = desk.rows("SELECT case_key FROM parked")
    assert_nothing_in_clear(desk, log)
    assert desk.parking().retry(key, by="admin/test").left == 0, desk.rows("SELECT reason FROM parked")
    assert [one["verdict"] for one in desk.receipts()] == ["accepted"], desk.receipts()
    assert f"{BIRD} Thử" in desk.identity(desk.events()[0]["data"]["client_id"]).values()
    assert_nothing_in_clear(desk, log)


def test_a_failure_that_quotes_what_it_failed_on_tells_no_name(desk: Desk, log: io.StringIO) -> None:
    """PostgreSQL quotes a row that violates a check; what it quotes is sealed or stays out of the log."""
    desk.execute("ALTER TABLE vault_fields ADD CONSTRAINT broken CHECK (length(ciphertext) = 0)")
    post = registration(SOCIAL, {"agency_ref": "T-1"}, name=f"{BIRD} Thử", id_number=NUMBER)
    topic = f"agency.{SOCIAL}.events.v1"
    (result,) = desk.writer.run([desk.record(topic, post.headers(), post.value())])
    assert result.parked
    assert "item_set_aside" in log.getvalue()
    assert_nothing_in_clear(desk, log)


def assert_nothing_in_clear(desk: Desk, log: io.StringIO) -> None:
    left = [("the log", log.getvalue().encode()), *in_tables(desk.dsn), *in_dump(desk.dsn)]
    assert found([BIRD, NUMBER], left) == []
