"""What packs say in one language, in the other: laws, articles, sources. Beside the packs, which never change
once they are released: a translation is no part of what an event was judged by."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from reference.entries import Name, read_entries

FOLDER = "texts"


class Texts:
    """Pairs of one text in both languages, found by either."""

    def __init__(self, pairs: Iterable[Name] = ()) -> None:
        self._by_text = {text: pair for pair in pairs for text in (pair.vi, pair.en)}

    @classmethod
    def load(cls, folder: Path) -> Texts:
        """Reads `texts/*.yaml` of the packs' folder; raises `ReferenceInvalid`."""
        files = sorted((folder / FOLDER).glob("*.yaml"))
        return cls(pair for file in files for pair in read_entries(file, "pairs", Name, "en"))

    def said(self, text: str, lang: str) -> str:
        """A text of a pack in `vi` or `en`; as the pack has it where nobody wrote it in the other."""
        pair = self._by_text.get(text)
        if pair is None:
            return text
        return pair.vi if lang == "vi" else pair.en

    def knows(self, text: str) -> bool:
        """Whether a text stands in both languages."""
        return text in self._by_text
