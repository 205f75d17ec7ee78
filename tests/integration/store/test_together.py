"""Queries that need nothing of each other go out together, and each gets its own rows."""

from __future__ import annotations

import pytest
from chassis.store.store import Store
from chassis.store.together import Ask, Rows, together
from chassis.store.unnest import Lookup
from eventsourcing.persistence import DataError

DOUBLED = Lookup("SELECT n * 2 FROM unnest({numbers}) AS n", numbers="bigint")
BROKEN = Lookup("SELECT 1 / n FROM unnest({numbers}) AS n", numbers="bigint")


def doubled(*numbers: int, into: dict[int, list[int]]) -> Ask:
    def take(rows: Rows) -> None:
        into[numbers[0]] = [number for (number,) in rows]

    return Ask(DOUBLED, {"numbers": numbers}, take)


def never(_rows: Rows) -> None:
    pytest.fail("it was told what nobody can know")


def test_each_gets_its_own_rows_in_the_order_of_the_asking(store: Store) -> None:
    found: dict[int, list[int]] = {}
    store.unit_of_work().ask(
        [doubled(1, 2, into=found)], [], [doubled(3, into=found), doubled(5, into=found)]
    )
    assert list(found.items()) == [(1, [2, 4]), (3, [6]), (5, [10])]


def test_who_takes_may_ask_on(store: Store) -> None:
    found: dict[int, list[int]] = {}

    def further(rows: Rows) -> None:
        together(store.datastore.get_connection, [doubled(number, into=found) for (number,) in rows])

    store.unit_of_work().ask([Ask(DOUBLED, {"numbers": [2]}, further), doubled(7, into=found)])
    assert found == {4: [8], 7: [14]}


def test_where_nothing_is_asked_no_connection_is_taken() -> None:
    together(lambda: pytest.fail("a connection was taken"), [])


def test_what_fails_is_raised_and_the_connection_is_good_for_the_next(store: Store) -> None:
    found: dict[int, list[int]] = {}
    broken = Ask(BROKEN, {"numbers": [0]}, never)
    with pytest.raises(DataError, match="division by zero"):
        store.unit_of_work().ask([doubled(1, into=found), broken, doubled(2, into=found)])
    assert found == {}, "nobody is told a part"
    store.unit_of_work().ask([doubled(3, into=found)])
    assert found == {3: [6]}
