"""reftrack's local runtime: PostgreSQL, Kafka and the services as processes, on one machine.

The runtime itself is imported when it is first asked for: the command line, which imports this package for
every command, must not wait for clients of Kafka and PostgreSQL that it does not use.
"""

from typing import TYPE_CHECKING, Any

from reftrack_local.trouble import AlreadyRunning, Trouble

if TYPE_CHECKING:
    from reftrack_local.plan import Wanted
    from reftrack_local.runtime import LocalRuntime

__all__ = ["AlreadyRunning", "LocalRuntime", "Trouble", "Wanted"]


def __getattr__(name: str) -> Any:
    if name == "LocalRuntime":
        from reftrack_local.runtime import LocalRuntime

        return LocalRuntime
    if name == "Wanted":
        from reftrack_local.plan import Wanted

        return Wanted
    raise AttributeError(name)
