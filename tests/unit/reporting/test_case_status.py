from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from contracts.base import Payload
from contracts.events import cases, common, followup, intake, referral, screening
from contracts.vocabulary import (
    Channel,
    ClientGroup,
    CloseReason,
    DetoxKind,
    Evidence,
    Instrument,
    ManagementModel,
    OrgKind,
    RiskBand,
    Service,
    Substance,
    SupportKind,
)
from reporting.pathway.cases import CaseStatus, Planned
from reporting.pathway.entry import Entry
from reporting.pathway.lookup import Reference, Tie, reference_in, ties_in

from tests.unit.reporting.story import Story, named

GROUP = ClientGroup.DRUG_USER
OPENED = intake.CaseOpened(client_id=named("client", "an"), client_group=GROUP)
INTRODUCED = intake.ClientIntroduced(
    to_org="social-bo-de", instead_of_administrative_file=True, number="GT-AAAA-BBBB-C"
)
SCREENED = screening.ClientScreened(
    instrument=Instrument.WHO_ASSIST,
    scores=(screening.SubstanceScore(substance=Substance.OPIOIDS, score=20),),
    risk=RiskBand.MODERATE,
)
PLAN = intake.PlanAgreed(items=(intake.PlanItem(service=Service.METHADONE),))
REQUESTED = referral.ReferralRequested(service=Service.METHADONE, provider="clinic", number="CG-AAAA-BBBB-C")


def contacted(commune: str) -> intake.ClientContacted:
    return intake.ClientContacted(channel=Channel.STREET, commune=commune, client_group=GROUP)


def registered(commune: str | None) -> intake.ClientRegistered:
    return intake.ClientRegistered(
        client_group=GROUP, residence_commune=commune, no_fixed_residence=commune is None
    )


def folded(entries: list[Entry]) -> CaseStatus:
    case = CaseStatus(entries[0].case_id)
    for entry in entries:
        case.fold(entry)
    return case


def test_a_case_stands_at_the_furthest_stage_however_late_the_others_are_told() -> None:
    story = Story()
    story.intake("a", OPENED, contacted("c1"), PLAN, SCREENED)
    assert folded(story.entries()).stage == "plan_agreed"


def test_a_case_is_open_until_it_is_closed() -> None:
    story = Story()
    story.intake("a", OPENED, contacted("c1"))
    assert folded(story.entries()).stage == "contacted"
    story.intake("a", cases.CaseClosed(reason=CloseReason.GOALS_MET))
    closed = folded(story.entries())
    assert (closed.stage, closed.close_reason) == ("closed", "goals_met")


def test_a_case_of_which_only_another_service_has_told_is_not_opened_yet() -> None:
    story = Story()
    story.referral("a", "r", REQUESTED)
    case = folded(story.entries())
    assert (case.opened_at, case.stage, case.client_id) == (None, "", None)


def test_the_commune_is_that_of_the_earliest_contact_not_of_the_first_one_told() -> None:
    story = Story()
    story.intake("a", OPENED, contacted("c1"), at=datetime(2019, 3, 2, tzinfo=UTC))
    story.intake("a", contacted("c2"), at=datetime(2019, 3, 1, tzinfo=UTC))
    assert folded(story.entries()).commune == "c2"


def test_the_commune_of_a_walk_in_is_the_residence_until_a_contact_is_told() -> None:
    story = Story()
    story.intake("a", OPENED, registered("home"), at=datetime(2019, 3, 1, tzinfo=UTC))
    assert folded(story.entries()).commune == "home"
    story.intake("a", contacted("c1"), at=datetime(2019, 3, 2, tzinfo=UTC))
    assert folded(story.entries()).commune == "c1"


def test_a_person_without_fixed_residence_who_walked_in_has_no_commune() -> None:
    story = Story()
    story.intake("a", OPENED, registered(None))
    assert folded(story.entries()).commune == ""


def test_the_last_event_is_the_one_that_happened_last_whichever_log_told_it() -> None:
    story = Story()
    story.intake("a", OPENED, contacted("c1"))
    late = story.followup(
        "a",
        followup.FollowupOpened(client_id=OPENED.client_id),
        followup.MethadoneInducted(clinic="clinic"),
        at=datetime(2019, 9, 1, tzinfo=UTC),
    )
    story.intake("a", contacted("c1"), at=datetime(2019, 2, 1, tzinfo=UTC))
    case = folded(story.entries())
    assert case.last == late[-1].moment
    assert (case.followup_state, case.events) == ("on_methadone", 5)


def test_a_case_is_found_by_each_number_that_the_logs_tell_and_by_the_agencys_own_reference() -> None:
    story = Story()
    bound = intake.AgencyReferenceBound(org="cap-bo-de", agency_ref="LB-0042")
    story.intake("a", OPENED, bound, contacted("c1"), INTRODUCED)
    story.referral("a", "r", REQUESTED)
    case = named("case", "a")
    assert [found for entry in story.entries() if (found := reference_in(entry))] == [
        Reference("agency_ref", "cap-bo-de", "LB-0042", case),
        Reference("introduction", "", "GT-AAAA-BBBB-C", case),
        Reference("referral", "", "CG-AAAA-BBBB-C", case),
    ]


