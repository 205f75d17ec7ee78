"""The test language itself: it must fail when the aggregate does something else."""

from __future__ import annotations

import pytest
from chassis.refusal import Refusal
from chassis.testing import given

from tests.unit.store.books import Book, BookBought, BookLent, BookReturned, bought, lent, meta


def test_what_was_recorded_is_compared_by_payload() -> None:
    given(bought()).when(lambda book: book.lend("Lan", meta())).then(BookLent(reader="Lan"))


def test_another_payload_fails() -> None:
    story = given(bought()).when(lambda book: book.lend("Lan", meta()))
    with pytest.raises(AssertionError, match="recorded"):
        story.then(BookLent(reader="Minh"))


def test_creation_starts_from_nothing() -> None:
    given().when(lambda _: bought("Kiều")).then(BookBought(title="Kiều"))


def test_steps_before_are_not_part_of_the_outcome() -> None:
    given(lent(), lambda book: book.give_back(meta())).when(lambda book: book.lend("Minh", meta())).then(
        BookLent(reader="Minh")
    )


def test_a_refusal_names_state_and_moves() -> None:
    given(lent()).when(lambda book: book.lend("Minh", meta())).then_refused(
        "book_is_out", state="lent", moves=["return"], later=True
    )


def test_a_refusal_with_another_state_fails() -> None:
    story = given(lent()).when(lambda book: book.lend("Minh", meta()))
    with pytest.raises(AssertionError, match="state"):
        story.then_refused("book_is_out", state="in")


def test_a_refusal_that_leaves_a_trace_fails() -> None:
    def careless(book: Book) -> None:
        book.title = "another"
        raise Refusal("no")

    with pytest.raises(AssertionError, match="trace"):
        given(lent()).when(careless).then_refused("no")


def test_what_was_refused_was_not_allowed() -> None:
    story = given(lent()).when(lambda book: book.lend("Minh", meta()))
    with pytest.raises(AssertionError, match="book_is_out"):
        story.then_nothing()


def test_the_aggregate_is_given_back_to_look_at() -> None:
    book = given(lent()).when(lambda book: book.give_back(meta())).then(BookReturned())
    assert book.reader is None
