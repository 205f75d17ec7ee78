"""A table becomes entries: its first row are the headings; its name or a column says which event a row is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from territory.names import folded

from reftrack_cli.files.entries import Entry, Layout, Placed, Setting
from reftrack_cli.files.findings import Finding, Place
from reftrack_cli.files.forms import Form, form_named, forms
from reftrack_cli.files.source import Row, Table, Tell, letter
from reftrack_cli.files.values import Odd, Unfit, Value, tidy

EVENT = ("Loại sự kiện", "Event")
"""Heading of the column that says which event a row is, where a table holds several kinds."""

_EVENT = {*map(folded, EVENT), "loai", "type", "event type"}
_DEFAULTED = {"by"}


def entries(table: Table, form: Form | None, setting: Setting, tell: Tell) -> Iterator[Entry]:
    """Every row that is not empty. `form`: what all rows are, where no column says it.

    What is wrong with the headings is told once; rows of a table that cannot be read at all give nothing.
    """
    first = next(table.rows, None)
    if first is None:
        return
    header = Header(table.name, first, form, setting, tell)
    if header.usable():
        for row in table.rows:
            cells = [_empty_or(value) for value in row.cells]
            if any(cell is not None for cell in cells):
                yield header.entry(row.number, cells)


class Header:
    """The headings of a table, and the layout that they give for each kind of event."""

    def __init__(self, sheet: str, row: Row, form: Form | None, setting: Setting, tell: Tell) -> None:
        self._sheet, self._row, self._form, self._setting, self._tell = sheet, row.number, form, setting, tell
        self._headings = [_heading(value) for value in row.cells]
        self._layouts: dict[str, Layout] = {}
        self._foreign: dict[str, list[tuple[int, str]]] = {}
        named = [at for at, heading in enumerate(self._headings) if folded(heading) in _EVENT]
        self._event = named[0] if named else None

    def usable(self) -> bool:
        """Whether rows can be read by it; tells why not, and of each heading that nobody knows."""
        if self._form is None and self._event is None:
            known = any(self._columns(form) for form in forms().values())
            self._wrong("event_column_missing" if known else "sheet_unknown")
            return False
        wanted = [self._form] if self._form is not None and self._event is None else list(forms().values())
        for at, heading in enumerate(self._headings):
            if heading and at != self._event and not any(form.column(heading) for form in wanted):
                meant = next((names for form in wanted if (names := form.meant(heading))), [])
                code = "heading_ambiguous" if meant else "heading_unknown"
                if "?" in heading or "\ufffd" in heading:
                    self._wrong("heading_letters_lost", letter(at))
                    return False
                self._wrong(code, self._label(at), {"meant": "; ".join(meant)})
        return True

    def entry(self, number: int, cells: Sequence[Value]) -> Entry:
        """The event of one row."""
        place = Place(self._sheet, number)
        bare = [at for at, cell in enumerate(cells) if cell is not None and not self._has_heading(at)]
        wrong = [Finding("column_without_heading", place._replace(column=letter(at))) for at in bare[:5]]
        form = self._form_of(cells)
        if form is None:
            at = self._event or 0
            wrong.append(Finding("event_unknown", place._replace(column=self._label(at))))
            return Entry(place, None, tuple(wrong))
        layout = self._layout(form)
        wrong += [
            Finding("cell_not_of_event", place._replace(column=label), {"event": form.title.vi})
            for at, label in self._foreign[form.type_name]
            if at < len(cells) and cells[at] is not None
        ]
        found = layout.entry(place, list(cells))
        return found._replace(event=None, errors=(*wrong, *found.errors)) if wrong else found

    def _form_of(self, cells: Sequence[Value]) -> Form | None:
        said = cells[self._event] if self._event is not None and self._event < len(cells) else None
        if said is None:
            return self._form
        return form_named(said) if isinstance(said, str) else None

    def _layout(self, form: Form) -> Layout:
        if form.type_name not in self._layouts:
            placed = self._columns(form)
            layout = self._layouts[form.type_name] = Layout(form, placed, self._setting)
            known = {one.at for one in placed}
            self._foreign[form.type_name] = [
                (at, self._label(at))
                for at, heading in enumerate(self._headings)
                if heading and at != self._event and at not in known and self._event is not None
            ]
            for heading in layout.absent():
                self._wrong("column_missing", f'"{heading}"')
            self._twice(placed)
        return self._layouts[form.type_name]

    def _twice(self, placed: Sequence[Placed]) -> None:
        seen: dict[object, str] = {}
        for one in placed:
            if one.column.path in seen:
                self._wrong("heading_twice", one.label, {"other": seen[one.column.path]})
            seen[one.column.path] = one.label

    def _columns(self, form: Form) -> list[Placed]:
        return [
            Placed(at, column, self._label(at))
            for at, heading in enumerate(self._headings)
            if heading and at != self._event and (column := form.column(heading)) is not None
        ]

    def _has_heading(self, at: int) -> bool:
        return at < len(self._headings) and bool(self._headings[at])

    def _label(self, at: int) -> str:
        """The letter; the heading too if it is one of ours: a file without headings begins with names."""
        heading = self._headings[at] if at < len(self._headings) else ""
        return f'{letter(at)} "{heading}"' if at == self._event or _is_ours(heading) else letter(at)

    def _wrong(self, code: str, column: str = "", detail: dict[str, str] | None = None) -> None:
        known = "; ".join(form.title.vi for form in forms().values())
        told = {"events": known, **(detail or {})} if code in {"sheet_unknown"} else detail or {}
        self._tell(Finding(code, Place(self._sheet, self._row, column), told))


def _is_ours(heading: str) -> bool:
    return any(form.column(heading) or form.meant(heading) for form in forms().values())


def _heading(value: Value) -> str:
    """A heading as text; nothing else than text heads a column. Long ones are no headings of ours."""
    found = _empty_or(value)
    if found is None:
        return ""
    return found[:80] if isinstance(found, str) else str(found)[:80]


def _empty_or(value: Value) -> Value:
    """Tidied, so that blanks count as empty; what cannot be tidied stays and is told by its column."""
    try:
        return tidy(value)
    except Unfit:
        return value if isinstance(value, Odd) else Odd.LONG
