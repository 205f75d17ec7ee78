"""Who a client is: into the vault, known by keyed hashes of ID numbers, compared with who is known."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from uuid import UUID

from chassis.aggregate import event_id
from chassis.store.commit import TableWrite
from chassis.store.unit_of_work import UnitOfWork
from chassis.store.unnest import Rows
from contracts.envelope import Meta
from contracts.events.intake import ClientRegistered, ClientRegisteredPosted
from contracts.events.people import IdentityCorrected, IdentityCorrectedPosted
from contracts.vocabulary import IdentityField, MatchGround, MergeGround

from intake.application import keys, numbers, people
from intake.application.identity import Identities, values_of
from intake.application.matching import client_named, identified
from intake.application.numbers import Told
from intake.application.originals import Original
from intake.application.proposing import Found, Proposals
from intake.application.reading import Event
from intake.application.telling import take
from intake.domain.case import Case
from intake.domain.particulars import check_cleared, counts, known
from intake.likeness.exact import Known, compare_exact
from intake.likeness.profile import Nowhere, Profile
from intake.likeness.score import score

DUE = Rows(
    30,
    "INSERT INTO likeness_due (person, case_id, event_id) SELECT * FROM {rows}",
    *("uuid", "uuid", "text"),
)
_FIELDS = {"guardian_name": IdentityField.GUARDIAN, "guardian_phone": IdentityField.GUARDIAN}
_COMPARED = ("full_name", "birth_date")
_TELLS = (ClientRegisteredPosted, IdentityCorrectedPosted)
"""What tells who a client is."""


class Registrar:
    """Records registrations and corrections of identities.

    Whoever is like somebody known is looked for after the commit, which leaves word of it (`likeness_due`):
    nobody waits for that at the front door.
    """

    def __init__(self, identities: Identities, proposals: Proposals) -> None:
        self._identities = identities
        self._proposals = proposals

    def register(
        self,
        uow: UnitOfWork,
        case: Case,
        client: UUID,
        event: Event,
        data: ClientRegisteredPosted,
        meta: Meta,
        place: int | None = None,
    ) -> None:
        """`client`: whom the event means, also where the case is another's because the two are one person;
        `place`: the version of the event in whose place it stands.

        Raises `Refusal` before anything has changed.
        """
        assert data.identity is not None, "what was sealed is opened"
        fields = {name: value for name, value in data if name in ClientRegistered.model_fields}
        take(uow, case, ClientRegistered(**fields), meta)
        self._keep(uow, case, client, event, data, place, corrects=False)

    def correct(
        self,
        uow: UnitOfWork,
        case: Case,
        client: UUID,
        event: Event,
        data: IdentityCorrectedPosted,
        meta: Meta,
        place: int | None = None,
    ) -> None:
        """What was told before stays readable as known then. Raises `Refusal` before anything has changed."""
        fields = _corrected(data)
        check_cleared(data.cleared, fields)
        recorded = IdentityCorrected(
            reason=data.reason, fields=fields, birth_year=data.birth_year, sex=data.sex, cleared=data.cleared
        )
        take(uow, case, recorded, meta)
        self._keep(uow, case, client, event, data, place, corrects=True)

    def take_back(self, uow: UnitOfWork, found: Original) -> None:
        """What told who a client is was voided: that counts no more."""
        numbers.take_back(uow, found.client, found.recorded_id)
        uow.commit.extra.append(TableWrite(DUE, (keys.as_id(found.client), found.case.id, found.recorded_id)))

    def unmeet(self, uow: UnitOfWork, found: Original, meta: Meta) -> None:
        """An event was voided: whom a number had merged that they do not share any more, are two again,
        whichever of the two it was mistyped for. What a person decided stands."""
        own = people.case_of_client(uow, found.client) or found.case
        told = [one for one in uow.events(own) if isinstance(one, Case.Merged)]
        for data in [one.data for one in told if one.meta.causation_id is not None]:
            one, other = keys.as_text(data.survivor), keys.as_text(data.merged)
            counts = people.person_of(uow, one).edge(str(data.merge)) is not None
            if counts and data.ground is MergeGround.ID_NUMBER and not numbers.share(uow, one, other):
                self._proposals.withdraw(uow, data.merge, meta)

    def meet(
        self, uow: UnitOfWork, case: Case, client: UUID, event: Event, rival: tuple[str, tuple[str, ...]]
    ) -> None:
        """Somebody else has the same ID number. Nothing in conflict at a registration: one person, merged
        here. Otherwise a person decides.
        """
        other, conflicts = rival
        told = case.pending_events[-1]
        beside = {"causation_id": event_id(told), "client": None}
        meta: Meta = told.meta.model_copy(update=beside)  # type: ignore[attr-defined]
        known, mine = people.case_of_client(uow, other), keys.as_text(client)
        if known is None or people.same_person(uow, other, mine):
            return
        own = people.case_of_client(uow, mine) or case
        if isinstance(event.data, ClientRegisteredPosted) and not conflicts:
            self._proposals.merge(uow, known, own, MergeGround.ID_NUMBER, meta)
            return
        reasons = tuple(f"conflict_{field}" for field in conflicts) or ("number_same",)
        found = Found(UUID(other), self._likely(uow, other, event), reasons)
        self._proposals.propose(uow, own, MatchGround.ID_NUMBER, [found], meta)

    def compare(self, uow: UnitOfWork, client: str, event: Event) -> tuple[str, ...]:
        """The fields in which what an event tells contradicts what is known of a client."""
        return tuple(map(str, compare_exact(_told(event), self._known(uow, client)).conflicts))

    def load(self, uow: UnitOfWork, events: Iterable[Event]) -> None:
        """Read in bulk what registering and correcting will ask for: keys and numbers of who is named, and
        what is known of who has the same ID number.
        """
        telling = [event.naming for event in events if isinstance(event.data, _TELLS)]
        if not telling:
            return
        named = {client for one in telling if (client := client_named(uow, one)) is not None}
        known = {client for one in telling if (client := identified(uow, one)) is not None}
        names = [(keys.NUMBERS_OF, client) for client in named | known]
        uow.load_claims_of([*names, *((keys.LATEST_CASE, client) for client in named | known)])
        cases = (people.latest_case_id(uow, client) for client in known)
        uow.load(Case, [case for case in cases if case is not None])
        self._identities.load(map(keys.as_id, named | known))
        if known:
            self._identities.load_told(map(keys.as_id, known), _COMPARED)

    def _known(self, uow: UnitOfWork, client: str) -> Known:
        person, tellings = keys.as_id(client), people.tellings_of(uow, client)
        told = self._identities.told(uow, person, _COMPARED, counts=partial(counts, tellings))
        year, sex = known(tellings, {person})
        return Known.of_texts(told.get("full_name"), told.get("birth_date"), year, sex)

    def _likely(self, uow: UnitOfWork, client: str, event: Event) -> int:
        one, other = _told(event), self._known(uow, client)
        if one.full_name is None or other.full_name is None:
            return 0
        first = Profile(one.full_name, one.year, one.sex)
        return round(100 * score(first, Profile(other.full_name, other.year, other.sex), Nowhere()).likely)

    def _keep(
        self,
        uow: UnitOfWork,
        case: Case,
        client: UUID,
        event: Event,
        data: ClientRegisteredPosted | IdentityCorrectedPosted,
        place: int | None,
        *,
        corrects: bool,
    ) -> None:
        recorded = event_id(case.pending_events[-1])
        if data.identity is not None:
            self._identities.seal(uow, client, recorded, data.identity)
        number = event.naming.identity
        if isinstance(data, IdentityCorrectedPosted) and IdentityField.ID_NUMBER in data.cleared:
            number = numbers.NONE
        if number is not None:
            numbers.tell(uow, keys.as_text(client), Told(recorded, number, corrects, place))
        uow.commit.extra.append(TableWrite(DUE, (client, case.id, recorded)))


def _corrected(data: IdentityCorrectedPosted) -> tuple[IdentityField, ...]:
    given = list(values_of(data.identity)) if data.identity else []
    given += [name for name in ("sex", "birth_year") if getattr(data, name) is not None]
    fields = (_FIELDS.get(name) or IdentityField(name) for name in given)
    return tuple(dict.fromkeys(fields))


def _told(event: Event) -> Known:
    data = event.data
    assert isinstance(data, ClientRegisteredPosted | IdentityCorrectedPosted)
    identity = data.identity
    name, born = (identity.full_name, identity.birth_date) if identity else (None, None)
    return Known(name, born, data.birth_year, data.sex)
