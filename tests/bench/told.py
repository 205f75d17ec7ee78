"""A history for reporting: what the three services' logs would tell of many people, taken in by reporting's
own code."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
from contracts.events import referral
from contracts.vocabulary import Service
from reporting.history import HISTORY, read

from tests.unit.reporting.pathway import (
    CLINIC,
    POLICE,
    contacted,
    numbered,
    opened,
    referred,
    whole_pathway,
)
from tests.unit.reporting.story import Story

TOGETHER = 250
"""People whose events are written in one transaction."""


def tell_pathways(dsn: str, people: int) -> int:
    """Whole pathways, from the first contact to post-detox management; gives the number of events."""
    return _tell(dsn, people, lambda story, name: _ignore(whole_pathway(story, name)))


def tell_referrals(dsn: str, cases: int) -> int:
    """A case each with one referral that its provider has received; gives the number of events."""
    return _tell(dsn, cases, _referral)


def number_of(case: int) -> str:
    """The number of the referral of a case."""
    return numbered("CG", f"p{case}/{Service.METHADONE}")


def _referral(story: Story, name: str) -> None:
    story.intake(name, opened(name), contacted(), org=POLICE)
    referred(story, name, Service.METHADONE, CLINIC)
    story.referral(name, f"{name}/{Service.METHADONE}", referral.ReferralReceived(), org=CLINIC)


def _tell(dsn: str, people: int, tell: Callable[[Story, str], None]) -> int:
    story, events = Story(), 0
    with psycopg.connect(dsn) as connection:
        for person in range(people):
            tell(story, f"p{person}")
            if len(story.records) and (person % TOGETHER == TOGETHER - 1 or person == people - 1):
                events += len(story.records)
                _write(connection, story)
    return events


def _write(connection: psycopg.Connection[tuple[object, ...]], story: Story) -> None:
    with connection.transaction(), connection.cursor() as cursor:
        HISTORY.write(cursor, [read(record) for record in story.records])
    story.records.clear()


def _ignore(_numbers: object) -> None:
    return None
