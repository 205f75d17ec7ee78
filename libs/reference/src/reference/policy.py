"""Terms of policy: deadlines and windows, each by the pack in force for the province on the day."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Annotated

from pydantic import Field

from reference.entries import Entry, Lasting, Slug, read_entry, read_mapping
from reference.errors import ReferenceInvalid

ALL = "all"


class Term(Entry):
    """One value of a pack, with the article it comes from; `confirmed` false: nobody has checked the text."""

    value: Annotated[int, Field(ge=0)]
    article: str | None = None
    source: str | None = None
    confirmed: bool


class Terms(Entry):
    """The terms that hold on a day; `version` (`<pack>@<version>`) stands in every event judged by them.

    Days are calendar days unless the name says working days (Monday to Friday, holidays not yet known).
    """

    version: str
    wait_term_days: int
    acknowledge_working_days: int
    answer_working_days: int
    first_appointment_days: int
    interim_report_days: int
    confirm_loop_working_days: int
    confirm_cancellation_working_days: int
    handover_notice_days: int
    handover_receipt_working_days: int
    contact_months: int
    move_acknowledge_hours: int
    evaluation_months: int
    evaluation_window_days: int


TERM_NAMES = tuple(name for name in Terms.model_fields if name != "version")


class Pack(Lasting):
    """One file of `policy/`: every term, for one province or all, from one day to another."""

    id: Slug
    version: Annotated[int, Field(ge=1)]
    law: str
    province: Annotated[str, Field(pattern=r"^([0-9]{2}|all)$")]
    source: str
    terms: dict[str, Term]

    def as_terms(self) -> Terms:
        """The pack's values under the version that events keep."""
        values = {name: self.terms[name].value for name in TERM_NAMES}
        return Terms(version=f"{self.id}@{self.version}", **values)


class Policy:
    """Every pack; asks which one is in force."""

    def __init__(self, packs: Iterable[Pack]) -> None:
        self._packs = sorted(packs, key=lambda pack: pack.since or date.min)
        self.on = lru_cache(maxsize=4096)(self._on)

    @classmethod
    def load(cls, folder: Path) -> Policy:
        """Reads `policy/*.yaml`; raises `ReferenceInvalid` for a missing term, a gap, two packs on a day."""
        packs = [read_pack(file) for file in sorted(folder.glob("*.yaml"))]
        if not packs:
            raise ReferenceInvalid(folder, "policy", "holds no pack: add at least one .yaml file")
        for province in {pack.province for pack in packs}:
            _check_succession(folder, sorted((p for p in packs if p.province == province), key=_start))
        if all(pack.province != ALL for pack in packs):
            raise ReferenceInvalid(folder, "policy", "no pack is for all provinces: add one")
        return cls(packs)

    def _on(self, day: date, province: str = "01") -> Terms:
        """The terms for a province on a day of Asia/Ho_Chi_Minh: its own pack, else the one for all.

        A day before the first pack is judged by the first one: a fact is never refused because it is old.
        """
        ours = [pack for pack in self._packs if pack.province == province and pack.holds(day)]
        common = [pack for pack in self._packs if pack.province == ALL]
        fitting = ours or [pack for pack in common if pack.holds(day)] or common[:1]
        return fitting[0].as_terms()


def read_pack(file: Path) -> Pack:
    """One pack; its terms are exactly those that `Terms` names."""
    pack = read_entry(file, "pack", Pack, read_mapping(file))
    if file.stem != pack.id:
        raise ReferenceInvalid(file, f"pack {pack.id}", "the file must bear the pack's id as its name")
    for name in TERM_NAMES:
        if name not in pack.terms:
            raise ReferenceInvalid(file, f"pack {pack.id}", f"term {name} is missing")
    for name in pack.terms:
        if name not in TERM_NAMES:
            raise ReferenceInvalid(file, f"pack {pack.id}", f"term {name} is unknown: one of {TERM_NAMES}")
    return pack


def _start(pack: Pack) -> date:
    return pack.since or date.min


def _file(folder: Path, pack: Pack) -> Path:
    return folder / f"{pack.id}.yaml"


def _check_succession(folder: Path, packs: list[Pack]) -> None:
    for earlier, later in pairwise(packs):
        if earlier.until is None or (later.since or date.min) <= earlier.until:
            raise ReferenceInvalid(
                _file(folder, later), f"pack {later.id}", f"begins before {earlier.id} ends"
            )
        if later.province == ALL and (_start(later) - earlier.until).days != 1:
            raise ReferenceInvalid(
                _file(folder, later), f"pack {later.id}", f"leaves a gap after {earlier.id}"
            )
    if packs[-1].province == ALL and packs[-1].until is not None:
        raise ReferenceInvalid(_file(folder, packs[-1]), f"pack {packs[-1].id}", "the last pack must not end")
