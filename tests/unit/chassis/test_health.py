"""Checks and what they add up to."""

from __future__ import annotations

from chassis.telemetry import Check, Health


def test_a_process_is_well_when_no_part_objects() -> None:
    health = Health()
    health.register(Check("relay"))
    assert health.live().well
    assert health.ready().well
    assert health.degraded().reasons == {}


def test_a_part_says_why_it_is_not_ready_and_the_others_do_not_hide_it() -> None:
    health = Health()
    health.register(Check("relay"))
    health.register(Check("database", ready=lambda: "away"))
    assert health.ready().reasons == {"database": "away"}
    assert health.live().well, "a restart would not help"


def test_a_part_registered_again_replaces_itself() -> None:
    health = Health()
    health.register(Check("relay", ready=lambda: "not yet"))
    health.register(Check("relay"))
    assert health.ready().well


def test_a_check_that_breaks_is_told_by_type_only() -> None:
    def broken() -> str | None:
        raise RuntimeError("Nguyễn Văn Canary")

    health = Health()
    health.register(Check("relay", ready=broken))
    assert health.ready().reasons == {"relay": "the check failed: RuntimeError"}
