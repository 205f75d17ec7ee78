"""Two instances of intake on one database: whoever is too late looks again."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from tests.integration.intake.desk import SOCIAL, Desk
from tests.integration.intake.posts import Post, contact, counselling, registration


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


def turns() -> list[Post]:
    """Turns of counselling of one person."""
    return [counselling(SOCIAL, "TV-0") for _ in range(20)]


def run(desk: Desk, posts: list[Post]) -> None:
    for n in range(0, len(posts), 5):
        results = desk.submit(*posts[n : n + 5])
        assert all(result.answer is not None for result in results)
