"""What falls due while much else that is due cannot be decided."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
from chassis.items import Command
from chassis.timers import MOST_AT_ONCE, RING, Timer

from tests.integration.owners.test_followup import A_YEAR_LATER, way_to_management
from tests.integration.owners.world import World, eventually, kinds


def park(world: World, case_id: UUID) -> None:
    """As if an event of the case could not have been decided."""
    with world.parts.connect() as connection:
        connection.execute(
            'INSERT INTO parked (case_key, reason, behind, topic, partition, "offset", parked_at,'
            " correlation_id) VALUES (%s, 'RuntimeError', false, 'intake.events.v1', 0, 0, now(), 'c')",
            (str(case_id),),
        )


def more_timers(world: World, count: int) -> None:
    """So many more of the timer that is set, all due before anything else."""
    with world.parts.connect() as connection:
        connection.execute(
            "INSERT INTO timers SELECT kind, stream, 'more ' || n, due_at - interval '1 day'"
            " FROM timers, generate_series(1, %s) AS n",
            (count,),
        )


@pytest.mark.parametrize("pages", [1, 3])
async def test_what_is_due_of_parked_cases_holds_up_nobody_else(followup: World, pages: int) -> None:
    parked, other = uuid4(), uuid4()
    followup.feed(followup.intake.opened(parked), *way_to_management(followup, parked))
    park(followup, parked)
    more_timers(followup, pages * MOST_AT_ONCE)
    followup.feed(followup.intake.opened(other), *way_to_management(followup, other))
    followup.clock_shows(A_YEAR_LATER)
    await eventually(lambda: kinds(followup.log(other))[-1] == "evaluation-due", "the other's evaluation")
    assert kinds(followup.log(parked))[-1] == "management-started"


async def test_a_timer_that_rings_by_a_clock_set_back_since_rings_once_more(followup: World) -> None:
    case_id = uuid4()
    followup.feed(followup.intake.opened(case_id), *way_to_management(followup, case_id))
    with followup.parts.connect() as connection:
        row = connection.execute("SELECT kind, stream, key, due_at FROM timers").fetchone()
    assert row is not None
    rung = Timer(*row.values()).message()
    followup.parts.writer.run([Command("", "system:followup/ring", RING, rung, None, "c")])
    assert kinds(followup.log(case_id))[-1] == "management-started"
    followup.clock_shows(A_YEAR_LATER)
    await eventually(lambda: kinds(followup.log(case_id))[-1] == "evaluation-due", "the evaluation")


async def test_they_fall_due_when_their_case_goes_on(followup: World) -> None:
    parked = uuid4()
    followup.feed(followup.intake.opened(parked), *way_to_management(followup, parked))
    park(followup, parked)
    more_timers(followup, MOST_AT_ONCE)
    followup.clock_shows(A_YEAR_LATER)
    with followup.parts.connect() as connection:
        connection.execute("UPDATE parked SET resolution = 'skipped', resolved_at = now()")
    await eventually(lambda: kinds(followup.log(parked))[-1] == "evaluation-due", "the evaluation")
