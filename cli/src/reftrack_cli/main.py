"""The command `reftrack`: every group of commands is a module of its own; here they are put together."""

from __future__ import annotations

import typer
from reftrack_local.commands import app as runtime

GROUPS: tuple[typer.Typer, ...] = (runtime,)

app = typer.Typer(
    name="reftrack",
    help="Follow a person's way from first contact to reintegration.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
)
for group in GROUPS:
    app.add_typer(group)


def main() -> None:
    """Run the command line."""
    app()
