"""What an organisation may not see it cannot infer either: two people whose histories differ only in what is
hidden from it look the same to it, in every answer that it can get.

"an" of Bo De has everything; "binh" of Duc Giang has only what the kind of organisation may see. The offices
of the two wards ask the same questions; names of people and places put aside, the answers must be equal.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import grpc
import pytest
from contracts.base import Label
from contracts.events import common, consent, followup, intake, referral
from contracts.vocabulary import (
    Audience,
    ClientGroup,
    CounsellingMode,
    CounsellingTopic,
    DetoxKind,
    ManagementModel,
    OrgKind,
    PurposeOfUse,
    Service,
    SupportKind,
)
from google.protobuf.json_format import MessageToDict
from reftrack.reporting.v1 import audit_pb2, report_pb2
from reftrack.reporting.v1 import status_pb2 as pb
from reporting.indicators.definitions import published

from tests.integration.reporting.conftest import World
from tests.unit.reporting.corrected import merged, unmerged
from tests.unit.reporting.pathway import (
    CLINIC,
    HIV_CLINIC,
    INTERVENED,
    ME_TRI,
    SCREENED,
    at,
    contacted,
    numbered,
    opened,
    registered,
    requested,
)
from tests.unit.reporting.story import Story, named

FACILITY, BANK = "cai-nghien-ha-noi", "csxh-long-bien"
EVERYTHING = frozenset({"hiv", "screening", "loan", "methadone", "detox", "managed"})
REFERRALS = (Service.LOAN, Service.METHADONE, Service.HIV_TEST, Service.HIV_TREATMENT)


@dataclass(frozen=True)
class Person:
    """Somebody of a ward, whose history has these parts."""

    name: str
    ward: str
    commune: str
    parts: frozenset[str]

    def org(self, of: str) -> str:
        """The ward's own office (`cap-*`), or one for all."""
        return of.replace("*", self.ward)

    def numbers(self) -> list[str]:
        """Every number that there is, or would be."""
        calls = [numbered("CG", f"{self.name}/{service}") for service in REFERRALS]
        return [*calls, numbered("GT", self.name), numbered("LT", self.name)]


def tell(story: Story, person: Person) -> None:
    """The pathway, part by part; what is told at the same moment for both has the same time."""
    for part in ("contact", "hiv", "screening", "loan", "methadone", "detox", "managed", "late_hiv"):
        if part == "contact" or part.removeprefix("late_") in person.parts:
            PARTS[part](story, person)


def _contact(story: Story, person: Person) -> None:
    group = ClientGroup.PERSON_WITH_HIV if "hiv" in person.parts else ClientGroup.DRUG_USER
    grouped = {"client_group": group}
    police = person.org("cap-*")
    story.intake(
        person.name,
        opened(person.name).model_copy(update=grouped),
        contacted(person.commune).model_copy(update=grouped),
        intake.AgencyReferenceBound(org=police, agency_ref="LB-1"),
        intake.ClientIntroduced(
            to_org=person.org("ldtbxh-*"),
            instead_of_administrative_file=True,
            number=numbered("GT", person.name),
        ),
        at=at(2),
        org=police,
    )
    story.intake(
        person.name,
        registered(person.commune).model_copy(update=grouped),
        at=at(3),
        org=person.org("ldtbxh-*"),
    )


def _hiv(story: Story, person: Person) -> None:
    social = person.org("ldtbxh-*")
    for service in (Service.HIV_TEST, Service.HIV_TREATMENT):
        _routed(story, person, social)
        call = f"{person.name}/{service}"
        story.referral(person.name, call, requested(call, service, HIV_CLINIC), at=at(4), org=social)
    story.intake(
        person.name,
        intake.AgencyReferenceBound(org=HIV_CLINIC, agency_ref="HIV-1"),
        at=at(4),
        org=HIV_CLINIC,
    )


