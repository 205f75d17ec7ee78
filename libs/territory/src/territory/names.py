"""Names for people who type: without diacritics, and in English.

There is no official English list that both sources share, so English is a rule, not a translation: the name
without diacritics, then the word for its kind ("Ngoc Lam ward"); before a number, as in Vietnamese ("Ward
12"). Two cities have a customary name of their own.
"""

from __future__ import annotations

import re
import unicodedata

from territory.events import Kind, Level

WORDS: dict[str, tuple[tuple[Level, Kind, str], ...]] = {
    "thành phố": (("province", "central_city", "city"), ("district", "city", "city")),
    "tỉnh": (("province", "province", "province"),),
    "quận": (("district", "urban_district", "district"),),
    "huyện": (("district", "rural_district", "district"),),
    "thị xã": (("district", "town", "town"),),
    "thị trấn": (("commune", "township", "township"),),
    "đặc khu": (("commune", "special_zone", "special zone"),),
    "phường": (("commune", "ward", "ward"),),
    "xã": (("commune", "commune", "commune"),),
}
CUSTOMARY = {"Thành phố Hà Nội": "Hanoi", "Thành phố Hồ Chí Minh": "Ho Chi Minh City"}
_NOT_WORD = re.compile(r"[^a-z0-9]+")


class NoLevelWord(ValueError):
    """A name does not begin with the Vietnamese word for its level."""


def plain(text: str) -> str:
    """Letters without diacritics, case kept: "Đắk Lắk" → "Dak Lak"."""
    apart = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


def folded(text: str) -> str:
    """What two spellings of one name share: plain, small letters, one space between words."""
    return _NOT_WORD.sub(" ", plain(text).lower()).strip()


def accented(text: str) -> str:
    """Small letters with their diacritics, one space between words: tells Bồ Đề from Bộ Đê."""
    return " ".join(unicodedata.normalize("NFC", text).lower().split())


def level_word(name: str, level: Level) -> tuple[str, Kind, str]:
    """The Vietnamese word a name begins with, its kind, its English word; raises `NoLevelWord`."""
    small = name.lower()
    for word, meanings in WORDS.items():
        if small.startswith(word + " "):
            for of_level, kind, english in meanings:
                if of_level == level:
                    return word, kind, english
    raise NoLevelWord(f"{name!r} does not begin with a word for a {level}: correct the name or the level")


def kind_of(name: str, level: Level) -> Kind:
    """Ward, township, rural district …, as the name says; raises `NoLevelWord`."""
    return level_word(name, level)[1]


def own_name(name: str, level: Level) -> str:
    """The name without the word for its level: "Phường Ngọc Lâm" → "Ngọc Lâm"."""
    return name[len(level_word(name, level)[0]) + 1 :]


def tidy(name: str, level: Level) -> str:
    """Spelled as most names are: one space, composed letters, only the level word's first letter capital."""
    name = " ".join(unicodedata.normalize("NFC", name).split())
    word = level_word(name, level)[0]
    return word.capitalize() + name[len(word) :]


def english(name: str, level: Level) -> str:
    """The English name by the rule of this module."""
    if name in CUSTOMARY:
        return CUSTOMARY[name]
    own, word = plain(own_name(name, level)), level_word(name, level)[2]
    return f"{word.capitalize()} {own}" if own.isdigit() else f"{own} {word}"
