"""`VaultService`: which master key wraps, who holds it, how far a change of it has come."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from psycopg import Connection
from reftrack.admin.v1 import vault_pb2 as pb
from reftrack.admin.v1.vault_pb2_grpc import VaultServiceServicer, add_VaultServiceServicer_to_server

from chassis import rewrapping
from chassis.admin.parked import timestamp
from chassis.rpc.call import Role, current_caller
from chassis.rpc.errors import InvalidInput, Violation
from chassis.rpc.rules import Rules

Connect = Callable[[], AbstractContextManager[Connection[Any]]]

_NAME = "reftrack.admin.v1.VaultService"
VAULT_RULES: Rules = {
    f"{_NAME}/GetVaultStatus": frozenset({Role.ADMINISTRATOR, Role.SUPERVISOR}),
    f"{_NAME}/RotateMasterKey": frozenset({Role.ADMINISTRATOR}),
}
"""For a service that keeps a vault to take among its own."""


class VaultServicer(VaultServiceServicer):
    """Answers for all instances: everything it tells stands in the database."""

    def __init__(self, connect: Connect) -> None:
        self._connect = connect

    def register(self, server: Any) -> None:
        """Add the service to a server."""
        add_VaultServiceServicer_to_server(self, server)

    async def GetVaultStatus(  # noqa: N802
        self, _request: pb.GetVaultStatusRequest, _context: Any
    ) -> pb.GetVaultStatusResponse:
        return await asyncio.to_thread(self._status)

    async def RotateMasterKey(  # noqa: N802
        self, request: pb.RotateMasterKeyRequest, _context: Any
    ) -> pb.RotateMasterKeyResponse:
        if not request.key_id:
            raise InvalidInput([Violation("key_id", "field_missing")])
        return await asyncio.to_thread(self._rotate, request.key_id, str(current_caller()))

    def _rotate(self, key_id: str, by: str) -> pb.RotateMasterKeyResponse:
        with self._connect() as connection:
            begun = rewrapping.begin(connection, key_id, by)
            return pb.RotateMasterKeyResponse(rotation=_rotation(begun, rewrapping.wraps(connection)))

    def _status(self) -> pb.GetVaultStatusResponse:
        with self._connect() as connection:
            newest, wraps = rewrapping.newest(connection), rewrapping.wraps(connection)
            live = rewrapping.live(connection)
        current = newest.to_key_id if newest else ""
        ids = {*wraps, *(key_id for one in live for key_id in one.key_ids), *([current] if current else [])}
        return pb.GetVaultStatusResponse(
            keys=[_key(key_id, current, wraps, live) for key_id in sorted(ids)],
            instances=[
                pb.VaultInstance(
                    instance=one.instance,
                    key_ids=one.key_ids,
                    seen_at=timestamp(one.seen_at),
                    trouble=one.trouble,
                )
                for one in live
            ],
            rotation=_rotation(newest, wraps) if newest else None,
        )


def _key(
    key_id: str, current: str, wraps: dict[str, int], live: list[rewrapping.Instance]
) -> pb.MasterKeyStatus:
    holders = [one.instance for one in live if key_id in one.key_ids]
    return pb.MasterKeyStatus(
        key_id=key_id, current=key_id == current, wraps=wraps.get(key_id, 0), held_by=holders
    )


def _rotation(told: rewrapping.Rotation, wraps: dict[str, int]) -> pb.MasterKeyRotation:
    left = sum(count for key_id, count in wraps.items() if key_id != told.to_key_id)
    message = pb.MasterKeyRotation(
        from_key_id=told.from_key_id or "",
        to_key_id=told.to_key_id,
        started_at=timestamp(told.started_at),
        by=told.by,
        done=told.done,
        left=left,
    )
    if told.finished_at is not None:
        message.finished_at.CopyFrom(timestamp(told.finished_at))
    return message