def _screening(story: Story, person: Person) -> None:
    social, hiv = person.org("ldtbxh-*"), "hiv" in person.parts
    agreed = consent.ConsentGiven(
        purposes=(PurposeOfUse.TREATMENT,),
        recipients=(OrgKind.PROVIDER, OrgKind.METHADONE_CLINIC) if hiv else (OrgKind.PROVIDER,),
        labels=(Label.HIV, Label.DRUG) if hiv else (Label.DRUG,),
    )
    counselling = intake.CounsellingProvided(
        topic=CounsellingTopic.HIV_PREVENTION if hiv else CounsellingTopic.JOB,
        mode=CounsellingMode.OFFICE,
        audience=Audience.CLIENT,
    )
    treated = intake.PlanItem(service=Service.HIV_TREATMENT, goal="ARV", due_on=date(2019, 6, 1))
    loan = intake.PlanItem(service=Service.LOAN, goal="after ARV" if hiv else "a shop")
    plan = intake.PlanAgreed(items=(treated, loan) if hiv else (loan,))
    story.intake(person.name, SCREENED, INTERVENED, at=at(5), org=person.org("tyt-*"))
    story.intake(person.name, agreed, counselling, plan, at=at(5), org=social)


def _referred(service: Service, provider: str, day: int) -> Callable[[Story, Person], None]:
    def told(story: Story, person: Person) -> None:
        call, social = f"{person.name}/{service}", person.org("ldtbxh-*")
        place = 2 if "hiv" in person.parts else 1
        asked = requested(call, service, provider).model_copy(update={"plan_item": place})
        story.referral(person.name, call, asked, at=at(day), org=social)
        story.referral(person.name, call, referral.ReferralReceived(), at=at(day + 1), org=provider)

    return told


def _methadone(story: Story, person: Person) -> None:
    _referred(Service.METHADONE, CLINIC, 10)(story, person)
    story.followup(person.name, followup.MethadoneInducted(clinic=CLINIC), at=at(12), org=CLINIC)


def _detox(story: Story, person: Person) -> None:
    admitted = followup.DetoxAdmitted(
        kind=DetoxKind.VOLUNTARY, facility=FACILITY, stay_number=numbered("LT", person.name)
    )
    back = followup.HandoverNotified(
        to_org=person.org("ubnd-*"), to_commune=person.commune, due_on=date(2019, 4, 1)
    )
    done = followup.DetoxCompleted(months=1)
    story.followup(person.name, admitted, done, back, at=at(14), org=FACILITY)


def _managed(story: Story, person: Person) -> None:
    team = followup.ManagementStarted(model=ManagementModel.VOLUNTEER_TEAM, team=person.org("tinh-nguyen-*"))
    story.followup(person.name, team, at=at(20), org=person.org("ubnd-*"))


def _late_hiv(story: Story, person: Person) -> None:
    """After everything else, so that what comes last is hidden too."""
    refusal = common.AgencyEventRefused(code="already_recorded", detail={}, state="received")
    call = f"{person.name}/{Service.HIV_TEST}"
    story.referral(person.name, call, referral.ReferralReceived(), refusal, at=at(25), org=HIV_CLINIC)
    lent = followup.SupportProvided(kind=SupportKind.INSURANCE_CARD)
    story.followup(person.name, lent, at=at(26), org=HIV_CLINIC)
    story.followup(person.name, followup.SupportProvided(kind=SupportKind.LOAN), at=at(26), org=HIV_CLINIC)


def _routed(story: Story, person: Person, org: str) -> None:
    routed = intake.AgencyEventRouted(
        type=referral.ReferralRequested.TYPE, event_source=f"/agencies/{org}", event_id="1", posted_by=org,
        org_kind=OrgKind.COMMUNE_SOCIAL, data={},
    )  # fmt: skip
    story.intake(person.name, routed, at=at(4), org=org)


PARTS: dict[str, Callable[[Story, Person], None]] = {
    "contact": _contact,
    "hiv": _hiv,
    "screening": _screening,
    "loan": _referred(Service.LOAN, BANK, 7),
    "methadone": _methadone,
    "detox": _detox,
    "managed": _managed,
    "late_hiv": _late_hiv,
}


