"""What a referral shares, and on what ground: the labels of its content, asked of `consent.decide`.

What the sender writes has to be covered as a whole: the service, the service of the plan's item, the note. A
note without `note_labels` may tell anything of health. The goal of the item is ours to add: it goes along
where the ground covers it too, and is left out where not.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from chassis.refusal import Refusal
from consent import Allowed, Client, Consent, Decision, Recipient, Request, decide
from contracts.base import Label, labels_of
from contracts.envelope import Recorded
from contracts.events.common import EventVoided
from contracts.events.intake import PlanAgreed, PlanItem, PlanRevised
from contracts.events.referral import ReferralRequested, ReferralRequestedPosted, Shared
from contracts.vocabulary import SERVICE_LABELS, SERVICE_PURPOSE, PurposeOfUse
from reference import Organisation, Policy

NOTE = labels_of(ReferralRequestedPosted.model_fields["note"])
GOAL = labels_of(PlanItem.model_fields["goal"])


@dataclass(frozen=True)
class Share:
    """What is to be shared: the decision about it, the request that it answers, the snapshot."""

    decision: Decision
    request: Request
    shared: Shared

    @property
    def consent_id(self) -> str | None:
        """The consent on which it rests."""
        by_consent = isinstance(self.decision, Allowed) and self.decision.ground == "consent"
        return self.decision.reference if by_consent else None  # type: ignore[union-attr]


def plan_on(told: Iterable[Recorded[Any]], at: datetime) -> tuple[PlanItem, ...] | None:
    """The plan in force at an instant; none where none was agreed by then."""
    told = list(told)
    voided = {one.data.event_id for one in told if isinstance(one.data, EventVoided)}
    plans = [
        one
        for one in told
        if isinstance(one.data, PlanAgreed | PlanRevised)
        and one.id not in voided
        and one.meta.occurred_at <= at
    ]
    if not plans:
        return None
    items: tuple[PlanItem, ...] = max(plans, key=_told).data.items
    return items


def _told(plan: Recorded[Any]) -> tuple[datetime, datetime, str]:
    """Of two of one instant that which came to us later is in force."""
    return plan.meta.occurred_at, plan.meta.received_at, plan.id


def item_of(posted: ReferralRequestedPosted, plan: Sequence[PlanItem] | None) -> PlanItem | None:
    """The item of the plan that a request names. Raises `Refusal` for one that the plan does not have; while
    no plan is known the number stands for itself."""
    if posted.plan_item is None or plan is None:
        return None
    if posted.plan_item > len(plan):
        detail = {"items": str(len(plan))}
        raise Refusal("plan_item_unknown", field="/data/plan_item", detail=detail)
    return plan[posted.plan_item - 1]


def labels_written(posted: ReferralRequestedPosted, item: PlanItem | None) -> frozenset[Label]:
    """The labels of what the sender wrote."""
    found = {SERVICE_LABELS.get(posted.service)}
    if item is not None:
        found.add(SERVICE_LABELS.get(item.service))
    if posted.note is not None:
        found |= NOTE if posted.note_labels is None else set(posted.note_labels)
    return frozenset(label for label in found if label is not None)


def request_of(
    purpose: PurposeOfUse,
    labels: Iterable[Label],
    provider: Organisation,
    *,
    client: Client,
    province: str,
    legal_basis: str | None = None,
) -> Request:
    """What a decision is asked for; `province`: whose policy judges it, that of the sender."""
    return Request(
        purpose,
        Recipient(provider.id, provider.kind),  # type: ignore[arg-type]
        frozenset(labels),
        client,
        legal_basis,
        province,
    )


def purpose_for(service: str) -> PurposeOfUse:
    """For what a referral to a service shares something."""
    return SERVICE_PURPOSE.get(service, PurposeOfUse.COORDINATION)


def purpose_of(data: ReferralRequested) -> PurposeOfUse:
    """For what a recorded referral shared something."""
    return data.shared.purpose if data.shared is not None else purpose_for(data.service)


def share(
    item: PlanItem | None,
    request: Request,
    consents: Sequence[Consent],
    at: datetime,
    policy: Policy,
) -> Share:
    """Whether a request may share what it says at an instant, and all that it shares then."""
    decision = decide(consents, request, at, policy)
    goal = item.goal if item is not None else None
    if goal is not None and isinstance(decision, Allowed):
        wider = replace(request, labels=request.labels | GOAL)
        also = decide(consents, wider, at, policy)
        if isinstance(also, Allowed):
            decision, request = also, wider
        else:
            goal = None
    until = decision.until if isinstance(decision, Allowed) else None
    if item is None:
        return Share(decision, request, _without_plan(request.purpose, request.labels, until))
    shared = Shared(
        purpose=request.purpose,
        labels=tuple(sorted(request.labels)),
        until=until,
        plan_service=item.service,
        goal=goal,
        due_on=item.due_on,
    )
    return Share(decision, request, shared)


@lru_cache(maxsize=1024)
def _without_plan(purpose: PurposeOfUse, labels: frozenset[Label], until: date | None) -> Shared:
    """What a request shares that names no item of a plan: nearly all say the same."""
    return Shared(purpose=purpose, labels=tuple(sorted(labels)), until=until)


def labels_shared(data: ReferralRequested) -> frozenset[Label]:
    """The labels of what a recorded referral shared; one of before snapshots shared its service."""
    if data.shared is not None:
        return frozenset(data.shared.labels)
    return labels_written(data, None)
