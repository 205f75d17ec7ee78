"""Lists: every page is asked for, what people copy stays whole, nothing is a bare code."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from reftrack.admin.v1 import vault_pb2
from reftrack.intake.v1 import intake_pb2
from reftrack.intake.v1 import matching_pb2 as pb
from reftrack.reporting.v1 import status_pb2
from reftrack_cli import listing, session
from reftrack_cli.listing import Paged
from reftrack_cli.operators import case, due, keys, matches, quarantine, receipts, vault, waiting


class Pages:
    """A service that answers with pages of a size of its own."""

    def __init__(self, count: int, size: int) -> None:
        self.items, self.size, self.asked = list(range(count)), size, list[int]()

    def __call__(self, request: Any) -> Any:
        self.asked.append(request.page_size)
        at = int(request.page_token or 0)
        token = str(at + self.size) if at + self.size < len(self.items) else ""
        return SimpleNamespace(items=self.items[at : at + self.size], next_page_token=token)


@pytest.mark.parametrize(
    ("count", "most", "found", "more"),
    [(0, None, 0, False), (7, None, 7, False), (7, 7, 7, False), (7, 6, 6, True), (7, 3, 3, True),
     (7, 1, 1, True), (6, 3, 3, True), (3, 50, 3, False)],
)  # fmt: skip
def test_all_pages_are_asked_for_up_to_as_many_as_are_wanted(
    count: int, most: int | None, found: int, more: bool
) -> None:
    pages = Pages(count, size=3)
    paged = Paged(pages, SimpleNamespace(page_token="", page_size=0), "items", most)
    assert list(paged) == list(range(found))
    assert paged.more is more
    assert len(pages.asked) == max(1, -(-found // 3))


@pytest.fixture(params=[40, 80, 120, 320])
def width(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    before = session.out.width
    session.out.width = request.param
    yield request.param
    session.out.width = before


MATCH = pb.Match(
    match_id=str(UUID(int=1)),
    state="open",
    likely=93,
    one=pb.MatchSide(case_id=str(UUID(int=2))),
    other=pb.MatchSide(case_id=str(UUID(int=3))),
)


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_ids_of_a_list_can_be_copied_however_narrow_the_screen(
    lang: str, width: int, capsys: pytest.CaptureFixture[str]
) -> None:
    listing.tell([MATCH, MATCH], matches.HEADINGS, matches._row, lang, json=False)
    told = capsys.readouterr().out
    for number in (1, 2, 3):
        assert told.count(str(UUID(int=number))) == 2
    if width == 320:
        assert sum(str(UUID(int=1)) in line and str(UUID(int=3)) in line for line in told.splitlines()) == 2


def test_a_list_without_anything_says_so(width: int, capsys: pytest.CaptureFixture[str]) -> None:
    listing.tell([], matches.HEADINGS, matches._row, "vi", json=False)
    assert capsys.readouterr().out == "Không có gì.\n"


@pytest.mark.parametrize(
    ("lang", "problem"),
    [("vi", "Xã, phường: thiếu xã"), ("en", "Commune: the commune is missing")],
)
def test_what_is_wrong_with_a_delivery_is_told_with_its_field_and_what_to_do(lang: str, problem: str) -> None:
    wrong = intake_pb2.Problem(
        code="field_missing",
        field="/data/commune",
        remedy=intake_pb2.Remedy(vi="thiếu xã", en="the commune is missing"),
    )
    delivery = intake_pb2.Quarantined(
        quarantine_id=7, org="cap-bo-de", type="org.reftrack.client-contacted.v1", problems=[wrong]
    )
    assert quarantine._row(delivery, lang)[-1] == problem


@pytest.mark.parametrize(("language", "said"), [("vi", "đồng ý chia sẻ thông tin"), ("en", "consent given")])
def test_what_an_event_waits_for_is_told_in_words(language: str, said: str) -> None:
    waits = intake_pb2.Waiting(waiting_for="consent_given")
    assert waiting._row(waits, language)[3] == said
    receipt = intake_pb2.Receipt(verdict="waiting", waiting_for="consent_given")
    assert receipts.reasons(receipt, language)[-1].endswith(f": {said}")


def test_a_timeline_tells_a_reason_once_and_not_again_by_its_detail() -> None:
    facts = [
        status_pb2.Fact(field="code", title_vi="Mã lý do", text_vi="Chưa đồng ý với: cơ sở Methadone."),
        status_pb2.Fact(field="detail", title_vi="Chi tiết", text_vi="recipient: cơ sở Methadone"),
    ]
    told = case.facts_in_words(status_pb2.TimelineEntry(facts=facts), "vi")
    assert told == ["Mã lý do: Chưa đồng ý với: cơ sở Methadone."]


def test_a_deadline_a_term_of_waiting_and_the_life_of_a_key_have_headings_of_their_own() -> None:
    headings = (due.HEADINGS[0], waiting.HEADINGS[5], keys.HEADINGS[2])
    assert session.words(headings, "vi") == ["hạn", "hạn chờ", "được nhận đến"]
    assert session.words(headings, "en") == ["due by", "until", "accepted until"]


@pytest.mark.parametrize(
    ("key", "says"),
    [
        (vault_pb2.MasterKeyStatus(key_id="new"), "không bọc khóa nào"),
        (vault_pb2.MasterKeyStatus(key_id="old"), "có thể gỡ"),
        (vault_pb2.MasterKeyStatus(key_id="old", wraps=3), "còn cần"),
        (vault_pb2.MasterKeyStatus(key_id="now", current=True, wraps=9), "đang dùng"),
    ],
)
def test_a_master_key_just_added_is_not_said_to_be_for_removing(
    key: vault_pb2.MasterKeyStatus, says: str
) -> None:
    rotation = vault_pb2.MasterKeyRotation(from_key_id="old", to_key_id="now")
    told = vault_pb2.GetVaultStatusResponse(keys=[key], rotation=rotation)
    assert session.word(vault.standing(key, told), "vi").startswith(says)
