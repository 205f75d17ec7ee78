"""/livez /readyz /metrics on one port, from a thread of its own: a loop that hangs can be seen to hang."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from socketserver import ThreadingMixIn
from threading import Thread
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import REGISTRY, CollectorRegistry, make_wsgi_app

from chassis.telemetry.health import Health, Report

Respond = Callable[..., Any]


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Handler(WSGIRequestHandler):
    timeout = 10

    def log_message(self, format: str, *args: Any) -> None:
        """Probes come every few seconds: they are not logged."""


class HealthServer:
    """Answers probes and scrapes. `port` 0 takes a free one; `OSError` if the port is taken."""

    def __init__(
        self,
        health: Health,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        registry: CollectorRegistry = REGISTRY,
    ) -> None:
        self._health = health
        self._metrics = make_wsgi_app(registry)
        self._server = make_server(host, port, self._answer, server_class=_Server, handler_class=_Handler)
        self._thread = Thread(target=self._server.serve_forever, name="health", daemon=True)

    @property
    def port(self) -> int:
        """Return the port that is listened on."""
        return int(self._server.server_port)

    def start(self) -> None:
        """Answer from now on."""
        self._thread.start()

    def stop(self) -> None:
        """Stop answering and free the port."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _answer(self, environ: dict[str, Any], respond: Respond) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path == "/metrics":
            return self._metrics(environ, respond)  # type: ignore[no-any-return]
        if path == "/livez":
            return _reply(respond, self._health.live(), self._health.degraded())
        if path == "/readyz":
            return _reply(respond, self._health.ready(), self._health.degraded())
        respond("404 Not Found", [("Content-Type", "text/plain")])
        return [b"/livez /readyz /metrics\n"]


def _reply(respond: Respond, report: Report, degraded: Report) -> Iterable[bytes]:
    status = "200 OK" if report.well else "503 Service Unavailable"
    respond(status, [("Content-Type", "application/json"), ("Cache-Control", "no-store")])
    body = {"well": report.well, "reasons": report.reasons, "degraded": degraded.reasons}
    return [json.dumps(body).encode() + b"\n"]
