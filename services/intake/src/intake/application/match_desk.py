"""What people decide about who is who: matches, merges, and merges taken back.

Who may: district and commune social workers and supervisors, who answer for both clients. An office answers
for a client if it answers for one that has a reference of its own for the client. Of whom nobody answers for
there is nothing, whether it exists or not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Protocol
from uuid import UUID

from chassis.items import Command
from chassis.refusal import Refusal
from chassis.rpc.errors import Forbidden, NotFound, Stale
from chassis.store.unit_of_work import UnitOfWork
from chassis.store.unnest import Lookup
from contracts.envelope import Meta, handle_of
from contracts.events.people import ClientsDistinguished
from contracts.vocabulary import MergeGround, OrgKind
from reference.rights import event_name
from reftrack.common.v1.command_pb2 import Outcome
from reftrack.intake.v1 import matching_pb2 as pb

from intake.application import keys, people
from intake.application.envelope import Policy, commanded
from intake.application.identity import Connect
from intake.application.pairs import OPEN, SAME, Pair, pair_of
from intake.application.proposing import Proposals
from intake.application.seeing import own_of, sees_the_case
from intake.application.telling import Stands, stands
from intake.domain.case import Case

MERGE, UNMERGE, DECIDE, MERGES = "merge_clients", "unmerge_clients", "decide_match", "list_merges"
"""Names of the commands; the last records nothing."""

MATCH_DEEDS = frozenset({MERGE, UNMERGE, DECIDE, MERGES})

DECIDERS = frozenset({OrgKind.SUPERVISOR, OrgKind.DISTRICT_SOCIAL, OrgKind.COMMUNE_SOCIAL})

_ORGS = Lookup(
    """
    SELECT DISTINCT holder, split_part(key, '/', 1) FROM claims
    WHERE kind = 'ref' AND holder = ANY({clients})
    """,
    clients="text",
)
"""References that earlier cases of the client had bound are in no later case."""


class Offices(Protocol):
    """The directory of organisations, as far as this needs it."""

    def get(self, org: str, /) -> Any | None:
        """The organisation of that id, or none."""
        ...

    def answers_for(self, org: str, other: str, /) -> bool:
        """Whether `org` is `other`, or answers for the area in which `other` works."""
        ...

    def sees_place(self, org: str, commune: str, day: date, /) -> bool:
        """Whether the organisation answers for all of what that code meant on that day."""
        ...


class MatchDesk:
    """Decides the commands of `MatchingService`."""

    def __init__(self, proposals: Proposals, policy: Policy, offices: Offices, connect: Connect) -> None:
        self._proposals = proposals
        self._policy = policy
        self._offices = offices
        self._connect = connect

    def load(self, uow: UnitOfWork, commands: Iterable[Command]) -> None:
        """Read in bulk what commands name."""
        merges = [one.message for one in commands if isinstance(one.message, pb.MergeClientsRequest)]
        named = {UUID(case) for one in merges for case in (one.survivor_case_id, one.merged_case_id)}
        if named:
            uow.load(Case, named)
            clients = [keys.as_text(case.client_id) for one in named if (case := uow.get(Case, one))]
            uow.load_claims(keys.LATEST_CASE, clients)

    def decide(self, uow: UnitOfWork, command: Command) -> bytes:
        """The answer, as bytes of the method's response. Raises `Refusal` before anything is recorded."""
        self._check_office(command)
        if isinstance(command.message, pb.MergeClientsRequest):
            return self._merge(uow, command, command.message).SerializeToString()
        if isinstance(command.message, pb.UnmergeClientsRequest):
            return self._unmerge(uow, command, command.message).SerializeToString()
        if isinstance(command.message, pb.ListMergesRequest):
            return self._merges(uow, command, command.message).SerializeToString()
        assert isinstance(command.message, pb.DecideMatchRequest), f"no such command: {command.name}"
        return self._decide(uow, command, command.message).SerializeToString()

    def _merge(
        self, uow: UnitOfWork, command: Command, request: pb.MergeClientsRequest
    ) -> pb.MergeClientsResponse:
        named = {
            "survivor_case_id": UUID(request.survivor_case_id),
            "merged_case_id": UUID(request.merged_case_id),
        }
        cases = self._reached(uow, command, named)
        self._expect(uow, command, cases[0], request, "expected_survivor_version")
        self._expect(uow, command, cases[1], request, "expected_merged_version")
        survivor, merged = (_own(uow, case) for case in cases)
        ground = MergeGround(request.ground)
        meta = self._meta(uow, command, survivor, request.legal_basis)
        merge_id = self._proposals.merge(uow, survivor, merged, ground, meta)
        target = people.latest_case_id(uow, keys.as_text(survivor.client_id))
        outcome = self._outcome(uow, command, survivor)
        return pb.MergeClientsResponse(merge_id=str(merge_id), open_case_id=str(target), outcome=outcome)

    def _unmerge(
        self, uow: UnitOfWork, command: Command, request: pb.UnmergeClientsRequest
    ) -> pb.UnmergeClientsResponse:
        merge_id = UUID(request.merge_id)
        client = uow.holder(keys.MERGE, str(merge_id))
        ends = self._ends(uow, merge_id) if client else ()
        if not ends or self._answered(uow, command, ends) < set(ends):
            raise NotFound("merge_unknown", field="merge_id")
        survivor, merged = (people.case_of_client(uow, end) for end in ends)
        assert survivor is not None, "whoever was merged has a case"
        assert merged is not None, "whoever was merged has a case"
        self._expect(uow, command, survivor, request, "expected_version")
        meta = self._meta(uow, command, survivor, request.legal_basis)
        edge = self._proposals.unmerge(uow, merge_id, MergeGround(request.ground), meta)
        return pb.UnmergeClientsResponse(
            survivor_case_id=str(people.latest_case_id(uow, edge.survivor)),
            merged_case_id=str(people.latest_case_id(uow, edge.merged)),
            outcome=self._outcome(uow, command, survivor),
        )

    def _decide(
        self, uow: UnitOfWork, command: Command, request: pb.DecideMatchRequest
    ) -> pb.DecideMatchResponse:
        one, other, pair = self._match(uow, command, request)
        if request.HasField("expected_version") and request.expected_version != pair.version:
            raise MatchChanged(pair, request.expected_version)
        if pair.state != OPEN:
            raise Refusal("match_decided", state=pair.state)
        new, known = (people.case_of_client(uow, client) for client in (one, other))
        assert new is not None, "whoever was proposed has a case"
        assert known is not None, "whoever was proposed has a case"
        meta, ground = self._meta(uow, command, known, request.legal_basis), MergeGround(request.ground)
        response = pb.DecideMatchResponse(state=request.decision)
        if request.decision == SAME:
            response.merge_id = str(self._proposals.merge(uow, known, new, ground, meta))
        else:
            self._tell_apart(uow, known, new, ground, meta)
        response.outcome.CopyFrom(self._outcome(uow, command, known))
        return response

    def _merges(
        self, uow: UnitOfWork, command: Command, request: pb.ListMergesRequest
    ) -> pb.ListMergesResponse:
        """The merges both of whose clients the caller answers for."""
        (case,) = self._reached(uow, command, {"case_id": UUID(request.case_id)})
        client = keys.as_text(case.client_id)
        person = people.person_of(uow, client)
        mine = self._answered(uow, command, person.clients)
        told = [edge for edge in person.edges if {edge.survivor, edge.merged} <= mine]
        root = person.root()
        return pb.ListMergesResponse(
            merges=[self._told(uow, *edge) for edge in told],
            open_case_id=str(people.latest_case_id(uow, client)) if told else str(case.id),
            root_client_id=root if root in mine else client,
        )

    def _told(self, uow: UnitOfWork, merge: str, survivor: str, merged: str) -> pb.Merge:
        cases = [people.case_of_client(uow, client) for client in (survivor, merged)]
        one, other = (str(case.id) if case else "" for case in cases)
        return pb.Merge(
            merge_id=merge,
            survivor_client_id=survivor,
            merged_client_id=merged,
            survivor_case_id=one,
            merged_case_id=other,
        )

    def _tell_apart(self, uow: UnitOfWork, known: Case, new: Case, ground: MergeGround, meta: Meta) -> None:
        told = ClientsDistinguished(one=known.client_id, other=new.client_id, ground=ground)
        for case in (known, new):
            case.note(told, people.envelopes(meta)(case.id))
        one, other = keys.as_text(known.client_id), keys.as_text(new.client_id)
        self._proposals.tell_apart(uow, one, other, meta.org)

    def _match(
        self, uow: UnitOfWork, command: Command, request: pb.DecideMatchRequest
    ) -> tuple[str, str, Pair]:
        """Raises `NotFound` for whoever answers for neither, `Forbidden` for whoever answers for one."""
        clients = (uow.holder(keys.MATCH, str(UUID(request.match_id))) or "").split()
        mine = self._answered(uow, command, clients)
        if not mine:
            raise NotFound("match_unknown", field="match_id")
        if mine < set(clients):
            raise Forbidden("match_not_yours")
        one, other = clients
        pair = pair_of(uow, one, other)
        assert pair is not None, "what has a place on the list was said"
        return one, other, pair

    def _check_office(self, command: Command) -> None:
        office = self._offices.get(_org(command))
        kind = office.kind if office else ""
        if kind not in DECIDERS:
            raise Forbidden(
                "not_for_your_office", detail={"kind": kind, "allowed": ", ".join(sorted(DECIDERS))}
            )

    def _reached(self, uow: UnitOfWork, command: Command, named: Mapping[str, UUID]) -> list[Case]:
        """The cases that fields name. Raises `NotFound` for the first that the caller has nothing to do with,
        as for one that does not exist."""
        cases = {field: uow.get(Case, one) for field, one in named.items()}
        clients = {case.id: keys.as_text(case.client_id) for case in cases.values() if case is not None}
        mine = self._answered(uow, command, clients.values())
        reached = []
        for field, case in cases.items():
            if case is None or clients[case.id] not in mine:
                raise NotFound("case_unknown", field=field)
            reached.append(case)
        return reached

    def _answered(self, uow: UnitOfWork, command: Command, clients: Iterable[str]) -> set[str]:
        """Those of the clients for whom the caller answers: for an organisation that has a reference of its
        own for them. One query for all."""
        cases = {client: people.case_of_client(uow, client) for client in clients}
        orgs = {
            client: {org for org, _ in case.references} if case is not None else set()
            for client, case in cases.items()
        }
        with self._connect() as connection:
            for client, org in _ORGS.read(connection, clients=list(orgs)):
                orgs[client].add(org)
        answers_for, office = self._offices.answers_for, _org(command)
        return {client for client, known in orgs.items() if any(answers_for(office, org) for org in known)}

    def _ends(self, uow: UnitOfWork, merge_id: UUID) -> tuple[str, ...]:
        return tuple(people.merge_of(uow, merge_id)[1][1:])

    def _expect(self, uow: UnitOfWork, command: Command, case: Case, request: Any, field: str) -> None:
        """Raises `CaseChanged`, if the request expected another version. Who does not see the case counts its
        own events alone: the versions of others' would tell what they do."""
        if not request.HasField(field):
            return
        expected, known = getattr(request, field), self._known(uow, command, case)
        if expected != len(known):
            since = [event_name(one.data.TYPE) for one in known[max(expected, 0) :]]
            shown = stands(uow, case) if self._sees(command, case) else None
            raise CaseChanged(expected, len(known), since, shown)

    def _known(self, uow: UnitOfWork, command: Command, case: Case) -> list[Any]:
        """The events of a case that the caller's office may know of."""
        events = uow.events(case)
        return events if self._sees(command, case) else own_of(events, _org(command))

    def _sees(self, command: Command, case: Case) -> bool:
        return sees_the_case(case, self._offices.get(_org(command)), self._offices)

    def _outcome(self, uow: UnitOfWork, command: Command, case: Case) -> Outcome:
        recorded_id = f"{case.id}:{case.version}"
        if self._sees(command, case):
            shown = stands(uow, case)
            return Outcome(event_id=recorded_id, state=shown.state, moves=shown.moves, version=case.version)
        known = self._known(uow, command, case)
        handle = handle_of(recorded_id, known[-1].meta, known[-1].data) if known else ""
        return Outcome(event_id=handle, version=len(known))

    def _meta(self, uow: UnitOfWork, command: Command, case: Case, legal_basis: str) -> Meta:
        return commanded(command, case.id, self._policy, uow.now, legal_basis=legal_basis)


class CaseChanged(Stale):
    """Somebody else was faster: the version now, what happened since the one expected, and to who may know it
    where it stands (`shown`)."""

    def __init__(self, expected: int, version: int, since: Sequence[str], shown: Stands | None) -> None:
        super().__init__(expected, version, since, **(shown._asdict() if shown else {}))


class MatchChanged(Stale):
    """Somebody else decided, or it was proposed anew: the version and state now."""

    def __init__(self, pair: Pair, expected: int) -> None:
        super().__init__(expected, pair.version, [pair.state], state=pair.state, code="conflict")


def _own(uow: UnitOfWork, case: Case) -> Case:
    """The latest case of the client of a case."""
    return people.case_of_client(uow, keys.as_text(case.client_id)) or case


def _org(command: Command) -> str:
    return command.caller.partition("/")[0]
