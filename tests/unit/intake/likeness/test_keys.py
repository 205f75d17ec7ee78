"""The keyed hashes: some the same for one person however written, none of a frequent name alone."""

from __future__ import annotations

from dataclasses import replace

import pytest
from intake.likeness.keys import ADULT_YEARS, features, probes, stored_keys
from intake.likeness.profile import Nowhere, Profile

KEY, OTHER_KEY = bytes(32), bytes(31) + b"\1"
HUNG = Profile("Nguyễn Văn Hùng", 1985, "male", "00133")
RARE = Profile("Chử Đăng Khuê", 1985, "male", "00133")


class Around:
    """00133 borders on 00139."""

    def neighbours(self, commune: str) -> tuple[str, ...]:
        return ("00139",) if commune == "00133" else ()


def meet(known: Profile, asked: Profile) -> bool:
    return bool(stored_keys(KEY, known) & probes(KEY, asked, Around()).keys())


@pytest.mark.parametrize(
    "asked",
    [
        Profile("NGUYEN VAN HUNG", 1985, None, None),
        Profile("Hung Nguyen", 1985, None, None),
        Profile("Hùng Nguyễn", None, None, "00133"),
        Profile("Nguyễn Văn Hùng", 1986, None, "00592"),
        Profile("Nguyễn Văn Hùng", 1983, None, "00592"),
        Profile("Nguyễn Văn Hùng", 1958, None, "00592"),
        Profile("Nguyễn Văn Hùng", 1975, None, "00592"),
        Profile("Nguyễn Văn Hùng", None, None, None),
        Profile("Ng. V. Hùng", 1985, None, None),
        Profile("N.V.H", 1985, None, "00592"),
        Profile("Trần Văn Hùng", 1985, None, None),
        Profile("Nguyễn Văn Hìng", 1985, None, "00592"),
        Profile("Lê Tám", 1985, None, "00133"),
        Profile("Lê Tám", 1984, None, "00133"),
    ],
)
def test_a_person_is_found_by_what_is_left_after_a_mistake(asked: Profile) -> None:
    assert meet(HUNG, asked)


def test_who_lives_next_door_and_whose_year_nobody_told_are_found() -> None:
    assert meet(replace(HUNG, birth_year=None, commune="00139"), HUNG)
    assert meet(replace(HUNG, birth_year=None, commune=None), HUNG)
    assert not meet(replace(HUNG, birth_year=None, commune="00592"), Profile("Lê Tám", 1985, "male", "00133"))


def test_a_rare_name_is_found_by_itself_and_a_frequent_one_never_is() -> None:
    assert meet(RARE, Profile("Chu Dang Khue", 1960, None, "00592"))
    assert all(feature[0] != "rare" for feature in features(HUNG))
    assert all("1985" in feature[-1] or "00133" in feature[-1] for feature in features(HUNG))


def test_an_alias_finds_whoever_is_called_so() -> None:
    called = replace(HUNG, full_name="Nguyễn Văn Hùng (Tý)")
    assert meet(called, Profile("Tý", 1985, None, None))
    assert meet(called, Profile("Nguyễn Tý", None, None, "00133"))


def test_nobody_makes_the_keys_without_the_secret() -> None:
    assert not stored_keys(KEY, HUNG) & stored_keys(OTHER_KEY, HUNG)


def test_keys_fit_their_column_and_are_few() -> None:
    keys = stored_keys(KEY, replace(HUNG, full_name="Nguyễn Văn Hùng (Tý)"))
    assert all(-(2**63) <= key < 2**63 for key in keys)
    assert len(keys) <= 16
    assert len(probes(KEY, HUNG, Around())) <= 60
    assert len(probes(KEY, replace(HUNG, birth_year=None), Around())) <= 3 * len(ADULT_YEARS) + 30


def test_nothing_known_makes_no_keys() -> None:
    assert stored_keys(KEY, Profile("", None, None, None)) == frozenset()
    assert probes(KEY, Profile("", None, None, None), Nowhere()) == {}
