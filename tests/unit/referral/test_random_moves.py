"""Whatever is posted in whatever order: a referral never leaves the table, each event is answered once."""

from __future__ import annotations

from collections import Counter

from contracts.base import Payload
from contracts.events.common import AgencyEventDeferred, AgencyEventRefused
from contracts.states import MOVE_OF, ReferralState, may_still_come
from hypothesis import given as for_all
from hypothesis import strategies as st
from referral.domain import Referral

from tests.unit.referral.stories import (
    PROVIDER,
    SENDER,
    STRANGER,
    posts,
    recorded,
    requested,
)
from tests.unit.referral.test_referral import (
    ACCEPTED,
    CLOSED,
    COMPLETED,
    FAILED,
    HELD,
    INTERIM,
    RECEIVED,
    REJECTED,
    SCHEDULED,
    STARTED,
)

MOVES = st.sampled_from(
    [RECEIVED, ACCEPTED, REJECTED, SCHEDULED, STARTED, INTERIM, HELD, COMPLETED, FAILED, CLOSED]
)
ORGS = st.sampled_from([None, None, None, SENDER, PROVIDER, STRANGER])
FEEDS = st.lists(st.tuples(MOVES, ORGS, st.integers(0, 99)), max_size=25)
Feed = list[tuple[Payload, str | None, int]]


def referral_after(feed: Feed) -> Referral:
    referral = requested()
    for number, (payload, org, hours) in enumerate(feed):
        posts(payload, org=org, cause=f"routed:{number}", hours=hours)(referral)
    return referral


@for_all(FEEDS)
def test_every_recorded_move_is_one_that_the_table_has(feed: Feed) -> None:
    state = ReferralState.REQUESTED
    for happened in recorded(referral_after(feed)):
        if (move := MOVE_OF.get(type(happened.data))) is not None:
            assert state in move.from_
            state = move.to


@for_all(FEEDS)
def test_what_still_waits_can_still_come(feed: Feed) -> None:
    referral = referral_after(feed)
    for kept in referral.kept:
        move = MOVE_OF[type(kept.payload)]
        assert referral.state not in move.from_
        assert may_still_come(move.name, referral.state)


@for_all(FEEDS)
def test_each_event_is_carried_out_or_refused_exactly_once_or_still_waits(feed: Feed) -> None:
    referral = referral_after(feed)
    final = Counter(
        happened.meta.causation_id
        for happened in recorded(referral)
        if not isinstance(happened.data, AgencyEventDeferred)
    )
    final.update(kept.cause for kept in referral.kept)
    assert final == Counter(f"routed:{number}" for number in range(len(feed)))


@for_all(FEEDS)
def test_only_the_party_that_the_table_names_has_moved_it(feed: Feed) -> None:
    for happened in recorded(referral_after(feed)):
        if isinstance(happened.data, AgencyEventRefused | AgencyEventDeferred):
            continue
        party = SENDER if MOVE_OF[type(happened.data)].who == "sender" else PROVIDER
        assert happened.meta.org == party


@for_all(FEEDS)
def test_its_history_gives_back_the_same_referral(feed: Feed) -> None:
    referral = referral_after(feed)
    again: Referral | None = None
    for happened in referral.collect_events():
        again = happened.mutate(again)
    assert again is not None
    assert vars(again) == vars(referral)
