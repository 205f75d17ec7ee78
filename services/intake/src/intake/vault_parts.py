"""What of intake stands on the vault: servicers, and the part that looks after its keys."""

from __future__ import annotations

from collections.abc import Sequence

from chassis.admin.vault import VaultServicer
from chassis.rpc.server import Register
from chassis.service import Parts
from chassis.service.declaration import Startable
from chassis.vault_keeper import VaultKeeper
from reference import Organisations

from intake.application.sealing_keys import SealingKeys
from intake.rpc.identity import IdentityServicer
from intake.rpc.sealing import SealingServicer
from intake.settings import Settings


def servicers(parts: Parts[Settings], organisations: Organisations) -> tuple[Register, ...]:
    """Reading identities, keys to seal to, the master key."""
    identity = IdentityServicer(
        parts.commands, parts.reads, parts.cursors, parts.connect, parts.vault, parts.box, organisations
    )
    keys = SealingServicer(SealingKeys(parts.vault, parts.connect), parts.clock)
    return identity.register, keys.register, VaultServicer(parts.connect).register


def keepers(parts: Parts[Settings]) -> Sequence[Startable]:
    """The keeper of the vault's keys."""
    return (VaultKeeper(parts.dsn, parts.vault.master, parts.settings.instance),)
