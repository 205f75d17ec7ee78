"""The same event again, in the other CloudEvents mode or with its JSON laid out otherwise: a repetition."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta, timezone
from itertools import product
from typing import Any

import pytest
from chassis.items import Record

from tests.integration.intake.desk import SOCIAL, Desk
from tests.integration.intake.posts import Headers, Post, registration

Deliver = Callable[[Desk, Post], Record]
HA_NOI = timezone(timedelta(hours=7))
TOPIC = f"agency.{SOCIAL}.events.v1"


def binary(**layout: Any) -> Deliver:
    def deliver(desk: Desk, post: Post) -> Record:
        return desk.record(TOPIC, post.headers(), json.dumps(json.loads(post.value()), **layout).encode())

    return deliver


def structured(**layout: Any) -> Deliver:
    def deliver(desk: Desk, post: Post) -> Record:
        attributes = {"specversion": "1.0", "id": post.id, "source": f"/agencies/{post.agency}"}
        when = post.at.astimezone(HA_NOI).isoformat()
        whole = {**attributes, "type": post.type, "time": when, "data": json.loads(post.value())}
        headers: Headers = {"content-type": b"application/cloudevents+json"}
        return desk.record(TOPIC, headers, json.dumps(whole, **layout).encode())

    return deliver


COMPACT: dict[str, Any] = {"separators": (",", ":")}
UTF8 = {"ensure_ascii": False}
DELIVERIES: dict[str, Deliver] = {
    "binary": binary(),
    "binary, compact": binary(**COMPACT, **UTF8),
    "binary, compact, escaped": binary(**COMPACT),
    "binary, utf-8": binary(**UTF8),
    "binary, sorted": binary(sort_keys=True),
    "structured": structured(),
    "structured, indented": structured(indent=2, **UTF8),
}
AS_BUILT = [name for name in DELIVERIES if "sorted" not in name]
"""With their keys in the order in which the client built them; of a sorted one that is no longer known."""


@pytest.mark.parametrize(("first", "again"), [*product(DELIVERIES, AS_BUILT), ("binary, sorted",) * 2])
def test_it_gets_the_same_verdict_again(desk: Desk, first: str, again: str) -> None:
    post = registration(SOCIAL, {"agency_ref": "TV-1"}, name="Nguyễn Thử")
    (accepted,) = desk.take([DELIVERIES[first](desk, post)])
    (told,) = desk.take([DELIVERIES[again](desk, post)])
    assert (accepted["verdict"], accepted["repetition"]) == ("accepted", False)
    assert (told["verdict"], told["repetition"]) == ("accepted", True)
    assert desk.count("other_contents") == 0


@pytest.mark.parametrize("again", DELIVERIES)
def test_other_content_under_the_id_is_still_told_from_it(desk: Desk, again: str) -> None:
    post = registration(SOCIAL, {"agency_ref": "TV-1"})
    other = registration(SOCIAL, {"agency_ref": "TV-1"}, name="Nguyễn Văn Khác", id=post.id)
    desk.take([DELIVERIES["binary"](desk, post)])
    (told,) = desk.take([DELIVERIES[again](desk, other)])
    assert (told["verdict"], told["code"]) == ("rejected", "id_reused")
    assert desk.count("other_contents") == 1
