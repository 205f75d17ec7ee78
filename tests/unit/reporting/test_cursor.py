from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reporting.cursor import Cursors, InvalidCursor

CURSORS = Cursors(b"k" * 32)


@given(st.text(), st.lists(st.integers(0, 2**62) | st.text(), max_size=3))
def test_a_cursor_leads_back_to_its_place(question: str, place: list[str | int]) -> None:
    assert CURSORS.read(question, CURSORS.make(question, place)) == place


def test_a_cursor_of_another_question_is_refused() -> None:
    with pytest.raises(InvalidCursor, match="first page"):
        CURSORS.read("state=closed", CURSORS.make("state=requested", [1]))


def test_a_cursor_made_with_another_key_is_refused() -> None:
    with pytest.raises(InvalidCursor):
        CURSORS.read("q", Cursors(b"x" * 32).make("q", [1]))


@pytest.mark.parametrize("cursor", ["", "a", "é", "AAAA", "*" * 40])
def test_what_is_no_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(InvalidCursor):
        CURSORS.read("q", cursor)
