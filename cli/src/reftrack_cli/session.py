"""What every operators' command shares: options, the speaker, text or JSON, errors with a remedy."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta, timezone
from pathlib import Path
from typing import Annotated, Any

import grpc
import typer
from contracts import catalogue
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from reftrack_local import speaking
from reftrack_local.access import Access, Speaker
from reftrack_local.trouble import Trouble
from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from reftrack_cli import layout, refusals

LAST = 2**63 - 1
"""The greatest position that there can be."""

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
Most = Annotated[int, typer.Option(min=1, max=LAST, metavar="N", help="How many at the most.")]
Language = Annotated[
    str | None, typer.Option("--lang", help="vi or en; LANG decides if left out.", show_default=False)
]

out = Console(highlight=False, width=None if sys.stdout.isatty() or "COLUMNS" in os.environ else 320)
"""What is not read on a screen, but through a pipe or in a file, is not folded to the width of one."""

err = Console(stderr=True, highlight=False)


def speaker(given: str | None, *, role: str, org: str = "pctnxh-ha-noi") -> Speaker:
    """Who speaks: `ROLE[:ORG]` as given, else the role that this command is meant for."""
    asked_role, _, asked_org = (given or f"{role}:{org}").partition(":")
    return Speaker(role=asked_role, org=asked_org or org)


@contextmanager
def calling(
    service: str, who: Speaker, state: Path | None, *, lang: str | None = None, json: bool = False
) -> Iterator[grpc.Channel]:
    """A channel for one command. A refusal is told in words, and the command ends with status 1."""
    spoken = language(lang)
    try:
        with Access(state).channel(service, who) as channel:
            yield channel
    except grpc.RpcError as error:
        refusals.tell(err, error, service, spoken, json=json)
        raise typer.Exit(1) from None
    except Trouble as trouble:
        refusals.tell_trouble(err, trouble, json=json)
        raise typer.Exit(1) from None


def language(given: str | None) -> str:
    """`vi` or `en`: as given, else as the main command was told, else by LC_ALL or LANG, else English.

    Raises:
        typer.BadParameter: for any other language.
    """
    if given is None:
        return speaking.language()
    if given not in speaking.LANGS:
        raise typer.BadParameter("give vi or en", param_hint="--lang")
    return given


def as_json(message: Message) -> None:
    """Print one message as one line of JSON, whole: a figure of 0 and an empty text stand there too."""
    read = MessageToDict(message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True)
    out.print(json.dumps(read, ensure_ascii=False), soft_wrap=True, markup=False)


def data(message: Message) -> dict[str, Any]:
    """What a message says, without what it leaves empty."""
    read: dict[str, Any] = MessageToDict(message, preserving_proto_field_name=True)
    return read


def table(*headings: str, title: str | None = None) -> Table:
    """Columns under headings, in the language already."""
    made = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in headings:
        made.add_column(heading, overflow="fold")
    return made


def show(found: Table, language: str) -> None:
    """Print a table, as blocks of lines where the screen is too narrow for it, or that there is nothing."""
    if not found.row_count:
        out.print(word("nothing", language), markup=False)
    elif layout.fits(found, out):
        out.print(found, markup=False)
    else:
        for block in layout.blocks(found):
            out.print(block, markup=False, soft_wrap=True)


def tell_more(more: bool, language: str) -> None:
    """Say that a list was cut."""
    if more:
        err.print(word("more", language), style="dim", markup=False)


def below(text: str) -> None:
    """Print text under a line, indented."""
    out.print(Padding(Text(text), (0, 0, 0, 8), expand=False))


def word(code: str, language: str) -> str:
    """A heading or label of ours."""
    return catalogue.name_in("Screen", code, language)


def say(code: str, language: str, /, **detail: object) -> str:
    """A sentence of ours with its places filled."""
    return catalogue.fill(word(code, language), language, **detail)


def words(codes: Sequence[str], language: str) -> list[str]:
    """Headings of a table."""
    return [word(code, language) for code in codes]


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
        read = read if read.tzinfo else read.replace(tzinfo=HANOI)
        return read.astimezone(UTC)
    except (ValueError, OverflowError):
        raise typer.BadParameter("give 2019-12-10 or 2019-12-10T09:00:00+07:00", param_hint=option) from None
