"""What becomes of a person on the way into a record: how names, years and places are written by offices.

`RATES` are per record, so a pair of records differs about twice as often. Where a figure is published it is
cited; the others are reasoned, and on the high side. English hospital records of 2011/12 disagreed with the
national register, or lacked a value, in 0.11 % for sex and birth date together and in 53 % for the postcode
(BMC Med Res Methodol 17:23, 2017, "Utilising identifier error variation in linkage of large administrative
data sources"): those are copied by machines. Ours are spoken and written at a ward's desk, by people who may
have no papers with them, so years err many times as often.
"""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, replace

from intake.likeness.profile import Profile

from tests.bench.likeness.population import Land, Person
from tests.bench.likeness.typing_keys import telex, vni

RATES: dict[str, float] = {
    # writing: no mistake, but another way to write
    "no_marks": 0.12,  # SMS, old software, files passed through ASCII
    "decomposed": 0.05,  # NFD from macOS and from some browsers
    "other_tone_place": 0.5,  # hoà, hòa: schoolbooks and keyboards differ
    "other_i": 0.3,  # Lí, Lý: of syllables that have it
    "capitals": 0.2,  # ID cards print capitals
    "given_first": 0.015,  # passports, Western forms
    # shortenings
    "middle_left_out": 0.03,
    "middle_initial": 0.02,
    "family_short": 0.02,  # Ng., Tr.
    "given_initial": 0.006,
    "all_initials": 0.002,
    # slips
    "keys_left_in": 0.008,  # Telex or VNI with the input method off
    "tone_wrong": 0.015,  # hỏi for ngã above all (they sound alike south of Nghệ An)
    "hook_wrong": 0.01,
    "sound_confused": 0.012,  # d/gi/r, s/x, tr/ch, l/n
    "slip": 0.015,
    # what somebody is called by
    "alias_added": 0.3,  # of those who have one
    "alias_instead": 0.04,  # of those who have one
    # birth year
    "year_missing": 0.02,
    "year_by_one": 0.025,  # lunar year, and age told instead of the year
    "year_by_two": 0.004,
    "year_swapped": 0.003,
    "year_digit": 0.006,
    "year_other": 0.003,
    "sex_missing": 0.01,
    "sex_wrong": 0.003,
    # commune
    "commune_missing": 0.03,  # no fixed residence
    "commune_neighbour": 0.03,  # where they sleep, or a commune merged or divided
    "commune_other": 0.06,  # registered residence elsewhere, moved
}
CONFUSED = [
    (r"^d(?=[aăâeêoôơuưy])", "gi"), (r"^gi(?=[aăâeêoôơuư])", "d"), (r"^gi", "r"), (r"^d", "r"), (r"^r", "d"),
    (r"^s", "x"), (r"^x", "s"), (r"^tr", "ch"), (r"^ch", "tr"), (r"^l", "n"), (r"^n(?![gh])", "l"),
]  # fmt: skip
KEYBOARD = ("qwertyuiop", "asdfghjkl", "zxcvbnm")


@dataclass(frozen=True)
class Written:
    """A name on its way: parts, and how they are put down at last."""

    family: str | None
    middle: tuple[str, ...]
    given: str
    alias: str | None = None
    turned: bool = False

    def text(self) -> str:
        family = [self.family] if self.family else []
        parts = [*self.middle, self.given, *family] if self.turned else [*family, *self.middle, self.given]
        return " ".join(parts) + (f" ({self.alias})" if self.alias else "")


