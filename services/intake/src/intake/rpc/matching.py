"""`MatchingService`: who may be registered twice, and what somebody decided about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from chassis.rpc.call import current_call, current_caller
from chassis.rpc.commands import Commands
from chassis.rpc.cursor import Cursors
from chassis.rpc.errors import Forbidden, InvalidInput, Violation
from chassis.rpc.reads import Reads
from contracts.catalogue import name_in
from contracts.vocabulary import MergeGround
from reference import Organisations
from reftrack.intake.v1 import matching_pb2 as pb
from reftrack.intake.v1.matching_pb2_grpc import (
    MatchingServiceServicer,
    add_MatchingServiceServicer_to_server,
)

from intake.application.match_desk import DECIDE, DECIDERS, MERGE, MERGES, UNMERGE
from intake.application.pairs import DISTINCT, OPEN, SAME
from intake.cases.versions import versions_for
from intake.rpc.messages import timestamp
from intake.rpc.receipts import page_size

USUAL, MOST = 50, 500
ALL = "all"
LONGEST_BASIS = 200

_SIDE = """
    SELECT {alias}.client, coalesce(array_agg(DISTINCT split_part(r.key, '/', 1)), '{{}}') AS orgs
    FROM (SELECT m.{alias} AS client) AS {alias} LEFT JOIN claims AS r
         ON r.kind = 'ref' AND r.holder = {alias}.client::text
    GROUP BY {alias}.client
"""
_CASE = """
    SELECT own.case_id
    FROM (SELECT opened.originator_id AS case_id
          FROM claims AS c LEFT JOIN claims AS p
               ON p.kind = 'person' AND p.key = split_part(c.holder, ' ', 2)
          CROSS JOIN LATERAL (
              SELECT split_part(c.holder, ' ', 1) AS case_id WHERE p.holder IS NULL
              UNION ALL
              SELECT told.key FROM json_each_text(p.holder::json -> 1) AS told
              WHERE told.value = m.{alias}::text) AS ids
          JOIN stored_events AS opened
               ON opened.originator_id = ids.case_id::uuid AND opened.originator_version = 1
          WHERE c.kind = 'case' AND c.key = m.{alias}::text
          ORDER BY opened.notification_id DESC LIMIT 1) AS own
"""
"""The client's own latest case (`people.case_of_client`): where the client goes on as somebody merged is not
for an office to learn that answers for one of the two alone."""

_PAGE = f"""
    SELECT m.match_id, m.state, m.ground, m.likely, m.reasons, m.version, m.proposed_at, m.decided_by,
           m.decided_at, m.one, a.orgs, ca.case_id, m.other, b.orgs, cb.case_id
    FROM matches AS m
    CROSS JOIN LATERAL ({_SIDE.format(alias="one")}) AS a
    CROSS JOIN LATERAL ({_SIDE.format(alias="other")}) AS b
    CROSS JOIN LATERAL ({_CASE.format(alias="one")}) AS ca
    CROSS JOIN LATERAL ({_CASE.format(alias="other")}) AS cb
    WHERE (%s = '{ALL}' OR m.state = %s) AND (a.orgs && %s OR b.orgs && %s)
      AND (m.proposed_at, m.match_id) < (%s, %s)
    ORDER BY m.proposed_at DESC, m.match_id DESC LIMIT %s
