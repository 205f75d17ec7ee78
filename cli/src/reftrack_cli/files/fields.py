"""The leaves of an event's contract: what one cell of a row can hold."""

from __future__ import annotations

import types
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum, StrEnum
from typing import Annotated, Any, Union, get_args, get_origin
from uuid import UUID

from contracts.base import Label, Payload, Title
from contracts.events.sealed import Sealed
from contracts.fields import FORM_OF
from contracts.posted import About, Posted
from pydantic import AwareDatetime, BaseModel, StringConstraints

from reftrack_cli.files.choices import Choice, Commune, Json, Number, Organisation
from reftrack_cli.files.values import Day, Instant, Reading, Text, Whole, YesNo


class Step(Enum):
    """A step into each item of a list."""

    EACH = "#"


Path = tuple[Any, ...]
"""Steps from the posted event to a value: names, numbers from 1, `Step.EACH`."""


@dataclass(frozen=True)
class Field:
    """A value of an event: where it stands, what people call it, how its cell is read.

    `titles` are those of what it lies in, then its own. `most`: how long its list may be, 0 for none.
    `group`: the optional object that it belongs to; it is needed only where that is given.
    """

    path: Path
    titles: tuple[Title, ...]
    reading: Reading
    needed: bool = False
    group: Path | None = None
    most: int = 0
    identity: bool = False

    @property
    def title(self) -> Title:
        return self.titles[-1]

    @property
    def leaf(self) -> str:
        """Its own name in the contract; in a list with the place of the number."""
        last = self.path[-1]
        return f"{self.path[-2]}.#" if last is Step.EACH else f"{last}.#" if self.root else str(last)

    @property
    def name(self) -> str:
        """Its name in the contract without what holds everything."""
        inner = self.path[1:] if self.path[0] in {"data", "about"} else self.path
        return ".".join("#" if step is Step.EACH else str(step) for step in inner)

    @property
    def code(self) -> str:
        """The whole path, `data.scores.#.score`."""
        return ".".join("#" if step is Step.EACH else str(step) for step in self.path)

    @property
    def root(self) -> Path | None:
        """The list that it belongs to."""
        return self.path[: self.path.index(Step.EACH)] if Step.EACH in self.path else None

    def own(self, lang: str) -> str:
        """What people call it, with the place of the number in a list: `Điểm #`."""
        return _said(self.title, lang) + (" #" if self.root else "")

    def full(self, lang: str) -> str:
        """The same with what it lies in: `Điểm #: Chất`."""
        if len(self.titles) == 1:
            return self.own(lang)
        outer = ": ".join(_said(title, lang) for title in self.titles[:-1])
        return f"{outer}{' #' if self.root else ''}: {_said(self.title, lang)}"

    def called(self, code: str, lang: str) -> str | None:
        """What people call what has that `code`: the field itself, or what it lies in (`Điểm`, `Điểm #`)."""
        if code == self.code:
            return self.full(lang)
        steps = code.split(".")
        named = [each for each in steps if each not in {"data", "about", "#"}]
        if not named or not self.code.startswith(f"{code}."):
            return None
        return _said(self.titles[len(named) - 1], lang) + (" #" if steps[-1] == "#" else "")


def _said(title: Title, lang: str) -> str:
    return title.vi if lang == "vi" else title.en


WHEN = Field(("when",), (Title("Ngày xảy ra", "Occurred on"),), Text(), needed=True)
"""A day, or a moment: it gives `occurred_on`, or `time` alone."""

ID = Field(("id",), (Title("Mã dòng", "Row id"),), Text())
"""Given by the office where two rows say the same and both are meant; made from the row otherwise."""


_PREFIXES = {("about", "introduction"): "GT", ("about", "referral"): "CG", ("about", "stay"): "LT"}


def fields_of(model: type[Payload]) -> tuple[Field, ...]:
    """The fields of an event's data, without what only software can fill in (sealed forms)."""
    return tuple(_within(model, ("data",), (), needed=True))


def _envelope() -> Iterator[Field]:
    yield from _within(About, ("about",), (), needed=True)
    yield WHEN
    left_out = {"about", "data", "occurred_on"}
    for name, info in Posted.model_fields.items():
        if name not in left_out:
            yield from _field((name,), info.annotation, info.metadata, (), info.is_required(), None)
    yield ID


