"""Who has to do with a case follows from what was reported of it, not from who looked into it."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

from answering.parties import reporters
from contracts.base import Payload
from contracts.envelope import Meta, Recorded, encode
from contracts.events.common import EventVoided
from contracts.events.intake import AgencyReferenceBound, ClientContacted
from contracts.events.referral import ReferralReceived, ReferralRequested
from contracts.events.vault import IdentityRead
from contracts.vocabulary import Channel, ClientGroup, PurposeOfUse, Service, VoidReason

AT = datetime(2019, 3, 1, tzinfo=UTC)


def told(data: Payload, org: str) -> Recorded[Payload]:
    meta = Meta(
        subject=uuid4(),
        occurred_at=AT,
        received_at=AT,
        actor="nv-07",
        org=org,
        policy_version="vn-law-2008@1",
        correlation_id="c",
    )
    return Recorded.parse(encode(f"{uuid4()}:1", data.TYPE, "/services/intake", meta, data))


def test_who_contacts_a_client_has_to_do_with_the_case() -> None:
    contact = ClientContacted(channel=Channel.STREET, commune="00139", client_group=ClientGroup.DRUG_USER)
    assert reporters(told(contact, "cap-bo-de")) == {"cap-bo-de"}


def test_to_void_what_was_reported_or_to_bind_a_reference_is_no_report() -> None:
    wrong = EventVoided(event_id=f"{uuid4()}:2", type=ClientContacted.TYPE, reason=VoidReason.WRONG_PERSON)
    for data in (wrong, AgencyReferenceBound(org="cap-bo-de", agency_ref="PX-1")):
        assert reporters(told(data, "cap-bo-de")) == set()


def test_who_has_to_do_with_a_referral_its_request_says_and_no_move_on_it() -> None:
    asked = ReferralRequested(service=Service.LOAN, provider="nhcs-long-bien", number="CG-0000-0000-0000-0")
    assert reporters(told(asked, "ldtbxh-bo-de")) == {"ldtbxh-bo-de"}
    assert reporters(told(ReferralReceived(), "nhcs-long-bien")) == set()


def test_who_only_read_an_identity_may_not_command_in_the_case_for_that() -> None:
    assert reporters(told(IdentityRead(purpose=PurposeOfUse.AUDIT), "thanh-tra-ha-noi")) == set()
