"""The relay of a service: one thread, one active instance, one Kafka transaction a page."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from threading import Event, Thread

from chassis import crash
from chassis.kafka import KafkaSettings
from chassis.relay.lease import Lease
from chassis.relay.log import Log, Outgoing
from chassis.relay.publisher import PageAborted, PagePublisher
from chassis.telemetry import Check, get_logger, metrics, safe_text

_log = get_logger("relay")
_HUNG = 120.0
_MANY = 8
"""Messages of a page that show that more are coming; then the next page is given time to fill."""
_GATHER = 0.05
"""Seconds from one such page to the next: a transaction costs Kafka the same whatever is in it."""


@safe_text
class LogBehindKafka(Exception):
    """The database holds less than was published (restored from an older copy). Nothing is published."""

    def __init__(self, log: str, published: int, stored: int) -> None:
        super().__init__(
            f"log {log}: published up to {published}, the database ends at {stored}; see the runbook"
        )


class Relay:
    """Publishes the logs of one service to Kafka: in order, each message once (to readers of committed
    records).

    Of several instances one publishes, the others wait for its lease (a session advisory lock); should two
    believe to hold it, Kafka fences the older. The position after each page stands on `<service>.relay.v1`
    in the same transaction as the page, so nothing that happens in between can lose or double a message.
    """

    def __init__(
        self,
        dsn: str,
        kafka: KafkaSettings,
        *,
        service: str,
        logs: Sequence[Log],
        page: int = 1_000,
        poll_seconds: float = 0.5,
        standby_seconds: float = 1.0,
    ) -> None:
        self._dsn = dsn
        self._kafka = kafka
        self._service = service
        self._logs = tuple(logs)
        self._page = page
        self._poll_seconds = poll_seconds
        self._standby_seconds = standby_seconds
        self._positions: dict[str, int] = {}
        self._active = False
        self._trouble: str | None = "not started"
        self._seen_at = time.monotonic()
        self._measured_at = 0.0
        self._gather_until = 0.0
        self._stopping = Event()
        self._thread = Thread(target=self._run, name=f"relay-{service}", daemon=True)

    @property
    def active(self) -> bool:
        """Whether this instance publishes; otherwise it is a standby."""
        return self._active

    def positions(self) -> dict[str, int]:
        """Return the position of the newest published message of each log, as this instance knows it."""
        return dict(self._positions)

    def check(self) -> Check:
        """Ready when publishing or standing by; alive while the thread turns."""
        return Check("relay", ready=lambda: self._trouble, live=self._hangs)

    def start(self) -> None:
        """Begin to publish, or to stand by."""
        self._thread.start()

    def stop(self, seconds: float = 10.0) -> None:
        """End after the page in hand and give the lease back."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(seconds)

    def _run(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            try:
                self._campaign()
                failures = 0
            except Exception as error:
                failures += 1
                self._report(error)
            self._alive()
            self._stopping.wait(random.uniform(0.5, 1.0) * min(0.25 * 2**failures, 5.0))

    def _campaign(self) -> None:
        """Stand by until the lease is ours, then serve until it is lost."""
        with Lease(self._dsn, f"relay.{self._service}", {log.channel for log in self._logs}) as lease:
            while not lease.acquire():
                self._stand_by()
                if self._stopping.wait(self._standby_seconds):
                    return
            self._serve(lease)

    def _serve(self, lease: Lease) -> None:
        publisher = PagePublisher(
            self._kafka,
            transactional_id=f"{self._service}.relay",
            positions_topic=f"{self._service}.relay.v1",
            stopping=self._stopping,
            waiting=self._kept_waiting,
        )
        try:
            with publisher:
                known = publisher.open(log.name for log in self._logs)
                self._take_over({log.name: known.get(log.name, 0) for log in self._logs}, lease)
                due: Sequence[Log] = self._logs
                while not self._stopping.is_set():
                    self._alive()
                    due = self._turn(lease, publisher, due) or self._told(lease)
        finally:
            self._hand_over()

    def _turn(self, lease: Lease, publisher: PagePublisher, due: Sequence[Log]) -> Sequence[Log]:
        """Publish the next page of each of these logs; returns the logs to look at without waiting."""
        page: list[Outgoing] = []
        ends: dict[str, int] = {}
        behind = False
        for log in due:
            found = log.read(lease.connection, self._positions[log.name], self._page)
            if found:
                page += found
                ends[log.name] = found[-1].position
            behind |= len(found) == self._page
        if page and not self._publish(publisher, page, ends):
            return self._logs
        self._measure(lease, idle=not behind)
        return self._logs if behind else ()

    def _told(self, lease: Lease) -> Sequence[Log]:
        """The logs of which commits are announced; all of them when nothing was for a while."""
        self._stopping.wait(max(0.0, self._gather_until - time.perf_counter()))
        channels = lease.wait(self._poll_seconds)
        return [log for log in self._logs if log.channel in channels] or self._logs

    def _publish(self, publisher: PagePublisher, page: Sequence[Outgoing], ends: dict[str, int]) -> bool:
        """Publish a page; returns whether Kafka took it."""
        began = time.perf_counter()
        try:
            publisher.publish(page, ends)
        except PageAborted as aborted:
            metrics.RELAY_ABORTED.labels(reason=str(aborted)).inc()
            _log.warning("relay_page_aborted", reason=str(aborted), size=len(page))
            self._trouble = f"page aborted by Kafka: {aborted}"
            self._stopping.wait(0.5)
            return False
        self._positions.update(ends)
        self._gather_until = began + _GATHER if len(page) >= _MANY else 0.0
        self._trouble = None
        metrics.RELAY_SECONDS.observe(time.perf_counter() - began)
        metrics.RELAY_PAGE.observe(len(page))
        crash.point("relay_between_pages")
        return True

    def _take_over(self, positions: dict[str, int], lease: Lease) -> None:
        self._positions = positions
        self._active = True
        self._trouble = None
        metrics.RELAY_ACTIVE.set(1)
        for log in self._logs:
            stored = log.stored(lease.connection)
            _log.info("relay_took_over", log=log.name, position=positions[log.name], stored=stored)
            if stored < positions[log.name]:
                raise LogBehindKafka(log.name, positions[log.name], stored)

    def _hand_over(self) -> None:
        """Another instance knows better from now on."""
        self._active = False
        metrics.RELAY_ACTIVE.set(0)
        for log in self._logs:
            metrics.RELAY_POSITION.remove(log.name)
            metrics.RELAY_LAG.remove(log.name)

    def _measure(self, lease: Lease, *, idle: bool) -> None:
        now = time.monotonic()
        if not idle and now - self._measured_at < 1.0:
            return
        self._measured_at = now
        for log in self._logs:
            position = self._positions[log.name]
            metrics.RELAY_POSITION.labels(log=log.name).set(position)
            lag = 0 if idle else log.head(lease.connection) - position
            metrics.RELAY_LAG.labels(log=log.name).set(lag)

    def _stand_by(self) -> None:
        self._trouble = None
        self._alive()

    def _kept_waiting(self, why: str) -> None:
        self._trouble = f"Kafka keeps us waiting: {why}"
        self._alive()

    def _alive(self) -> None:
        self._seen_at = time.monotonic()

    def _hangs(self) -> str | None:
        if self._stopping.is_set():
            return None
        if not self._thread.is_alive():
            return "the relay's thread has ended"
        return "the relay's thread hangs" if time.monotonic() - self._seen_at > _HUNG else None

    def _report(self, error: Exception) -> None:
        if self._stopping.is_set():
            return
        self._trouble = f"cannot publish: {type(error).__name__}"
        _log.error("relay_term_ended", exc_info=error)
