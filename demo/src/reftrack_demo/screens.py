"""What the demo shows: the report beside what was published, a timeline, a replay, receipts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta, timezone

from contracts import catalogue
from google.protobuf.timestamp_pb2 import Timestamp
from reftrack.reporting.v1 import audit_pb2, report_pb2, status_pb2
from reftrack_local.speaking import language, told
from rich.console import Console
from rich.table import Table

from reftrack_demo.figures import Cell

HANOI = timezone(timedelta(hours=7))


def _title(console: Console, text: str) -> None:
    """On a line of its own: a table folds its title to its own width."""
    console.print(f"\n[bold]{told(text)}[/]")


def day(moment: Timestamp) -> str:
    return moment.ToDatetime(tzinfo=HANOI).strftime("%Y-%m-%d")


def report(
    console: Console, found: Iterable[Cell], titles: Mapping[str, str], names: Mapping[str, str]
) -> None:
    _title(console, "First year of the Hà Nội pilot, to 10 December 2019")
    table = Table()
    for heading in ("indicator", "service", "district"):
        table.add_column(told(heading), overflow="fold")
    for heading in ("published", "known on that day", "known at the end"):
        table.add_column(told(heading), justify="right")
    table.add_column("")
    for cell in found:
        verdict = told("equal") if cell.exact else told("holds")
        mark = f"[green]{verdict}[/]" if cell.holds else f"[bold red]{told('DIFFERS')}[/]"
        where = names.get(cell.where, cell.where) or told("both")
        title = titles.get(cell.indicator, cell.indicator)
        service = _named("Service", cell.row)
        figures = told(cell.published), str(cell.known_then), str(cell.known_now)
        table.add_row(title, service, where, *figures, mark)
    console.print(table)


def late(
    console: Console, cell: Cell, facts: Iterable[report_pb2.CountedFact], names: Mapping[str, str]
) -> None:
    """By which events a figure grew after the day on which it was published."""
    for fact in facts:
        kind = catalogue.event_title(fact.type, language())
        about = " ".join(filter(None, (cell.indicator, cell.row, names.get(cell.where, cell.where))))
        happened, known = day(fact.occurred_at), day(fact.recorded_at)
        console.print(f"  {about}: {kind} of {happened}, known on {known}, from {fact.org}", highlight=False)


BOOKKEEPING = frozenset(
    f"org.reftrack.{kind}.v1"
    for kind in ("agency-event-deferred", "agency-reference-bound", "followup-opened")
)
"""What the system notes for itself; `reftrack case history` shows it too."""


def timeline(console: Console, entries: Iterable[status_pb2.TimelineEntry]) -> None:
    _title(console, "One person's timeline / Dòng thời gian của một khách hàng")
    table = Table()
    for heading in ("ngày / day", "sự kiện", "event", "cơ quan / by", "chi tiết / details"):
        table.add_column(heading, overflow="fold")
    for entry in entries:
        if entry.type in BOOKKEEPING:
            continue
        facts = "; ".join(f"{fact.title_vi} / {fact.title_en}: {_both(fact)}" for fact in entry.facts[:2])
        table.add_row(day(entry.occurred_at), entry.title_vi, entry.title_en, entry.org, facts)
    console.print(table)


SHOWN = (("stage", "Step"), ("followup_state", "FollowupStage"), ("commune", ""))
"""What is shown of a state, with the list whose codes it has."""


def replay(console: Console, steps: list[audit_pb2.ReplayStep], as_of: datetime) -> None:
    """The same person as known on an earlier day: how many steps, the last ones, the state then."""
    _title(console, f"The same person, replayed as of {as_of:%Y-%m-%d}: {len(steps)} steps were known")
    for step in steps[-3:]:
        console.print(f"  {day(step.event.recorded_at)}  {step.title_vi} / {step.title_en}", highlight=False)
    if steps:
        state = json.loads(steps[-1].state_json)
        shown = [
            f"{_named('Screen', name)}: {_named(of, state[name])}" for name, of in SHOWN if state.get(name)
        ]
        referrals = [
            f"{_named('Service', each['service'])}: {_named('ReferralState', each['state'])}"
            for each in state.get("referrals", ())
        ]
        console.print(f"  state then: {'; '.join(shown)}", highlight=False, markup=False)
        console.print(
            f"  referrals then: {', '.join(referrals) or told('none')}", highlight=False, markup=False
        )


def receipts(console: Console, counted: Mapping[str, int]) -> None:
    _title(console, "Receipts by kind, as the agencies read them")
    table = Table()
    table.add_column(told("verdict"))
    table.add_column(told("receipts"), justify="right")
    for kind, count in sorted(counted.items()):
        verdict, _, again = kind.partition(" ")
        table.add_row(f"{_named('Verdict', verdict)} {told(again)}".rstrip(), str(count))
    console.print(table)


def _named(list_name: str, code: str) -> str:
    return catalogue.name_in(list_name, code, language())


def _both(fact: status_pb2.Fact) -> str:
    return fact.text_vi if fact.text_vi == fact.text_en else f"{fact.text_vi} / {fact.text_en}"
