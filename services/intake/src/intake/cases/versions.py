"""The version of a case as the commands expect it of an office: who does not see the case counts its own
events alone, on lists as in answers, so that nobody learns from a number what others do."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Mapping
from itertools import groupby
from operator import itemgetter
from typing import Any
from uuid import UUID

from chassis.aggregate import fold
from chassis.mapper import Mapper
from chassis.rpc.reads import Reads
from reference import Organisation, Organisations

from intake.application.seeing import own_of, sees_the_case
from intake.domain.case import Case

_EVENTS = """
    SELECT originator_id, originator_version, state FROM stored_events
    WHERE originator_id = ANY(%s) ORDER BY originator_id, originator_version
"""
_CASES = Mapper(Case, "/services/intake")


async def versions_for(
    office: Organisation | None, cases: Collection[UUID], reads: Reads, organisations: Organisations
) -> Mapping[UUID, int]:
    """Of each of the cases the version that an office is to expect. One query, and a fold in a thread."""
    rows = await reads.all(_EVENTS, (list(cases),)) if cases else []
    return await asyncio.to_thread(_counted, rows, office, organisations)


def _counted(
    rows: Iterable[Any], office: Organisation | None, organisations: Organisations
) -> Mapping[UUID, int]:
    told = {}
    for case_id, stream in groupby(rows, key=itemgetter(0)):
        events: list[Any] = [_CASES.event(*row) for row in stream]
        sees = sees_the_case(fold(events), office, organisations)
        told[case_id] = len(events if sees else own_of(events, office.id if office is not None else ""))
    return told
