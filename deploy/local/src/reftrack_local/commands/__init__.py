"""The runtime's part of the command line: `up`, `down`, `health`, `clock`, `token`; mounted by `reftrack_cli`."""

from reftrack_local.commands import clock, down, health, token, up
from reftrack_local.commands.answering import app

__all__ = ["app", "clock", "down", "health", "token", "up"]
