"""Consent as intake decides it: who had to agree, what a withdrawal may name, when the clock ends one.

Whether something may be shared nobody decides here: `consent.decide` does, wherever something is shared.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from chassis.refusal import Refusal
from consent import Client, given_until, who_agrees
from contracts.envelope import Meta
from contracts.events.consent import ConsentGiven, ConsentGivenPosted, ConsentWithdrawn
from reference.days import local_day, local_time
from reference.policy import Holding


@dataclass(frozen=True, slots=True)
class Given:
    """One consent of a case. `cause`: the id that the organisation gave its own event."""

    id: str
    org: str
    cause: str | None
    given_at: datetime
    expires_on: date | None
    withdrawn: bool = False
    expired: bool = False
    client: UUID | None = None
    """Who gave it, where that is not the case's own client."""


class Whole(NamedTuple):
    """A withdrawal of all of a consent, or of all that this client (None: the case's own) gave until then."""

    consent: str | None
    client: UUID | None
    until: datetime


class Consents(NamedTuple):
    """The consents of one case, in the order in which they count. `corrected`: of each that was put right or
    puts one right, the first in whose place it stands. `taken`: what was withdrawn as a whole, also of what
    is told later. `wrong`: those that were voided, as their organisation named them."""

    all: tuple[Given, ...] = ()
    corrected: tuple[tuple[str, str], ...] = ()
    taken: tuple[Whole, ...] = ()
    wrong: tuple[tuple[str, str | None, str], ...] = ()

    def given(self, consent_id: str, data: ConsentGiven, meta: Meta) -> Consents:
        """These and one more."""
        named = (consent_id, meta.org, meta.causation_id)
        one = Given(*named, meta.occurred_at, data.expires_on, client=meta.client)
        return self._replace(all=(*self.all, replace(one, withdrawn=self._is_taken(one))))

    def in_place(self, consent_id: str, first: str) -> Consents:
        """One of them stands in the place of another: what names that one, names this one."""
        return self._replace(corrected=(*self.corrected, (consent_id, first)))

    def voided(self, consent_id: str, meta: Meta) -> Consents:
        """One of them was wrong; what stands in its place goes by its organisation's id for it as well."""
        return self._replace(wrong=(*self.wrong, (meta.org, meta.causation_id, consent_id)))

    def withdrawn(self, data: ConsentWithdrawn, meta: Meta, first: Meta) -> Consents:
        """These after a withdrawal, of which or of what it puts right we were told `first`; one in part
        leaves them to be withdrawn."""
        if data.purposes or data.recipients or data.recipient_orgs or data.labels:
            return self
        more = self._replace(taken=(*self.taken, Whole(data.consent, meta.client, given_until(meta, first))))
        return more._replace(all=tuple(replace(one, withdrawn=more._is_taken(one)) for one in self.all))

    def _is_taken(self, one: Given) -> bool:
        """Whether a consent of the case is withdrawn as a whole. A withdrawal of everything is of what the
        client gave, not of what another did in the same case."""
        return self._is_taken_by_name(one) or any(
            whole.consent is None and whole.client == one.client and one.given_at <= whole.until
            for whole in self.taken
        )

    def _is_taken_by_name(self, one: Given) -> bool:
        named = (whole.consent for whole in self.taken if whole.consent is not None)
        return any(self._first(one.id) == self._first(each) for each in named)

    def expired(self, consent_id: str) -> Consents:
        """These, one of them over by the clock."""
        over = (replace(one, expired=True) if one.id == consent_id else one for one in self.all)
        return self._replace(all=tuple(over))

    def to_expire(self, consent_id: str) -> Given | None:
        """The consent, if its end is still to be recorded: not what was withdrawn as a whole or voided."""
        one = self._of(consent_id)
        return None if one is None or one.withdrawn or one.expired or one.expires_on is None else one

    def named_by(
        self, data: ConsentWithdrawn, meta: Meta, elsewhere: Given | None = None
    ) -> ConsentWithdrawn:
        """The withdrawal with the recorded event in the place of the organisation's own event id.

        Each organisation names its own consents only; all of them may be withdrawn at any of those who may
        report it: the client goes where the client goes. Raises `Refusal`, `later` where that consent may
        still be reported.
        """
        if data.consent is None:
            return data
        one = self.named(meta.org, data.consent) or elsewhere
        if one is None:
            detail = {"awaits": "consent_given"}
            raise Refusal("consent_unknown", field="/data/consent", detail=detail, later=True)
        if meta.latest_at < one.given_at:
            detail = {"given_at": local_time(one.given_at)}
            raise Refusal("withdrawn_before_given", field="time", detail=detail)
        if one.withdrawn or self._is_taken_by_name(one):
            raise Refusal("consent_already_withdrawn", field="/data/consent")
        return data.model_copy(update={"consent": one.id})

    def named(self, org: str, cause: str) -> Given | None:
        """The consent to which that organisation gave this id, or which stands in the place of that one."""
        wrong = {self._first(each) for by, named, each in self.wrong if (by, named) == (org, cause)}
        found = (
            one for one in self.all if (one.org, one.cause) == (org, cause) or self._first(one.id) in wrong
        )
        return next(found, None)

    def _of(self, consent_id: str) -> Given | None:
        return next((one for one in self.all if one.id == consent_id), None)

    def _first(self, consent_id: str) -> str:
        return dict(self.corrected).get(consent_id, consent_id)


def check_who_agreed(data: ConsentGiven, birth_year: int | None, held: Holding, on: date) -> None:
    """Raises `Refusal` where somebody had to agree, by the age limits of that day, and did not."""
    client = Client(birth_year, represented=data.represented)
    guardian, oneself = who_agrees(client, held, on)
    if guardian and data.guardian is None:
        raise Refusal("consent_lacks_guardian", field="/data/guardian")
    if oneself and not data.by_client:
        raise Refusal("consent_lacks_client", field="/data/by_client")


def check_guardian(data: ConsentGivenPosted) -> None:
    """Raises `Refusal` for the identity of a guardian who did not agree: it is nobody's business then."""
    if data.guardian_identity is not None and data.guardian is None:
        raise Refusal("guardian_identity_alone", field="/data/guardian_identity")


def day_of(meta: Meta) -> date:
    """The day, in Viet Nam, of what an envelope dates."""
    return local_day(meta.occurred_at)
