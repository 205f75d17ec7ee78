"""The runtime's commands: `up`, `down`, `health`, `clock`, `token`. Mounted by `reftrack_cli`."""

from reftrack_local.commands import clock, down, health, token, up
from reftrack_local.commands.answering import app

__all__ = ["app", "clock", "down", "health", "token", "up"]
