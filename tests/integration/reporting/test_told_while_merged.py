"""What was told of one client in the case of the other stands for that one, as if they had never been one."""

from __future__ import annotations

from datetime import date
from typing import Any

import grpc
from contracts.events import followup, intake
from contracts.events.cases import CaseClosed, CaseReopened, ClientMoved
from contracts.events.referral import ReferralAccepted
from contracts.vocabulary import CloseReason, DetoxKind, ReopenReason, Service
from reftrack.reporting.v1 import status_pb2 as pb

from tests.integration.reporting.conftest import World
from tests.integration.reporting.test_consent_when_read import (
    FACILITY,
    HANDOVER,
    STAY,
    agreed,
    handed_over,
    read,
    sent,
    stays_of,
    withdrawn,
)
from tests.integration.reporting.test_merges import OTHER_SOCIAL, case_of
from tests.integration.reporting.test_status import refused
from tests.unit.reporting.corrected import merged, unmerged, voided
from tests.unit.reporting.pathway import (
    BO_DE,
    INTERVENED,
    ME_TRI,
    NGOC_LAM,
    SCREENED,
    SUPERVISOR,
    at,
    contacted,
    numbered,
    opened,
    planned,
    reached,
    registered,
    requested,
)
from tests.unit.reporting.story import Story, named

PROVIDER = "cap-viec-lam"
OF_MERGING = {f"org.reftrack.{name}.v1" for name in ("clients-merged", "clients-unmerged")}
CLOSINGS = {f"org.reftrack.{name}.v1" for name in ("case-closed", "case-reopened")}


def begun(story: Story, *names: str) -> None:
    """Each was met and has a case of their own."""
    for name in names:
        commune = BO_DE if name in ("an", "chi") else ME_TRI
        story.intake(name, opened(name), contacted(commune), at=at(2), org=OTHER_SOCIAL)


def told(story: Story, name: str, into: str | None = None) -> None:
    """Somebody is met, registered, screened, plans, is sent and taken in; in the case of another: `into`."""
    case = into or name
    of: dict[str, Any] = {"client": named("client", name) if into else None, "org": OTHER_SOCIAL}
    introduced = intake.ClientIntroduced(
        to_org=OTHER_SOCIAL, instead_of_administrative_file=True, number=numbered("GT", name)
    )
    story.intake(case, contacted(ME_TRI), introduced, registered(ME_TRI), SCREENED, at=at(9), **of)
    story.intake(case, INTERVENED, planned(Service.LOAN), at=at(10), **of)
    story.intake(case, intake.PlanRevised(items=planned(Service.HOUSING).items), at=at(11), **of)
    story.intake(case, ClientMoved(to_commune=NGOC_LAM, notified_on=date(2019, 3, 12)), at=at(12), **of)
    asked = requested(f"{name}/job", Service.JOB_PLACEMENT, PROVIDER)
    story.referral(case, f"{name}/job", asked, at=at(13), **of)
    admitted = followup.DetoxAdmitted(
        kind=DetoxKind.VOLUNTARY, facility=FACILITY, stay_number=numbered("LT", name)
    )
    story.followup(case, admitted, at=at(14), client=of["client"], org=FACILITY)
    story.followup(case, followup.DetoxCompleted(months=6), at=at(20), client=of["client"], org=FACILITY)


def met(story: Story, *names: str) -> None:
    """The survivors of the merges: registered and planned for something else."""
    for name in names:
        story.intake(name, contacted(BO_DE), registered(BO_DE), at=at(3), org=OTHER_SOCIAL)
        story.intake(name, planned(Service.METHADONE), at=at(4), org=OTHER_SOCIAL)


def shown(case: pb.Case) -> dict[str, Any]:
    """All that is told of a case but the ids and numbers, which differ from person to person."""
    return {
        "stage": (case.stage, case.followup_state, case.closed_on),
        "place": (case.commune, case.district, case.moved_to),
        "plan": [item.service for item in case.plan],
        "introduced": bool(case.introduction_number),
        "stays": [(each.facility, each.admitted_on, each.completed_on) for each in case.stays],
        "referrals": [(each.service, each.state, each.commune) for each in case.referrals],
        "of itself": {each.case_id for each in case.referrals} <= {case.case_id},
    }


