"""The journal beside a file: what was answered is kept through kills, cuts and other processes."""

from __future__ import annotations

import json
import stat
from dataclasses import replace
from pathlib import Path

import pytest
from reftrack_cli.files.journal import Journal, Outcome
from reftrack_cli.files.results import write_outcomes
from reftrack_cli.files.source import Unusable

OF = {"sha256": "a", "source": "/agencies/x"}


def outcome(row: int, verdict: str = "accepted") -> Outcome:
    return Outcome("Tiếp cận", row, f"id-{row}", "org.reftrack.client-contacted.v1", verdict)


def test_what_was_kept_is_there_when_it_is_opened_again(tmp_path: Path) -> None:
    with Journal(tmp_path / "j", OF) as journal:
        journal.keep([outcome(2), outcome(3, "rejected")])
    with Journal(tmp_path / "j", OF) as journal:
        assert journal.done("Tiếp cận", 3)
        assert not journal.done("Tiếp cận", 4)
        assert list(journal.outcomes()) == [outcome(2), outcome(3, "rejected")]


def test_a_later_verdict_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    with Journal(tmp_path / "j", OF) as journal:
        journal.keep([outcome(2, "routed"), outcome(3)])
        assert [each.row for each in journal.unsettled()] == [2]
        journal.keep([outcome(2)])
        assert journal.unsettled() == []
        assert sorted(each.row for each in journal.outcomes()) == [2, 3]
    with Journal(tmp_path / "j", OF) as journal:
        assert (len(journal), journal.unsettled()) == (2, [])


def test_a_journal_cut_off_anywhere_goes_on_with_what_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "j"
    with Journal(path, OF) as journal:
        journal.keep([outcome(row) for row in range(2, 8)])
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with Journal(path, OF) as journal:
            known = len(journal)
            journal.keep([outcome(99)])
        with Journal(path, OF) as journal:
            assert len(journal) == known + 1
            assert journal.done("Tiếp cận", 99)


def test_a_journal_of_another_content_begins_anew(tmp_path: Path) -> None:
    with Journal(tmp_path / "j", OF) as journal:
        journal.keep([outcome(2)])
    with Journal(tmp_path / "j", {**OF, "sha256": "b"}) as journal:
        assert len(journal) == 0


def test_two_cannot_send_one_file_at_a_time(tmp_path: Path) -> None:
    with Journal(tmp_path / "j", OF), pytest.raises(Unusable, match="file_busy"):
        Journal(tmp_path / "j", OF)


def test_only_its_owner_can_read_it_and_it_holds_nothing_of_the_event(tmp_path: Path) -> None:
    with Journal(tmp_path / "j", OF) as journal:
        journal.keep([outcome(2)])
    assert stat.S_IMODE((tmp_path / "j").stat().st_mode) == 0o600
    line = json.loads((tmp_path / "j").read_text().splitlines()[1])
    assert line.keys() == {
        "sheet",
        "row",
        "id",
        "type",
        "verdict",
        "again",
        "numbers",
        "problems",
        "waiting_for",
    }


def test_a_list_that_cannot_be_written_is_answered(tmp_path: Path) -> None:
    with Journal(tmp_path / "j", OF) as journal, pytest.raises(Unusable, match="file_folder_closed"):
        write_outcomes(tmp_path, journal, "vi")


def test_an_id_that_excel_would_take_for_a_formula_is_made_plain(tmp_path: Path) -> None:
    with Journal(tmp_path / "j", OF) as journal:
        journal.keep([Outcome("", 2, "=cmd|x", "org.reftrack.client-contacted.v1", "accepted")])
        write_outcomes(tmp_path / "list.csv", journal, "vi")
    assert ";'=cmd|x;" in (tmp_path / "list.csv").read_text("utf-8-sig")


def test_what_a_row_waits_for_is_told_in_each_language_in_its_own_column(tmp_path: Path) -> None:
    with Journal(tmp_path / "j", OF) as journal:
        journal.keep([replace(outcome(2, "waiting"), waiting_for="agency_ref BD-6")])
        write_outcomes(tmp_path / "list.csv", journal, "vi")
    line = (tmp_path / "list.csv").read_text("utf-8-sig").splitlines()[1]
    assert line.endswith(";người có mã hồ sơ BD-6 của cơ quan;whom the office's reference BD-6 names")


def test_a_folder_that_cannot_be_written_is_answered(tmp_path: Path) -> None:
    with pytest.raises(Unusable, match="file_folder_closed"):
        Journal(tmp_path / "no" / "such" / "j", OF)
