"""What a step changed, in the words of the reader's language."""

from __future__ import annotations

import pytest
from reftrack_cli.operators.changes import between

ASKED = {"number": "CG-1", "service": "methadone", "provider": "methadone-long-bien", "state": "requested"}
STAY = {"number": "LT-1", "facility": "cai-nghien-ha-noi", "admitted_on": "2019-03-01"}


@pytest.mark.parametrize(
    ("lang", "line"),
    [
        ("en", "referral CG-1: methadone treatment → methadone-long-bien: requested"),
        ("vi", "chuyển gửi CG-1: điều trị Methadone → methadone-long-bien: đã chuyển gửi"),
    ],
)
def test_a_new_referral_is_one_line(lang: str, line: str) -> None:
    assert between({}, {"referrals": [ASKED]}, lang) == [line]


def test_of_a_referral_that_moved_only_the_new_state_is_told() -> None:
    moved = {**ASKED, "state": "accepted"}
    assert between({"referrals": [ASKED]}, {"referrals": [moved]}, "en") == ["referral CG-1: accepted"]


def test_what_stays_as_it_was_is_not_told() -> None:
    case = {"stage": "registered", "referrals": [ASKED], "stays": [STAY], "seq": "4"}
    assert between(case, {**case, "seq": "5"}, "en") == []


def test_codes_are_words_and_a_stay_says_from_when_to_when() -> None:
    after = {
        "stage": "plan_agreed",
        "followup_state": "in_detox",
        "client_group": "withheld",
        "stays": [STAY],
    }
    assert between({}, after, "en") == [
        "client group: withheld",
        "stage: plan agreed",
        "follow-up: in detox",
        "stay LT-1: cai-nghien-ha-noi, 2019-03-01 – now",
    ]


@pytest.mark.parametrize(
    ("lang", "lines"),
    [
        ("vi", ["xã, phường: 00139 Phường Bồ Đề", "quận huyện: 004 Quận Long Biên"]),
        ("en", ["commune: 00139 Bo De ward", "district: 004 Long Bien district"]),
    ],
)
def test_a_place_is_told_by_its_name(lang: str, lines: list[str]) -> None:
    told = between({}, {"commune": "00139", "district": "004"}, lang)
    assert [line.split(" / ")[0] for line in told] == lines


def test_what_is_no_unit_stays_as_it_is() -> None:
    assert between({}, {"commune": "withheld"}, "vi") == ["xã, phường: không được xem"]
