"""The view `cases`: where each case stands, by what it is found, which organisations it belongs to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from operator import attrgetter
from typing import Any, NamedTuple
from uuid import UUID

from contracts.registry import OF_NO_CASE
from psycopg import Cursor
from psycopg.types.json import Jsonb

from reporting.pathway.cases import CaseStatus, Planned, Stay, case_after
from reporting.pathway.corrections import VOID, standing
from reporting.pathway.entry import NAMES_A_CLIENT, Entry, Moment
from reporting.pathway.lookup import Reference, reference_in, references_standing, ties_in
from reporting.pathway.merging import edges_in
from reporting.views.anew import history_of
from reporting.views.merges import merges_table
from reporting.views.table import Column, Table

_EMPTY = Jsonb([])
OF_THE_CASE = UUID(int=0)
ANY_TIME = datetime.fromtimestamp(0, UTC)


class CaseOrg(NamedTuple):
    """An organisation that something ties to a case; `client_id`: of whom that tells, where it is not the
    case's own client (two were one person then, and may be two again), and `told_at`: when that happened."""

    case_id: UUID
    org: str
    tie: str
    client_id: UUID = OF_THE_CASE
    told_at: datetime = ANY_TIME


class ToldBeside(NamedTuple):
    """An event in a case that tells of another client than the case's own."""

    case_id: UUID
    event_id: str
    client_id: UUID


def case_of(*values: Any) -> CaseStatus:
    """The case that a row of the table holds, columns in their order."""
    *plain, plan, stays = values[:-9]
    moments = values[-9:-6], values[-6:-3], values[-3:]
    case = CaseStatus(*plain)
    case.plan = tuple(Planned(*item) for item in plan)
    case.stays = tuple(Stay(*stay) for stay in stays)
    case.commune_told, case.followup_told, case.last = (
        Moment(*moment) if moment[0] else None for moment in moments
    )
    return case


def _plain(name: str, type_: str) -> Column[CaseStatus]:
    return Column(name, type_, attrgetter(name))


def _json(name: str) -> Column[CaseStatus]:
    def of(case: CaseStatus) -> Jsonb:
        found = getattr(case, name)
        return Jsonb(found) if found else _EMPTY

    return Column(name, "jsonb NOT NULL", of)


def _moment(name: str) -> list[Column[CaseStatus]]:
    def part(place: int) -> Any:
        def of(case: CaseStatus) -> Any:
            found = getattr(case, name)
            return found[place] if found else None

        return of

    return [
        Column(f"{name}_occurred_at", "timestamptz", part(0)),
        Column(f"{name}_recorded_at", "timestamptz", part(1)),
        Column(f"{name}_event_id", "text", part(2)),
    ]


_COLUMNS = (
    _plain("case_id", "uuid"),
    _plain("client_id", "uuid"),
    _plain("client_group", "text NOT NULL"),
    _plain("commune", "text NOT NULL"),
    _plain("commune_by_contact", "bool NOT NULL"),
    _plain("furthest", "text NOT NULL"),
    _plain("opened_at", "timestamptz"),
    _plain("closed_at", "timestamptz"),
    _plain("close_reason", "text NOT NULL"),
    _plain("followup_state", "text NOT NULL"),
    _plain("events", "bigint NOT NULL"),
    _plain("last_type", "text NOT NULL"),
    _plain("voids", "bigint NOT NULL"),
    _plain("merged_into", "uuid"),
    _plain("moved_to", "text NOT NULL"),
    _plain("moved_recorded_at", "timestamptz"),
    _plain("plan_recorded_at", "timestamptz"),
    _json("plan"),
    _json("stays"),
    *_moment("commune_told"),
    *_moment("followup_told"),
    *_moment("last"),
)

CASES = Table(
    "cases",
    _COLUMNS,
    key=1,
    read=case_of,
    indexes=["INDEX ON cases (client_id)", "INDEX ON cases (commune)"],
)

TOLD_BESIDE = Table(
    "told_beside",
    [
        Column("case_id", "uuid", attrgetter("case_id")),
        Column("event_id", "text", attrgetter("event_id")),
        Column("client_id", "uuid NOT NULL", attrgetter("client_id")),
    ],
    key=2,
    read=ToldBeside,
    indexes=["INDEX ON told_beside (client_id)"],
)
"""What a case tells of another client than its own, who was one person with that one then, voided or not.
In which case each counts is found on reading (`pathway.beside`): that may be told of later."""

CASE_ORGS = Table(
    "case_orgs",
    [
        Column("case_id", "uuid", attrgetter("case_id")),
        Column("org", "text", attrgetter("org")),
        Column("tie", "text", attrgetter("tie")),
        Column("client_id", "uuid", attrgetter("client_id")),
        Column("told_at", "timestamptz", attrgetter("told_at")),
    ],
    key=5,
    read=CaseOrg,
    indexes=[f"INDEX ON case_orgs (client_id) WHERE client_id <> '{OF_THE_CASE}'"],
)

