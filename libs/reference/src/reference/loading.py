"""The folder of reference data as one object."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from reference.instruments import Instruments
from reference.organisations import Organisations
from reference.policy import Policy
from reference.territory import Territory


@dataclass(frozen=True)
class Reference:
    """Everything that services look up and never write."""

    organisations: Organisations
    territory: Territory
    policy: Policy
    instruments: Instruments

    @classmethod
    def load(cls, path: Path) -> Reference:
        """Reads `organisations.yaml`, `territory.yaml`, `policy/*.yaml` and `instruments/*.yaml`; raises
        `ReferenceInvalid`."""
        territory = Territory.load(path / "territory.yaml")
        organisations = Organisations.load(path / "organisations.yaml", territory)
        instruments = Instruments.load(path / "instruments")
        return cls(organisations, territory, Policy.load(path / "policy"), instruments)
