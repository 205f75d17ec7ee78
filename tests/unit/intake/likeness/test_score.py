"""Two profiles: how likely one person, and why."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from intake.likeness.levels import Level, Place, Same, Year, of_years
from intake.likeness.profile import Nowhere, Profile
from intake.likeness.score import Score, score
from intake.likeness.texts import LANGS, say, texts

HUNG = Profile("Nguyễn Văn Hùng", 1985, "male", "00133")


class Around:
    """00133 borders on 00139."""

    def neighbours(self, commune: str) -> tuple[str, ...]:
        return ("00139",) if commune == "00133" else ()


def compared(other: Profile, one: Profile = HUNG) -> Score:
    return score(one, other, Around())


def codes(other: Profile, one: Profile = HUNG) -> set[str]:
    return {reason.code for reason in compared(other, one).reasons}


def test_the_same_words_are_likely_one_person_and_others_are_not() -> None:
    assert compared(HUNG).likely > 0.9
    assert compared(Profile("Trần Thị Mai", 1960, "female", "00592")).likely < 1e-9


def test_a_rare_name_says_more_than_a_frequent_one() -> None:
    rare = Profile("Chử Đăng Khuê", 1985, "male", "00133")
    far_rare, far_hung = replace(rare, commune="00592"), replace(HUNG, commune="00592")
    assert compared(far_rare, rare).likely > 0.9 > 0.5 > compared(far_hung).likely


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Nguyễn Văn Hùng", "given_same"),
        ("NGUYEN VAN HUNG", "given_bare"),
        ("Nguyễn Văn Húng", "given_tone"),
        ("Nguyễn Văn Hưng", "given_marks"),
        ("Nguyễn Văn Hìng", "given_typo"),
        ("Nguyễn Văn H.", "given_short"),
        ("Nguyễn Văn Nam", "given_differs"),
        ("Ng. Văn Hùng", "family_short"),
        ("Nguyễn V. Hùng", "middle_short"),
        ("Nguyễn Hùng", "middle_missing"),
        ("Nguyễn Mạnh Hùng", "middle_differs"),
        ("Trần Văn Hùng", "family_differs"),
        ("Hùng Nguyễn", "order_turned"),
        ("Nguyễn Hùng Văn", "order_jumbled"),
        ("Nguyễn Văn Tám (Hùng)", "alias_is_given"),
    ],
)
def test_each_agreement_of_names_has_its_reason(name: str, code: str) -> None:
    assert code in codes(replace(HUNG, full_name=name))


def test_confused_consonants_are_a_reason_of_their_own() -> None:
    assert "given_sound" in codes(Profile("Lê Văn Xơn"), Profile("Lê Văn Sơn"))


def test_both_called_the_same_is_a_reason() -> None:
    assert "alias_same" in codes(Profile("Lê Văn Sơn 'đen'"), Profile("Sơn đen"))


@pytest.mark.parametrize(
    ("year", "level"),
    [
        (1985, Year.SAME), (1984, Year.ONE), (1987, Year.TWO), (1958, Year.SWAPPED), (1995, Year.DIGIT),
        (1981, Year.DIGIT), (1982, Year.DIGIT), (1990, Year.NEAR), (1963, Year.DIFFERS),
    ],
)  # fmt: skip
def test_each_agreement_of_years_has_its_level(year: int, level: Year) -> None:
    assert of_years(1985, year) is level
    assert f"year_{level}" in codes(replace(HUNG, birth_year=year))


def test_neighbouring_communes_say_more_than_distant_ones() -> None:
    near, far = (compared(replace(HUNG, commune=code)) for code in ("00139", "00592"))
    assert "commune_neighbour" in codes(replace(HUNG, commune="00139"))
    assert compared(HUNG).bits > near.bits > far.bits


def test_what_is_not_known_says_nothing() -> None:
    unknown = Profile("Nguyễn Văn Hùng")
    assert not {code.split("_")[0] for code in codes(unknown)} & {"year", "sex", "commune"}
    assert codes(Profile("123", 1985), HUNG) == {"year_same"}


profiles = st.builds(
    Profile,
    st.sampled_from(
        [
            "Nguyễn Văn Hùng",
            "Hung Nguyen",
            "N.V.H",
            "Trần Thị Mai (Tý)",
            "Tý",
            "Hoàng Lê",
            "Nguyeenx A",
            "",
            "Mai Trần Thị",
        ]
    ),
    st.none() | st.integers(1900, 2100),
    st.sampled_from([None, "male", "female", "other"]),
    st.sampled_from([None, "00133", "00139", "00592"]),
)


@given(profiles, profiles)
def test_a_score_is_a_probability_symmetric_and_explained_in_both_languages(
    one: Profile, other: Profile
) -> None:
    there, back = score(one, other, Around()), score(other, one, Around())
    assert 0 < there.likely < 1
    assert there.bits == pytest.approx(back.bits)
    assert there.reasons == tuple(sorted(there.reasons, key=lambda reason: -abs(reason.bits)))
    assert all(reason.code in texts() for reason in there.reasons)


@pytest.mark.parametrize("name", ["Nguyễn Van Hùng", "Nguyên Van Hung", "Nguyễn Vặn Hùng"])
def test_it_is_as_likely_from_either_side_where_marks_were_left_out_of_a_frequent_name(name: str) -> None:
    """What hardly anybody is called is the frequent name with a slip, whoever of the two was looked for."""
    other = replace(HUNG, full_name=name)
    assert compared(other, HUNG).bits == pytest.approx(compared(HUNG, other).bits)


def test_every_code_that_a_score_can_give_has_a_text_in_both_languages() -> None:
    possible = {f"{part}_{level}" for part in ("family", "middle", "given") for level in Level}
    possible |= {f"year_{level}" for level in Year} | {f"commune_{level}" for level in Place}
    possible |= {f"sex_{level}" for level in Same}
    possible |= {"order_turned", "order_jumbled", "alias_is_given", "alias_same"}
    assert set(texts()) == possible
    assert all(say(code, lang) and "{" not in say(code, lang) for code in possible for lang in LANGS)
    assert say("no_such_code", "vi") == "no_such_code"


def test_a_profile_comes_back_from_what_is_sealed_and_shows_nothing_of_itself() -> None:
    back = Profile.of_text(HUNG.to_text())
    assert back == HUNG
    assert "Hùng" not in repr(back)
    assert "1985" not in repr(back)
    assert list(Nowhere().neighbours("00133")) == []
