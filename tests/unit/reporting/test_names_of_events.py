"""By what name an office is told of an event in a timeline: never one that counts what it is not told."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from contracts.events import intake, referral
from contracts.vocabulary import Channel, ClientGroup, OrgKind, Service
from reftrack.reporting.v1.status_pb2 import TimelineEntry
from reporting.access import Part, Reader, labels_of_kind
from reporting.pathway.entry import Entry
from reporting.rpc.timeline import tell

from tests.unit.reporting.story import Story, named

OFFICE, OTHER, PROVIDER = "ldtbxh-bo-de", "ldtbxh-duc-giang", "csxh-long-bien"
HANDLE = re.compile(r"[0-9a-f-]{36}:~[0-9a-f]{24}")
GROUP = ClientGroup.DRUG_USER
OPENED = intake.CaseOpened(client_id=named("client", "an"), client_group=GROUP)
MET = intake.ClientContacted(channel=Channel.STREET, commune="00139", client_group=GROUP)
HIDDEN = intake.AgencyReferenceBound(org="cap-me-tri", agency_ref="MT-7")
ASKED = referral.ReferralRequested(service=Service.LOAN, provider=PROVIDER, number="CG-0000-0000-0000-0")


def story(*, hidden: bool = False) -> list[Entry]:
    """One office posts a contact, another commands one; a referral is posted, and taken up by a command."""
    told = Story()
    told.intake("an", OPENED, org=OFFICE, causation_id="e-1")
    if hidden:
        told.intake("an", HIDDEN, org="cap-me-tri", causation_id="mt-1")
        told.recorded -= timedelta(minutes=1)
    told.intake("an", MET, org=OFFICE, causation_id="e-1")
    told.intake("an", MET, org=OTHER)
    (routed,) = told.intake(
        "an",
        intake.AgencyEventRouted(
            type=ASKED.TYPE, event_source=f"/agencies/{OFFICE}", event_id="e-2", posted_by=OFFICE,
            org_kind=OrgKind.COMMUNE_SOCIAL, data={},
        ),
        org=OFFICE,
    )  # fmt: skip
    told.referral("an", "loan", ASKED, org=OFFICE, causation_id=routed.event_id)
    told.referral("an", "loan", referral.ReferralReceived(), org=PROVIDER)
    return told.entries()


def reader(kind: OrgKind, org: str, *, everywhere: bool = False) -> Reader:
    area = None if everywhere else frozenset({"00139"})
    return Reader(org, kind, labels=labels_of_kind(kind, ()), area=area)


def names(
    who: Reader, part: Part = Part.WHOLE, *, hidden: bool = False
) -> dict[tuple[str, str], TimelineEntry]:
    return {(one.type.split(".")[2], one.org): one for one in tell(who, part, story(hidden=hidden))}


def test_who_sees_every_case_is_told_the_recorded_ids() -> None:
    told = tell(reader(OrgKind.SUPERVISOR, "pctnxh-ha-noi", everywhere=True), Part.WHOLE, story())
    assert {one.event_id for one in told} < {one.event_id for one in story()}


@pytest.mark.parametrize("kind", [OrgKind.COMMUNE_SOCIAL, OrgKind.DISTRICT_SOCIAL, OrgKind.SUPERVISOR])
def test_no_id_that_an_office_of_an_area_is_told_counts_the_events_of_a_case(kind: OrgKind) -> None:
    for told in names(reader(kind, OFFICE)).values():
        assert told.event_id == "" or HANDLE.fullmatch(told.event_id), told
    recorded = {one.event_id for one in story()}
    shown = str(list(names(reader(kind, OFFICE)).values()))
    assert not any(f'"{one}"' in shown for one in recorded)


def test_an_office_is_told_the_ids_that_it_posted_and_a_handle_of_what_it_commanded() -> None:
    told = names(reader(OrgKind.COMMUNE_SOCIAL, OFFICE))
    assert told["client-contacted", OFFICE].posted_id == "e-1"
    assert told["referral-requested", OFFICE].posted_id == "e-2", "also where another service recorded it"
    others = told["client-contacted", OTHER]
    assert (others.event_id, others.posted_id) == ("", "")
    mine = names(reader(OrgKind.COMMUNE_SOCIAL, OTHER))["client-contacted", OTHER]
    assert (bool(HANDLE.fullmatch(mine.event_id)), mine.posted_id) == (True, "")
    providers = names(reader(OrgKind.PROVIDER, PROVIDER), Part.OWN)["referral-received", PROVIDER]
    assert HANDLE.fullmatch(providers.event_id)


@pytest.mark.parametrize("kind", [OrgKind.DISTRICT_SOCIAL, OrgKind.SUPERVISOR])
def test_who_voids_for_others_is_told_what_to_void_by(kind: OrgKind) -> None:
    told = names(reader(kind, "cua-quan"))
    assert told["client-contacted", OFFICE].posted_id == "e-1"
    assert HANDLE.fullmatch(told["client-contacted", OTHER].event_id)


def test_what_is_not_told_leaves_no_trace_in_any_name() -> None:
    for kind in (OrgKind.COMMUNE_SOCIAL, OrgKind.DISTRICT_SOCIAL):
        without, beside = (names(reader(kind, OTHER), hidden=hidden) for hidden in (False, True))
        said = [[(one.event_id, one.posted_id) for one in told.values()] for told in (without, beside)]
        assert said[0] == said[1]
