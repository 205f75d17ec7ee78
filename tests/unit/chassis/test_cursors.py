"""Cursors: opaque, signed, good only for the query they came from."""

from __future__ import annotations

import base64

import pytest
from chassis.rpc.cursor import Cursors
from chassis.rpc.errors import InvalidInput
from hypothesis import given
from hypothesis import strategies as st

CURSORS = Cursors(bytes(32))
places = st.lists(st.one_of(st.text(max_size=20), st.integers()), max_size=3)


@given(places, st.lists(st.text(max_size=5), max_size=3))
def test_a_cursor_gives_its_place_back(place: list[str | int], query: list[str]) -> None:
    assert CURSORS.place(CURSORS.after(place, *query), *query) == place


def test_no_cursor_is_the_beginning() -> None:
    assert CURSORS.place("", "ListReferrals") is None


def test_a_cursor_of_another_query_or_service_is_refused() -> None:
    cursor = CURSORS.after([7], "ListReferrals", "cap-bo-de")
    for other in (("ListReferrals", "cap-ngoc-lam"), ("ListReferrals",), ("ListReferralscap-bo-de",)):
        with pytest.raises(InvalidInput):
            CURSORS.place(cursor, *other)
    with pytest.raises(InvalidInput):
        Cursors(b"1" * 32).place(cursor, "ListReferrals", "cap-bo-de")


@given(st.text(min_size=1, max_size=40))
def test_what_is_no_cursor_names_its_field(junk: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        CURSORS.place(junk, "q", field="page_token")
    assert raised.value.violations[0].field == "page_token"


def test_a_cursor_does_not_show_the_place_to_its_bearer() -> None:
    cursor = Cursors(b"k" * 32).after(["a place of its own", 17], "List")
    padded = cursor + "=" * (-len(cursor) % 4)
    assert b"place" not in base64.urlsafe_b64decode(padded)
