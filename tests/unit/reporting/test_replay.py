from __future__ import annotations

from datetime import UTC, datetime

import pytest
from contracts.events import followup, intake, referral
from contracts.vocabulary import Channel, ClientGroup, DetoxKind, OrgKind, Service
from hypothesis import given
from hypothesis import strategies as st
from reporting.pathway.entry import Entry
from reporting.pathway.replay import AsOf, Step, replay

from tests.unit.reporting.story import Story, named

GROUP = ClientGroup.DRUG_USER
EVER = AsOf()


def day(number: int) -> datetime:
    return datetime(2019, 3, number, tzinfo=UTC)


@pytest.fixture(scope="module")
def told() -> list[Entry]:
    """Contacted on the 1st, referred on the 2nd, admitted on the 4th; a contact told late, on the 9th."""
    story = Story()
    opened = intake.CaseOpened(client_id=named("client", "an"), client_group=GROUP)
    contact = intake.ClientContacted(channel=Channel.STREET, commune="c1", client_group=GROUP)
    story.intake("a", opened, at=day(1), recorded_at=day(1))
    story.intake("a", contact, at=day(1), recorded_at=day(2))
    requested = referral.ReferralRequested(service=Service.METHADONE, provider="clinic", number="CG-AAAA-B")
    story.referral("a", "r", requested, at=day(2), recorded_at=day(3))
    story.referral("a", "r", referral.ReferralReceived(), at=day(5), recorded_at=day(5))
    admitted = followup.DetoxAdmitted(kind=DetoxKind.VOLUNTARY, facility="f", stay_number="LT-AAAA-B")
    story.followup("a", admitted, at=day(4), recorded_at=day(6))
    earlier = intake.ClientContacted(channel=Channel.OFFICE, commune="c0", client_group=GROUP)
    story.intake("a", earlier, at=day(1).replace(month=2), recorded_at=day(9))
    return story.entries()


def steps(told: list[Entry], as_of: AsOf = EVER) -> list[Step]:
    return list(replay(named("case", "a"), told, as_of))


def referral_states(step: Step) -> list[str]:
    return [each.state for each in step.state.referrals.values()]


def test_each_step_has_the_state_after_it(told: list[Entry]) -> None:
    replayed = steps(told)
    assert [step.number for step in replayed] == [1, 2, 3, 4, 5, 6]
    assert [step.state.case.stage for step in replayed[:3]] == ["", "contacted", "contacted"]
    assert [referral_states(step) for step in replayed] == [
        [],
        [],
        ["requested"],
        ["received"],
        ["received"],
        ["received"],
    ]
    assert [step.state.case.followup_state for step in replayed[3:5]] == ["none", "in_detox"]


def test_a_later_step_does_not_change_an_earlier_state(told: list[Entry]) -> None:
    replayed = steps(told)
    assert (replayed[4].state.case.commune, replayed[5].state.case.commune) == ("c1", "c0")


def test_as_recorded_by_a_day_what_was_told_later_is_not_known(told: list[Entry]) -> None:
    last = steps(told, AsOf(recorded_by=day(5)))[-1]
    assert (last.state.case.commune, last.state.case.followup_state) == ("c1", "none")


def test_as_occurred_by_a_day_what_happened_later_has_not_happened_though_it_is_known(
    told: list[Entry],
) -> None:
    last = steps(told, AsOf(occurred_by=day(3)))[-1]
    assert referral_states(last) == ["requested"]
    assert last.state.case.commune == "c0"


def test_both_axes_together(told: list[Entry]) -> None:
    last = steps(told, AsOf(occurred_by=day(3), recorded_by=day(2)))[-1]
    assert (last.number, referral_states(last), last.state.case.commune) == (2, [], "c1")


def test_a_moment_is_included(told: list[Entry]) -> None:
    assert len(steps(told, AsOf(recorded_by=day(1)))) == 1


@given(st.permutations(range(4)))
def test_the_steps_are_the_same_in_whatever_order_the_entries_are_read(order: list[int]) -> None:
    entries = _told_once()
    assert steps([entries[place] for place in order]) == steps(entries)


def _told_once() -> list[Entry]:
    story = Story()
    contact = intake.ClientContacted(channel=Channel.STREET, commune="c1", client_group=GROUP)
    story.intake("a", contact, contact)
    story.referral("a", "r", referral.ReferralReceived())
    story.followup("a", followup.HandoverReceived())
    return story.entries()


def test_what_caused_a_step_comes_before_it_though_the_other_services_clock_was_slow() -> None:
    story = Story()
    opened = intake.CaseOpened(client_id=named("client", "an"), client_group=GROUP)
    [first] = story.intake("a", opened, recorded_at=day(2))
    routed = intake.AgencyEventRouted(
        type="org.reftrack.referral-requested.v1",
        event_source="/agencies/ubnd-bo-de",
        event_id="e-1",
        posted_by="ubnd-bo-de",
        org_kind=OrgKind.COMMUNE_AUTHORITY,
        data={},
    )
    [cause] = story.intake("a", routed, recorded_at=day(3))
    requested = referral.ReferralRequested(service=Service.METHADONE, provider="clinic", number="CG-AAAA-B")
    [effect] = story.referral("a", "r", requested, recorded_at=day(1), causation_id=cause.event_id)
    [next_] = story.referral("a", "r", referral.ReferralReceived(), recorded_at=day(4))
    expected = [first, cause, effect, next_]
    for told in (story.entries(), story.entries()[::-1]):
        assert [step.entry.event_id for step in steps(told)] == [each.event_id for each in expected]
    known_then = steps(story.entries(), AsOf(recorded_by=day(2)))
    assert [step.entry.event_id for step in known_then] == [effect.event_id, first.event_id]
