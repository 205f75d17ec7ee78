"""Every work that is measured, in the order of the table."""

from __future__ import annotations

from tests.bench.harness import Work
from tests.bench.recorder import RECORDER

ALL: tuple[Work, ...] = (RECORDER,)
