"""Empty files without lists: a CSV with the headings, JSON Lines with an outline of each event."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from territory.names import folded

from reftrack_cli.files.forms import Form
from reftrack_cli.files.tables import EVENT


def write_csv(path: Path, forms: Sequence[Form], lang: str) -> None:
    """One table for all kinds: a column says which event a row is, each event uses the columns it has."""
    headings = {"": EVENT[0] if lang == "vi" else EVENT[1]}
    for form in forms:
        for column in (*form.for_template(), *form.sheet):
            heading = form.heading(column, lang)
            headings.setdefault(folded(heading), heading)
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file, delimiter=";").writerow(headings.values())


def write_lines(path: Path, forms: Sequence[Form]) -> None:
    """A line for each event with its needed fields, to be filled in; the others stand in docs/events.md.

    Of a form on paper all answers stand there: those that were not asked are to be taken out.
    """
    with path.open("w", encoding="utf-8") as file:
        for form in forms:
            file.write(json.dumps(_outline(form), ensure_ascii=False) + "\n")


def _outline(form: Form) -> dict[str, Any]:
    data: dict[str, Any] = {}
    for one in form.fields:
        if one.path[0] == "data" and one.needed and one.group is None:
            data[one.path[1]] = None
        elif one.path[0] == "data" and one.needed and one.root is not None:
            data[one.path[1]] = []
    for column in form.sheet:
        root, item = str(column.path[1]), {**dict(column.fixed), str(column.path[-1]): None}
        data[root] = [*data.get(root, []), item]
    return {"type": form.code, "about": {"agency_ref": ""}, "occurred_on": "", "by": "", "data": data}
