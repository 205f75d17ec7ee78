"""Nothing is shared beyond what one consent, or the law, covers; withdrawing and expiry never widen it."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from consent import (
    Allowed,
    Client,
    Consent,
    Evidence,
    Guardian,
    Recipient,
    Recipients,
    Refused,
    Request,
    Scope,
    What,
    Withdrawal,
    decide,
)
from contracts.base import Label
from contracts.catalogue import reasons, text
from contracts.vocabulary import OrgKind, PurposeOfUse
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import Policy
from reference.days import local_day

from tests.unit.consent.table import Case, cases, told

POLICY = Policy.load(Path(__file__).parents[3] / "deploy" / "reference" / "policy")
ON_THE_LIST = {
    OrgKind.COMMUNE_SOCIAL,
    OrgKind.DISTRICT_SOCIAL,
    OrgKind.HEALTH_STATION,
    OrgKind.PROVIDER,
    OrgKind.METHADONE_CLINIC,
    OrgKind.DETOX_FACILITY,
}


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_the_table_of_cases(case: Case) -> None:
    assert told(decide(case.consents, case.request, case.at, POLICY)) == case.then


def test_every_reason_stands_in_the_table_and_has_its_text_in_both_languages() -> None:
    told_of = {what for case in cases() for what in case.then.get("missing", {})}
    assert told_of == {what.value for what in What}
    assert {what.value for what in What} <= reasons().keys()
    said = text(What.RECIPIENT, "vi", values="commune_authority")
    assert said.startswith("Khách hàng chưa đồng ý chia sẻ với: UBND")


KINDS = (OrgKind.PROVIDER, OrgKind.WARD_POLICE, OrgKind.METHADONE_CLINIC, OrgKind.COMMUNE_AUTHORITY)
ORGS = ("a", "b")
LABELS = (Label.DRUG, Label.HIV, Label.OST)
PURPOSES = (PurposeOfUse.TREATMENT, PurposeOfUse.COORDINATION)
BASES = (None, "hiv_treating_staff", "substitution_transfer", "detox_file", "no_such_ground")


def sets(of: tuple[str, ...]) -> st.SearchStrategy[frozenset[str]]:
    return st.frozensets(st.sampled_from(of))


INSTANTS = st.integers(1_420_070_400, 1_830_000_000).map(lambda second: datetime.fromtimestamp(second, UTC))
DAYS = st.dates(date(2015, 1, 1), date(2028, 1, 1))
RECIPIENTS = st.builds(Recipients, sets(KINDS), sets(ORGS))
WITHDRAWALS = st.builds(Withdrawal, INSTANTS, sets(PURPOSES), sets(LABELS), RECIPIENTS)
ANY = st.builds(
    Consent,
    id=st.uuids().map(str),
    given_at=INSTANTS,
    scope=st.builds(Scope, sets(PURPOSES), RECIPIENTS, sets(LABELS)),
    expires_on=st.none() | DAYS,
    by_client=st.booleans(),
    guardian=st.none() | st.just(Guardian("parent")),
    withdrawals=st.lists(WITHDRAWALS, max_size=2).map(tuple),
)
WIDE = st.builds(
    Consent,
    id=st.uuids().map(str),
    given_at=INSTANTS,
    scope=st.just(Scope(frozenset(PURPOSES), Recipients(frozenset(KINDS)), frozenset(LABELS))),
    expires_on=st.none() | DAYS,
    guardian=st.just(Guardian("parent")),
    withdrawals=st.lists(WITHDRAWALS, max_size=1).map(tuple),
)
CONSENTS = WIDE | ANY
CLIENTS = st.builds(Client, st.none() | st.integers(1950, 2025) | DAYS, st.booleans())
REQUESTS = st.builds(
    Request,
    purpose=st.sampled_from(PURPOSES),
    recipient=st.builds(Recipient, st.sampled_from(ORGS), st.sampled_from(KINDS)),
    labels=sets(LABELS),
    client=CLIENTS,
    legal_basis=st.sampled_from(BASES),
)
MANY = st.lists(CONSENTS, max_size=4)


def allowed(consents: list[Consent], request: Request, at: datetime) -> bool:
    return isinstance(decide(consents, request, at, POLICY), Allowed)


def covered_by(consent: Consent, request: Request, at: datetime) -> bool:
    """The same rule said once more, from the raw fields and for one consent, in another way."""
    left = [one for one in consent.withdrawals if one.at <= at]
    nothing_named = [
        not one.purposes and not one.labels and not one.recipients.kinds and not one.recipients.orgs
        for one in left
    ]
    org, kind = request.recipient.org, request.recipient.kind
    reached = kind in consent.scope.recipients.kinds or org in consent.scope.recipients.orgs
    taken_out = any(kind in one.recipients.kinds or org in one.recipients.orgs for one in left)
    return (
        not any(nothing_named)
        and consent.given_at <= at
        and (consent.expires_on is None or local_day(at) <= consent.expires_on)
        and request.purpose in consent.scope.purposes
        and not any(request.purpose in one.purposes for one in left)
        and reached
        and not taken_out
        and all(label in consent.scope.labels for label in request.labels)
        and not any(label in one.labels for one in left for label in request.labels)
        and agreed(consent, request.client, local_day(consent.given_at))
        and agreed(consent, request.client, local_day(at))
    )


def agreed(consent: Consent, client: Client, day: date) -> bool:
    """Under 16 a guardian, from 7 on both (since 1 July 2023); from 16 on the client and nobody else."""
    if client.represented:
        return consent.guardian is not None
    if client.born is None:
        return consent.by_client
    birthday = date(client.born, 12, 31) if isinstance(client.born, int) else client.born
    if day.year - birthday.year - ((day.month, day.day) < (birthday.month, birthday.day)) >= 16:
        return consent.by_client
    age = day.year - birthday.year - ((day.month, day.day) < (birthday.month, birthday.day))
    both = age >= 7 and day >= date(2023, 7, 1)
    return consent.guardian is not None and (consent.by_client or not both)


def test_the_generator_gives_both_answers_often_enough_to_tell_something() -> None:
    answers: list[bool] = []

    @settings(max_examples=300, derandomize=True, database=None)
    @given(MANY, REQUESTS, INSTANTS)
    def ask(consents: list[Consent], request: Request, at: datetime) -> None:
        answers.append(allowed(consents, replace(request, legal_basis=None), at))

    ask()
    assert 0.1 < sum(answers) / len(answers) < 0.9


@given(MANY, REQUESTS, INSTANTS)
def test_it_is_allowed_by_consent_exactly_when_one_consent_covers_all_of_it(
    consents: list[Consent], request: Request, at: datetime
) -> None:
    asked = replace(request, legal_basis=None)
    listed = Label.HIV not in request.labels or request.recipient.kind in ON_THE_LIST or at < HIV_LAW
    decision = decide(consents, asked, at, POLICY)
    covering = {consent.id for consent in consents if covered_by(consent, asked, at)}
    assert isinstance(decision, Allowed) is (listed and bool(covering))
    if isinstance(decision, Allowed):
        assert decision.reference in covering
    else:
        assert decision.missing


HIV_LAW = datetime(2006, 12, 31, 17, tzinfo=UTC)


@given(MANY, REQUESTS, INSTANTS)
def test_nobody_outside_the_closed_list_ever_learns_of_hiv(
    consents: list[Consent], request: Request, at: datetime
) -> None:
    asked = replace(request, labels=request.labels | {Label.HIV})
    if asked.recipient.kind not in ON_THE_LIST:
        assert not allowed(consents, asked, at)


@given(MANY, REQUESTS, INSTANTS)
def test_what_the_law_covers_it_covers_without_any_consent_and_never_more_than_it_names(
    consents: list[Consent], request: Request, at: datetime
) -> None:
    decision = decide(consents, request, at, POLICY)
    if isinstance(decision, Allowed) and decision.ground == "law":
        basis = POLICY.holding(local_day(at)).legal_bases()[decision.reference]
        assert decision.reference == request.legal_basis
        assert request.purpose in basis.purposes
        assert request.recipient.kind in basis.recipients
        assert request.labels <= set(basis.labels)
        assert decide([], request, at, POLICY) == decision


@given(MANY, REQUESTS, INSTANTS, WITHDRAWALS, st.data())
def test_withdrawing_never_widens(
    consents: list[Consent], request: Request, at: datetime, taken: Withdrawal, data: st.DataObject
) -> None:
    if not consents:
        return
    number = data.draw(st.integers(0, len(consents) - 1))
    after = [one.withdrawn(taken) if n == number else one for n, one in enumerate(consents)]
    assert not allowed(after, request, at) or allowed(consents, request, at)


@given(MANY, REQUESTS, INSTANTS, INSTANTS)
def test_what_was_withdrawn_whole_is_of_no_use_from_that_instant_on(
    consents: list[Consent], request: Request, at: datetime, withdrawn_at: datetime
) -> None:
    asked = replace(request, legal_basis=None)
    after = [one.withdrawn(Withdrawal(withdrawn_at)) for one in consents]
    assert allowed(after, asked, at) is (at < withdrawn_at and allowed(consents, asked, at))


@given(MANY, REQUESTS, INSTANTS, DAYS)
def test_an_earlier_last_day_never_widens(
    consents: list[Consent], request: Request, at: datetime, last: date
) -> None:
    sooner = [replace(one, expires_on=min(last, one.expires_on or last)) for one in consents]
    assert not allowed(sooner, request, at) or allowed(consents, request, at)


@given(CONSENTS, REQUESTS, INSTANTS, st.integers(0, 4000))
def test_what_has_expired_stays_expired(consent: Consent, request: Request, at: datetime, days: int) -> None:
    asked = replace(request, legal_basis=None)
    if consent.expires_on is not None and consent.expires_on < local_day(at):
        assert not allowed([consent], asked, at + timedelta(days=days))


@given(MANY, CONSENTS, REQUESTS, INSTANTS)
def test_one_more_consent_never_narrows(
    consents: list[Consent], more: Consent, request: Request, at: datetime
) -> None:
    assert allowed([*consents, more], request, at) or not allowed(consents, request, at)


@given(MANY, REQUESTS, INSTANTS, sets(LABELS))
def test_who_may_have_all_of_it_may_have_less(
    consents: list[Consent], request: Request, at: datetime, kept: frozenset[Label]
) -> None:
    if allowed(consents, request, at):
        assert allowed(consents, replace(request, labels=request.labels & kept), at)


@given(MANY, REQUESTS, INSTANTS, st.randoms())
def test_the_order_in_which_consents_are_known_changes_nothing(
    consents: list[Consent], request: Request, at: datetime, random: object
) -> None:
    turned = list(consents)
    random.shuffle(turned)  # type: ignore[attr-defined]
    assert decide(turned, request, at, POLICY) == decide(consents, request, at, POLICY)


def test_the_evidence_is_the_file_that_was_signed() -> None:
    content = b"a scanned form"
    evidence = Evidence(form_number="GDY-17", file_sha256=hashlib.sha256(content).hexdigest())
    assert evidence.is_file(content)
    assert not evidence.is_file(content + b" ")


@pytest.mark.parametrize(
    ("form", "digest", "says"), [(None, None, "empty"), ("1", "ABC", "64 lower-case hex")]
)
def test_evidence_that_proves_nothing_is_refused(form: str | None, digest: str | None, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        Evidence(form, digest)


def test_a_refusal_names_the_consent_that_lacks_least() -> None:
    at = datetime(2023, 5, 5, tzinfo=UTC)
    near = Scope(frozenset(PURPOSES), Recipients(frozenset(KINDS)), frozenset())
    far = Scope(frozenset(), Recipients(), frozenset())
    consents = [Consent("far", at, far), Consent("near", at - timedelta(days=9), near)]
    asked = Request(PURPOSES[0], Recipient("a", KINDS[0]), frozenset({Label.DRUG}), Client(1980))
    found = decide(consents, asked, at, POLICY)
    assert isinstance(found, Refused)
    assert (found.nearest, [one.what for one in found.missing]) == ("near", [What.LABELS])
