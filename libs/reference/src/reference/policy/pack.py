"""One pack of policy with the parts that it brings in, read and checked whole."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, PrivateAttr

from reference.entries import Lasting, Slug, read_entry, read_mapping, wrong
from reference.errors import ReferenceInvalid
from reference.policy.statements import (
    DATED,
    REQUIRED_TERMS,
    TERM_NAMES,
    Sections,
    Statement,
    Swap,
    Text,
)
from reference.policy.words import ALL, Province

ONE_DAY = timedelta(days=1)


class Part(Sections):
    """Statements that several packs bring in by `<id>@<version>`: a file of that name in `policy/parts/`."""

    id: Slug
    version: Annotated[int, Field(ge=1)]
    law: Text
    source: Text
    _file: Path = PrivateAttr(default=Path())

    @property
    def file(self) -> Path:
        """Where it was read."""
        return self._file

    @property
    def reference(self) -> str:
        """`<id>@<version>`."""
        return f"{self.id}@{self.version}"


class Pack(Part, Lasting):
    """One file of `policy/`: what holds in one province or all, from one day to another.

    `<id>@<version>` names exactly its content and that of its parts: `digest` is frozen with it.
    """

    province: Province
    parts: Annotated[tuple[str, ...], Field(strict=False)] = ()
    _brought: tuple[Part, ...] = PrivateAttr(default=())

    @property
    def bodies(self) -> tuple[Part, ...]:
        """The pack and the parts that it brings in."""
        return (self, *self._brought)

    @property
    def digest(self) -> str:
        """SHA-256, in hex, over the content of the pack and its parts, however their files are laid out."""
        content = [body.model_dump(mode="json", by_alias=True, exclude_defaults=True) for body in self.bodies]
        text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    def statements(self) -> Iterator[Said]:
        """Every dated statement, with the section, the name and the body that it comes from."""
        for body in self.bodies:
            for section in DATED:
                for name, statements in getattr(body, section).items():
                    for number, statement in enumerate(statements):
                        yield Said(section, name, statement, body, number)

    def swaps_of(self, province: str) -> tuple[Swap, ...]:
        """The exchanged working days of a province."""
        return tuple(s for body in self.bodies for s in body.swaps if s.province in (ALL, province))


@dataclass(frozen=True)
class Said:
    """A statement and where it stands."""

    section: str
    name: str
    statement: Statement[Any]
    body: Part
    number: int

    def wrong(self, problem: str) -> ReferenceInvalid:
        """What to raise about it: with the file and line in which it stands."""
        at = (self.section, self.name, self.number)
        return wrong(self.body.file, self.body.reference, problem, at=at)


def read_pack(file: Path, parts: Mapping[str, Part], *, versioned: bool = False) -> Pack:
    """One pack with its parts; raises `ReferenceInvalid` with file, line and remedy.

    `versioned`: the file bears the version in its name, as those of packs that were superseded do.
    """
    pack = read_entry(file, "pack", Pack, read_mapping(file))
    pack._file = file
    expected = pack.reference if versioned else pack.id
    if file.stem != expected:
        raise wrong(file, f"pack {pack.id}", "the file must bear the pack's id as its name", at=("id",))
    for number, reference in enumerate(pack.parts):
        if reference not in parts:
            known = ", ".join(sorted(parts)) or "none"
            raise wrong(
                file, f"pack {pack.id}", f"part {reference} is not there: {known}", at=("parts", number)
            )
    pack._brought = tuple(parts[reference] for reference in pack.parts)
    _Checker(file, pack).check()
    return pack


def read_parts(folder: Path) -> dict[str, Part]:
    """The parts of a folder by `<id>@<version>`; every version ever used stays there."""
    parts: dict[str, Part] = {}
    for file in sorted(folder.glob("*.yaml")):
        part = read_entry(file, "part", Part, read_mapping(file))
        part._file = file
        if file.stem != part.reference:
            raise wrong(file, f"part {part.id}", f"must be named {part.reference}.yaml", at=("version",))
        parts[part.reference] = part
    return parts


class _Checker:
    """What the statements of a pack must be to each other."""

    def __init__(self, file: Path, pack: Pack) -> None:
        self._file = file
        self._pack = pack
        self._by_key: dict[tuple[str, str, str], list[Said]] = {}
        for said in pack.statements():
            key = (said.section, said.name, said.statement.province)
            self._by_key.setdefault(key, []).append(said)

    def check(self) -> None:
        self._terms()
        for (section, name, _), ours in self._by_key.items():
            self._apart(section, name, ours)
        for name in REQUIRED_TERMS:
            self._throughout(name, self._by_key[("terms", name, self._whole(name))])
        self._in_its_life()
        self._swaps()

    def _whole(self, name: str) -> str:
        """The province that a required term stands for: all, or the pack's own."""
        return ALL if ("terms", name, ALL) in self._by_key else self._pack.province

    def _terms(self) -> None:
        names = {name for section, name, _ in self._by_key if section == "terms"}
        for name in REQUIRED_TERMS:
            if ("terms", name, self._whole(name)) not in self._by_key:
                raise self._wrong(f"term {name} is missing: add it", "terms")
        for name in sorted(names - set(TERM_NAMES)):
            raise self._wrong(f"term {name} is unknown: one of {', '.join(TERM_NAMES)}", "terms", name)

    def _apart(self, section: str, name: str, ours: Sequence[Said]) -> None:
        ordered = sorted(ours, key=lambda said: said.statement.first_day)
        for earlier, later in pairwise(ordered):
            if later.statement.first_day <= earlier.statement.last_day:
                where = f"{later.body.reference} and {earlier.body.reference}"
                raise later.wrong(
                    f"{section} {name}: two values hold on {later.statement.first_day} ({where}): "
                    "end the one before the other"
                )

    def _throughout(self, name: str, ours: Sequence[Said]) -> None:
        """A required term holds on every day of the pack."""
        day = self._pack.first_day
        for said in sorted(ours, key=lambda said: said.statement.first_day):
            if said.statement.first_day > day:
                break
            if said.statement.last_day >= self._pack.last_day:
                return
            day = said.statement.last_day + ONE_DAY
        raise self._wrong(f"term {name} has no value on {day}: add one", "terms", name)

    def _in_its_life(self) -> None:
        """What the pack itself says holds on some day of it; parts are older than some packs, and longer."""
        for said in self._pack.statements():
            one = said.statement
            if said.body is self._pack and (
                one.last_day < self._pack.first_day or one.first_day > self._pack.last_day
            ):
                raise said.wrong(f"{said.section} {said.name} holds on no day of the pack: mend its days")

    def _swaps(self) -> None:
        """No day is exchanged twice in a province."""
        seen: dict[date, set[str]] = {}
        for body in self._pack.bodies:
            for number, swap in enumerate(body.swaps):
                for day in (swap.free, swap.worked):
                    others = seen.setdefault(day, set())
                    if others and (swap.province == ALL or others & {ALL, swap.province}):
                        problem = f"{day} is exchanged twice: keep one of the two"
                        raise wrong(body.file, body.reference, problem, at=("swaps", number))
                    others.add(swap.province)

    def _wrong(self, problem: str, *at: int | str) -> ReferenceInvalid:
        return wrong(self._file, f"pack {self._pack.id}", problem, at=at)


def latest_day(pack: Pack, day: date) -> date:
    """The day itself, or the nearest one on which the pack holds."""
    return max(pack.first_day, min(day, pack.last_day))
