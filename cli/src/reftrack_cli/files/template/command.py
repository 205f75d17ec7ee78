"""`reftrack template FILE`: an empty file that an office fills in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from contracts.registry import POSTABLE
from reference import ReferenceInvalid
from reftrack.intake.v1.agencies_pb2 import GetAgencyRequest
from reftrack.intake.v1.agencies_pb2_grpc import AgencyServiceStub
from reftrack_local import paths

from reftrack_cli import session
from reftrack_cli.files.directory import Directory
from reftrack_cli.files.forms import Form, form_named, forms
from reftrack_cli.files.opening import DELIMITED, LINES
from reftrack_cli.files.template import plain, workbook
from reftrack_cli.files.values import HANOI
from reftrack_cli.session import Language, err, out, say


def template(
    file: Annotated[Path, typer.Argument(dir_okay=False, help="Where to write it: .xlsx, .csv or .jsonl.")],
    org: Annotated[str, typer.Option(help="Only what this agency may post.", show_default=False)] = "",
    event: Annotated[
        list[str] | None,
        typer.Option(help="Only this event, e.g. client-contacted; may be repeated.", show_default=False),
    ] = None,
    on: Annotated[
        str | None,
        typer.Option(
            metavar="YYYY-MM-DD", help="The day whose communes stand in the list; today.", show_default=False
        ),
    ] = None,
    state: Annotated[
        Path | None,
        typer.Option(
            "--state",
            help="Ask the system of this state folder what the agency may post.",
            show_default=False,
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite a file that is there.")] = False,
    reference: Annotated[
        Path | None,
        typer.Option(
            "--reference", help="Folder with organisations.yaml; default: this machine's.", show_default=False
        ),
    ] = None,
    lang: Language = None,
) -> None:
    """Write an empty file to fill in: a sheet for each kind of event, with drop-down lists."""
    language, directory = session.language(lang), Directory(reference or paths.default_reference())
    day = _day(on)
    may = _may(org, directory, state, language)
    chosen = [form for form in _asked(event) if may(form)]
    ending = file.suffix.lower()
    if ending not in {".xlsx"} | DELIMITED | LINES:
        raise typer.BadParameter("give a name that ends with .xlsx, .csv or .jsonl", param_hint="file")
    if file.exists() and not force:
        _end(say("template_exists", language, path=file))
    try:
        if ending == ".xlsx":
            workbook.write(file, chosen, directory, day, language)
        elif ending in DELIMITED:
            plain.write_csv(file, chosen, language)
        else:
            plain.write_lines(file, chosen)
    except OSError as error:
        _end(say("cannot_write", language, path=file, why=error.strerror or ""))
    out.print(say("template_written", language, path=file), markup=False, soft_wrap=True)


def _asked(events: list[str] | None) -> list[Form]:
    """The events asked for, in the order of the pathway."""
    for name in events or ():
        if form_named(name) is None:
            known = ", ".join(form.code for form in forms().values())
            raise typer.BadParameter(f"give one of {known}", param_hint="--event")
    wanted = {form.type_name for name in events or () if (form := form_named(name))}
    return [form for form in forms().values() if not wanted or form.type_name in wanted]


def _may(org: str, directory: Directory, state: Path | None, language: str) -> Callable[[Form], bool]:
    """Whether the agency may post an event: by the registry of a system if one is named, else by our list."""
    if not org:
        return lambda _form: True
    if state is None:
        kind = _kind(org, directory)
        return lambda form: kind in POSTABLE[form.type_name].by
    with session.calling("intake", session.speaker(None, role="supervisor"), state, lang=language) as channel:
        office = AgencyServiceStub(channel).GetAgency(GetAgencyRequest(org=org)).agency
    return lambda form: (
        office.kind in POSTABLE[form.type_name].by
        and (not office.HasField("may_post") or form.code in office.may_post.events)
    )


def _kind(org: str, directory: Directory) -> str:
    try:
        kind = directory.kind(org)
    except ReferenceInvalid as invalid:
        _end(str(invalid))
    if kind is None:
        raise typer.BadParameter("the list of organisations does not have it", param_hint="--org")
    return kind


def _day(text: str | None) -> date:
    try:
        return date.fromisoformat(text) if text else datetime.now(HANOI).date()
    except ValueError:
        raise typer.BadParameter("give a day as 2019-12-10", param_hint="--on") from None


def _end(told: str) -> NoReturn:
    err.print(told, style="red", markup=False, soft_wrap=True)
    raise typer.Exit(1)
