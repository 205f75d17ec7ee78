"""`reftrack territory`: what a code means, units by name, and loading the list and later decrees."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from contracts import catalogue
from reftrack.intake.v1 import territory_pb2, territory_pb2_grpc

from reftrack_cli import session
from reftrack_cli.session import As, Json, Language, State, out, word

app = typer.Typer(no_args_is_help=True, help="Provinces, districts and communes, as units with a life.")
HEADINGS = ("unit", "", "level", "within", "first_day", "last_day")
Day = Annotated[str, typer.Option("--on", metavar="YYYY-MM-DD", help="The day; today if left out.")]


@app.command()
def show(
    code: Annotated[str, typer.Argument(help="A code of any list and any time, 00133.")],
    on: Day = "",
    state: State = None,
    as_: As = None,
    json: Json = False,
    lang: Language = None,
) -> None:
    """Show what a code means on a day, every unit that bore it, and what became of them."""
    language, who = session.language(lang), session.speaker(as_, role="supervisor")
    with session.calling("intake", who, state, lang=lang, json=json) as channel:
        stub = territory_pb2_grpc.TerritoryServiceStub(channel)
        answer = stub.ShowUnit(territory_pb2.ShowUnitRequest(code=code, on=on))
    if json:
        session.as_json(answer)
        return
    read_as = catalogue.name_in("CodeRead", answer.outcome, language)
    meant = _named(answer.unit, language) if answer.HasField("unit") else "–"
    out.print(f"{answer.code}, {answer.on}: {meant} ({read_as})", markup=False)
    for line in _notes(answer, language):
        session.below(line)
    for unit in answer.lives:
        _tell_life(unit, language)


@app.command()
def search(
    text: Annotated[str, typer.Argument(help='The beginning of a name; "ngoc lam, ha noi" for one there.')],
    on: Annotated[str, typer.Option(metavar="YYYY-MM-DD", help="Only units of that day.")] = "",
    level: Annotated[str, typer.Option(help="province, district or commune.")] = "",
    most: Annotated[int, typer.Option(min=1, max=100, help="How many at the most.")] = 20,
    state: State = None,
    as_: As = None,
    json: Json = False,
    lang: Language = None,
) -> None:
    """Find units by name, with or without diacritics."""
    language, who = session.language(lang), session.speaker(as_, role="supervisor")
    request = territory_pb2.SearchUnitsRequest(text=text, on=on, level=level, most=most)
    with session.calling("intake", who, state, lang=lang, json=json) as channel:
        answer = territory_pb2_grpc.TerritoryServiceStub(channel).SearchUnits(request)
    table = session.table(*(word(each, language) if each else "" for each in HEADINGS))
    for unit in answer.units:
        session.as_json(unit) if json else table.add_row(*_row(unit, language))
    if not json:
        session.show(table, language)


@app.command()
def load(
    file: Annotated[
        Path | None,
        typer.Argument(
            help="Events of units, one a line in JSON; the services' own list if left out.",
            exists=True,
            dir_okay=False,
            show_default=False,
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check, and record nothing.")] = False,
    state: State = None,
    as_: As = None,
    json: Json = False,
    lang: Language = None,
) -> None:
    """Record events of units, each once; all of them or none. For who supervises a whole province."""
    language, who = session.language(lang), session.speaker(as_, role="supervisor")
    request = territory_pb2.LoadTerritoryRequest(events=_lines(file), dry_run=dry_run)
    with session.calling("intake", who, state, lang=lang, json=json) as channel:
        answer = territory_pb2_grpc.TerritoryServiceStub(channel).LoadTerritory(request)
    if json:
        session.as_json(answer)
        return
    code = "territory_would_load" if dry_run else "territory_loaded"
    out.print(session.say(code, language, recorded=answer.recorded, known=answer.known), markup=False)


def _lines(file: Path | None) -> list[str]:
    """The events of a file; the header of a file that `make territory` made is passed over."""
    if file is None:
        return []
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise typer.BadParameter("give a file in UTF-8", param_hint="FILE") from None
    found = [line for line in lines if line.strip() and not line.startswith('{"format"')]
    if not found:
        raise typer.BadParameter("the file has no events", param_hint="FILE")
    return found


def _named(unit: territory_pb2.Unit | territory_pb2.UnitName, language: str) -> str:
    return f"{unit.name_vi if language == 'vi' else unit.name_en} ({unit.code})"


def _names(units: list[territory_pb2.UnitName], language: str) -> str:
    return ", ".join(_named(unit, language) for unit in units)


def _notes(answer: territory_pb2.ShowUnitResponse, language: str) -> list[str]:
    notes = [word("presumed", language)] if answer.presumed else []
    if answer.disputed:
        notes.append(f"{word('disputed', language)} {_names(list(answer.disputed), language)}")
    if answer.candidates:
        notes.append(f"{word('may_be', language)}: {_names(list(answer.candidates), language)}")
    return notes


def _tell_life(unit: territory_pb2.Unit, language: str) -> None:
    out.print(f"{unit.since or '…'} – {unit.until or '…'}  {_named(unit, language)}", markup=False)
    within = _names(list(unit.within), language)
    told = [f"{word('within', language)}: {within}"] if within else []
    for code, step in (("came_from", unit.came_from), ("became", unit.became)):
        if step.on:
            divided = code == "became" and not step.whole
            part = f" ({word('in_part', language)})" if divided else ""
            told.append(f"{step.on} {word(code, language)}{part}: {_names(list(step.units), language)}")
    if unit.also:
        also = ", ".join(f"{other.code} ({other.list})" for other in unit.also)
        told.append(f"{word('other_codes', language)}: {also}")
    told.append(f"{word('attested', language)} {unit.attested}; {word('source', language)}: {unit.source}")
    for line in told:
        session.below(line)


def _row(unit: territory_pb2.Unit, language: str) -> tuple[str, ...]:
    name = unit.name_vi if language == "vi" else unit.name_en
    level = catalogue.name_in("UnitLevel", unit.level, language)
    return unit.code, name, level, _names(list(unit.within), language), unit.since, unit.until
