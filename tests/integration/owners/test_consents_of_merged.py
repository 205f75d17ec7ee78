"""Whose consents count for what was asked of a client in the case of another, when they are two again."""

from __future__ import annotations

from typing import Any, NamedTuple
from uuid import UUID, uuid4

import pytest
from contracts.base import Payload
from contracts.envelope import Recorded
from contracts.events.consent import ConsentWithdrawn
from contracts.events.intake import CaseOpened, PlanAgreed, PlanItem
from contracts.events.people import ClientsMerged, ClientsUnmerged
from contracts.events.referral import ReferralReceived, ReferralRequested
from contracts.vocabulary import ClientGroup, MergeGround, Service

from tests.integration.owners.intake_log import BEGUN, IntakeLog
from tests.integration.owners.test_consent import HOUR, REQUEST, SENDER, answer_to, moves
from tests.integration.owners.world import World, kinds


class Twins(NamedTuple):
    """Two people, each with a case, taken for one: what is told of `client` (`own`) may stand in `other`."""

    own: UUID
    other: UUID
    client: UUID
    parted: tuple[Recorded[Payload], ...]
    """What tells that they are two again."""


def taken_for_one(log: IntakeLog) -> tuple[Twins, list[Recorded[Payload]]]:
    """With all that intake tells of it, up to their merging."""
    own, other, merge = uuid4(), uuid4(), uuid4()
    opened = [log.opened(case_id) for case_id in (other, own)]
    survivor, client = (event.data.client_id for event in opened)  # type: ignore[attr-defined]
    ends: dict[str, Any] = {"survivor": survivor, "merged": client, "ground": MergeGround.PAPERS_SEEN}
    merged = ClientsMerged(merge=merge, survivor_case=other, merged_case=own, **ends)
    unmerged = ClientsUnmerged(merge=merge, **ends)
    parted = tuple(log.event(case_id, unmerged) for case_id in (other, own))
    return Twins(own, other, client, parted), [*opened, *(log.event(one, merged) for one in (other, own))]


@pytest.mark.parametrize("batches", [(5,), (1, 4), (2, 3), (3, 2), (1, 1, 1, 1, 1)])
@pytest.mark.parametrize("consents_in", [0, 1])
async def test_a_consent_counts_in_all_cases_of_its_client_however_their_opening_is_cut_into_batches(
    referral: World, batches: tuple[int, ...], consents_in: int
) -> None:
    log, cases, client = referral.intake, (uuid4(), uuid4()), uuid4()
    opened = [
        log.event(one, CaseOpened(client_id=client, client_group=ClientGroup.DRUG_USER)) for one in cases
    ]
    told = [*opened, log.event(cases[0], PlanAgreed(items=(PlanItem(service=Service.METHADONE),)))]
    told += [log.consented(cases[consents_in]), log.routed(cases[1 - consents_in], REQUEST, SENDER)]
    for size in batches:
        referral.feed(*told[:size])
        del told[:size]
    assert kinds(referral.log()) == ["referral-requested"]


@pytest.mark.parametrize(("received", "together"), [(True, False), (False, False), (False, True)])
@pytest.mark.parametrize("stands_in", ["own", "other"])
async def test_a_referral_of_a_merged_client_rests_on_that_clients_consents_when_the_merge_is_undone(
    referral: World, *, received: bool, together: bool, stands_in: str
) -> None:
    """Asked in the case of the other while the two were one; the withdrawal stands in either case."""
    log = referral.intake
    twins, told = taken_for_one(log)
    told += [log.consented(twins.own), log.consented(twins.other)]
    told += [log.routed(twins.other, REQUEST, SENDER, client=twins.client)]
    client = twins.client if stands_in == "other" else None
    withdrawn = log.event(getattr(twins, stands_in), ConsentWithdrawn(), at=BEGUN + HOUR, client=client)
    parted = [*twins.parted, log.withdrawn(twins.other, at=BEGUN + HOUR), withdrawn]
    referral.feed(*told, *(parted if together else ()))
    if received:
        moves(referral, twins.other, ReferralReceived())
    for event in () if together else parted:
        referral.feed(event)
    ended = ["referral-received", "consent-lapsed"] if received else ["referral-cancelled"]
    assert kinds(referral.log()) == ["referral-requested", *ended]
    meta = referral.log()[-1].meta
    assert (meta.subject, meta.client) == (twins.other, twins.client)
    assert meta.causation_id == withdrawn.id, "the other one withdrew before"


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("stands_in", ["own", "other"])
async def test_a_request_of_a_merged_client_waits_for_that_clients_consent_when_the_merge_is_undone(
    referral: World, *, together: bool, stands_in: str
) -> None:
    log = referral.intake
    twins, told = taken_for_one(log)
    asked = log.routed(twins.other, REQUEST, SENDER, client=twins.client)
    client = twins.client if stands_in == "other" else None
    given = log.consented(getattr(twins, stands_in), client=client)
    told = [*told, asked, *twins.parted, log.consented(twins.other), given]
    for batch in [told] if together else [[one] for one in told]:
        referral.feed(*batch)
    made = answer_to(referral, asked)
    assert isinstance(made, ReferralRequested)
    assert made.consent_id == given.id, "the other one agreed before"
