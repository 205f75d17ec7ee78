"""What intake is told by its surroundings, beside what every service is told."""

from __future__ import annotations

from chassis.settings import ServiceSettings
from pydantic import Field, SecretStr


class Settings(ServiceSettings):
    """Read in `__main__` only."""

    kafka_admin_username: str | None = Field(
        default=None, description="user that may make offices' topics, rights and credentials; else its own"
    )
    kafka_admin_password: SecretStr | None = Field(default=None, description="password of that user")
