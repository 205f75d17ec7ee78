"""Codes of communes at the door: each of the written rules (docs/territory.md), on real codes."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from chassis.refusal import Refusal
from contracts.base import Payload
from contracts.catalogue import text
from contracts.communes import commune_fields
from contracts.events.followup import HandoverNotified
from contracts.events.intake import ClientContacted, ClientRegistered
from contracts.registry import POSTABLE
from intake.domain.communes import read_communes
from reference.territory import whole_country

from tests.unit.intake.case_facts import contacted

IN_2019, IN_2026 = date(2019, 3, 10), date(2026, 11, 2)


def read(code: str, on: date) -> tuple[dict[str, Any], ...]:
    return read_communes(contacted.model_copy(update={"commune": code}), whole_country(), on)


@pytest.mark.parametrize(("code", "on"), [("00139", IN_2019), ("00118", IN_2019), ("00118", IN_2026)])
def test_of_a_commune_that_bears_its_code_on_the_day_nothing_needs_telling(code: str, on: date) -> None:
    assert read(code, on) == ()


@pytest.mark.parametrize(
    ("code", "on", "read_as", "unit", "presumed", "disputed"),
    [
        ("00133", IN_2026, "carried_forward", "00118", False, []),
        ("20333", IN_2019, "carried_back", "498", True, []),
        ("00187", IN_2026, "other_list", "00199", False, []),
        ("00226", IN_2026, "current", "00226", False, ["00229"]),
        ("00187", IN_2019, "current", "00187", True, []),
    ],
    ids=[
        "an old code today",
        "a code of later",
        "a code of the other list",
        "two lists disagree",
        "nobody says since when",
    ],
)
def test_what_a_code_was_taken_for_is_told_where_there_is_more_to_it(
    code: str, on: date, read_as: str, unit: str, presumed: bool, disputed: list[str]
) -> None:
    (told,) = read(code, on)
    assert (told["field"], told["code"], told["read_as"]) == ("/data/commune", code, read_as)
    assert (told["unit"], told["presumed"], told["disputed"]) == (unit, presumed, disputed)


@pytest.mark.parametrize(
    ("code", "on", "refusal", "named"),
    [
        ("00139", IN_2026, "unit_divided", ["00097", "00118", "00145"]),
        ("00625", date(2012, 9, 1), "unit_not_yet", []),
        ("06214", IN_2026, "unit_ambiguous", ["06124", "06184"]),
        ("004", IN_2026, "unit_ended", []),
        ("004", IN_2019, "unit_not_a_commune", ["004"]),
        ("99999", IN_2019, "unit_unknown", []),
        ("Nguyen.Van.Thu", IN_2019, "unit_unknown", []),
    ],
)
def test_a_code_that_means_no_commune_is_refused_with_what_it_may_have_meant(
    code: str, on: date, refusal: str, named: list[str]
) -> None:
    with pytest.raises(Refusal) as refused:
        read(code, on)
    assert (refused.value.code, refused.value.field, refused.value.later) == (refusal, "/data/commune", False)
    words = text(refusal, "vi", **refused.value.detail)
    assert all(f"({code})" in words for code in named)
    assert "…" not in words


def test_what_is_no_code_may_be_a_name_and_is_not_repeated() -> None:
    with pytest.raises(Refusal) as refused:
        read("Nguyen.Van.Thu", IN_2019)
    assert "Nguyen" not in repr(refused.value) + str(refused.value.detail)


@pytest.mark.parametrize(
    ("model", "fields"),
    [
        (ClientContacted, ("commune",)),
        (ClientRegistered, ("residence_commune",)),
        (HandoverNotified, ("to_commune",)),
    ],
)
def test_fields_with_a_commune_are_found_by_their_type(model: type[Payload], fields: tuple[str, ...]) -> None:
    assert commune_fields(model) == fields


def test_no_payload_of_agencies_has_a_commune_that_would_go_unread() -> None:
    """What is called a commune has the type by which it is found."""
    for postable in POSTABLE.values():
        called = {name for name in postable.model.model_fields if name.endswith("commune")}
        assert called == set(commune_fields(postable.model)), postable.model
