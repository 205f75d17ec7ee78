"""What a timeline tells of an answer to an agency's event: in words, and no more than before."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import pytest
from contracts.base import Label, Payload
from contracts.events.common import AgencyEventDeferred, AgencyEventRefused, EventVoided
from contracts.events.referral import ReferralReceived, ReferralRequested
from contracts.vocabulary import OrgKind, VoidReason
from pydantic import JsonValue
from reftrack.reporting.v1 import status_pb2 as pb
from reporting.access import OF_A_CONSENT_ENDED, Reader
from reporting.rpc.facts import facts_of

from tests.unit.reporting.pathway import at

ALL = frozenset(Label)
POSTED: dict[str, JsonValue] = {
    "service": "methadone",
    "provider": "methadone-long-bien",
    "note": None,
    "note_labels": ["OST"],
}
DEFERRED = AgencyEventDeferred(
    type=ReferralRequested.TYPE,
    org_kind=OrgKind.COMMUNE_SOCIAL,
    data=POSTED,
    code="consent_none",
    until=at(4),
    waiting_for="consent_given",
)
REFUSED = AgencyEventRefused(
    code="consent_lacks_several",
    detail={"purpose": "–", "recipient": "methadone_clinic", "labels": "OST", "others": "consent_expired"},
)
NOT_ALLOWED = AgencyEventRefused(
    code="move_not_allowed", detail={"move": "accept"}, state="closed", moves=("receive", "reject")
)


def facts(data: Payload, labels: frozenset[Label] = ALL, **limits: Any) -> dict[str, pb.Fact]:
    reader = Reader("office", OrgKind.SUPERVISOR, labels=labels, area=None)
    return {fact.field: fact for fact in facts_of(reader, data, **limits)}


def test_an_event_that_waits_is_told_by_its_own_title_and_those_of_its_fields() -> None:
    told = facts(DEFERRED)
    assert (told["type"].text_vi, told["type"].text_en) == ("Chuyển gửi", "Referral requested")
    assert told["waiting_for"].text_vi == "đồng ý chia sẻ thông tin"
    assert told["code"].text_en.startswith("The client has not agreed to share anything.")
    assert told["data"].text_vi.startswith("Dịch vụ: điều trị Methadone, Cơ sở cung cấp: methadone-long-bien")
    assert told["data"].text_en == (
        "Service: methadone treatment, Provider: methadone-long-bien, "
        "Data labels of the note: opioid substitution treatment"
    )


def test_the_reason_is_told_as_in_the_receipt_with_the_names_of_what_lacks() -> None:
    told = facts(REFUSED)
    assert "recipient lacking: methadone clinic;" in told["code"].text_en
    assert "methadone_clinic" not in told["code"].text_vi + told["detail"].text_vi
    told = facts(NOT_ALLOWED)
    assert told["code"].text_en.startswith(
        "The referral is loop closed, which does not allow to accept. Allowed: receive;"
    )
    assert (told["state"].text_en, told["moves/0"].text_en) == ("loop closed", "receive")
    assert "{" not in "".join(one.text_vi + one.text_en for one in told.values())


def test_what_may_not_be_seen_of_a_waiting_event_is_in_neither_its_words_nor_its_value() -> None:
    assert "data" not in facts(DEFERRED, ALL - {Label.OST})
    told = facts(DEFERRED, but=OF_A_CONSENT_ENDED)["data"]
    assert json.loads(told.value_json) == {"provider": "methadone-long-bien"}
    assert (told.title_en, told.text_en) == ("Data", "Provider: methadone-long-bien")
    assert "methadone clinic" not in facts(REFUSED, but={"detail"})["code"].text_en


@pytest.mark.parametrize("type_name", [ReferralRequested.TYPE, "org.reftrack.no-such.v1"])
def test_data_that_no_form_of_today_reads_is_told_as_it_stands(type_name: str) -> None:
    old = DEFERRED.model_copy(update={"type": type_name, "data": {"what": "ever", "not": None}})
    told = facts(old)["data"]
    assert (json.loads(told.value_json), told.text_vi) == ({"what": "ever", "not": None}, "what: ever")


def test_the_event_voided_is_named_by_its_title() -> None:
    void = EventVoided(event_id=f"{UUID(int=1)}:2", type=ReferralReceived.TYPE, reason=next(iter(VoidReason)))
    assert facts(void)["type"].text_en == ReferralReceived.TITLE.en


def test_values_are_kept_as_they_are_recorded() -> None:
    told = facts(DEFERRED)
    assert json.loads(told["data"].value_json) == {k: v for k, v in POSTED.items() if v is not None}
    assert [json.loads(told[name].value_json) for name in ("type", "code", "waiting_for")] == [
        ReferralRequested.TYPE, "consent_none", "consent_given",
    ]  # fmt: skip
