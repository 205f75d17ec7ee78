"""The folder of reference data as one object."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from reference.instruments import Instruments
from reference.organisations import Organisations
from reference.policy import Policy
from reference.territory import Living, Territory, whole_country


@dataclass(frozen=True)
class Reference:
    """Everything that services look up and never write."""

    organisations: Organisations
    country: Living
    policy: Policy
    instruments: Instruments

    @property
    def territory(self) -> Territory:
        """The territory as known now. Who keeps it long keeps `country`, which learns of later decrees."""
        return self.country.now

    @classmethod
    def load(cls, path: Path) -> Reference:
        """Reads `organisations.yaml`, `policy/*.yaml` and `instruments/*.yaml`; raises `ReferenceInvalid`.

        The territory is the whole country's, and comes with `libs/territory`.
        """
        territory = whole_country()
        organisations = Organisations.load(path / "organisations.yaml", territory)
        instruments = Instruments.load(path / "instruments")
        policy = Policy.load(path / "policy")
        policy.check_instruments(one.reference for one in instruments)
        return cls(organisations, Living(), policy, instruments)
