"""Every pack of policy; asks which one is in force, and what it says."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

from reference.entries import read_mapping, wrong
from reference.errors import ReferenceInvalid
from reference.policy.holding import Holding, Row
from reference.policy.pack import Pack, read_pack, read_parts
from reference.policy.statements import Swap, Terms
from reference.policy.texts import Texts
from reference.policy.words import ALL
from reference.policy.workdays import WorkingDays

FROZEN = "frozen.json"
HANOI = "01"


class Policy:
    """Every pack, those in use and those superseded. All questions are about days of Asia/Ho_Chi_Minh.

    A day before the first pack is judged by the first one: a fact is never refused because it is old.
    """

    def __init__(
        self, packs: Iterable[Pack], superseded: Iterable[Pack] = (), texts: Texts | None = None
    ) -> None:
        self.texts = texts or Texts()
        self._packs = sorted(packs, key=lambda pack: pack.first_day)
        self._known = {pack.reference: pack for pack in (*superseded, *self._packs)}
        self.on = lru_cache(maxsize=4096)(self._on)
        self.holding = lru_cache(maxsize=4096)(self._holding)
        self.working_days = lru_cache(maxsize=128)(self._working_days)

    @classmethod
    def load(cls, folder: Path) -> Policy:
        """Reads `policy/*.yaml` with `parts/` and `superseded/`; raises `ReferenceInvalid` with file, line:
        a missing term, a gap, two packs on a day, a frozen version whose content changed."""
        parts = read_parts(folder / "parts")
        files = {file: read_pack(file, parts) for file in sorted(folder.glob("*.yaml"))}
        if not files:
            raise ReferenceInvalid(folder, "policy", "holds no pack: add at least one .yaml file")
        older = {
            file: read_pack(file, parts, versioned=True)
            for file in sorted((folder / "superseded").glob("*.yaml"))
        }
        for province in {pack.province for pack in files.values()}:
            _check_succession([(f, p) for f, p in files.items() if p.province == province])
        if all(pack.province != ALL for pack in files.values()):
            raise ReferenceInvalid(folder, "policy", "no pack is for all provinces: add one")
        _check_frozen(folder, {**older, **files})
        return cls(files.values(), older.values(), Texts.load(folder))

    def get(self, version: str) -> Pack | None:
        """The pack that an event names as `<id>@<version>`, in use or superseded."""
        return self._known.get(version)

    def versions(self) -> Mapping[str, Pack]:
        """Every version, in use or superseded, by `<id>@<version>`."""
        return self._known

    def in_use(self) -> tuple[Pack, ...]:
        """Every pack but those superseded, in the order of their first days."""
        return tuple(self._packs)

    def judged_by(self, version: str, on: date, province: str = HANOI) -> Holding | None:
        """The exact values that an event of that day was judged by; none for a version that nobody knows, or
        that judges nothing of that day (`judges`)."""
        pack = self.get(version)
        return Holding(pack, on, province) if pack is not None and self.judges(pack, on) else None

    def judges(self, pack: Pack, on: date) -> bool:
        """Whether the days of a pack, in use or superseded, let it judge what happened on a day: those of its
        life, and for the first pack all before it."""
        first = next(one for one in self._packs if one.province == ALL)
        return pack.holds(on) or (pack.id == first.id and on < first.first_day)

    def ever_posted_by(self, kind: str, province: str = HANOI) -> frozenset[str]:
        """The events (`client-contacted`) that a kind of organisation may post of any day, by packs
        in use."""
        return frozenset(
            said.name
            for pack in self._packs
            for said in pack.statements()
            if said.section == "may_post"
            and said.statement.province in (ALL, province)
            and kind in said.statement.value
        )

    def show(self, on: date, province: str = HANOI) -> tuple[Row, ...]:
        """Every value that holds, with law, article, source and whether anybody has confirmed it."""
        return self.holding(on, province).rows()

    def working_days_after(self, day: date, count: int, province: str = HANOI) -> date:
        """The `count`-th working day after `day` in a province (`WorkingDays.after`)."""
        return self.working_days(province).after(day, count)

    def check_instruments(self, known: Iterable[str]) -> None:
        """Raises `ReferenceInvalid` for an instrument (`<id>@<version>`) that a pack names and nobody has."""
        there = sorted(known)
        for pack in self._known.values():
            for said in pack.statements():
                if said.section == "instruments" and said.statement.value not in there:
                    named = f"instrument {said.statement.value} is not there; there are: {', '.join(there)}"
                    raise said.wrong(named)

    def _on(self, day: date, province: str = HANOI) -> Terms:
        """The terms for a province on a day, by its own pack or else by the one for all."""
        return self.holding(day, province).terms

    def _holding(self, day: date, province: str = HANOI) -> Holding:
        """Everything that holds in a province on a day."""
        return Holding(self._pack(day, province), day, province)

    def _working_days(self, province: str = HANOI) -> WorkingDays:
        """The calendar of a province."""

        def swaps_on(day: date) -> tuple[Swap, ...]:
            return self._pack(day, province).swaps_of(province)

        return WorkingDays(swaps_on)

    def _pack(self, day: date, province: str) -> Pack:
        ours = [pack for pack in self._packs if pack.province == province and pack.holds(day)]
        common = [pack for pack in self._packs if pack.province == ALL]
        return (ours or [pack for pack in common if pack.holds(day)] or common[:1])[0]


def frozen_versions(folder: Path) -> dict[str, str]:
    """Pack → digest of its content, as noted when the version was released; empty where nothing is frozen."""
    file = folder / FROZEN
    if not file.exists():
        return {}
    return {str(name): str(digest) for name, digest in read_mapping(file).items()}


def freeze(folder: Path) -> list[str]:
    """Notes the digest of every version that is not frozen yet; returns those that are new."""
    frozen, policy = frozen_versions(folder), Policy.load(folder)
    new = {name: pack.digest for name, pack in policy.versions().items() if name not in frozen}
    text = json.dumps({**frozen, **new}, indent=2, sort_keys=True)
    (folder / FROZEN).write_text(text + "\n", encoding="utf-8")
    return sorted(new)


def _check_frozen(folder: Path, files: Mapping[Path, Pack]) -> None:
    frozen = frozen_versions(folder)
    for file, pack in files.items():
        if frozen.get(pack.reference, pack.digest) != pack.digest:
            raise wrong(
                file,
                f"pack {pack.reference}",
                "was released, events kept it, and its content or that of a part has changed: put the old "
                f"content back as superseded/{pack.reference}.yaml and give this one the next version",
                at=("version",),
            )


def _check_succession(files: list[tuple[Path, Pack]]) -> None:
    """Packs of one province follow each other; those for all without a gap, and the last without an end."""
    ordered = sorted(files, key=lambda pair: pair[1].first_day)
    for (_, earlier), (file, later) in pairwise(ordered):
        if later.first_day <= earlier.last_day:
            raise wrong(file, f"pack {later.id}", f"begins before {earlier.id} ends", at=("from",))
        if later.province == ALL and (later.first_day - earlier.last_day).days != 1:
            raise wrong(file, f"pack {later.id}", f"leaves a gap after {earlier.id}", at=("from",))
    file, last = ordered[-1]
    if last.province == ALL and last.until is not None:
        raise wrong(file, f"pack {last.id}", "the last pack must not end", at=("until",))
