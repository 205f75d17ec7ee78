"""`reftrack events post FILE`: events of an office without a Kafka client, through the same front door."""

from __future__ import annotations

import json as jsonlib
from base64 import b64decode
from codecs import BOM_UTF8
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from contracts.sealing import SealingKey, seal_event
from reftrack.intake.v1 import intake_pb2, intake_pb2_grpc

from reftrack_cli import session
from reftrack_cli.operators.keys import first_key
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
    in_clear: Annotated[
        bool, typer.Option("--in-clear", help="Do not seal identities to intake's key.")
    ] = False,
    state: State = None,
    as_: As = None,
    json: Json = False,
    lang: Language = None,
) -> None:
    """Post a file of events and print the verdict of each. Sending the same file again is safe.

    What tells who somebody is leaves this machine sealed to intake's public key (`reftrack keys list`).
    Ends with status 1 if any event was rejected, could not be read or was not taken; the last means that
    nothing is known of it: post the file again.
    """
    language, counted = session.language(lang), Counter[str]()
    who = session.speaker(as_, role="agency", org=org)
    with session.calling("intake", who, state, lang=lang, json=json) as channel:
        key = None if in_clear else first_key(channel)
        for answer in intake_pb2_grpc.IntakeServiceStub(channel).SubmitEvents(_requests(file, key)):
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


def _requests(file: Path, key: SealingKey | None) -> Iterator[intake_pb2.SubmitEventsRequest]:
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
            line = sealed_line(line.rstrip(b"\r\n"), key) if key else line.rstrip(b"\r\n")
            if events and (len(events) == BATCH or size + len(line) > MOST_BYTES):
                yield intake_pb2.SubmitEventsRequest(events=events)
                events, size = [], 0
            events.append(intake_pb2.SubmittedEvent(index=number, structured=line))
            size += len(line)
    if events:
        yield intake_pb2.SubmitEventsRequest(events=events)


def sealed_line(line: bytes, key: SealingKey) -> bytes:
    """The event of a line with its identities sealed; what bears none, or is no event, as it is."""
    try:
        event = _object(line)
        if "data" not in event and "data_base64" in event:
            given = {name: value for name, value in event.items() if name != "data_base64"}
            event = {**given, "data": _object(b64decode(event["data_base64"]))}
        sealed = seal_event(key, event)
    except (ValueError, TypeError, RecursionError):
        return line  # the service says what is wrong with it
    return line if sealed == event else jsonlib.dumps(sealed, ensure_ascii=False).encode()


def _object(text: bytes) -> dict[str, Any]:
    read = jsonlib.loads(text)
    if not isinstance(read, dict):
        raise ValueError("no object")
    return read
