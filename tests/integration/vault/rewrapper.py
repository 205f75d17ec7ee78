"""`python -m tests.integration.vault.rewrapper DSN KEYFILE INSTANCE`: one instance's keeper of the vault."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

from chassis import rewrapping, vault_keeper
from chassis.masterkey import FileMasterKey


def main(dsn: str, key_file: str, instance: str) -> None:
    """Works until SIGTERM. Pages are small, so that there are many."""
    page = rewrapping.rewrap_page
    rewrapping.rewrap_page = lambda connection, master: page(connection, master, 20)
    keeper = vault_keeper.VaultKeeper(dsn, FileMasterKey(Path(key_file)), instance, every_seconds=0.1)
    keeper.start()
    signal.sigwait({signal.SIGTERM})
    keeper.stop()


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    main(*sys.argv[1:])
