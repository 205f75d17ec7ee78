"""The screenings of one case: which came before which, which differ from their computation, who looked."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from chassis.refusal import Refusal


@dataclass(frozen=True)
class Screenings:
    """Those that stand, by the ids of their events.

    `taken`: each with the time at which it was made and whose it is (None: of the case's own client), in the
    order of coming. `differing`: those whose claim
    differs from the computation, each with the organisation that claims. `reviewed`: those of them that
    somebody has looked into.
    """

    taken: tuple[tuple[datetime, str, UUID | None], ...] = ()
    differing: Mapping[str, str] = field(default_factory=dict)
    reviewed: frozenset[str] = frozenset()

    def with_one(
        self, screening: str, at: datetime, org: str, *, differs: bool, client: UUID | None = None
    ) -> Screenings:
        """One more."""
        differing = {**self.differing, screening: org} if differs else self.differing
        return replace(self, taken=(*self.taken, (at, screening, client)), differing=differing)

    def looked_into(self, screening: str) -> Screenings:
        """Nobody has to look into it any more."""
        return replace(self, reviewed=self.reviewed | {screening})

    def client_of(self, screening: str) -> UUID | None:
        """Whose that one is; none: the case's own client's."""
        return next((client for _, each, client in self.taken if each == screening), None)

    def before(
        self, latest_at: datetime, clients: Collection[UUID | None] = (None,), later: Collection[str] = ()
    ) -> str | None:
        """The one of these clients before a screening made at that time at the latest, which comes now, none
        of those that are known to be `later`.

        Of those that were made no later the last; where times cannot tell (the same instant, or a day of
        which no hour is known), what was reported first was made first.
        """
        taken = (one for one in reversed(self.taken) if one[1] not in later and one[2] in clients)
        earlier = [one for one in taken if one[0] <= latest_at]
        return max(earlier, key=lambda one: one[0])[1] if earlier else None

    def check_open(self, screening: str, state: str) -> None:
        """Raises `Refusal` unless there is something to look into, and nobody has."""
        if screening not in self.differing:
            raise Refusal("screening_conflict_unknown", field="event_id")
        if screening in self.reviewed:
            raise Refusal("screening_reviewed_before", state=state)
