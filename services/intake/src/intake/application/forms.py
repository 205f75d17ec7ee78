"""Paper forms of consent, each of one client: a number that an office gave twice is for people to see."""

from __future__ import annotations

from chassis.store.unit_of_work import UnitOfWork
from contracts.problems import Problem

from intake.application import keys, people
from intake.application.originals import Original
from intake.domain.case import Case


def give(uow: UnitOfWork, org: str, number: str | None, client: str) -> tuple[Problem, ...]:
    """An office gave a form's number for a client: a warning where it had given it for another, who is not
    named. Numbers are an office's own: the same one of another office is another form.

    Also where the two were found to be one person: whoever gives a number twice could else learn that.
    """
    if number is None:
        return ()
    key = keys.form_key(org, number)
    before = (uow.holder(keys.FORM, key) or "").split()
    if client not in before:
        _put(uow, key, [*before, client])
    used = any(one != client for one in before)
    return (Problem("consent_form_used_before", "/data/form_number"),) if used else ()


def take_back(uow: UnitOfWork, found: Original) -> None:
    """A consent was voided: its form is that client's no more, unless another one that stands names it."""
    org, number = found.happened.meta.org, found.happened.data.form_number
    if number is None:
        return
    key = keys.form_key(org, number)
    for case in people.cases_telling_of(uow, found.client):
        for one in uow.events(case):
            stands = isinstance(one, Case.Consented) and one.originator_version not in case.voided
            same = stands and one.meta.org == org and keys.as_text(case.meant(one.meta)) == found.client
            if same and one.data.form_number and keys.form_key(org, one.data.form_number) == key:
                return
    _put(uow, key, [one for one in (uow.holder(keys.FORM, key) or "").split() if one != found.client])


def _put(uow: UnitOfWork, key: str, clients: list[str]) -> None:
    if uow.holder(keys.FORM, key) is not None:
        uow.release(keys.FORM, key)
    if clients:
        uow.claim(keys.FORM, key, " ".join(clients))
