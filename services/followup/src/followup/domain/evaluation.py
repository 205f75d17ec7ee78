"""When the evaluation after a year is due, and who may check it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from chassis.refusal import Refusal
from contracts.envelope import Meta
from contracts.events.followup import ReintegrationEvaluated
from contracts.vocabulary import OrgKind
from reference import Policy
from reference.days import months_after


@dataclass(frozen=True)
class Window:
    """Days of Asia/Ho_Chi_Minh, both ends included."""

    since: date
    due_on: date
    until: date


def window_of(managed_on: date, policy: Policy) -> Window:
    """Month 12 ± 30 days by the terms in force on the day on which management started (`domain.md`,
    followup)."""
    terms = policy.on(managed_on)
    due_on = months_after(managed_on, terms.evaluation_months)
    margin = timedelta(days=terms.evaluation_window_days)
    return Window(due_on - margin, due_on, due_on + margin)


def check_day(on: date, window: Window, *, tells_window: bool) -> None:
    """Raises `Refusal` before the window opens: what is found then says nothing about the year. When it opens
    tells on which day management started: only who may know that is told.

    After the window the evaluation is late, and still one: the window is told, not enforced.
    """
    if on < window.since:
        if not tells_window:
            raise Refusal("evaluation_too_early", field="time")
        detail = {"window_from": window.since.isoformat(), "window_until": window.until.isoformat()}
        raise Refusal("evaluation_before_window", field="time", detail=detail)


def check_checker(evaluated: ReintegrationEvaluated, meta: Meta, org_kind: OrgKind) -> None:
    """Raises `Refusal` unless somebody of another role checked it (`domain.md`: checked_by another role)."""
    if evaluated.checked_by in (meta.actor, meta.entered_by):
        raise Refusal("checked_by_oneself", field="/data/checked_by")
    if evaluated.checked_by_kind is org_kind:
        raise Refusal("checker_of_same_role", field="/data/checked_by_kind", detail={"kind": str(org_kind)})
