"""Registrations with their identity sealed to the public key of the desk's intake."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from typing import Any

from contracts.sealing import SealingKey, seal_posted
from intake.application.sealing_keys import SealingKeys

from tests.integration.intake.desk import Desk
from tests.integration.intake.posts import Post


@dataclass(frozen=True)
class Exactly(Post):
    """A post whose value is given as it is."""

    posted: dict[str, Any] | None = None

    def value(self) -> bytes:
        return json.dumps(self.posted).encode()


def keys_of(desk: Desk) -> SealingKeys:
    """The desk's own keys, as another instance of it would have them."""
    return SealingKeys(desk.vault, desk.connect)


def key_of(desk: Desk) -> SealingKey:
    """The key to seal to now."""
    return keys_of(desk).public(desk.clock.now())[0].key


def sealed(post: Post, key: SealingKey, **bound_to: str) -> Exactly:
    """The same event with its identity sealed, bound to another source, id or type if any is given."""
    place = {"source": f"/agencies/{post.agency}", "event_id": post.id, "type_name": post.type, **bound_to}
    posted = seal_posted(key, json.loads(post.value()), **place)
    assert not {"identity", "guardian_identity"} & posted["data"].keys()
    return Exactly(**{one.name: getattr(post, one.name) for one in fields(Post)}, posted=posted)
