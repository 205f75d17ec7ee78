"""What the list of consents shows is what is decided by: who reads it can tell what a request is answered."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import pytest
from consent import Allowed, Client, known_of
from contracts.base import Label, Payload
from contracts.envelope import Meta, Recorded
from contracts.events.common import EventVoided
from contracts.events.consent import ConsentGiven, ConsentWithdrawn
from contracts.vocabulary import PurposeOfUse, VoidReason
from hypothesis import given
from hypothesis import strategies as st
from reference import Organisation, Policy
from referral.domain.sharing import request_of, share
from reftrack.reporting.v1 import consents_pb2 as pb
from reporting.rpc.consents import consents_in

from tests.unit.consent.drawn import GIVEN, KINDS, LABELS, PURPOSES, some

POLICY = Policy.load(Path(__file__).parents[3] / "deploy" / "reference" / "policy")
CASE = UUID(int=7)
START = datetime(2023, 3, 1, 3, tzinfo=UTC)
NOW = START + timedelta(days=20)
OFFICES = tuple(
    Organisation.model_validate(
        {"id": f"office-{n}", "kind": kind, "name": {"vi": "x", "en": "x"}, "province": "01"}
    )
    for n, kind in enumerate(KINDS)
)
WIDE = ConsentGiven(purposes=PURPOSES, recipients=KINDS, labels=LABELS)
Log = list[Recorded[Any]]


def said(
    version: int, data: Payload, hours: int, cause: str, *, day: bool = False, late: int = 0
) -> Recorded[Any]:
    at = START + timedelta(hours=hours)
    meta = Meta(
        subject=CASE,
        occurred_at=at.replace(hour=17) if day else at,
        precision="day" if day else "instant",
        received_at=START + timedelta(hours=hours + late),
        actor="nv-01",
        org="ldtbxh-bo-de",
        policy_version="vn-law-2021@1",
        correlation_id="c",
        causation_id=cause,
    )
    return Recorded(id=f"{CASE}:{version}", type=data.TYPE, source="/services/intake", meta=meta, data=data)


def corrected(log: Log, wrong: Recorded[Any], right: Payload, hours: int, *, late: int = 0) -> Recorded[Any]:
    """As intake records it: the wrong one is voided, what is right stands right after."""
    cause, version = f"correction-{len(log)}", len(log) + 1
    void = EventVoided(event_id=wrong.id, type=wrong.type, reason=VoidReason.WRONG_DATA, replaced=True)
    log.append(said(version, void, 24 * 15, cause))
    log.append(said(version + 1, right, hours, cause, late=late))
    return log[-1]


def listed(log: Iterable[Recorded[Any]], now: datetime = NOW) -> list[pb.Consent]:
    return list(consents_in(log, now))


def covered_by_the_list(
    consents: Iterable[pb.Consent], purpose: PurposeOfUse, office: Organisation, labels: Iterable[Label]
) -> bool:
    """What somebody who reads the list would say."""
    return any(
        one.state in ("in_force", "narrowed")
        and purpose in one.purposes_left
        and set(labels) <= set(one.labels_left)
        and office.kind in one.recipients
        and not any(office.kind in taken.recipients for taken in one.withdrawals)
        for one in consents
    )


def answered(log: Log, purpose: PurposeOfUse, office: Organisation, labels: Iterable[Label]) -> bool:
    """What a request for a referral is answered."""
    known = known_of(log)
    request = request_of(purpose, labels, office, client=Client(), province="01")
    return isinstance(share(None, request, known.consents, NOW, POLICY).decision, Allowed)


HOURS = st.integers(0, 24 * 14)


@st.composite
def logs(draw: st.DrawFn) -> Log:
    """Consents, withdrawals of one or of all, whole or in part, corrections of any of them, of corrections
    too, and voids."""
    log: Log = [said(1, draw(GIVEN), draw(HOURS), "first")]
    for what in draw(st.lists(st.sampled_from(("give", "take", "correct", "void")), max_size=5)):
        standing, version = [one for one in log if one.id not in gone(log)], len(log) + 1
        if what == "give" or not standing:
            log.append(said(version, draw(GIVEN), draw(HOURS), f"e{version}"))
        elif what == "take":
            day = draw(st.booleans())
            log.append(said(version, draw(taking(standing)), draw(HOURS), f"e{version}", day=day))
        elif what == "correct":
            wrong = draw(st.sampled_from(standing))
            right = draw(GIVEN if isinstance(wrong.data, ConsentGiven) else taking(standing))
            corrected(log, wrong, right, draw(HOURS), late=draw(st.integers(-48, 48)))
        else:
            wrong = draw(st.sampled_from(standing))
            void = EventVoided(event_id=wrong.id, type=wrong.type, reason=VoidReason.OTHER)
            log.append(said(version, void, 24 * 15, f"e{version}"))
    return log


def gone(log: Log) -> set[str]:
    voids = {one.id for one in log if isinstance(one.data, EventVoided)}
    return voids | {one.data.event_id for one in log if isinstance(one.data, EventVoided)}


def taking(standing: Log) -> st.SearchStrategy[ConsentWithdrawn]:
    names = [one.id for one in standing if isinstance(one.data, ConsentGiven)]
    return st.builds(
        ConsentWithdrawn,
        consent=st.sampled_from([*names, None]),
        purposes=some(PURPOSES),
        recipients=some(KINDS),
        labels=some(LABELS),
    )


@given(logs(), st.sampled_from(PURPOSES), st.sampled_from(OFFICES), some(LABELS), st.randoms())
def test_whoever_reads_the_list_can_tell_what_a_request_is_answered(
    log: Log, purpose: PurposeOfUse, office: Organisation, labels: tuple[Label, ...], random: Random
) -> None:
    shuffled = random.sample(log, len(log))
    told = covered_by_the_list(listed(shuffled), purpose, office, labels)
    assert told is answered(log, purpose, office, labels)


@given(logs(), st.randoms())
def test_what_is_shown_as_withdrawn_or_narrowed_names_a_withdrawal_and_what_is_in_force_none(
    log: Log, random: Random
) -> None:
    for one in listed(random.sample(log, len(log))):
        if one.state in ("withdrawn", "narrowed", "in_force"):
            assert bool(one.withdrawals) is (one.state != "in_force")


def test_a_consent_that_is_put_right_after_its_withdrawal_shows_that_withdrawal() -> None:
    log = [said(1, WIDE, 0, "g")]
    log.append(said(2, ConsentWithdrawn(consent=log[0].id, labels=(Label.DRUG,)), 1, "w"))
    right = corrected(log, log[0], WIDE.model_copy(update={"form_number": "GDY-2"}), 0, late=60)
    shown = {one.event_id: one for one in listed(log)}
    assert [list(each.labels) for each in shown[right.id].withdrawals] == [[Label.DRUG]]
    assert (shown[right.id].state, list(shown[right.id].labels_left)) == ("narrowed", [Label.OST])


def test_a_withdrawal_that_is_put_right_is_shown_as_it_is_right_alone() -> None:
    log = [said(1, WIDE, 0, "g")]
    wrong = said(2, ConsentWithdrawn(consent=log[0].id), 1, "w")
    log.append(wrong)
    corrected(log, wrong, ConsentWithdrawn(consent=log[0].id, purposes=PURPOSES[:1]), 1, late=60)
    (shown,) = listed(log)
    assert [list(each.purposes) for each in shown.withdrawals] == [list(PURPOSES[:1])]
    assert (shown.state, list(shown.purposes_left)) == ("narrowed", list(PURPOSES[1:]))


@pytest.mark.parametrize("hours", [3, -3])
def test_a_withdrawal_is_shown_from_when_it_acts_whatever_the_clocks_say(hours: int) -> None:
    """One clock runs ahead of the other: of the office that told, or of the service that answers."""
    log = [said(1, WIDE, 0, "g"), said(2, ConsentWithdrawn(), 10, "w", late=-hours)]
    (shown,) = listed(log, START + timedelta(hours=9))
    assert shown.state == "withdrawn"
    assert shown.withdrawals[0].at.ToDatetime(UTC) == START + timedelta(hours=10 - max(hours, 0))
