"""`reftrack receipts`: what became of what an agency posted."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

import typer
from contracts import catalogue
from reftrack.intake.v1 import intake_pb2, intake_pb2_grpc

from reftrack_cli import session
from reftrack_cli.files.forms import column_named
from reftrack_cli.session import LAST, As, Json, Language, Most, State, out, word

ID_WIDTH = 26
"""Of a ULID; longer ids push what follows aside."""


Moment = Annotated[
    str | None, typer.Option(show_default=False, metavar="T", help="A day, or a moment with its zone.")
]


def receipts(
    org: Annotated[str, typer.Option(help="The agency, e.g. cap-bo-de.")],
    verdict: Annotated[
        list[str] | None, typer.Option(metavar="CODE", help="Only these; may be repeated: {Verdict}.")
    ] = None,
    after: Annotated[int, typer.Option(min=0, max=LAST, metavar="N", help="Only after this position.")] = 0,
    since: Moment = None,
    until: Moment = None,
    most: Most = 100,
    watch: Annotated[bool, typer.Option("--watch", help="Go on as they come, until Ctrl-C.")] = False,
    state: State = None,
    as_: As = None,
    json: Json = False,
    lang: Language = None,
) -> None:
    """List an agency's receipts in their order; rejected ones with what to do."""
    language, who = session.language(lang), session.speaker(as_, role="agency", org=org)
    with session.calling("intake", who, state, lang=lang, json=json) as channel:
        intake = intake_pb2_grpc.IntakeServiceStub(channel)
        if watch:
            _watch(intake, after, verdict or [], language, json)
        else:
            asked = intake_pb2.ListReceiptsRequest(
                after_position=after,
                verdicts=verdict or [],
                org=org if as_ else "",
                since=session.moment(since, "--since"),
                until=session.moment(until, "--until"),
            )
            _list(intake, asked, most, language, json)


def _list(
    intake: intake_pb2_grpc.IntakeServiceStub,
    request: intake_pb2.ListReceiptsRequest,
    most: int,
    language: str,
    json: bool,
) -> None:
    left, after = most, 0
    while left > 0:
        request.page_size = min(left, 500)
        page = intake.ListReceipts(request)
        for receipt in page.receipts:
            tell(receipt, str(receipt.position), language, json=json)
        left -= len(page.receipts)
        after = request.after_position = page.next_after_position
        if not page.receipts or not after:
            break
    if not json and left == most:
        out.print(word("nothing", language))
    session.tell_more(left <= 0 and bool(after), language)


def _watch(
    intake: intake_pb2_grpc.IntakeServiceStub, after: int, verdicts: list[str], language: str, json: bool
) -> None:
    try:
        for answer in intake.WatchReceipts(intake_pb2.WatchReceiptsRequest(after_position=after)):
            for receipt in answer.receipts:
                if not verdicts or receipt.verdict in verdicts:
                    tell(receipt, str(receipt.position), language, json=json)
    except KeyboardInterrupt:
        session.err.print(word("stopped", language))


def tell(receipt: intake_pb2.Receipt, place: str, language: str, *, json: bool) -> None:
    """One receipt: a line that says what became of which event, below it why and what to do."""
    if json:
        session.as_json(receipt)
        return
    verdict = verdict_name(receipt.verdict or "not_taken", language)
    if receipt.repetition:
        verdict += f" ({word('again', language)})"
    numbers = " ".join(receipt.numbers.values())
    kind = catalogue.event_title(receipt.type, language) if receipt.type else ""
    line = f"{place:>6}  {verdict:24}  {receipt.id:{ID_WIDTH}}  {kind}  {numbers}"
    out.print(line.rstrip(), soft_wrap=True, markup=False)
    warnings = problems(receipt.warnings, receipt.type, language)
    for line in (*reasons(receipt, language), *warnings, *units(receipt, language)):
        session.below(line)


def verdict_name(code: str, language: str) -> str:
    """What became of an event, in words; `routed` and `not_taken` are none of the verdicts."""
    return catalogue.name_in("Routing" if code in ("routed", "not_taken") else "Verdict", code, language)


def units(receipt: intake_pb2.Receipt, language: str) -> list[str]:
    """What codes of communes were taken for, where the receipt tells it."""
    told = []
    for each in receipt.units:
        name = each.name.vi if language == "vi" else each.name.en
        notes = [catalogue.name_in("CodeRead", each.read_as, language)]
        notes += [word("presumed", language)] if each.presumed else []
        notes += [f"{word('disputed', language)} {', '.join(each.disputed)}"] if each.disputed else []
        told.append(f"{each.field}: {each.code} → {each.unit} {name} ({'; '.join(notes)})")
    return told


def reasons(receipt: intake_pb2.Receipt, language: str) -> list[str]:
    """Why, and what to do: a line for each problem; what a waiting event waits for."""
    told = problems(receipt.problems, receipt.type, language)
    if not told and receipt.code:
        told = [_problem(receipt.field, receipt.remedy, receipt.code, receipt.type, language)]
    if receipt.waiting_for:
        told.append(f"{word('waits_for', language)}: {catalogue.awaited(receipt.waiting_for, language)}")
    return told


def problems(found: Iterable[intake_pb2.Problem], type_name: str, language: str) -> list[str]:
    """What is wrong with an event of that type: for each problem the field, what is wrong, what to do."""
    return [_problem(each.field, each.remedy, each.code, type_name, language) for each in found]


def _problem(field: str, remedy: intake_pb2.Remedy, code: str, type_name: str, language: str) -> str:
    words = (remedy.vi if language == "vi" else remedy.en) or code
    return f"{column_named(type_name, field, language)}: {words}" if field else words
