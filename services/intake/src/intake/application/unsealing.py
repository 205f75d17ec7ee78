"""The one place where what an agency sealed is opened: before anybody looks at the event."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple, Protocol

from chassis.refusal import Refusal
from contracts.base import Payload
from contracts.cloudevents import CloudEvent
from contracts.events.sealed import Sealed
from contracts.sealing import NotOpened, Place, open_sealed, sealed_names
from pydantic_core import from_json, to_json
from reference.days import local_time

from intake.application.sealing_keys import PrivateKey


class Keys(Protocol):
    """Where private keys are found."""

    def private(self, wanted: str, /) -> PrivateKey | None:
        """The private key of that id, or none."""
        ...


class Unsealed(NamedTuple):
    """An event as if it had come in clear; or as it came, and why it does not open."""

    event: CloudEvent
    refusal: Refusal | None = None


def clear_fields(type_name: str, data: Payload) -> tuple[str, ...]:
    """The fields that tell who somebody is and came in clear though they may come sealed."""
    return tuple(name for name in sealed_names(type_name) if getattr(data, name) is not None)


def is_sealed(type_name: str, data: Payload) -> bool:
    """Whether anything in it is sealed."""
    return any(getattr(data, name) is not None for name in sealed_names(type_name).values())


def unseal(event: CloudEvent, data: Payload, received_at: datetime, keys: Keys) -> Unsealed:
    """The same event with everything opened; its fields stand where they would in clear.

    So the same identity sealed twice, in other bytes each time, is the same content, and so is one in clear.
    `data` is the event's, as it was validated. The same bytes open the same way whenever they are read again:
    a key's end is compared with `received_at`.
    """
    said: dict[str, Any] = from_json(event.data)
    names = {sealed: clear for clear, sealed in sealed_names(event.type).items()}
    try:
        opened = {
            names.get(name, name): _opened(event, names[name], data, name, received_at, keys)
            if name in names
            else value
            for name, value in said["data"].items()
            if not (name in names and value is None)
        }
    except Refusal as refusal:
        return Unsealed(event, refusal)
    return Unsealed(event._replace(data=to_json({**said, "data": opened})))


def _opened(
    event: CloudEvent, clear: str, data: Payload, name: str, received_at: datetime, keys: Keys
) -> Any:
    sealed: Sealed = getattr(data, name)
    key, field = keys.private(sealed.key_id), f"/data/{name}"
    if key is None:
        raise Refusal("sealed_key_unknown", field=field)
    if key.valid_until is not None and received_at > key.valid_until:
        raise Refusal("sealed_key_expired", field=field, detail={"until": local_time(key.valid_until)})
    try:
        return open_sealed(key.key, sealed, Place(event.source, event.id, event.type, clear))
    except NotOpened:
        raise Refusal("sealed_not_opened", field=field) from None
