"""The services, as data, and one process of one of them."""

from __future__ import annotations

import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from reftrack_local.ports import HOST
from reftrack_local.processes import Child, await_true

READY_WITHIN = 120.0


@dataclass(frozen=True)
class ServiceSpec:
    """A service: how it is started, and whether it writes a log of its own (`<name>.events.v1`)."""

    name: str
    command: tuple[str, ...]
    has_log: bool = True

    @property
    def database(self) -> str:
        return f"reftrack_{self.name}"


def _python(module: str, *, has_log: bool = True) -> ServiceSpec:
    return ServiceSpec(module, (sys.executable, "-m", module), has_log)


SERVICES = (
    _python("intake"),
    _python("referral"),
    _python("followup"),
    _python("reporting", has_log=False),
)


@dataclass
class ServiceProcess:
    """One instance of a service. The ports stay the same when it is restarted."""

    spec: ServiceSpec
    instance: str
    grpc_port: int
    http_port: int
    log: Path
    env: Mapping[str, str]
    wanted: bool = False
    restarts: int = 0

    def __post_init__(self) -> None:
        # longer than a service's own draining (REFTRACK_DRAIN_SECONDS)
        self.child = Child(self.name, lambda: self.spec.command, self.log, self.env, stop_within=30)

    @property
    def name(self) -> str:
        return f"{self.spec.name}-{self.instance}"

    @property
    def grpc(self) -> str:
        """`host:port` of its gRPC server."""
        return f"{HOST}:{self.grpc_port}"

    @property
    def http(self) -> str:
        """Address of `/livez`, `/readyz` and `/metrics`."""
        return f"http://{HOST}:{self.http_port}"

    @property
    def pid(self) -> int | None:
        return self.child.pid

    def start(self, env: Mapping[str, str] | None = None, *, wait: bool = True) -> None:
        """Start it; `env` counts for this start only: a supervisor that restarts it leaves it out."""
        self.wanted = True
        self.child.start(env)
        if wait:
            self.await_ready()

    def await_ready(self, within: float = READY_WITHIN) -> None:
        """Wait until it says that it is ready. Raises Trouble if it ends or stays silent."""
        await_true(f"{self.name} to be ready ({self.http}/readyz)", self._ready_or_ended, within, every=0.1)

    def is_ready(self) -> bool:
        """Whether it is there and says that it is ready."""
        return self.alive() and self._says_ready()

    def bar(self) -> None:
        """From now on it cannot be started."""
        self.child.bar()

    def alive(self) -> bool:
        return self.child.alive()

    def ended(self) -> int | None:
        """Exit status of the last life; None while it lives."""
        return self.child.ended()

    def start_again(self) -> None:
        """What the supervisor does after a crash: it does not wait for readiness, others need it too."""
        self.restarts += 1
        self.start(wait=False)

    def stop(self) -> None:
        """Ask it to drain and end (SIGTERM); it stays down until `start` or `restart`."""
        self.wanted = False
        self.child.stop()

    def kill9(self) -> None:
        """Kill it as a power cut would; it stays down until `start` or `restart`."""
        self.wanted = False
        self.child.kill()

    def freeze(self) -> None:
        """Stop its clock: it is alive and does nothing (SIGSTOP), as a process that the system forgot."""
        self.child.signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self.child.signal(signal.SIGCONT)

    def restart(self, env: Mapping[str, str] | None = None, *, wait: bool = True) -> None:
        """Stop it if it runs, and start it again; `env` counts for this start only."""
        self.stop()
        self.start(env, wait=wait)

    def await_end(self, within: float = 60.0) -> int:
        """Wait until it ends by itself (a crash point) and give the exit status; negative is a signal."""
        return self.child.wait_end(within)

    def as_data(self) -> dict[str, Any]:
        """What `runtime.json` says about it."""
        identity = self.child.identity.as_data() if self.child.identity and self.alive() else {}
        return {"name": self.name, "grpc": self.grpc, "http": self.http, "log": str(self.log), **identity}

    def _ready_or_ended(self) -> bool:
        self.child.must_live()
        return self._says_ready()

    def _says_ready(self) -> bool:
        try:
            return httpx.get(f"{self.http}/readyz", timeout=2, trust_env=False).status_code == 200
        except httpx.HTTPError:
            return False
