"""`reftrack template FILE`: an empty file that an office fills in."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from contracts.registry import POSTABLE
from reference import ReferenceInvalid
from reftrack_local import paths

from reftrack_cli import session
from reftrack_cli.files.directory import Directory
from reftrack_cli.files.forms import Form, form_named, forms
from reftrack_cli.files.opening import DELIMITED, LINES
from reftrack_cli.files.template import plain, workbook
from reftrack_cli.files.values import HANOI
from reftrack_cli.session import Language, err, out, word


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
    day, chosen = _day(on), _chosen(org, event, directory)
    ending = file.suffix.lower()
    if ending not in {".xlsx"} | DELIMITED | LINES:
        raise typer.BadParameter("give a name that ends with .xlsx, .csv or .jsonl", param_hint="file")
    if file.exists() and not force:
        _end(word("template_exists", language).format(path=file))
    try:
        if ending == ".xlsx":
            workbook.write(file, chosen, directory, day, language)
        elif ending in DELIMITED:
            plain.write_csv(file, chosen, language)
        else:
            plain.write_lines(file, chosen)
    except OSError as error:
        _end(word("cannot_write", language).format(path=file, why=error.strerror or ""))
    out.print(word("template_written", language).format(path=file), markup=False, soft_wrap=True)


def _chosen(org: str, events: list[str] | None, directory: Directory) -> list[Form]:
    """The events asked for, in the order of the pathway."""
    for name in events or ():
        if form_named(name) is None:
            known = ", ".join(form.code for form in forms().values())
            raise typer.BadParameter(f"give one of {known}", param_hint="--event")
    wanted = {form.type_name for name in events or () if (form := form_named(name))}
    return [
        form
        for form in forms().values()
        if (not wanted or form.type_name in wanted) and (not org or _kind(org, directory) in _by(form))
    ]


def _by(form: Form) -> frozenset[str]:
    return frozenset(map(str, POSTABLE[form.type_name].by))


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
