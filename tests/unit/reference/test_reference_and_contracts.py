"""The packaged organisations speak the words of the contracts."""

from __future__ import annotations

from pathlib import Path

import pytest
from contracts.events.referral import ReferralReceived
from contracts.registry import POSTABLE
from contracts.vocabulary import OrgKind, Service
from reference import Organisation, Reference

PACKAGED = Reference.load(Path(__file__).parents[3] / "deploy" / "reference")
ORGANISATIONS = pytest.mark.parametrize("organisation", PACKAGED.organisations, ids=lambda o: o.id)


@ORGANISATIONS
def test_its_kind_and_services_are_words_of_the_contracts(organisation: Organisation) -> None:
    assert organisation.kind in set(OrgKind)
    assert set(organisation.services) <= set(Service)


@ORGANISATIONS
def test_whoever_offers_a_service_may_answer_a_referral(organisation: Organisation) -> None:
    assert not organisation.services or organisation.kind in POSTABLE[ReferralReceived.TYPE].by


@ORGANISATIONS
def test_its_id_can_name_a_topic(organisation: Organisation) -> None:
    assert len(f"agency.{organisation.id}.receipts.v1") <= 249
