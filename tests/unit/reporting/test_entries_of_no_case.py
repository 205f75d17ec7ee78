"""What intake's log tells of offices and of units is kept in the history, and makes no case."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID

import pytest
from contracts.registry import OF_NO_CASE
from reporting.pathway.entry import Entry
from reporting.views.cases import CasesView

AT = datetime(2019, 3, 5, tzinfo=UTC)
STREAM = UUID("3c9d2b7a-1e4f-8a6b-9c0d-1e2f3a4b5c6d")


@pytest.mark.parametrize("type_", sorted(OF_NO_CASE))
def test_the_view_of_cases_does_nothing_with_it(type_: str) -> None:
    entry = Entry("/services/intake", 1, f"{STREAM}:1", type_, STREAM, "pctnxh-ha-noi", AT, AT, b"{}", 1)
    nothing_to_write_with = cast(Any, None)
    CasesView().fold(nothing_to_write_with, [entry])


def test_offices_and_units_are_told_apart_from_cases() -> None:
    assert "org.reftrack.agency-registered.v1" in OF_NO_CASE
    assert "org.reftrack.org-units-merged.v1" in OF_NO_CASE
    assert "org.reftrack.case-opened.v1" not in OF_NO_CASE
