"""A process that behaves as the runtime expects of a service: answers `/readyz` and ends on SIGTERM.

It writes its variables to its state folder, so that a test can see what it was told. With
`STAND_IN_CRASH=<seconds>` it ends by itself with status 9; with `STAND_IN_UNREADY=1` it is never ready.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any


class Readiness(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(503 if os.environ.get("STAND_IN_UNREADY") else 200)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        pass


def main() -> None:
    told = {name: value for name, value in os.environ.items() if name.startswith(("REFTRACK_", "STAND_IN_"))}
    (Path(os.environ["REFTRACK_STATE_DIR"]) / "told.json").write_text(json.dumps(told))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    if after := os.environ.get("STAND_IN_CRASH"):
        threading.Timer(float(after), os._exit, [9]).start()
    HTTPServer(("127.0.0.1", int(os.environ["REFTRACK_HTTP_PORT"])), Readiness).serve_forever()


main()
