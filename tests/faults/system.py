"""A whole running system with agencies around it: fed, disturbed, looked at."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Self

import grpc
import psutil
from reftrack.reporting.v1 import views_pb2, views_pb2_grpc
from reftrack_demo.agencies import Agencies
from reftrack_demo.steps import Step
from reftrack_local import LocalRuntime, Wanted, paths
from reftrack_local.access import Access, Speaker
from reftrack_local.services import ServiceProcess

from tests.faults import looking
from tests.faults.checker import differences, unfinished
from tests.faults.content import VIEWS, Content, content
from tests.faults.office import Office
from tests.faults.people import NOW, company
from tests.faults.seen import Seen, View

SERVICES = ("intake", "referral", "followup", "reporting")
SUPERVISOR = Speaker(role="supervisor", org="pctnxh-ha-noi", subject="tests")
QUIET_WITHIN = 90.0


class System:
    """PostgreSQL, Kafka and the four services in a folder of their own, and the agencies' office.

    Nobody restarts what dies but the test. `keys`: the key folder of another system: the same events get the
    same ids and numbers then.
    """

    def __init__(self, folder: Path, *, keys: Path | None = None, wanted: Wanted | None = None) -> None:
        if keys:
            shutil.copytree(keys, folder / "keys")
        self.runtime = LocalRuntime(folder, wanted or Wanted(clock=NOW, supervise=False))
        self.agencies = Agencies(paths.default_reference())
        self.played: dict[int, set[tuple[str, str]]] = {}

    def __enter__(self) -> Self:
        self.runtime.start()
        try:
            self.office = Office(self.runtime.kafka.bootstrap, self.agencies.ids)
        except BaseException:
            self.runtime.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.office.close()
        self.runtime.stop()

    @property
    def keys(self) -> Path:
        return self.runtime.folder.keys

    def only(self, service: str) -> ServiceProcess:
        """The first instance of a service."""
        return self.runtime.services[service][0]

    def company(self, number: int) -> list[Step]:
        """What the agencies of one company of people post, in order."""
        return [step for steps in company(self.agencies, number) for step in steps]

    def play(self, number: int) -> None:
        """Post for one company of people, round after round; wait for the answers to each."""
        before = set(self.office.journal.deliveries())
        for steps in company(self.agencies, number):
            self.office.post(steps)
            self.office.settle()
        self.played[number] = set(self.office.journal.deliveries()) - before

    def must_equal(self, other: System, number: int) -> None:
        """Assert that a company came to the same in another system with the same keys."""
        found = list(other.content(number).differences(self.content(number)))
        assert not found, "not what it is where nothing was disturbed:\n" + "\n".join(found)

    def content(self, number: int) -> Content:
        """What the events of one company came to."""
        return content(self.quiet(), self.runtime.dsn, self.played[number])

    def quiet(self) -> Seen:
        """Wait until nothing is under way any more; everything there is then. Raises AssertionError."""
        deadline = time.monotonic() + QUIET_WITHIN
        while left := unfinished(seen := looking.look(self.runtime.kafka.bootstrap, self.runtime.dsn)):
            assert time.monotonic() < deadline, "still under way:\n" + "\n".join(left[:20])
            time.sleep(0.3)
        return seen

    def check(self) -> None:
        """Look at everything when it is quiet, views built anew included. Raises AssertionError."""
        seen = self.quiet()
        self._await_views(len(seen.history))
        seen.views = [self._rebuilt(name) for name in VIEWS]
        found = differences(self.office.journal, seen)
        assert not found, "the system is not what was sent:\n" + "\n".join(found)

    @contextmanager
    def channel(self, service: str, speaker: Speaker = SUPERVISOR) -> Iterator[grpc.Channel]:
        """A channel to an instance of a service that is awake, as somebody."""
        awake = next(each for each in self.runtime.services[service] if not asleep(each))
        with To(self.runtime.folder.path, awake.grpc).channel(service, speaker) as channel:
            yield channel

    @contextmanager
    def meanwhile(self, number: int) -> Iterator[None]:
        """What stands in the block happens while a company posts; at the end all of it is answered."""
        with ThreadPoolExecutor(1, thread_name_prefix="company") as posting:
            played = posting.submit(self.play, number)
            yield
            played.result()

    @contextmanager
    def dying(self, point: str, *services: str) -> Iterator[None]:
        """Each service is killed at the crash point and started again meanwhile; at the end all have been."""
        with ExitStack() as stack:
            for service in services:
                stack.enter_context(dying(self.only(service), point))
            yield

    def _rebuilt(self, name: str) -> View:
        with self.channel("reporting") as channel:
            views = views_pb2_grpc.ViewsServiceStub(channel)
            steps = list(views.RebuildView(views_pb2.RebuildViewRequest(name=name), timeout=60))
        last = steps[-1]
        return View(name, last.seq, last.equal, last.differing_rows)

    def _await_views(self, seq: int) -> None:
        with self.channel("reporting") as channel:
            views = views_pb2_grpc.ViewsServiceStub(channel)
            deadline = time.monotonic() + QUIET_WITHIN
            while (
                min(view.seq for view in views.ListViews(views_pb2.ListViewsRequest(), timeout=20).views)
                < seq
            ):
                assert time.monotonic() < deadline, "the views do not reach the end of the history"
                time.sleep(0.1)


class To(Access):
    """Access to one instance."""

    def __init__(self, state: Path, address: str) -> None:
        super().__init__(state)
        self._instance = address

    def _address(self, service: str) -> str:
        return self._instance


def asleep(process: ServiceProcess) -> bool:
    """Whether it has been stopped (SIGSTOP), or has ended."""
    return not process.alive() or psutil.Process(process.pid).status() == psutil.STATUS_STOPPED


@contextmanager
def dying(process: ServiceProcess, point: str, within: float = 60.0) -> Iterator[None]:
    """Restart the process so that it dies at the point, and start it again when it has; it must have."""
    process.restart({"REFTRACK_CRASH_AT": point})
    ended: list[int] = []

    def revive() -> None:
        with suppress(TimeoutError):
            ended.append(process.await_end(within))
            process.start()

    reviver = threading.Thread(target=revive, name=f"revive {process.name}")
    reviver.start()
    try:
        yield
    finally:
        reviver.join(within + 60)
        if not ended:
            process.restart()
    assert ended == [-9], f"{process.name} was not killed at {point}: {ended or 'it lived'}"
