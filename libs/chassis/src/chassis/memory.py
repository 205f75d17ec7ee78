"""Garbage collection for a process that holds large batches: see `stack.md`."""

from __future__ import annotations

import gc


def settle(young: int = 200_000) -> None:
    """Call once after start.

    What lives now lives for ever and is not scanned again, and scans become rarer.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(young, 20, 50)
