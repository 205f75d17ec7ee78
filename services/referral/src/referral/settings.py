"""What referral is told by its surroundings: nothing but what every service is told."""

from __future__ import annotations

from chassis.settings import ServiceSettings


class Settings(ServiceSettings):
    """Read in `__main__` only."""
