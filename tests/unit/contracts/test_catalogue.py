"""The catalogue: every code has its words in both languages, and filling them never fails."""

from __future__ import annotations

import string
from enum import StrEnum

import pytest
from contracts import catalogue
from contracts.fields import PATTERNS
from contracts.problems import KINDS
from contracts.states import MOVES, Party, ReferralState
from contracts.vocabulary import LISTS, NumberKind, OrgKind, Service
from hypothesis import given
from hypothesis import strategies as st

EVERY_LIST = [*LISTS, ReferralState, Party]


@pytest.mark.parametrize("codes", EVERY_LIST, ids=lambda codes: codes.__name__)
def test_every_code_of_a_list_has_a_name_in_both_languages(codes: type[StrEnum]) -> None:
    assert catalogue.lists()[codes.__name__].keys() == {str(code) for code in codes}
    assert all(catalogue.name(code, lang) for code in codes for lang in catalogue.LANGS)


def test_every_form_and_kind_that_a_problem_names_is_described() -> None:
    assert catalogue.lists()["Form"].keys() == PATTERNS.keys() | {"base64"}
    assert catalogue.lists()["Kind"].keys() == {*KINDS, "value"}


def test_every_move_has_a_name() -> None:
    assert catalogue.lists()["Move"].keys() >= MOVES.keys()


@pytest.mark.parametrize("code", sorted(catalogue.reasons()))
def test_both_languages_of_a_reason_have_the_same_places_to_fill(code: str) -> None:
    title = catalogue.reasons()[code]
    assert places(title.vi) == places(title.en)
    assert title.vi != title.en


def places(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


def test_a_name_is_given_in_the_language_asked() -> None:
    assert catalogue.name(Service.METHADONE, "vi") == "điều trị Methadone"
    assert catalogue.name(OrgKind.WARD_POLICE, "en") == "ward police"
    assert catalogue.name_in("Service", "teleport", "en") == "teleport"


@pytest.mark.parametrize(
    ("waiting_for", "vi", "en"),
    [
        ("consent_given", "đồng ý chia sẻ thông tin", "consent given"),
        ("in_progress, on_hold", "đang cung cấp dịch vụ; tạm dừng", "in progress; on hold"),
        ("agency cap-khong-co", "cơ quan cap-khong-co được đăng ký", "agency cap-khong-co to be registered"),
        ("agency_ref BD-6", "người có mã hồ sơ BD-6 của cơ quan", "whom the office's reference BD-6 names"),
        ("referral CG-1", "chuyển gửi số CG-1", "referral CG-1"),
        ("event an id of {its} own", "sự kiện an id of {its} own", "event an id of {its} own"),
        ("agency_registered", "cơ quan được nêu được đăng ký", "the office named to be registered"),
        ("no_such_code", "no_such_code", "no_such_code"),
        ("", "", ""),
    ],
)
def test_what_an_event_waits_for_is_said_in_words(waiting_for: str, vi: str, en: str) -> None:
    assert (catalogue.awaited(waiting_for, "vi"), catalogue.awaited(waiting_for, "en")) == (vi, en)


def test_whatever_number_or_step_an_event_waits_for_has_words() -> None:
    steps = {*catalogue.lists()["Step"], *ReferralState, "agency_registered"}
    keys = {f"{kind} X-1" for kind in (*NumberKind, "agency", "agency_ref", "event")}
    same = {each for each in steps | keys if catalogue.awaited(each, "vi") == each}
    assert same == set()


def test_codes_in_a_detail_become_names() -> None:
    detail = {"kind": "provider", "allowed": "ward_police, hotline"}
    assert catalogue.text("not_yours_to_report", "en", **detail) == (
        "A service provider may not report this event. Those who may: ward police; hotline 111."
    )


def test_a_detail_that_is_lacking_and_an_unknown_code_do_no_harm() -> None:
    assert "…" in catalogue.text("too_early", "vi")
    assert catalogue.text("no_such_code", "vi") == "no_such_code"
    assert catalogue.remedy("no_such_code", {}) == {}


def test_titles_of_events_and_fields_are_found_by_type() -> None:
    contacted = "org.reftrack.client-contacted.v1"
    assert catalogue.event_title(contacted, "vi") == "Tiếp cận"
    assert catalogue.field_title(contacted, "commune", "en") == "Commune"
    assert catalogue.field_title(contacted, "no_such", "en") == "no_such"


@given(
    st.sampled_from(sorted(catalogue.reasons())), st.dictionaries(st.text(max_size=8), st.text(max_size=20))
)
def test_filling_a_reason_never_fails(code: str, detail: dict[str, str]) -> None:
    assert catalogue.remedy(code, detail).keys() == set(catalogue.LANGS)


@pytest.mark.parametrize("lang", catalogue.LANGS)
def test_who_reports_a_step_again_or_too_late_is_told_what_to_do(lang: str) -> None:
    again = catalogue.text("already_recorded", lang, step="plan_agreed")
    assert "plan-revised" in again
    assert "corrects" in again
    assert "reftrack case reopen" in catalogue.text("case_closed", lang)


def test_what_changed_of_an_office_meanwhile_is_told_by_titles_of_events_and_fields() -> None:
    changed = "agency-changed.name_en, agency-changed.no_such, agency-suspended, no-such.field"
    detail = {"version": "3", "expected_version": "1", "changed": changed}
    told = catalogue.remedy("agency_changed_meanwhile", detail)
    assert "Từ đó: Thay đổi cơ quan: Tên tiếng Anh; Thay đổi cơ quan: no_such; Đình chỉ" in told["vi"]
    assert "Since then: Agency changed: Name in English; " in told["en"]
    assert told["en"].endswith("Agency suspended; no-such.field. Look again, then retry.")


def test_a_state_that_allows_nothing_says_none_and_not_an_empty_list() -> None:
    detail = {"state": "rejected", "move": "receive", "moves": ""}
    assert catalogue.text("move_not_allowed", "en", **detail).endswith("Allowed: none.")
    assert catalogue.text("move_not_allowed", "vi", **detail).endswith("Được phép: không có.")
