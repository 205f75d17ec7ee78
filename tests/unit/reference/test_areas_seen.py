"""Whose cases an office sees: all of what a code meant lies in its unit, on whatever map it was told."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference.areas import Areas, Codes, Seat
from territory import Living

COUNTRY = Living()
AREAS = Areas(COUNTRY)
IN_2019, LAST_DAY, IN_2026 = date(2019, 3, 5), date(2025, 6, 30), date(2026, 8, 1)
DISTRICT, OTHER_DISTRICT, HANOI = Seat("004", None), Seat("019", None), Seat("01", None)
OLD_BO_DE, NEW_BO_DE = Seat("00139", None), Seat("00118", IN_2026)
TUYEN_QUANG, OLD_HA_GIANG = Seat("08", IN_2026), Seat("02", LAST_DAY)
SEATS = (DISTRICT, OTHER_DISTRICT, HANOI, OLD_BO_DE, NEW_BO_DE, TUYEN_QUANG, OLD_HA_GIANG)
EVERY_CODE = sorted({one.code for one in COUNTRY.now if one.level == "commune"})


def sees(codes: Codes, code: str, day: date) -> bool:
    spans = codes.at_times.get(code, ())
    return code in codes.always or any(first <= day <= last for first, last in spans)


@pytest.mark.parametrize(
    ("seat", "code", "told", "so"),
    [
        (DISTRICT, "00133", IN_2019, True),
        (DISTRICT, "00118", IN_2019, True),  # Ngọc Thụy, an old ward of the district
        (DISTRICT, "00118", IN_2026, True),  # Bồ Đề, a new ward, all of which lay in the district
        (DISTRICT, "00145", LAST_DAY, True),  # an old ward of the district
        (DISTRICT, "00145", IN_2026, False),  # the new ward of that code took in more than the district
        (DISTRICT, "00631", IN_2019, False),
        (OTHER_DISTRICT, "00592", LAST_DAY, True),  # Cầu Diễn
        (OTHER_DISTRICT, "00592", IN_2026, False),  # another ward bears the code now
        (NEW_BO_DE, "00118", IN_2026, True),
        (NEW_BO_DE, "00118", IN_2019, False),  # the code was Ngọc Thụy's then
        (NEW_BO_DE, "00133", IN_2019, True),  # all of Ngọc Lâm went into it
        (NEW_BO_DE, "00139", IN_2019, False),  # divided: nobody says which part went where
        (OLD_BO_DE, "00139", IN_2019, True),
        (OLD_BO_DE, "00118", IN_2026, False),  # the new ward took in more than the old one
        (TUYEN_QUANG, "00694", IN_2019, True),  # Hà Giang by then, a part of Tuyên Quang now
        (OLD_HA_GIANG, "00694", IN_2019, True),
        (HANOI, "00139", IN_2019, True),
        (HANOI, "00694", IN_2019, False),
    ],
)
def test_an_office_sees_what_was_told_of_its_unit_under_whatever_code(
    seat: Seat, code: str, told: date, so: bool
) -> None:
    assert AREAS.encloses(seat, code, told) is so
    assert sees(AREAS.codes(seat), code, told) is so


@given(
    seat=st.sampled_from(SEATS),
    code=st.sampled_from(EVERY_CODE),
    day=st.sampled_from([IN_2019, date(2024, 12, 31), LAST_DAY, date(2025, 7, 1), IN_2026]),
)
@settings(max_examples=300, deadline=None)
def test_the_codes_of_an_area_say_what_asking_of_each_code_would(seat: Seat, code: str, day: date) -> None:
    if COUNTRY.now.resolve(code, day).unit is not None:
        assert sees(AREAS.codes(seat), code, day) is AREAS.encloses(seat, code, day)


@given(code=st.sampled_from(EVERY_CODE))
@settings(max_examples=100, deadline=None)
def test_whoever_sees_a_place_works_in_it_too(code: str) -> None:
    for seat in SEATS:
        if AREAS.encloses(seat, code, IN_2026):
            assert AREAS.holds(seat, code, IN_2026)


def test_codes_are_found_once_a_seat_and_map() -> None:
    assert AREAS.codes(DISTRICT) is AREAS.codes(Seat("004", None))
