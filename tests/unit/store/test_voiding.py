"""An event that was voided counts as if it had never been recorded; the stream keeps both."""

from __future__ import annotations

import pytest
from chassis.aggregate import fold
from chassis.testing import given, refold

from tests.unit.store.books import Book, BookLent, BookVoided, bought, lent, meta


def test_the_state_is_that_of_all_events_but_the_voided_one() -> None:
    book = lent(to="Lan")
    book.void(2, meta())
    folded = fold(book.pending_events)
    assert (folded.reader, folded.lendings, folded.version) == (None, 0, 3)
    assert (folded.voided, folded.voiding, folded.stale) == ({2}, {3}, False)


def test_what_came_later_stays() -> None:
    book = lent(to="Lan")
    book.give_back(meta())
    book.lend("Minh", meta())
    book.void(2, meta())
    folded = fold(book.pending_events)
    assert (folded.reader, folded.lendings, folded.version) == ("Minh", 1, 5)


def test_versions_and_times_go_on_also_where_the_last_event_is_the_one_voided() -> None:
    book = lent(to="Lan")
    events = list(book.pending_events)
    book.void(2, meta())
    assert fold([*events, *list(book.pending_events)[2:]]).version == 3


def test_it_decides_as_if_the_voided_event_had_never_been() -> None:
    given(lent(to="Lan"), lambda book: book.void(2, meta()), refold).when(
        lambda book: book.lend("Minh", meta())
    ).then(BookLent(reader="Minh"))


def test_nothing_is_decided_on_a_state_that_was_not_folded_anew() -> None:
    book = lent(to="Lan")
    book.void(2, meta())
    with pytest.raises(RuntimeError, match="refold"):
        book.give_back(meta())


def test_two_events_can_be_voided_at_once() -> None:
    book = lent(to="Lan")
    book.give_back(meta())
    book.void(3, meta())
    book.void(2, meta())
    assert (fold(book.pending_events).reader, fold(book.pending_events).lendings) == (None, 0)


def test_an_event_is_voided_once() -> None:
    given(lent(), lambda book: book.void(2, meta())).when(lambda book: book.void(2, meta())).then_refused(
        "already_voided"
    )


def test_a_void_is_not_voided_what_was_right_is_reported_anew() -> None:
    given(lent(), lambda book: book.void(2, meta())).when(lambda book: book.void(3, meta())).then_refused(
        "void_of_a_void"
    )


@pytest.mark.parametrize("version", [0, 1, 2, -1])
def test_what_began_the_stream_or_is_not_there_is_not_voided(version: int) -> None:
    given(bought()).when(lambda book: book.void(version, meta())).then_refused("event_not_voidable")


def test_both_stay_in_the_history() -> None:
    book = lent(to="Lan")
    book.void(2, meta())
    recorded = [happened.data for happened in book.collect_events()]  # type: ignore[attr-defined]
    assert recorded[1:] == [BookLent(reader="Lan"), BookVoided(event_id=f"{book.id}:2")]


def test_a_book_that_nothing_was_voided_of_is_untouched_by_all_this() -> None:
    assert fold(lent(to="Lan").pending_events).voided == Book.voided == frozenset()
