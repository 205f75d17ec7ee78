"""The territory of a running process: decrees that are told later, in any order, however often."""

from __future__ import annotations

from datetime import date

import pytest
from contracts.events.territory import STREAM
from directory import units
from directory.units import UnitsFeed
from structlog.testing import CapturingLogger
from territory import Living, load, load_events
from territory.events import Event as UnitEvent
from territory.events import Name, OrgUnit, OrgUnitAbolished, OrgUnitCreated, OrgUnitRenamed, OrgUnitsMerged
from territory.living import beyond_the_list, committed
from territory.loading import committed_digests, digest, line_of

from tests.integration.owners.intake_log import IntakeLog

NEW_YEAR = date(2031, 1, 1)


def ward(code: str, name: str) -> OrgUnit:
    return OrgUnit(code=code, name=Name(vi=name, en=name), level="commune", kind="ward", parent="01")


MERGED = OrgUnitsMerged(
    effective=NEW_YEAR, source="a test", units=("00118", "00145"), into=ward("00119", "Phường Một")
)
RENAMED = OrgUnitRenamed(
    effective=date(2032, 1, 1), source="a test", code="00119", unit=ward("00119", "Phường Hai")
)
CREATED = OrgUnitCreated(effective=date(2033, 1, 1), source="a test", unit=ward("09999", "Phường Ba"))
ENDED = OrgUnitAbolished(effective=date(2034, 1, 1), source="a test", code="09999")
DECREES: list[UnitEvent] = [MERGED, RENAMED, CREATED, ENDED]
IN_2036 = date(2036, 1, 1)


def test_it_begins_as_the_committed_territory_shared_by_all() -> None:
    assert Living().now is committed()
    assert len(Living().now) == len(load())


def test_what_the_committed_list_has_changes_nothing() -> None:
    living = Living()
    living.learn(load_events()[:50])
    assert living.now is committed()


def test_every_event_of_the_list_is_known_by_its_line() -> None:
    listed = load_events()
    assert {digest(event) for event in listed} == committed_digests()
    assert beyond_the_list([*listed[:100], MERGED]) == {digest(MERGED): MERGED}
    assert line_of(MERGED) == line_of(MERGED.model_copy())


def test_a_decree_is_known_from_its_day_on_and_the_old_answer_stays_with_who_holds_it() -> None:
    living = Living()
    held = living.now
    living.learn([MERGED])
    assert living.now.resolve("00145", IN_2036).unit is living.now.unit("00119", IN_2036)
    assert living.now.resolve("00145", date(2030, 12, 31)).outcome == "current"
    assert held.resolve("00145", IN_2036).outcome == "current"


def test_what_contradicts_is_told_and_not_known_until_the_rest_has_come() -> None:
    living = Living()
    living.learn([RENAMED])
    assert living.now is committed()
    assert living.contradiction is not None
    assert "00119" in living.contradiction
    living.learn([MERGED])
    assert living.contradiction is None
    unit = living.now.unit("00119", IN_2036)
    assert unit is not None
    assert unit.vi == "Phường Hai"


@pytest.mark.parametrize(
    "batches",
    [
        [[MERGED, RENAMED, CREATED, ENDED]],
        [[ENDED, RENAMED], [CREATED], [MERGED, MERGED]],
        [[CREATED, ENDED, MERGED], [MERGED, RENAMED], [RENAMED]],
    ],
    ids=["at once", "the last first", "with repetitions"],
)
def test_in_whatever_order_batches_and_repetitions_they_come_the_end_is_the_same(
    batches: list[list[UnitEvent]],
) -> None:
    """That the fold gives the same for every order is a property test (`test_histories`)."""
    living = Living()
    for batch in batches:
        living.learn(batch)
    assert living.contradiction is None
    unit = living.now.resolve("00145", IN_2036).unit
    assert unit is not None
    assert (unit.code, unit.vi) == ("00119", "Phường Hai")
    assert living.now.resolve("09999", IN_2036).outcome == "ended"
    assert len(living.now) == len(committed()) + 3


def test_a_service_whose_decrees_do_not_hold_together_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    log, feed, written = IntakeLog(), UnitsFeed(""), CapturingLogger()
    monkeypatch.setattr(units, "_log", written)
    rows = [(place, log.event(STREAM, decree).to_bytes()) for place, decree in enumerate([RENAMED, MERGED])]
    feed._take(Living(), rows)
    assert written.calls == []
    feed._take(Living(), rows[:1])
    (call,) = written.calls
    assert (call.method_name, call.args) == ("warning", ("territory_not_whole",))
    assert "unit 00119 is not alive on the day before" in call.kwargs["problem"]
