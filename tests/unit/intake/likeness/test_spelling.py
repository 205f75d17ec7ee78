"""Syllables: what is typed, what is meant, what it sounds like."""

from __future__ import annotations

import pytest
from intake.likeness.frequency import FAMILY, GIVEN, MIDDLE, shares
from intake.likeness.spelling import abbreviation, is_syllable, syllable

from tests.bench.likeness.population import frequencies
from tests.bench.likeness.typing_keys import telex, vni

LISTED = sorted(
    {*frequencies()["family"]}
    | {name for role in ("middle", "given") for table in frequencies()[role].values() for name in table}
)


@pytest.mark.parametrize("typed", [telex, vni])
def test_every_listed_name_is_read_from_the_keys_that_type_it(typed) -> None:  # type: ignore[no-untyped-def]
    wrong = [name for name in LISTED if syllable(typed(name)).marked != syllable(name).marked]
    assert wrong == []


def test_every_listed_name_is_a_syllable() -> None:
    assert [name for name in LISTED if not is_syllable(syllable(name).bare)] == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Dung", "Giung"), ("Dương", "Rương"), ("Sơn", "Xơn"), ("Trung", "Chung"), ("Long", "Nong"),
        ("Lý", "Ný"), ("Giang", "Dang"), ("Phượng", "Phương"), ("Nghĩa", "Ngĩa"),
    ],
)  # fmt: skip
def test_consonants_that_are_confused_sound_alike(one: str, other: str) -> None:
    assert syllable(one).sound == syllable(other).sound


@pytest.mark.parametrize(
    ("one", "other"), [("Hùng", "Hường"), ("Tuấn", "Toàn"), ("Nam", "Nga"), ("Minh", "Linh")]
)
def test_other_names_sound_otherwise(one: str, other: str) -> None:
    assert syllable(one).sound != syllable(other).sound


@pytest.mark.parametrize(
    ("text", "meant"), [("Thuy", "thuy"), ("Thủy", "thuy"), ("Huy", "huy"), ("Tây", "tây")]
)
def test_y_in_a_diphthong_stays(text: str, meant: str) -> None:
    assert syllable(text).letters == meant


def test_an_abbreviation_sounds_like_what_is_usually_meant() -> None:
    assert abbreviation("Ng", "nguyễn").sound == syllable("Nguyễn").sound
    assert abbreviation("H").sound == "h"


def test_frequencies_are_shares_and_frequent_names_lead() -> None:
    for role, sexes in (
        (FAMILY, [None]),
        (MIDDLE, ["male", "female", None]),
        (GIVEN, ["male", "female", None]),
    ):
        for sex in sexes:
            known = shares(role, sex)
            listed = (
                frequencies()[role]
                if sex is None and role == FAMILY
                else frequencies()[role].get(sex or "male")
            )
            total = sum({syllable(name).marked: known.marked(syllable(name)) for name in listed}.values())
            assert 0.5 < total <= 1.0 or sex is None
    nguyen, rare = syllable("Nguyễn"), syllable("Chử")
    assert shares(FAMILY).marked(nguyen) > 1000 * shares(FAMILY).marked(rare)
    assert shares(FAMILY).bare(syllable("Xyz")) == shares(FAMILY).unlisted
