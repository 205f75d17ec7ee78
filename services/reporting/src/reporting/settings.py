"""Settings of reporting."""

from __future__ import annotations

from chassis.settings import ServiceSettings
from pydantic import Field


class ReportingSettings(ServiceSettings):
    """What reporting is told beside what every service is told."""

    page: int = Field(
        1_000, ge=1, le=5_000, description="entries of the history that a view takes in at once"
    )
