"""Whose deliveries a caller may look into: the kind of its organisation decides, not a word in its token."""

from __future__ import annotations

from typing import NamedTuple

from chassis.rpc.call import Caller, Role
from chassis.rpc.errors import Forbidden
from contracts.vocabulary import OrgKind
from directory import Standing
from reference import Organisation, Organisations


class Reach(NamedTuple):
    """Organisations by their ids; `strangers`: also what came from nobody that the directory has."""

    orgs: list[str]
    strangers: list[str]
    """All ids of the directory, for "none of these"; empty: no strangers."""

    def parameters(self) -> tuple[list[str], bool, list[str]]:
        """For `REACHED`."""
        return self.orgs, bool(self.strangers), self.strangers


REACHED = "({org} = ANY(%s) OR (%s AND NOT {org} = ANY(%s)))"
"""The condition that a row's organisation is reached; takes `Reach.parameters()`."""


def of_waiting(caller: Caller, organisations: Organisations) -> Reach:
    """What waits: an agency's system sees its own, people see that of everybody their office answers for.

    What waits for its agency to be entered in the directory is for who supervises a whole province.
    """
    one = organisations.get(caller.org)
    if caller.role is Role.AGENCY or one is None:
        return Reach([caller.org], [])
    strangers = _whole_province(one) and one.kind == OrgKind.SUPERVISOR
    known = [organisation.id for organisation in organisations] if strangers else []
    return Reach(organisations.answered_for_by(one.id), known)


_ANSWERS_FOR_POSTS = frozenset({OrgKind.SUPERVISOR, OrgKind.DISTRICT_SOCIAL})
"""Who sees to it that what offices report is put right (`domain.md`: corrections)."""


def whose_receipts(caller: Caller, asked: str, organisations: Organisations, standing: Standing) -> str:
    """Whose receipts are asked for. Raises `Forbidden`, whether there is such an organisation or not; an
    office that takes no part today reads its own alone."""
    if asked in ("", caller.org):
        return caller.org
    standing.check(caller.org)
    one = organisations.get(caller.org)
    may = caller.role is not Role.AGENCY and one is not None and one.kind in _ANSWERS_FOR_POSTS
    if not may or not organisations.answers_for(caller.org, asked):
        raise Forbidden("receipts_not_yours", field="org")
    return asked


def of_quarantine(caller: Caller, organisations: Organisations) -> Reach:
    """Quarantine: a supervising organisation its territory, an administrator everything but the content.

    What came from strangers is for who supervises a whole province. Raises `Forbidden` for everybody else.
    """
    known = [organisation.id for organisation in organisations]
    if caller.role is Role.ADMINISTRATOR:
        return Reach(known, known)
    one = organisations.get(caller.org)
    if one is None or one.kind != OrgKind.SUPERVISOR:
        raise Forbidden("supervising_office_only")
    return Reach(organisations.answered_for_by(one.id), known if _whole_province(one) else [])


def _whole_province(one: Organisation) -> bool:
    return one.district is None and one.commune is None