class Asker:
    """Asks every question about a person that there is, in one role of one organisation."""

    def __init__(self, world: World, person: Person, role: str, org: str) -> None:
        self._world = world
        self._person = person
        self._options = world.by(role, org)
        self._case = str(named("case", person.name))

    async def everything(self) -> dict[str, Any]:
        """Every answer, or the code of its refusal, by question."""
        status, case = self._world.status, self._case
        seen: dict[str, Any] = {
            "case": await self._told(status.GetCase, pb.GetCaseRequest(case_id=case)),
            "by ref": await self._told(status.FindCase, pb.FindCaseRequest(agency_ref="LB-1")),
            "by hidden ref": await self._told(status.FindCase, pb.FindCaseRequest(agency_ref="HIV-1")),
            "timeline": await self._pages(status.GetTimeline, pb.GetTimelineRequest(case_id=case)),
            "referrals": await self._pages(
                status.ListReferrals, pb.ListReferralsRequest(commune=self._person.commune)
            ),
        }
        for service in REFERRALS:
            request = pb.ListReferralsRequest(commune=self._person.commune, service=service)
            seen[f"referrals for {service}"] = await self._pages(status.ListReferrals, request)
        for number in self._person.numbers():
            seen |= {f"{key} {number}": said async for key, said in self._by_number(number)}
        return seen | await self._figures() | await self._replay()

    async def _by_number(self, number: str) -> AsyncIterator[tuple[str, Any]]:
        status = self._world.status
        kind = {"GT": "introduction", "CG": "referral", "LT": "stay"}[number[:2]]
        yield "find", await self._told(status.FindCase, pb.FindCaseRequest(**{kind: number}))
        if kind == "referral":
            yield "get", await self._told(status.GetReferral, pb.GetReferralRequest(number=number))
            watch = status.WatchReferral(pb.WatchReferralRequest(number=number), **self._options)
            yield "watch", await self._answer(watch.read())
            watch.cancel()

    async def _figures(self) -> dict[str, Any]:
        report = self._world.report
        period: dict[str, Any] = {"period_from": "2019-01-01", "period_to": "2019-12-10"}
        by = report_pb2.AREA_COMMUNE
        seen = {
            "report": await self._told(
                report.RunReport,
                report_pb2.RunReportRequest(communes=[self._person.commune], by=by, **period),
            )
        }
        if isinstance(seen["report"], dict):
            del seen["report"]["seq"]  # the head of the whole history, the same for everybody
        for name in published().ids():
            request = report_pb2.ExplainFigureRequest(
                indicator_id=name, area=self._person.commune, by=by, **period
            )
            seen[f"facts of {name}"] = await self._told(report.ExplainFigure, request)
        return seen

    async def _replay(self) -> dict[str, Any]:
        replay = self._world.audit.ReplayCase(
            audit_pb2.ReplayCaseRequest(case_id=self._case), **self._options
        )
        stream = self._world.audit.StreamEvents(audit_pb2.StreamEventsRequest(), **self._options)
        return {
            "replay": await self._answer(replay.read()),
            "stream": await self._answer(stream.read()),
        }

    async def _told(self, method: Any, request: Any) -> Any:
        return await self._answer(method(request, **self._options))

    async def _pages(self, method: Any, request: Any) -> Any:
        """Each page of one, so that also how many pages there are is compared."""
        pages = []
        request.page_size = 1
        while True:
            page = await self._told(method, request)
            pages.append(page)
            if isinstance(page, str) or not page.get("next_page_token"):
                return pages
            request.page_token = page["next_page_token"]

    async def _answer(self, call: Any) -> Any:
        try:
            return MessageToDict(await call, preserving_proto_field_name=True)
        except grpc.aio.AioRpcError as error:
            return error.code().name


def told_apart_by_nothing_but_names(person: Person, seen: dict[str, Any]) -> Any:
    """The answers with the person's names and places put aside, and places of the history by their rank."""
    text = json.dumps(_plain(seen), sort_keys=True)
    names = {
        str(named("case", person.name)): "CASE",
        str(named("client", person.name)): "CLIENT",
        str(named("followup", person.name)): "FOLLOWUP",
        person.commune: "COMMUNE",
        f"-{person.ward}": "-WARD",
        **{number: f"NUMBER-{place}" for place, number in enumerate(person.numbers())},
        **{str(named("referral", f"{person.name}/{s}")): f"REFERRAL-{s}" for s in REFERRALS},
    }
    for name, stands_for in names.items():
        text = text.replace(name, stands_for)
    text = re.sub(r":~[0-9a-f]{24}", ":~", text)  # digests of the person's case, and of when it was told
    return json.loads(text)


