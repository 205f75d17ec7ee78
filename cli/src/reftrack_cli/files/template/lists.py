"""The drop-down lists of a workbook: a hidden sheet, a column for each list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from openpyxl.utils import quote_sheetname
from openpyxl.worksheet.worksheet import Worksheet
from reference.territory import whole_country

from reftrack_cli.files.assist import Answered
from reftrack_cli.files.choices import Choice, Commune, Organisation
from reftrack_cli.files.directory import Directory
from reftrack_cli.files.source import letter
from reftrack_cli.files.values import Reading, YesNo

SHEET = "_lists"
YES_NO = {"vi": ("Có", "Không"), "en": ("Yes", "No")}


@dataclass
class Lists:
    """Writes each list once, when a column asks for it; gives the range that a validation refers to."""

    sheet: Worksheet
    directory: Directory
    on: date
    lang: str
    _ranges: dict[str, str] = field(default_factory=dict)

    def range_of(self, reading: Reading) -> str | None:
        """The range of what a column takes; none if that is no list."""
        if isinstance(reading, Choice):
            return self._range(reading.list_name, reading.named(self.lang))
        if isinstance(reading, Answered):
            return self._range(f"answers {' '.join(reading.named('en'))}", reading.named(self.lang))
        if isinstance(reading, YesNo):
            return self._range("yes_no", YES_NO[self.lang])
        if isinstance(reading, Organisation):
            return self._range("organisations", self._organisations())
        return self._range("communes", self._communes()) if isinstance(reading, Commune) else None

    def _range(self, name: str, values: Sequence[str]) -> str | None:
        if name not in self._ranges and values:
            column = len(self._ranges)
            self._ranges[name] = (
                f"{quote_sheetname(SHEET)}!${letter(column)}$2:${letter(column)}${len(values) + 1}"
            )
            for row, value in enumerate((name, *values), 1):
                self.sheet.cell(row, column + 1, value)
        return self._ranges.get(name)

    def _organisations(self) -> list[str]:
        known = self.directory.organisations or ()
        return [f"{one.id} – {one.name.vi if self.lang == 'vi' else one.name.en}" for one in known]

    def _communes(self) -> list[str]:
        country = whole_country()
        found = []
        for unit in country.units(self.on, "commune"):
            names = [
                one.vi if self.lang == "vi" else one.en for one in (unit, *country.parents_of(unit, self.on))
            ]
            found.append(f"{unit.code} – {', '.join(names)}")
        return found
