"""What every operators' command shares: options, the speaker, text or JSON, errors with a remedy."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta, timezone
from pathlib import Path
from typing import Annotated, Any, TypeVar

import grpc
import typer
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from google.rpc import error_details_pb2
from grpc_status import rpc_status
from reftrack_local.access import Access, Speaker
from reftrack_local.trouble import Trouble
from rich.console import Console
from rich.table import Table

HANOI = timezone(timedelta(hours=7))
"""Asia/Ho_Chi_Minh: no daylight saving since 1975."""

State = Annotated[
    Path | None, typer.Option("--state", help="State folder of the local runtime.", show_default=False)
]
Json = Annotated[bool, typer.Option("--json", help="Answer in JSON, a document a line.")]
As = Annotated[
    str | None,
    typer.Option(
        "--as", metavar="ROLE[:ORG]", help="Who asks, e.g. operator:ldtbxh-bo-de.", show_default=False
    ),
]
Language = Annotated[
    str | None, typer.Option("--lang", help="vi or en; LANG decides if left out.", show_default=False)
]

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)
M = TypeVar("M", bound=Message)


def speaker(given: str | None, *, role: str, org: str = "pctnxh-ha-noi") -> Speaker:
    """Who speaks: `ROLE[:ORG]` as given, else the role that this command is meant for."""
    asked_role, _, asked_org = (given or f"{role}:{org}").partition(":")
    return Speaker(role=asked_role, org=asked_org or org)


@contextmanager
def calling(service: str, who: Speaker, state: Path | None) -> Iterator[grpc.Channel]:
    """A channel for one command. A refusal is told in words, and the command ends with status 1."""
    try:
        with Access(state).channel(service, who) as channel:
            yield channel
    except grpc.RpcError as error:
        tell(error, service)
        raise typer.Exit(1) from None
    except Trouble as trouble:
        err.print(f"[red]{trouble}[/]")
        raise typer.Exit(1) from None


def tell(error: grpc.RpcError, service: str) -> None:
    """Write what a service refused, field by field, and what can be done."""
    if not isinstance(error, grpc.Call):
        raise error
    code = error.code()
    if code is grpc.StatusCode.UNAVAILABLE:
        err.print(f"[red]{service} does not answer.[/] Is the system up? See `reftrack health`.")
        return
    err.print(f"[red]{code.name}[/] {error.details()}")
    status = rpc_status.from_call(error)
    for detail in status.details if status else ():
        for line in _explained(detail):
            err.print(f"  {line}")


def _explained(detail: Any) -> Iterator[str]:
    request = error_details_pb2.BadRequest()
    info = error_details_pb2.ErrorInfo()
    words = error_details_pb2.LocalizedMessage()
    if detail.Unpack(request):
        yield from (f"{each.field}: {each.description}" for each in request.field_violations)
    elif detail.Unpack(info):
        yield " ".join([info.reason, *(f"{key}={value}" for key, value in sorted(info.metadata.items()))])
    elif detail.Unpack(words) and words.locale.startswith(language(None)):
        yield words.message


def language(given: str | None) -> str:
    """`vi` or `en`: as given, else by LANG, else English.

    Raises:
        typer.BadParameter: for any other language.
    """
    if given is None:
        return "vi" if os.environ.get("LC_ALL", os.environ.get("LANG", "")).startswith("vi") else "en"
    if given not in {"vi", "en"}:
        raise typer.BadParameter("give vi or en", param_hint="--lang")
    return given


def as_json(message: Message) -> None:
    """Print one message as one line of JSON."""
    out.print(json.dumps(data(message), ensure_ascii=False), soft_wrap=True, markup=False)


def data(message: Message) -> dict[str, Any]:
    read: dict[str, Any] = MessageToDict(message, preserving_proto_field_name=True)
    return read


def table(*headings: str, title: str | None = None) -> Table:
    made = Table(title=title, title_justify="left")
    for heading in headings:
        made.add_column(heading, overflow="fold")
    return made


def local(moment: Timestamp | None) -> str:
    """A moment as people here read it, to the minute; empty if there is none."""
    if moment is None or not (moment.seconds or moment.nanos):
        return ""
    return moment.ToDatetime(tzinfo=HANOI).strftime("%Y-%m-%d %H:%M")


def moment(text: str | None, option: str) -> Timestamp | None:
    """Read `2019-12-10` (the end of that day here) or `2019-12-10T09:00:00+07:00`.

    Raises:
        typer.BadParameter: if it is neither; it names the option.
    """
    if text is None:
        return None
    stamp = Timestamp()
    stamp.FromDatetime(_instant(text, option))
    return stamp


def _instant(text: str, option: str) -> datetime:
    try:
        if len(text) == 10:
            return datetime.combine(date.fromisoformat(text), time(23, 59, 59, 999999), HANOI)
        read = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter("give 2019-12-10 or 2019-12-10T09:00:00+07:00", param_hint=option) from None
    return read if read.tzinfo else read.replace(tzinfo=HANOI)
