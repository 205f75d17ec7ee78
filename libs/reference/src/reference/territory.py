"""Provinces, districts and communes of the whole country: what `libs/territory` knows, once a process."""

from __future__ import annotations

from functools import cache

import territory
from territory import Resolution, Territory, Unit

__all__ = ["Resolution", "Territory", "Unit", "whole_country"]


@cache
def whole_country() -> Territory:
    """The committed territory; it never changes, so that everybody in a process may share it."""
    return territory.load()
