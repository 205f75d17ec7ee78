"""What an agency's event was recorded as: found by its source and id, for who voids or corrects it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple
from uuid import UUID

from chassis.aggregate import event_id, place_of
from chassis.refusal import Refusal
from chassis.store.unit_of_work import UnitOfWork
from contracts.envelope import Meta, handle_of
from contracts.events.cases import CaseClosed, CaseReopened, EventVoidedPosted
from contracts.vocabulary import CloseReason, ReopenReason, Verdict

from intake.application import keys
from intake.application.matching import NotKnownYet
from intake.application.outcome import ACCEPTED, ROUTED
from intake.application.reading import Event, Reading
from intake.domain.case import FACTS, Case
from intake.domain.front_door import source_of

_FACTS: tuple[type[Any], ...] = (
    *FACTS.values(),
    *(Case.Routed, Case.Withdrawn, Case.Reopened, Case.Reviewed),
)
"""What an agency's event is recorded as; what is recorded beside it (a reference bound, a case opened) is
not voided for itself."""


class Original(NamedTuple):
    """What was recorded of an event: `happened` in `case`; `bound`: the references that it bound besides."""

    case: Case
    happened: Any
    bound: tuple[Any, ...]
    events: list[Any]
    """All events of the case."""

    @property
    def version(self) -> int:
        """Its version in the case."""
        return int(self.happened.originator_version)

    @property
    def place(self) -> int:
        """The version in whose place it counts: its own, unless it replaced another."""
        return place_of(self.events, self.version)

    @property
    def recorded_id(self) -> str:
        """The id under which it was recorded."""
        return event_id(self.happened)

    @property
    def client(self) -> str:
        """The client of whom it tells."""
        return keys.as_text(self.case.meant(self.happened.meta))

    def meta_of(self, meta: Meta) -> Meta:
        """The envelope of what voids it: that tells of whom it told."""
        whom = self.happened.meta.client
        return meta if meta.client == whom else meta.model_copy(update={"client": whom})

    @property
    def type(self) -> str:
        """The type under which it was recorded."""
        return str(self.happened.data.TYPE)

    @property
    def posted_type(self) -> str:
        """The type that the agency had posted."""
        data = self.happened.data
        return str(data.type) if isinstance(self.happened, Case.Routed) else self.type


def named_by(reading: Reading, event: Event) -> tuple[str, str] | None:
    """Source and id of the event that this one voids or corrects, if it does."""
    data = event.data
    if type(data) is EventVoidedPosted:
        return data.source or reading.source, data.event_id
    corrects = event.posted.corrects
    return (reading.source, corrects) if corrects is not None else None


def check_names_another(reading: Reading, event: Event, field: str) -> None:
    """Raises `Refusal` for an event that voids or corrects itself: it would wait for itself for ever."""
    if named_by(reading, event) == (reading.source, reading.event_id):
        raise Refusal("names_itself", field=field)


def load_originals(uow: UnitOfWork, names: Iterable[tuple[str, str]]) -> None:
    """Read the cases of these events, in two queries."""
    names = list(names)
    if names:
        uow.load_inbox(names)
        rows = (uow.received(*name) for name in names)
        uow.load(Case, {keys.as_id(row.case_key) for row in rows if row is not None and _is_recorded(row)})


def case_key_of(uow: UnitOfWork, name: tuple[str, str]) -> str:
    """The case of the event named, or what stands for it until it is known."""
    row = uow.received(*name)
    return row.case_key if row is not None and row.case_key else keys.until_event(*name)


def original(uow: UnitOfWork, name: tuple[str, str], field: str) -> Original:
    """Raises `NotKnownYet` for an event of which nothing is known or decided yet, and `Refusal` for one that
    was not recorded, or was voided and is nothing but a void."""
    row = uow.received(*name)
    if row is None or not (_is_recorded(row) or row.verdict in (Verdict.REJECTED, Verdict.DISCARDED)):
        unknown = Refusal("event_not_known_yet", field=field)
        raise NotKnownYet(keys.until_event(*name), f"event {name[1]}", unknown)
    case = uow.get(Case, keys.as_id(row.case_key)) if _is_recorded(row) and row.case_key else None
    if case is None:
        raise Refusal("nothing_recorded", field=field)
    events = uow.events(case)
    caused = [
        one for one in events if one.meta.causation_id == name[1] and source_of(one.meta.org) == name[0]
    ]
    facts = [one for one in caused if isinstance(one, _FACTS) and not by_merging(one)]
    if not facts:
        raise Refusal("void_of_a_void", field=field)
    return Original(case, facts[-1], tuple(one for one in caused if isinstance(one, Case.Bound)), events)


def recorded(uow: UnitOfWork, recorded_id: str, field: str, is_theirs: Callable[[str], bool]) -> Original:
    """What stands under the id of a recorded event, or under its handle (`contracts.envelope`), if it is of
    an organisation whose events the caller may void. Raises `Refusal` where there is nothing to void; of what
    is others' it says no more than of what is not there: ids count the events of a case.
    """
    version = recorded_id.partition(":")[2]
    case = uow.get(Case, stream_of(recorded_id)) if version[:1] == "~" or version.isdigit() else None
    events = uow.events(case) if case is not None else []
    happened: Any = next((one for one in events if recorded_id in names_of(one)), None)
    if case is None or happened is None or not is_theirs(happened.meta.org):
        raise Refusal("event_not_found", field=field)
    if not isinstance(happened, _FACTS):
        raise Refusal("void_of_a_void" if happened.voids else "event_not_voidable", field=field)
    cause = happened.meta.causation_id
    bound = tuple(
        one
        for one in events
        if isinstance(one, Case.Bound)
        and cause is not None
        and one.meta.causation_id == cause
        and one.meta.org == happened.meta.org
    )
    return Original(case, happened, bound, events)


def names_of(happened: Any) -> tuple[str, str]:
    """The id of a recorded event, and its handle."""
    recorded_id = event_id(happened)
    return recorded_id, handle_of(recorded_id, happened.meta, happened.data)


def by_merging(happened: Any) -> bool:
    """Whether merging closed a case, or unmerging opened it again: that nobody reported."""
    data = happened.data
    if isinstance(data, CaseClosed):
        return data.reason is CloseReason.MERGED
    return isinstance(data, CaseReopened) and data.reason is ReopenReason.UNMERGED


def stream_of(recorded_id: str) -> UUID:
    """The stream in which an event stands; one that there is not, where the id is of no recorded event."""
    try:
        return UUID(recorded_id.partition(":")[0])
    except ValueError:
        return UUID(int=0)


def _is_recorded(row: Any) -> bool:
    """Accepted, or passed on to another service that has not refused it."""
    deferred = row.verdict == Verdict.WAITING and row.routed_id is not None
    return row.verdict in (ACCEPTED, ROUTED) or deferred
