"""What `reftrack agencies show` tells of an office is all that the registry says of it, and true."""

from __future__ import annotations

import pytest
from reftrack.intake.v1 import agencies_pb2 as pb
from reftrack_cli.operators import agencies


@pytest.fixture
def office() -> pb.Agency:
    return pb.Agency(
        org="cap-viet-hung",
        kind="ward_police",
        commune="00127",
        state="active",
        provisioned=True,
        contact=pb.AgencyContact(phone="02438000000", email="cap@viet-hung.example"),
    )


def test_the_contact_of_an_office_is_shown(office: pb.Agency) -> None:
    told = dict(zip(agencies.DETAILS, agencies._details(office, "vi"), strict=True))
    assert told["contact"] == "02438000000; cap@viet-hung.example"


@pytest.mark.parametrize(("language", "said"), [("vi", "đã thu hồi"), ("en", "taken away")])
def test_a_suspended_office_is_not_said_to_have_rights_on_kafka(
    office: pb.Agency, language: str, said: str
) -> None:
    office.state = "suspended"
    assert said in agencies._row(office, language)


def test_an_active_office_whose_rights_are_there_is_said_to_have_them(office: pb.Agency) -> None:
    assert agencies._row(office, "en")[4] == "yes"


@pytest.mark.parametrize(
    ("language", "said"), [("vi", "00127 Phường Việt Hưng"), ("en", "00127 Viet Hung ward")]
)
def test_the_territory_is_shown_by_code_and_name(office: pb.Agency, language: str, said: str) -> None:
    office.territory_vi, office.territory_en = "Phường Việt Hưng", "Viet Hung ward"
    assert agencies._row(office, language)[2] == said


@pytest.mark.parametrize(
    ("problem", "language", "said"),
    [
        ("seed_not_asked", "vi", "chưa hỏi Kafka"),
        ("seed_not_asked", "en", "Kafka not asked"),
        ("seed_not_let_in", "vi", "chỉ có chủ đề"),
        ("seed_not_let_in", "en", "topics only"),
    ],
)
def test_of_an_office_of_the_seed_it_is_said_in_short_what_is_known(
    office: pb.Agency, problem: str, language: str, said: str
) -> None:
    office.provisioned, office.provisioning_problem = False, problem
    assert agencies._row(office, language)[4] == said


@pytest.mark.parametrize(
    ("life", "language", "said"),
    [
        ("ended", "vi", "đã hết hoạt động, đến 2025-06-30"),
        ("ended", "en", "ended, on 2025-06-30"),
        ("not_begun", "vi", "chưa hoạt động, từ 2024-01-01"),
        ("not_begun", "en", "not begun yet, from 2024-01-01"),
        ("", "en", "active"),
    ],
)
def test_an_office_that_is_not_in_force_today_is_not_said_to_be_active(
    office: pb.Agency, life: str, language: str, said: str
) -> None:
    office.since, office.until, office.life = "2024-01-01", "2025-06-30", life
    assert agencies._row(office, language)[3] == said


def test_an_office_that_is_suspended_and_ended_is_said_to_be_both(office: pb.Agency) -> None:
    office.until, office.life = "2025-06-30", "ended"
    office.state, office.suspend_reason = "suspended", "misuse"
    state = agencies._row(office, "en")[3]
    assert state.startswith("suspended (")
    assert state.endswith("; ended, on 2025-06-30")
