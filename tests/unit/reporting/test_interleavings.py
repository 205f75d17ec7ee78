"""Between logs, and between partitions of one log, there is no order: the views must not depend on one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from contracts.base import Payload
from contracts.events import cases, common, followup, intake, people, referral
from contracts.vocabulary import (
    Channel,
    ClientGroup,
    CloseReason,
    DetoxKind,
    MergeGround,
    RejectReason,
    ReopenReason,
    Service,
    VoidReason,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from reporting.pathway.corrections import is_void
from reporting.pathway.entry import Entry
from reporting.pathway.facts import client_in, fact_in
from reporting.pathway.merging import edges_in, roots
from reporting.pathway.referrals import may_concern_a_referral
from reporting.views.anew import History
from reporting.views.cases import fold_cases, references_after, ties_after, told_beside, touched_by_voids
from reporting.views.facts import void_in
from reporting.views.referrals import fold_referrals

from tests.unit.reporting.story import START, Story, named

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
    st.just(intake.PlanRevised(items=(intake.PlanItem(service=Service.HOUSING),))),
    st.just(cases.CaseClosed(reason=CloseReason.MOVED_AWAY)),
    st.just(cases.CaseReopened(reason=ReopenReason.CAME_BACK)),
    st.builds(cases.ClientMoved, to_commune=COMMUNES, notified_on=st.just(date(2019, 1, 7))),
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
    """Up to twenty steps on three logs about three cases; times of happening in any order, ties included. A
    step may also void what was told before, with or without an event that replaces it, or merge and unmerge.
    """
    told = Told(Story(partitions=2))
    for _ in range(draw(st.integers(1, 20))):
        log = draw(st.sampled_from(["intake", "referral", "followup", "void", "merge"]))
        draw(STEPS[log](told))
    return told.story


class Told:
    """What a story has told so far, as far as later steps refer to it."""

    def __init__(self, story: Story) -> None:
        self.story = story
        self.edges: list[people.ClientsMerged] = []
        self.voided: set[str] = set()

    def referral_known(self, name: str) -> bool:
        number = f"CG-{name.upper()}".encode()
        return any(number in (record.value or b"") for record in self.story.records)

    def voidable(self) -> list[Entry]:
        entries = self.story.entries()
        return [each for each in entries if each.event_id not in self.voided and not is_void(each)]


WHOM = st.sampled_from([None, None, named("client", "y"), named("client", "z")])
"""Of whom something is told: mostly of the case's own client."""

HOURS = st.integers(0, 5).map(lambda hour: START.replace(hour=hour))


@st.composite
def _on_intake(draw: st.DrawFn, told: Told) -> None:
    case, org = draw(st.sampled_from(CASES)), draw(st.sampled_from(["o1", "o2"]))
    told.story.intake(case, draw(intake_payloads), at=draw(HOURS), org=org, client=draw(WHOM))


@st.composite
def _on_followup(draw: st.DrawFn, told: Told) -> None:
    case, whom = draw(st.sampled_from(CASES)), draw(WHOM)
    told.story.followup(case, draw(followup_payloads), at=draw(HOURS), client=whom)


@st.composite
def _on_referral(draw: st.DrawFn, told: Told) -> None:
    case = draw(st.sampled_from(CASES))
    name = f"{case}-{draw(st.integers(1, 2))}"
    requested = referral.ReferralRequested(service=Service.LOAN, provider="p", number=f"CG-{name.upper()}")
    moved = draw(referral_payloads) if told.referral_known(name) else requested
    told.story.referral(case, name, moved, at=draw(HOURS))


@st.composite
def _voiding(draw: st.DrawFn, told: Told) -> None:
    """Also what replaced something is voided and replaced in its turn."""
    if not (found := told.voidable()):
        return
    wrong = draw(st.sampled_from(found))
    told.voided.add(wrong.event_id)
    replaced = draw(st.booleans())
    void = common.EventVoided(
        event_id=wrong.event_id, type=wrong.type, reason=VoidReason.WRONG_DATA, replaced=replaced
    )
    case = next(name for name in CASES if named("case", name) == wrong.case_id)
    cause = f"correction-{len(told.voided)}"
    told.story.tell(wrong.source, wrong.stream, case, void, causation_id=cause)
    if replaced:
        again = [each for each in told.story.entries() if each.type == wrong.type]
        right = draw(st.sampled_from(again)).data
        told.story.tell(wrong.source, wrong.stream, case, right, at=draw(HOURS), causation_id=cause)


@st.composite
def _merging(draw: Any, told: Told) -> None:
    """The same event in both cases, as intake records it."""
    one, other = draw(st.permutations(CASES))[:2]
    edge = people.ClientsMerged(
        merge=named("merge", str(len(told.edges))),
        survivor=named("client", one), merged=named("client", other),
        survivor_case=named("case", one), merged_case=named("case", other), ground=MergeGround.PAPERS_SEEN,
    )  # fmt: skip
    if told.edges and draw(st.booleans()):
        ended = draw(st.sampled_from(told.edges))
        fields = {"merge", "survivor", "merged", "ground"}
        data: Payload = people.ClientsUnmerged(**{name: getattr(ended, name) for name in fields})
    else:
        told.edges.append(edge)
        data = edge
    for case in (one, other):
        told.story.intake(case, data)


STEPS = {
    "intake": _on_intake,
    "followup": _on_followup,
    "referral": _on_referral,
    "void": _voiding,
    "merge": _merging,
}


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
    others: set[Any] = set()
    referrals: dict[Any, Any] = {}
    ties: set[Any] = set()
    references: set[Any] = set()
    end = 0
    for size in [*pages, len(entries)]:
        page, end = entries[end : end + size], min(end + size, len(entries))
        whole = history(entries[:end])
        known = {entry.case_id for entry in page} & set(cases)
        touched = touched_by_voids([cases[case_id] for case_id in known], page)
        anew = whole(touched)
        cases |= {row.case_id: row for row in fold_cases([cases[each] for each in known], page, anew)}
        others |= set(told_beside(page))
        ties = {tie for tie in ties if tie.case_id not in anew} | set(ties_after(page, anew).values())
        references = {each for each in references if each.case_id not in anew}
        references |= set(references_after(page, anew))
        moves = [entry for entry in page if may_concern_a_referral(entry)]
        named = [referrals[each] for each in {move.stream for move in moves} & set(referrals)]
        referrals |= {row.referral_id: row for row in fold_referrals(named, moves, whole)}
    return {
        "cases": cases,
        "told of others": others,
        "referrals": referrals,
        "ties": ties,
        "references": references,
        "facts": {fact for entry in entries if (fact := fact_in(entry))},
        "voids": {void_in(entry) for entry in entries if is_void(entry)},
        "clients": {(entry.case_id, client) for entry in entries if (client := client_in(entry))},
        "people": roots(edges_in(entries)),
    }


def history(entries: Sequence[Entry]) -> History:
    """What `history_of` reads."""

    def read(wanted: Collection[UUID]) -> dict[UUID, list[Entry]]:
        return {case_id: [entry for entry in entries if entry.case_id == case_id] for case_id in wanted}

    return read


@settings(max_examples=300, deadline=None)
@given(st.data(), stories(), st.lists(st.integers(0, 7), max_size=4))
def test_every_interleaving_that_keeps_the_order_within_each_partition_gives_the_same_views(
    data: st.DataObject, story: Story, pages: list[int]
) -> None:
    as_told = views(story.entries(), [])
    in_another_order = interleaved(data, story)
    assert views(in_another_order, pages) == as_told
    assert views(in_another_order, [1] * len(in_another_order)) == as_told
