"""Every work that is measured, in the order of the table."""

from __future__ import annotations

from tests.bench.commands import COMMAND
from tests.bench.harness import Work
from tests.bench.intake import INTAKE
from tests.bench.latency import LATENCY
from tests.bench.reads import READ
from tests.bench.rebuild import REBUILD
from tests.bench.recorder import RECORDER
from tests.bench.relay import RELAY

ALL: tuple[Work, ...] = (RECORDER, INTAKE, RELAY, REBUILD, COMMAND, READ, LATENCY)
