"""How a person's tool reaches the services: where they listen, and as whom it speaks."""

from __future__ import annotations

import getpass
import json
import os
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc

from reftrack_local import paths
from reftrack_local.keys import Keys
from reftrack_local.trouble import Trouble

BDP_PROBE_OFF = ("grpc.http2.bdp_probe", 0)
"""Else the flow-control window lets a server run ten thousand messages ahead of its reader."""


@dataclass(frozen=True)
class Speaker:
    """Who speaks: the role and organisation that the token names."""

    role: str
    org: str
    subject: str = "cli"


class Access:
    """Channels to the services of a running system.

    A service is found by `REFTRACK_<SERVICE>_ADDRESS` (`host:port`) or in the state folder of the local
    runtime. The token is `REFTRACK_TOKEN`, or one signed with the local runtime's key. With `REFTRACK_TLS_CA`
    the channel is encrypted.
    """

    def __init__(self, state: Path | None = None) -> None:
        self.state = state or paths.default_state()

    def channel(self, service: str, speaker: Speaker) -> grpc.Channel:
        """Open a channel on which every call bears the speaker's token.

        Raises:
            Trouble: if nothing says where the service is, or there is neither a token nor a key to sign one.
        """
        address, options = self._address(service), [BDP_PROBE_OFF]
        ca = os.environ.get("REFTRACK_TLS_CA")
        if ca:
            plain = grpc.secure_channel(address, grpc.ssl_channel_credentials(Path(ca).read_bytes()), options)
        else:
            plain = grpc.insecure_channel(address, options)
        return grpc.intercept_channel(plain, _Bearing(self.token(speaker)))

    def token(self, speaker: Speaker) -> str:
        given = os.environ.get("REFTRACK_TOKEN")
        if given:
            return given
        subject = speaker.subject if speaker.subject != "cli" else f"cli-{getpass.getuser()}"
        return Keys(self.state / "keys").token(role=speaker.role, org=speaker.org, subject=subject)

    def _address(self, service: str) -> str:
        given = os.environ.get(f"REFTRACK_{service.upper()}_ADDRESS")
        if given:
            return given
        instances: list[dict[str, Any]] = self._runtime().get("services", {}).get(service, [])
        living = [instance for instance in instances if "pid" in instance] or instances
        if not living:
            raise Trouble(
                f"Nothing says where {service} listens.",
                f"Start the system with `reftrack up`, or set REFTRACK_{service.upper()}_ADDRESS=host:port.",
            )
        return str(living[0]["grpc"])

    def _runtime(self) -> dict[str, Any]:
        path = self.state / "runtime.json"
        if not path.exists():
            return {}
        try:
            read: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return read


class _Bearing(
    grpc.UnaryUnaryClientInterceptor,  # type: ignore[type-arg]  # generic in the type stubs only
    grpc.UnaryStreamClientInterceptor,  # type: ignore[type-arg]
    grpc.StreamUnaryClientInterceptor,  # type: ignore[type-arg]
    grpc.StreamStreamClientInterceptor,  # type: ignore[type-arg]
):
    """Puts the token, and a request id that makes a retry safe, on every call."""

    def __init__(self, token: str) -> None:
        self._token = token

    def intercept_unary_unary(
        self, continuation: Callable[..., Any], client_call_details: Any, request: Any
    ) -> Any:
        return continuation(self._named(client_call_details), request)

    def intercept_unary_stream(
        self, continuation: Callable[..., Any], client_call_details: Any, request: Any
    ) -> Any:
        return continuation(self._named(client_call_details), request)

    def intercept_stream_unary(
        self, continuation: Callable[..., Any], client_call_details: Any, request_iterator: Any
    ) -> Any:
        return continuation(self._named(client_call_details), request_iterator)

    def intercept_stream_stream(
        self, continuation: Callable[..., Any], client_call_details: Any, request_iterator: Any
    ) -> Any:
        return continuation(self._named(client_call_details), request_iterator)

    def _named(self, details: Any) -> Any:
        metadata = list(details.metadata or ())
        metadata.append(("authorization", f"Bearer {self._token}"))
        if not any(key == "x-request-id" for key, _ in metadata):
            metadata.append(("x-request-id", uuid.uuid4().hex))
        return _Details(details, metadata)


class _Details(grpc.ClientCallDetails):
    """The details of a call with other metadata."""

    def __init__(self, details: Any, metadata: list[tuple[str, str]]) -> None:
        self.method, self.timeout, self.metadata = details.method, details.timeout, tuple(metadata)
        self.credentials = details.credentials
        self.wait_for_ready = getattr(details, "wait_for_ready", None)
        self.compression = getattr(details, "compression", None)
