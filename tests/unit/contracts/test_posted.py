"""What agencies post: each wrong field is named with a remedy's code, and nothing sent is repeated."""

from __future__ import annotations

import json
from typing import Any

import pytest
from contracts import catalogue
from contracts.events.intake import ClientRegisteredPosted
from contracts.posted import About, parse_posted
from contracts.problems import Problem, Unreadable
from contracts.registry import POSTABLE
from contracts.vocabulary import NumberKind
from hypothesis import given
from hypothesis import strategies as st

CONTACTED = "org.reftrack.client-contacted.v1"
REGISTERED = "org.reftrack.client-registered.v1"
REJECTED = "org.reftrack.referral-rejected.v1"
CONTACT = {"channel": "street", "commune": "00139", "client_group": "drug_user"}


def post(data: Any, type_name: str = CONTACTED, **changed: Any) -> bytes:
    return json.dumps({"about": {"agency_ref": "LB-0042"}, "by": "nv-07", "data": data, **changed}).encode()


def problems(value: bytes, type_name: str = CONTACTED) -> dict[str | None, str]:
    with pytest.raises(Unreadable) as refused:
        parse_posted(type_name, value)
    return {problem.field: problem.code for problem in refused.value.problems}


def test_a_posted_event_is_read_with_days_as_days_and_codes_as_codes() -> None:
    posted = parse_posted(CONTACTED, post(CONTACT, occurred_on="2019-03-02"))
    assert posted.about.agency_ref == "LB-0042"
    assert posted.occurred_on is not None
    assert posted.occurred_on.isoformat() == "2019-03-02"
    assert posted.data.TYPE == CONTACTED


def test_each_field_that_is_wrong_is_named_by_its_pointer() -> None:
    wrong = {"channel": "pigeon", "commune": 139, "client_group": None, "extra": 1}
    assert problems(post(wrong, by="")) == {
        "/by": "not_of_form",
        "/data/channel": "not_in_list",
        "/data/commune": "wrong_type",
        "/data/client_group": "not_in_list",
        "/data/extra": "field_unknown",
    }


@pytest.mark.parametrize("day", ["0001-01-01", "0019-03-02", "1899-12-31"])
def test_a_day_that_cannot_be_meant_is_named(day: str) -> None:
    assert problems(post(CONTACT, occurred_on=day)) == {"/occurred_on": "time_too_early"}


@pytest.mark.parametrize(
    "reference",
    [
        *("012345678", "001085012345", "001-085-012-345", "CCCD:001085012345", "cmnd012345678", "0912345678"),
        *("0912.345.678", "091-234-5678", "84912345678", "02438251234", "SDT-0912345678"),
    ],
)
def test_an_id_number_or_telephone_is_no_reference_of_an_agency(reference: str) -> None:
    about = {"agency_ref": reference}
    assert problems(post(CONTACT, about=about)) == {"/about/agency_ref": "agency_ref_personal"}
    assert all(reference not in catalogue.text("agency_ref_personal", lang) for lang in catalogue.LANGS)


@pytest.mark.parametrize(
    "reference",
    ["LB-0042", "2019-00123", "HS-201900042", "01-2019-0042", "20190042", "2019000042", "0042", "A1"],
)
def test_a_file_number_is_a_reference_whatever_digits_it_has(reference: str) -> None:
    read = parse_posted(CONTACTED, post(CONTACT, about={"agency_ref": reference}))
    assert read.about.agency_ref == reference


def test_a_place_within_a_list_is_named_by_its_count() -> None:
    screened = {
        "instrument": "who_assist",
        "scores": [{"substance": "opioids", "score": 20}, {"substance": "alcohol", "score": 40}],
        "risk": "moderate",
    }
    assert problems(post(screened), "org.reftrack.client-screened.v1") == {"/data/scores/1/score": "too_big"}


SCREENED = "org.reftrack.client-screened.v1"
SCREENING = {"instrument": "who_assist", "risk": "high"}


def test_an_item_that_is_wrong_is_told_and_not_a_lack_of_items_that_follows_from_it() -> None:
    screening = {**SCREENING, "scores": [{"substance": "opioids", "score": 40}]}
    assert problems(post(screening, SCREENED), SCREENED) == {"/data/scores/0/score": "too_big"}
    assert problems(post({**SCREENING, "scores": []}, SCREENED), SCREENED) == {"/data/scores": "too_few"}


def test_a_text_that_fits_neither_of_two_forms_is_one_problem_that_names_both() -> None:
    scores, answer = [{"substance": "opioids", "score": 30}], {"question": "??", "answer": "daily"}
    with pytest.raises(Unreadable) as refused:
        parse_posted(SCREENED, post({**SCREENING, "scores": scores, "answers": [answer]}, SCREENED))
    detail = {"form": "code, question"}
    assert refused.value.problems == (Problem("not_of_form", "/data/answers/0/question", detail),)


@pytest.mark.parametrize(
    ("event", "ours", "code"),
    [
        ("case-closed", "merged", "closed_by_merging_only"),
        ("case-reopened", "unmerged", "reopened_by_unmerging_only"),
    ],
)
def test_a_reason_of_ours_is_refused_where_it_stands_and_not_offered(
    event: str, ours: str, code: str
) -> None:
    def refused(reason: object) -> Problem:
        with pytest.raises(Unreadable) as why:
            parse_posted(f"org.reftrack.{event}.v1", post({"reason": reason}, f"org.reftrack.{event}.v1"))
        (problem,) = why.value.problems
        return problem

    assert refused(ours) == Problem(code, "/data/reason")
    for wrong in ("nix", 7, None):
        problem = refused(wrong)
        assert (problem.code, problem.field) == ("not_in_list", "/data/reason")
        assert f"'{ours}'" not in problem.detail["expected"]
        assert problem.detail["expected"].count("', '") > 0


