"""How this process speaks to Kafka: the same servers, the same credentials, for each client library."""

from __future__ import annotations

import logging
import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from faststream.security import BaseSecurity, SASLPlaintext, SASLScram256, SASLScram512

if TYPE_CHECKING:
    from chassis.settings import ServiceSettings

LIBRDKAFKA = logging.getLogger("chassis.librdkafka")
"""What librdkafka's clients log to: brokers, threads, error codes; it never sees into a record."""

_SASL = {"PLAIN": SASLPlaintext, "SCRAM-SHA-256": SASLScram256, "SCRAM-SHA-512": SASLScram512}
_PROTOCOLS = ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")


@dataclass(frozen=True)
class KafkaSettings:
    """Where Kafka is and how to be let in.

    Raises `ValueError`, naming the variable and what it wants, when the parts do not fit together.
    """

    bootstrap: str
    security_protocol: str = "PLAINTEXT"
    sasl_mechanism: str | None = None
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    cafile: Path | None = None

    def __post_init__(self) -> None:
        if self.security_protocol not in _PROTOCOLS:
            raise ValueError(f"REFTRACK_KAFKA_SECURITY_PROTOCOL must be one of {', '.join(_PROTOCOLS)}")
        if self._sasl and self.sasl_mechanism not in _SASL:
            raise ValueError(f"REFTRACK_KAFKA_SASL_MECHANISM must be one of {', '.join(_SASL)}")
        if self._sasl and not (self.username and self.password):
            raise ValueError("REFTRACK_KAFKA_SASL_USERNAME and REFTRACK_KAFKA_SASL_PASSWORD must both be set")

    @classmethod
    def of(cls, settings: ServiceSettings) -> Self:
        """Take them out of a service's settings."""
        secret = settings.kafka_sasl_password
        return cls(
            bootstrap=settings.kafka_bootstrap,
            security_protocol=settings.kafka_security_protocol,
            sasl_mechanism=settings.kafka_sasl_mechanism,
            username=settings.kafka_sasl_username,
            password=secret.get_secret_value() if secret else None,
            cafile=settings.kafka_ssl_cafile,
        )

    @property
    def _sasl(self) -> bool:
        return self.security_protocol.startswith("SASL_")

    @property
    def _tls(self) -> bool:
        return self.security_protocol.endswith("SSL")

    def for_faststream(self) -> BaseSecurity | None:
        """`security=` of FastStream's `KafkaBroker` (aiokafka below)."""
        if not (self._sasl or self._tls):
            return None
        context = ssl.create_default_context(cafile=self.cafile) if self._tls else None
        if not self._sasl:
            return BaseSecurity(ssl_context=context, use_ssl=True)
        mechanism = _SASL[self.sasl_mechanism or ""]
        return mechanism(self.username or "", self.password or "", ssl_context=context, use_ssl=self._tls)

    def for_confluent(self) -> dict[str, Any]:
        """Configuration of a librdkafka client: servers and credentials, nothing else."""
        given = {
            "bootstrap.servers": self.bootstrap,
            "security.protocol": self.security_protocol.lower(),
            "sasl.mechanism": self.sasl_mechanism if self._sasl else None,
            "sasl.username": self.username if self._sasl else None,
            "sasl.password": self.password if self._sasl else None,
            "ssl.ca.location": str(self.cafile) if self.cafile and self._tls else None,
        }
        return {name: value for name, value in given.items() if value is not None}

    def for_kafka_python(self) -> dict[str, Any]:
        """Keyword arguments of kafka-python's clients (the admin client)."""
        given = {
            "bootstrap_servers": self.bootstrap.split(","),
            "security_protocol": self.security_protocol,
            "sasl_mechanism": self.sasl_mechanism if self._sasl else None,
            "sasl_plain_username": self.username if self._sasl else None,
            "sasl_plain_password": self.password if self._sasl else None,
            "ssl_cafile": str(self.cafile) if self.cafile and self._tls else None,
        }
        return {name: value for name, value in given.items() if value is not None}
