"""What is told of consents, folded: the same in whatever order and however often it comes."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import pytest
from consent import Allowed, Recipient, Request, decide, ended_at, expires_at, known_of, why_ended
from contracts.base import Label, Payload
from contracts.envelope import Meta, Recorded
from contracts.events.common import EventVoided
from contracts.events.consent import ConsentGiven, ConsentWithdrawn
from contracts.events.intake import ClientRegistered
from contracts.events.people import IdentityCorrected
from contracts.vocabulary import (
    ClientGroup,
    ConsentEnd,
    IdentityCorrection,
    IdentityField,
    OrgKind,
    PurposeOfUse,
    VoidReason,
)
from hypothesis import given
from hypothesis import strategies as st
from reference import Policy

from tests.unit.consent.drawn import GIVEN, KINDS, LABELS, PURPOSES, some

POLICY = Policy.load(Path(__file__).parents[3] / "deploy" / "reference" / "policy")
CASE = UUID(int=7)
STREAM = str(CASE)
START = datetime(2023, 3, 1, 3, tzinfo=UTC)
HOURS = st.integers(0, 24 * 40)


def told(
    name: str, data: Payload, hours: int, *, late: int = 1, day: bool = False, org: str = "ldtbxh-bo-de"
) -> Recorded[Any]:
    at = START + timedelta(hours=hours)
    at = at.replace(hour=17, minute=0) if day else at
    meta = Meta(
        subject=CASE,
        occurred_at=at,
        precision="day" if day else "instant",
        received_at=at + timedelta(hours=late),
        actor="nv-01",
        org=org,
        policy_version="vn-law-2021@1",
        correlation_id="c",
    )
    return Recorded(id=name, type=data.TYPE, source="/services/intake", meta=meta, data=data)


REQUESTS = st.builds(
    Request,
    purpose=st.sampled_from(PURPOSES),
    recipient=st.builds(Recipient, st.just("office"), st.sampled_from(KINDS)),
    labels=some(LABELS).map(frozenset),
)
Log = list[Recorded[Any]]


@st.composite
def logs(draw: st.DrawFn) -> Log:
    """Consents, withdrawals of one or of all, whole or in part, and corrections of any of them."""
    found = [
        told(f"g{n}", draw(GIVEN), draw(HOURS), day=draw(st.booleans()))
        for n in range(draw(st.integers(0, 4)))
    ]
    names = [one.id for one in found]
    for n in range(draw(st.integers(0, 3))):
        taken = ConsentWithdrawn(
            consent=draw(st.none() | st.sampled_from(names)) if names else None,
            labels=draw(some(LABELS)),
            purposes=draw(some(PURPOSES)),
        )
        found.append(told(f"w{n}", taken, draw(HOURS), day=draw(st.booleans())))
    for n, wrong in enumerate(draw(st.lists(st.sampled_from(found), max_size=2)) if found else []):
        data = EventVoided(event_id=wrong.id, type=wrong.type, reason=VoidReason.OTHER)
        found.append(told(f"v{n}", data, draw(HOURS)))
    return found


def covers(log: Log, request: Request, hours: int) -> bool:
    at = START + timedelta(hours=hours)
    return isinstance(decide(known_of(log).consents, request, at, POLICY), Allowed)


@given(logs(), st.randoms(use_true_random=False), st.data())
def test_order_and_repetition_change_nothing(log: Log, random: Random, data: st.DataObject) -> None:
    again = [*log, *data.draw(st.lists(st.sampled_from(log), max_size=3))] if log else []
    random.shuffle(again)
    assert known_of(again) == known_of(log)


@given(logs(), REQUESTS, HOURS, st.data())
def test_a_withdrawal_never_widens(log: Log, request: Request, hours: int, data: st.DataObject) -> None:
    names = [one.id for one in log if isinstance(one.data, ConsentGiven)]
    taken = ConsentWithdrawn(
        consent=data.draw(st.none() | st.sampled_from(names)) if names else None,
        labels=data.draw(some(LABELS)),
    )
    more = [*log, told("w-more", taken, data.draw(HOURS), day=data.draw(st.booleans()))]
    assert covers(log, request, hours) or not covers(more, request, hours)


@given(logs(), REQUESTS, HOURS)
def test_after_all_is_withdrawn_nothing_given_before_covers_anything(
    log: Log, request: Request, hours: int
) -> None:
    more = [*log, told("w-all", ConsentWithdrawn(), 24 * 60)]
    assert not covers(more, request, 24 * 60 + hours)


@given(logs(), REQUESTS, st.dates(date(2023, 3, 1), date(2023, 4, 20)))
def test_each_consent_ends_with_its_last_day_in_viet_nam(log: Log, request: Request, last: date) -> None:
    known = known_of(log)
    for one in known.consents:
        if (end := expires_at(one)) is not None:
            assert (end.hour, end.minute, end.tzinfo) == (17, 0, UTC)
            assert not isinstance(decide([one], request, end, POLICY), Allowed)
            assert why_ended([one], one.id, end) in (ConsentEnd.EXPIRED, ConsentEnd.WITHDRAWN)


@given(logs(), HOURS)
def test_what_has_ended_ended_by_now_and_what_ended_it_is_named(log: Log, hours: int) -> None:
    at, known = START + timedelta(hours=hours), known_of(log)
    for one in [each for each in log if isinstance(each.data, ConsentGiven)]:
        assert ended_at(known.consents, one.id, at) <= at
        assert (why_ended(known.consents, one.id, at) is ConsentEnd.VOIDED) is (one.id in known.voided)


ASKED = Request(PurposeOfUse.TREATMENT, Recipient("office", OrgKind.PROVIDER), frozenset({Label.DRUG}))
WIDE = ConsentGiven(purposes=PURPOSES, recipients=KINDS, labels=LABELS)


def test_a_withdrawal_of_a_day_takes_back_what_was_given_on_that_day() -> None:
    log = [told("g", WIDE, 6), told("w", ConsentWithdrawn(), 0, day=True)]
    assert log[1].meta.occurred_at.astimezone(UTC).hour == 17
    assert not covers([told("g", WIDE, 20), told("w", ConsentWithdrawn(), 0, day=True)], ASKED, 30)


def test_a_withdrawal_of_all_leaves_what_was_given_after_it() -> None:
    assert covers([told("w", ConsentWithdrawn(), 5), told("g", WIDE, 6)], ASKED, 7)


def test_a_clock_that_runs_ahead_does_not_put_a_withdrawal_off() -> None:
    ahead = told("w", ConsentWithdrawn(), 10, late=-1)
    assert not covers([told("g", WIDE, 0), ahead], ASKED, 9)


def test_a_withdrawal_that_was_recorded_in_error_counts_no_more() -> None:
    void = EventVoided(event_id="w", type=ConsentWithdrawn.TYPE, reason=VoidReason.WRONG_PERSON)
    log = [told("g", WIDE, 0), told("w", ConsentWithdrawn(), 1), told("v", void, 2)]
    assert covers(log, ASKED, 3)


@pytest.mark.parametrize(("years", "born"), [((1990, 2010), 2010), ((2010, None), 2010), ((None,), None)])
def test_the_year_of_birth_that_was_told_last_counts(years: tuple[int | None, ...], born: int | None) -> None:
    log = [
        told(
            f"{CASE}:{n}",
            ClientRegistered(client_group=ClientGroup.DRUG_USER, birth_year=year, residence_commune="00139"),
            n,
        )
        for n, year in enumerate(years)
    ]
    assert known_of(log).client.born == born


def test_of_one_day_a_correction_counts_and_what_it_clears_is_not_known() -> None:
    """The tenth event of a case comes after the second, though nothing but its day is known."""
    registered = ClientRegistered(
        client_group=ClientGroup.DRUG_USER, birth_year=1990, residence_commune="00139"
    )
    log = [told(f"{CASE}:2", registered, 2)]
    log.append(told(f"{CASE}:10", corrected(birth_year=2010), 0, day=True, late=9))
    assert known_of(log).client.born == 2010
    log.append(told(f"{CASE}:11", corrected(cleared=(IdentityField.BIRTH_YEAR,)), 26))
    assert known_of(log).client.born is None
    assert known_of(reversed(log)).client.born is None


def corrected(**changes: Any) -> IdentityCorrected:
    return IdentityCorrected(reason=IdentityCorrection.PAPERS_SEEN, **changes)


def registered(year: int) -> ClientRegistered:
    return ClientRegistered(client_group=ClientGroup.DRUG_USER, birth_year=year, residence_commune="00139")


def in_place_of(
    wrong: Recorded[Any], right: Recorded[Any], version: int
) -> tuple[Recorded[Any], Recorded[Any]]:
    """Intake voids the one and records the other right after it, for one event of the agency."""
    cause = {"causation_id": f"correction of {wrong.id}"}
    void = EventVoided(event_id=wrong.id, type=wrong.type, reason=VoidReason.WRONG_DATA, replaced=True)
    said = told(f"{STREAM}:{version}", void, 50)
    meta = right.meta.model_copy(update=cause)
    right = right.model_copy(update={"id": f"{STREAM}:{version + 1}", "meta": meta})
    return said.model_copy(update={"meta": said.meta.model_copy(update=cause)}), right


def test_a_registration_that_is_put_right_counts_where_the_wrong_one_stood() -> None:
    first = told(f"{STREAM}:2", registered(1990), 0)
    later = told(f"{STREAM}:3", registered(1995), 1)
    void, right = in_place_of(first, told("", registered(1991), 0, late=60), 4)
    assert known_of((right, void, later, first)).client.born == 1995
    void_of_later = EventVoided(event_id=later.id, type=later.type, reason=VoidReason.WRONG_DATA)
    gone = told(f"{STREAM}:6", void_of_later, 70)
    assert known_of((first, later, void, right, gone)).client.born == 1991


def test_what_withdrew_a_consent_withdraws_also_what_is_recorded_in_its_place() -> None:
    first = told(f"{STREAM}:2", ConsentGiven(purposes=PURPOSES, recipients=KINDS, labels=LABELS), 0)
    taken = told(f"{STREAM}:3", ConsentWithdrawn(consent=first.id), 1)
    void, right = in_place_of(first, told("", first.data, 0), 4)
    void_again, again = in_place_of(right, told("", first.data, 0), 6)
    log = (first, taken, void, right, void_again, again)
    for known in (known_of(log[:4]), known_of(log)):
        (consent,) = known.consents
        assert len(consent.withdrawals) == 1


def test_a_withdrawal_of_all_that_is_put_right_leaves_what_was_given_after_we_were_told_of_it() -> None:
    """It counts as if the right one had been reported then: what the client agreed to since was not meant."""
    before, since = told(f"{STREAM}:2", WIDE, 0), told(f"{STREAM}:4", WIDE, 30)
    wrong = told(f"{STREAM}:3", ConsentWithdrawn(), 10)
    late = told(f"{STREAM}:5", WIDE, 5, late=40)
    void, right = in_place_of(wrong, told("", ConsentWithdrawn(), 48, late=1), 6)
    ends = {
        one.id: [each.at for each in one.withdrawals]
        for one in known_of((before, wrong, since, late, void, right)).consents
    }
    told_then = [wrong.meta.received_at]
    assert ends == {before.id: told_then, since.id: [], late.id: told_then}
    assert covers([before, wrong, since, late, void, right], ASKED, 60)


def test_a_withdrawal_that_is_put_right_to_name_a_later_consent_takes_that_back() -> None:
    log = [told(f"{STREAM}:2", WIDE, 0), told(f"{STREAM}:4", WIDE, 5)]
    wrong = told(f"{STREAM}:3", ConsentWithdrawn(consent=log[0].id), 8, late=-4)
    void, right = in_place_of(wrong, told("", ConsentWithdrawn(consent=log[1].id), 8, late=50), 5)
    first, second = known_of([*log, wrong, void, right]).consents
    assert [first.withdrawn_whole(START + timedelta(hours=9)), first.withdrawals] == [False, ()]
    assert [one.at for one in second.withdrawals] == [wrong.meta.received_at]
