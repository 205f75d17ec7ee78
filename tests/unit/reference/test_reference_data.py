"""The packaged reference data is sound; what is wrong in a folder of it is named with file and entry."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from reference import Reference, ReferenceInvalid

PACKAGED = Path(__file__).parents[3] / "deploy" / "reference"
PILOT = {"00133": "004", "00139": "004", "00124": "004", "00592": "019", "00625": "019", "00631": "019"}
IN_2019 = date(2019, 12, 10)


@pytest.fixture(scope="module")
def packaged() -> Reference:
    return Reference.load(PACKAGED)


@pytest.fixture
def edited(tmp_path: Path) -> Callable[[str, str, str], Path]:
    """A copy of the packaged folder with one text of one file replaced."""

    def edit(file: str, old: str, new: str) -> Path:
        folder = tmp_path / "reference"
        shutil.copytree(PACKAGED, folder)
        text = (folder / file).read_text(encoding="utf-8")
        assert old in text
        (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")
        return folder

    return edit


def test_each_pilot_ward_lay_in_its_district_in_2019(packaged: Reference) -> None:
    districts = {ward: packaged.territory.district_of(ward, IN_2019) for ward in PILOT}
    assert {ward: unit.code for ward, unit in districts.items() if unit} == PILOT


def test_a_ward_has_no_district_after_districts_ended(packaged: Reference) -> None:
    assert packaged.territory.district_of("00139", date(2025, 7, 1)) is None
    assert not packaged.territory.commune_exists("00139", date(2025, 7, 1))


def test_sai_dong_was_a_ward_until_the_end_of_2024(packaged: Reference) -> None:
    assert packaged.territory.commune_exists("00142", date(2024, 12, 31))
    assert not packaged.territory.commune_exists("00142", date(2025, 1, 1))


def test_long_bien_had_fourteen_wards_and_nam_tu_liem_ten(packaged: Reference) -> None:
    assert [len(packaged.territory.communes_of(code, IN_2019)) for code in ("004", "019")] == [14, 10]


def test_the_communes_of_the_whole_country_are_known_on_every_map(packaged: Reference) -> None:
    assert packaged.territory.commune_exists("26740", IN_2019)  # Bến Nghé in Ho Chi Minh City
    assert packaged.territory.commune_exists("26740", date(2026, 1, 1))  # Sài Gòn, under the same code
    assert not packaged.territory.knows("99999")


def test_a_ward_of_after_districts_gives_its_office_no_district(
    edited: Callable[[str, str, str], Path],
) -> None:
    newer = 'commune: "00592"\n    from: 2026-01-01'
    folder = edited("organisations.yaml", 'commune: "00592"', newer)
    offices = [o for o in Reference.load(folder).organisations if o.commune == "00592"]
    assert {o.since and o.since.year: o.district for o in offices} == {2026: None, None: "019"}


def test_a_district_is_no_commune(packaged: Reference) -> None:
    assert not packaged.territory.commune_exists("004", IN_2019)


def test_each_pilot_ward_has_police_social_staff_health_station_authority_and_volunteers(
    packaged: Reference,
) -> None:
    for kind in ("ward_police", "commune_social", "health_station", "commune_authority", "volunteer_team"):
        assert {o.commune for o in packaged.organisations.of_kind(kind)} == set(PILOT)


def test_the_police_of_bo_de_answer_for_a_ward_of_long_bien(packaged: Reference) -> None:
    police = packaged.organisations["cap-bo-de"]
    assert (police.kind, police.commune, police.district) == ("ward_police", "00139", "004")


def test_each_pilot_district_can_refer_to_methadone_and_hiv_test(packaged: Reference) -> None:
    for district in set(PILOT.values()):
        for service in ("methadone", "hiv_test", "vocational_training", "job_placement", "voluntary_detox"):
            assert packaged.organisations.offering(service, district=district)


def test_an_unknown_organisation_is_none(packaged: Reference) -> None:
    assert packaged.organisations.get("nobody") is None
    assert "nobody" not in packaged.organisations


@pytest.mark.parametrize(
    ("day", "version"),
    [
        (date(2019, 3, 2), "vn-law-2008@2"),
        (date(2021, 12, 31), "vn-law-2008@2"),
        (date(2022, 1, 1), "vn-law-2021@2"),
        (date(2026, 6, 30), "vn-law-2021@2"),
        (date(2026, 7, 1), "vn-law-2025@2"),
        (date(1990, 1, 1), "vn-law-2008@2"),
    ],
)
def test_terms_are_those_of_the_pack_in_force_on_the_day(
    packaged: Reference, day: date, version: str
) -> None:
    assert packaged.policy.on(day).version == version


def test_a_province_with_its_own_pack_is_judged_by_it(edited: Callable[[str, str, str], Path]) -> None:
    folder = edited("policy/vn-law-2021.yaml", "province: all", "province: all")
    text = (folder / "policy/vn-law-2021.yaml").read_text(encoding="utf-8")
    own = text.replace("id: vn-law-2021", "id: son-la").replace("province: all", 'province: "14"')
    (folder / "policy/son-la.yaml").write_text(own.replace("{value: 12,", "{value: 6,"), encoding="utf-8")
    policy = Reference.load(folder).policy
    assert policy.on(date(2022, 5, 1), "14").evaluation_months == 6
    assert policy.on(date(2022, 5, 1), "01").evaluation_months == 12


def test_a_missing_folder_says_which_variable_points_at_it(tmp_path: Path) -> None:
    with pytest.raises(ReferenceInvalid, match="REFTRACK_REFERENCE_PATH"):
        Reference.load(tmp_path)


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        (
            "organisations.yaml",
            "kind: ward_police",
            "kind: Ward Police",
            r"organisations.yaml:\d+: .*cap-ngoc-lam.*kind",
        ),
        ("organisations.yaml", 'commune: "00133"', 'commune: "99999"', "cap-ngoc-lam: unit 99999 is not in"),
        (
            "organisations.yaml",
            "id: cap-bo-de",
            "id: cap-ngoc-lam",
            "organisation cap-ngoc-lam: stands twice",
        ),
        ("organisations.yaml", 'commune: "00133"', "commune: 00133", r"commune: .*quote it"),
        (
            "organisations.yaml",
            'commune: "00133"',
            'commune: "00133"\n    district: "019"',
            "lies in 004, not in 019",
        ),
        ("policy/vn-law-2021.yaml", "id: vn-law-2021", "id: other", "must bear the pack's id"),
        (
            "policy/vn-law-2021.yaml",
            "  evaluation_months:",
            "  evaluation_weeks:",
            "evaluation_months is missing",
        ),
        (
            "policy/vn-law-2021.yaml",
            "terms:",
            "terms:\n  x: {value: 1, confirmed: false}",
            "term x is unknown",
        ),
        ("policy/vn-law-2021.yaml", "from: 2022-01-01", "from: 2021-12-31", "begins before vn-law-2008 ends"),
        ("policy/vn-law-2021.yaml", "from: 2022-01-01", "from: 2022-01-03", "leaves a gap after vn-law-2008"),
        (
            "policy/vn-law-2025.yaml",
            "from: 2026-07-01",
            "from: 2026-07-01\nuntil: 2030-01-01",
            "must not end",
        ),
        (
            "policy/vn-law-2025.yaml",
            "{value: 12,",
            "{value: twelve,",
            r"vn-law-2025.yaml:\d+: .*evaluation_months.value",
        ),
        ("policy/vn-law-2025.yaml", "id:", "id: [", r"vn-law-2025.yaml:\d+: file: is not YAML"),
    ],
)
def test_what_is_wrong_is_named_with_file_and_entry(
    edited: Callable[[str, str, str], Path], file: str, old: str, new: str, says: str
) -> None:
    with pytest.raises(ReferenceInvalid, match=says):
        Reference.load(edited(file, old, new))
