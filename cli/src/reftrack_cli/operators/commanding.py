"""What the commands that change something share: their options, and one call of intake."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from google.protobuf.message import Message
from reftrack_local.access import Speaker

from reftrack_cli import session

LegalBasis = Annotated[str, typer.Option(help="Law, article or decision.", show_default=False)]
Expected = Annotated[
    int | None,
    typer.Option(
        "--expect",
        min=0,
        max=session.LAST,
        metavar="N",
        help="Only if this is still its version.",
        show_default=False,
    ),
]
Request = Annotated[
    str | None,
    typer.Option(help="Id of this request: given again with it, nothing is done twice.", show_default=False),
]


def named_by(request_id: str | None) -> tuple[tuple[str, str], ...]:
    """The metadata under which a request that is given again is known; none without an id."""
    return (("x-request-id", request_id),) if request_id else ()


def carry_out(
    stub: Any,
    request: Message,
    request_id: str | None,
    who: Speaker,
    state: Path | None,
    *,
    lang: str | None,
    json: bool,
) -> Any:
    """The answer of intake's service of that stub, of the method that takes such a request.

    A refusal is told in words, and ends the command.
    """
    method = request.DESCRIPTOR.name.removesuffix("Request")
    with session.calling("intake", who, state, lang=lang, json=json) as channel:
        return getattr(stub(channel), method)(request, metadata=named_by(request_id))