def _within(
    model: type[BaseModel], path: Path, titles: tuple[Title, ...], *, needed: bool, group: Path | None = None
) -> Iterator[Field]:
    for name, info in model.model_fields.items():
        wanted = info.is_required() and (needed or group is not None)
        yield from _field((*path, name), info.annotation, info.metadata, titles, wanted, group)


def _field(
    path: Path, hint: Any, marks: list[Any], titles: tuple[Title, ...], needed: bool, group: Path | None
) -> Iterator[Field]:
    """The leaves of one field, as deep as a row can hold them; what is deeper is one cell of JSON."""
    inner, within, optional = _bare(hint)
    marks = [*marks, *within]
    own = next((mark for mark in marks if isinstance(mark, Title)), Title(str(path[-1]), str(path[-1])))
    all_titles = (*titles, own)
    if inner is Sealed:
        return
    if isinstance(inner, type) and issubclass(inner, BaseModel):
        group = path if optional or group is not None or not needed else None
        yield from _within(inner, path, all_titles, needed=needed, group=group)
        return
    if get_origin(inner) is tuple and Step.EACH not in path:
        yield from _listed(path, inner, marks, all_titles, needed, group)
        return
    identity = Label.IDENTITY in marks
    reading = Number(_PREFIXES[path]) if path in _PREFIXES else _reading(inner, marks)
    yield Field(path, all_titles, reading, needed, group, identity=identity)


def _listed(
    path: Path, hint: Any, marks: list[Any], titles: tuple[Title, ...], needed: bool, group: Path | None
) -> Iterator[Field]:
    of = get_args(hint)[0]
    item, within, _ = _bare(of)
    most = max((mark.max_length for mark in _flat(marks) if getattr(mark, "max_length", None)), default=99)
    each = (*path, Step.EACH)
    if isinstance(item, type) and issubclass(item, BaseModel):
        found = list(_within(item, each, titles, needed=True, group=each))
    else:
        found = [Field(each, titles, _reading(item, [*marks, *within]), needed, group)]
    identity = Label.IDENTITY in marks
    for one in found:
        yield Field(one.path, one.titles, one.reading, one.needed, one.group or path, most, identity)


def _bare(hint: Any) -> tuple[Any, list[Any], bool]:
    """The type without its marks and without `None`, the marks, whether there may be none."""
    marks: list[Any] = []
    optional = False
    while True:
        origin, arguments = get_origin(hint), get_args(hint)
        if origin is Annotated:
            hint, *more = arguments
            marks += more
        elif origin in (Union, types.UnionType) and type(None) in arguments and len(arguments) == 2:
            hint = next(one for one in arguments if one is not type(None))
            optional = True
        else:
            return hint, marks, optional


def _flat(marks: list[Any]) -> Iterator[Any]:
    """The marks with those that pydantic's `Field(…)` holds inside itself."""
    for mark in marks:
        yield mark
        yield from getattr(mark, "metadata", ())


def _reading(hint: Any, marks: list[Any]) -> Reading:
    if hint is AwareDatetime:
        return Instant()
    if isinstance(hint, type):
        if issubclass(hint, StrEnum):
            return Choice(hint.__name__, tuple(map(str, hint)))
        if issubclass(hint, bool):
            return YesNo()
        if issubclass(hint, int):
            return Whole()
        if issubclass(hint, datetime):
            return Instant()
        if issubclass(hint, date):
            return Day()
        if issubclass(hint, (str, UUID)):
            return _text(marks)
    if get_origin(hint) in (Union, types.UnionType) and all(_bare(each)[0] is str for each in get_args(hint)):
        return Text()
    return Json()


def _text(marks: list[Any]) -> Reading:
    patterns = [mark.pattern for mark in _flat(marks) if isinstance(mark, StringConstraints) and mark.pattern]
    form = next((FORM_OF[str(pattern)] for pattern in patterns if str(pattern) in FORM_OF), None)
    if form == "org_id":
        return Organisation()
    return Commune() if form == "commune" else Text(form)


_ENVELOPE = tuple(_envelope())
_NEEDED = ("about", "when", "by")
FIRST: tuple[Field, ...] = tuple(one for one in _ENVELOPE if one.path[0] in _NEEDED)
"""What begins every row: whom it is about, when it was, who did it."""

LAST: tuple[Field, ...] = tuple(one for one in _ENVELOPE if one.path[0] not in _NEEDED)
"""What few rows need: on which ground, what is corrected, the event's id."""
