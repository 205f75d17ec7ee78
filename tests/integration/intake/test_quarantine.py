"""What cannot be read is kept, sealed, until a person decides."""

from __future__ import annotations

import json

import pytest
from chassis.items import Command
from chassis.refusal import Refusal
from contracts.cloudevents import CloudEvent, read_cloudevent
from intake.application import reading
from intake.application.decider import DISCARD, RELEASE
from intake.application.kept import REASON
from reftrack.intake.v1.intake_pb2 import DiscardQuarantinedRequest, ReleaseQuarantinedRequest

from tests.integration.intake.desk import SOCIAL, Desk, park
from tests.integration.intake.posts import Headers, Post, contact, counselling

TOPIC = f"agency.{SOCIAL}.events.v1"


def test_bytes_without_an_id_are_known_again_by_their_content(desk: Desk) -> None:
    told = desk.take([desk.record(TOPIC, {}, b"\xff\xfe") for _ in range(2)])
    assert [(one["verdict"], one["repetition"], one["id"]) for one in told] == [
        ("quarantined", False, None),
        ("quarantined", True, None),
    ]
    assert desk.count("kept_deliveries") == 1


def test_every_field_that_is_wrong_is_named(desk: Desk) -> None:
    post = Post(SOCIAL, "counselling-provided", {"agency_ref": "TV-1"}, {"topic": "weather", "minutes": 0})
    (told,) = desk.post(post)
    assert {(one["code"], one["field"]) for one in told["problems"]} == {
        ("not_in_list", "/data/topic"),
        ("field_missing", "/data/mode"),
        ("too_small", "/data/minutes"),
    }
    assert all(one["remedy"]["vi"] and one["remedy"]["en"] for one in told["problems"])


