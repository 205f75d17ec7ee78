"""A commune without a system of its own: a template, filled in by a clerk, sent to the real services."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import grpc
import pytest
from contracts import catalogue
from contracts.vocabulary import Substance
from reftrack.intake.v1 import intake_pb2, intake_pb2_grpc
from reftrack_cli.files import sending
from reftrack_cli.main import app
from reftrack_local import LocalRuntime, Wanted
from reftrack_local.access import Access, Speaker
from reftrack_local.services import SERVICES
from typer.testing import CliRunner

from tests.e2e.clerk import Clerk, registered
from tests.faults.conftest import folder_for_a_system

pytestmark = pytest.mark.timeout(300)
SOCIAL = "ldtbxh-bo-de"
COMMON = {"Ngày xảy ra": "05/03/2026", "Người thực hiện": "nv-07"}


@pytest.fixture(scope="module")
def runtime() -> Iterator[LocalRuntime]:
    wanted = Wanted(services=[each for each in SERVICES if each.name in {"intake", "referral"}])
    with folder_for_a_system("files") as folder, LocalRuntime(folder, wanted) as running:
        yield running


def run(*words: str, code: int = 0) -> str:
    done = CliRunner().invoke(app, [*words, "--lang", "vi"])
    assert done.exit_code == code, f"{words}: {done.output} {done.exception!r}"
    return done.output


def send(runtime: LocalRuntime, path: Path, org: str = SOCIAL, *, code: int = 0) -> str:
    return run("files", "send", str(path), "--org", org, "--state", str(runtime.folder.path), code=code)


def receipts(runtime: LocalRuntime, ids: set[str], org: str = SOCIAL) -> list[intake_pb2.Receipt]:
    """All receipts of these events, oldest first."""
    found, after = [], 0
    with Access(runtime.folder.path).channel("intake", Speaker("agency", org, "tests")) as channel:
        intake = intake_pb2_grpc.IntakeServiceStub(channel)
        while True:
            page = intake.ListReceipts(intake_pb2.ListReceiptsRequest(after_position=after, page_size=1000))
            found += [each for each in page.receipts if each.id in ids]
            if not (after := page.next_after_position):
                return found


def result(path: Path) -> list[dict[str, str]]:
    with path.with_name(f"{path.name}.result.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))


def journal(path: Path) -> Path:
    return path.with_name(f"{path.name}.progress.jsonl")


@pytest.fixture(scope="module")
def filled(runtime: LocalRuntime, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A person's way from contact to referral, as a clerk of the commune writes it."""
    path = tmp_path_factory.mktemp("office") / "intake.xlsx"
    run("template", str(path), "--org", SOCIAL, "--state", str(runtime.folder.path))
    clerk = Clerk(path)
    who = {"Mã của cơ quan": "LB-1", **COMMON}
    contacted = {"Hình thức tiếp cận": "tại cộng đồng", "Xã, phường": "Bồ Đề", "Nhóm khách hàng": "drug_user"}
    at = datetime(2026, 3, 1, 9, 15)  # noqa: DTZ001  # as Excel has it
    clerk.write("Tiếp cận", {**who, **contacted, "Ngày xảy ra": at})
    identity = {"Ngày sinh": date(1990, 2, 1), "Số CMND, CCCD": "001090001234", "Tên gọi khác 2": "Canary Tí"}
    clerk.write("Lập hồ sơ tiếp nhận", registered("LB-1", "Canary Văn Thử", **identity))
    agreed = {"Mục đích 1": "treatment", "Mục đích 2": "coordination", "Bên nhận 1": "provider"}
    labels = {"Loại dữ liệu 1": "DRUG", "Loại dữ liệu 2": "HIV", "Khách hàng đồng ý": "Có"}
    clerk.write("Đồng ý chia sẻ thông tin", {**who, **agreed, **labels, "Ngày xảy ra": "04/03/2026"})
    scores = {"Điểm 1: Chất": "thuốc lá", "Điểm 1: Điểm": 4, "Điểm 2: Chất": "chất dạng thuốc phiện"}
    clerk.write(
        "Sàng lọc",
        {**who, "Công cụ": "who_assist", **scores, "Điểm 2: Điểm": 30, "Mức nguy cơ cao nhất": "high"},
    )
    never = {f"Câu 1: {catalogue.name(each, 'vi')}": "Chưa bao giờ" for each in list(Substance)[:10]}
    answered = {**never, "Câu 1: rượu bia": "Có", "Câu 2: rượu bia": "Không lần nào"}
    answered |= {
        "Câu 6: rượu bia": "Chưa bao giờ",
        "Câu 7: rượu bia": "Chưa bao giờ",
        "Câu 8": "Chưa bao giờ",
    }
    again = {"Công cụ": "WHO ASSIST", "Lần sàng lọc": "repeated", "Ngày xảy ra": "06/03/2026"}
    clerk.write("Sàng lọc ASSIST", {**who, **again, **answered})
    planned = {"Dịch vụ 1": "xét nghiệm HIV", "Thời hạn 1": date(2026, 4, 1), "Dịch vụ 2": "methadone"}
    clerk.write("Kế hoạch điều trị cá nhân", {**who, **planned, "Ngày xảy ra": "06/03/2026"})
    clerk.write(
        "Chuyển gửi", {**who, "Dịch vụ": "hiv_test", "Cơ sở cung cấp": PROVIDER, "Ngày xảy ra": "07/03/2026"}
    )
    clerk.save()
    return path


