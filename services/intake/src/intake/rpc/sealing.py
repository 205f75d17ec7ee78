"""`SealingService`: the public keys that agencies seal identities to."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from chassis.clock import Clock
from chassis.rpc.errors import InvalidInput, Violation
from reftrack.intake.v1 import identity_pb2 as pb
from reftrack.intake.v1.identity_pb2_grpc import SealingServiceServicer, add_SealingServiceServicer_to_server

from intake.application.sealing_keys import OVERLAP, PublicKey, SealingKeys
from intake.rpc.messages import timestamp

MOST_DAYS = 366


class SealingServicer(SealingServiceServicer):
    """Answers from the database: all instances serve the same keys."""

    def __init__(self, keys: SealingKeys, clock: Clock) -> None:
        self._keys = keys
        self._clock = clock

    def register(self, server: Any) -> None:
        """Add the service to a server."""
        add_SealingServiceServicer_to_server(self, server)

    async def ListSealingKeys(  # noqa: N802
        self, _request: pb.ListSealingKeysRequest, _context: Any
    ) -> pb.ListSealingKeysResponse:
        found = await asyncio.to_thread(self._keys.public, self._clock.now())
        return pb.ListSealingKeysResponse(keys=map(_key, found))

    async def RotateSealingKey(  # noqa: N802
        self, request: pb.RotateSealingKeyRequest, _context: Any
    ) -> pb.RotateSealingKeyResponse:
        days = request.overlap_days or OVERLAP.days
        if not 1 <= days <= MOST_DAYS:
            raise InvalidInput([Violation("overlap_days", "too_big", {"le": str(MOST_DAYS)})])
        made = await asyncio.to_thread(self._keys.rotate, self._clock.now(), timedelta(days=days))
        return pb.RotateSealingKeyResponse(key=_key(made))


def _key(one: PublicKey) -> pb.SealingKey:
    message = pb.SealingKey(
        key_id=one.key.key_id,
        public_key=one.key.key.public_bytes_raw(),
        valid_from=timestamp(one.valid_from),
    )
    if one.valid_until is not None:
        message.valid_until.CopyFrom(timestamp(one.valid_until))
    return message
