"""A hundred thousand people such as intake may know, with names as Vietnam has them.

Frequencies are those of `intake.likeness.frequencies.yaml` (sources there), but bent, so that the scorer does
not know exactly what it is asked about: by region (hoten.org: Trần 8.5 % in the North and 10.9 % in the
South; Vũ and Hoàng in the North, Võ and Huỳnh in the South; Hồ, Phan, Vi in Nghệ An), by commune (kin live
together), by year of birth (Văn and Thị grow rarer), and with names that its table does not have. Ages are
those of people who use drugs rather than of the nation (most between 20 and 50), 85 of 100 are men; both are
assumptions.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import accumulate
from pathlib import Path
from typing import Any

import yaml

COLUMNS, ROWS = 25, 20
REGIONS: dict[str, dict[str, float]] = {
    "north": {
        "Trần": 0.7,
        "Vũ": 1.9,
        "Võ": 0.1,
        "Huỳnh": 0.02,
        "Phan": 0.4,
        "Phạm": 1.2,
        "Đỗ": 2.0,
        "Hồ": 0.3,
    },
    "south": {"Nguyễn": 0.85, "Huỳnh": 3.0, "Hoàng": 0.4, "Võ": 3.0, "Vũ": 0.7, "Phan": 0.7},
    "centre": {
        "Nguyễn": 0.85,
        "Hồ": 3.2,
        "Phan": 0.9,
        "Vi": 9.0,
        "Hoàng": 1.3,
        "Thái": 4.0,
        "Đậu": 7.0,
        "Vũ": 0.4,
    },
}
NAMES: dict[str, list[str]] = yaml.safe_load(Path(__file__).with_name("names.yaml").read_text("utf-8"))


@dataclass(frozen=True)
class Person:
    """Who somebody really is. `commune` is where they lived when first registered."""

    family: str
    middle: tuple[str, ...]
    given: str
    alias: str | None
    birth_year: int
    sex: str
    commune: str


class Land:
    """Five hundred communes on a grid, each with six neighbours; a few are large."""

    def __init__(self) -> None:
        draw = random.Random(500)
        self.communes = [f"{number:05}" for number in range(COLUMNS * ROWS)]
        self.sizes = [draw.lognormvariate(0, 0.7) for _ in self.communes]
        self._around = {commune: self._touching(place) for place, commune in enumerate(self.communes)}

    def neighbours(self, commune: str) -> Collection[str]:
        return self._around.get(commune, ())

    def region(self, commune: str) -> str:
        """By rows: the North on top."""
        return ("north", "centre", "south")[int(commune) * 3 // len(self.communes)]

    def _touching(self, place: int) -> tuple[str, ...]:
        row, column = divmod(place, COLUMNS)
        shift = 1 if row % 2 else -1
        around = [(row, column - 1), (row, column + 1)]
        around += [(row + up, column + side) for up in (-1, 1) for side in (0, shift)]
        return tuple(f"{r * COLUMNS + c:05}" for r, c in around if 0 <= r < ROWS and 0 <= c < COLUMNS)


class Drawing:
    """Draws by weight."""

    def __init__(self, weights: dict[str, float]) -> None:
        self._names, self._sums = list(weights), list(accumulate(weights.values()))

    def draw(self, draw: random.Random) -> str:
        return draw.choices(self._names, cum_weights=self._sums)[0]


@cache
def frequencies() -> Any:
    return yaml.safe_load(files("intake.likeness").joinpath("frequencies.yaml").read_text("utf-8"))


def people(count: int, seed: int, land: Land) -> list[Person]:
    """So many people, the same for a seed. One in thirty is a brother or sister of the one before."""
    draw = random.Random(seed)
    families = {commune: _families(draw, land.region(commune)) for commune in land.communes}
    found: list[Person] = []
    homes = draw.choices(land.communes, weights=land.sizes, k=count)
    for commune in homes:
        one = _person(draw, commune, families[commune])
        if found and draw.random() < 1 / 30:
            one = _sibling(draw, found[-1], one)
        found.append(one)
    return found


def _families(draw: random.Random, region: str) -> Drawing:
    """The families of a commune: those of the region, some many times as frequent as elsewhere."""
    bent = {
        family: share * REGIONS[region].get(family, 1.0) * draw.lognormvariate(0, 0.6)
        for family, share in frequencies()["family"].items()
    }
    others = draw.sample(NAMES["families"], 5)
    return Drawing(bent | dict.fromkeys(others, sum(bent.values()) * 0.006))


def _person(draw: random.Random, commune: str, families: Drawing) -> Person:
    sex = "male" if draw.random() < 0.85 else "female"
    year = min(max(round(draw.gauss(1987, 10)), 1948), 2010)
    given = draw.choice(NAMES["given"]) if draw.random() < 0.07 else _given(sex).draw(draw)
    alias = draw.choice(NAMES["called"]) if draw.random() < 0.1 else None
    return Person(families.draw(draw), _middle(draw, sex, year), given, alias, year, sex, commune)


def _sibling(draw: random.Random, of: Person, one: Person) -> Person:
    year = min(of.birth_year + draw.choice((-5, -4, -3, -2, -1, 1, 2, 3, 4, 5)), 2010)
    middle = of.middle if of.sex == one.sex else one.middle
    return Person(of.family, middle, one.given, one.alias, year, one.sex, of.commune)


@cache
def _given(sex: str) -> Drawing:
    return Drawing(frequencies()["given"][sex])


def _middle(draw: random.Random, sex: str, year: int) -> tuple[str, ...]:
    two = {"male": 0.12, "female": 0.3}[sex]
    drawing = _middles(sex, min(max((year - 1950) // 15, 0), 3))
    count: Sequence[int] = (0, 1, 2)
    first = [drawing.draw(draw) for _ in range(draw.choices(count, weights=(0.015, 1 - two, two))[0])]
    return tuple(dict.fromkeys(first))


@cache
def _middles(sex: str, cohort: int) -> Drawing:
    usual = ("Văn", "Thị")
    fade = (1.6, 1.1, 0.7, 0.35)[cohort]
    shares = frequencies()["middle"][sex]
    return Drawing({name: share * (fade if name in usual else 1) for name, share in shares.items()})
