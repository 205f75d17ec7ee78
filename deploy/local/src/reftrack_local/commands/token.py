"""`reftrack token issue`: a signed token of a caller, made with the runtime's own key."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import Annotated

import typer

from reftrack_local.commands.answering import (
    Json,
    Language,
    State,
    answer_json,
    app,
    duration,
    folder,
    troubles_told,
)
from reftrack_local.roles import ROLES

token = typer.Typer(no_args_is_help=True, help="Tokens of callers.")
app.add_typer(token, name="token")


@token.callback()
def _group() -> None:
    """Tokens of callers."""


@token.command()
def issue(
    role: Annotated[str, typer.Option(help=f"One of {', '.join(ROLES)}.")],
    org: Annotated[str, typer.Option(help="Id of the caller's organisation.")],
    subject: Annotated[str, typer.Option(help="Who: a pseudonym of the person or system, never a name.")],
    ttl: Annotated[str, typer.Option(help="How long it is valid: 30m, 12h, 7d.")] = "12h",
    state: State = None,
    as_json: Json = False,
    lang: Language = None,
) -> None:
    """Print a token; whoever has it acts as this caller until it ends."""
    from reftrack_local.keys import Keys

    with troubles_told(as_json, lang):
        valid = duration(ttl)
        now = datetime.now(UTC)
        made = Keys(folder(state).keys).token(role=role, org=org, subject=subject, ttl=valid, at=now)
        if as_json:
            answer_json({"token": made, "expires_at": (now + valid).isoformat(timespec="seconds")})
        else:
            sys.stdout.write(made + "\n")
