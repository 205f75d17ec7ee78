"""What falls due while much else that is due cannot be decided."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from chassis.timers import MOST_AT_ONCE

from tests.integration.owners.intake_log import BEGUN
from tests.integration.owners.test_followup import COMPLETED, FACILITY, routed
from tests.integration.owners.world import World, eventually, kinds

TERM_PASSED = BEGUN + timedelta(days=31)


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
    followup.feed(followup.intake.opened(parked), routed(followup, parked, COMPLETED, FACILITY))
    park(followup, parked)
    more_timers(followup, pages * MOST_AT_ONCE)
    followup.feed(followup.intake.opened(other), routed(followup, other, COMPLETED, FACILITY))
    followup.clock_shows(TERM_PASSED)
    await eventually(lambda: kinds(followup.log(other))[-1] == "agency-event-refused", "the other's refusal")
    assert kinds(followup.log(parked))[-1] == "agency-event-deferred"


async def test_they_fall_due_when_their_case_goes_on(followup: World) -> None:
    parked = uuid4()
    followup.feed(followup.intake.opened(parked), routed(followup, parked, COMPLETED, FACILITY))
    park(followup, parked)
    more_timers(followup, MOST_AT_ONCE)
    followup.clock_shows(TERM_PASSED)
    with followup.parts.connect() as connection:
        connection.execute("UPDATE parked SET resolution = 'skipped', resolved_at = now()")
    await eventually(lambda: kinds(followup.log(parked))[-1] == "agency-event-refused", "the refusal")
