"""Reading CloudEvents attributes: both modes, every way to get them wrong, any bytes."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime

import pytest
from contracts import catalogue
from contracts.cloudevents import STRUCTURED, CloudEvent, Headers, read_cloudevent
from contracts.problems import Problem, Unreadable
from hypothesis import given
from hypothesis import strategies as st

HEADERS: dict[str, bytes | None] = {
    "ce_specversion": b"1.0",
    "ce_id": b"01J9ZK3V5Q",
    "ce_source": b"/agencies/cap-bo-de",
    "ce_type": b"org.reftrack.client-contacted.v1",
    "ce_time": b"2019-03-02T09:15:00+07:00",
}
STRUCTURED_HEADERS: Headers = [("content-type", b"application/cloudevents+json; charset=utf-8")]


def read(value: bytes | None = b"{}", **changed: bytes | None) -> CloudEvent:
    return read_cloudevent(list((HEADERS | changed).items()), value)


def structured(**changed: object) -> bytes:
    attributes = {name.removeprefix("ce_"): (text or b"").decode() for name, text in HEADERS.items()}
    event = {**attributes, "data": {"a": 1}, **changed}
    return json.dumps({name: value for name, value in event.items() if value is not None}).encode()


def problems(headers: Headers, value: bytes | None) -> dict[str | None, str]:
    with pytest.raises(Unreadable) as refused:
        read_cloudevent(headers, value)
    return {problem.field: problem.code for problem in refused.value.problems}


def problems_of(**changed: bytes | None) -> dict[str | None, str]:
    return problems(list((HEADERS | changed).items()), b"{}")


def test_attributes_are_read_from_headers_and_the_time_is_given_in_utc() -> None:
    event = read(b'{"a":1}', ce_subject=b"x")
    assert (event.id, event.source, event.mode) == ("01J9ZK3V5Q", "/agencies/cap-bo-de", "binary")
    assert event.time == datetime(2019, 3, 2, 2, 15, tzinfo=UTC)
    assert event.time.tzinfo is UTC
    assert (event.data, event.subject) == (b'{"a":1}', "x")


def test_both_modes_of_the_same_event_give_the_same_attributes() -> None:
    binary, whole = read(b'{"a":1}'), read_cloudevent(STRUCTURED_HEADERS, structured())
    assert whole.mode == "structured"
    for name in ("id", "source", "type", "time", "data"):
        assert getattr(whole, name) == getattr(binary, name)


def test_structured_data_may_be_base64() -> None:
    value = structured(data=None, data_base64=base64.b64encode(b'{"a":1}').decode())
    assert read_cloudevent(STRUCTURED_HEADERS, value).data == b'{"a":1}'


def test_every_missing_attribute_is_named() -> None:
    assert problems([], b"{}") == {
        f"ce_{name}": "header_missing" for name in ("specversion", "id", "source", "type", "time")
    }
    assert problems(STRUCTURED_HEADERS, b'{"data":{}}') == problems([], b"{}")


def test_a_null_header_is_told_apart_from_a_missing_one() -> None:
    assert problems_of(ce_id=None, ce_subject=None) == {"ce_id": "header_null", "ce_subject": "header_null"}


def test_a_tombstone_has_no_value() -> None:
    assert problems(list(HEADERS.items()), None) == {None: "no_value"}


@pytest.mark.parametrize(
    ("header", "value", "code"),
    [
        ("ce_specversion", b"0.3", "not_in_list"),
        ("ce_id", b"", "too_short"),
        ("ce_id", b"x" * 201, "too_long"),
        ("ce_id", b"a\x00b", "not_of_form"),
        ("ce_id", b"\xff\xfe", "not_utf8"),
        ("ce_time", b"2019-03-02T09:15:00", "time_without_zone"),
        ("ce_time", b"2019-03-02", "time_wrong_form"),
        ("ce_time", b"2019-02-30T09:15:00Z", "time_wrong_form"),
        ("ce_time", b"2019-03-02T09:15:60Z", "time_wrong_form"),
        ("ce_time", b"0001-01-01T00:00:00+07:00", "time_wrong_form"),
        ("ce_time", b"1899-12-31T23:59:59Z", "time_too_early"),
        ("ce_time", "２０１９-03-02T09:15:00Z".encode(), "time_wrong_form"),
    ],
)
def test_an_attribute_that_is_wrong_is_named_with_its_code(header: str, value: bytes, code: str) -> None:
    assert problems_of(**{header: value}) == {header: code}


@pytest.mark.parametrize("text", [b"2019-03-02T02:15:00Z", b"2019-03-02t02:15:00.123456789z"])
def test_every_spelling_of_rfc_3339_is_read(text: bytes) -> None:
    assert read(ce_time=text).time.replace(microsecond=0) == datetime(2019, 3, 2, 2, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (b"\xff\xfe{}", "not_utf8"),
        (b"{", "not_json"),
        (b"NaN", "not_json"),
        (b'"\\ud800"', "not_json"),
        (b"[" * 10_000 + b"]" * 10_000, "nested_too_deep"),
        (b"[]", "wrong_type"),
    ],
)
def test_a_structured_body_that_is_no_object_says_why(value: bytes, code: str) -> None:
    assert list(problems(STRUCTURED_HEADERS, value).values()) == [code]


def test_structured_attributes_of_another_kind_and_missing_data_are_named() -> None:
    assert problems(STRUCTURED_HEADERS, structured(id=7, data=None)) == {
        "ce_id": "wrong_type",
        "/data": "field_missing",
    }
    assert problems(STRUCTURED_HEADERS, structured(data=None, data_base64="%")) == {
        "/data_base64": "not_of_form"
    }


def test_a_traceparent_is_kept_only_in_its_proper_form() -> None:
    trace = b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    assert read(traceparent=trace).traceparent == trace.decode()
    assert read(traceparent=b"not one").traceparent is None


def test_the_digest_tells_other_content_from_a_repetition() -> None:
    assert read(b"{}").digest() == read(b"{}", ce_time=b"2019-03-02T02:15:00Z").digest()
    changed = [read(b"[]"), read(ce_time=b"2019-03-02T09:15:01+07:00"), read(ce_type=b"org.other.v1")]
    assert read(b"{}").digest() not in {event.digest() for event in changed}


def test_the_same_content_in_another_layout_is_found_among_the_other_digests() -> None:
    compact, spaced = read(b'{"b":"\xc4\x91","a":1}'), read(b'{"b": "\\u0111", "a": 1}')
    assert compact.digest() in set(spaced.other_digests())
    assert spaced.digest() in set(compact.other_digests())
    assert read(b'{"a": 1, "b": "\\u0111"}').digest() in set(compact.other_digests())
    assert read(b'{"b":"\xc4\x91","a":2}').digest() not in set(compact.other_digests())
    assert list(read(b"\xff no json").other_digests()) == []


def test_what_was_sent_never_stands_in_the_error() -> None:
    with pytest.raises(Unreadable) as refused:
        read(ce_time=b"Nguyen Van Thu", ce_id=b"Nguyen\x00Van Thu")
    assert "Nguyen" not in str(refused.value) + repr(refused.value.problems)


headers = st.lists(
    st.tuples(
        st.sampled_from([*HEADERS, "ce_subject", "content-type", "traceparent"]) | st.text(max_size=20),
        st.none() | st.binary(max_size=300) | st.sampled_from([STRUCTURED.encode(), *HEADERS.values()]),
    ),
    max_size=12,
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=20,
)


@given(headers, st.none() | st.binary(max_size=500))
def test_any_bytes_are_read_or_unreadable_and_nothing_else(found: Headers, value: bytes | None) -> None:
    read_or_refuse(found, value)


@given(st.dictionaries(st.sampled_from(["id", "source", "time", "data", "data_base64"]), json_values))
def test_any_structured_json_is_read_or_unreadable(changed: dict[str, object]) -> None:
    read_or_refuse(STRUCTURED_HEADERS, structured(**changed))


def read_or_refuse(found: Headers, value: bytes | None) -> None:
    problems: tuple[Problem, ...] = ()
    try:
        read_cloudevent(found, value)
    except Unreadable as refused:
        problems = refused.problems
    assert {problem.code for problem in problems} <= catalogue.reasons().keys()