"""
_START = ("infinity", str(UUID(int=2**128 - 1)))


class Side(NamedTuple):
    """One of the two, as the database tells."""

    client: UUID
    orgs: list[str]
    case_id: UUID

    def message(self, version: int) -> pb.MatchSide:
        """For whoever answers for it; `version`: what its commands are to expect."""
        return pb.MatchSide(
            case_id=str(self.case_id), client_id=str(self.client), orgs=self.orgs, version=version
        )


class MatchingServicer(MatchingServiceServicer):
    """Lists what the caller's office answers for; decisions go through the writer like every command."""

    def __init__(
        self, reads: Reads, commands: Commands, cursors: Cursors, organisations: Organisations
    ) -> None:
        self._reads = reads
        self._commands = commands
        self._cursors = cursors
        self._organisations = organisations

    def register(self, server: Any) -> None:
        """Add the service to a server."""
        add_MatchingServiceServicer_to_server(self, server)

    async def ListMatches(self, request: pb.ListMatchesRequest, _context: Any) -> pb.ListMatchesResponse:  # noqa: N802
        """A page. Raises `Forbidden` for kinds of office that decide no matches, `InvalidInput`."""
        reached, state = self._reached(), request.state or OPEN
        if state not in (OPEN, SAME, DISTINCT, ALL):
            expected = ", ".join((OPEN, SAME, DISTINCT, ALL))
            raise InvalidInput([Violation("state", "not_in_list", {"expected": expected})])
        size = page_size(request.page_size, USUAL, MOST)
        query = ("ListMatches", str(current_caller()), state)
        place = self._cursors.place(request.page_token, *query) or _START
        rows = await self._reads.all(_PAGE, (state, state, reached, reached, *place, size + 1))
        last = rows[size - 1] if rows[size:] else None
        token = self._cursors.after([last[6].isoformat(), str(last[0])], *query) if last else ""
        told = [_Told.of(row, frozenset(reached)) for row in rows[:size]]
        office, cases = (
            self._organisations.get(current_caller().org),
            {one.case_id for each in told for one in each.mine},
        )
        versions = await versions_for(office, cases, self._reads, self._organisations)
        matches = [each.message(versions) for each in told]
        return pb.ListMatchesResponse(matches=matches, next_page_token=token)

    async def DecideMatch(self, request: pb.DecideMatchRequest, _context: Any) -> pb.DecideMatchResponse:  # noqa: N802
        wrong = _ids(request, "match_id") + _ground(request.ground) + _basis(request.legal_basis)
        if request.decision not in (SAME, DISTINCT):
            wrong.append(Violation("decision", "not_in_list", {"expected": f"{SAME}, {DISTINCT}"}))
        _refuse(wrong)
        done = await self._commands.run(DECIDE, request)
        response = pb.DecideMatchResponse.FromString(done.answer)
        response.outcome.position = done.position or 0
        return response

    async def MergeClients(self, request: pb.MergeClientsRequest, _context: Any) -> pb.MergeClientsResponse:  # noqa: N802
        wrong = _ids(request, "survivor_case_id", "merged_case_id")
        _refuse(wrong + _ground(request.ground) + _basis(request.legal_basis))
        done = await self._commands.run(MERGE, request)
        response = pb.MergeClientsResponse.FromString(done.answer)
        response.outcome.position = done.position or 0
        return response

    async def UnmergeClients(  # noqa: N802
        self, request: pb.UnmergeClientsRequest, _context: Any
    ) -> pb.UnmergeClientsResponse:
        _refuse(_ids(request, "merge_id") + _ground(request.ground) + _basis(request.legal_basis))
        done = await self._commands.run(UNMERGE, request)
        response = pb.UnmergeClientsResponse.FromString(done.answer)
        response.outcome.position = done.position or 0
        return response

    async def ListMerges(self, request: pb.ListMergesRequest, _context: Any) -> pb.ListMergesResponse:  # noqa: N802
        _refuse(_ids(request, "case_id"))
        done = await self._commands.run_for(current_call(), MERGES, request, request_id="")
        return pb.ListMergesResponse.FromString(done.answer)

    def _reached(self) -> list[str]:
        caller = current_caller()
        one = self._organisations.get(caller.org)
        if one is None or one.kind not in DECIDERS:
            detail = {"kind": one.kind if one else "", "allowed": ", ".join(sorted(DECIDERS))}
            raise Forbidden("not_for_your_office", detail=detail)
        return self._organisations.answered_for_by(one.id)


class _Told(NamedTuple):
    """A row of the list: `mine` are the sides that the caller answers for, its own first."""

    row: Sequence[Any]
    mine: list[Side]

    @classmethod
    def of(cls, row: Sequence[Any], reached: frozenset[str]) -> _Told:
        sides = (Side(*row[9:12]), Side(*row[12:15]))
        return cls(row[:9], [side for side in sides if reached.intersection(side.orgs)])

    def message(self, versions: Mapping[UUID, int]) -> pb.Match:
        """For the caller; to who answers for one side alone, of that one."""
        match_id, state, ground, likely, reasons, version, proposed_at, by, at = self.row
        sides = [side.message(versions[side.case_id]) for side in self.mine]
        told = pb.Match(
            match_id=str(match_id),
            state=state,
            one=sides[0],
            decidable=len(sides) == 2 and state == OPEN,
            proposed_at=timestamp(proposed_at),
            version=version,
        )
        if len(sides) == 2:
            told.ground = ground
            _tell_all(told, sides[1], likely, reasons, by, at)
        return told


def _tell_all(
    told: pb.Match,
    other: pb.MatchSide,
    likely: int,
    reasons: Sequence[str],
    by: str | None,
    at: datetime | None,
) -> None:
    """What only those read who answer for both."""
    told.other.CopyFrom(other)
    told.likely = likely
    told.reasons.extend(_reason(code) for code in reasons)
    told.decided_by = by or ""
    if at is not None:
        told.decided_at.CopyFrom(timestamp(at))


def _reason(code: str) -> pb.MatchReason:
    return pb.MatchReason(code=code, vi=name_in("MatchSign", code, "vi"), en=name_in("MatchSign", code, "en"))


def _ids(request: Any, *fields: str) -> list[Violation]:
    return [
        Violation(one, "wrong_type", {"expected": "uuid"})
        for one in fields
        if not _is_id(getattr(request, one))
    ]


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _ground(text: str) -> list[Violation]:
    grounds = [ground.value for ground in MergeGround]
    if text in grounds:
        return []
    expected = ", ".join(grounds)
    return [Violation("ground", "not_in_list" if text else "field_missing", {"expected": expected})]


def _basis(text: str) -> list[Violation]:
    if len(text) > LONGEST_BASIS:
        return [Violation("legal_basis", "too_long", {"max_length": str(LONGEST_BASIS)})]
    return [] if text.isprintable() else [Violation("legal_basis", "not_of_form", {"form": "printable"})]


def _refuse(wrong: list[Violation]) -> None:
    if wrong:
        raise InvalidInput(wrong)
