"""The columns that each kind of event has in a file: made from the contracts, so a new event has its own.

A column is headed by what people call the field, in either language, with or without diacritics, or by its
name in the contract. Lists are numbered columns: `Mục 2: Dịch vụ`, `items.2.service`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property

from contracts import catalogue
from contracts.base import Title, title_of
from contracts.posted import Posted
from contracts.registry import POSTABLE
from territory.names import folded

from reftrack_cli.files import assist
from reftrack_cli.files.columns import Column
from reftrack_cli.files.fields import FIRST, LAST, Field, Path, fields_of

SHOWN_GROUPS = 5
"""So many of a list stand in a template; more can be added by their number."""

LONG_LIST = 40
"""A list that may be longer is no matter for a clerk; the template leaves it out, files may have it."""

_NUMBER = re.compile(r"(?<![0-9a-z])([0-9]{1,3})(?![0-9a-z])")
PREFIX, SUFFIX = "org.reftrack.", re.compile(r"\.v[0-9]+$")


@dataclass(frozen=True)
class Form:
    """One kind of event: its columns in the order of the template.

    `sheet`: those of a form on paper, which has a sheet of its own.
    """

    type_name: str
    title: Title
    fields: tuple[Field, ...]
    sheet: tuple[Column, ...] = ()

    @property
    def code(self) -> str:
        """Its name in commands and files, `client-contacted`."""
        return short(self.type_name)

    def column(self, heading: str) -> Column | None:
        """The column of this heading; none for one that the event does not have or that means several."""
        return self._found(heading)[0]

    def meant(self, heading: str) -> list[str]:
        """Full headings, where a short one means several."""
        return self._found(heading)[1]

    def heading(self, column: Column, lang: str) -> str:
        """What stands over it in a template: short where that is clear."""
        one = column.field
        if column.fixed:
            return catalogue.in_lang(one.title, lang)
        own = one.full(lang) if one.path[:-1] in self._unclear else one.own(lang)
        return own.replace("#", str(column.n))

    def for_template(self) -> list[Column]:
        """The columns of a template: of each list some."""
        return [column for group in self._groups() for column in group]

    def for_sheet(self) -> list[Column]:
        """The columns of the form on paper: instead of the lists that it fills, the form's own."""
        filled = {column.field.root for column in self.sheet}
        rest = [column for column in self.for_template() if column.field.root not in filled]
        at = rest.index(Column(LAST[0]))
        return [*map(_may_be_computed, rest[:at]), *self.sheet, *rest[at:]]

    def _groups(self) -> Iterator[list[Column]]:
        done: set[Path] = set()
        for one in self.fields:
            root = one.root
            if root is None:
                yield [Column(one)]
            elif root not in done and one.most <= LONG_LIST:
                done.add(root)
                shown = min(one.most, SHOWN_GROUPS)
                inside = [each for each in self.fields if each.root == root]
                yield [Column(each, n) for n in range(1, shown + 1) for each in inside]

    def _found(self, heading: str) -> tuple[Column | None, list[str]]:
        wanted = folded(heading.replace("_", " "))
        if wanted in self._of_sheet:
            return self._of_sheet[wanted], []
        for key, n in _readings(wanted):
            found = self._names.get(key, ())
            if len(found) == 1:
                return Column(found[0], n or (1 if found[0].root else None)), []
            if found:
                return None, [one.full("vi").replace("#", str(n or 1)) for one in found]
        return None, []

    @cached_property
    def _of_sheet(self) -> Mapping[str, Column]:
        titles = ((column, column.field.title) for column in self.sheet)
        return {folded(name): one for one, title in titles for name in (title.vi, title.en, one.code)}

    @cached_property
    def _unclear(self) -> set[Path]:
        """What holds a field whose title another field has too: there all headings are full."""
        counted = Counter(folded(one.title.vi) for one in self.fields)
        return {one.path[:-1] for one in self.fields if counted[folded(one.title.vi)] > 1}

    @cached_property
    def _names(self) -> Mapping[str, tuple[Field, ...]]:
        """Every folded heading with `#` for the number; full names and codes before short ones."""
        exact: dict[str, list[Field]] = {}
        short_names: dict[str, list[Field]] = {}
        for one in self.fields:
            for key in set(map(_key, (one.full("vi"), one.full("en"), one.code, one.name))):
                exact.setdefault(key, []).append(one)
            for key in set(map(_key, (one.own("vi"), one.own("en"), one.leaf))):
                short_names.setdefault(key, []).append(one)
        names = {name: tuple(found) for name, found in short_names.items() if name not in exact}
        names |= {name: tuple(found) for name, found in exact.items()}
        bare = {name.replace("#", "").strip(): found for name, found in names.items() if name.count("#") == 1}
        return {" ".join(name.split()): found for name, found in bare.items() if name not in names} | names


def _may_be_computed(column: Column) -> Column:
    is_so = column.path == assist.COMPUTED
    return replace(column, field=replace(column.field, needed=False)) if is_so else column


def _key(name: str) -> str:
    """Folded, with `#` where the number of a list stands."""
    parts = " # ".join(folded(part) for part in name.replace("_", " ").split("#"))
    return " ".join(parts.split())


def _readings(wanted: str) -> Iterator[tuple[str, int | None]]:
    """The heading as it is, then with each of its numbers as the number of a list."""
    yield wanted, None
    for found in _NUMBER.finditer(wanted):
        if (n := int(found[1])) > 0:
            yield _key(f"{wanted[: found.start()]}#{wanted[found.end() :]}"), n


def short(type_name: str) -> str:
    """`org.reftrack.client-contacted.v1` → `client-contacted`."""
    return SUFFIX.sub("", type_name.removeprefix(PREFIX))


@cache
def forms() -> Mapping[str, Form]:
    """The form of every event that agencies may post, by type name, in the order of the pathway."""
    return {
        name: Form(
            name,
            postable.model.TITLE,
            (*FIRST, *fields_of(postable.model), *LAST),
            assist.columns() if name == assist.FORM else (),
        )
        for name, postable in POSTABLE.items()
    }


def form_named(text: str) -> Form | None:
    """The form by title in either language, short name or type name."""
    return _by_name().get(folded(text))


@cache
def _by_name() -> Mapping[str, Form]:
    named: dict[str, Form] = {}
    for form in forms().values():
        for name in (form.title.vi, form.title.en, form.code, form.type_name):
            named[folded(name)] = form
            named[folded(sheet_title(name))] = form
            if form.sheet:
                named[folded(f"{name} {assist.SHEET}")] = form
    return named


def sheet_title(text: str) -> str:
    """What Excel takes as the name of a sheet: at most 31 characters, none of `[]:*?/\\`."""
    return re.sub(r"[\[\]:*?/\\]", " ", text)[:31].strip()


def column_named(type_name: str, pointer: str, lang: str) -> str:
    """What people call the field that a receipt names by a JSON pointer; else the pointer itself."""
    form = forms().get(type_name)
    code = ".".join("#" if step.isdecimal() else step for step in pointer.split("/")[1:])
    for one in form.fields if form and code else ():
        if (said := one.called(code, lang)) is not None:
            return said.replace("#", str(_number(pointer)))
    title = title_of(Posted.model_fields[code]) if code in Posted.model_fields else None
    return pointer if title is None else catalogue.in_lang(title, lang)


def _number(pointer: str) -> int:
    return next((int(step) + 1 for step in pointer.split("/") if step.isdecimal()), 1)
