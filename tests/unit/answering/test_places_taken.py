"""A referral of which something was voided or replaced: as if only what is right had ever been recorded."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from chassis.aggregate import fold, happen
from contracts.base import Payload
from contracts.envelope import Meta
from contracts.events import referral as events
from contracts.events.common import EventVoided
from contracts.vocabulary import HoldReason, Service, VoidReason
from hypothesis import given
from hypothesis import strategies as st
from referral.domain import Referral

STREAM = uuid5(UUID(int=7), "referral")
BEGUN = datetime(2019, 3, 2, tzinfo=UTC)
MOVES: list[tuple[type[Any], Payload]] = [
    (Referral.Received, events.ReferralReceived()),
    (Referral.Accepted, events.ReferralAccepted()),
    (Referral.Started, events.ServiceStarted()),
    (Referral.Held, events.ServiceHeld(reason=HoldReason.CLIENT_ILL)),
    (Referral.Resumed, events.ServiceResumed()),
]
REQUESTED = events.ReferralRequested(service=Service.LOAN, provider="bank", number="CG-AAAA-BBBB-C")


def meta(hour: int, cause: str) -> Meta:
    at = BEGUN + timedelta(hours=hour)
    return Meta(
        subject=UUID(int=1), occurred_at=at, received_at=at, actor="w", org="bank", policy_version="1",
        correlation_id="c", causation_id=cause,
    )  # fmt: skip


class Stream:
    """The events as they were recorded, and beside them those that count, each where it belongs."""

    def __init__(self) -> None:
        self.told: list[Any] = []
        self.right: list[tuple[type[Any], Payload, Meta]] = []
        self.places: list[int] = []

    def tell(self, kind: type[Any], data: Payload, said: Meta) -> int:
        version = len(self.told) + 1
        self.told.append(happen(kind, STREAM, version, data=data, meta=said, **_topic(version)))
        return version

    def counts(self, kind: type[Any], data: Payload, said: Meta) -> None:
        self.places.append(self.tell(kind, data, said))
        self.right.append((kind, data, said))


def _topic(version: int) -> dict[str, str]:
    return {"originator_topic": "referral.domain.referral:Referral"} if version == 1 else {}


@st.composite
def streams(draw: st.DrawFn) -> Stream:
    stream = Stream()
    stream.counts(Referral.Created, REQUESTED, meta(0, "request"))
    for step in range(1, draw(st.integers(1, 12))):
        if len(stream.right) > 1 and draw(st.booleans()):
            _correct(draw, stream, step)
        else:
            kind, data = draw(st.sampled_from(MOVES))
            stream.counts(kind, data, meta(draw(st.integers(1, 9)), f"move {step}"))
    return stream


def _correct(draw: st.DrawFn, stream: Stream, step: int) -> None:
    place = draw(st.integers(1, len(stream.right) - 1))
    kind, data, _ = stream.right[place]
    replaced = draw(st.booleans())
    wrong = f"{STREAM}:{stream.places[place]}"
    void = EventVoided(event_id=wrong, type=data.TYPE, reason=VoidReason.OTHER, replaced=replaced)
    stream.tell(Referral.Voided, void, meta(20, f"correction {step}"))
    if replaced:
        said = meta(draw(st.integers(1, 9)), f"correction {step}")
        stream.places[place] = stream.tell(kind, data, said)
        stream.right[place] = (kind, data, said)
    else:
        del stream.right[place], stream.places[place]


@given(streams())
def test_a_stream_with_voids_folds_to_what_it_is_without_what_was_wrong(stream: Stream) -> None:
    found = fold(stream.told)
    model = fold(
        happen(kind, STREAM, version, data=data, meta=said, **_topic(version))
        for version, (kind, data, said) in enumerate(stream.right, start=1)
    )
    assert (found.state, found.entered_at, found.kept) == (model.state, model.entered_at, model.kept)
    assert found.version == len(stream.told)
    assert len(found.log) == len(stream.told)
    assert not found.stale