def test_an_introduction_ties_to_the_case_who_introduced_and_to_whom() -> None:
    [introduced] = Story().intake("a", INTRODUCED, org="cap-bo-de")
    assert ties_in(introduced) == {("cap-bo-de", Tie.CONTACTED), ("social-bo-de", Tie.INTRODUCED_TO)}


def test_a_support_or_a_referral_ties_nobody_to_the_case() -> None:
    """Else a bank that reports a loan would have the whole case of whoever it lent to."""
    story = Story()
    story.followup("a", followup.SupportProvided(kind=SupportKind.LOAN), org="bank")
    story.referral("a", "r", REQUESTED, org="social-elsewhere")
    assert [ties_in(entry) for entry in story.entries()] == [frozenset()] * 2


@pytest.mark.parametrize(
    "answer",
    [common.AgencyEventRefused(code="not_the_provider", detail={}), referral.ReferralReceived()],
)
def test_an_answer_to_a_referral_gives_no_part_in_the_case(
    answer: common.AgencyEventRefused | referral.ReferralReceived,
) -> None:
    [entry] = Story().referral("a", "r", answer, org="clinic")
    assert ties_in(entry) == frozenset()


def test_an_event_that_is_only_routed_gives_no_part_in_the_case() -> None:
    routed = intake.AgencyEventRouted(
        type=REQUESTED.TYPE,
        event_source="/agencies/x",
        event_id="1",
        posted_by="x",
        org_kind=OrgKind.PROVIDER,
        data={},
    )
    [entry] = Story().intake("a", routed, org="x")
    assert ties_in(entry) == frozenset()


def test_the_state_of_the_follow_up_is_the_one_entered_last_though_an_earlier_one_is_told_late() -> None:
    story = Story()
    managed = followup.ManagementStarted(model=ManagementModel.CLUB)
    story.followup("a", managed, at=datetime(2019, 9, 1, tzinfo=UTC))
    story.followup("a", followup.MethadoneInducted(clinic="m"), at=datetime(2019, 3, 1, tzinfo=UTC))
    assert folded(story.entries()).followup_state == "under_management"


def test_a_stay_ends_with_its_completion() -> None:
    story = Story()
    admitted = followup.DetoxAdmitted(kind=DetoxKind.VOLUNTARY, facility="f", stay_number="LT-AAAA-BBBB-C")
    story.followup("a", admitted, followup.DetoxCompleted(months=6), org="f")
    story.followup("a", admitted.model_copy(update={"stay_number": "LT-CCCC-DDDD-E"}))
    assert [bool(stay.completed_at) for stay in folded(story.entries()).stays] == [True, False]


def test_the_plan_is_the_one_agreed_last() -> None:
    story = Story()
    story.intake("a", PLAN, intake.PlanAgreed(items=(intake.PlanItem(service=Service.LOAN, goal="a shop"),)))
    assert folded(story.entries()).plan == (Planned("loan", "a shop", ""),)


def test_what_the_clock_made_due_gives_nobody_a_part_in_the_case() -> None:
    [entry] = Story().followup("a", followup.HandoverReceived(), org="system:followup")
    assert ties_in(entry) == frozenset()


def admitted_to(facility: str) -> followup.DetoxAdmitted:
    return followup.DetoxAdmitted(
        kind=DetoxKind.VOLUNTARY, facility=facility, stay_number=f"LT-{facility.upper()}"
    )


def test_a_facility_completes_its_own_stay_while_another_goes_on_elsewhere() -> None:
    story = Story()
    story.followup("a", admitted_to("first"), org="first")
    story.followup("a", admitted_to("second"), org="second")
    story.followup("a", followup.DetoxCompleted(months=12), org="first")
    stays = folded(story.entries()).stays
    assert [(stay.facility, bool(stay.completed_at)) for stay in stays] == [
        ("first", True),
        ("second", False),
    ]


DUE = followup.EvaluationDue(
    due_on=date(2020, 3, 1), window_from=date(2020, 1, 31), window_until=date(2020, 3, 31)
)
EVALUATED = followup.ReintegrationEvaluated(
    relapsed=False,
    employed=True,
    evidence=(Evidence.HOME_VISIT,),
    checked_by="gs-1",
    checked_by_kind=OrgKind.SUPERVISOR,
)


@pytest.mark.parametrize("told", [(DUE, EVALUATED), (EVALUATED, DUE)], ids=["due-first", "evaluated-first"])
def test_who_was_evaluated_early_in_the_window_is_not_due_any_more(told: tuple[Payload, ...]) -> None:
    """The clock records month 12 also where the evaluation was made before it."""
    story = Story()
    for payload in told:
        at = datetime(2020, 3, 1, tzinfo=UTC) if payload is DUE else datetime(2020, 2, 10, tzinfo=UTC)
        story.followup("a", payload, at=at)
    assert folded(story.entries()).followup_state == "evaluated"
