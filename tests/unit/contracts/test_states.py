"""The table of a referral's states: complete, and the same as the domain's text says."""

from __future__ import annotations

import pytest
from contracts.states import (
    FHIR_TASK,
    MOVE_OF,
    MOVES,
    Party,
    ReferralState,
    may_still_come,
    moves_from,
    next_states,
)

FHIR_STATUSES = {
    "requested",
    "received",
    "accepted",
    "rejected",
    "in-progress",
    "on-hold",
    "completed",
    "failed",
    "cancelled",
    "entered-in-error",
}
TERMINAL = {
    ReferralState.CLOSED,
    ReferralState.REJECTED,
    ReferralState.CANCELLED,
    ReferralState.VOIDED,
}


@pytest.mark.parametrize(
    ("state", "following"),
    [
        ("requested", {"received", "rejected", "cancelled"}),
        ("received", {"accepted", "rejected"}),
        ("accepted", {"scheduled", "in_progress", "failed"}),
        ("scheduled", {"in_progress", "accepted", "failed"}),
        ("in_progress", {"on_hold", "completed", "failed"}),
        ("on_hold", {"in_progress", "failed"}),
        ("completed", {"closed"}),
        ("failed", {"closed"}),
        ("closed", set()),
        ("rejected", set()),
        ("cancelled", set()),
        ("voided", set()),
    ],
)
def test_each_state_leads_where_the_domain_says(state: str, following: set[str]) -> None:
    assert {str(found) for found in next_states(ReferralState(state))} == following


def test_every_state_is_reached_from_the_first_one_or_by_voiding_the_request() -> None:
    reached = {move.to for move in MOVES.values()} | {ReferralState.REQUESTED, ReferralState.VOIDED}
    assert reached == set(ReferralState)


def test_only_terminal_states_allow_no_move() -> None:
    assert {state for state in ReferralState if not moves_from(state)} == TERMINAL


def test_each_event_makes_one_move() -> None:
    assert len(MOVE_OF) == len(MOVES)


def test_the_sender_closes_the_loop_and_the_provider_does_all_else() -> None:
    assert {name for name, move in MOVES.items() if move.who is Party.SENDER} == {"close_loop"}
    assert {name for name, move in MOVES.items() if move.who is Party.SYSTEM} == {"cancel"}


@pytest.mark.parametrize(
    ("move", "state", "waits"),
    [
        ("accept", "requested", True),
        ("close_loop", "requested", True),
        ("start_service", "on_hold", False),
        ("miss_appointment", "accepted", True),
        ("reject", "accepted", False),
        ("receive", "rejected", False),
        ("receive", "received", False),
        ("resume", "in_progress", True),
    ],
)
def test_a_move_waits_only_if_moves_not_yet_reported_lead_to_it(move: str, state: str, waits: bool) -> None:
    assert may_still_come(move, ReferralState(state)) is waits


def test_every_state_has_its_fhir_task_status() -> None:
    assert set(FHIR_TASK) == set(ReferralState)
    assert {status for status, _ in FHIR_TASK.values()} <= FHIR_STATUSES
