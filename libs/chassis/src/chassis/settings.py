"""Settings of a service: one frozen class, read once in `__main__` from variables `REFTRACK_…`."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from chassis.clock import Clock, clock_from

PREFIX = "REFTRACK_"


class SettingsError(SystemExit):
    """A variable is missing or wrong; the text names each one and the remedy. Uncaught: printed, exit 1."""


class ServiceSettings(BaseSettings):
    """What every service is told by its surroundings; a service adds its own fields in a subclass."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, frozen=True, extra="ignore", hide_input_in_errors=True, validate_default=True
    )

    postgres_dsn: SecretStr = Field(
        description="PostgreSQL of this service: postgresql://user@host:port/database"
    )
    kafka_bootstrap: str = Field(description="Kafka: host:port[,host:port…]")
    kafka_security_protocol: str = Field(
        default="PLAINTEXT", description="PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL"
    )
    kafka_sasl_mechanism: str | None = Field(
        default=None, description="PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512"
    )
    kafka_sasl_username: str | None = Field(default=None, description="user of the SASL mechanism")
    kafka_sasl_password: SecretStr | None = Field(default=None, description="password of the SASL mechanism")
    kafka_ssl_cafile: Path | None = Field(
        default=None, description="certificate authority of the brokers (PEM)"
    )

    grpc_host: str = Field(default="127.0.0.1", description="address on which gRPC answers")
    grpc_port: int = Field(default=0, ge=0, le=65535, description="port of gRPC; 0 takes a free one")
    http_host: str = Field(default="127.0.0.1", description="address of /livez /readyz /metrics")
    http_port: int = Field(
        default=0, ge=0, le=65535, description="port of /livez /readyz /metrics; 0: a free one"
    )
    tls_cert: Path | None = Field(default=None, description="certificate chain of the gRPC server (PEM)")
    tls_key: Path | None = Field(default=None, description="private key of the gRPC server (PEM)")

    instance: str = Field(default="1", pattern=r"^[A-Za-z0-9_.-]{1,64}$", description="name of this instance")
    state_dir: Path = Field(default=Path("."), description="folder for what this instance may leave behind")
    jwks_path: Path = Field(description="public keys of callers' tokens (JWKS)")
    token_issuer: str = Field(default="reftrack", description="`iss` that callers' tokens must have")
    secrets_path: Path = Field(
        description="this service's own keys: JSON with ids_key and box_key, 32 bytes in base64 each"
    )
    master_key_path: Path = Field(description="master key that wraps the data keys of people")
    clock: str = Field(
        default="real", description="real, or simulated:<path of a file with one RFC 3339 instant>"
    )
    reference_path: Path = Field(description="folder with organisations.yaml, policy/ and instruments/")
    log_level: str = Field(
        default="INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$", description="least level logged"
    )
    drain_seconds: float = Field(
        default=10.0, gt=0, le=300, description="seconds for work under way after SIGTERM"
    )

    @field_validator("clock")
    @classmethod
    def _clock_is_known(cls, value: str) -> str:
        clock_from(value)
        return value

    @field_validator("log_level", mode="before")
    @classmethod
    def _level_in_capitals(cls, value: Any) -> Any:
        return value.upper() if isinstance(value, str) else value

    def model_post_init(self, _context: Any, /) -> None:
        if (self.tls_cert is None) != (self.tls_key is None):
            raise SettingsError(f"{PREFIX}TLS_CERT and {PREFIX}TLS_KEY go together: set both, or neither")

    @classmethod
    def read(cls) -> Self:
        """Read the variables. Raises `SettingsError`, which names each wrong variable and what it wants."""
        try:
            return cls()  # type: ignore[call-arg]  # the fields come from the environment
        except ValidationError as error:
            raise SettingsError(_explain(cls, error)) from None

    def make_clock(self) -> Clock:
        """Return the clock that these settings name."""
        return clock_from(self.clock)


def _explain(settings: type[ServiceSettings], error: ValidationError) -> str:
    lines = [f"{len(error.errors())} setting(s) missing or wrong:"]
    for problem in error.errors(include_input=False, include_url=False):
        name = str(problem["loc"][0]) if problem["loc"] else ""
        wants = settings.model_fields[name].description if name in settings.model_fields else ""
        lines.append(f"  {PREFIX}{name.upper()}: {problem['msg']}; wants {wants}")
    return "\n".join(lines)


@dataclass(frozen=True)
class Secrets:
    """A service's own keys: `ids_key` for `chassis.ids`, `box_keys` for `chassis.box` (the first seals)."""

    ids_key: bytes = field(repr=False)
    box_keys: tuple[bytes, ...] = field(repr=False)

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read the JSON file. Raises `SettingsError`, which names the member and never shows a value."""
        try:
            found = dict(json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError) as error:
            why = getattr(error, "strerror", None) or "is not a JSON object"
            raise SettingsError(f"{PREFIX}SECRETS_PATH {path}: {why}") from None
        older = found.get("older_box_keys", [])
        boxes = [
            _key(path, "box_key", found.get("box_key")),
            *(_key(path, "older_box_keys", key) for key in older),
        ]
        return cls(ids_key=_key(path, "ids_key", found.get("ids_key")), box_keys=tuple(boxes))

    def subkey(self, purpose: str) -> bytes:
        """Return a 32-byte key for one purpose (`cursor`, `blind-index`): HKDF (RFC 5869) of `ids_key`."""
        return HKDF(SHA256(), length=32, salt=None, info=f"reftrack/{purpose}".encode()).derive(self.ids_key)


def _key(path: Path, member: str, value: object) -> bytes:
    try:
        key = base64.b64decode(value, validate=True) if isinstance(value, str) else b""
    except binascii.Error:
        key = b""
    if len(key) != 32:
        raise SettingsError(f"{PREFIX}SECRETS_PATH {path}: {member} must be 32 bytes in base64")
    return key
