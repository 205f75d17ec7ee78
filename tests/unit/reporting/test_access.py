"""The table of who may see what, cell by cell, beside the words of domain.md."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from contracts.base import Label, Payload, labels_of
from contracts.events import cases, consent, intake
from contracts.registry import PAYLOADS, RECORDED_BY
from contracts.vocabulary import OrgKind, Owner, Service
from reference import Policy
from reftrack.reporting.v1 import status_pb2 as pb
from reporting.access import (
    ANOTHER_CASE,
    BESIDE_THE_LISTS,
    CARE,
    CASE_FIELDS,
    CONTACT_EVENTS,
    HEALTH,
    NAMES_OF_EVENTS,
    TABLE,
    TYPE_LABELS,
    WITHHELD,
    Part,
    Reader,
    labels_of_kind,
    may_see,
    may_see_referral,
    role_that_counts,
    service_labels,
    shown,
    shown_stage,
    told_by_name,
    within_the_law,
)
from reporting.pathway.lookup import Tie

POLICY = Policy.load(Path(__file__).parents[3] / "deploy" / "reference" / "policy")

D, H, S, P, T, G, L, V = (
    Label.DRUG, Label.HIV, Label.OST, Label.PSY, Label.TB, Label.HEALTH, Label.LEGAL, Label.TRAFFICKING
)  # fmt: skip
ALL = {D, H, S, P, T, G, L, V}

LABELS: dict[str, set[Label]] = {
    "ward_police": set(),
    "border_guard": set(),
    "hotline": set(),
    "district_social": ALL,
    "commune_social": ALL,
    "health_station": {D, H, S, P, T, G},
    "provider": set(),
    "detox_facility": {D, H, S, P, T, G, L},
    "methadone_clinic": {D, H, S, P, T, G},
    "commune_authority": ALL - {H},
    "volunteer_team": {D},
    "club": {D},
    "supervisor": ALL,
    "auditor": ALL,
}
"""Written out once more by hand: a change of the table must be meant."""

PARTS: dict[str, dict[str, Part]] = {
    "ward_police": {"contacted": Part.CONTACTS},
    "border_guard": {"contacted": Part.CONTACTS},
    "hotline": {"contacted": Part.CONTACTS},
    "district_social": dict.fromkeys(
        ("contacted", "introduced_to", "registered", "handed_over_to", "moved_to"), Part.WHOLE
    ),
    "commune_social": dict.fromkeys(
        ("contacted", "introduced_to", "registered", "handed_over_to", "moved_to"), Part.WHOLE
    ),
    "health_station": {"contacted": Part.OWN, "screened": Part.SCREENING},
    "provider": {},
    "detox_facility": {"admitted": Part.OWN},
    "methadone_clinic": {"inducted": Part.OWN},
    "commune_authority": {"handed_over_to": Part.WHOLE, "moved_to": Part.WHOLE, "admitted": Part.OWN},
    "volunteer_team": {"contacted": Part.OWN, "assigned_to": Part.OWN},
    "club": {"contacted": Part.OWN, "assigned_to": Part.OWN},
    "supervisor": {},
    "auditor": {},
}
AREAS = {
    "district_social": "operator",
    "commune_social": "operator",
    "commune_authority": "operator",
    "supervisor": "supervisor",
    "auditor": "auditor",
}


def reader(kind: str, org: str = "x", *, offers: tuple[str, ...] = (), **more: object) -> Reader:
    return Reader(org, kind, labels=labels_of_kind(kind, offers), **more)  # type: ignore[arg-type]


def test_every_kind_of_organisation_stands_in_the_table() -> None:
    assert set(TABLE) == set(LABELS) == set(PARTS) == {str(kind) for kind in OrgKind}


@pytest.mark.parametrize("kind", list(OrgKind))
@pytest.mark.parametrize("label", list(Label))
def test_each_kind_sees_the_labels_of_its_row_and_no_others(kind: str, label: Label) -> None:
    assert may_see(reader(kind), {label}) == (label in LABELS[kind])


@pytest.mark.parametrize("kind", list(OrgKind))
@pytest.mark.parametrize("tie", list(Tie))
def test_each_tie_opens_the_part_of_a_case_that_its_row_says_and_no_more(kind: str, tie: Tie) -> None:
    assert reader(kind).part([tie], "00139") == PARTS[kind].get(tie, Part.NOTHING)
    assert reader(kind).part([], "00139") is Part.NOTHING


@pytest.mark.parametrize("kind", list(OrgKind))
def test_each_kind_has_its_area_in_the_role_of_its_row(kind: str) -> None:
    assert TABLE[kind].area_as == AREAS.get(kind)


def test_of_several_ties_the_one_that_shows_most_counts() -> None:
    station = reader("health_station")
    assert station.part([Tie.CONTACTED, Tie.SCREENED], "") is Part.SCREENING
    assert reader("commune_authority", area=frozenset({"00139"})).part([Tie.ADMITTED], "00139") is Part.WHOLE


class OtherLaw:
    """A law that closes the list of who may know of substitution treatment, and of nothing else."""

    def may_know(self, label: str, /) -> frozenset[str] | None:
        return frozenset({"methadone_clinic"}) if label == "OST" else None


def test_a_list_that_the_law_of_a_day_closes_narrows_the_table_and_never_widens_it() -> None:
    for kind in OrgKind:
        table = labels_of_kind(kind, ("hiv_test", "methadone"))
        told = within_the_law(table, kind, OtherLaw())
        kept = kind == "methadone_clinic" or kind in BESIDE_THE_LISTS
        assert told == (table if kept else table - {Label.OST})


def test_a_kind_of_organisation_that_is_not_in_the_table_sees_nothing() -> None:
    stranger = reader("newspaper", area=frozenset())
    assert not any(may_see(stranger, {label}) for label in Label)
    assert stranger.part(list(Tie), "00139") is Part.NOTHING
    assert not stranger.has_an_area


def test_who_may_know_an_hiv_status_is_a_closed_list_each_with_its_ground() -> None:
    """The list is the policy pack's; whoever knows it besides does so on a ground of ours."""
    listed = POLICY.holding(date(2021, 3, 1)).may_know("HIV")
    assert listed is not None
    knowing = {kind for kind in OrgKind if may_see(reader(kind, offers=("hiv_test",)), {Label.HIV})}
    assert knowing == listed | set(BESIDE_THE_LISTS)
    assert all(BESIDE_THE_LISTS.values())
    assert not knowing & {"ward_police", "border_guard", "hotline", "commune_authority", "club"}