PROVIDER = "opc-long-bien"


def test_a_template_filled_in_by_a_clerk_gives_every_row_its_receipt(
    runtime: LocalRuntime, filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left: list[bytes] = []
    as_sent = sending._Stream._event

    def watched(self: Any, index: int, entry: Any) -> intake_pb2.SubmittedEvent:
        event = as_sent(self, index, entry)
        left.append(event.SerializeToString())
        return event

    monkeypatch.setattr(sending._Stream, "_event", watched)
    assert "không có lỗi" in run("files", "check", str(filled), "--org", SOCIAL)
    send(runtime, filled)
    rows = result(filled)
    assert [row["kết quả"] for row in rows] == ["đã ghi nhận"] * 7
    assert rows[-1]["số được cấp"].startswith("CG-")
    of_intake = receipts(runtime, {row["mã"] for row in rows})
    assert Counter(each.id for each in of_intake) == Counter(row["mã"] for row in rows)
    assert {each.verdict for each in of_intake} == {"accepted"}
    sent = b"".join(left)
    assert b"sealed_identity" in sent
    assert b"Canary" not in sent
    assert b"001090001234" not in sent


def test_sending_a_file_again_repeats_and_changes_nothing(runtime: LocalRuntime, filled: Path) -> None:
    send(runtime, filled)
    before = receipts(runtime, {row["mã"] for row in result(filled)})
    send(runtime, filled)
    assert len(receipts(runtime, {row["mã"] for row in result(filled)})) == len(before)
    journal(filled).unlink()
    send(runtime, filled)
    assert {row["kết quả"] for row in result(filled)} == {"đã ghi nhận (lặp lại)"}
    again = receipts(runtime, {row["mã"] for row in result(filled)})[len(before) :]
    assert {(each.verdict, each.repetition) for each in again} == {("accepted", True)}


def test_a_file_that_was_changed_is_sent_as_it_is_now_and_what_it_had_before_counts_once(
    runtime: LocalRuntime, tmp_path: Path
) -> None:
    words = ("--org", SOCIAL, "--event", "client-contacted", "--state", str(runtime.folder.path))
    path = many(tmp_path / "grown.csv", "GROWN", 2)
    run("files", "send", str(path), *words)
    ids = {row["mã"] for row in result(path)}
    many(path, "GROWN", 3)
    run("files", "send", str(path), *words)
    assert [row["kết quả"] for row in result(path)] == ["đã ghi nhận (lặp lại)"] * 2 + ["đã ghi nhận"]
    assert ids < {row["mã"] for row in result(path)}


def test_a_file_with_an_error_sends_nothing(runtime: LocalRuntime, tmp_path: Path) -> None:
    path = tmp_path / "bad.csv"
    path.write_text(
        "event;agency_ref;when;by;channel;commune;client_group\n"
        "client-contacted;BAD-1;05/03/2026;nv-1;street;00118;drug_user\n"
        "client-contacted;BAD-2;05/03/2026;nv-1;street;118;drug_user\n"
    )
    assert "số 0 ở đầu" in send(runtime, path, code=1)
    assert not journal(path).exists()


def test_a_dry_run_shows_what_would_be_sent_and_no_name(filled: Path, tmp_path: Path) -> None:
    told = run("files", "send", str(filled), "--org", SOCIAL, "--dry-run", "--json", "--state", str(tmp_path))
    shown = [json.loads(line) for line in told.splitlines() if line.startswith("{")]
    assert [each["row"] for each in shown] == [2] * 7
    assert [each["seals"] for each in shown if each["seals"]] == [["identity"]]
    assert "Canary" not in told


def test_what_intake_rejects_stands_in_the_list_with_column_and_remedy(
    runtime: LocalRuntime, tmp_path: Path
) -> None:
    path = tmp_path / "introduced.csv"
    path.write_text(
        "event;agency_ref;when;by;channel;commune;client_group;to_org;Thay cho lập hồ sơ hành chính\n"
        "client-contacted;REJ-1;05/03/2026;nv-1;street;00118;drug_user;;\n"
        "client-introduced;REJ-1;06/03/2026;nv-1;;;;cap-bo-de;không\n"
    )
    send(runtime, path, "cap-bo-de", code=1)
    rejected = result(path)[1]
    assert rejected["kết quả"] == "bị từ chối"
    assert rejected["cột"] == "Nơi tiếp nhận"
    assert rejected["cách xử lý (tiếng Việt)"] != rejected["cách xử lý (tiếng Anh)"] != ""


def many(path: Path, tag: str, rows: int) -> Path:
    """Contacts of as many people, as a CSV of Excel."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(["agency_ref", "when", "by", "channel", "commune", "client_group"])
        writer.writerows(
            [f"{tag}-{n}", "05/03/2026", "nv-1", "street", "00118", "drug_user"] for n in range(rows)
        )
    return path


def begin(runtime: LocalRuntime, path: Path) -> subprocess.Popen[bytes]:
    """Send as a person would, in a process of its own."""
    words = ["files", "send", str(path), "--org", SOCIAL, "--event", "client-contacted"]
    return subprocess.Popen(
        [sys.executable, "-m", "reftrack_cli", *words, "--state", str(runtime.folder.path)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


def await_answers(path: Path, process: subprocess.Popen[bytes], least: int) -> None:
    """Until some rows were answered, and not all of them."""
    deadline = time.monotonic() + 60
    while not journal(path).exists() or journal(path).read_bytes().count(b"\n") <= least:
        assert process.poll() is None, "it was done before it could be disturbed"
        assert time.monotonic() < deadline, "no row was answered"
        time.sleep(0.01)


@pytest.mark.long
def test_a_sending_that_is_killed_goes_on_and_every_row_has_one_verdict(
    runtime: LocalRuntime, tmp_path: Path
) -> None:
    path, rows = many(tmp_path / "killed.csv", "KILL", 4000), 4000
    first = begin(runtime, path)
    await_answers(path, first, 200)
    os.kill(first.pid, signal.SIGKILL)
    first.communicate()
    known = journal(path).read_bytes().count(b"\n") - 1
    assert 200 <= known < rows
    second = begin(runtime, path)
    _, told = second.communicate(timeout=200)
    assert second.returncode == 0, told.decode()
    found = result(path)
    assert Counter(row["dòng" if "dòng" in row else "line"] for row in found) == Counter(
        map(str, range(2, rows + 2))
    )
    given = receipts(runtime, {row["id"] for row in found})
    assert Counter(each.id for each in given if not each.repetition) == Counter(row["id"] for row in found)
    assert {each.verdict for each in given} == {"accepted"}


@pytest.mark.long
def test_a_sending_outlives_the_death_of_intake(runtime: LocalRuntime, tmp_path: Path) -> None:
    path, rows = many(tmp_path / "outage.csv", "OUT", 4000), 4000
    process = begin(runtime, path)
    await_answers(path, process, 200)
    runtime.services["intake"][0].kill9()
    runtime.services["intake"][0].restart()
    _, told = process.communicate(timeout=200)
    assert process.returncode == 0, told.decode()
    ids = [row["id"] for row in result(path)]
    assert len(set(ids)) == rows
    given = receipts(runtime, set(ids))
    assert Counter(each.id for each in given if not each.repetition) == Counter(ids)


def test_where_no_service_answers_nothing_is_lost_and_it_is_said(tmp_path: Path) -> None:
    path = many(tmp_path / "away.csv", "AWAY", 3)
    os.environ["REFTRACK_INTAKE_ADDRESS"] = "127.0.0.1:1"
    os.environ["REFTRACK_TOKEN"] = "none"
    try:
        words = ["files", "send", str(path), "--org", SOCIAL, "--event", "client-contacted"]
        told = run(*words, code=1)
    finally:
        del os.environ["REFTRACK_INTAKE_ADDRESS"], os.environ["REFTRACK_TOKEN"]
    assert "intake" in told
    assert result(path) == []
    assert grpc.StatusCode.UNAVAILABLE.name in told or "reftrack health" in told
