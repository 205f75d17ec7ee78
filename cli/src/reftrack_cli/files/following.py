"""Verdicts that follow: what another service decides, and what waited, is asked for by the event's id."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

from reftrack.intake.v1 import intake_pb2, intake_pb2_grpc

from reftrack_cli.files.journal import Journal, Outcome
from reftrack_cli.files.sending import problems

AT_ONCE = 50
EVERY = 1.0


def follow(intake: intake_pb2_grpc.IntakeServiceStub, journal: Journal, seconds: float) -> None:
    """Ask for the verdicts of rows that have none yet, until those that were passed on all have one or the
    time is over. What waits for something else is asked for once."""
    until = time.monotonic() + seconds
    left = journal.unsettled()
    while left:
        journal.keep(list(_changed(intake, left)))
        left = [each for each in journal.unsettled() if each.verdict == "routed"]
        if time.monotonic() >= until:
            return
        if left:
            time.sleep(EVERY)


def _changed(intake: intake_pb2_grpc.IntakeServiceStub, left: list[Outcome]) -> Iterator[Outcome]:
    asked = iter(left)
    while some := list(islice(asked, AT_ONCE)):
        answers = [
            intake.ListReceipts.future(intake_pb2.ListReceiptsRequest(id=each.id, page_size=1000))
            for each in some
        ]
        for each, answer in zip(some, answers, strict=True):
            new = _newest(each, answer.result().receipts)
            if new is not None and new.verdict != each.verdict:
                yield new


def _newest(known: Outcome, receipts: object) -> Outcome | None:
    """What the last receipt of the event says; a repetition tells the verdict of the first."""
    found: list[intake_pb2.Receipt] = list(receipts)  # type: ignore[call-overload]
    if not found:
        return None
    last = found[-1]
    return replace(
        known,
        verdict=last.verdict,
        numbers=dict(last.numbers),
        problems=problems(last),
        waiting_for=last.waiting_for,
    )
