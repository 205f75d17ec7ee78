"""Recorded bytes: what is written is read again, and old versions are read as the newest."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import ClassVar
from uuid import UUID

import pytest
from contracts.base import Payload, Title
from contracts.envelope import Meta, NotRecorded, Reader, Recorded, UnknownType, encode
from contracts.events.referral import ReferralReceived
from contracts.upcast import Step
from hypothesis import given
from hypothesis import strategies as st

META = Meta(
    subject=UUID("0b6f3c1e-5f0a-8c7e-9b1d-3a4e5f60718a"),
    occurred_at=datetime(2019, 3, 5, 2, 15, tzinfo=UTC),
    received_at=datetime(2019, 3, 5, 2, 15, 2, 120443, tzinfo=UTC),
    actor="nv-12",
    org="methadone-long-bien",
    policy_version="pilot-2018.1",
    correlation_id="01J9",
)


class Shelved(Payload):
    """A book put on a shelf, in its third version."""

    TYPE: ClassVar[str] = "org.reftrack.shelved.v3"
    TITLE: ClassVar[Title] = Title("Xếp lên giá", "Shelved")

    shelf: int
    row: int


STEPS = {
    "org.reftrack.shelved.v1": Step("org.reftrack.shelved.v2", lambda data: {"shelf": int(data["place"])}),
    "org.reftrack.shelved.v2": Step("org.reftrack.shelved.v3", lambda data: {**data, "row": 0}),
}
READER = Reader({Shelved.TYPE: Shelved}, STEPS)


def old(version: int, data: bytes) -> bytes:
    head = f'{{"id":"x:1","type":"org.reftrack.shelved.v{version}","source":"/services/library","meta":'
    return b"".join((head.encode(), META.model_dump_json().encode(), b',"data":', data, b"}"))


@given(st.text(max_size=2000).filter(lambda text: text.isprintable() and text != ""))
def test_what_is_written_is_read_again_byte_for_byte(note: str) -> None:
    data = ReferralReceived(note=note)
    value = encode("7c1d:2", data.TYPE, "/services/referral", META, data)
    recorded = Recorded.parse(value)
    assert (recorded.id, recorded.type, recorded.source) == ("7c1d:2", data.TYPE, "/services/referral")
    assert (recorded.meta, recorded.data) == (META, data)
    assert recorded.to_bytes() == value


TEXTS = st.one_of(
    st.text(min_size=1, max_size=50), st.sampled_from(['x,"data":{}', '","data":{"shelf":9,"row":9}}', "\\"])
)


@given(st.integers(), st.integers(), TEXTS, TEXTS)
def test_the_data_alone_is_that_of_the_whole(shelf: int, row: int, correlation: str, cause: str) -> None:
    meta = META.model_copy(update={"correlation_id": correlation, "causation_id": cause})
    value = encode("7c1d:2", Shelved.TYPE, "/services/library", meta, Shelved(shelf=shelf, row=row))
    assert READER.payload(value) == READER.parse(value).data == Shelved(shelf=shelf, row=row)


@pytest.mark.parametrize(
    "value", [b'{"shelf":4}', b'{"shelf":4,"row":"x"}', b"7", b"", b'{"shelf":4,"row":1}}']
)
def test_data_that_are_wrong_are_refused_alone_as_in_the_whole(value: bytes) -> None:
    with pytest.raises(NotRecorded) as whole:
        READER.parse(old(3, value))
    with pytest.raises(NotRecorded) as alone:
        READER.payload(old(3, value))
    assert str(alone.value) == str(whole.value)


def test_the_order_of_keys_does_not_matter_on_reading() -> None:
    value = old(3, b'{"shelf":4,"row":1}')
    turned = b'{"data":{"row":1,"shelf":4},' + value[1:].replace(b',"data":{"shelf":4,"row":1}', b"")
    assert READER.parse(turned) == READER.parse(value)
    assert READER.payload(turned) == READER.payload(value) == Shelved(shelf=4, row=1)


def test_an_old_version_is_read_as_the_newest() -> None:
    assert READER.parse(old(1, b'{"place":"4"}')).data == Shelved(shelf=4, row=0)
    assert READER.parse(old(2, b'{"shelf":4}')).data == Shelved(shelf=4, row=0)
    assert READER.parse(old(1, b'{"place":"4"}')).type == Shelved.TYPE
    assert READER.payload(old(1, b'{"place":"4"}')) == Shelved(shelf=4, row=0)


def test_a_type_nobody_knows_says_what_to_do() -> None:
    with pytest.raises(UnknownType, match="update this service"):
        READER.parse(old(4, b"{}"))
    with pytest.raises(UnknownType, match="update this service"):
        READER.payload(old(4, b"{}"))


@pytest.mark.parametrize("value", [b"", b"[]", b"{}", b"\xff", b'{"type":7}', b"[" * 10_000])
def test_bytes_that_are_no_event_are_refused_as_such(value: bytes) -> None:
    with pytest.raises(NotRecorded):
        READER.parse(value)


def test_a_wrong_field_is_named_and_its_value_is_not() -> None:
    with pytest.raises(NotRecorded, match="/data/shelf: int_type") as refused:
        READER.parse(old(3, b'{"shelf":"Nguyen Van Thu","row":1}'))
    assert "Nguyen" not in str(refused.value)


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused_and_nothing_else(value: bytes) -> None:
    with pytest.raises((NotRecorded, UnknownType)):
        READER.parse(value)


def test_a_naive_time_is_no_time() -> None:
    with pytest.raises(ValueError, match="timezone"):
        Meta.model_validate({**META.model_dump(), "occurred_at": datetime(2019, 3, 5)})  # noqa: DTZ001