@pytest.mark.parametrize("service", list(Service))
def test_a_provider_knows_the_labels_of_the_services_that_it_offers_and_no_others(service: str) -> None:
    assert reader("provider", offers=(service,)).labels == service_labels(service)
    assert reader("provider", offers=("loan",)).services == {
        each for each in Service if not service_labels(each)
    }


@pytest.mark.parametrize("kind", list(OrgKind))
@pytest.mark.parametrize("role", ["supervisor", "auditor"])
def test_a_role_counts_only_for_the_kind_that_fits_it(kind: str, role: str) -> None:
    assert role_that_counts(kind, role) == (role if kind == role else "operator")
    assert role_that_counts(kind, "agency") == "agency"


@pytest.mark.parametrize("part", list(Part))
def test_a_referral_is_shown_to_its_parties_and_in_a_whole_case_if_its_service_may_be_known(
    part: Part,
) -> None:
    authority = reader("commune_authority", "ubnd", hidden_orgs=frozenset({"hiv-clinic"}))

    def sees(service: str, sender: str = "social", provider: str = "clinic") -> bool:
        return may_see_referral(authority, part, service=service, sender=sender, provider=provider)

    assert sees("methadone") == (part is Part.WHOLE)
    assert not sees("hiv_treatment")
    assert not sees("general_health", provider="hiv-clinic")
    assert sees("methadone", provider="ubnd")
    assert sees("hiv_test", sender="ubnd")


def test_the_name_of_an_organisation_tells_what_all_its_services_have_in_common() -> None:
    assert told_by_name(("hiv_test", "hiv_treatment")) == {Label.HIV}
    assert told_by_name(("hiv_test", "general_health")) == frozenset()
    assert told_by_name(("loan",)) == told_by_name(()) == frozenset()


