"""Everything that an agency can get wrong, as the list of issue 3, section 6."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from tests.integration.intake.posts import NOW, Headers, Post, contact, counselling, referral, registration


@dataclass(frozen=True)
class Bad:
    """A record that goes wrong, and the receipt that answers it."""

    name: str
    headers: Headers
    value: bytes | None
    verdict: str
    code: str
    field: str | None


def bad_records(tag: str, social: str = "", police: str = "") -> list[Bad]:
    """Each kind once, on the topic of `social` (or `<tag>-social`), whose person TV-1 is registered."""
    social, police = social or f"{tag}-social", police or f"{tag}-police"
    base = counselling(social, "TV-1", id=f"{tag}-base")
    return [*_unreadable(base), *_attributes(base), *_not_allowed(social, police, tag), *_early(social, tag)]


def _unreadable(base: Post) -> list[Bad]:
    wrong = json.dumps({"about": {}, "by": "nv-07", "data": {"topic": "x"}}).encode()
    nested = b'{"about":' + b"[" * 10_000 + b"]" * 10_000 + b"}"
    long = replace(base, data={**base.data, "note": "a" * 1_000_000}).value()
    return [
        _bad("not JSON", base, b"{not json", "not_json", None),
        _bad("not UTF-8", base, b'{"by": "\xff"}', "not_utf8", None),
        _bad("wrong shape", base, wrong, "about_nobody", "/about"),
        _bad("tombstone", base, None, "no_value", None),
        _bad("a megabyte of text", base, long, "field_unknown", "/data/note"),
        _bad("nested arrays", base, nested, "nested_too_deep", None),
    ]


def _attributes(base: Post) -> list[Bad]:
    value = base.value()

    def with_header(name: str, code: str, field: str, **changed: bytes | None) -> Bad:
        return Bad(name, _named(base, name, **changed), value, "quarantined", code, field)

    nothing = Bad("no headers", {}, value, "quarantined", "header_missing", "ce_specversion")
    return [
        nothing,
        with_header("unknown type", "type_unknown", "ce_type", ce_type=b"org.reftrack.sung-to.v1"),
        with_header(
            "unknown version", "version_unknown", "ce_type", ce_type=b"org.reftrack.counselling-provided.v9"
        ),
        with_header("null header", "header_null", "ce_time", ce_time=None),
        with_header("naive time", "time_without_zone", "ce_time", ce_time=b"2019-03-02T09:15:00"),
    ]


def _not_allowed(social: str, police: str, tag: str) -> list[Bad]:
    ahead = counselling(social, "TV-1", at=NOW + timedelta(hours=1), id=f"{tag}-ahead")
    nobody = referral(social, "TV-1", "no-such-place", id=f"{tag}-nobody")
    twice = registration(social, {"agency_ref": "TV-1"}, id=f"{tag}-twice")
    used = replace(
        contact(social, "TV-1", id=f"{tag}-opens"), data={**contact(social, "").data, "channel": "zalo"}
    )
    borrowed = counselling(social, "TV-1", id=f"{tag}-borrowed")
    source = borrowed.headers(ce_source=f"/agencies/{police}".encode())
    wrong = {"referral": "CG-1A73-4KGW-YMQD-5"}
    mistyped = Post(social, "loop-closed", wrong, {}, id=f"{tag}-mistyped")
    return [
        Bad("borrowed source", source, borrowed.value(), "rejected", "source_not_yours", "ce_source"),
        _post("future", ahead, "rejected", "time_in_future", "ce_time"),
        _post("no such provider", nobody, "rejected", "provider_unknown", "/data/provider"),
        _post("same id, other content", used, "rejected", "id_reused", "ce_id"),
        _post("mistyped number", mistyped, "rejected", "number_check", "/about/referral"),
        _post("a move that is never allowed", twice, "rejected", "already_recorded", None),
    ]


def _early(social: str, tag: str) -> list[Bad]:
    about: dict[str, Any] = {"referral": "CG-1A73-4KGW-YMQD-4"}
    stranger = counselling(social, "TV-404", id=f"{tag}-ref")
    number = Post(social, "loop-closed", about, {}, id=f"{tag}-number")
    return [
        _post("unknown reference", stranger, "waiting", "agency_ref_unknown", "/about/agency_ref"),
        _post("unknown number", number, "waiting", "number_unknown", "/about/referral"),
        _post("too early", _intervention(social, tag), "waiting", "too_early", None),
    ]


def _intervention(social: str, tag: str) -> Post:
    about = {"agency_ref": "TV-1"}
    return Post(social, "brief-intervention-given", about, {"minutes": 15}, id=f"{tag}-early")


def _bad(name: str, base: Post, value: bytes | None, code: str, field: str | None) -> Bad:
    return Bad(name, _named(base, name), value, "quarantined", code, field)


def _post(name: str, post: Post, verdict: str, code: str, field: str | None) -> Bad:
    return Bad(name, post.headers(), post.value(), verdict, code, field)


def _named(base: Post, name: str, **changed: bytes | None) -> Headers:
    return base.headers(**{"ce_id": f"{base.id}-{name}".encode(), **changed})
