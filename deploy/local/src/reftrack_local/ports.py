"""Free TCP ports on the loopback address."""

from __future__ import annotations

import socket

import psutil

from reftrack_local.trouble import Trouble

HOST = "127.0.0.1"


def is_free(port: int) -> bool:
    """Whether a server of ours could listen there now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def is_listening(port: int, host: str = HOST) -> bool:
    """Whether somebody accepts connections there."""
    try:
        socket.create_connection((host, port), timeout=3).close()
    except OSError:
        return False
    return True


def holder(port: int) -> str:
    """Who listens on a port, for a message: name and process id where the system tells."""
    try:
        for connection in psutil.net_connections("tcp"):
            if connection.laddr and connection.laddr.port == port and connection.pid:
                return f"{psutil.Process(connection.pid).name()} (pid {connection.pid})"
    except (psutil.AccessDenied, psutil.NoSuchProcess):
        pass
    return "another process"


class Ports:
    """Gives out ports, each once. What was used last time is used again if it is free."""

    def __init__(self) -> None:
        self._given: set[int] = set()

    def demanded(self, port: int, what: str, option: str) -> int:
        """Exactly this port. Raises Trouble that names who holds it."""
        if port in self._given or not is_free(port):
            raise Trouble(
                f"Port {port} for {what} is in use by {holder(port)}.",
                f"Stop that, or give another port with {option}; without {option} a free one is taken.",
            )
        self._given.add(port)
        return port

    def free(self, last_time: int | None = None) -> int:
        """A free port: the one of last time if it can be had."""
        usable = last_time is not None and last_time not in self._given and is_free(last_time)
        port = last_time if last_time is not None and usable else _any()
        while port in self._given:
            port = _any()
        self._given.add(port)
        return port


def _any() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