async def history(world: World, name: str) -> list[str]:
    """The types of what happened with somebody, but for the merging."""
    request = pb.GetTimelineRequest(case_id=str(named("case", name)), page_size=500)
    entries = (await world.status.GetTimeline(request, **world.by("supervisor", SUPERVISOR))).entries
    return sorted(each.type for each in entries if each.type not in OF_MERGING | CLOSINGS)


async def seen(world: World, *names: str) -> list[Any]:
    return [(shown(await case_of(world, name)), await history(world, name)) for name in names]


async def test_who_was_one_with_another_stands_as_if_that_had_never_been(world: World) -> None:
    """An and Binh were one person while all of Binh was told; of Chi and Dung the same is told, apart."""
    story = Story()
    begun(story, "an", "binh", "chi", "dung")
    met(story, "an", "chi")
    merged(story, "an", "binh")
    told(story, "binh", into="an")
    told(story, "dung")
    await world.tell(story)
    joined = await seen(world, "an")
    unmerged(story, "an", "binh")
    await world.tell(story)
    assert await seen(world, "an", "binh") == await seen(world, "chi", "dung")
    merged(story, "an", "binh", times=2)
    await world.tell(story)
    assert await seen(world, "an") == joined
    unmerged(story, "an", "binh", times=2)
    await world.tell(story)
    assert await seen(world, "an", "binh") == await seen(world, "chi", "dung")


async def test_a_closing_told_in_the_case_of_another_closes_the_own_case_alone(world: World) -> None:
    """As intake tells it when the two are two again: the one case goes on, the other is closed by a closing
    that the first had caused. Of Chi and Dung the same is told, apart."""
    story, over = Story(), CaseClosed(reason=CloseReason.GOALS_MET)
    of: dict[str, Any] = {"at": at(22), "org": OTHER_SOCIAL}
    begun(story, "an", "binh", "chi", "dung")
    met(story, "an", "chi")
    merged(story, "an", "binh")
    told(story, "binh", into="an")
    (first,) = story.intake("an", over, client=named("client", "binh"), **of)
    await world.tell(story)
    assert (await case_of(world, "an")).stage == "closed", "as long as the two are one"
    unmerged(story, "an", "binh")
    story.intake("an", CaseReopened(reason=ReopenReason.UNMERGED))
    (own,) = story.intake("binh", over, causation_id=first.event_id, **of)
    told(story, "dung")
    (apart,) = story.intake("dung", over, **of)
    await world.tell(story)
    assert await seen(world, "an", "binh") == await seen(world, "chi", "dung")
    assert [(await case_of(world, name)).stage == "closed" for name in ("an", "binh")] == [False, True]
    voided(story, "an", first, client=named("client", "binh"), org=OTHER_SOCIAL)
    voided(story, "binh", own, org=OTHER_SOCIAL)
    voided(story, "dung", apart, org=OTHER_SOCIAL)
    await world.tell(story)
    stages = [(await case_of(world, name)).stage for name in ("an", "binh", "dung")]
    assert stages == [(await case_of(world, "chi")).stage, stages[2], "plan_agreed"]


def later(story: Story, name: str, into: str | None = None) -> None:
    """The case of somebody is closed and another begins, in which more is told, and put right; then also what
    happened in the first: all of it in the case of another, `into`."""
    second, client = f"{name}/2", named("client", name) if into else None
    of: dict[str, Any] = {"client": client, "org": OTHER_SOCIAL}
    story.intake(name, CaseClosed(reason=CloseReason.LOST_CONTACT), at=at(1, 4), org=OTHER_SOCIAL)
    story.intake(second, opened(name), contacted(ME_TRI), at=at(2, 4), org=OTHER_SOCIAL)
    if into:
        merged(story, into, name, times=2, case=second)
    case = into or second
    story.intake(case, registered(ME_TRI), at=at(5, 4), **of)
    (wrong,) = story.intake(case, planned(Service.LOAN), at=at(6, 4), **of)
    story.intake(case, intake.PlanRevised(items=planned(Service.JOB_PLACEMENT).items), at=at(7, 4), **of)
    asked = requested(f"{name}/2/job", Service.JOB_PLACEMENT, PROVIDER)
    story.referral(case, f"{name}/2/job", asked, at=at(8, 4), **of)
    first = into or name
    story.referral(first, f"{name}/job", ReferralAccepted(), at=at(9, 4), client=client, org=PROVIDER)
    story.intake(first, INTERVENED, at=at(21), **of)
    voided(story, case, wrong, planned(Service.METHADONE), at=at(6, 4), **of)
    if into:
        unmerged(story, into, name, times=2, case=second)


