"""What holds on a day, by which law, and whether anybody has checked it; released versions never change."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from contracts.base import Label
from contracts.catalogue import lists
from contracts.registry import POSTABLE
from contracts.vocabulary import OrgKind, PurposeOfUse
from hypothesis import given
from hypothesis import strategies as st
from reference import Policy, Reference, ReferenceInvalid
from reference.policy.book import freeze, frozen_versions
from reference.policy.pack import Pack
from reference.policy.statements import Statement

REFERENCE = Path(__file__).parents[3] / "deploy" / "reference"
FOLDER = REFERENCE / "policy"
POLICY = Policy.load(FOLDER)
DAYS = st.dates(date(1995, 1, 1), date(2040, 1, 1))

Edit = Callable[..., Path]


@pytest.fixture
def edited(tmp_path: Path) -> Edit:
    """A copy of the packs, nothing frozen, with one text of one file replaced."""

    def edit(file: str, old: str, new: str, *, frozen: bool = False) -> Path:
        folder = tmp_path / "policy"
        shutil.copytree(FOLDER, folder)
        text = (folder / file).read_text(encoding="utf-8")
        assert old in text
        (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")
        if not frozen:
            (folder / "frozen.json").unlink()
        return folder

    return edit


@pytest.mark.parametrize(
    ("name", "day", "value"),
    [
        ("laws.opioid_substitution", date(2016, 6, 30), "Nghị định 96/2012/NĐ-CP"),
        ("laws.opioid_substitution", date(2016, 7, 1), "Nghị định 90/2016/NĐ-CP"),
        ("laws.opioid_substitution", date(2024, 12, 14), "Nghị định 90/2016/NĐ-CP"),
        ("laws.opioid_substitution", date(2024, 12, 15), "Nghị định 141/2024/NĐ-CP"),
        ("laws.hiv", date(2021, 6, 30), "Luật 64/2006/QH11"),
        ("laws.hiv", date(2021, 7, 1), "Luật 64/2006/QH11, sửa đổi bởi Luật 71/2020/QH14"),
        ("laws.compulsory_detox", date(2021, 12, 31), "Luật 23/2000/QH10, sửa đổi bởi Luật 16/2008/QH12"),
        ("laws.compulsory_detox", date(2022, 1, 1), "Luật 73/2021/QH14; Nghị định 116/2021/NĐ-CP"),
        ("laws.compulsory_detox", date(2026, 7, 1), "Luật 120/2025/QH15"),
        ("ages.hiv_test_alone_from", date(2021, 6, 30), 16),
        ("ages.hiv_test_alone_from", date(2021, 7, 1), 15),
        ("terms.compulsory_detox_again_months", date(2026, 6, 30), 12),
        ("terms.compulsory_detox_again_months", date(2026, 7, 1), 36),
        ("terms.decision_after_positive_hours", date(2026, 7, 1), 24),
        ("instruments.screening", date(2019, 3, 2), "who_assist@3.1"),
    ],
)
def test_a_value_changes_on_the_day_its_law_does(name: str, day: date, value: object) -> None:
    assert {row.name: row.value for row in POLICY.show(day)}[name] == value


def test_a_term_that_the_law_of_the_day_does_not_have_is_none() -> None:
    assert POLICY.on(date(2026, 6, 30)).decision_after_positive_hours is None
    assert POLICY.on(date(2026, 7, 1)).decision_after_positive_hours == 24


def test_a_law_that_changes_in_the_middle_of_a_case_judges_each_event_by_its_own_day() -> None:
    admitted, returned = date(2026, 6, 1), date(2026, 9, 1)
    before, after = POLICY.on(admitted), POLICY.on(returned)
    assert (before.version, after.version) == ("vn-law-2021@2", "vn-law-2025@2")
    assert (before.compulsory_detox_first_months, after.compulsory_detox_first_months) == (12, 24)
    kept = POLICY.judged_by(before.version, admitted)
    assert kept is not None
    assert kept.terms == before


@given(DAYS)
def test_what_an_event_keeps_gives_back_the_values_that_it_was_judged_by(day: date) -> None:
    held = POLICY.holding(day)
    again = POLICY.judged_by(held.version, day)
    assert again is not None
    assert again.rows() == POLICY.show(day)
    assert again.terms == POLICY.on(day)


@given(DAYS)
def test_every_value_that_holds_names_law_source_and_origin_and_holds_on_that_day(day: date) -> None:
    rows = POLICY.show(day)
    assert len({row.name for row in rows}) == len(rows)
    first = min(pack.first_day for pack in (POLICY.holding(day).pack,))
    for row in rows:
        assert row.law
        assert row.source
        assert row.origin.startswith(("vn-", "programme@", "roles@"))
        if not row.name.startswith("swaps."):
            assert (row.since or date.min) <= max(day, first) <= (row.until or date.max)


@pytest.mark.parametrize("day", [date(2019, 3, 2), date(2023, 3, 2), date(2026, 7, 1)])
def test_every_value_that_is_shown_has_a_name_in_both_languages(day: date) -> None:
    names, held = lists()["PolicyValue"], POLICY.holding(day)
    types = {name.removeprefix("org.reftrack.").rsplit(".v", 1)[0] for name in POSTABLE}
    for row in POLICY.show(day):
        section, name = row.name.split(".", 1)
        assert section in names
        if section == "may_post":
            assert name in types
        elif section == "may_know":
            assert name in lists()["Label"]
        elif section == "legal_bases":
            assert held.legal_bases()[name].title.vi
        elif section != "swaps":
            assert names[row.name].vi != names[row.name].en or row.name == "laws.hiv"


def test_what_nobody_has_checked_is_marked() -> None:
    rows = {row.name: row for row in POLICY.show(date(2026, 7, 1))}
    for term in ("decision_after_positive_hours", "move_notice_hours", "compulsory_detox_first_months"):
        assert not rows[f"terms.{term}"].confirmed
    assert rows["laws.compulsory_detox"].confirmed
    assert rows["swaps.2026-01-02"].confirmed
    assert not rows["swaps.2026-08-31"].confirmed


def test_the_words_of_the_packs_are_those_of_the_contracts() -> None:
    held = POLICY.holding(date(2026, 7, 1))
    for basis in held.legal_bases().values():
        assert set(basis.recipients) <= set(OrgKind)
        assert set(basis.purposes) <= set(PurposeOfUse)
        assert set(basis.labels) <= {label.value for label in Label}
    assert (held.may_know("HIV") or set()) <= set(OrgKind)


@pytest.mark.parametrize("day", [date(2019, 3, 2), date(2023, 3, 2), date(2026, 7, 1)])
def test_who_may_post_what_is_what_the_contracts_say(day: date) -> None:
    held = POLICY.holding(day)
    for type_name, postable in POSTABLE.items():
        assert held.may_post(type_name.removeprefix("org.reftrack.").rsplit(".v", 1)[0]) == set(postable.by)
    assert held.may_post("case-opened") == frozenset()


def test_police_and_the_commune_authority_are_not_on_the_closed_list_of_who_may_know_hiv() -> None:
    known = POLICY.holding(date(2019, 3, 2)).may_know("HIV")
    assert known is not None
    assert not known & {
        "ward_police",
        "commune_authority",
        "border_guard",
        "hotline",
        "club",
        "volunteer_team",
    }
    assert "detox_facility" in known
    assert POLICY.holding(date(2019, 3, 2)).may_know("DRUG") is None


def test_a_value_of_a_province_goes_before_the_value_of_all(edited: Edit) -> None:
    old = "  answer_working_days: {value: 3, confirmed: false}"
    new = (
        "  answer_working_days:\n    - {value: 3, confirmed: false}\n"
        '    - {value: 5, province: "14", law: "Resolution of Son La", from: 2023-01-01, confirmed: true}'
    )
    policy = Policy.load(edited("vn-law-2021.yaml", old, new))
    answers = {
        (province, day): policy.on(day, province).answer_working_days
        for province in ("01", "14")
        for day in (date(2022, 12, 31), date(2023, 1, 1))
    }
    assert set(answers.values()) == {3, 5}
    assert [key for key, value in answers.items() if value == 5] == [("14", date(2023, 1, 1))]
    row = next(r for r in policy.show(date(2023, 1, 1), "14") if r.name == "terms.answer_working_days")
    assert (row.law, row.province, row.confirmed) == ("Resolution of Son La", "14", True)


def test_a_value_of_a_province_goes_before_also_where_it_is_written_first(edited: Edit) -> None:
    old = "  answer_working_days: {value: 3, confirmed: false}"
    new = (
        '  answer_working_days:\n    - {value: 5, province: "14", confirmed: true}\n'
        "    - {value: 3, confirmed: false}"
    )
    policy = Policy.load(edited("vn-law-2021.yaml", old, new))
    answers = [policy.on(date(2023, 1, 1), province).answer_working_days for province in ("01", "14")]
    assert answers == [3, 5]


@pytest.mark.parametrize(
    ("year", "free"),
    [
        (2018, ["2018-12-31"]),
        (2019, ["2018-12-31", "2019-04-29"]),
        (2020, []),
        (2026, ["2026-01-02", "2026-08-31"]),
    ],
)
def test_the_exchanged_working_days_of_the_year_are_shown(year: int, free: list[str]) -> None:
    rows = POLICY.show(date(year, 6, 1))
    assert [row.name for row in rows if row.name.startswith("swaps.")] == [f"swaps.{day}" for day in free]


def test_a_term_can_change_within_the_life_of_a_pack(edited: Edit) -> None:
    old = "  answer_working_days: {value: 3, confirmed: false}"
    new = (
        "  answer_working_days:\n    - {value: 3, until: 2024-06-30, confirmed: false}\n"
        "    - {value: 2, from: 2024-07-01, confirmed: false}"
    )
    policy = Policy.load(edited("vn-law-2021.yaml", old, new))
    assert policy.on(date(2024, 6, 30)).answer_working_days == 3
    assert policy.on(date(2024, 7, 1)).answer_working_days == 2


def test_every_packaged_version_is_frozen() -> None:
    assert frozen_versions(FOLDER).keys() == {pack.reference for pack in POLICY.versions().values()}


def test_a_released_version_whose_content_changed_is_refused(edited: Edit) -> None:
    with pytest.raises(ReferenceInvalid, match=r"vn-law-2021.yaml:\d+: .*superseded/vn-law-2021@\d+.yaml"):
        Policy.load(edited("vn-law-2021.yaml", "{value: 3,", "{value: 4,", frozen=True))


def test_a_released_version_is_refused_also_when_only_a_part_of_it_changed(edited: Edit) -> None:
    with pytest.raises(ReferenceInvalid, match="or that of a part has changed"):
        Policy.load(edited("parts/vn-calendar@1.yaml", "2026-01-10", "2026-01-17", frozen=True))


def test_a_comment_or_another_layout_is_no_change(edited: Edit) -> None:
    Policy.load(
        edited(
            "vn-law-2021.yaml", "{value: 3, confirmed: false}", "{confirmed: false, value: 3}", frozen=True
        )
    )


def test_a_corrected_pack_leaves_the_old_version_readable(edited: Edit) -> None:
    folder = edited("vn-law-2021.yaml", "version: 2", "version: 3", frozen=True)
    file = folder / "vn-law-2021.yaml"
    file.write_text(file.read_text("utf-8").replace("{value: 3,", "{value: 4,"), encoding="utf-8")
    (folder / "superseded").mkdir(exist_ok=True)
    shutil.copy(FOLDER / "vn-law-2021.yaml", folder / "superseded" / "vn-law-2021@2.yaml")
    policy, day = Policy.load(folder), date(2023, 5, 5)
    old = policy.judged_by("vn-law-2021@2", day)
    assert old is not None
    assert (old.terms.answer_working_days, policy.on(day).answer_working_days) == (3, 4)
    assert policy.on(day).version == "vn-law-2021@3"
    assert freeze(folder) == ["vn-law-2021@3"]
    assert set(json.loads((folder / "frozen.json").read_text())) >= {"vn-law-2021@2", "vn-law-2021@3"}
    assert policy.judged_by("vn-law-2021@4", day) is None


L21, CAL = "vn-law-2021.yaml", "parts/vn-calendar@1.yaml"
HEALTH = "parts/vn-health@1.yaml"
THREE = "{value: 3, confirmed: false}"
TWO = r"opioid_substitution: two values hold on 2024-12-14 \(vn-health@1 and vn-health@1\)"


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        (L21, THREE, "{value: 3}", "2021.yaml:LINE: .*answer_working_days.confirmed: Field required"),
        (L21, "{value: 3,", "{value: -3,", "2021.yaml:LINE: .*answer_working_days.value: .*equal to 0"),
        (
            L21,
            "{value: 3,",
            "{value: 3, until: 2025-01-01,",
            "answer_working_days has no value on 2025-01-02",
        ),
        (L21, "{value: 3,", "{value: 3, from: 2023-01-01,", "working_days has no value on 2022-01-01"),
        (L21, "{value: 3,", '{value: 3, province: "1",', "2021.yaml:LINE: .*province: String should match"),
        (L21, "{value: 3,", "{value: 3, paragraph: 2,", "2021.yaml:LINE: .*paragraph: Extra inputs"),
        (L21, '"roles@2"', '"roles@9"', "2021.yaml:LINE: .*part roles@9 is not there: programme@1"),
        (L21, "  answer_working_days:", "  answer_days:", "2021.yaml:LINE: .*answer_working_days is missing"),
        (L21, "  contact_months:", "  answer_working_days:", "2021.yaml:LINE: .*_days stands twice"),
        (L21, "  contact_months:", "  [contact]:", "2021.yaml:LINE: .*cannot be a key: write one word"),
        (L21, "{value: 3,", "{value: !!int x,", "2021.yaml:LINE: .*is not what int says: take the tag off"),
        (L21, "{value: 3,", "{value: !!bool x,", "2021.yaml:LINE: .*is not what bool says"),
        (L21, "{value: 3,", "{value: !!timestamp x,", "2021.yaml:LINE: .*is not what timestamp says"),
        (CAL, "version: 1", "version: 2", "calendar@1.yaml:LINE: .*must be named vn-calendar@2.yaml"),
        (
            CAL,
            "{free: 2026-01-02",
            "{off: 2026-01-02",
            "calendar@1.yaml:LINE: .*swaps.4.free: Field",
        ),
        (CAL, "worked: 2019-01-05", "worked: 2019-13-05", "calendar@1.yaml:LINE: .*2019-13-05 is no day"),
        (
            HEALTH,
            "from: 2024-12-15, confirmed: false, source",
            "from: 2024-12-14, confirmed: false, source",
            TWO,
        ),
        (HEALTH, "{value: 18,", "{value: 180,", "health@1.yaml:LINE: .*ages.adult.value"),
        (HEALTH, "labels: [OST]", "labels: [ost]", "health@1.yaml:LINE: .*labels.0"),
    ],
)
def test_what_is_wrong_in_a_pack_is_named_with_file_line_and_remedy(
    edited: Edit, file: str, old: str, new: str, says: str
) -> None:
    with pytest.raises(ReferenceInvalid, match=says.replace("LINE", r"\d+")):
        Policy.load(edited(file, old, new))


def test_the_line_is_the_one_that_is_wrong(edited: Edit) -> None:
    folder = edited(HEALTH, "{value: 18,", "{value: eighteen,")
    lines = (folder / HEALTH).read_text("utf-8").splitlines()
    with pytest.raises(ReferenceInvalid) as refused:
        Policy.load(folder)
    assert refused.value.line == 1 + next(n for n, line in enumerate(lines) if "eighteen" in line)


def test_an_instrument_that_a_pack_names_and_nobody_has_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "reference"
    shutil.copytree(REFERENCE, folder)
    (folder / "instruments" / "assist-lite.yaml").unlink()
    with pytest.raises(
        ReferenceInvalid,
        match=r"programme@1.yaml:\d+: .*instrument assist_lite@1 is not there; there are: who_",
    ):
        Reference.load(folder)


def test_a_day_before_the_first_pack_is_judged_by_its_first_day() -> None:
    first = POLICY.judged_by("vn-law-2008@2", date(2001, 6, 1))
    assert first is not None
    assert POLICY.show(date(1990, 1, 1)) == first.rows()


@pytest.mark.parametrize(
    ("version", "day"),
    [
        ("vn-law-2025@2", date(2019, 1, 1)),
        ("vn-law-2025@1", date(2026, 6, 30)),
        ("vn-law-2008@1", date(2022, 1, 1)),
    ],
)
def test_a_version_judged_nothing_on_a_day_outside_its_life(version: str, day: date) -> None:
    assert POLICY.judged_by(version, day) is None


@pytest.mark.parametrize("version", ["vn-law-2008@1", "vn-law-2008@2"])
def test_the_first_pack_in_any_of_its_versions_judged_what_was_before_it_too(version: str) -> None:
    assert POLICY.judged_by(version, date(1990, 1, 1)) is not None


def test_every_text_of_every_pack_is_there_in_both_languages() -> None:
    packs = POLICY.versions().values()
    said = [(one.statement, one.body) for pack in packs for one in pack.statements()]
    texts = {text for one, body in said for text in (one.law or body.law, one.source or body.source)}
    swaps = [(swap, body) for pack in packs for body in pack.bodies for swap in body.swaps]
    texts |= {text for swap, body in swaps for text in (swap.law or body.law, swap.source)}
    texts |= {one.article for one, _ in said if one.article}
    texts |= {one.value for pack in packs for one in _laws(pack)}
    assert sorted(text for text in texts if not POLICY.texts.knows(text)) == []
    assert [text for text in texts if POLICY.texts.said(text, "vi") == POLICY.texts.said(text, "en")] == []


def _laws(pack: Pack) -> list[Statement[str]]:
    return [one.statement for one in pack.statements() if one.section == "laws"]


def test_a_text_that_nobody_translated_is_shown_as_the_pack_has_it() -> None:
    assert POLICY.texts.said("Resolution of Son La", "vi") == "Resolution of Son La"
