"""Two instances of intake on one database: whoever is too late looks again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from chassis.items import Command, Item
from chassis.store.unit_of_work import UnitOfWork
from google.protobuf.wrappers_pb2 import StringValue
from intake.application.decider import RETRY, SUBMIT
from intake.waits import NewWaits

from tests.integration.intake.desk import SOCIAL, Desk, as_item, verdicts
from tests.integration.intake.posts import (
    NOW,
    Post,
    closing,
    contact,
    counselling,
    registration,
    screening,
)


def test_both_record_in_the_same_cases_and_nothing_is_doubled_or_lost(desk: Desk) -> None:
    mine, others = turns(), turns()
    with desk.with_the_same_keys(desk.dsn) as another, ThreadPoolExecutor() as threads:
        desk.post(registration(SOCIAL, {"agency_ref": "TV-0"}))
        done = [threads.submit(run, one, posts) for one, posts in ((desk, mine), (another, others))]
        for each in done:
            each.result(timeout=60)
    verdicts = desk.rows("SELECT verdict, count(*) FROM inbox GROUP BY verdict")
    assert verdicts == [("accepted", len(mine) + len(others) + 1)]
    assert desk.types().count("counselling-provided") == 40
    gaps = (
        "SELECT count(*) FROM stored_events GROUP BY originator_id HAVING max(originator_version) <> count(*)"
    )
    assert desk.rows(gaps) == []


def test_of_two_who_open_a_case_for_one_reference_at_once_one_finds_it_open(desk: Desk) -> None:
    with desk.with_the_same_keys(desk.dsn) as another, ThreadPoolExecutor() as threads:
        for n in range(10):
            posts = [contact(SOCIAL, f"TV-{n}"), contact(SOCIAL, f"TV-{n}")]
            pair = [
                threads.submit(one.submit, post) for one, post in zip((desk, another), posts, strict=True)
            ]
            for each in pair:
                assert all(result.error is None for result in each.result(timeout=60))
    assert desk.types().count("case-opened") == 10
    assert desk.types().count("client-contacted") == 20


def test_of_two_who_are_sent_the_same_event_one_records_it(desk: Desk) -> None:
    posts = [contact(SOCIAL, f"TV-{n}") for n in range(20)]
    with desk.with_the_same_keys(desk.dsn) as another, ThreadPoolExecutor() as threads:
        pair = [threads.submit(one.submit, *posts) for one in (desk, another)]
        answers = [[result.answer or b"" for result in each.result(timeout=60)] for each in pair]
    assert desk.types().count("client-contacted") == 20
    repeated = [sum(b'"repetition":true' in answer for answer in told) for told in answers]
    assert sorted(repeated) == [0, 20]


def test_what_waits_in_vain_for_what_another_instance_recorded_is_recorded_once(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other instance saw no wait to wake; the clock tries both again, and each goes on once."""
    desk.post(contact(SOCIAL, "TV-1"))
    with desk.with_the_same_keys(desk.dsn) as another:
        opens = registration(SOCIAL, {"agency_ref": "TV-1"})
        meanwhile(monkeypatch, desk, lambda: another.submit(opens))
        told = desk.post(screening(SOCIAL, "TV-1"), screening(SOCIAL, "TV-1"))
    assert verdicts(told) == ["accepted", "waiting", "waiting"]
    assert verdicts(desk.take([retry(desk)])) == ["accepted", "accepted"]
    assert desk.types().count("client-screened") == 2
    assert desk.count("waits") == 0


async def test_what_was_tried_in_vain_before_the_other_instance_was_done_is_tried_again_later(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clock comes between: after the wait is there, before that for which it waits is committed."""
    await desk.parts.reads.open()
    waits = NewWaits(settled=0.0)
    assert await waits.due(desk.parts) == []
    desk.post(contact(SOCIAL, "TV-1"))
    with desk.with_the_same_keys(desk.dsn) as another:

        def waits_and_is_tried() -> None:
            another.submit(screening(SOCIAL, "TV-1"))
            another.take([retry(desk)])

        meanwhile(monkeypatch, desk, waits_and_is_tried)
        desk.submit(registration(SOCIAL, {"agency_ref": "TV-1"}))
    tried = await waits.due(desk.parts)
    assert await waits.due(desk.parts) == tried, "the first time was in vain"
    assert verdicts(desk.take([desk.command(RETRY, key, "system:intake") for key in tried])) == ["accepted"]
    assert desk.count("waits") == 0
    assert await waits.due(desk.parts) == []
    await desk.parts.reads.close()


def test_what_an_earlier_item_of_the_batch_woke_is_not_tried_again(desk: Desk) -> None:
    desk.post(contact(SOCIAL, "TV-1"))
    desk.post(screening(SOCIAL, "TV-1"))
    opens = registration(SOCIAL, {"agency_ref": "TV-1"})
    desk.take([desk.command(SUBMIT, as_item(opens), SOCIAL), retry(desk)])
    assert desk.types().count("client-screened") == 1


def test_a_client_comes_back_to_one_new_case_whichever_instance_is_told(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.post(contact(SOCIAL, "TV-1"), closing(SOCIAL, "TV-1"))
    with desk.with_the_same_keys(desk.dsn) as another:
        again = contact(SOCIAL, "TV-1", at=NOW)
        meanwhile(monkeypatch, desk, lambda: another.submit(again))
        desk.submit(contact(SOCIAL, "TV-1", at=NOW))
    assert desk.types().count("case-opened") == 2
    assert desk.types().count("client-contacted") == 3


def meanwhile(monkeypatch: pytest.MonkeyPatch, desk: Desk, act: Callable[[], object]) -> None:
    """Let something happen once, after the desk has read and before it commits."""
    prepare, left = desk.decider.prepare, [act]

    def read_then_act(uow: UnitOfWork, items: Sequence[Item]) -> None:
        prepare(uow, items)
        if left:
            left.pop()()

    monkeypatch.setattr(desk.decider, "prepare", read_then_act)


def retry(desk: Desk) -> Command:
    """What the clock does with the key that something waits for."""
    ((key,),) = desk.rows("SELECT DISTINCT key FROM waits")
    return desk.command(RETRY, StringValue(value=key), "system:intake")


def turns() -> list[Post]:
    """Turns of counselling of one person."""
    return [counselling(SOCIAL, "TV-0") for _ in range(20)]


def run(desk: Desk, posts: list[Post]) -> None:
    for n in range(0, len(posts), 5):
        results = desk.submit(*posts[n : n + 5])
        assert all(result.answer is not None for result in results)
