"""What can be wrong with events of units."""

from __future__ import annotations


class TerritoryInvalid(ValueError):
    """Events of units contradict each other or cannot be read: names the event, the unit and the remedy."""
