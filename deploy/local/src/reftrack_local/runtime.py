"""The whole system on one machine: servers, topics, databases, keys, and the services as processes."""

from __future__ import annotations

import shutil
import tempfile
import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from reftrack_local import databases, external, leftovers, secure, topics
from reftrack_local.external import ExternalKafka, ExternalPostgres
from reftrack_local.folder import StateFolder
from reftrack_local.kafka import KafkaServer
from reftrack_local.keys import Keys
from reftrack_local.login import Login
from reftrack_local.plan import PortPlan, Surroundings, Wanted, all_agencies, all_topics, clock_for
from reftrack_local.postgres import PostgresServer
from reftrack_local.processes import Identity
from reftrack_local.progress import Quiet, Reporter
from reftrack_local.secure import KafkaUsers
from reftrack_local.services import ServiceProcess, ServiceSpec
from reftrack_local.supervisor import Part, Supervisor
from reftrack_local.trouble import Trouble


class LocalRuntime:
    """A running reftrack while the context lasts.

    `state` is kept between runs; without one everything lies in a folder that vanishes at the end. Servers
    that `REFTRACK_POSTGRES_DSN` and `REFTRACK_KAFKA_BOOTSTRAP` name are used and never stopped.

    Entering raises Trouble (AlreadyRunning when another process holds the folder) and leaves nothing running.
    """

    postgres: PostgresServer | ExternalPostgres
    kafka: KafkaServer | ExternalKafka

    def __init__(
        self, state: Path | None = None, wanted: Wanted | None = None, *, reporter: Reporter | None = None
    ) -> None:
        self.wanted = wanted or Wanted()
        self.ephemeral = state is None
        self.folder = StateFolder(state or Path(tempfile.mkdtemp(prefix="reftrack-")))
        self.keys = Keys(self.folder.keys)
        self.services: dict[str, list[ServiceProcess]] = {}
        self._reporter = reporter or Quiet()
        self._supervisor = Supervisor(self._parts, self._reporter)
        self._recording = threading.Lock()
        self._phase = "starting"
        self._since = datetime.now(UTC).isoformat(timespec="seconds")

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start everything and wait until it is ready; stop all of it again if that fails."""
        self.folder.prepare()
        self.folder.hold()
        try:
            self._plan()
            self._start_servers()
            self._start_services()
        except BaseException:
            self.stop()
            raise
        if self.wanted.supervise:
            self._supervisor.start()
        self._enter("ready")

    def stop(self) -> None:
        """Stop everything that was started, services first, and let the folder go."""
        self._supervisor.stop()
        for part in self._parts():
            part.bar()
        try:
            self._stop_parts()
        except KeyboardInterrupt:
            self._reporter.say("Stopping at once.")
            for part in self._parts():
                part.kill9()
        try:
            self._enter("stopped")
        finally:
            self.folder.let_go()
        if self.ephemeral:
            shutil.rmtree(self.folder.path, ignore_errors=True)

    def token(self, *, role: str, org: str, subject: str, ttl: timedelta = timedelta(hours=12)) -> str:
        """A signed token of a caller, as `reftrack token issue` gives."""
        return self.keys.token(role=role, org=org, subject=subject, ttl=ttl)

    def endpoint(self, service: str) -> str:
        """`host:port` of the gRPC server of a living instance of a service."""
        living = [each for each in self.services[service] if each.alive()]
        return (living or self.services[service])[0].grpc

    def dsn(self, service: str) -> str:
        """DSN of a service's database."""
        return self.postgres.dsn(f"reftrack_{service}")

    def add_instance(
        self, service: str, env: Mapping[str, str] | None = None, *, wait: bool = True
    ) -> ServiceProcess:
        """Start one more instance of a service; `env` counts for its first start only."""
        spec = next(each for each in self.wanted.services if each.name == service)
        added = self._instance(spec, len(self.services[service]) + 1)
        self.services[service].append(added)
        added.start(env, wait=wait)
        return added

    def add_agency(self, agency: str) -> None:
        """Make the two topics of an agency that the reference data does not have."""
        topics.make(self.kafka.bootstrap, topics.of_agency(agency), login=self._kafka_login())

    def await_ready(self) -> None:
        """Wait until every instance that should run says that it is ready."""
        for process in self._processes():
            if process.wanted:
                process.await_ready()

    def _plan(self) -> None:
        before = self.folder.read()
        leftovers.stop(before, self._reporter)
        self.folder.turn_logs()
        self._ports = PortPlan(before, self._reporter)
        self.clock = clock_for(self.folder, self.wanted)
        self._topics = all_topics(self.wanted)
        self.postgres = external.postgres_given() or PostgresServer(
            self.folder.postgres,
            port=self._ports.port("postgres", self.wanted.postgres_port),
            log=self.folder.logs / "postgres.log",
            reporter=self._reporter,
        )
        self.kafka = self._given_kafka() or self._own_kafka()
        for server in self._own_servers():
            server.child.on_start = self._record
        self._record()

    def _given_kafka(self) -> ExternalKafka | None:
        given = external.kafka_given()
        if given and self.wanted.secure:
            raise Trouble(
                "--secure is for the Kafka that is started here; REFTRACK_KAFKA_BOOTSTRAP names another.",
                "Unset it, or secure that cluster yourself (docs/runbook.md).",
            )
        return given

    def _kafka_login(self) -> Login | None:
        return self.kafka.login if isinstance(self.kafka, KafkaServer) else None

    def _own_kafka(self) -> KafkaServer:
        return KafkaServer(
            self.folder.kafka,
            port=self._ports.port("kafka", self.wanted.kafka_port),
            controller_port=self._ports.port("kafka-controller"),
            log=self.folder.logs / "kafka.log",
            reporter=self._reporter,
            users=self._kafka_users(),
        )

    def _kafka_users(self) -> KafkaUsers | None:
        if not self.wanted.secure:
            return None
        return KafkaUsers.made(self.keys.kafka, (service.name for service in self.wanted.services))

    def _start_servers(self) -> None:
        if isinstance(self.kafka, KafkaServer):
            # here, not beside PostgreSQL: an interrupted download must not hold up the end
            self.kafka.fetch()
        self.keys.make(service.name for service in self.wanted.services)
        _side_by_side([self._start_postgres, self._start_kafka])

    def _start_postgres(self) -> None:
        self.postgres.start()
        databases.make(self.postgres.dsn(), [service.database for service in self.wanted.services])

    def _start_kafka(self) -> None:
        self.kafka.start()
        with self._reporter.step("Making topics"):
            topics.make(self.kafka.bootstrap, self._topics, login=self._kafka_login())
        if self.wanted.secure:
            with (
                self._reporter.step("Giving rights"),
                topics.admin(self.kafka.bootstrap, self._kafka_login()) as client,
            ):
                services = [(service.name, service.has_log) for service in self.wanted.services]
                secure.grant(client, services, all_agencies(self.wanted))

    def _start_services(self) -> None:
        for spec in self.wanted.services:
            numbers = range(1, self.wanted.instances.get(spec.name, 1) + 1)
            self.services[spec.name] = [self._instance(spec, number) for number in numbers]
        processes = self._processes()
        with self._reporter.step("Starting the services", len(processes)) as step:
            for process in processes:
                process.start(wait=False)
            for ready, process in enumerate(processes, start=1):
                process.await_ready()
                step.advance(ready, len(processes))

    def _instance(self, spec: ServiceSpec, number: int) -> ServiceProcess:
        name = f"{spec.name}-{number}"
        grpc, http = (self._ports.port(f"{name}.{kind}") for kind in ("grpc", "http"))
        told = Surroundings(
            self.folder,
            self.keys,
            self.clock,
            self.kafka.bootstrap,
            isinstance(self.kafka, KafkaServer),
            self.wanted.reference_path(),
            self.kafka.users if isinstance(self.kafka, KafkaServer) else None,
        )
        env = told.env(spec, str(number), self.postgres.dsn(spec.database), grpc, http)
        env.update(self.wanted.env.get(spec.name, {}))
        process = ServiceProcess(spec, str(number), grpc, http, self.folder.logs / f"{name}.log", env)
        process.child.on_start = self._record
        return process

    def _stop_parts(self) -> None:
        processes = self._processes()
        with self._reporter.step("Stopping", len(processes) + 2):
            _side_by_side([process.stop for process in processes])
            _side_by_side([server.stop for server in self._own_servers()])

    def _processes(self) -> list[ServiceProcess]:
        return [process for instances in self.services.values() for process in instances]

    def _own_servers(self) -> list[PostgresServer | KafkaServer]:
        servers = (getattr(self, "postgres", None), getattr(self, "kafka", None))
        return [server for server in servers if isinstance(server, PostgresServer | KafkaServer)]

    def _parts(self) -> list[Part]:
        return [*self._own_servers(), *self._processes()]

    def _enter(self, phase: str) -> None:
        self._phase = phase
        self._record()

    def _record(self) -> None:
        """Write `runtime.json`: where everything is, for the command line and for whoever cleans up."""
        if not hasattr(self, "kafka"):
            return
        with self._recording:
            self.folder.write(self._as_data())

    def _as_data(self) -> dict[str, Any]:
        data: dict[str, Any] = {
            "phase": self._phase,
            "since": self._since,
            "clock": self.clock.setting,
            "reference": str(self.wanted.reference_path()),
            "ports": self._ports.taken,
            "postgres": {"dsn": self.postgres.dsn(), "embedded": isinstance(self.postgres, PostgresServer)},
            "kafka": {
                "bootstrap": self.kafka.bootstrap,
                "embedded": isinstance(self.kafka, KafkaServer),
                "secure": self.wanted.secure,
            },
            "services": {
                name: [process.as_data() for process in instances]
                for name, instances in self.services.items()
            },
        }
        if self._phase != "stopped":
            data["runtime"] = Identity.own().as_data()
        for server in self._own_servers():
            if server.child.identity and self._phase != "stopped":
                data[server.name].update(server.child.identity.as_data())
        return data


def _side_by_side(tasks: Iterable[Callable[[], None]]) -> None:
    """Run the tasks in threads; raise what the first one raised."""
    workers = ThreadPoolExecutor(thread_name_prefix="runtime")
    try:
        for future in [workers.submit(task) for task in tasks]:
            future.result()
    finally:
        workers.shutdown(wait=False)
