"""`reftrack receipts`: what became of what an agency posted."""

from __future__ import annotations

from typing import Annotated

import typer
from reftrack.intake.v1 import intake_pb2, intake_pb2_grpc

from reftrack_cli import session
from reftrack_cli.session import As, Json, Language, State, out

HEADINGS = ("position", "verdict", "event", "id", "why", "number")


def receipts(
    org: Annotated[str, typer.Option(help="The agency, e.g. cap-bo-de.")],
    verdict: Annotated[list[str] | None, typer.Option(help="Only these; may be repeated.")] = None,
    after: Annotated[int, typer.Option(help="Only after this position.")] = 0,
    most: Annotated[int, typer.Option(help="How many at the most.")] = 100,
    watch: Annotated[bool, typer.Option("--watch", help="Go on as they come, until Ctrl-C.")] = False,
    state: State = None,
    as_: As = None,
    json: Json = False,
    lang: Language = None,
) -> None:
    """List an agency's receipts in their order; rejected ones with what to do."""
    language = session.language(lang)
    with session.calling("intake", session.speaker(as_, role="agency", org=org), state) as channel:
        intake = intake_pb2_grpc.IntakeServiceStub(channel)
        if watch:
            _watch(intake, after, language, json)
        else:
            _list(intake, after, verdict or [], most, language, json)


def _list(
    intake: intake_pb2_grpc.IntakeServiceStub,
    after: int,
    verdicts: list[str],
    most: int,
    language: str,
    json: bool,
) -> None:
    table = session.table(*HEADINGS)
    while most > 0:
        request = intake_pb2.ListReceiptsRequest(
            after_position=after, page_size=min(most, 500), verdicts=verdicts
        )
        page = intake.ListReceipts(request)
        for receipt in page.receipts:
            session.as_json(receipt) if json else table.add_row(*row(receipt, language))
        most -= len(page.receipts)
        after = page.next_after_position
        if not page.receipts or not after:
            break
    if not json:
        out.print(table)


def _watch(intake: intake_pb2_grpc.IntakeServiceStub, after: int, language: str, json: bool) -> None:
    try:
        for answer in intake.WatchReceipts(intake_pb2.WatchReceiptsRequest(after_position=after)):
            for receipt in answer.receipts:
                session.as_json(receipt) if json else out.print(
                    "  ".join(row(receipt, language)), markup=False
                )
    except KeyboardInterrupt:
        out.print("stopped")


def row(receipt: intake_pb2.Receipt, language: str) -> tuple[str, ...]:
    """One receipt as a line: position, verdict, event, id, why and what to do, numbers."""
    verdict = f"{receipt.verdict} (again)" if receipt.repetition else receipt.verdict
    remedy = receipt.remedy.vi if language == "vi" else receipt.remedy.en
    why = " ".join(part for part in (receipt.code, receipt.field, remedy, receipt.waiting_for) if part)
    kind = receipt.type.removeprefix("org.reftrack.")
    return str(receipt.position), verdict, kind, receipt.id, why, " ".join(receipt.numbers.values())
