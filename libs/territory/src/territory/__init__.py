"""Viet Nam's provinces, districts and communes as units with a life, in memory. See docs/territory.md."""

from territory.errors import TerritoryInvalid
from territory.fold import fold
from territory.living import Living
from territory.loading import load_events
from territory.resolving import Resolution
from territory.table import load
from territory.territory import Territory
from territory.units import Reached, Step, Unit

__all__ = [
    "Living",
    "Reached",
    "Resolution",
    "Step",
    "Territory",
    "TerritoryInvalid",
    "Unit",
    "fold",
    "load",
    "load_events",
]
