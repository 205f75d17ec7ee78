"""Whether an office takes part today: asked of every call before anything else is (docs/offices.md)."""

from __future__ import annotations

from collections.abc import Collection

from chassis.clock import Clock
from chassis.rpc.call import Call, Role
from chassis.rpc.errors import Forbidden
from reference import Organisation, Organisations
from reference.days import local_day


class Standing:
    """The one place that decides it, for all methods of a service, those to come included.

    `always`: full names of methods that answer a suspended office too. `by_day`: of those that are judged by
    the day of what is reported: a day within an office's life may be reported after its end. Administrators
    keep the machinery, whatever office they sit in; who is in no directory is for each method to judge.
    """

    def __init__(
        self,
        organisations: Organisations,
        clock: Clock,
        *,
        always: Collection[str] = frozenset(),
        by_day: Collection[str] = frozenset(),
    ) -> None:
        self._organisations = organisations
        self._clock = clock
        self._always = always
        self._by_day = by_day

    def admit(self, call: Call) -> None:
        """Raises `Forbidden` for a call of an office that has not begun yet, has ended, or is suspended."""
        if call.method in self._always or call.caller.role is Role.ADMINISTRATOR:
            return
        office = self._organisations.get(call.caller.org)
        if office is not None:
            self._check(office, ended_may=call.method in self._by_day)

    def check(self, org: str) -> None:
        """The same of an office by its id, for what it may not do in a method that is always open to it."""
        office = self._organisations.get(org)
        if office is not None:
            self._check(office, ended_may=False)

    def _check(self, office: Organisation, *, ended_may: bool) -> None:
        if office.suspended:
            raise Forbidden("agency_suspended")
        lasts = office.since is None and office.until is None
        if not (ended_may or lasts or office.holds(local_day(self._clock.now()))):
            life = {"since": str(office.since or "…"), "until": str(office.until or "…")}
            raise Forbidden("organisation_not_in_force", detail=life)
