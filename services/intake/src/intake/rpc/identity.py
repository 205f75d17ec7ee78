"""`IdentityService`: who a client is, shown once it is recorded that somebody asked; and who has asked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from secrets import token_hex
from types import MappingProxyType
from typing import Any, LiteralString, NamedTuple
from uuid import UUID

from chassis.box import Box
from chassis.refusal import Refusal
from chassis.rpc.call import Caller, current_call, current_caller
from chassis.rpc.commands import Commands
from chassis.rpc.cursor import Cursors
from chassis.rpc.errors import Forbidden, InvalidInput, NotFound, Unavailable, Violation
from chassis.rpc.reads import Reads
from chassis.vault import CannotOpen, Keyring, MasterKeyAway, Sealed, Vault
from contracts.events.common import EventVoided
from contracts.events.intake import Identity
from contracts.vocabulary import IdentityField
from psycopg import Cursor
from psycopg.rows import tuple_row
from reference import Organisations
from reftrack.intake.v1 import identity_pb2 as pb
from reftrack.intake.v1.identity_pb2_grpc import (
    IdentityServiceServicer,
    add_IdentityServiceServicer_to_server,
)

from intake.application.consents import GUARDIAN
from intake.application.identity import Connect, texts_of
from intake.application.identity_desk import CHECK_OVERSEER, READ_IDENTITY, WHY
from intake.application.refused_looks import REFUSED_LOOKS
from intake.domain.identity_readers import OVERSEERS, Sight, purpose_of, sight_of
from intake.domain.particulars import Telling, taken_away
from intake.profiles import told_of
from intake.rpc.messages import timestamp
from intake.rpc.receipts import page_size

LONGEST_REASON = 500
OF_A_CASE = frozenset({IdentityField.SEX, IdentityField.BIRTH_YEAR})
"""What intake's events tell by themselves."""

FIELDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {str(one): (str(one),) for one in sorted(frozenset(IdentityField) - OF_A_CASE)}
    | {
        str(IdentityField.GUARDIAN): tuple(
            GUARDIAN + name.removeprefix("full_") for name in Identity.model_fields if GUARDIAN not in name
        )
    }
)
"""Field that can be asked for → the names under which the vault keeps it."""

USUAL, MOST = 50, 500

_VALUES = """
    SELECT f.person, f.name, f.record_id, f.key_id, f.ciphertext, f.blind, f.stored_at,
           coalesce(convert_from(e.state, 'UTF8')::jsonb -> 'meta' ->> 'org', ''),
           EXISTS (SELECT FROM stored_events AS v
                   WHERE v.originator_id = e.originator_id AND v.originator_version > e.originator_version
                     AND v.topic = %s
                     AND convert_from(v.state, 'UTF8')::jsonb -> 'data' ->> 'event_id' = f.record_id)
    FROM vault_fields AS f LEFT JOIN stored_events AS e
         ON e.originator_id = left(f.record_id, 36)::uuid
        AND e.originator_version = substr(f.record_id, 38)::bigint
    WHERE f.person = ANY(%s) AND (f.person = %s OR left(f.record_id, 36) = %s) AND f.name = ANY(%s)
    ORDER BY f.stored_at, f.name
"""
_READS = """
    SELECT seq, event_id, at, org, by, purpose, fields, sealed_reason FROM identity_reads
    WHERE case_id = %s AND seq < %s ORDER BY seq DESC LIMIT %s
"""
_REFUSALS = """
    SELECT seq, event_id, at, org, by, purpose, fields, coalesce(case_id::text, ''), code, last
    FROM identity_refusals
    WHERE org = ANY(%s) AND (%s = '' OR case_id::text = %s) AND seq < %s ORDER BY seq DESC LIMIT %s
"""
_LAST = 2**62


class _Page(NamedTuple):
    """What is asked for: the query that its cursor is good for, how many rows, those before which place."""

    query: tuple[str, ...]
    size: int
    before: int


