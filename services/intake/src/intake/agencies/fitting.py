"""What a description of an office must be beside the form of each field: all that does not fit, at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from chassis.rpc.errors import Violation
from contracts.registry import POSTABLE
from contracts.vocabulary import OrgKind
from reference import Policy, Territory
from reference.communes import meant
from reference.policy.book import HANOI
from reference.rights import event_name

LEVELS = ("commune", "district", "province")
KINDS = frozenset(kind.value for kind in OrgKind)
EVENTS = frozenset(map(event_name, POSTABLE))
TAKES_REFERRALS = "referral-accepted"
"""Who offers a service takes up referrals to it: a kind that may never post this offers none."""


def misfits(said: Mapping[str, Any], territory: Territory, policy: Policy) -> Iterator[Violation]:
    """Everything that keeps an office from being as it is said to be; values of a wrong form are passed over,
    they are found by the contract."""
    yield from _of_the_unit(said, territory)
    yield from _of_its_life(said)
    kind = str(said.get("kind"))
    if kind in KINDS:
        posts = EVENTS & policy.ever_posted_by(kind, said.get("province") or HANOI)
        yield from _of_its_events(said.get("may_post") or (), kind, posts)
        if said.get("services") and TAKES_REFERRALS not in posts:
            yield Violation("services", "kind_offers_nothing", {"kind": kind})


def _of_the_unit(said: Mapping[str, Any], territory: Territory) -> Iterator[Violation]:
    """It answers for one unit, of that level on the map of the day."""
    named = [(level, str(said[level])) for level in LEVELS if said.get(level)]
    if len(named) != 1:
        yield Violation("commune", "one_territory")
        return
    ((level, code),), on = named, date.fromisoformat(said["unit_on"])
    unit = territory.unit(code, on)
    if unit is None:
        resolved = territory.resolve(code, on)
        yield Violation(level, resolved.refusal or "unit_followed", meant(resolved))
    elif unit.level != level:
        yield Violation(level, "unit_of_another_level", {"code": code, "unit": unit.vi, "level": level})


def _of_its_life(said: Mapping[str, Any]) -> Iterator[Violation]:
    first, last = _day(said.get("since")), _day(said.get("until"))
    if first and last and last < first:
        yield Violation("until", "ends_before_it_begins")


def _of_its_events(listed: Any, kind: str, posts: frozenset[str]) -> Iterator[Violation]:
    """Each can be posted, and one of them at least by its kind: else it would be let in to do nothing."""
    unknown = sorted(set(listed) - EVENTS)
    if unknown:
        yield Violation("may_post.events", "event_of_no_kind", {"event": ", ".join(unknown)})
    elif listed and not posts.intersection(listed):
        allowed = ", ".join(sorted(posts)) or "–"
        yield Violation("may_post.events", "nothing_left_to_post", {"kind": kind, "allowed": allowed})


def _day(said: Any) -> date | None:
    try:
        return date.fromisoformat(said or "")
    except ValueError:
        return None
