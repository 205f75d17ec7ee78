"""What somebody asks of an aggregate: an agency's routed event or an operator's command, in one form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from contracts.base import Payload
from contracts.envelope import Meta, Recorded
from contracts.events.common import AgencyEventDeferred
from contracts.events.intake import AgencyEventRouted
from contracts.registry import POSTABLE
from contracts.vocabulary import NumberKind, OrgKind
from pydantic import JsonValue
from pydantic_core import to_json


@dataclass(frozen=True)
class Posting:
    """One posted event on its way to the aggregate that decides about it.

    `number` is the referral or stay that it is about; for an event that begins one, the number it is to get.
    `meta` is the envelope of what it will cause: `meta.causation_id` is the routed event, `meta.org` who
    posted. `replaces`: the routed event in whose place it is to stand; what that led to is voided with it, or
    neither happens.
    """

    type: str
    data: Mapping[str, JsonValue]
    number: str | None
    org_kind: OrgKind
    meta: Meta
    replaces: str | None = None

    @cached_property
    def payload(self) -> Payload:
        """The posted payload. Raises pydantic's ValidationError for content that intake should not have
        passed."""
        return POSTABLE[self.type].model.model_validate_json(to_json(self.data))

    @property
    def order(self) -> tuple[object, ...]:
        """Postings are tried in the order in which they happened."""
        return (self.meta.occurred_at, self.meta.received_at, self.cause)

    @property
    def cause(self) -> str:
        """The id of the event that brought it; empty for a command."""
        return self.meta.causation_id or ""

    @classmethod
    def commanded(
        cls, payload: Payload, meta: Meta, org_kind: OrgKind, *, number: str | None = None
    ) -> Posting:
        """What an operator's command asks, in the form that an agency would have posted."""
        posting = cls(payload.TYPE, payload.model_dump(mode="json"), number, org_kind, meta)
        posting.__dict__["payload"] = payload
        return posting

    @classmethod
    def routed(
        cls,
        recorded: Recorded[AgencyEventRouted],
        *,
        about: NumberKind,
        begins: str | None = None,
    ) -> Posting:
        """What intake routed. A number of another kind than `about` says nothing here; `begins` is the number
        that the event gets if it begins something."""
        routed = recorded.data
        number = begins or (routed.number if routed.number_kind is about else None)
        meta = recorded.meta.model_copy(update={"org": routed.posted_by, "causation_id": recorded.id})
        return cls(routed.type, routed.data, number, routed.org_kind, meta)

    @classmethod
    def deferred(cls, data: AgencyEventDeferred, meta: Meta) -> Posting:
        """What was kept when it came too early."""
        return cls(data.type, data.data, data.number, data.org_kind, meta, data.replaces)
