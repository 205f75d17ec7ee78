"""The published figures beside the report's: cell by cell, as known on that day and as known at the end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import grpc
from google.protobuf.timestamp_pb2 import Timestamp
from reftrack.reporting.v1 import report_pb2, report_pb2_grpc

Key = tuple[str, str, str]
"""Indicator, row (a service, or ""), district code ("" for all)."""


@dataclass(frozen=True)
class Cell:
    """One published figure, or what was published in words, beside ours."""

    indicator: str
    row: str
    where: str
    published: str
    known_then: int
    known_now: int
    holds: bool
    exact: bool

    @property
    def key(self) -> Key:
        return self.indicator, self.row, self.where


class Reports:
    """The report of one period, run over gRPC as a supervisor."""

    def __init__(self, channel: grpc.Channel, period: Mapping[str, Any]) -> None:
        self._reports = report_pb2_grpc.ReportServiceStub(channel)
        self._from, self._to = str(period["from"]), str(period["to"])

    def figures(self, known_at: datetime | None = None) -> dict[Key, int]:
        """All figures by district, as known at a moment (now if none is given)."""
        request = report_pb2.RunReportRequest(
            period_from=self._from, period_to=self._to, known_at=_stamp(known_at), by=report_pb2.AREA_DISTRICT
        )
        answer = self._reports.RunReport(request, timeout=30)
        return {(figure.indicator_id, figure.row, figure.area): figure.value for figure in answer.figures}

    def came_after(self, key: Key, moment: datetime) -> list[report_pb2.CountedFact]:
        """The facts behind a figure that were not known at a moment."""
        indicator, row, area = key
        by = report_pb2.AREA_DISTRICT if area else report_pb2.AREA_UNSPECIFIED
        request = report_pb2.ExplainFigureRequest(
            period_from=self._from,
            period_to=self._to,
            indicator_id=indicator,
            row=row,
            area=area,
            by=by,
            not_known_at=_stamp(moment),
        )
        return list(self._reports.ExplainFigure(request, timeout=30).facts)

    def titles(self, language: str) -> dict[str, str]:
        asked = report_pb2.ListIndicatorsRequest(on=self._to)
        listed = self._reports.ListIndicators(asked, timeout=30).indicators
        return {each.indicator_id: getattr(each, f"title_{language}") for each in listed}


def cells(published: Mapping[str, Any], then: Mapping[Key, int], now: Mapping[Key, int]) -> Iterator[Cell]:
    """Compare: a figure published as a number must be equal, one published in words must be a share."""
    districts = {name: district["code"] for name, district in published["districts"].items()}
    for entry in published["equal"]:
        key = _key(entry, districts)
        found = now.get(key, 0)
        yield Cell(*key, str(entry["value"]), then.get(key, 0), found, found == entry["value"], exact=True)
    for entry in published["at_least"]:
        yield _share(entry, districts, then, now, at_least=True)
    for entry in published["more_than"]:
        yield _share(entry, districts, then, now, at_least=False)


def _share(
    entry: Mapping[str, Any],
    districts: Mapping[str, str],
    then: Mapping[Key, int],
    now: Mapping[Key, int],
    *,
    at_least: bool,
) -> Cell:
    key = _key(entry, districts)
    whole = now.get((entry["of"], "", key[2]), 0)
    found, bound = now.get(key, 0), entry["share"] * whole
    holds = whole > 0 and (found >= bound if at_least else found > bound)
    words = f"{entry['words']} of {whole} ({'≥' if at_least else '>'} {entry['share']:.0%})"
    return Cell(*key, words, then.get(key, 0), found, holds, exact=False)


def _key(entry: Mapping[str, Any], districts: Mapping[str, str]) -> Key:
    return entry["indicator"], entry.get("service", ""), districts.get(entry["where"], "")


def _stamp(moment: datetime | None) -> Timestamp | None:
    if moment is None:
        return None
    stamp = Timestamp()
    stamp.FromDatetime(moment)
    return stamp
