"""What an office has on Kafka, as data: two topics, a user, the rights to use its own and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple

DAY_MS = 24 * 60 * 60 * 1000
LARGEST_EVENT = 3 * 1024 * 1024
MECHANISM = "SCRAM-SHA-512"

Resource = Literal["topic", "group", "transactional_id"]
Pattern = Literal["literal", "prefixed"]
Operation = Literal["read", "write", "describe"]


class AgencyTopic(NamedTuple):
    """One partition: an office's events have one order."""

    name: str
    configs: Mapping[str, str]


class Right(NamedTuple):
    """One thing that a user may do."""

    user: str
    resource: Resource
    name: str
    pattern: Pattern
    operation: Operation


def events_topic(org: str) -> str:
    """What it sends."""
    return f"agency.{org}.events.v1"


def receipts_topic(org: str) -> str:
    """What it is answered."""
    return f"agency.{org}.receipts.v1"


def user(org: str) -> str:
    """Its user. The dot, which no office's id has, keeps it apart from every other user."""
    return f"agency.{org}"


def group_prefix(org: str) -> str:
    """What names of its consumer groups and transactional ids begin with; ends with a dot, so that no other
    office's begin so too."""
    return f"agency.{org}."


def topics(org: str) -> tuple[AgencyTopic, AgencyTopic]:
    """Its two topics: events are kept for 7 days (they may bear identity), receipts for 90."""
    sent = {"retention.ms": str(7 * DAY_MS), "max.message.bytes": str(LARGEST_EVENT)}
    told = {"retention.ms": str(90 * DAY_MS)}
    return (
        AgencyTopic(events_topic(org), MappingProxyType(sent)),
        AgencyTopic(receipts_topic(org), MappingProxyType(told)),
    )


def posting_rights(org: str) -> tuple[Right, ...]:
    """What a suspension takes away. Idempotent writing comes with the right to write (KIP-679)."""
    own = group_prefix(org)
    return (
        Right(user(org), "topic", events_topic(org), "literal", "write"),
        Right(user(org), "transactional_id", own, "prefixed", "write"),
    )


def reading_rights(org: str) -> tuple[Right, ...]:
    """What stays: it reads why nothing is taken of it."""
    own = group_prefix(org)
    return (
        Right(user(org), "topic", events_topic(org), "literal", "describe"),
        Right(user(org), "topic", receipts_topic(org), "literal", "read"),
        Right(user(org), "group", own, "prefixed", "read"),
        Right(user(org), "transactional_id", own, "prefixed", "describe"),
    )


def intakes_rights(intake: str, org: str) -> tuple[Right, ...]:
    """What intake's own user needs of an office's topics: it cannot write what an office says."""
    return (
        Right(intake, "topic", events_topic(org), "literal", "read"),
        Right(intake, "topic", receipts_topic(org), "literal", "write"),
    )