def _plain(said: Any) -> Any:
    """Without moments of recording, which differ because the two were not recorded at once."""
    if isinstance(said, dict):
        dropped = {"recorded_at", "next_page_token", "known_at"}
        return {key: _plain(value) for key, value in said.items() if key not in dropped}
    return [_plain(value) for value in said] if isinstance(said, list) else said


SEES = {
    "cap-*": frozenset[str](),
    "ubnd-*": EVERYTHING - {"hiv"},
    "tyt-*": frozenset({"screening"}),
    "tinh-nguyen-*": frozenset({"managed"}),
    BANK: frozenset({"loan"}),
    CLINIC: frozenset({"methadone"}),
    FACILITY: frozenset({"detox"}),
    "day-nghe-long-bien": frozenset(),
    "tam-than-ha-noi": frozenset(),
    "nobody-knows": frozenset(),
}
"""Of which parts of a history each kind of office may know at all."""


@pytest.mark.parametrize("role", ["operator", "agency", "supervisor", "auditor"])
@pytest.mark.parametrize("office", SEES)
async def test_what_is_hidden_from_an_office_changes_no_answer_that_it_gets(
    world: World, office: str, role: str
) -> None:
    an = Person("an", "bo-de", "00139", EVERYTHING)
    binh = Person("binh", "duc-giang", "00124", SEES[office])
    story = Story()
    tell(story, an)
    tell(story, binh)
    await world.tell(story)
    seen = [
        told_apart_by_nothing_but_names(
            person, await Asker(world, person, role, person.org(office)).everything()
        )
        for person in (an, binh)
    ]
    assert seen[0] == seen[1]
    assert "hiv" not in re.sub(r"referrals for [a-z_]+|NUMBER", "", json.dumps(seen[0])).lower()


CHI = Person("chi", "me-tri", ME_TRI, EVERYTHING)
"""Known to the offices of another ward only; found to be the same person as "an"."""


@pytest.mark.parametrize("survivor", ["an", "chi"])
@pytest.mark.parametrize("role", ["operator", "agency"])
@pytest.mark.parametrize("office", sorted(set(SEES) - {"ubnd-*"}))
async def test_a_merge_changes_no_answer_to_an_office_that_sees_a_part_only(
    world: World, office: str, role: str, survivor: str
) -> None:
    an = Person("an", "bo-de", "00139", SEES[office])
    binh = Person("binh", "duc-giang", "00124", SEES[office])
    story = Story()
    for person in (an, binh, CHI):
        tell(story, person)
    merged(story, survivor, "chi" if survivor == "an" else "an")
    await world.tell(story)
    seen = [
        told_apart_by_nothing_but_names(
            person, await Asker(world, person, role, person.org(office)).everything()
        )
        for person in (an, binh)
    ]
    assert seen[0] == seen[1]


@pytest.mark.parametrize("survivor", ["an", "chi"])
async def test_who_answers_for_the_area_of_one_case_learns_not_who_else_knows_the_person(
    world: World, survivor: str
) -> None:
    an, story = Person("an", "bo-de", "00139", frozenset({"screening"})), Story()
    tell(story, an)
    tell(story, CHI)
    merged(story, survivor, "chi" if survivor == "an" else "an", org="ldtbxh-me-tri")
    await world.tell(story)
    seen = json.dumps(await Asker(world, an, "operator", "ubnd-bo-de").everything())
    others = ["-me-tri", ME_TRI, FACILITY, BANK, str(named("case", "chi")), str(named("client", "chi"))]
    assert str(named("case", "an")) in seen
    assert [name for name in (*others, *CHI.numbers()) if name in seen] == []


async def test_who_took_the_person_up_sees_the_whole_of_both_while_they_are_one(world: World) -> None:
    an, story = Person("an", "bo-de", "00139", frozenset({"screening"})), Story()
    tell(story, an)
    tell(story, CHI)
    merged(story, "an", "chi")
    await world.tell(story)
    asked = Asker(world, an, "operator", "ldtbxh-bo-de")
    case = (await asked.everything())["case"]["case"]
    assert case["merged_cases"] == [str(named("case", "chi"))]
    assert {each["service"] for each in case["referrals"]} == set(REFERRALS)
    unmerged(story, "an", "chi")
    await world.tell(story)
    case = (await asked.everything())["case"]["case"]
    assert not {"merged_cases", "referrals", "stays"} & set(case)
