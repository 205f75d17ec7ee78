"""The history takes in every message once, in order, without a gap."""

from __future__ import annotations

import psycopg
import pytest
from contracts.events import intake, referral
from contracts.vocabulary import Channel, ClientGroup, Service

from tests.integration.reporting.conftest import Query, Teller
from tests.unit.reporting.story import Story, named

GROUP = ClientGroup.DRUG_USER
OPENED = intake.CaseOpened(client_id=named("client", "an"), client_group=GROUP)
CONTACTED = intake.ClientContacted(channel=Channel.STREET, commune="00145", client_group=GROUP)
REQUESTED = referral.ReferralRequested(service=Service.LOAN, provider="p", number="CG-AAAA-BBBB-C")
SEQS = "SELECT seq, source, position FROM history ORDER BY seq"


def story() -> Story:
    told = Story()
    told.intake("a", OPENED, CONTACTED)
    told.referral("a", "r", REQUESTED)
    told.intake("b", OPENED)
    return told


def test_messages_stand_in_the_history_byte_for_byte_and_without_a_gap(teller: Teller, query: Query) -> None:
    told = story()
    assert not any(result.parked or result.dropped for result in teller.tell(told))
    rows = query(
        "SELECT seq, value, event_id, subject, org, occurred_at, recorded_at FROM history ORDER BY seq"
    )
    assert [row[0] for row in rows] == [1, 2, 3, 4]
    assert [bytes(row[1]) for row in rows] == [record.value for record in told.records]
    entries = told.entries()
    assert [row[2:] for row in rows] == [
        (e.event_id, e.case_id, e.org, e.occurred_at, e.recorded_at) for e in entries
    ]


def test_a_message_that_comes_again_under_a_new_offset_is_not_taken_in_twice(
    teller: Teller, query: Query
) -> None:
    told = story()
    teller.tell(told)
    before = query(SEQS)
    first = told.records[0]
    told.records.append(first._replace(offset=100, after=_next(query, first.topic, first.partition)))
    told.intake("c", OPENED)
    teller.tell(told)
    assert query(SEQS) == [*before, (5, "/services/intake", 4)]


def test_a_batch_with_repetitions_within_it_has_no_gap_either(teller: Teller, query: Query) -> None:
    told = Story()
    told.intake("a", OPENED)
    [first] = told.records
    told.records.append(first._replace(offset=1, after=1))
    told.intake("a", CONTACTED)
    told.records[-1] = told.records[-1]._replace(offset=2, after=2)
    teller.tell(told)
    assert [seq for seq, *_ in query(SEQS)] == [1, 2]


def test_what_is_no_message_of_a_service_is_parked_and_the_rest_of_its_case_behind_it(
    teller: Teller, query: Query
) -> None:
    told = story()
    told.records[0] = told.records[0]._replace(value=b'{"id": "x"}')
    results = teller.tell(told)
    assert [result.parked for result in results] == [True, True, True, False]
    assert [seq for seq, *_ in query(SEQS)] == [1]


def test_a_type_that_is_not_known_yet_is_taken_in_as_it_came(teller: Teller, query: Query) -> None:
    told = story()
    record = told.records[0]
    assert record.value is not None
    newer = record.value.replace(b"org.reftrack.case-opened.v1", b"org.reftrack.case-opened.v9")
    told.records[0] = record._replace(value=newer)
    assert not any(result.parked for result in teller.tell(told))
    assert query("SELECT type FROM history WHERE seq = 1") == [("org.reftrack.case-opened.v9",)]


def test_the_history_refuses_the_same_position_twice_whoever_writes(teller: Teller, query: Query) -> None:
    teller.tell(story())
    with pytest.raises(psycopg.errors.UniqueViolation):
        query(
            "UPDATE history SET position = 1 WHERE position = 2 AND source = '/services/intake' RETURNING seq"
        )


def _next(query: Query, topic: str, partition: int) -> int:
    [(offset,)] = query(
        "SELECT next_offset FROM positions WHERE topic = %s AND partition = %s", topic, partition
    )
    return int(offset)
