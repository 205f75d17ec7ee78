"""How often a part of a name occurs: two who are called Nguyễn Văn Hùng agree in little, rare names in much.

From `frequencies.yaml`, whose head names its sources. All shares are between 0 and 1.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from intake.likeness.spelling import Syllable, syllable

FAMILY, MIDDLE, GIVEN = "family", "middle", "given"


class Shares:
    """The shares of one role (of one sex), by marked form, by bare form and by sound."""

    def __init__(self, percent: Mapping[str, float], unlisted: float) -> None:
        self.unlisted = unlisted / 100
        self._marked: dict[tuple[str, int], float] = defaultdict(float)
        self._bare: dict[str, float] = defaultdict(float)
        self._sound: dict[str, float] = defaultdict(float)
        self._onset: dict[str, float] = defaultdict(float)
        for name, share in percent.items():
            self._add(syllable(name), share / 100)

    def _add(self, one: Syllable, share: float) -> None:
        self._marked[one.marked] += share
        self._bare[one.bare] += share
        self._sound[one.sound] += share
        for length in range(1, len(one.bare)):
            self._onset[one.bare[:length]] += share

    def __contains__(self, one: Syllable) -> bool:
        return one.bare in self._bare

    def written(self, one: Syllable) -> float:
        """The share of people of whom what was written may be meant: marks count if there are any."""
        if one.short:
            return self.beginning(one)
        return self.marked(one) if one.is_marked else self.bare(one)

    def marked(self, one: Syllable) -> float:
        """The share of people whose syllable in this role is written so, marks and all."""
        return max(self._marked.get(one.marked, 0.0), self.unlisted)

    def bare(self, one: Syllable) -> float:
        """The same without marks."""
        return max(self._bare.get(one.bare, 0.0), self.unlisted)

    def sound(self, one: Syllable) -> float:
        """The share of those whose syllable sounds alike to somebody who confuses what `spelling` folds."""
        return max(self._sound.get(one.sound, 0.0), self.unlisted)

    def beginning(self, one: Syllable) -> float:
        """The share of those whose syllable begins so: what an abbreviation says."""
        return max(self._onset.get(one.bare, 0.0), self.unlisted)


@cache
def shares(role: str, sex: str | None = None) -> Shares:
    """The shares of a role. Without a sex, or with another than the two, those of both in equal parts."""
    data = _data()
    percent, unlisted = data[role], data["unlisted"][role]
    if role == FAMILY:
        return Shares(percent, unlisted)
    if sex in percent:
        return Shares(percent[sex], unlisted)
    both: dict[str, float] = defaultdict(float)
    for one in percent.values():
        for name, share in one.items():
            both[name] += share / len(percent)
    return Shares(both, unlisted)


def is_family(one: Syllable) -> bool:
    """Whether this is known as a family name."""
    return one in shares(FAMILY)


@cache
def _data() -> Mapping[str, Any]:
    text = files("intake.likeness").joinpath("frequencies.yaml").read_text(encoding="utf-8")
    data: Mapping[str, Any] = yaml.safe_load(text)
    return data
