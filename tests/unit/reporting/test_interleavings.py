"""Between logs, and between partitions of one log, there is no order: the views must not depend on one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from contracts.base import Payload
from contracts.events import cases, followup, intake, referral
from contracts.vocabulary import Channel, ClientGroup, CloseReason, DetoxKind, RejectReason, Service
from hypothesis import given, settings
from hypothesis import strategies as st
from reporting.pathway.entry import Entry
from reporting.pathway.facts import client_in, fact_in
from reporting.pathway.lookup import reference_in, ties_in
from reporting.pathway.referrals import may_concern_a_referral
from reporting.views.cases import fold_cases
from reporting.views.referrals import fold_referrals

from tests.unit.reporting.story import Story, named

GROUP = ClientGroup.DRUG_USER
CASES = ("a", "b", "c")
COMMUNES = st.sampled_from(["c1", "c2"])

intake_payloads: st.SearchStrategy[Payload] = st.one_of(
    st.builds(intake.CaseOpened, client_id=st.just(named("client", "x")), client_group=st.just(GROUP)),
    st.builds(
        intake.ClientContacted, channel=st.just(Channel.STREET), commune=COMMUNES, client_group=st.just(GROUP)
    ),
    st.builds(intake.ClientRegistered, client_group=st.just(GROUP), residence_commune=COMMUNES),
    st.just(intake.PlanAgreed(items=(intake.PlanItem(service=Service.LOAN),))),
    st.just(cases.CaseClosed(reason=CloseReason.MOVED_AWAY)),
    st.just(
        intake.ClientIntroduced(to_org="s", instead_of_administrative_file=False, number="GT-AAAA-BBBB-C")
    ),
)
referral_payloads: st.SearchStrategy[Payload] = st.one_of(
    st.just(referral.ReferralReceived()),
    st.just(referral.ReferralAccepted()),
    st.just(referral.ServiceStarted()),
    st.just(referral.ReferralRejected(reason=RejectReason.CAPACITY)),
)
followup_payloads: st.SearchStrategy[Payload] = st.one_of(
    st.just(followup.DetoxAdmitted(kind=DetoxKind.VOLUNTARY, facility="f", stay_number="LT-AAAA-BBBB-C")),
    st.just(followup.MethadoneInducted(clinic="m")),
    st.just(followup.HandoverReceived()),
    st.just(followup.DetoxCompleted(months=6)),
)


@st.composite
def stories(draw: st.DrawFn) -> Story:
    """Up to twenty events on three logs about three cases; times of happening in any order, ties included."""
    story = Story(partitions=2)
    hours = st.integers(0, 5).map(lambda hour: story.recorded.replace(hour=hour))
    for _ in range(draw(st.integers(1, 20))):
        case, at = draw(st.sampled_from(CASES)), draw(hours)
        log = draw(st.sampled_from(["intake", "referral", "followup"]))
        if log == "intake":
            story.intake(case, draw(intake_payloads), at=at, org=draw(st.sampled_from(["o1", "o2"])))
        elif log == "followup":
            story.followup(case, draw(followup_payloads), at=at)
        else:
            name = f"{case}-{draw(st.integers(1, 2))}"
            requested = referral.ReferralRequested(
                service=Service.LOAN, provider="p", number=f"CG-{name.upper()}"
            )
            known = {
                record.value for record in story.records if b"referral-requested" in (record.value or b"")
            }
            first = not any(name.upper().encode() in (value or b"") for value in known)
            story.referral(case, name, requested if first else draw(referral_payloads), at=at)
    return story


def interleaved(data: st.DataObject, story: Story) -> list[Entry]:
    """The entries in another order that keeps the order within each partition of each topic."""
    queues: dict[tuple[str, int], list[Entry]] = defaultdict(list)
    for record, entry in zip(story.records, story.entries(), strict=True):
        queues[record.topic, record.partition].append(entry)
    merged = []
    while queues:
        place = data.draw(st.sampled_from(sorted(queues)))
        merged.append(queues[place].pop(0))
        if not queues[place]:
            del queues[place]
    return merged


def views(entries: Sequence[Entry], pages: Sequence[int]) -> dict[str, Any]:
    """All views after the entries, folded page by page as the projector does, rows kept in memory."""
    cases: dict[Any, Any] = {}
    referrals: dict[Any, Any] = {}
    rest = list(entries)
    for size in [*pages, len(rest)]:
        page, rest = rest[:size], rest[size:]
        cases |= {row.case_id: row for row in fold_cases(cases.values(), page)}
        moves = [entry for entry in page if may_concern_a_referral(entry)]
        referrals |= {row.referral_id: row for row in fold_referrals(referrals.values(), moves)}
    return {
        "cases": cases,
        "referrals": referrals,
        "ties": {(entry.case_id, *tied) for entry in entries for tied in ties_in(entry)},
        "references": {found for entry in entries if (found := reference_in(entry))},
        "facts": {fact for entry in entries if (fact := fact_in(entry))},
        "clients": {(entry.case_id, client) for entry in entries if (client := client_in(entry))},
    }


@settings(max_examples=300, deadline=None)
@given(st.data(), stories(), st.lists(st.integers(0, 7), max_size=4))
def test_every_interleaving_that_keeps_the_order_within_each_partition_gives_the_same_views(
    data: st.DataObject, story: Story, pages: list[int]
) -> None:
    as_told = views(story.entries(), [])
    assert views(interleaved(data, story), pages) == as_told