def test_what_can_be_read_by_now_is_released_through_the_same_door(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    unknown = Post(SOCIAL, "client-sung-to", {"agency_ref": "TV-1"}, {"mode": "office", "topic": "job"})
    desk.post(contact(SOCIAL, "TV-1"), unknown)
    an_update_teaches("org.reftrack.client-sung-to.v1", "org.reftrack.counselling-provided.v1", monkeypatch)
    (told,) = desk.take([release(desk)])
    assert (told["id"], told["verdict"], told["repetition"]) == (unknown.id, "accepted", False)
    assert desk.types()[-1] == "counselling-provided"
    assert desk.count("kept_deliveries") == 0
    ((act, by, sealed, number),) = desk.rows(
        "SELECT act, by, sealed_reason, quarantine_id FROM quarantine_acts"
    )
    assert (act, by) == ("released", "sup/s-1")
    assert desk.unsealed(sealed, REASON, act, str(number)) == b"mended"


def test_what_is_released_does_not_overtake_what_is_parked_of_its_case(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    unknown = Post(SOCIAL, "client-sung-to", {"agency_ref": "TV-1"}, {"mode": "office", "topic": "job"})
    desk.post(contact(SOCIAL, "TV-1"), unknown)
    with monkeypatch.context() as broken:
        park(desk, broken, counselling(SOCIAL, "TV-1"))
    an_update_teaches("org.reftrack.client-sung-to.v1", "org.reftrack.counselling-provided.v1", monkeypatch)
    asked = release(desk)
    (refused,) = desk.writer.run([asked])
    assert isinstance(refused.refusal, Refusal)
    assert refused.refusal.code == "case_parked"
    assert desk.count("kept_deliveries") == 1
    case_id = desk.events()[0]["meta"]["subject"]
    assert desk.parking().retry(case_id, by="operator").done == 1
    (told,) = desk.take([asked])
    assert (told["id"], told["verdict"]) == (unknown.id, "accepted")


def test_what_still_cannot_be_read_stays_and_the_caller_learns_why(desk: Desk) -> None:
    desk.post(Post(SOCIAL, "client-sung-to", {"agency_ref": "TV-1"}, {}))
    (result,) = desk.writer.run([release(desk)])
    assert isinstance(result.refusal, Refusal)
    assert (result.refusal.code, result.refusal.state) == ("type_unknown", "quarantined")
    assert desk.rows("SELECT verdict FROM kept_deliveries") == [("quarantined",)]


def test_what_is_given_up_is_discarded_once(desk: Desk) -> None:
    desk.post(Post(SOCIAL, "client-sung-to", {"agency_ref": "TV-1"}, {}))
    (told,) = desk.take([discard(desk, "sent by a test system")])
    assert (told["verdict"], told["code"]) == ("discarded", "discarded_by_person")
    (again,) = desk.writer.run([discard(desk, "twice")])
    assert again.refusal is not None
    assert desk.rows("SELECT verdict FROM kept_deliveries") == [("discarded",)]


def test_the_name_in_a_reason_is_in_no_receipt_and_in_clear_in_no_table(desk: Desk) -> None:
    desk.post(Post(SOCIAL, "client-sung-to", {"agency_ref": "TV-1"}, {}))
    (told,) = desk.take([discard(desk, "anh Trần Văn Canary gọi điện")])
    assert "Canary" not in json.dumps(told, ensure_ascii=False)
    for table in ("inbox", "receipts", "quarantine_acts", "kept_deliveries", "outcomes"):
        for row in desk.rows(f"SELECT * FROM {table}"):
            assert b"Canary" not in b" ".join(v if isinstance(v, bytes) else str(v).encode() for v in row)


@pytest.mark.parametrize(
    ("claimed", "kept"),
    [("Trần Văn Canary", None), ("tran.van.canary", None), ("org.reftrack.sung-to.v1",) * 2],
)
def test_a_type_is_repeated_only_where_it_has_the_form_of_one_as_it_may_be_a_name(
    desk: Desk, claimed: str, kept: str | None
) -> None:
    post = contact(SOCIAL, "TV-1")
    headers = post.headers(ce_type=claimed.encode())
    (told,) = desk.take([desk.record(f"agency.{SOCIAL}.events.v1", headers, post.value())])
    assert (told["verdict"], told["code"]) == ("quarantined", "type_unknown")
    assert desk.rows("SELECT type FROM kept_deliveries") == [(kept,)]
    assert "anary" not in repr([desk.rows(f"SELECT * FROM {table}") for table in ("inbox", "receipts")])


def test_what_is_rejected_is_kept_too_sealed(desk: Desk) -> None:
    post = contact("methadone-long-bien", "X-1")
    desk.post(post)
    ((verdict, sealed),) = desk.rows("SELECT verdict, sealed FROM kept_deliveries")
    assert verdict == "rejected"
    assert post.value() not in sealed


def test_what_is_quarantined_stops_nothing_behind_it(desk: Desk) -> None:
    opens, bad, good = contact(SOCIAL, "TV-1"), b"{", counselling(SOCIAL, "TV-1")
    told = desk.take(
        [
            desk.record(TOPIC, opens.headers(), opens.value()),
            desk.record(TOPIC, opens.headers(ce_id=b"bad"), bad),
            desk.record(TOPIC, good.headers(), good.value()),
        ]
    )
    assert [one["verdict"] for one in told] == ["accepted", "quarantined", "accepted"]
    assert desk.rows("SELECT next_offset FROM positions") == [(3,)]


def release(desk: Desk) -> Command:
    request = ReleaseQuarantinedRequest(quarantine_id=quarantined(desk), reason="mended")
    return desk.command(RELEASE, request, "sup", "s-1")


def discard(desk: Desk, reason: str) -> Command:
    request = DiscardQuarantinedRequest(quarantine_id=quarantined(desk), reason=reason)
    return desk.command(DISCARD, request, "sup", "s-1")


def quarantined(desk: Desk) -> int:
    return int(desk.rows("SELECT quarantine_id FROM kept_deliveries")[0][0])


def an_update_teaches(new: str, like: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on events of the `new` type are read as those of the one that it is `like`."""

    def updated(headers: Headers, value: bytes | None) -> CloudEvent:
        event = read_cloudevent(headers, value)
        return event._replace(type=like) if event.type == new else event

    monkeypatch.setattr(reading, "read_cloudevent", updated)
