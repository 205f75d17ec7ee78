"""`python -m tests.integration.vault.rewrapper DSN KEYFILE INSTANCE`: one instance's keeper of the vault."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

from chassis.masterkey import FileMasterKey
from chassis.vault_keeper import VaultKeeper


def main(dsn: str, key_file: str, instance: str) -> None:
    """Works until SIGTERM. Pages are small, so that there are many."""
    keeper = VaultKeeper(dsn, FileMasterKey(Path(key_file)), instance, every_seconds=0.1, page=20)
    keeper.start()
    signal.sigwait({signal.SIGTERM})
    keeper.stop()


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    main(*sys.argv[1:])