def test_a_value_that_may_not_be_seen_is_withheld_by_the_labels_that_it_could_carry() -> None:
    authority = reader("commune_authority")
    group = labels_of(intake.CaseOpened.model_fields["client_group"])
    assert {shown(authority, value, group) for value in ("relative", "person_with_hiv")} == {WITHHELD}
    assert shown(reader("commune_social"), "person_with_hiv", group) == "person_with_hiv"


def test_nobody_sees_identities_in_reporting() -> None:
    assert not any(Label.IDENTITY in sight.labels for sight in TABLE.values())
    assert frozenset(ALL) == CARE


@pytest.mark.parametrize("furthest", ["screened", "brief_intervention_given", "plan_agreed"])
@pytest.mark.parametrize("stage", ["", "closed"])
def test_police_learn_that_the_person_reached_a_social_worker_and_nothing_after_it(
    furthest: str, stage: str
) -> None:
    police, social = reader("ward_police"), reader("commune_social")
    assert shown_stage(police, Part.CONTACTS, stage or furthest, furthest) == "registered"
    assert shown_stage(police, Part.CONTACTS, stage or "contacted", "contacted") == "contacted"
    assert shown_stage(social, Part.WHOLE, stage or furthest, furthest) == (stage or furthest)


def test_what_police_may_see_of_a_contact_is_a_closed_list_of_events_and_fields() -> None:
    names = {type_.split(".")[2]: set(fields) for type_, fields in CONTACT_EVENTS.items()}
    assert names == {
        "case-opened": set(),
        "agency-reference-bound": {"org", "agency_ref"},
        "client-contacted": {"channel", "commune"},
        "client-introduced": {"to_org", "number"},
        "client-registered": set(),
        "event-voided": {"reason"},
    }
    for type_, fields in CONTACT_EVENTS.items():
        shown_fields = [PAYLOADS[type_].model_fields[field] for field in fields]
        assert not any(labels_of(field) for field in shown_fields)


def test_the_fields_of_a_case_are_a_closed_list_for_every_part_but_the_whole() -> None:
    known = set(pb.Case.DESCRIPTOR.fields_by_name)
    telling = {"client_id", "client_group", "plan", "followup_state", "closed_on"}
    assert set(CASE_FIELDS) == set(Part) - {Part.NOTHING, Part.WHOLE}
    for fields in CASE_FIELDS.values():
        assert fields <= known
        assert not fields & telling


def test_an_event_that_always_tells_of_health_bears_a_label_by_its_mere_happening() -> None:
    by_service = {model.TYPE for model in RECORDED_BY[Owner.REFERRAL]} | {intake.AgencyEventRouted.TYPE}
    by_value = {
        intake.CaseOpened,
        intake.ClientContacted,
        intake.ClientRegistered,
        intake.CounsellingProvided,
    }
    withheld_whole = {
        consent.ConsentGiven.TYPE,
        consent.ConsentWithdrawn.TYPE,
        cases.CaseClosed.TYPE,
        cases.CaseReopened.TYPE,
        cases.MoveAcknowledged.TYPE,
    }
    telling = {
        model.TYPE
        for model in PAYLOADS.values()
        if any(labels_of(field) & HEALTH for field in model.model_fields.values()) and model not in by_value
    }
    assert telling - by_service - withheld_whole <= set(TYPE_LABELS)


def written(model: type[Payload]) -> dict[str, str]:
    """The annotations of a payload's fields as they are written."""
    return {
        name: str(said) for base in reversed(model.__mro__) for name, said in _own_annotations(base).items()
    }


def _own_annotations(base: type) -> dict[str, Any]:
    return {name: said for name, said in vars(base).get("__annotations__", {}).items() if name.islower()}


def test_every_field_that_names_an_event_of_ours_is_for_who_sees_all() -> None:
    naming = {
        name
        for model in PAYLOADS.values()
        if model is not intake.AgencyEventRouted
        for name, said in written(model).items()
        if "EventId" in said
    }
    assert naming == NAMES_OF_EVENTS


def test_every_field_that_names_another_case_or_client_is_for_who_sees_that_one_too() -> None:
    naming = {
        (model.TYPE, name)
        for model in PAYLOADS.values()
        for name, said in written(model).items()
        if "UUID" in said and Label.IDENTITY not in labels_of(model.model_fields[name])
    }
    assert {name for _, name in naming} - {"client_id"} == ANOTHER_CASE