def test_neither_a_value_nor_a_strange_field_name_is_repeated() -> None:
    registered = {"client_group": "Trần Thị Thử", "Nguyễn Văn Thử": 1, "identity": {"full_name": "\u0000Thử"}}
    with pytest.raises(Unreadable) as refused:
        parse_posted(REGISTERED, post(registered))
    told = str(refused.value) + repr(refused.value.problems)
    assert "Thử" not in told
    assert "/data/?" in told


@pytest.mark.parametrize(
    ("about", "code"),
    [
        ({}, "about_nobody"),
        ({"introduction": "GT-AAAA-BBBB-C", "stay": "LT-AAAA-BBBB-C"}, "about_two_numbers"),
    ],
)
def test_an_event_is_about_one_person_named_once(about: dict[str, str], code: str) -> None:
    assert problems(post(CONTACT, about=about)) == {"/about": code}


def test_about_gives_the_number_with_its_kind() -> None:
    assert About(agency_ref="a", stay="LT-AAAA-BBBB-C").number == (NumberKind.STAY, "LT-AAAA-BBBB-C")
    assert About(agency_ref="a").number is None


@pytest.mark.parametrize("ref", ["Nguyễn Văn Thử", "Nguyen Van Thu", "", "-x"])
def test_a_name_is_no_agency_reference(ref: str) -> None:
    assert problems(post(CONTACT, about={"agency_ref": ref})) == {"/about/agency_ref": "not_of_form"}


def test_rejected_for_another_reason_needs_a_note() -> None:
    assert problems(post({"reason": "other"}), REJECTED) == {"/data": "other_needs_note"}


@pytest.mark.parametrize(
    ("commune", "homeless", "right"),
    [("00139", False, True), (None, True, True), ("00139", True, False), (None, False, False)],
)
def test_a_client_lives_in_a_commune_or_nowhere(commune: str | None, homeless: bool, right: bool) -> None:
    data = {
        "client_group": "drug_user",
        "residence_commune": commune,
        "no_fixed_residence": homeless,
        "identity": {"full_name": "Trần Thị Thử"},
    }
    if right:
        assert isinstance(parse_posted(REGISTERED, post(data)).data, ClientRegisteredPosted)
    else:
        assert problems(post(data), REGISTERED) == {"/data": "residence_or_none"}


@pytest.mark.parametrize(
    ("type_name", "code"),
    [
        ("org.reftrack.client-teleported.v1", "type_unknown"),
        ("org.reftrack.client-contacted.v9", "version_unknown"),
        ("", "type_unknown"),
        (".v1", "type_unknown"),
        ("org.reftrack.case-opened.v1", "type_unknown"),
    ],
)
def test_a_type_that_cannot_be_posted_says_which_versions_can(type_name: str, code: str) -> None:
    assert problems(post(CONTACT), type_name) == {"ce_type": code}


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (b"\xff", "not_utf8"),
        (b"", "not_json"),
        (b"{", "not_json"),
        (b'"\\ud800"', "not_json"),
        (b"[" * 10_000 + b"]" * 10_000, "nested_too_deep"),
        (post(CONTACT)[:-1] + b',"x":' + b"[" * 10_000 + b"]" * 10_000 + b"}", "nested_too_deep"),
        (b"null", "wrong_type"),
        (b"[]", "wrong_type"),
    ],
)
def test_a_body_that_is_no_event_says_why(value: bytes, code: str) -> None:
    assert list(problems(value).values()) == [code]


def test_a_megabyte_of_text_is_too_long_and_not_repeated() -> None:
    value = post({"reason": "other", "note": "Thử " * 262_144})
    with pytest.raises(Unreadable) as refused:
        parse_posted(REJECTED, value)
    assert {p.field: p.code for p in refused.value.problems} == {"/data/note": "too_long"}
    assert len(str(refused.value)) < 200


@pytest.mark.parametrize("character", ["\u0000", "\u001b", "\u007f"])
def test_text_holds_no_control_characters(character: str) -> None:
    value = post({"reason": "other", "note": f"a{character}b"})
    assert problems(value, REJECTED) == {"/data/note": "not_of_form"}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=20,
)


@given(st.sampled_from([*POSTABLE, "x"]), st.binary(max_size=500))
def test_any_bytes_are_read_or_unreadable_and_nothing_else(type_name: str, value: bytes) -> None:
    read_or_refuse(type_name, value)


@given(st.sampled_from(list(POSTABLE)), st.dictionaries(st.text(max_size=10), json_values), json_values)
def test_any_json_is_read_or_unreadable(type_name: str, data: Any, about: Any) -> None:
    read_or_refuse(type_name, post(data, about=about))


def read_or_refuse(type_name: str, value: bytes) -> None:
    found: tuple[Problem, ...] = ()
    try:
        parse_posted(type_name, value)
    except Unreadable as refused:
        found = refused.problems
    assert len(found) <= Unreadable.MOST
    assert {problem.code for problem in found} <= catalogue.reasons().keys()
