"""From bytes to an event, or to the list of what is wrong with them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from contracts.base import Payload
from contracts.cloudevents import CloudEvent, read_cloudevent
from contracts.posted import Posted, parse_posted
from contracts.problems import Problem, Unreadable

from intake.application.submissions import Submission

_LONGEST_ID = 200


@dataclass(frozen=True, slots=True)
class Reading:
    """A submission as far as it can be read: `event` and `posted`, or `problems`.

    `event_id` is the id it claims; an event that claims none is known by its content (`~` and a hash), so
    that a repetition of it is still a repetition. `content_hash` is keyed: nobody can guess contents by it.
    """

    submission: Submission
    event_id: str
    content_hash: bytes
    event: CloudEvent | None = None
    posted: Posted[Payload] | None = None
    problems: tuple[Problem, ...] = ()

    @property
    def source(self) -> str:
        return self.submission.source

    @property
    def type(self) -> str | None:
        return self.event.type if self.event else None


def read(submission: Submission, hash_key: bytes) -> Reading:
    """Read a submission; never raises for what somebody sent."""
    event: CloudEvent | None = None
    try:
        event = read_cloudevent(submission.headers, submission.value)  # type: ignore[arg-type]
        posted = parse_posted(event.type, event.data)
    except Unreadable as unreadable:
        return _unreadable(submission, hash_key, event, unreadable.problems)
    return Reading(submission, event.id, _keyed(hash_key, event.digest()), event, posted)


def _unreadable(
    submission: Submission, hash_key: bytes, event: CloudEvent | None, problems: tuple[Problem, ...]
) -> Reading:
    digest = event.digest() if event else _raw_digest(submission)
    content_hash = _keyed(hash_key, digest)
    event_id = event.id if event else _claimed(submission) or f"~{content_hash.hex()}"
    return Reading(submission, event_id, content_hash, event, problems=problems)


def _claimed(submission: Submission) -> str | None:
    """The id in the header of an event that cannot be read otherwise, if the header itself can be."""
    raw = submission.headers.get("ce_id")
    try:
        text = raw.decode() if raw else ""
    except UnicodeDecodeError:
        return None
    usable = 0 < len(text) <= _LONGEST_ID and text.isprintable()
    return text if usable else None


def is_claimed(event_id: str) -> bool:
    """Whether the agency gave this id; otherwise it is the name that we gave to content without one."""
    return not (len(event_id) == 65 and event_id.startswith("~"))


def _raw_digest(submission: Submission) -> bytes:
    digest = hashlib.sha256(submission.value if submission.value is not None else b"\0null")
    for name in ("ce_specversion", "ce_type", "ce_source", "ce_time", "content-type"):
        value = submission.headers.get(name)
        digest.update(b"\n" + name.encode() + b":" + (value if value is not None else b"\0null"))
    return digest.digest()


def _keyed(key: bytes, digest: bytes) -> bytes:
    return hashlib.blake2b(digest, key=key, digest_size=32).digest()
