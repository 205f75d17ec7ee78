"""How kafka-python's clients are let in: credentials count for the cluster that the environment names."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Any

VARIABLES = {
    "REFTRACK_KAFKA_SECURITY_PROTOCOL": "security_protocol",
    "REFTRACK_KAFKA_SASL_MECHANISM": "sasl_mechanism",
    "REFTRACK_KAFKA_SASL_USERNAME": "sasl_plain_username",
    "REFTRACK_KAFKA_SASL_PASSWORD": "sasl_plain_password",
    "REFTRACK_KAFKA_SSL_CAFILE": "ssl_cafile",
}


MECHANISM = "SCRAM-SHA-512"


@dataclass(frozen=True)
class Login:
    """A user of the runtime's own Kafka (`--secure`)."""

    username: str
    password: str = field(repr=False)

    def options(self) -> dict[str, Any]:
        """Keyword arguments of a kafka-python client."""
        return {
            "security_protocol": "SASL_PLAINTEXT",
            "sasl_mechanism": MECHANISM,
            "sasl_plain_username": self.username,
            "sasl_plain_password": self.password,
        }


def client_options(bootstrap: str, login: Login | None = None) -> dict[str, Any]:
    """Keyword arguments of a kafka-python client: servers, and the credentials given, or those of the
    environment if it names these servers."""
    options: dict[str, Any] = {"bootstrap_servers": bootstrap.split(",")}
    if login is not None:
        return options | login.options()
    if bootstrap == os.environ.get("REFTRACK_KAFKA_BOOTSTRAP"):
        options |= {name: os.environ[given] for given, name in VARIABLES.items() if os.environ.get(given)}
    return options


def without_credentials() -> dict[str, str]:
    """What a service is told when Kafka is the runtime's own, whatever the environment says of another."""
    return {"REFTRACK_KAFKA_SECURITY_PROTOCOL": "PLAINTEXT"}
