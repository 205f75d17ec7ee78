"""What was told wrongly of somebody, where nothing right is known, is taken away."""

from __future__ import annotations

from uuid import UUID

from intake.likeness.profile import Profile
from intake.profiles import profiles_of
from psycopg.rows import tuple_row

from tests.integration.intake.case_posts import void
from tests.integration.intake.desk import Desk, verdicts
from tests.integration.intake.people import BO_DE, NGOC_LAM, case_of, corrected, registered, told

NUMBER = "001090123456"


def test_a_number_that_was_wrong_links_nobody_any_more_until_the_clearing_is_voided(desk: Desk) -> None:
    desk.post(registered(BO_DE, "A", id_number=NUMBER))
    slip = corrected(BO_DE, "A", cleared=["id_number", "phone"])
    assert verdicts(desk.post(slip)) == ["accepted"]
    assert told(desk, "identity-corrected")[0]["data"]["cleared"] == ["id_number", "phone"]
    assert desk.rows("SELECT 1 FROM claims WHERE kind = 'id_number'") == []
    kept = desk.identity(told(desk, "case-opened")[0]["data"]["client_id"])
    assert NUMBER in kept.values(), "what was known then stays readable"
    desk.post(registered(NGOC_LAM, "B", "Trần Thị Mai", sex="female", id_number=NUMBER))
    assert case_of(desk, NGOC_LAM, "B") != case_of(desk, BO_DE, "A")
    assert told(desk, "matches-proposed") == []
    desk.post(void(BO_DE, "A", slip.id))
    ((known,),) = desk.rows("SELECT holder FROM claims WHERE kind = 'id_number'")
    assert len(known.split()) == 2


def test_a_name_and_a_year_that_are_cleared_find_nobody_and_contradict_nobody(desk: Desk) -> None:
    desk.post(registered(BO_DE, "A", id_number=NUMBER))
    desk.post(corrected(BO_DE, "A", cleared=["birth_year", "sex"]))
    ((_, profile),) = profiles(desk)
    assert (profile.full_name, profile.birth_year, profile.sex) == ("Nguyễn Văn Thử", None, None)
    desk.post(corrected(BO_DE, "A", cleared=["full_name"]))
    assert profiles(desk) == []
    other = registered(NGOC_LAM, "B", "Trần Thị Mai", sex="female", year=1962, id_number=NUMBER)
    desk.post(other)
    assert case_of(desk, NGOC_LAM, "B") == case_of(desk, BO_DE, "A"), "the number alone is known"


def test_a_field_is_given_or_cleared_and_a_correction_may_do_nothing_but_clear(desk: Desk) -> None:
    desk.post(registered(BO_DE, "A"))
    (both,) = desk.post(corrected(BO_DE, "A", phone="0912000111", birth_year=1990, cleared=["phone", "sex"]))
    assert (both["verdict"], both["code"], both["field"]) == (
        "rejected", "cleared_and_given", "/data/cleared",
    )  # fmt: skip
    (nothing,) = desk.post(corrected(BO_DE, "A", cleared=[]))
    assert nothing["code"] == "nothing_corrected"


def profiles(desk: Desk) -> list[tuple[str, Profile]]:
    client = told(desk, "case-opened")[0]["data"]["client_id"]
    with desk.connect() as connection, connection.cursor(row_factory=tuple_row) as cursor:
        return profiles_of(cursor, desk.vault, UUID(client))
