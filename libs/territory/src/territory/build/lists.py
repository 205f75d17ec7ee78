"""Reading the two published lists out of the folder that their wheels were unpacked into. Nothing is
imported.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from territory.events import Level
from territory.names import folded, tidy

LEADING = "vietnamadminunits"
OTHER = "vietnam-provinces"
_OLD = """
    SELECT provinceKey, provinceCode, province, districtKey, districtCode, district, wardKey, wardCode, ward
    FROM admin_units_legacy
"""
_NEW = "SELECT provinceKey, provinceCode, province, wardKey, wardCode, ward FROM admin_units"


@dataclass(frozen=True)
class Listed:
    """A unit as a list has it, name spelled our way."""

    code: str
    name: str
    level: Level
    parent: str | None = None


@dataclass(frozen=True)
class Before:
    """What `vietnamadminunits` has of the day before 1 July 2025, and what it says became of it.

    `provinces` gives each new province's code the codes of the old ones; `whole` and `divided` give each old
    unit's code those of the new communes. An island district without communes stands for itself.
    """

    rows: int
    units: list[Listed]
    provinces: dict[str, list[str]] = field(default_factory=dict)
    whole: dict[str, str] = field(default_factory=dict)
    divided: dict[str, list[str]] = field(default_factory=dict)


class ListChanged(ValueError):
    """A list is not what this reading of it was written for: says which and where."""


def read_before(folder: Path) -> Before:
    """The old units, and what they became, of `vietnamadminunits`; raises `ListChanged`."""
    keys: dict[str, str] = {}
    seen: dict[str, Listed] = {}
    rows = _rows(folder, _OLD)
    for row in rows:
        units = _old_units(row)
        seen.update({unit.code: unit for unit in units})
        keys["_".join((row["provinceKey"], row["districtKey"], row["wardKey"] or ""))] = units[-1].code
        keys[row["provinceKey"]] = units[0].code
    before = Before(len(rows), list(seen.values()))
    _read_conversion(folder, before, keys)
    return before


def read_after(folder: Path) -> list[Listed]:
    """The new provinces and communes of `vietnamadminunits`."""
    units: dict[str, Listed] = {}
    for row in _rows(folder, _NEW):
        province = Listed(row["provinceCode"], tidy(row["province"], "province"), "province")
        units[province.code] = province
        units[row["wardCode"]] = Listed(
            row["wardCode"], tidy(row["ward"], "commune"), "commune", province.code
        )
    return list(units.values())


def read_other(folder: Path) -> list[Listed]:
    """The provinces and communes of `vietnam-provinces`, which are those after 1 July 2025."""
    text = (folder / "vietnam_provinces" / "data" / "nested-divisions.json").read_text(encoding="utf-8")
    units = []
    for province in json.loads(text):
        code = f"{province['code']:02d}"
        units.append(Listed(code, province["name"], "province"))
        communes = ((f"{ward['code']:05d}", tidy(ward["name"], "commune")) for ward in province["wards"])
        units += [Listed(ward, name, "commune", code) for ward, name in communes]
    return units


def codes_of_other(leading: list[Listed], other: list[Listed]) -> dict[str, str]:
    """By the leading code of a commune the other list's code: the same name in the same province.

    Where a province has two communes of one name, those with the same code are the same. Raises `ListChanged`
    when a commune of one list has no counterpart in the other: that has to be looked at by a person.
    """
    by_name: dict[tuple[str | None, str], list[str]] = {}
    for unit in other:
        by_name.setdefault((unit.parent, folded(unit.name)), []).append(unit.code)
    matched = {}
    for unit in leading:
        if unit.level == "commune":
            named = by_name.get((unit.parent, folded(unit.name)), [])
            if unit.code not in named and len(named) != 1:
                raise ListChanged(f"{OTHER} has {len(named)} units named {unit.name} in {unit.parent}")
            matched[unit.code] = unit.code if unit.code in named else named[0]
    if len(set(matched.values())) != sum(unit.level == "commune" for unit in other):
        raise ListChanged(f"{OTHER} has communes that {LEADING} lacks")
    return matched


def _old_units(row: sqlite3.Row) -> list[Listed]:
    """Province, district and commune of a row; an island district has no commune."""
    province = Listed(row["provinceCode"], tidy(row["province"], "province"), "province")
    district = Listed(row["districtCode"], tidy(row["district"], "district"), "district", province.code)
    units = [province, district]
    if row["wardCode"]:
        units.append(Listed(row["wardCode"], tidy(row["ward"], "commune"), "commune", district.code))
    return units


def _read_conversion(folder: Path, before: Before, old: dict[str, str]) -> None:
    file = folder / "vietnamadminunits" / "data" / "converter_2025.json"
    said: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    rows = _rows(folder, _NEW)
    province = {row["provinceKey"]: row["provinceCode"] for row in rows}
    commune = {(row["provinceKey"], row["wardKey"]): row["wardCode"] for row in rows}
    for key, olds in said["DICT_PROVINCE"].items():
        before.provinces[province[key]] = sorted(old[each] for each in olds)
    for key, communes in said["DICT_PROVINCE_WARD_NO_DIVIDED"].items():
        for ward, olds in communes.items():
            before.whole.update({old[each]: commune[key, ward] for each in olds})
    for key, olds in said["DICT_PROVINCE_WARD_DIVIDED"].items():
        for each, parts in olds.items():
            before.divided[old[each]] = sorted(commune[key, part["newWardKey"]] for part in parts)


def _rows(folder: Path, query: str) -> list[sqlite3.Row]:
    file = folder / "vietnamadminunits" / "data" / "dataset.db"
    with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as connection:
        connection.row_factory = sqlite3.Row
        return connection.execute(query).fetchall()
