"""What is to run, on which ports, with which variables: decided before the first process starts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from reference import Reference, ReferenceInvalid

from reftrack_local import login, paths, topics
from reftrack_local.clock import RuntimeClock
from reftrack_local.folder import StateFolder
from reftrack_local.keys import Keys
from reftrack_local.ports import HOST, Ports, holder
from reftrack_local.progress import Reporter
from reftrack_local.secure import KafkaUsers
from reftrack_local.services import SERVICES, ServiceSpec
from reftrack_local.topics import Topic
from reftrack_local.trouble import Trouble


@dataclass(frozen=True)
class Wanted:
    """What a runtime is asked to be; the defaults are those of `reftrack up`.

    `clock`: the instant at which a simulated clock starts, or None for the machine's; `keep_clock` goes on
    with the clock that the folder had last time. `env`: further variables by service name. Ports are free
    ones unless demanded here. `supervise`: whether what crashes is started again. `secure`: Kafka asks for
    credentials and gives everybody what is theirs and nothing else.
    """

    services: Sequence[ServiceSpec] = SERVICES
    instances: Mapping[str, int] = field(default_factory=dict)
    env: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    clock: datetime | None = None
    keep_clock: bool = False
    reference: Path | None = None
    postgres_port: int | None = None
    kafka_port: int | None = None
    supervise: bool = True
    secure: bool = False

    def __post_init__(self) -> None:
        names = {service.name for service in self.services}
        for name in [*self.instances, *self.env]:
            if name not in names:
                raise Trouble(f"There is no service {name!r}.", f"Services: {', '.join(sorted(names))}.")

    def reference_path(self) -> Path:
        return (self.reference or paths.default_reference()).resolve()


class PortPlan:
    """The port of each part: demanded, the one of last time, or a free one."""

    def __init__(self, record: Mapping[str, Any], reporter: Reporter) -> None:
        self.taken: dict[str, int] = {}
        self._last_time: Mapping[str, int] = record.get("ports", {})
        self._ports = Ports()
        self._reporter = reporter

    def port(self, part: str, demanded: int | None = None) -> int:
        """The port of a part, e.g. `kafka`, `intake-1.grpc`. Raises Trouble if a demanded one is in use."""
        if demanded:
            self.taken[part] = self._ports.demanded(demanded, part, f"--{part}-port")
            return demanded
        before = self._last_time.get(part)
        port = self.taken[part] = self._ports.free(before)
        if before not in (None, port):
            self._reporter.say(
                f"Port {before}, which {part} had last time, is in use by {holder(before or 0)}: took {port}."
            )
        return port


def clock_for(folder: StateFolder, wanted: Wanted) -> RuntimeClock:
    """The clock asked for; a simulated one shows its first instant from here on."""
    kept = wanted.keep_clock and folder.clock.exists()
    clock = RuntimeClock(folder.clock, simulated=kept or wanted.clock is not None)
    if wanted.clock is not None and not kept:
        clock.set(wanted.clock)
    return clock


def all_agencies(wanted: Wanted) -> list[str]:
    """Every organisation of the reference data."""
    return [organisation.id for organisation in _reference(wanted).organisations]


def all_topics(wanted: Wanted) -> list[Topic]:
    """Every topic: those of the services that have a log, and of every organisation of the reference data."""
    organisations = _reference(wanted).organisations
    writers = [service.name for service in wanted.services if service.has_log]
    return [
        *(topics.log_of(name) for name in writers),
        *(topics.relay_of(name) for name in writers),
        *(topic for organisation in organisations for topic in topics.of_agency(organisation.id)),
    ]


def _reference(wanted: Wanted) -> Reference:
    try:
        return Reference.load(wanted.reference_path())
    except ReferenceInvalid as error:
        raise Trouble(f"The reference data cannot be used: {error}") from error


@dataclass(frozen=True)
class Surroundings:
    """What every service of a runtime is told."""

    folder: StateFolder
    keys: Keys
    clock: RuntimeClock
    bootstrap: str
    own_kafka: bool
    reference: Path
    users: KafkaUsers | None = None

    def env(
        self, spec: ServiceSpec, instance: str, dsn: str, grpc_port: int, http_port: int
    ) -> dict[str, str]:
        """The variables of one instance (the table stands in `docs/internals.md`)."""
        state = self.folder.path / "services" / f"{spec.name}-{instance}"
        state.mkdir(mode=0o700, parents=True, exist_ok=True)
        return {
            "REFTRACK_POSTGRES_DSN": dsn,
            "REFTRACK_KAFKA_BOOTSTRAP": self.bootstrap,
            **self._let_in(spec.name),
            "REFTRACK_GRPC_HOST": HOST,
            "REFTRACK_GRPC_PORT": str(grpc_port),
            "REFTRACK_HTTP_PORT": str(http_port),
            "REFTRACK_INSTANCE": instance,
            "REFTRACK_STATE_DIR": str(state),
            "REFTRACK_JWKS_PATH": str(self.keys.jwks),
            "REFTRACK_SECRETS_PATH": str(self.keys.secrets_of(spec.name)),
            "REFTRACK_MASTER_KEY_PATH": str(self.keys.master),
            "REFTRACK_CLOCK": self.clock.setting,
            "REFTRACK_REFERENCE_PATH": str(self.reference),
        }

    def _let_in(self, service: str) -> dict[str, str]:
        if not self.own_kafka:
            return {}
        return self.users.env(service) if self.users else login.without_credentials()
