"""The packaged instruments are sound; what is wrong in a file is named with file, line and remedy."""

from __future__ import annotations

import re
import shutil
from datetime import date
from pathlib import Path

import pytest
from contracts.catalogue import reasons, text
from contracts.vocabulary import Instrument, RiskBand, Substance
from reference import ReferenceInvalid
from reference.instruments import RISKS, Answer, AnswersInvalid, Instruments, screen
from reference.instruments import answers as answering

FOLDER = Path(__file__).parents[3] / "deploy" / "reference" / "instruments"
PACKAGED = Instruments.load(FOLDER)


def test_the_words_are_those_of_the_contracts() -> None:
    assert list(RiskBand) == list(RISKS)
    assert all(set(one.covers) <= set(Substance) for each in PACKAGED for one in each.substances)
    assert {each.id for each in PACKAGED} >= set(Instrument)
    for each in PACKAGED:
        if each.id == "who_assist":
            assert list(each.codes) == [one for one in Substance if one is not Substance.STIMULANTS]


@pytest.mark.parametrize(
    ("day", "version"),
    [
        (date(1999, 1, 1), "who_assist@3.0"),
        (date(2009, 12, 31), "who_assist@3.0"),
        (date(2010, 1, 1), "who_assist@3.1"),
        (date(2019, 3, 2), "who_assist@3.1"),
    ],
)
def test_a_screening_is_judged_by_the_version_of_its_day(day: date, version: str) -> None:
    found = PACKAGED.on(day, "who_assist")
    assert found is not None
    assert found.reference == version
    assert PACKAGED.get(version) is found


def test_an_instrument_that_nobody_knows_is_none() -> None:
    assert PACKAGED.on(date(2019, 1, 1), "tarot") is None
    assert PACKAGED.get("who_assist@9") is None


def copied(tmp_path: Path, file: str, old: str, new: str) -> Path:
    folder = tmp_path / "instruments"
    shutil.copytree(FOLDER, folder)
    text_ = (folder / file).read_text(encoding="utf-8")
    assert old in text_
    (folder / file).write_text(text_.replace(old, new, 1), encoding="utf-8")
    return folder


def test_bands_can_change_on_a_day_within_the_life_of_a_version(tmp_path: Path) -> None:
    folder = copied(
        tmp_path,
        "who-assist-3-1.yaml",
        "  - {substances: [alcohol], moderate_from: 11,",
        "  - {substances: [alcohol], until: 2024-12-31, moderate_from: 11, high_from: 27, confirmed: true, "
        "source: the form}\n"
        "  - {substances: [alcohol], from: 2025-01-01, moderate_from: 9,",
    )
    changed = Instruments.load(folder).on(date(2025, 1, 1), "who_assist")
    assert changed is not None
    assert [changed.risk("alcohol", 9, date(y, m, d)) for y, m, d in ((2024, 12, 31), (2025, 1, 1))] == [
        "low",
        "moderate",
    ]


def test_a_day_after_the_instrument_ended_is_judged_by_its_last_bands(tmp_path: Path) -> None:
    ended = "substances: [alcohol], until: 2009-12-31, moderate"
    folder = copied(tmp_path, "who-assist-3-0.yaml", "substances: [alcohol], moderate", ended)
    older = Instruments.load(folder).get("who_assist@3.0")
    assert older is not None
    assert older.risk("alcohol", 11, date(2019, 3, 2)) == "moderate"