class IdentityServicer(IdentityServiceServicer):
    """Records, then shows. Whoever may not is told no more than that there is no such case."""

    def __init__(
        self,
        commands: Commands,
        reads: Reads,
        cursors: Cursors,
        connect: Connect,
        vault: Vault,
        box: Box,
        organisations: Organisations,
    ) -> None:
        self._commands = commands
        self._reads = reads
        self._cursors = cursors
        self._connect = connect
        self._vault = vault
        self._box = box
        self._organisations = organisations

    def register(self, server: Any) -> None:
        """Add the service to a server."""
        add_IdentityServiceServicer_to_server(self, server)

    async def ReadIdentity(  # noqa: N802
        self, request: pb.ReadIdentityRequest, _context: Any
    ) -> pb.ReadIdentityResponse:
        """Each call is recorded anew, whatever request id it bears: it shows the identity anew. So is who was
        refused, before that is answered."""
        call = current_call()
        try:
            purpose_of(self._sight(call.caller), request.purpose)
            _check(request)
            done = await self._commands.run_for(call, READ_IDENTITY, request, request_id=token_hex(16))
        except Refusal as refused:
            if (name := f"refused_look:{refused.code}") in REFUSED_LOOKS:
                await self._commands.run_for(call, name, request, request_id="")
            raise
        read, *clients = done.answer.decode().split()
        asked = [name for field in request.fields or FIELDS for name in FIELDS[field]]
        try:
            values = await asyncio.to_thread(self._values, clients, _case_id(request.case_id), asked)
        except MasterKeyAway as away:
            raise Unavailable from away
        return pb.ReadIdentityResponse(read_event_id=read, client_id=clients[0], values=values)

    async def ListIdentityReads(  # noqa: N802
        self, request: pb.ListIdentityReadsRequest, _context: Any
    ) -> pb.ListIdentityReadsResponse:
        caller = current_caller()
        self._check_overseer(caller)
        if request.refused:
            return await self._refusals(caller, request)
        case_id = str(_case_id(request.case_id))
        page = self._page(request, "ListIdentityReads", case_id, caller.org)
        await self._commands.run_for(current_call(), CHECK_OVERSEER, request, request_id="")
        return await self._told_by(page, _READS, (case_id,), self._told)

    async def _refusals(
        self, caller: Caller, request: pb.ListIdentityReadsRequest
    ) -> pb.ListIdentityReadsResponse:
        """The refused looks of the offices in the overseer's area, at whatever case they asked for."""
        case_id = str(_case_id(request.case_id)) if request.case_id else ""
        page = self._page(request, "ListIdentityReads", "refused", case_id, caller.org)
        orgs = [one.id for one in self._organisations if self._organisations.within(caller.org, one.id)]
        return await self._told_by(page, _REFUSALS, (orgs, case_id, case_id), _refusal)

    def _page(self, request: pb.ListIdentityReadsRequest, *query: str) -> _Page:
        size, place = (
            page_size(request.page_size, USUAL, MOST),
            self._cursors.place(request.page_token, *query),
        )
        return _Page(query, size, int(place[0]) if place else _LAST)

    async def _told_by(
        self, page: _Page, sql: LiteralString, asked: tuple[Any, ...], told: Callable[..., pb.IdentityRead]
    ) -> pb.ListIdentityReadsResponse:
        """One page of rows, newest first: their place, then what is told of each."""
        rows = await self._reads.all(sql, (*asked, page.before, page.size + 1))
        last = rows[page.size - 1] if rows[page.size :] else None
        return pb.ListIdentityReadsResponse(
            reads=[told(*row[1:]) for row in rows[: page.size]],
            next_page_token=self._cursors.after([last[0]], *page.query) if last else "",
        )

    def _sight(self, caller: Caller) -> Sight:
        """Raises `Forbidden` for kinds and roles that read no identity, whoever it is about."""
        one = self._organisations.get(caller.org)
        sight = sight_of(one.kind, caller.role) if one is not None else None
        if sight is None:
            raise Forbidden("identity_not_for_you")
        return sight

    def _check_overseer(self, caller: Caller) -> None:
        one = self._organisations.get(caller.org)
        if one is None or one.kind not in OVERSEERS or sight_of(one.kind, caller.role) is None:
            raise Forbidden("identity_not_for_you")

    def _values(self, clients: list[str], case: UUID, fields: list[str]) -> list[pb.IdentityValue]:
        """What was told of the first client, and in that case of those who are one person with the client."""
        people = [UUID(client) for client in clients]
        with self._connect() as connection, connection.cursor(row_factory=tuple_row) as cursor:
            ring = self._vault.keyring(cursor, people)
            rows = cursor.execute(
                _VALUES, (EventVoided.TYPE, people, people[0], str(case), fields)
            ).fetchall()
            tellings = [one for person in people for one in _tellings(cursor, person, rows)]
        return [value for row in rows for value in _shown(ring, tellings, *row)]

    def _told(
        self,
        event_id: str,
        at: datetime,
        org: str,
        by: str,
        purpose: str,
        fields: Sequence[str],
        sealed_reason: bytes,
    ) -> pb.IdentityRead:
        return pb.IdentityRead(
            event_id=event_id,
            at=timestamp(at),
            org=org,
            by=by,
            purpose=purpose,
            reason=self._box.open(bytes(sealed_reason), WHY, event_id).decode(),
            fields=fields,
        )


