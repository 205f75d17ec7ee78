"""Consents in their cases: who agreed, what is taken back, and the clock that ends them, exactly once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from chassis.items import Command
from chassis.timers import RING, Timer

from tests.integration.intake.case_posts import void
from tests.integration.intake.desk import SOCIAL, Desk, verdicts
from tests.integration.intake.posts import NOW, Post, closing, registration

GUARDIAN = {"full_name": "Trần Thị Giám Hộ", "phone": "0912000111", "id_number": "001090000777"}
FAR = datetime(2019, 4, 30, 17, tzinfo=UTC)
"""The end, in Viet Nam, of 30 April 2019."""


def consent(
    ref: str = "TV-1", org: str = SOCIAL, *, at: datetime = NOW - timedelta(days=5), **data: Any
) -> Post:
    usual: dict[str, Any] = {
        "purposes": ["treatment"],
        "recipients": ["methadone_clinic"],
        "labels": ["OST"],
        "expires_on": "2019-04-30",
        "form_number": "GDY-17/2019",
    }
    return Post(org, "consent-given", {"agency_ref": ref}, usual | data, at=at)


def withdrawal(
    ref: str = "TV-1", org: str = SOCIAL, *, at: datetime = NOW - timedelta(days=1), **data: Any
) -> Post:
    return Post(org, "consent-withdrawn", {"agency_ref": ref}, data, at=at)


@pytest.fixture
def case(desk: Desk) -> Desk:
    desk.post(registration(SOCIAL, {"agency_ref": "TV-1"}))
    return desk


def told(desk: Desk, kind: str) -> list[dict[str, Any]]:
    return [event for event in desk.events() if event["type"] == f"org.reftrack.{kind}.v1"]


def ring_what_is_due(desk: Desk) -> list[Any]:
    """What the ticker of one instance does."""
    rows = desk.rows("SELECT kind, stream, key, due_at FROM timers WHERE due_at <= %s", desk.clock.now())
    return desk.writer.run([Command("", "clock", RING, Timer(*row).message(), None, "t") for row in rows])


# Given


def test_a_consent_keeps_scope_and_evidence(case: Desk) -> None:
    (receipt,) = case.post(consent(recipient_orgs=["opc-long-bien"], file_sha256="ab" * 32))
    (event,) = told(case, "consent-given")
    assert receipt["verdict"] == "accepted"
    assert event["data"]["form_number"] == "GDY-17/2019"
    assert event["data"]["file_sha256"] == "ab" * 32
    assert event["data"]["recipient_orgs"] == ["opc-long-bien"]


def test_a_consent_for_ever_is_taken_as_that(case: Desk) -> None:
    for_ever = case.post(consent(expires_on="9999-12-31"), withdrawal())
    assert verdicts(for_ever) == ["accepted", "accepted"]


def test_a_child_needs_a_guardian_and_the_receipt_says_so_in_both_languages(desk: Desk) -> None:
    child = registration(SOCIAL, {"agency_ref": "TV-1"})
    desk.post(Post(SOCIAL, child.kind, child.about, {**child.data, "birth_year": 2006}))
    alone, both = desk.post(consent(), consent(guardian="parent"))
    assert (alone["verdict"], alone["code"], alone["field"]) == (
        "rejected",
        "consent_lacks_guardian",
        "/data/guardian",
    )
    assert alone["remedy"]["vi"] != alone["remedy"]["en"] != ""
    assert both["verdict"] == "accepted"


def test_for_an_adult_nobody_else_agrees_unless_a_court_or_the_law_says_so(case: Desk) -> None:
    other, by_law = case.post(
        consent(by_client=False, guardian="guardian"),
        consent(by_client=False, guardian="guardian", represented=True),
    )
    assert (other["code"], other["field"]) == ("consent_lacks_client", "/data/by_client")
    assert by_law["verdict"] == "accepted"


def test_who_the_guardian_is_goes_into_the_vault_and_nowhere_else(case: Desk) -> None:
    case.post(consent(guardian="parent", guardian_identity=GUARDIAN))
    (event,) = told(case, "consent-given")
    client = told(case, "case-opened")[0]["data"]["client_id"]
    kept = {name: value for (name, record), value in case.identity(client).items() if record == event["id"]}
    assert kept == {
        "guardian_name": GUARDIAN["full_name"],
        "guardian_phone": GUARDIAN["phone"],
        "guardian_id_number": GUARDIAN["id_number"],
    }
    for table in ("stored_events", "receipts", "inbox", "claims", "timers", "waits"):
        found = str(case.rows(f"SELECT * FROM {table}"))
        assert not [value for value in GUARDIAN.values() if value in found or value.encode().hex() in found]


def test_a_guardians_id_number_does_not_lead_to_the_client(case: Desk) -> None:
    case.post(consent(guardian="parent", guardian_identity=GUARDIAN))
    case.post(registration("ldtbxh-duc-giang", {"agency_ref": "DG-1"}, id_number=GUARDIAN["id_number"]))
    assert case.types().count("case-opened") == 2


def test_an_identity_of_a_guardian_who_did_not_agree_is_refused(case: Desk) -> None:
    (receipt,) = case.post(consent(guardian_identity=GUARDIAN))
    assert receipt["code"] == "guardian_identity_alone"


def test_a_consent_for_an_organisation_that_nobody_knows_is_refused(case: Desk) -> None:
    (receipt,) = case.post(consent(recipient_orgs=["no-such-office"]))
    assert (receipt["code"], receipt["field"]) == ("organisation_unknown", "/data/recipient_orgs")


# Withdrawn


def test_a_withdrawal_names_the_recorded_consent_that_the_agency_named_by_its_own_id(case: Desk) -> None:
    given = consent()
    case.post(given, withdrawal(consent=given.id))
    (recorded,), (withdrawn,) = told(case, "consent-given"), told(case, "consent-withdrawn")
    assert withdrawn["data"]["consent"] == recorded["id"]


def test_without_a_name_all_consents_are_withdrawn_whoever_recorded_them(case: Desk) -> None:
    other = "tyt-bo-de"
    case.post(consent(), Post(other, "client-contacted", {"agency_ref": "Y-1"}, CONTACT))
    (receipt,) = case.post(withdrawal())
    (withdrawn,) = told(case, "consent-withdrawn")
    assert (receipt["verdict"], withdrawn["data"]["consent"]) == ("accepted", None)


def test_an_agency_does_not_withdraw_what_another_recorded_by_its_id(case: Desk) -> None:
    given = consent()
    case.post(given, registration("ldtbxh-duc-giang", {"agency_ref": "DG-1"}, id_number="001090000123"))
    (receipt,) = case.post(withdrawal("DG-1", "ldtbxh-duc-giang", consent=given.id))
    assert (receipt["verdict"], receipt["code"]) == ("waiting", "consent_unknown")


def test_a_withdrawal_that_comes_before_its_consent_waits_for_it(case: Desk) -> None:
    given = consent()
    (early,) = case.post(withdrawal(consent=given.id))
    assert (early["verdict"], early["code"]) == ("waiting", "consent_unknown")
    receipts = case.post(given)
    assert verdicts(receipts) == ["accepted", "accepted"]
    assert case.types()[-2:] == ["consent-given", "consent-withdrawn"]


def test_part_of_a_consent_can_be_withdrawn_and_later_the_rest_but_the_whole_only_once(case: Desk) -> None:
    given = consent()
    receipts = case.post(
        given,
        withdrawal(consent=given.id, labels=["OST"]),
        withdrawal(consent=given.id),
        withdrawal(consent=given.id),
    )
    assert verdicts(receipts) == ["accepted"] * 3 + ["rejected"]
    assert receipts[-1]["code"] == "consent_already_withdrawn"


def test_a_withdrawal_dated_before_its_consent_is_refused(case: Desk) -> None:
    given = consent()
    (_, receipt) = case.post(given, withdrawal(consent=given.id, at=NOW - timedelta(days=6)))
    assert receipt["code"] == "withdrawn_before_given"


def test_a_consent_can_be_withdrawn_after_the_case_was_closed(case: Desk) -> None:
    receipts = case.post(consent(), closing(SOCIAL, "TV-1", at=NOW - timedelta(days=2)), withdrawal())
    assert verdicts(receipts) == ["accepted"] * 3


def test_a_consent_that_was_put_right_is_withdrawn_by_the_id_of_the_wrong_one_too(case: Desk) -> None:
    wrong = consent()
    right = replace(consent(), corrects=wrong.id)
    again = replace(consent(), corrects=right.id)
    case.post(wrong, right, again)
    assert verdicts(case.post(withdrawal(consent=wrong.id))) == ["accepted"]
    (withdrawn,), consents = told(case, "consent-withdrawn"), told(case, "consent-given")
    assert withdrawn["data"]["consent"] == consents[-1]["id"]
    (twice,) = case.post(withdrawal(consent=again.id))
    assert twice["code"] == "consent_already_withdrawn"


def test_who_may_not_report_it_does_not_withdraw_for_the_client(case: Desk) -> None:
    (receipt,) = case.post(withdrawal("X-1", "methadone-long-bien"))
    assert receipt["code"] == "not_yours_to_report"


def test_what_a_corrected_withdrawal_withdrew_is_not_withdrawn_twice_and_does_not_expire(case: Desk) -> None:
    first, second = consent(), consent(form_number="GDY-18/2019")
    slip = withdrawal(consent=first.id)
    right = replace(withdrawal(consent=second.id), corrects=slip.id)
    assert verdicts(case.post(first, slip, second, right)) == ["accepted"] * 4
    (again,) = case.post(withdrawal(consent=second.id))
    assert again["code"] == "consent_already_withdrawn"
    case.clock.move_to(FAR)
    ring_what_is_due(case)
    (expired,) = told(case, "consent-expired")
    assert expired["data"]["consent"] == told(case, "consent-given")[0]["id"]


# Expired


def test_the_clock_ends_a_consent_at_midnight_in_viet_nam_and_once(case: Desk) -> None:
    case.post(consent())
    case.clock.move_to(FAR - timedelta(microseconds=1))
    assert not ring_what_is_due(case)
    case.clock.move_to(FAR)
    ring_what_is_due(case)
    ring_what_is_due(case)
    (given,), (expired,) = told(case, "consent-given"), told(case, "consent-expired")
    assert expired["data"] == {"consent": given["id"], "expired_on": "2019-04-30"}
    assert datetime.fromisoformat(expired["meta"]["occurred_at"]) == FAR
    assert case.count("timers") == 0


def test_of_several_instances_that_ring_at_once_one_records_it(case: Desk) -> None:
    for n in range(6):
        case.post(consent(form_number=f"F-{n}"))
    case.clock.move_to(FAR + timedelta(days=1))
    with case.with_the_same_keys(case.dsn) as other, ThreadPoolExecutor() as threads:
        other.clock.move_to(FAR + timedelta(days=1))
        done = [threads.submit(ring_what_is_due, one) for one in (case, other, case, other)]
        assert all(result.error is None for each in done for result in each.result(timeout=60))
    assert len({event["data"]["consent"] for event in told(case, "consent-expired")}) == 6
    assert len(told(case, "consent-expired")) == 6


def test_what_was_withdrawn_as_a_whole_does_not_expire_too(case: Desk) -> None:
    given = consent()
    case.post(given, withdrawal(consent=given.id))
    case.clock.move_to(FAR)
    ring_what_is_due(case)
    assert told(case, "consent-expired") == []


def test_a_consent_whose_withdrawal_is_voided_after_its_last_day_has_expired(case: Desk) -> None:
    given = consent()
    taken_back = withdrawal(consent=given.id)
    case.post(given, taken_back)
    case.clock.move_to(FAR + timedelta(days=1))
    ring_what_is_due(case)
    case.post(void(SOCIAL, "TV-1", taken_back.id, "did_not_happen"))
    ring_what_is_due(case)
    assert len(told(case, "consent-expired")) == 1
    assert case.count("timers") == 0


def test_what_was_withdrawn_in_part_expires(case: Desk) -> None:
    given = consent()
    case.post(given, withdrawal(consent=given.id, labels=["OST"]))
    case.clock.move_to(FAR)
    ring_what_is_due(case)
    assert len(told(case, "consent-expired")) == 1


def test_a_consent_reported_long_after_its_end_expires_at_once(case: Desk) -> None:
    case.clock.move_to(FAR + timedelta(days=30))
    case.post(consent())
    ring_what_is_due(case)
    assert len(told(case, "consent-expired")) == 1


CONTACT = {"channel": "office", "commune": "00139", "client_group": "drug_user"}


# One form, two clients


WARNED = "consent_form_used_before"


def warned(receipt: dict[str, Any]) -> list[str]:
    assert receipt["verdict"] == "accepted"
    return [one["code"] for one in receipt.get("warnings", ())]


def test_a_form_number_of_two_clients_is_recorded_and_told_to_the_office_each_time(case: Desk) -> None:
    case.post(registration(SOCIAL, {"agency_ref": "TV-2"}, name="Trần Thị Khác"), consent("TV-1"))
    again = consent("TV-2", form_number="gdy - 17/2019")
    for receipt in (*case.post(again), *case.post(again)):
        assert warned(receipt) == [WARNED]
        (told,) = receipt["warnings"]
        assert (told["field"], sorted(told["remedy"])) == ("/data/form_number", ["en", "vi"])
        assert "TV-1" not in str(receipt)


def test_a_form_is_one_clients_as_long_as_a_consent_stands_that_names_it(case: Desk) -> None:
    elsewhere = "ldtbxh-ngoc-lam"
    case.post(registration(SOCIAL, {"agency_ref": "TV-2"}, name="Trần Thị Khác"))
    case.post(registration(elsewhere, {"agency_ref": "NL-1"}, name="Lê Văn Tám"))
    first, same, other = consent("TV-1"), consent("TV-1"), consent("NL-1", elsewhere)
    assert [warned(one) for one in case.post(first, same, other)] == [[], [], []]
    case.post(void(SOCIAL, "TV-1", first.id))
    slip = consent("TV-2")
    assert [warned(one) for one in case.post(slip)] == [[WARNED]]
    right = replace(consent("TV-2", form_number="GDY-18"), corrects=slip.id)
    assert [warned(one) for one in case.post(right)] == [[]]
    case.post(void(SOCIAL, "TV-1", same.id))
    assert [warned(one) for one in case.post(consent("TV-2"))] == [[]]
