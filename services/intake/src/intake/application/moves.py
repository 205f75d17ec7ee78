"""Somebody moves to another commune: who takes the client up, the number for that, and the 24 hours."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from answering.deadlines import DeadlineRow, put, take
from chassis.aggregate import event_id
from chassis.refusal import Refusal
from chassis.store.unit_of_work import UnitOfWork
from chassis.timers import Timer, set_timer
from contracts.envelope import Meta
from contracts.events.cases import ClientMoved, ClientMovedPosted, MoveAcknowledged, MoveAcknowledgedPosted
from contracts.vocabulary import NumberKind, OrgKind
from reference import Policy
from reference.days import local_day

from intake.application import keys, people, telling
from intake.application.consents import HANOI
from intake.application.envelope import rung
from intake.domain.case import Case
from intake.domain.facts import version_of
from intake.domain.moving import Move, is_late, notice_due

MOVE = "move_acknowledgement"
"""The kind of timer that rings when a move should have been acknowledged; its key: the event of the move."""


class Directory(Protocol):
    """The directory of organisations, as far as moves need it."""

    def __iter__(self) -> Iterator[Any]: ...

    def get(self, org: str, /) -> Any | None:
        """The organisation of that id, or none."""
        ...

    def works_in(self, org: str, commune: str, day: date, /) -> bool:
        """Whether a commune on a day lies where the organisation works."""
        ...

    def answers_for(self, org: str, other: str, /) -> bool:
        """Whether `org` is `other`, or answers for the area in which `other` works."""
        ...


class Moves:
    """Records moves and their acknowledgement, and that one was not acknowledged in time."""

    def __init__(self, policy: Policy, organisations: Directory) -> None:
        self._policy = policy
        self._organisations = organisations

    def moved(
        self,
        uow: UnitOfWork,
        case: Case,
        data: ClientMovedPosted,
        given: str,
        meta: Meta,
        place: int | None = None,
    ) -> str | None:
        """The number under which the client is taken up there: `given`, or none where nobody whom the
        directory knows works there. `place`: the version of the event in whose place it stands.

        Raises `Refusal` before anything has changed."""
        day = local_day(meta.occurred_at)
        to_org = self._taken_up_by(data, day)
        number = given if to_org else None
        wrong = case.wrong_moves.get(place) if place is not None else None
        due_at = self._due(to_org, meta, wrong) if to_org else None
        told = {
            **dict(data),
            "to_org": to_org,
            "number": number,
            "due_at": due_at,
            **self._notice(data, meta),
        }
        telling.take(uow, case, ClientMoved(**told), meta)
        if number is not None and due_at is not None:
            uow.claim(keys.NUMBER, keys.number_key(NumberKind.INTRODUCTION, number), keys.as_text(case.id))
            set_timer(uow, Timer(MOVE, case.id, event_id(case.pending_events[-1]), due_at))
        self._list(uow, case)
        return number

    @staticmethod
    def set_again(uow: UnitOfWork, case: Case) -> None:
        """An answer was voided, or a move put right: the clock goes on for those that nobody has answered,
        late or not."""
        for move in case.moves:
            if move.is_open and not move.overdue and move.due_at is not None:
                set_timer(uow, Timer(MOVE, case.id, f"{case.id}:{move.version}", move.due_at))
        Moves._list(uow, case)

    @staticmethod
    def taken_back(uow: UnitOfWork, case: Case, version: int) -> None:
        """A move was voided: nobody owes an answer to it."""
        take(uow, case.id, f"{MOVE}/{version}")

    @staticmethod
    def _list(uow: UnitOfWork, case: Case) -> None:
        """Write down which moves of a case wait for an answer, late or not."""
        for move in case.moves:
            key = f"{MOVE}/{move.version}"
            if move.to_org is None or move.since is None or move.due_at is None or not move.is_open:
                take(uow, case.id, key)
                continue
            sides = (move.number or "", move.to_org, move.by)
            put(uow, DeadlineRow(case.id, key, case.id, MOVE, *sides, move.since, move.due_at))

    def acknowledged(
        self, uow: UnitOfWork, case: Case, data: MoveAcknowledgedPosted, number: str | None, meta: Meta
    ) -> None:
        """Raises `Refusal` before anything has changed."""
        known = telling.known_of(uow, case, case.meant(meta))
        move = case.move_answered(number, self._theirs(meta.org), case.same(meta, known))
        case.take(MoveAcknowledged(note=data.note, move=f"{case.id}:{move.version}"), meta, known)
        self._list(uow, case)

    def case_answered(self, uow: UnitOfWork, case: Case, client: UUID, org: str) -> Case:
        """The case that tells of the move of a client, or of whoever is the same person, to which an office
        owes an answer; this one, where it tells of one or none does."""
        clients = telling.known_of(uow, case, client).clients
        if not clients:
            return case
        person = people.person_of(uow, keys.as_text(client))
        others = people.cases_about(uow, person, set(map(keys.as_text, clients)), case)
        is_theirs = self._theirs(org)
        for one in (case, *others):
            found = one.moves_of(clients)
            if any(move.is_open and move.to_org is not None and is_theirs(move.to_org) for move in found):
                return one
        return case

    def _theirs(self, org: str) -> Callable[[str], bool]:
        return lambda to: self._organisations.answers_for(org, to)

    def ring(self, uow: UnitOfWork, timer: Timer) -> None:
        """The hours are over: judged by the policy of the day from which they ran (docs/policy.md)."""
        case, version = uow.get(Case, timer.stream), version_of(timer.key)
        late = next((one for one in case.moves if one.version == version), None) if case is not None else None
        if case is None or late is None or late.since is None or late.to_org is None:
            return
        terms = self._policy.on(late.since, self._province(late.to_org))
        case.pass_deadline(version, rung(timer, uow.now, terms.version))

    def _taken_up_by(self, data: ClientMovedPosted, day: date) -> str | None:
        """Who works in that commune on the map of that day; of a merged commune, whoever works in it now."""
        if data.to_org is not None:
            if not self._organisations.works_in(data.to_org, data.to_commune, day):
                raise Refusal("to_org_elsewhere", field="/data/to_org")
            return data.to_org
        found = [
            one.id
            for one in self._organisations
            if one.kind == OrgKind.COMMUNE_SOCIAL
            and one.seat.code is not None
            and not one.suspended
            and one.holds(day)
            and self._organisations.works_in(one.id, data.to_commune, day)
        ]
        if len(found) > 1:
            raise Refusal("several_take_up", field="/data/to_org", detail={"orgs": ", ".join(found)})
        return found[0] if found else None

    def _due(self, to_org: str, meta: Meta, wrong: Move | None) -> datetime:
        """From when we were told: nobody can answer earlier; who was told of a `wrong` one, from then on."""
        if wrong is not None and wrong.to_org == to_org and wrong.due_at is not None:
            return wrong.due_at
        terms = self._policy.on(local_day(meta.received_at), self._province(to_org))
        return meta.received_at + timedelta(hours=terms.move_acknowledge_hours)

    def _notice(self, data: ClientMovedPosted, meta: Meta) -> dict[str, Any]:
        """Whether the notice of the move was given in time, by the law of its day in the province of the
        office that reports it."""
        terms = self._policy.on(local_day(meta.occurred_at), self._province(meta.org))
        due_at = notice_due(meta, terms.move_notice_hours)
        return {"notice_due_at": due_at, "notified_late": is_late(data.notified_on, due_at)}

    def _province(self, org: str) -> str:
        office = self._organisations.get(org)
        return office.policy_province if office is not None else HANOI
