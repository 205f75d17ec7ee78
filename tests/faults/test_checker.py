"""The checker finds every way in which a record can go wrong, and says which one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.faults.checker import differences, unfinished
from tests.faults.little_world import CASES, TOPIC, LittleWorld
from tests.faults.seen import Seen, View, log_topic

INTAKE = log_topic("intake")
RECEIPTS = "agency.cap-bo-de.receipts.v1"


@pytest.fixture
def world() -> LittleWorld:
    world = LittleWorld()
    world.contact("a1", CASES[0])
    world.contact("b1", CASES[1])
    world.refer("a2", CASES[0])
    world.contact("a3", CASES[0])
    world.refer("b2", CASES[1], refused=True)
    world.again("a1")
    return world


@pytest.fixture
def seen(world: LittleWorld) -> Seen:
    return world.all()


def told(world: LittleWorld, seen: Seen) -> str:
    """What the checker says; fails if it says nothing."""
    found = differences(world.journal, seen)
    assert found, "the checker found nothing"
    return "\n".join(found)


def test_a_system_without_faults_has_no_differences(world: LittleWorld, seen: Seen) -> None:
    assert differences(world.journal, seen) == []
    assert unfinished(seen) == []


@pytest.mark.parametrize("topic", [TOPIC, INTAKE, log_topic("referral"), RECEIPTS])
def test_a_record_that_is_not_on_its_topic_is_lost(world: LittleWorld, seen: Seen, topic: str) -> None:
    del seen.messages[topic][1]
    told(world, seen)


@pytest.mark.parametrize("topic", [TOPIC, INTAKE, log_topic("referral"), RECEIPTS])
def test_a_record_that_stands_twice_on_its_topic_is_doubled(
    world: LittleWorld, seen: Seen, topic: str
) -> None:
    again = seen.messages[topic][0]
    seen.messages[topic].append(again._replace(offset=99))
    told(world, seen)


@pytest.mark.parametrize("topic", [TOPIC, INTAKE, RECEIPTS])
def test_two_records_that_changed_places_are_out_of_order(world: LittleWorld, seen: Seen, topic: str) -> None:
    messages = [each for each in seen.messages[topic] if each.partition == 0]
    one, other = messages[0], messages[1]
    swapped = [other._replace(offset=one.offset), one._replace(offset=other.offset)]
    seen.messages[topic] = [each for each in seen.messages[topic] if each not in (one, other)] + swapped
    told(world, seen)


@pytest.mark.parametrize("topic", [TOPIC, INTAKE, log_topic("referral"), RECEIPTS])
def test_one_other_byte_makes_a_record_an_altered_one(world: LittleWorld, seen: Seen, topic: str) -> None:
    first = seen.messages[topic][0]
    seen.messages[topic][0] = first._replace(value=(first.value or b"") + b" ")
    told(world, seen)


@pytest.mark.parametrize("header", ["ce_id", "ce_type", "ce_recordedat"])
def test_another_header_makes_a_record_an_altered_one(world: LittleWorld, seen: Seen, header: str) -> None:
    first = seen.messages[INTAKE][0]
    headers = tuple((name, b"other" if name == header else value) for name, value in first.headers)
    seen.messages[INTAKE][0] = first._replace(headers=headers)
    assert header in told(world, seen)


def test_a_case_whose_records_stand_on_two_partitions_is_found(world: LittleWorld, seen: Seen) -> None:
    seen.messages[INTAKE][-1] = seen.messages[INTAKE][-1]._replace(partition=5)
    assert "two partitions" in told(world, seen)


def test_an_event_that_was_sent_and_has_no_verdict_is_found(world: LittleWorld, seen: Seen) -> None:
    seen.inbox = [row for row in seen.inbox if row.id != "a3"]
    assert "a3 is not there" in told(world, seen)


def test_a_verdict_on_what_nobody_sent_is_found(world: LittleWorld, seen: Seen) -> None:
    seen.inbox = [*seen.inbox, seen.inbox[0]._replace(id="made-up")]
    assert "made-up" in told(world, seen)


def test_an_event_that_its_owner_never_answered_is_found(world: LittleWorld, seen: Seen) -> None:
    seen.inbox = [row._replace(verdict="routed") if row.id == "a2" else row for row in seen.inbox]
    assert "a2 has no verdict" in told(world, seen)
    assert any("a2" in line for line in unfinished(seen))


def test_a_delivery_without_a_receipt_is_found(world: LittleWorld, seen: Seen) -> None:
    seen.receipts = [row for row in seen.receipts if not row.repetition]
    assert "a1" in told(world, seen)


def test_two_final_verdicts_on_one_delivery_are_found(world: LittleWorld, seen: Seen) -> None:
    last = seen.receipts[-1]
    seen.receipts = [*seen.receipts, last._replace(position=last.position + 1)]
    assert "more than one final verdict" in told(world, seen)


def test_a_repetition_that_is_not_marked_is_found(world: LittleWorld, seen: Seen) -> None:
    seen.receipts = [row._replace(repetition=False) for row in seen.receipts]
    assert "is a repetition" in told(world, seen)


def test_an_event_that_was_recorded_twice_is_found(world: LittleWorld) -> None:
    world._record("intake", CASES[0], "org.reftrack.client-contacted.v1", {}, cause="a1")
    assert "caused org.reftrack.client-contacted.v1 2 times" in told(world, world.all())


def test_an_accepted_event_that_was_not_recorded_is_found(world: LittleWorld) -> None:
    world.events["intake"] = [row for row in world.events["intake"] if b'"a3"' not in row.state]
    assert "a3 is accepted and caused nothing" in told(world, world.all())


def test_events_of_a_case_recorded_in_another_order_than_sent_are_found(world: LittleWorld) -> None:
    world.contact("a5", CASES[0])
    world.contact("a4", CASES[0])
    one, other = world.events["intake"][-2:]
    states = other.state, one.state
    world.events["intake"][-2:] = [one._replace(state=states[0]), other._replace(state=states[1])]
    assert "a5" in told(world, world.all())


def test_an_answer_that_says_otherwise_than_the_inbox_is_found(world: LittleWorld) -> None:
    world.inbox = [row._replace(verdict="accepted") for row in world.inbox]
    assert "b2" in told(world, world.all())


def test_answers_in_another_order_than_routed_are_found(world: LittleWorld) -> None:
    world.refer("a6", CASES[0])
    rows = world.events["referral"]
    mine = [place for place, row in enumerate(rows) if row.subject == CASES[0]]
    one, other = rows[mine[0]], rows[mine[1]]
    rows[mine[0]], rows[mine[1]] = one._replace(state=other.state), other._replace(state=one.state)
    assert "stream" in told(world, world.all())


def test_a_gap_in_the_positions_of_a_store_is_found(world: LittleWorld, seen: Seen) -> None:
    events = list(seen.stores["intake"].events)
    events[-1] = events[-1]._replace(position=events[-1].position + 1)
    seen.stores["intake"].events = events
    assert "intake.stored_events" in told(world, seen)


def test_recorded_at_that_does_not_rise_is_found(world: LittleWorld, seen: Seen) -> None:
    events = list(seen.stores["intake"].events)
    events[1] = events[1]._replace(recorded_at=events[0].recorded_at)
    seen.stores["intake"].events = events
    assert "recorded_at" in told(world, seen)


def test_a_message_missing_in_the_history_is_found(world: LittleWorld, seen: Seen) -> None:
    seen.history = [row._replace(seq=n) for n, row in enumerate(seen.history[1:], start=1)]
    seen.views = [View("cases", len(seen.history), True, 0)]
    assert "history: event 1 of /services/intake is not there" in told(world, seen)


def test_a_message_that_is_twice_in_the_history_is_found(world: LittleWorld, seen: Seen) -> None:
    seen.history = [*seen.history, seen.history[0]._replace(seq=len(seen.history) + 1)]
    assert "is there 2 times" in told(world, seen)


def test_a_gap_in_the_history_is_found(world: LittleWorld, seen: Seen) -> None:
    seen.history = [row._replace(seq=row.seq + 1) for row in seen.history]
    assert "history: 2 stands where 1 should" in told(world, seen)


def test_a_case_out_of_order_in_the_history_is_found(world: LittleWorld, seen: Seen) -> None:
    mine = [row for row in seen.history if row.subject == CASES[0] and "intake" in row.source]
    seqs = dict(zip(mine, [row.seq for row in reversed(mine)], strict=True))
    seen.history = [row._replace(seq=seqs.get(row, row.seq)) for row in seen.history]
    assert f"history: case {CASES[0]}" in told(world, seen)


@pytest.mark.parametrize("service", ["intake", "referral", "followup", "reporting"])
def test_a_service_that_lags_is_found(world: LittleWorld, seen: Seen, service: str) -> None:
    behind = seen.stores[service].positions[0]
    seen.stores[service].positions = [
        behind._replace(next_offset=behind.next_offset - 1),
        *seen.stores[service].positions[1:],
    ]
    assert any(line.startswith(service) for line in unfinished(seen))
    told(world, seen)


def test_a_partition_that_nobody_took_in_is_found(world: LittleWorld, seen: Seen) -> None:
    seen.stores["reporting"].positions = []
    assert "reporting: has taken nothing" in told(world, seen)


def test_what_is_parked_is_found(world: LittleWorld, seen: Seen) -> None:
    seen.stores["referral"] = replace(seen.stores["referral"], parked=["KeyError (case)"])
    assert "referral: parked KeyError" in told(world, seen)


@pytest.mark.parametrize("view", [View("cases", 8, False, 3), View("cases", 1, True, 0)])
def test_a_view_that_differs_or_lags_is_found(world: LittleWorld, seen: Seen, view: View) -> None:
    seen.views = [view]
    assert "view cases" in told(world, seen)
