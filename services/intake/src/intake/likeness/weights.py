"""What each agreement is worth: m, how often two records of one person agree so; u, how often two people's.

Estimated by `python -m tests.bench.likeness --estimate` on generated people (docs/likeness.md), kept in
`weights.yaml`. A worth is log2(m / u), in bits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from math import log2
from typing import Any

import yaml

from intake.likeness.levels import Level

Bits = Mapping[str, float]
RATE_FLOOR = 1e-4
"""A rate that the estimation never saw is not impossible."""


@dataclass(frozen=True, eq=False)
class Role:
    """A part of the name. `m` of each level, where both names bear marks and where not; `u` of those levels
    whose chance does not hang on the value."""

    m: Mapping[bool, Bits]
    u: Bits

    def bits(self, level: Level, *, marked: bool, chance: float | None = None) -> float:
        """The worth of an agreement; `chance` is the u of the value that both have."""
        u = self.u[level] if chance is None else chance
        return log2(max(self.m[marked].get(level, 0.0), RATE_FLOOR) / max(u, RATE_FLOOR / 10))


@dataclass(frozen=True, eq=False)
class Weights:
    """`prior`: log2 of the odds that somebody picked at random is the one who comes. The others in bits."""

    prior: float
    roles: Mapping[str, Role]
    year: Bits
    commune: Bits
    sex: Bits
    turned: float
    jumbled: float
    alias_is_given: float
    alias_same: float

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Weights:
        """Read the form of the file."""
        roles = {
            name: Role({True: one["m"]["marked"], False: one["m"]["bare"]}, one["u"])
            for name, one in data["name"].items()
        }
        fields = {name: _bits(data[name]) for name in ("year", "commune", "sex", "whole")}
        return cls(
            prior=log2(data["known_already"] / data["people"]),
            roles=roles,
            year=fields["year"],
            commune=fields["commune"],
            sex=fields["sex"],
            **fields["whole"],
        )


@cache
def weights() -> Weights:
    """Those of `weights.yaml`."""
    return Weights.of(yaml.safe_load(files("intake.likeness").joinpath("weights.yaml").read_text("utf-8")))


def _bits(rates: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    return {
        level: log2(max(rate["m"], RATE_FLOOR) / max(rate["u"], RATE_FLOOR)) for level, rate in rates.items()
    }
