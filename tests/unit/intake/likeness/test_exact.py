"""The same ID number: what agrees links, what contradicts goes to a person, with the fields named."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from intake.likeness.exact import Comparison, Field, Known, Verdict, compare_exact

HUNG = Known("Nguyễn Văn Hùng", date(1985, 3, 4), None, "male")


@pytest.mark.parametrize(
    "changed",
    [
        {"full_name": "NGUYEN VAN HUNG"},
        {"full_name": "Hung Nguyen"},
        {"full_name": "Ng. V. Hùng"},
        {"full_name": "Nguyễn Văn Hìng"},
        {"full_name": "Nguyễn Mạnh Hùng"},
        {"full_name": "Nguyễn Văn Tý (Hùng)"},
        {"full_name": None},
        {"birth_date": date(1985, 4, 3)},
        {"birth_date": date(1985, 1, 1)},
        {"birth_date": date(1984, 12, 30)},
        {"birth_date": None, "birth_year": 1986},
        {"birth_date": None},
        {"sex": None},
    ],
)
def test_what_may_be_the_same_person_agrees(changed: dict[str, Any]) -> None:
    assert compare_exact(HUNG, replace(HUNG, **changed)) == Comparison(Verdict.AGREEING, ())


@pytest.mark.parametrize(
    ("changed", "fields"),
    [
        ({"full_name": "Nguyễn Văn Nam"}, (Field.FULL_NAME,)),
        ({"full_name": "Trần Văn Hùng"}, (Field.FULL_NAME,)),
        ({"birth_date": date(1985, 6, 4)}, (Field.BIRTH_DATE,)),
        ({"birth_date": date(1987, 3, 4)}, (Field.BIRTH_YEAR,)),
        ({"birth_date": None, "birth_year": 1958}, (Field.BIRTH_YEAR,)),
        ({"sex": "female"}, (Field.SEX,)),
        ({"full_name": "Trần Thị Mai", "sex": "female"}, (Field.FULL_NAME, Field.SEX)),
    ],
)
def test_what_contradicts_is_named(changed: dict[str, Any], fields: tuple[Field, ...]) -> None:
    assert compare_exact(HUNG, replace(HUNG, **changed)) == Comparison(Verdict.CONFLICT, fields)


known = st.builds(
    Known,
    st.none()
    | st.sampled_from(["Nguyễn Văn Hùng", "Hung Nguyen", "Trần Mai", "Tý", "Hoàng Lê", "N.V.H", "Mai (Tý)"]),
    st.none() | st.dates(date(1980, 1, 1), date(1984, 12, 31)),
    st.none() | st.integers(1978, 1986),
    st.none() | st.sampled_from(["male", "female"]),
)


@given(known, known)
def test_the_comparison_is_symmetric_and_nobody_contradicts_themselves(a: Known, b: Known) -> None:
    assert compare_exact(a, b) == compare_exact(b, a)
    assert compare_exact(a, a).verdict is Verdict.AGREEING


def test_what_is_compared_shows_nothing_of_itself() -> None:
    assert "Hùng" not in repr(HUNG)
    assert "1985" not in repr(HUNG)
