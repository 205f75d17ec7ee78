from __future__ import annotations

import pytest
from contracts.base import Label, labels_of
from contracts.events import intake
from contracts.registry import PAYLOADS, RECORDED_BY
from contracts.vocabulary import OrgKind, Owner
from reporting.access import (
    HEALTH,
    MAY_SEE,
    TYPE_LABELS,
    WITHHELD,
    Reader,
    may_see,
    shown,
    shown_stage,
)

POLICE = Reader("cap-bo-de", "ward_police", "operator")
SOCIAL = Reader("ubnd-bo-de-social", "commune_social", "operator")


@pytest.mark.parametrize("label", [Label.DRUG, Label.HIV, Label.OST, Label.PSY, Label.TB])
def test_police_never_see_health_data(label: Label) -> None:
    assert shown(POLICE, "hiv_test", {label}) == WITHHELD


def test_police_supervisors_see_no_health_data_either() -> None:
    assert not may_see(Reader("cap-bo-de", "ward_police", "supervisor"), {Label.HIV})


def test_the_commune_authority_does_not_see_hiv_status() -> None:
    reader = Reader("ubnd-bo-de", "commune_authority", "operator")
    assert not may_see(reader, {Label.HIV})
    assert may_see(reader, {Label.OST})


def test_one_label_that_may_not_be_seen_is_enough_to_withhold() -> None:
    reader = Reader("ubnd-bo-de", "commune_authority", "operator")
    assert shown(reader, "x", {Label.OST, Label.HIV}) == WITHHELD


def test_a_kind_of_organisation_that_is_not_in_the_table_sees_no_label() -> None:
    assert not may_see(Reader("x", "newspaper", "supervisor"), {Label.LEGAL})


def test_what_bears_no_label_is_shown() -> None:
    assert shown(POLICE, "health_insurance_card", ()) == "health_insurance_card"


def test_nobody_sees_identities_in_reporting() -> None:
    assert not any(Label.IDENTITY in labels for labels in MAY_SEE.values())


@pytest.mark.parametrize("stage", ["screened", "planned", "intervened"])
def test_police_learn_that_the_person_reached_a_social_worker_and_nothing_after_it(stage: str) -> None:
    assert shown_stage(POLICE, stage) == "registered"
    assert shown_stage(SOCIAL, stage) == stage


def test_every_kind_of_organisation_stands_in_the_table() -> None:
    assert set(MAY_SEE) == {str(kind) for kind in OrgKind}


def test_an_event_that_always_tells_of_health_bears_a_label_by_its_mere_happening() -> None:
    by_service = {model.TYPE for model in RECORDED_BY[Owner.REFERRAL]} | {intake.AgencyEventRouted.TYPE}
    by_value = {
        intake.CaseOpened,
        intake.ClientContacted,
        intake.ClientRegistered,
        intake.CounsellingProvided,
    }
    telling = {
        model.TYPE
        for model in PAYLOADS.values()
        if any(labels_of(field) & HEALTH for field in model.model_fields.values()) and model not in by_value
    }
    assert telling - by_service - {intake.CaseClosed.TYPE} <= set(TYPE_LABELS)


def test_an_operator_of_an_area_has_its_communes_and_an_agency_system_has_not() -> None:
    communes = frozenset({"00139"})
    assert Reader("dpv-long-bien", "district_social", "operator", communes).area == communes
    assert not Reader("dpv-long-bien", "district_social", "agency", communes).area
    assert not Reader("cap-bo-de", "ward_police", "operator", communes).area