class Office:
    """Writes people down, with mistakes at these rates."""

    def __init__(self, seed: int, land: Land, rates: dict[str, float] | None = None) -> None:
        self.draw = random.Random(seed)
        self._land, self._rates = land, rates if rates is not None else RATES

    def write(self, person: Person) -> Profile:
        """One record of a person."""
        return Profile(
            self.name(person), self._year(person.birth_year), self._sex(person.sex), self._commune(person)
        )

    def happens(self, mistake: str) -> bool:
        return self.draw.random() < self._rates.get(mistake, 0.0)

    def name(self, person: Person) -> str:
        written = self._slips(self._shortened(self._called(person)))
        text = replace(written, turned=self.happens("given_first")).text()
        return self._put_down(text)

    def _called(self, person: Person) -> Written:
        written = Written(person.family, person.middle, person.given)
        if person.alias and self.happens("alias_added"):
            return replace(written, alias=person.alias)
        if person.alias and self.happens("alias_instead"):
            if person.alias[0].islower():
                return Written(None, (), person.given, person.alias)
            family = person.family if self.draw.random() < 0.5 else None
            return Written(family, (), person.alias)
        return written

    def _shortened(self, name: Written) -> Written:
        if self.happens("all_initials") and name.family:
            family, middle = f"{name.family[0]}.", tuple(f"{one[0]}." for one in name.middle)
            return Written(family, middle, f"{name.given[0]}.")
        if self.happens("middle_left_out"):
            name = replace(name, middle=name.middle[1:] if self.draw.random() < 0.5 else ())
        if self.happens("middle_initial"):
            name = replace(name, middle=tuple(f"{one[0]}." for one in name.middle))
        if self.happens("family_short") and name.family:
            short = {"Nguyễn": "Ng.", "Trần": "Tr.", "Phạm": "Ph."}.get(name.family, f"{name.family[0]}.")
            name = replace(name, family=short)
        return replace(name, given=f"{name.given[0]}.") if self.happens("given_initial") else name

    def _slips(self, name: Written) -> Written:
        for mistake, spoil in self.spoilers().items():
            if self.happens(mistake):
                name = self.one_part(name, spoil)
        return name

    def spoilers(self) -> dict[str, Callable[[str], str]]:
        return {
            "other_i": self._other_i,
            "tone_wrong": self._tone_wrong,
            "hook_wrong": self._hook_wrong,
            "sound_confused": self._confused,
            "slip": self._slip,
            "keys_left_in": self._keys_left_in,
        }

    def one_part(self, name: Written, spoil: Callable[[str], str]) -> Written:
        """Spoil one part; the given name as often as the others together."""
        where = self.draw.choice(["given", "given", "family", "middle"])
        if where == "family" and name.family:
            return replace(name, family=spoil(name.family))
        if where == "middle" and name.middle:
            place = self.draw.randrange(len(name.middle))
            changed = [spoil(one) if n == place else one for n, one in enumerate(name.middle)]
            return replace(name, middle=tuple(changed))
        return replace(name, given=spoil(name.given))

    def _put_down(self, text: str) -> str:
        if self.happens("no_marks"):
            text = without_marks(text)
        if self.happens("other_tone_place"):
            text = re.sub(r"(o)([àáảãạ])|(o)([èéẻẽẹ])|(u)([ỳýỷỹỵ])(?!\w)", _old_place, text)
        if self.happens("capitals"):
            text = text.upper()
        return unicodedata.normalize("NFD", text) if self.happens("decomposed") else text

    def _other_i(self, part: str) -> str:
        table = str.maketrans("yýỳỷỹỵ", "iíìỉĩị")
        return re.sub(r"(?<=[hklmsvtHKLMSVT])[yýỳỷỹỵ]$", lambda m: m[0].translate(table), part)

    def _tone_wrong(self, part: str) -> str:
        decomposed = unicodedata.normalize("NFD", part)
        if "\u0309" in decomposed or "\u0303" in decomposed:
            other = decomposed.translate({0x309: 0x303, 0x303: 0x309})
        else:
            other = re.sub(
                "[\u0300\u0301\u0323]", self.draw.choice(["", "\u0300", "\u0301", "\u0323"]), decomposed
            )
        return unicodedata.normalize("NFC", other)

    def _hook_wrong(self, part: str) -> str:
        if part[0] == "Đ" and self.draw.random() < 0.5:
            return "D" + part[1:]
        return unicodedata.normalize(
            "NFC", re.sub("[\u0302\u0306\u031b]", "", unicodedata.normalize("NFD", part))
        )

    def _confused(self, part: str) -> str:
        ways = [
            re.sub(*way, part.lower()).capitalize() for way in CONFUSED if re.search(way[0], part.lower())
        ]
        return self.draw.choice(ways) if ways else part

    def _slip(self, part: str) -> str:
        if len(part) < 3:
            return part
        place = self.draw.randrange(1, len(part) - 1)
        kind = self.draw.choice(["gone", "twice", "exchanged", "beside"])
        if kind == "gone":
            return part[:place] + part[place + 1 :]
        if kind == "twice":
            return part[:place] + part[place] + part[place:]
        if kind == "exchanged":
            return part[:place] + part[place + 1] + part[place] + part[place + 2 :]
        return part[:place] + self._beside(part[place]) + part[place + 1 :]

    def _beside(self, letter: str) -> str:
        bare = without_marks(letter).lower()
        row = next((row for row in KEYBOARD if bare in row), "asdf")
        place = max(row.find(bare), 0)
        return row[place + 1] if place + 1 < len(row) else row[place - 1]

    def _keys_left_in(self, part: str) -> str:
        return (telex if self.draw.random() < 0.8 else vni)(part)

    def _year(self, year: int) -> int | None:
        if self.happens("year_missing"):
            return None
        if self.happens("year_by_one"):
            return year + self.draw.choice((-1, 1))
        if self.happens("year_by_two"):
            return year + self.draw.choice((-2, 2))
        if self.happens("year_swapped"):
            return year - year % 100 + year % 10 * 10 + year % 100 // 10
        if self.happens("year_digit"):
            ten = self.draw.random() < 0.5
            return (
                year + self.draw.choice((-1, 1)) * 10 if ten else year - year % 10 + self.draw.randrange(10)
            )
        return self.draw.randrange(1950, 2011) if self.happens("year_other") else year

    def _sex(self, sex: str) -> str | None:
        if self.happens("sex_missing"):
            return None
        return {"male": "female", "female": "male"}[sex] if self.happens("sex_wrong") else sex

    def _commune(self, person: Person) -> str | None:
        if self.happens("commune_missing"):
            return None
        if self.happens("commune_neighbour"):
            return self.draw.choice(sorted(self._land.neighbours(person.commune)))
        return self.draw.choice(self._land.communes) if self.happens("commune_other") else person.commune


def without_marks(text: str) -> str:
    plain = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    return "".join(one for one in plain if not unicodedata.combining(one))


def _old_place(match: re.Match[str]) -> str:
    """oà → òa: the tone one letter earlier, which is where the other school puts it."""
    first, second = (part for part in match.groups() if part)
    letter, tone = unicodedata.normalize("NFD", second)[0], unicodedata.normalize("NFD", second)[1:]
    return unicodedata.normalize("NFC", first + tone) + letter
