"""The keys that type a syllable in Telex and VNI: what stands in a file when the input method was off."""

from __future__ import annotations

import unicodedata

_TELEX = {"\u0302": None, "\u0306": "w", "\u031b": "w"}
_TELEX_TONES = dict(zip("\u0301\u0300\u0309\u0303\u0323", "sfrxj", strict=True))
_VNI = {"\u0302": "6", "\u031b": "7", "\u0306": "8"}
_VNI_TONES = dict(zip("\u0301\u0300\u0309\u0303\u0323", "12345", strict=True))


def telex(syllable: str) -> str:
    """Nguyễn → Nguyeenx."""
    kept, tone = "", ""
    for letter in unicodedata.normalize("NFD", syllable.replace("đ", "dd").replace("Đ", "Dd")):
        if letter in _TELEX_TONES:
            tone = _TELEX_TONES[letter]
        elif letter in _TELEX:
            kept += _TELEX[letter] or kept[-1].lower()
        else:
            kept += letter
    return kept.replace("uwow", "uow") + tone


def vni(syllable: str) -> str:
    """Nguyễn → Nguye6n4."""
    kept, tone = "", ""
    for letter in unicodedata.normalize("NFD", syllable.replace("đ", "d9").replace("Đ", "D9")):
        if letter in _VNI_TONES:
            tone = _VNI_TONES[letter]
        else:
            kept += _VNI.get(letter, letter)
    return kept + tone
