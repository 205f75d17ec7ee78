"""From bytes to an event and whom it names, or to the list of what is wrong with them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from chassis.ids import NotANumber, parse_number
from chassis.refusal import Refusal
from chassis.vault import blind_index
from contracts.base import Payload
from contracts.cloudevents import CloudEvent, read_cloudevent
from contracts.events.intake import ClientRegisteredPosted
from contracts.events.people import IdentityCorrectedPosted
from contracts.fields import PATTERNS
from contracts.posted import Posted, parse_posted
from contracts.problems import Problem, Unreadable
from contracts.sealing import sealed_names
from contracts.vocabulary import NumberKind
from reference.days import local_day, start_of

from intake.application import keys
from intake.application.submissions import Submission
from intake.application.unsealing import Keys, clear_fields, is_sealed, unseal
from intake.domain.front_door import source_of

day_of = local_day
"""The day of Asia/Ho_Chi_Minh in which an instant lies."""

_LONGEST_ID = 200
_TYPE = re.compile(PATTERNS["event_type"])


class Naming(NamedTuple):
    """How an event names a person.

    By the own `reference` of organisation `org`, by a `number` with its kind, by `identity` (the keyed hash
    of an exact ID number), or by several of them.
    """

    org: str
    reference: str | None
    number: tuple[NumberKind, str] | None
    identity: str | None


class Event(NamedTuple):
    """An event that could be read. `occurred_at` is the start of the day where only the day is known.

    `in_clear`: a field that tells who somebody is and was not sealed, as JSON pointer.
    """

    type: str
    claimed_source: str
    occurred_at: datetime
    posted: Posted[Payload]
    data: Payload
    naming: Naming
    in_clear: str | None = None


class Reading(NamedTuple):
    """A submission as far as it can be read: `event`, or `problems`.

    `event_id` is the id it claims; an event that claims none is known by its content (`~` and a hash), so a
    repetition of it is still a repetition. `content_hash` is keyed: nobody can guess contents by it. `type`
    is what it claims to be, where that much could be read and is a type by its form: anything else is not
    repeated, as it may be a name. What came sealed is opened in `event`, and the
    hash is that of what was opened; where it does not open, `refusal` says why.
    """

    submission: Submission
    source: str
    event_id: str
    content_hash: bytes
    type: str | None
    event: Event | None
    problems: tuple[Problem, ...] = ()
    refusal: Refusal | None = None


class Reader:
    """Reads submissions. `hash_key` keys the hashes of contents, `index_key` those of ID numbers; `keys` open
    what came sealed."""

    def __init__(self, hash_key: bytes, index_key: bytes, keys: Keys) -> None:
        self._hash_key = hash_key
        self._index_key = index_key
        self._keys = keys

    def read(self, submission: Submission) -> Reading:
        """Never raises for what somebody sent."""
        found, refusal = None, None
        try:
            found = read_cloudevent(submission.headers, submission.value)
            posted = parse_posted(found.type, found.data)
            in_clear: Sequence[str] = ()
            bears_identity = bool(sealed_names(found.type))
            if bears_identity:
                in_clear = clear_fields(found.type, posted.data)
                if is_sealed(found.type, posted.data):
                    found, refusal = unseal(found, posted.data, submission.received_at, self._keys)
                    posted = parse_posted(found.type, found.data)
        except Unreadable as unreadable:
            return self._unreadable(submission, found, unreadable.problems)
        about, day = posted.about, posted.occurred_on
        identity = self._identity(posted.data) if bears_identity else None
        event = Event(
            found.type,
            found.source,
            found.time if day is None else start_of(day),
            posted,
            posted.data,
            Naming(submission.agency, about.agency_ref, about.number and _as_given(*about.number), identity),
            f"/data/{in_clear[0]}" if in_clear else None,
        )
        source, content_hash = source_of(submission.agency), self._keyed(found.digest())
        return Reading(submission, source, found.id, content_hash, found.type, event, (), refusal)

    def says_what_had(self, content_hash: bytes, reading: Reading) -> bool:
        """Whether content known by this hash said the same as `reading`, in another layout or mode.

        Only asked where the bytes differ, so it may cost what it costs.
        """
        try:
            found = read_cloudevent(reading.submission.headers, reading.submission.value)
            data = parse_posted(found.type, found.data).data
        except Unreadable:
            return False
        if is_sealed(found.type, data):
            found = unseal(found, data, reading.submission.received_at, self._keys).event
        return any(self._keyed(digest) == content_hash for digest in found.other_digests())

    def _unreadable(
        self, submission: Submission, found: CloudEvent | None, problems: tuple[Problem, ...]
    ) -> Reading:
        content_hash = self._keyed(found.digest() if found else _raw_digest(submission))
        event_id = found.id if found else _claimed(submission) or f"~{content_hash.hex()}"
        source = source_of(submission.agency)
        claimed = found.type if found and _TYPE.fullmatch(found.type) else None
        return Reading(submission, source, event_id, content_hash, claimed, None, problems)

    def _identity(self, data: Payload) -> str | None:
        if not isinstance(data, ClientRegisteredPosted | IdentityCorrectedPosted) or data.identity is None:
            return None
        if data.identity.id_number is None:
            return None
        return blind_index(self._index_key, "id_number", data.identity.id_number).hex()

    def _keyed(self, digest: bytes) -> bytes:
        return hashlib.blake2b(digest, key=self._hash_key, digest_size=32).digest()


def is_claimed(event_id: str) -> bool:
    """Whether the agency gave this id; otherwise it is the name that we gave to content without one."""
    return not (len(event_id) == 65 and event_id.startswith("~"))


@lru_cache(maxsize=16_384)
def _as_given(kind: NumberKind, number: str) -> tuple[NumberKind, str]:
    """A number in the form in which it was given, however it was grouped, and typed with O for 0; what is no
    number stays as it is, and is refused by who looks for it."""
    try:
        return kind, parse_number(number, {keys.PREFIX[kind]})
    except NotANumber:
        return kind, number


def _claimed(submission: Submission) -> str | None:
    """The id in the header of an event that cannot be read otherwise, if the header itself can be."""
    raw = submission.headers.get("ce_id")
    try:
        text = raw.decode() if raw else ""
    except UnicodeDecodeError:
        return None
    usable = 0 < len(text) <= _LONGEST_ID and text.isprintable()
    return text if usable else None


def _raw_digest(submission: Submission) -> bytes:
    digest = hashlib.sha256(submission.value if submission.value is not None else b"\0null")
    for name in ("ce_specversion", "ce_type", "ce_source", "ce_time", "content-type"):
        value = submission.headers.get(name)
        digest.update(b"\n" + name.encode() + b":" + (value if value is not None else b"\0null"))
    return digest.digest()
