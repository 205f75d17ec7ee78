"""`reftrack files check|send`: what a commune without a system of its own keeps in Excel."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from reference import ReferenceInvalid
from reftrack_local import paths
from reftrack_local.progress import for_console

from reftrack_cli import session
from reftrack_cli.files import checking, results, telling
from reftrack_cli.files.checking import Report
from reftrack_cli.files.delivery import Delivery
from reftrack_cli.files.directory import Directory
from reftrack_cli.files.entries import Setting
from reftrack_cli.files.findings import Finding, Place
from reftrack_cli.files.forms import Form, form_named, forms
from reftrack_cli.files.rules import Rules
from reftrack_cli.files.source import Unusable
from reftrack_cli.session import As, Json, Language, State, err, say, word

app = typer.Typer(no_args_is_help=True, help="Files of offices: check them, send them.")

File = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A .xlsx, .csv or .jsonl file.")]
Event = Annotated[
    str | None,
    typer.Option(
        "--event",
        help="What the rows are, e.g. client-contacted, where no column says it.",
        show_default=False,
    ),
]
By = Annotated[
    str | None,
    typer.Option("--by", help="Staff number of who did it, for rows that do not say it.", show_default=False),
]
Reference = Annotated[
    Path | None,
    typer.Option(
        "--reference", help="Folder with organisations.yaml; default: this machine's.", show_default=False
    ),
]


@app.command()
def check(
    file: File,
    org: Annotated[str, typer.Option(help="The agency that would post.", show_default=False)] = "",
    event: Event = None,
    by: By = None,
    report: Annotated[
        Path | None, typer.Option(help="Write what was found here, as CSV.", show_default=False)
    ] = None,
    reference: Reference = None,
    json: Json = False,
    lang: Language = None,
) -> None:
    """Check a whole file and tell everything that is wrong, by sheet, row and column. Nothing is sent.

    Ends with status 1 if the file cannot be sent as it is.
    """
    language = session.language(lang)
    setting, rules = _setting(org, by, reference)
    found = _checked(file, setting, _form(event), rules, language)
    telling.tell_report(found, language, json=json)
    if report is not None:
        with _told(language):
            results.write_findings(report, found.findings.errors, language)
        err.print(say("file_list_written", language, path=report), markup=False, soft_wrap=True)
    if not found.sendable:
        raise typer.Exit(1)


@app.command()
def send(
    file: File,
    org: Annotated[str, typer.Option(help="The agency that posts, e.g. cap-bo-de.")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be sent; send nothing.")
    ] = False,
    event: Event = None,
    by: By = None,
    unsealed: Annotated[
        bool, typer.Option("--in-clear", help="Do not seal identities to intake's key.")
    ] = False,
    wait: Annotated[float, typer.Option(min=0, help="Seconds to wait for verdicts of other services.")] = 20,
    reference: Reference = None,
    state: State = None,
    as_: As = None,
    json: Json = False,
    lang: Language = None,
) -> None:
    """Check a whole file, then send its rows and write what became of each beside it, in FILE.result.csv.

    Sending the same file again is safe: it goes on where it was interrupted, nothing counts twice. Ends with
    status 1 if the file has errors, or a row was rejected or not taken.
    """
    language, form = session.language(lang), _form(event)
    setting, rules = _setting(org, by, reference)
    found = _checked(file, setting, form, rules, language)
    if not found.sendable:
        telling.tell_report(found, language, json=json)
        raise typer.Exit(1)
    if dry_run:
        telling.tell_dry_run(found, checking.rows(file, setting, form), language, json=json)
        return
    telling.tell_notes(found, language)
    delivery = Delivery(file, setting, form, found, unsealed=unsealed, wait=wait)
    with _told(language):
        good = delivery.run(state, session.speaker(as_, role="agency", org=org), language, json=json)
    if not good:
        raise typer.Exit(1)


def _setting(org: str, by: str | None, reference: Path | None) -> tuple[Setting, Rules]:
    """What holds for all rows, and what intake would refuse of that office."""
    directory = Directory(reference or paths.default_reference())
    try:
        rules = Rules(directory, org)
    except ReferenceInvalid as invalid:
        err.print(str(invalid), style="red", markup=False, soft_wrap=True)
        raise typer.Exit(1) from None
    return Setting(directory, org, {"by": by} if by else {}), rules


def _form(event: str | None) -> Form | None:
    if event is None:
        return None
    form = form_named(event)
    if form is None:
        known = ", ".join(each.code for each in forms().values())
        raise typer.BadParameter(f"give one of {known}", param_hint="--event")
    return form


def _checked(file: Path, setting: Setting, form: Form | None, rules: Rules, language: str) -> Report:
    with for_console(err).step(word("checking", language)) as step:
        return checking.check(file, setting, form=form, rules=rules, tell=step.advance)


@contextmanager
def _told(language: str) -> Iterator[None]:
    """Say what keeps the file from being sent, and end with status 1."""
    try:
        yield
    except Unusable as unusable:
        told = Finding(unusable.code, Place(), unusable.detail).text(language)
        err.print(told, style="red", markup=False, soft_wrap=True)
        raise typer.Exit(1) from None
