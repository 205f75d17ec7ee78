"""Old versions of events: each step turns the data of one version into that of the next.

A version once shipped stays readable for ever. When an event changes, its class gets the next `TYPE`, and
here stands one `Step` from the version before. Reading follows the chain to what `PAYLOADS` knows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

Data = dict[str, Any]


@dataclass(frozen=True)
class Step:
    """From one version to the next: `change` gets the old data as JSON gives it and returns the new."""

    to: str
    change: Callable[[Data], Data]


STEPS: Mapping[str, Step] = MappingProxyType({})
"""Old type name → the step that leads on from it. None yet: every event is in its first version."""


def newest(type_name: str, data: Data, steps: Mapping[str, Step] = STEPS) -> tuple[str, Data]:
    """The newest type name and the data in that version; unchanged where no step leads on."""
    while (step := steps.get(type_name)) is not None:
        type_name, data = step.to, step.change(data)
    return type_name, data
