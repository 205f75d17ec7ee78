"""Kafka's jars: those that the committed lock lists, fetched side by side, each checked (SHA-256)."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import jgo
from jgo.env import LockFile

from reftrack_local import paths
from reftrack_local.progress import Reporter
from reftrack_local.trouble import Trouble

LOCK = Path(__file__).with_name("kafka.lock.toml")
AT_ONCE = 12
ATTEMPTS = 3


@dataclass(frozen=True)
class Jar:
    """One file of the lock: its place below a Maven repository and the SHA-256 it must have."""

    place: str
    sha256: str

    @property
    def name(self) -> str:
        return self.place.rpartition("/")[2]


def locked(lock: Path = LOCK) -> list[Jar]:
    """The jars of a lock file, in the order of the class path. Raises Trouble if one has no checksum."""
    jars = []
    for found in LockFile.load(lock).dependencies:
        if not found.sha256:
            raise Trouble(f"{lock.name} has no SHA-256 for {found.artifactId}.", "Make the lock anew.")
        classifier = f"-{found.classifier}" if found.classifier else ""
        file = f"{found.artifactId}-{found.version}{classifier}.{found.packaging}"
        folder = f"{found.groupId.replace('.', '/')}/{found.artifactId}/{found.version}"
        jars.append(Jar(f"{folder}/{file}", found.sha256))
    return jars


class JarStore:
    """Checked jars in this user's cache; what is missing or was changed is fetched."""

    def __init__(self, folder: Path | None = None, repository: str | None = None) -> None:
        self.folder = folder or paths.cache() / "jars"
        self._repository = (
            repository or os.environ.get("REFTRACK_MAVEN_REPOSITORY") or jgo.constants.MAVEN_CENTRAL_URL
        ).rstrip("/")

    def class_path(self, jars: list[Jar], reporter: Reporter) -> list[Path]:
        """Paths of the jars, all present and all checked.

        Raises Trouble: no network and not in the cache, or a jar is not what the lock says.
        """
        missing = [jar for jar in jars if not self._is_good(jar, reporter)]
        if missing:
            self._fetch(missing, reporter)
        return [self._path(jar) for jar in jars]

    def _path(self, jar: Jar) -> Path:
        return self.folder / jar.place

    def _is_good(self, jar: Jar, reporter: Reporter) -> bool:
        path = self._path(jar)
        if not path.exists():
            return False
        if _sha256(path) == jar.sha256:
            return True
        reporter.say(f"{jar.name} in {self.folder} is not what the lock says; fetching it again.")
        return False

    def _fetch(self, missing: list[Jar], reporter: Reporter) -> None:
        self._make_folder()
        title = f"Fetching Kafka ({len(missing)} jars)"
        with (
            reporter.step(title, len(missing)) as step,
            httpx.Client(follow_redirects=True, timeout=60) as client,
            _workers() as workers,
        ):
            fetches = [workers.submit(self._fetch_one, client, jar) for jar in missing]
            for done, fetch in enumerate(as_completed(fetches), start=1):
                fetch.result()
                step.advance(done, len(missing))

    def _make_folder(self) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise Trouble(
                f"Cannot write to the cache {self.folder}: {error.strerror}.",
                "Set XDG_CACHE_HOME to a folder that you may write to.",
            ) from error

    def _fetch_one(self, client: httpx.Client, jar: Jar) -> None:
        content = self._download(client, jar)
        if hashlib.sha256(content).hexdigest() != jar.sha256:
            raise Trouble(
                f"{jar.name} from {self._repository} is not what the lock says (SHA-256 differs); refused.",
                "Somebody may have changed it on its way: try another network, and tell the maintainers.",
            )
        path = self._path(jar)
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f".{path.name}.{os.getpid()}")
        fresh.write_bytes(content)
        fresh.replace(path)

    def _download(self, client: httpx.Client, jar: Jar) -> bytes:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                answer = client.get(f"{self._repository}/{jar.place}")
                answer.raise_for_status()
                return answer.content
            except httpx.HTTPError as error:
                if attempt == ATTEMPTS:
                    raise Trouble(
                        f"Cannot fetch {jar.name} from {self._repository}: {_reason(error)}.",
                        "The first run needs the network; check it (proxy: HTTPS_PROXY, certificates: "
                        "SSL_CERT_FILE), or set REFTRACK_MAVEN_REPOSITORY to a mirror. "
                        "What was fetched already is kept.",
                    ) from error
                time.sleep(attempt)
        raise AssertionError("unreachable")


@contextmanager
def _workers() -> Iterator[ThreadPoolExecutor]:
    workers = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="jars")
    try:
        yield workers
    finally:
        workers.shutdown(wait=True, cancel_futures=True)


def _reason(error: httpx.HTTPError) -> str:
    if isinstance(error, httpx.HTTPStatusError):
        return f"answer {error.response.status_code}"
    return str(error) or type(error).__name__


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
