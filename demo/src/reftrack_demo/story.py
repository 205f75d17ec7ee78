"""The demo from its first day to its last: the feed goes through, then the answers are read over gRPC."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import grpc
from google.protobuf.timestamp_pb2 import Timestamp
from reftrack.reporting.v1 import audit_pb2, audit_pb2_grpc, status_pb2, status_pb2_grpc
from reftrack_local import LocalRuntime
from reftrack_local.access import Access, Speaker
from reftrack_local.speaking import language, told
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from reftrack_demo import screens
from reftrack_demo.agencies import Agencies
from reftrack_demo.feed import FINAL, Feed, week_by_week
from reftrack_demo.figures import Cell, Reports, cells
from reftrack_demo.pilot import FIRST_DAY, LAST_DAY, PUBLISHED_AT, Pilot, pilot, published

SUPERVISOR = Speaker(role="supervisor", org="pctnxh-ha-noi", subject="demo")
AUDITOR = Speaker(role="auditor", org="thanh-tra-ha-noi", subject="demo")


class Story:
    """One telling. `differs` names the published figures that were not reached."""

    def __init__(self, runtime: LocalRuntime, reference: Path, console: Console) -> None:
        self.runtime, self.console = runtime, console
        self.agencies = Agencies(reference)
        self.pilot: Pilot = pilot(self.agencies)
        self.feed = Feed(runtime.kafka.bootstrap, self.agencies.ids)
        self.access = Access(runtime.folder.path)
        self.differs: list[Cell] = []

    def tell(self) -> None:
        try:
            self._post()
        finally:
            self.feed.close()
        with self.access.channel("reporting", SUPERVISOR) as channel:
            self._report(channel)
            self._person(channel)
        screens.receipts(self.console, self.feed.seen.receipts)

    def _post(self) -> None:
        posted, people = self.pilot, len(self.pilot.people)
        self.console.print(
            f"{people} imaginary people of six wards, {len(posted.steps)} events: "
            f"{len(posted.repeated)} sent twice, "
            f"{posted.swapped} out of order, {len(posted.late)} weeks late.",
            highlight=False,
        )
        distinct = len({(step.org, step.event_id) for step in posted.steps})
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=self.console) as progress:
            task = progress.add_task(told("recorded"), total=distinct)

            def show(recorded: int) -> None:
                progress.update(task, completed=recorded)

            for moment in week_by_week(
                self.feed, posted.steps, ends=weeks(), move_clock=self.runtime.clock.set, progress=show
            ):
                progress.update(task, description=told(f"recorded by {moment:%Y-%m-%d}"))
            self.feed.drain(show, until=lambda seen: all(each in FINAL for each in seen.verdicts.values()))

    def _report(self, channel: grpc.Channel) -> None:
        figures = published()
        reports = Reports(channel, figures["period"])
        found = list(cells(figures, reports.figures(PUBLISHED_AT), reports.figures()))
        names = {each["code"]: each["vi"] for each in figures["districts"].values()}
        screens.report(self.console, found, reports.titles(language()), names)
        self.console.print(
            "What made them differ:" if any(c.known_then != c.known_now for c in found) else ""
        )
        for cell in found:
            if cell.known_then != cell.known_now:
                screens.late(self.console, cell, reports.came_after(cell.key, PUBLISHED_AT), names)
        self.differs = [cell for cell in found if not cell.holds]

    def _person(self, channel: grpc.Channel) -> None:
        status = status_pb2_grpc.StatusServiceStub(channel)
        request = status_pb2.FindCaseRequest(introduction=self._introduction())
        case = status.FindCase(request, timeout=10).case
        asked = status_pb2.GetTimelineRequest(case_id=case.case_id, page_size=200)
        screens.timeline(self.console, status.GetTimeline(asked, timeout=10).entries)
        as_of = PUBLISHED_AT - timedelta(days=180)
        screens.replay(self.console, self._replayed(case.case_id, as_of), as_of)
        self.case_id = case.case_id

    def _introduction(self) -> str:
        """The number on the slip of someone who went the whole way, from contact to evaluation."""
        evaluated = [
            step for step in self.pilot.steps if step.type == "org.reftrack.reintegration-evaluated.v1"
        ]
        person = evaluated[0].needs["stay"].split(":")[0]
        return self.feed.seen.slips[f"{person}:introduction"]

    def _replayed(self, case_id: str, as_of: datetime) -> list[audit_pb2.ReplayStep]:
        moment = Timestamp()
        moment.FromDatetime(as_of)
        with self.access.channel("reporting", AUDITOR) as channel:
            audit = audit_pb2_grpc.AuditServiceStub(channel)
            answers = audit.ReplayCase(
                audit_pb2.ReplayCaseRequest(case_id=case_id, recorded_by=moment), timeout=20
            )
            return [step for answer in answers for step in answer.steps]


def weeks() -> Iterator[datetime]:
    """The last second of each week, so that one of them is that of the published day."""
    first = PUBLISHED_AT - timedelta(weeks=(PUBLISHED_AT - FIRST_DAY).days // 7)
    end = first
    while end < LAST_DAY:
        yield end
        end += timedelta(weeks=1)
    yield LAST_DAY
