"""`reftrack events post FILE`: events of an office without a Kafka client, through the same front door."""

from __future__ import annotations

from codecs import BOM_UTF8
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from reftrack.intake.v1 import intake_pb2, intake_pb2_grpc

from reftrack_cli import session
from reftrack_cli.operators.receipts import tell, verdict_name
from reftrack_cli.session import As, Json, Language, State, err, word

app = typer.Typer(no_args_is_help=True, help="Post events.")
BATCH = 200
MOST_BYTES = 3_000_000
_GOES_WELL = frozenset({"accepted", "routed"})


@app.command()
def post(
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="JSON Lines: a structured CloudEvent a line.")
    ],
    org: Annotated[str, typer.Option(help="The agency that posts, e.g. cap-bo-de.")],
    state: State = None,
    as_: As = None,
    json: Json = False,
    lang: Language = None,
) -> None:
    """Post a file of events and print the verdict of each. Sending the same file again is safe.

    Ends with status 1 if any event was rejected, could not be read or was not taken; the last means that
    nothing is known of it: post the file again.
    """
    language, counted = session.language(lang), Counter[str]()
    who = session.speaker(as_, role="agency", org=org)
    with session.calling("intake", who, state, lang=lang, json=json) as channel:
        for answer in intake_pb2_grpc.IntakeServiceStub(channel).SubmitEvents(_requests(file)):
            for status in answer.statuses:
                counted[status.receipt.verdict or "not_taken"] += 1
                if json:
                    session.as_json(status)
                elif status.receipt.verdict not in _GOES_WELL:
                    tell(status.receipt, str(status.index), language, json=False)
    if not json:
        told = [f"{count} {verdict_name(code, language)}" for code, count in sorted(counted.items())]
        err.print(", ".join(told) or word("empty_file", language), markup=False)
    if any(counted[bad] for bad in ("rejected", "quarantined", "not_taken")):
        raise typer.Exit(1)


def _requests(file: Path) -> Iterator[intake_pb2.SubmitEventsRequest]:
    """The file's lines in messages of a bounded size; empty lines are skipped, lines are numbered from 1.

    The mark with which Windows begins a UTF-8 file is no part of the first line.
    """
    events: list[intake_pb2.SubmittedEvent] = []
    size = 0
    with file.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            if number == 1:
                line = line.removeprefix(BOM_UTF8)
            if not line.strip():
                continue
            if events and (len(events) == BATCH or size + len(line) > MOST_BYTES):
                yield intake_pb2.SubmitEventsRequest(events=events)
                events, size = [], 0
            events.append(intake_pb2.SubmittedEvent(index=number, structured=line.rstrip(b"\r\n")))
            size += len(line)
    if events:
        yield intake_pb2.SubmitEventsRequest(events=events)
