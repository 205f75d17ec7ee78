"""reftrack's local runtime: PostgreSQL, Kafka and the services as processes, on one machine."""

from reftrack_local.plan import Wanted
from reftrack_local.runtime import LocalRuntime
from reftrack_local.trouble import AlreadyRunning, Trouble

__all__ = ["AlreadyRunning", "LocalRuntime", "Trouble", "Wanted"]
