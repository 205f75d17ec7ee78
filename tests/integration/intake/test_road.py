"""The road of an agency's event, on a real database."""

from __future__ import annotations

from tests.integration.intake.desk import POLICE, SOCIAL, Desk, verdicts
from tests.integration.intake.posts import (
    contact,
    counselling,
    intervention,
    introduction,
    plan,
    registration,
    screening,
)


def test_a_person_whom_the_police_introduced_is_taken_up_by_the_commune_under_its_own_reference(desk: Desk) -> None:
    first, second = desk.post(contact(POLICE, "PX-1"), introduction(POLICE, "PX-1", SOCIAL))
    number = second["numbers"]["introduction"]
    told = desk.post(
        registration(SOCIAL, {"agency_ref": "TV-1", "introduction": number}),
        counselling(SOCIAL, "TV-1"),
        screening(SOCIAL, "TV-1"),
        intervention(SOCIAL, "TV-1"),
        plan(SOCIAL, "TV-1"),
    )
    assert verdicts([first, second, *told]) == ["accepted"] * 7
    assert desk.types() == [
        *("case-opened", "client-contacted", "agency-reference-bound", "client-introduced"),
        *("client-registered", "agency-reference-bound", "counselling-provided", "client-screened"),
        *("brief-intervention-given", "plan-agreed"),
    ]
    assert len({event["meta"]["subject"] for event in desk.events()}) == 1
