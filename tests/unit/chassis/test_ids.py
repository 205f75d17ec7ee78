"""Ids that come out the same again, numbers that people read to each other."""

from __future__ import annotations

import uuid

import pytest
from chassis.ids import ALPHABET, NotANumber, derive, framed, number, parse_number
from hypothesis import assume, given
from hypothesis import strategies as st

KEY = bytes(range(32))
OTHER_KEY = bytes(range(1, 33))
parts = st.lists(st.text(max_size=12), min_size=1, max_size=4)
prefixes = st.sampled_from(["GT", "CG", "LT", "A", "ZZZZ"])


@given(parts)
def test_the_same_parts_give_the_same_id_and_number(names: list[str]) -> None:
    assert derive(KEY, "case", *names) == derive(KEY, "case", *names)
    assert number(KEY, "GT", *names) == number(KEY, "GT", *names)


@given(parts, parts)
def test_other_parts_give_another_id(one: list[str], other: list[str]) -> None:
    assume(one != other)
    assert derive(KEY, "case", *one) != derive(KEY, "case", *other)
    assert framed(*one) != framed(*other)


def test_kind_and_key_matter() -> None:
    assert derive(KEY, "case", "a") != derive(KEY, "client", "a")
    assert derive(KEY, "case", "a") != derive(OTHER_KEY, "case", "a")
    assert derive(KEY, "case", "a", "b") != derive(KEY, "case", "ab")
    assert number(KEY, "GT", "a")[3:] != number(OTHER_KEY, "GT", "a")[3:]
    assert number(KEY, "GT", "a")[3:] != number(KEY, "CG", "a")[3:]


def test_ids_are_uuids_of_version_8() -> None:
    found = derive(KEY, "case", "x")
    assert found.version == 8
    assert found.variant == uuid.RFC_4122


def test_a_short_key_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        derive(b"short", "case", "x")


def test_ten_thousand_numbers_differ() -> None:
    assert len({number(KEY, "GT", str(n)) for n in range(10_000)}) == 10_000


@given(prefixes, parts)
def test_a_number_is_read_back_however_it_is_typed(prefix: str, names: list[str]) -> None:
    given_out = number(KEY, prefix, *names)
    compact = given_out.replace("-", "")
    letters = compact[: len(prefix)] + compact[len(prefix) :].replace("0", "O").replace("1", "l")
    for typed in (given_out, given_out.lower(), compact, f"  {given_out.replace('-', ' ')} ", letters):
        assert parse_number(typed, [prefix]) == given_out


@given(prefixes, parts, st.integers(0, 12), st.sampled_from(ALPHABET))
def test_one_wrong_character_is_always_found(prefix: str, names: list[str], place: int, wrong: str) -> None:
    compact = number(KEY, prefix, *names).replace("-", "")
    at = len(prefix) + place
    assume(compact[at] != wrong)
    with pytest.raises(NotANumber) as raised:
        parse_number(compact[:at] + wrong + compact[at + 1 :])
    assert raised.value.reason == "number_check"


@given(prefixes, parts, st.integers(0, 12), st.integers(0, 12))
def test_two_exchanged_characters_are_always_found(prefix: str, names: list[str], a: int, b: int) -> None:
    compact = list(number(KEY, prefix, *names).replace("-", ""))
    a, b = a + len(prefix), b + len(prefix)
    assume(compact[a] != compact[b])
    compact[a], compact[b] = compact[b], compact[a]
    with pytest.raises(NotANumber, match="check character"):
        parse_number("".join(compact))


def test_a_number_of_another_kind_is_found_by_its_check_character() -> None:
    with pytest.raises(NotANumber, match="check"):
        parse_number("CG" + number(KEY, "GT", "x")[2:])


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("", "number_short"),
        ("GT-4F7K", "number_short"),
        ("ABCDE-4F7K-92QX-T6WE-M", "number_long"),
        ("GT-4F7K-92QU-T6WE-M", "number_character"),
        ("GT-4F7K-92Q*-T6WE-M", "number_character"),
        ("12-4F7K-92QX-T6WE-M", "number_prefix"),
        ("Nguyễn Văn An, Long Biên", "number_long"),
    ],
)
def test_what_is_no_number_is_refused_with_the_reason(typed: str, reason: str) -> None:
    with pytest.raises(NotANumber) as raised:
        parse_number(typed)
    assert raised.value.reason == reason


@given(st.text(max_size=60))
def test_a_refusal_never_repeats_what_was_typed(typed: str) -> None:
    try:
        parse_number(typed, ["GT"])
    except NotANumber as refused:
        told = str(refused)
        assert len(typed.strip()) < 4 or typed.strip() not in told


def test_a_number_with_another_prefix_than_expected_says_which_are() -> None:
    with pytest.raises(NotANumber, match="CG, LT"):
        parse_number(number(KEY, "GT", "x"), ["LT", "CG"])
