"""Provinces, districts and communes of the whole country: what `libs/territory` knows."""

from __future__ import annotations

from territory import Living, Resolution, Step, Territory, Unit
from territory.living import committed as whole_country

__all__ = ["Living", "Resolution", "Step", "Territory", "Unit", "whole_country"]
