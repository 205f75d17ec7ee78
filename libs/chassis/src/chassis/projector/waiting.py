"""Callers on an event loop that wait until a view has come to a place."""

from __future__ import annotations

import asyncio
from threading import Lock


class Waiting:
    """Knows how far each view has come; wakes who waits for that. `reached` may be called from any thread."""

    def __init__(self) -> None:
        self._positions: dict[str, int] = {}
        self._waiters: list[tuple[str, int, asyncio.Future[None]]] = []
        self._lock = Lock()

    def positions(self) -> dict[str, int]:
        """Return how far each view has come, as far as it is known here."""
        with self._lock:
            return dict(self._positions)

    def reached(self, view: str, position: int) -> None:
        """The view has come so far."""
        with self._lock:
            self._positions[view] = position
            ready = [waiter for waiter in self._waiters if waiter[0] == view and waiter[1] <= position]
            self._waiters = [waiter for waiter in self._waiters if waiter not in ready]
        for _, _, future in ready:
            future.get_loop().call_soon_threadsafe(_wake, future)

    async def wait_for(self, view: str, position: int) -> None:
        """Return when the view holds everything up to `position`. Bound it with `asyncio.timeout`."""
        future = asyncio.get_running_loop().create_future()
        waiter = (view, position, future)
        with self._lock:
            if self._positions.get(view, -1) >= position:
                return
            self._waiters.append(waiter)
        try:
            await future
        finally:
            with self._lock:
                self._waiters = [other for other in self._waiters if other is not waiter]


def _wake(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
