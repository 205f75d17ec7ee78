"""Who a person is stands in the vault, encrypted, and nowhere else in the database."""

from __future__ import annotations

from tests.integration.intake.desk import POLICE, SOCIAL, Desk
from tests.integration.intake.posts import Post, contact, introduction, registration

CANARY = "Kanarienvogel"


def test_a_name_is_in_no_table_in_clear(desk: Desk) -> None:
    desk.post(contact(POLICE, "PX-1"), introduction(POLICE, "PX-1", SOCIAL))
    desk.post(
        registration(SOCIAL, {"agency_ref": "TV-1"}, name=f"{CANARY} A", id_number="009912345678"),
        registration(SOCIAL, {"agency_ref": "TV-1"}, name=f"{CANARY} B"),
        registration(SOCIAL, {"introduction": "GT-QFMZ-RR76-RRYG-3"}, name=f"{CANARY} C"),
    )
    desk.post(*[broken(name) for name in ("D", "E")])
    for table in tables(desk):
        for row in desk.rows(f'SELECT * FROM "{table}"'):
            told = repr(row)
            assert CANARY not in told, table
            assert CANARY.encode().hex() not in told, table
            assert "009912345678" not in told, table


def test_the_identity_opens_from_the_vault_under_the_event_that_brought_it(desk: Desk) -> None:
    desk.post(registration(SOCIAL, {"agency_ref": "TV-1"}, name="Nguyễn Văn Thử", id_number="009912345678"))
    registered = next(event for event in desk.events() if "registered" in event["type"])
    client = desk.events()[0]["data"]["client_id"]
    assert desk.identity(client) == {
        ("full_name", registered["id"]): "Nguyễn Văn Thử",
        ("id_number", registered["id"]): "009912345678",
        ("address", registered["id"]): "12 ngõ Thử",
    }
    assert "identity" not in registered["data"]


def test_a_second_registration_of_a_client_is_sealed_under_the_same_key(desk: Desk) -> None:
    other = "ldtbxh-ngoc-lam"
    desk.post(registration(SOCIAL, {"agency_ref": "TV-1"}, id_number="009912345678"))
    desk.post(registration(other, {"agency_ref": "NL-1"}, name="NGUYEN VAN THU", id_number="009912345678"))
    assert desk.count("vault_keys") == 1
    assert desk.count("vault_fields") == 6


def test_two_registrations_of_one_person_in_a_batch_share_the_key_that_it_makes(desk: Desk) -> None:
    other = "ldtbxh-ngoc-lam"
    desk.post(
        registration(SOCIAL, {"agency_ref": "TV-1"}, id_number="009912345678"),
        registration(other, {"agency_ref": "NL-1"}, name="NGUYEN VAN THU", id_number="009912345678"),
    )
    assert desk.count("vault_keys") == 1
    assert len(desk.identity(desk.events()[0]["data"]["client_id"])) == 6


def test_a_registration_that_waited_shares_the_key_of_the_one_that_woke_it(desk: Desk) -> None:
    _, introduced = desk.post(contact(POLICE, "PX-1"), introduction(POLICE, "PX-1", SOCIAL))
    number = introduced["numbers"]["introduction"]
    desk.execute("DELETE FROM claims WHERE kind = 'number'")
    desk.post(registration("dpv-long-bien", {"agency_ref": "NL-1", "introduction": number}))
    case_id = desk.events()[0]["meta"]["subject"]
    desk.execute("INSERT INTO claims VALUES ('number', %s, %s)", f"introduction/{number}", case_id)
    desk.execute("UPDATE waits SET key = %s", f"case:{case_id}")
    desk.post(registration(SOCIAL, {"agency_ref": "TV-1", "introduction": number}))
    assert desk.types().count("client-registered") == 2
    assert desk.count("vault_keys") == 1


def broken(name: str) -> Post:
    """A registration with a name where no name belongs."""
    return Post(SOCIAL, "client-registered", {"agency_ref": "TV-1"}, {"full_name": f"{CANARY} {name}"})


def tables(desk: Desk) -> list[str]:
    found = desk.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    return [name for (name,) in found]