def _refusal(
    event_id: str,
    at: datetime,
    org: str,
    by: str,
    purpose: str,
    fields: Sequence[str],
    case_id: str,
    code: str,
    last: bool,
) -> pb.IdentityRead:
    return pb.IdentityRead(
        event_id=event_id, at=timestamp(at), org=org, by=by, purpose=purpose, fields=fields,
        case_id=case_id, refused=code, last_of_day=last,
    )  # fmt: skip


def _tellings(cursor: Cursor[Any], person: UUID, rows: Iterable[tuple[Any, ...]]) -> list[Telling]:
    """What was told of a person and not voided, as far as values shown depend on it."""
    records = [record for whose, _, record, *_ in rows if whose == person]
    told = told_of(cursor, person, records) if records else []
    return [Telling.of(person, one.data, one.meta, one.id) for one in told]


def _shown(ring: Keyring, tellings: list[Telling], *row: Any) -> Iterator[pb.IdentityValue]:
    """The values of one field; none where the person's key was destroyed."""
    sealed, (stored_at, org, voided) = Sealed(*row[:6]), row[6:]
    field = IdentityField.GUARDIAN if sealed.name.startswith(GUARDIAN) else sealed.name
    cleared = taken_away(tellings, sealed.record_id, field)
    try:
        texts = texts_of(sealed.name, ring.open(sealed))
    except MasterKeyAway:
        raise
    except CannotOpen:
        return
    for text in texts:
        yield pb.IdentityValue(
            field=sealed.name, value=text, event_id=sealed.record_id, org=org,
            recorded_at=timestamp(stored_at), voided=voided, cleared=cleared,
        )  # fmt: skip


def _check(request: pb.ReadIdentityRequest) -> None:
    """Raises `InvalidInput` with every field that is wrong."""
    wrong: list[Violation] = []
    if not request.reason.strip():
        wrong.append(Violation("reason", "field_missing"))
    elif len(request.reason) > LONGEST_REASON:
        wrong.append(Violation("reason", "too_long", {"max_length": str(LONGEST_REASON)}))
    if not FIELDS.keys() >= set(request.fields):
        wrong.append(Violation("fields", "not_in_list", {"expected": ", ".join(sorted(FIELDS))}))
    if wrong:
        raise InvalidInput(wrong)
    _case_id(request.case_id)


def _case_id(text: str) -> UUID:
    """Raises `NotFound`: what is no id names no case."""
    try:
        return UUID(text)
    except ValueError:
        raise NotFound("case_unknown", field="case_id") from None
