"""Organisations and communes by what people call them, from the reference data on this machine.

Without an `organisations.yaml` here ids are taken as they are, and the service judges them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from functools import cached_property
from pathlib import Path

from reference import Organisation, Organisations, Policy
from reference.communes import no_commune
from reference.territory import whole_country
from territory.names import folded

from reftrack_cli.files.values import Unfit

_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)+")

LOOKED_AT = 12
"""So many communes of one name are told apart by name; a name that is commoner needs its code."""

KEPT = 20_000
"""Answers about communes that are kept; a file of junk asks for a new one in each row."""


class Directory:
    """Answers from memory; keeps what it was asked before, as files repeat themselves."""

    def __init__(self, reference: Path) -> None:
        self._file, self._policy = reference / "organisations.yaml", reference / "policy"
        self._communes: dict[tuple[str, date | None], str | Unfit] = {}

    @cached_property
    def organisations(self) -> Organisations | None:
        """Everybody who takes part; none where this machine has no list. Raises ReferenceInvalid."""
        return Organisations.load(self._file, whole_country()) if self._file.exists() else None

    def kind(self, org: str) -> str | None:
        """The kind of an organisation, if the list has it."""
        found = self.organisations.get(org) if self.organisations else None
        return found.kind if found else None

    @cached_property
    def policy(self) -> Policy | None:
        """The policy packs; none where this machine has none. Raises ReferenceInvalid."""
        return Policy.load(self._policy) if self._policy.exists() else None

    def organisation(self, text: str) -> str:
        """The id for an id, a name in either language, or `id – name`. Raises `Unfit` for a name of nobody.

        An id that the list here lacks may have been registered since; intake knows.
        """
        if self.organisations is None:
            return text
        if text in self.organisations:
            return text
        before = text.partition(" ")[0]
        if before in self.organisations and before != text:
            return before
        found = self._by_name.get(folded(text), ())
        if not found and _ID.fullmatch(text):
            return text
        if len(found) != 1:
            raise Unfit("cell_org_ambiguous" if found else "cell_org_unknown", {"ids": ", ".join(found)})
        return found[0]

    def commune(self, text: str, on: date | None) -> str:
        """The code for a code, a name with what it lies in (`Bồ Đề, Long Biên`), or `code – name`.

        What the code means on the day is asked of the territory, as intake does. Raises `Unfit`.
        """
        key = (text, on)
        if key not in self._communes:
            if len(self._communes) >= KEPT:
                self._communes.clear()
            try:
                self._communes[key] = self._commune(text, on)
            except Unfit as unfit:
                self._communes[key] = unfit
        found = self._communes[key]
        if isinstance(found, Unfit):
            raise Unfit(found.code, found.detail)
        return found

    def _commune(self, text: str, on: date | None) -> str:
        before = text.partition(" ")[0]
        code = before if before.isascii() and before.isdecimal() else self._named(text, on)
        if on is not None and (why := no_commune(whole_country().resolve(code, on))) is not None:
            raise Unfit(why.code, why.detail)
        return code

    def _named(self, text: str, on: date | None) -> str:
        wanted = folded(text.partition(",")[0])
        found = whole_country().search(text, on=on, level="commune", limit=LOOKED_AT)
        same = [unit for unit in found if wanted in {folded(unit.vi), folded(_own(unit.vi)), folded(unit.en)}]
        if len({unit.code for unit in same}) == 1:
            return same[0].code
        codes = ", ".join(f"{unit.vi} ({unit.code})" for unit in same)
        raise Unfit("cell_commune_ambiguous" if same else "cell_commune_unknown", {"candidates": codes})

    @cached_property
    def _by_name(self) -> Mapping[str, tuple[str, ...]]:
        named: dict[str, tuple[str, ...]] = {}
        for one in self.organisations or ():
            for name in {folded(name) for name in _names(one)}:
                named[name] = (*named.get(name, ()), one.id)
        return named


def _names(one: Organisation) -> tuple[str, str]:
    return one.name.vi, one.name.en


def _own(name: str) -> str:
    """Without the word for its kind: "Phường Bồ Đề" → "Bồ Đề"."""
    for word in ("phường ", "xã ", "thị trấn ", "đặc khu "):
        if name.lower().startswith(word):
            return name[len(word) :]
    return name