REFERENCES = Table(
    "case_references",
    [
        Column("kind", "text", attrgetter("kind")),
        Column("org", "text", attrgetter("org")),
        Column("value", "text", attrgetter("value")),
        Column("case_id", "uuid", attrgetter("case_id")),
        Column("told_by", "text NOT NULL", attrgetter("told_by")),
        Column("recorded_at", "timestamptz NOT NULL", attrgetter("recorded_at")),
        Column("client_id", "uuid", attrgetter("client_id")),
    ],
    key=4,
    read=Reference,
    indexes=[
        "INDEX ON case_references (case_id)",
        "INDEX ON case_references (client_id) WHERE client_id IS NOT NULL",
    ],
)


MERGES = merges_table()


@dataclass(frozen=True)
class CasesView:
    """Folds pages into the five tables. A reference bound in several cases is kept for each."""

    name: str = "cases"
    version: int = 10

    def create(self, cursor: Cursor[Any], schema: str) -> None:  # noqa: ARG002 - names are bare
        """Makes the empty tables."""
        for table in (CASES, TOLD_BESIDE, CASE_ORGS, REFERENCES, MERGES):
            table.create(cursor)

    def fold(self, cursor: Cursor[Any], page: Sequence[Entry]) -> None:
        """Takes in a page of the history, in the transaction of the cursor."""
        seq, page = page[-1].seq, [entry for entry in page if entry.type not in OF_NO_CASE]
        if not page:
            return
        ids = {entry.case_id.int: entry.case_id for entry in page}
        known, whole = CASES.load(cursor, ids.values()), history_of(cursor, seq)
        anew = whole(touched) if (touched := touched_by_voids(known, page)) else {}
        CASES.save(cursor, fold_cases(known, page, anew))
        if anew:
            CASE_ORGS.remove(cursor, "case_id", anew)
            REFERENCES.remove(cursor, "case_id", anew)
        TOLD_BESIDE.add(cursor, told_beside(page))
        CASE_ORGS.add(cursor, list(ties_after(page, anew).values()))
        REFERENCES.add(cursor, references_after(page, anew))
        MERGES.add(cursor, edges_in(page))


def touched_by_voids(known: Iterable[CaseStatus], page: Iterable[Entry]) -> set[UUID]:
    """The cases in the page in which something was voided, in it or before: they are folded anew."""
    before = {case.case_id for case in known if case.voids}
    return before | {entry.case_id for entry in page if entry.type == VOID}


def fold_cases(
    known: Iterable[CaseStatus], page: Iterable[Entry], anew: Mapping[UUID, Sequence[Entry]]
) -> list[CaseStatus]:
    """The rows of all cases in the page after it; `known` are those that there were before, `anew` the
    history of those that are folded from their beginning."""
    cases = {case.case_id.int: case for case in known}
    for entry in _beside(anew, page):
        case = cases.get(entry.case_id.int)
        if case is None:
            case = cases[entry.case_id.int] = CaseStatus(entry.case_id)
        case.fold(entry)
    cases |= {case_id.int: case_after(case_id, told) for case_id, told in anew.items()}
    return list(cases.values())


def told_beside(page: Iterable[Entry]) -> list[ToldBeside]:
    """What a page tells in the cases of others."""
    return [
        ToldBeside(entry.case_id, entry.event_id, entry.told_of)
        for entry in page
        if NAMES_A_CLIENT in entry.value and entry.told_of is not None
    ]


def _beside(anew: Mapping[UUID, Sequence[Entry]], page: Iterable[Entry]) -> Iterable[Entry]:
    """The entries of the cases that are not folded anew: nearly always the whole page."""
    return [entry for entry in page if entry.case_id not in anew] if anew else page


def ties_after(
    page: Iterable[Entry], anew: Mapping[UUID, Sequence[Entry]]
) -> dict[tuple[int, str, str, str], CaseOrg]:
    """The ties that a page makes known, and all of the cases that are folded anew."""
    entries = chain(_beside(anew, page), *(standing(told) for told in anew.values()))
    ties: dict[tuple[int, str, str, str], CaseOrg] = {}
    for entry in entries:
        if named := ties_in(entry):
            of, case_id = entry.told_of, entry.case_id
            for org, tie in named:
                if of is None:
                    ties[case_id.int, org, tie, ""] = CaseOrg(case_id, org, tie)
                else:
                    told = CaseOrg(case_id, org, tie, of, entry.occurred_at)
                    ties[case_id.int, org, tie, entry.event_id] = told
    return ties


def references_after(page: Iterable[Entry], anew: Mapping[UUID, Sequence[Entry]]) -> list[Reference]:
    """The references that a page makes known, and all of the cases that are folded anew."""
    told = (found for entry in _beside(anew, page) if (found := reference_in(entry)))
    return [*told, *(found for told_anew in anew.values() for found in references_standing(told_anew))]
