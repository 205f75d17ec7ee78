"""A withdrawal stops what has not gone out and marks what has; expiry comes by the clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from consent import (
    Allowed,
    Client,
    Consent,
    Recipient,
    Recipients,
    Request,
    Scope,
    Share,
    Withdrawal,
    after_change,
    decide,
    expires_at,
    next_expiry,
)
from contracts.base import Label
from contracts.vocabulary import OrgKind, PurposeOfUse
from hypothesis import given
from hypothesis import strategies as st
from reference import Policy

POLICY = Policy.load(Path(__file__).parents[3] / "deploy" / "reference" / "policy")
GIVEN = datetime(2023, 3, 1, 5, tzinfo=UTC)
LATER = datetime(2023, 5, 5, 5, tzinfo=UTC)
SCOPE = Scope(
    frozenset({PurposeOfUse.TREATMENT}),
    Recipients(frozenset({OrgKind.PROVIDER, OrgKind.METHADONE_CLINIC})),
    frozenset({Label.DRUG, Label.OST}),
)
CONSENT = Consent("c1", GIVEN, SCOPE)


def share(name: str, kind: OrgKind, label: Label, sent_at: datetime | None = None) -> Share:
    request = Request(PurposeOfUse.TREATMENT, Recipient("office", kind), frozenset({label}), Client(1990))
    return Share(name, request, sent_at)


SHARES = (
    share("waits", OrgKind.PROVIDER, Label.DRUG),
    share("went", OrgKind.PROVIDER, Label.DRUG, GIVEN + timedelta(days=3)),
    share("clinic", OrgKind.METHADONE_CLINIC, Label.OST, GIVEN + timedelta(days=4)),
)


def test_nothing_is_stopped_while_the_consent_holds() -> None:
    effects = after_change([CONSENT], SHARES, LATER, POLICY)
    assert (effects.stop, effects.mark) == ((), ())


def test_a_withdrawal_stops_what_has_not_gone_out_and_marks_what_has() -> None:
    withdrawn = CONSENT.withdrawn(Withdrawal(LATER))
    effects = after_change([withdrawn], SHARES, LATER, POLICY)
    assert (effects.stop, effects.mark) == (("waits",), ("went", "clinic"))


def test_a_withdrawal_of_one_label_touches_only_what_bears_it() -> None:
    withdrawn = CONSENT.withdrawn(Withdrawal(LATER, labels=frozenset({Label.OST})))
    effects = after_change([withdrawn], SHARES, LATER, POLICY)
    assert (effects.stop, effects.mark) == ((), ("clinic",))


def test_what_another_consent_covers_goes_on() -> None:
    other = Consent("c2", GIVEN, SCOPE)
    effects = after_change([CONSENT.withdrawn(Withdrawal(LATER)), other], SHARES, LATER, POLICY)
    assert (effects.stop, effects.mark) == ((), ())


def test_a_consent_expires_at_midnight_in_viet_nam_after_its_last_day() -> None:
    last = Consent("c1", GIVEN, SCOPE, expires_on=date(2023, 8, 31))
    assert expires_at(last) == datetime(2023, 8, 31, 17, tzinfo=UTC)
    assert expires_at(CONSENT) is None


def test_a_consent_until_the_last_day_that_there_is_never_expires_and_breaks_nothing() -> None:
    never = Consent("c1", GIVEN, SCOPE, expires_on=date.max)
    assert expires_at(never) == datetime(9999, 12, 30, 17, tzinfo=UTC)


def test_a_timer_that_rings_at_an_expiry_asks_for_the_one_after_it() -> None:
    lasts = (date(2023, 8, 31), date(2023, 9, 30))
    consents = [Consent(f"c{n}", GIVEN, SCOPE, expires_on=last) for n, last in enumerate(lasts)]
    first = next_expiry(consents, GIVEN)
    assert first == (datetime(2023, 8, 31, 17, tzinfo=UTC), ("c0",))
    assert next_expiry(consents, first[0]) == (datetime(2023, 9, 30, 17, tzinfo=UTC), ("c1",))


@given(st.lists(st.none() | st.dates(date(2023, 3, 1), date(2024, 3, 1)), max_size=5), st.integers(0, 500))
def test_the_next_expiry_is_the_first_instant_at_which_a_decision_changes(
    lasts: list[date | None], days: int
) -> None:
    consents = [Consent(f"c{n}", GIVEN, SCOPE, expires_on=last) for n, last in enumerate(lasts)]
    after = GIVEN + timedelta(days=days)
    found = next_expiry(consents, after)
    ends = {
        last
        for last in lasts
        if last is not None and datetime(last.year, last.month, last.day, 17, tzinfo=UTC) > after
    }
    if found is None:
        assert not ends
        return
    at, expired = found
    asked = SHARES[0].request
    for consent in consents:
        before = decide([consent], asked, at - timedelta(microseconds=1), POLICY)
        then = decide([consent], asked, at, POLICY)
        changed = isinstance(before, Allowed) and not isinstance(then, Allowed)
        assert changed is (consent.id in expired)
    assert {consent.expires_on for consent in consents if consent.id in expired} == {min(ends)}