V31 = "who-assist-3-1.yaml"


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        (
            V31,
            "options: use\n",
            "options: usage\n",
            r"3-1.yaml:\d+: .*questions.1.options: options usage are not",
        ),
        (V31, 'question: "1"', 'question: "7"', r"3-1.yaml:\d+: .*question 7 does not come before it"),
        (
            V31,
            "answers: [ever]",
            "answers: [evermore]",
            r"3-1.yaml:\d+: .*no answer evermore: one of never, ever",
        ),
        (
            V31,
            "moderate_from: 11",
            "moderate_from: 27",
            r"3-1.yaml:\d+: .*alcohol: moderate must begin below high",
        ),
        (V31, "high_from: 27,", "high_from: 40,", r"3-1.yaml:\d+: .*no more than 39"),
        (V31, "hallucinogens, opioids", "opioids", r"3-1.yaml:\d+: .*no bands for hallucinogens"),
        (
            V31,
            "substances: [alcohol],",
            "substances: [alcohol], from: 2011-01-01,",
            "no bands on the first day",
        ),
        (
            V31,
            "substances: [alcohol],",
            "substances: [alcohol], until: 2011-01-01,",
            "no bands on the last day",
        ),
        (V31, "code: cannabis", "code: cocaine", r"3-1.yaml:\d+: .*cocaine stands twice"),
        (V31, "code: never, score: 0,", "code: never, score: 1,", r"3-1.yaml:\d+: .*must count nothing"),
        (V31, "score: 6,", "score: six,", r"3-1.yaml:\d+: .*score: Input should be a valid integer"),
        (
            V31,
            "from: 2010-01-01",
            "from: 2009-01-01",
            r"3-1.yaml:\d+: who_assist@3.1: begins before who_assist@3.0",
        ),
        (V31, 'version: "3.1"\n', 'version: "3.0"\n', r"3-1.yaml:\d+: who_assist@3.0: stands in two files"),
        (V31, "  low: {", "  lo: {", r"3-1.yaml:\d+: .*interventions"),
        (V31, "answer: past_three_months", "answer: today", r"3-1.yaml:\d+: .*names no question and answer"),
        (
            V31,
            "confirmed: true\n",
            "confirmed: true\nconfirmed: true\n",
            r"3-1.yaml:\d+: .*confirmed stands twice",
        ),
        (
            V31,
            "not_about: [tobacco]",
            "not_about: [coffee]",
            r"3-1.yaml:\d+: .*coffee is not under substances",
        ),
    ],
)
def test_a_file_that_does_not_fit_itself_is_refused_with_its_line(
    tmp_path: Path, file: str, old: str, new: str, says: str
) -> None:
    with pytest.raises(ReferenceInvalid, match=says):
        Instruments.load(copied(tmp_path, file, old, new))


def test_the_line_is_the_one_that_is_wrong(tmp_path: Path) -> None:
    folder = copied(tmp_path, V31, "score: 6,", "score: six,")
    lines = (folder / V31).read_text(encoding="utf-8").splitlines()
    with pytest.raises(ReferenceInvalid) as refused:
        Instruments.load(folder)
    assert refused.value.line == 1 + next(n for n, line in enumerate(lines) if "score: six" in line)


def test_an_empty_folder_says_so(tmp_path: Path) -> None:
    with pytest.raises(ReferenceInvalid, match="holds no instrument"):
        Instruments.load(tmp_path)


def test_every_problem_has_a_text_that_names_the_question_and_the_remedy() -> None:
    sources = Path(answering.__file__).parent.glob("*.py")
    codes = {code for file in sources for code in re.findall(r'Problem\(\s*"(\w+)"', file.read_text("utf-8"))}
    assert len(codes) == 6
    assert codes <= reasons().keys()


def test_a_missing_answer_is_told_in_both_languages() -> None:
    assist = PACKAGED.get("who_assist@3.1")
    assert assist is not None
    sheet = [Answer("1", "ever" if code == "opioids" else "never", code) for code in assist.codes]
    with pytest.raises(AnswersInvalid) as refused:
        screen(assist, sheet, date(2019, 1, 1))
    first = refused.value.problems[0]
    assert text(first.code, "vi", **first.filling).startswith("Thiếu câu 2 (chất dạng thuốc phiện).")
    assert text(first.code, "en", **first.filling) == (
        "Question 2 (opioids) has no answer. Ask it, or record declined if the client would not answer."
    )
