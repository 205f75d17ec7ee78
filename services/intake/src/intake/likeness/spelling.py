"""One written Vietnamese syllable, however it was typed: its marks, its letters, its sound.

The tone is kept apart from the letters, so that the old and the new place of a tone mark (hòa, hoà) are one,
and so are composed and decomposed Unicode. The letters i and y are one where they sound the same (Lí, Lý).
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from intake.likeness.words import words

TONES = "\u0301\u0300\u0309\u0303\u0323"
"""Acute, grave, hook above, tilde, dot below: sắc, huyền, hỏi, ngã, nặng; 1 to 5 in this order (VNI's)."""

_ONSETS = words("onsets") | {""}
_RIMES = words("rimes")
_SOUND_OF = {
    "ngh": "ng", "gh": "g", "gi": "d", "r": "d", "tr": "ch", "x": "s", "l": "n", "ph": "f", "qu": "k",
    "c": "k",
}  # fmt: skip
_HOOKS = "\u0306\u0302\u031b"


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Syllable:
    """One object for one text, compared by identity: what was worked out of two is quickly found again.

    `letters` have their hooks (ă â đ ê ô ơ ư) but no tone; `bare` is ASCII; `sound` folds what is confused.
    `tone` is 0 to 5. `short`: an abbreviation, of which `bare` is only the beginning.
    """

    letters: str
    tone: int
    bare: str
    sound: str
    short: bool = False

    @property
    def is_marked(self) -> bool:
        """Whether any mark was written: without, nobody knows which were meant."""
        return self.tone > 0 or self.letters != self.bare

    @property
    def marked(self) -> tuple[str, int]:
        """Letters and tone: equal for two spellings of one syllable."""
        return self.letters, self.tone


@lru_cache(maxsize=8192)
def syllable(text: str) -> Syllable:
    """Read one syllable, of any case and Unicode form; keys of Telex and VNI that were left in are undone."""
    letters, tone = _apart(text)
    bare = _bare(letters)
    if not is_syllable(bare):
        typed = _typed(letters, tone)
        if typed is not None:
            letters, tone = typed
            bare = _bare(letters)
    letters, bare = _one_i(letters), _one_i(bare)
    return Syllable(letters, tone, bare, _sound(bare))


@lru_cache(maxsize=256)
def abbreviation(text: str, meant: str | None = None) -> Syllable:
    """Read the beginning of a syllable (`V.`, `Ng`); its sound is that of what is usually `meant` by it."""
    letters, _ = _apart(text)
    bare = _bare(letters)
    sound = syllable(meant).sound if meant else _SOUND_OF.get(bare, bare)
    return Syllable(letters, 0, bare, sound, short=True)


@lru_cache(maxsize=8192)
def is_syllable(bare: str) -> bool:
    """Whether Vietnamese has such a syllable, marks aside."""
    return any(bare[len(onset) :] in _RIMES for onset in _onsets_of(bare))


def onset(bare: str) -> str:
    """The consonants that a syllable begins with, as far as Vietnamese has them: `nguyen` → `ng`."""
    for length in (3, 2, 1):
        if bare[:length] in _ONSETS and len(bare) >= length:
            return bare[:length]
    return ""


def _apart(text: str) -> tuple[str, int]:
    tone, kept = 0, []
    for character in unicodedata.normalize("NFD", text.casefold()):
        if character in TONES:
            tone = TONES.index(character) + 1
        elif character.isalnum() or character in _HOOKS:
            kept.append(character)
    return unicodedata.normalize("NFC", "".join(kept)), tone


def _bare(letters: str) -> str:
    plain = unicodedata.normalize("NFD", letters.replace("đ", "d"))
    return "".join(character for character in plain if character.isalnum())


def _onsets_of(bare: str) -> list[str]:
    return [bare[:length] for length in range(min(3, len(bare)) + 1) if bare[:length] in _ONSETS]


def _one_i(letters: str) -> str:
    """`y` after a consonant is `i`: ly, my, quy; not in uy, ay, yen."""
    if letters.endswith("y") and len(letters) > 1:
        before = letters[:-1]
        if before == "qu" or before[-1] not in "aâeêoôơuưăi":
            return before + "i"
    return letters


def _sound(bare: str) -> str:
    begin = onset(bare)
    if begin == "g" and bare.startswith("gi"):
        begin = "gi"
    rest = bare[len(begin) :]
    return _SOUND_OF.get(begin, begin) + (rest or "i")


# Telex writes aa ee oo dd, aw ow uw (or w), and s f r x j for the tones; VNI writes 6 7 8 9 and 1 to 5.
_TELEX_TONES = "sfrxj"
_VNI_HOOKS = {"a6": "â", "e6": "ê", "o6": "ô", "u7": "ư", "o7": "ơ", "a8": "ă", "d9": "đ"}
_TELEX_HOOKS = {"aa": "â", "ee": "ê", "oo": "ô", "aw": "ă", "ow": "ơ", "uw": "ư", "dd": "đ", "w": "ư"}


def _typed(letters: str, tone: int) -> tuple[str, int] | None:
    """Undo keys that the input method left in the text; None if what comes out is no syllable either."""
    for undo in (_vni, _telex):
        found, given = undo(letters)
        if found != letters and is_syllable(_bare(found)):
            return found, given or tone
    return None


def _vni(letters: str) -> tuple[str, int]:
    tone, kept = 0, ""
    for character in letters:
        if character in "12345":
            tone = int(character)
        elif character in "6789":
            kept = _hooked(kept, character)
        else:
            kept += character
    return kept, tone


def _hooked(kept: str, digit: str) -> str:
    """A hook's digit may stand at the end of the syllable: it goes to the last letter that can bear it."""
    for place in range(len(kept) - 1, -1, -1):
        hooked = _VNI_HOOKS.get(kept[place] + digit)
        if hooked:
            kept = kept[:place] + hooked + kept[place + 1 :]
            if digit == "7" and hooked == "ơ" and place and kept[place - 1] == "u":
                kept = kept[: place - 1] + "ư" + kept[place:]
            return kept
    return kept


def _telex(letters: str) -> tuple[str, int]:
    begin = "dd" if letters.startswith("dd") else onset(_bare(letters))
    rest, tone = letters[len(begin) :], 0
    for place, character in enumerate(rest):
        if character in _TELEX_TONES and place:
            tone, rest = _TELEX_TONES.index(character) + 1, rest[:place] + rest[place + 1 :]
            break
    if begin == "d" and rest.endswith("d"):
        begin, rest = "dd", rest[:-1]
    rest = _roof(rest)
    return ("đ" if begin == "dd" else begin) + rest, tone


def _roof(rest: str) -> str:
    """Double letters and w, also where they were typed at the end: nguyeen, nguyene, vawn, vanw."""
    if "uow" in rest:
        return rest.replace("uow", "ươ")
    for keys, letter in _TELEX_HOOKS.items():
        if keys in rest and not (keys == "w" and len(rest) > 1 and rest[-1] == "w"):
            return rest.replace(keys, letter, 1)
    last = rest[-1:]
    if last in "aeow" and rest:
        return _later(rest[:-1], last)
    return rest


def _later(rest: str, last: str) -> str:
    bearers = {"w": "aou"}.get(last, last)
    for place in range(len(rest) - 1, -1, -1):
        if rest[place] in bearers:
            return rest[:place] + _TELEX_HOOKS[rest[place] + last] + rest[place + 1 :]
    return rest + last