def one_with_an_twice() -> Story:
    """Binh was one with An twice, the second time in a later case; of Dung the same is told, apart."""
    story = Story()
    begun(story, "an", "binh", "dung")
    merged(story, "an", "binh")
    told(story, "binh", into="an")
    unmerged(story, "an", "binh")
    later(story, "binh", into="an")
    told(story, "dung")
    later(story, "dung")
    return story


async def test_each_thing_told_is_of_that_case_of_the_client_which_was_open_when_it_happened(
    world: World,
) -> None:
    await world.tell(one_with_an_twice())
    assert await seen(world, "binh", "binh/2") == await seen(world, "dung", "dung/2")
    plans = [shown(await case_of(world, case))["plan"] for case in ("binh", "binh/2")]
    assert plans == [["housing"], ["job_placement"]]


async def test_who_took_a_client_in_is_tied_to_the_case_of_then_and_to_no_later_one(world: World) -> None:
    await world.tell(one_with_an_twice())
    by = world.by("operator", FACILITY)
    for case, sees in (("binh", True), ("binh/2", False), ("dung", True), ("dung/2", False), ("an", False)):
        call = world.status.GetCase(pb.GetCaseRequest(case_id=str(named("case", case))), **by)
        if sees:
            assert (await call).case.stays
        else:
            assert (case, await refused(call)) == (case, grpc.StatusCode.NOT_FOUND)


async def test_while_two_are_one_the_case_that_goes_on_tells_of_both_and_each_has_their_own_plan(
    world: World,
) -> None:
    story = Story()
    begun(story, "an", "binh")
    story.intake("an", planned(Service.METHADONE), at=at(4), org=OTHER_SOCIAL)
    merged(story, "an", "binh")
    told(story, "binh", into="an")
    await world.tell(story)
    one, other = shown(await case_of(world, "an")), shown(await case_of(world, "binh"))
    assert (one["plan"], other["plan"]) == (["methadone"], ["housing"])
    assert one["stage"][:2] == ("plan_agreed", "detox_completed")
    assert (len(one["stays"]), len(one["referrals"])) == (1, 1)
    assert (other["stage"][0], other["stays"], other["referrals"]) == ("closed", [], [])


async def test_what_was_told_of_one_is_found_by_its_number_in_the_case_of_that_one(world: World) -> None:
    story = Story()
    begun(story, "an", "binh")
    merged(story, "an", "binh")
    told(story, "binh", into="an")
    unmerged(story, "an", "binh")
    await world.tell(story)
    numbers = {
        "introduction": numbered("GT", "binh"),
        "referral": numbered("CG", "binh/job"),
        "stay": numbered("LT", "binh"),
    }
    for kind, number in numbers.items():
        request = pb.FindCaseRequest(**{kind: number})
        found = (await world.status.FindCase(request, **world.by("supervisor", SUPERVISOR))).case
        assert (kind, found.case_id) == (kind, str(named("case", "binh")))
    asked = pb.GetReferralRequest(number=numbers["referral"])
    referral = (await world.status.GetReferral(asked, **world.by("supervisor", SUPERVISOR))).referral
    assert (referral.case_id, referral.commune) == (str(named("case", "binh")), ME_TRI)


async def test_what_was_asked_of_a_merged_client_rests_on_the_consents_of_that_one_for_ever(
    world: World,
) -> None:
    story = Story()
    reached(story, "an")
    reached(story, "binh")
    merged(story, "an", "binh")
    whom = named("client", "binh")
    sent(story, agreed(story, client=whom), client=whom)
    handed_over(story, agreed(story, client=whom, **HANDOVER), client=whom)
    unmerged(story, "an", "binh")
    withdrawn(story)
    await world.tell(story)
    binh = str(named("case", "binh"))
    assert (await read(world)).service == "methadone", "what An takes back is not Binh's"
    assert await stays_of(world, FACILITY, binh) == [(STAY, "")]
    withdrawn(story, "binh")
    await world.tell(story)
    assert (await read(world)).consent_end == "consent_withdrawn"
    assert await stays_of(world, FACILITY, binh) == [(STAY, "consent_withdrawn")]
